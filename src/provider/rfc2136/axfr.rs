//! Whole zones (RFC 5936).

use super::{Rfc2136, failure, refused};
use crate::dns::{Name, Rdata, RrKey, Rtype, Serial, Ttl, Zone};
use crate::port::ProviderError;
use crate::wire::{Rcode, WireError, message};
use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::{DNSClass, Record};

impl Rfc2136 {
    /// Asks for the whole zone; anything but all of it is an error.
    pub(super) async fn transfer(&self, apex: &Name) -> Result<Zone, ProviderError> {
        let server = self.settings.transfer;
        let fail = |error| failure(server, error);
        let mut session = self.session(server).await?;
        let key = RrKey::new(apex.clone(), Rtype(252));
        let (id, mut chain) = session.send(request(&key).map_err(fail)?).await.map_err(fail)?;
        let mut transfer = Transfer { zone: Zone::new(apex.clone()), serial: None, done: false };
        while !transfer.done {
            let (answer, octets) = session.receive().await.map_err(fail)?;
            if answer.metadata.id != id {
                return Err(refused("the answer to the zone transfer is one to something else"));
            }
            let checked = session.check(&mut chain, &octets, &answer);
            let answer = self.explain(apex, server, checked.map(|()| answer)).await?;
            match message::rcode(&answer) {
                Rcode::NOERROR => (),
                rcode => return Err(refused(format!("`{rcode}` when asked for the zone"))),
            }
            for record in &answer.answers {
                transfer.take(record).map_err(refused)?;
            }
        }
        if chain.is_some_and(|chain| !chain.is_closed()) {
            return Err(refused(TransferError::Open));
        }
        Ok(transfer.zone)
    }
}

fn request(key: &RrKey) -> Result<Message, WireError> {
    let mut message = Message::new(0, MessageType::Query, OpCode::Query);
    let owner = message::name_out(&key.owner)?;
    message.add_query(Query::query(owner, message::rtype_out(key.rtype)));
    Ok(message)
}

/// Why a transfer is not the zone.
#[derive(Debug, thiserror::Error)]
enum TransferError {
    #[error("the zone transfer does not begin with the zone's SOA")]
    NoSoa,
    #[error("the zone transfer ends with serial {1}, but began with {0}")]
    Serial(u32, u32),
    #[error("the zone transfer goes on after its last SOA")]
    Trailing,
    #[error("the zone transfer ends without a signature")]
    Open,
    #[error("the zone transfer holds `{0}`, which is not in the zone")]
    Foreign(Name),
    #[error(transparent)]
    Record(#[from] WireError),
}

/// A zone between its first SOA and its last.
struct Transfer {
    zone: Zone,
    serial: Option<Serial>,
    done: bool,
}

impl Transfer {
    fn take(&mut self, record: &Record) -> Result<(), TransferError> {
        if self.done {
            return Err(TransferError::Trailing);
        }
        let owner = message::name_in(&record.name)?;
        if !owner.is_within(self.zone.apex()) || record.dns_class != DNSClass::IN {
            return Err(TransferError::Foreign(owner));
        }
        let rdata = message::rdata_in(&record.data)?;
        match (self.serial, &rdata) {
            (None, Rdata::Soa(soa)) if owner == *self.zone.apex() => {
                self.serial = Some(soa.serial());
            }
            (None, _) => return Err(TransferError::NoSoa),
            (Some(first), Rdata::Soa(soa)) if first == soa.serial() => {
                self.done = true;
                return Ok(());
            }
            (Some(first), Rdata::Soa(soa)) => {
                return Err(TransferError::Serial(first.0, soa.serial));
            }
            (Some(_), _) => (),
        }
        self.zone.add(owner, Ttl::from_secs(record.ttl), rdata);
        Ok(())
    }
}
