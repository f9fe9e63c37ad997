//! Name servers of one's own: UPDATE (RFC 2136) and AXFR (RFC 5936), signed (RFC 8945).
//!
//! NOERROR is no proof: servers leave out what they cannot do and say so to nobody. What counts is
//! what the server answers afterwards, so every change is read back.

mod account;
mod axfr;
mod live;
mod update;

pub(super) use account::settings;

use super::contract::mismatch;
use crate::dns::{Name, RrKey, Rtype, Zone};
use crate::plan::{Change, Facts};
use crate::port::{Access, Clock, Provider, ProviderError};
use crate::wire::{KeyError, Rcode, Reply, Session, TsigKey, WireError, message};
use async_trait::async_trait;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use update::Pending;

/// How long one answer may take: PowerDNS needs up to ten seconds for a full message.
const PATIENCE: Duration = Duration::from_secs(60);

/// Pauses before the second and third try, and before reading back once more.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];

/// Where the server is and how it knows us.
#[derive(Clone)]
pub struct Settings {
    /// Where updates go, and what they led to is read back.
    pub server: SocketAddr,
    /// Where the whole zone is asked for.
    pub transfer: SocketAddr,
    /// Signs everything, if there is one.
    pub key: Option<TsigKey>,
    /// Tells the time that signatures carry.
    pub clock: Arc<dyn Clock>,
}

/// A name server that takes dynamic updates.
#[derive(Clone)]
pub struct Rfc2136 {
    settings: Settings,
}

impl Rfc2136 {
    /// A driver for this server; nothing is asked of it yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    async fn rest(&self, pause: Duration) {
        let clock = &self.settings.clock;
        clock.sleep_until(clock.now() + pause).await;
    }

    async fn session(&self, server: SocketAddr) -> Result<Session<'_>, ProviderError> {
        let Settings { key, clock, .. } = &self.settings;
        let session = Session::open(server, key.as_ref(), clock.as_ref(), PATIENCE).await;
        session.map_err(|error| ProviderError::Busy(format!("{server} {error}")))
    }

    /// Reads what is there, writes what is left to do, reads back: any part may be done twice.
    async fn attempt(
        &self,
        apex: &Name,
        changes: &[Change],
        first: bool,
    ) -> Result<(), ProviderError> {
        let mut session = self.session(self.settings.server).await?;
        let pending = self.pending(&mut session, apex, changes, first).await?;
        for batch in update::batches(&pending, apex) {
            let request = update::request(apex, &batch).map_err(refused)?;
            let answer = session.request(request).await;
            let answer = self.explain(apex, self.settings.server, answer).await?;
            match message::rcode(&answer) {
                Rcode::NOERROR => (),
                Rcode::NXDOMAIN | Rcode::YXDOMAIN | Rcode::YXRRSET | Rcode::NXRRSET => {
                    let race = "the records changed while they were being updated";
                    return Err(ProviderError::Busy(race.to_owned()));
                }
                rcode => return Err(refusal(rcode)),
            }
            self.read_back(&mut session, apex, &batch).await?;
        }
        Ok(())
    }

    /// What is left to do; a change whose RRset is neither as before nor as after is drift.
    async fn pending<'c>(
        &self,
        session: &mut Session<'_>,
        apex: &Name,
        changes: &'c [Change],
        first: bool,
    ) -> Result<Vec<Pending<'c>>, ProviderError> {
        let keys: Vec<_> = changes.iter().map(Change::key).collect();
        let found = self.read(session, apex, &keys).await?;
        let mut pending = Vec::new();
        for (change, mut live) in changes.iter().zip(found) {
            // A wildcard may answer for what is not there, even with the very same data: that
            // shows only when the prerequisite has failed once.
            let doubtful = live.is_some() && (!first || change.before() != live.as_ref());
            let may_be_none = change.before().is_none() || change.after().is_none();
            if doubtful && may_be_none && self.is_absent(session, apex, change.key()).await? {
                live = None;
            }
            if live.as_ref() == change.after() {
                continue;
            }
            if live.as_ref() != change.before() {
                return Err(ProviderError::Drift(change.key().clone()));
            }
            pending.push(Pending { change, live });
        }
        Ok(pending)
    }

    /// Makes sure that the server serves what it said NOERROR to.
    async fn read_back(
        &self,
        session: &mut Session<'_>,
        apex: &Name,
        batch: &[&Pending<'_>],
    ) -> Result<(), ProviderError> {
        let keys: Vec<_> = batch.iter().map(|pending| pending.change.key()).collect();
        let mut pauses = PAUSES.into_iter();
        loop {
            let found = self.read(session, apex, &keys).await?;
            let mut wrong = None;
            for (pending, live) in batch.iter().zip(found) {
                let (key, after) = (pending.change.key(), pending.change.after());
                let gone = after.is_none() && live.is_some();
                if live.as_ref() != after && !(gone && self.is_absent(session, apex, key).await?) {
                    wrong = Some(mismatch("server", key, live.as_ref(), after));
                    break;
                }
            }
            match (wrong, pauses.next()) {
                (None, _) => return Ok(()),
                (Some(_), Some(pause)) => self.rest(pause).await,
                (Some(wrong), None) => return Err(ProviderError::Refused(wrong)),
            }
        }
    }

    /// Turns what went wrong into what can be done about it.
    async fn explain(
        &self,
        apex: &Name,
        server: SocketAddr,
        answer: Result<hickory_proto::op::Message, WireError>,
    ) -> Result<hickory_proto::op::Message, ProviderError> {
        let (rcode, signed) = match &answer {
            Ok(message) => (message::rcode(message), self.settings.key.is_some()),
            Err(WireError::Key(KeyError::Unsigned(rcode))) => (*rcode, false),
            Err(_) => (Rcode::NOERROR, false),
        };
        match (rcode, answer) {
            (Rcode::SERVFAIL, _) => Err(ProviderError::Busy(format!("{server} answers `{rcode}`"))),
            (Rcode::REFUSED | Rcode::NOTAUTH, _) => {
                Err(self.denial(apex, server, rcode, signed).await)
            }
            (_, Ok(message)) => Ok(message),
            (_, Err(error)) => Err(failure(server, error)),
        }
    }

    /// Why a server that can be reached will not do it: the zone, or who asks.
    async fn denial(
        &self,
        apex: &Name,
        server: SocketAddr,
        rcode: Rcode,
        signed: bool,
    ) -> ProviderError {
        if signed && rcode == Rcode::NOTAUTH || !self.serves(apex, server).await.unwrap_or(true) {
            return ProviderError::NoZone(apex.clone());
        }
        let Some(key) = &self.settings.key else {
            return ProviderError::Unauthorized(format!("`{rcode}` without a TSIG key"));
        };
        let name = key.name();
        ProviderError::Unauthorized(match signed {
            true => {
                format!("`{rcode}`: the key `{name}` is good, but may not do this, or nobody may")
            }
            // PowerDNS says no more than this when key, secret or time is wrong.
            false => format!(
                "`{rcode}` without a signature: probably the key `{name}`, its secret or a clock \
                 is wrong"
            ),
        })
    }

    /// Whether the server answers for the zone when asked by nobody in particular.
    async fn serves(&self, apex: &Name, server: SocketAddr) -> Result<bool, WireError> {
        let clock = self.settings.clock.as_ref();
        let mut session = Session::open(server, None, clock, PATIENCE).await?;
        let soa = RrKey::new(apex.clone(), Rtype::SOA);
        let answer = session.request(message::question(&soa, false)?).await?;
        let reply = Reply::read(&answer, &soa, true)?;
        Ok(reply.authoritative && reply.rrset.is_some())
    }
}

