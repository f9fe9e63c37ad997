//! What the server holds now.

use super::{Rfc2136, failure, refused, update};
use crate::dns::{Name, RrKey, RrSet};
use crate::port::ProviderError;
use crate::wire::{Rcode, Reply, Session, message};

impl Rfc2136 {
    /// Asks for RRsets; `None` is one that is not there.
    pub(super) async fn read(
        &self,
        session: &mut Session<'_>,
        apex: &Name,
        keys: &[&RrKey],
    ) -> Result<Vec<Option<RrSet>>, ProviderError> {
        let server = self.settings.server;
        let questions: Result<Vec<_>, _> =
            keys.iter().map(|key| message::question(key, false)).collect();
        let answers = match session.pipeline(questions.map_err(refused)?).await {
            Ok(answers) => answers,
            Err(error) => match self.explain(apex, server, Err(error)).await {
                Ok(_) => return Ok(vec![None; keys.len()]),
                Err(error) => return Err(error),
            },
        };
        let mut found = Vec::with_capacity(keys.len());
        for (key, answer) in keys.iter().zip(answers) {
            let answer = self.explain(apex, server, Ok(answer)).await?;
            let reply = Reply::read(&answer, key, true).map_err(|e| failure(server, e))?;
            match reply.rcode {
                Rcode::NOERROR | Rcode::NXDOMAIN if reply.authoritative => found.push(reply.rrset),
                Rcode::NOERROR => {
                    return Err(refused(format!("{server} has no authority for `{key}`")));
                }
                rcode => return Err(refused(format!("`{rcode}` when asked for `{key}`"))),
            }
        }
        Ok(found)
    }

    /// Whether the zone holds no such RRset, though a wildcard may answer for it (RFC 4592).
    ///
    /// A prerequisite without an update looks at the zone itself.
    pub(super) async fn is_absent(
        &self,
        session: &mut Session<'_>,
        apex: &Name,
        key: &RrKey,
    ) -> Result<bool, ProviderError> {
        let request = update::probe(apex, key).map_err(refused)?;
        let answer = session.request(request).await;
        let answer = self.explain(apex, self.settings.server, answer).await?;
        match message::rcode(&answer) {
            Rcode::NOERROR => Ok(true),
            Rcode::YXRRSET => Ok(false),
            rcode => Err(super::refusal(rcode)),
        }
    }
}