#[async_trait]
impl Provider for Rfc2136 {
    /// One message is all or nothing; only more than about 500 changes need more than one.
    fn facts(&self) -> Facts {
        Facts::default()
    }

    /// An update that updates nothing is refused to whoever may not update.
    async fn access(&self, apex: &Name) -> Result<Access, ProviderError> {
        let mut session = self.session(self.settings.server).await?;
        let nothing = RrKey::new(apex.clone(), Rtype::SOA);
        match self.is_absent(&mut session, apex, &nothing).await {
            Ok(_) => Ok(Access::Granted("the server took an update of nothing".to_owned())),
            Err(ProviderError::Unauthorized(why)) => Ok(Access::Denied(why)),
            Err(other) => Err(other),
        }
    }

    async fn zone(&self, apex: &Name) -> Result<Zone, ProviderError> {
        let mut pauses = PAUSES.into_iter();
        loop {
            match (self.transfer(apex).await, pauses.next()) {
                (Err(ProviderError::Busy(_)), Some(pause)) => self.rest(pause).await,
                (result, _) => return result,
            }
        }
    }

    async fn apply(&self, apex: &Name, changes: &[Change]) -> Result<(), ProviderError> {
        let (mut pauses, mut first) = (PAUSES.into_iter(), true);
        loop {
            // A try that broke off may have been applied: the next one reads before it writes.
            match (self.attempt(apex, changes, first).await, pauses.next()) {
                (Err(ProviderError::Busy(_)), Some(pause)) => self.rest(pause).await,
                (result, _) => return result,
            }
            first = false;
        }
    }
}

/// What can be done about a request that got no usable answer.
fn failure(server: SocketAddr, error: WireError) -> ProviderError {
    match error {
        WireError::Silent | WireError::Unreachable(_) => {
            ProviderError::Busy(format!("{server} {error}"))
        }
        WireError::Key(KeyError::Unsigned(_)) | WireError::Garbled(_) | WireError::TooBig => {
            refused(error)
        }
        WireError::Key(error) => ProviderError::Unauthorized(error.to_string()),
    }
}

fn refused(error: impl ToString) -> ProviderError {
    ProviderError::Refused(error.to_string())
}

/// An answer that no change of ours will mend.
fn refusal(rcode: Rcode) -> ProviderError {
    refused(match rcode {
        Rcode::NOTIMP => format!("`{rcode}`: it does not take dynamic updates"),
        Rcode::NOTZONE => format!("`{rcode}`: a name is outside the zone"),
        _ => format!("`{rcode}`"),
    })
}

#[cfg(test)]
mod tests;
