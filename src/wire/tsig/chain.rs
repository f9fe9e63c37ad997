//! Both ends of a signed exchange.

use super::{Algorithm, FUDGE, KeyError, Stamp, TsigKey, append, record, without_tsig};
use crate::dns::Name;
use crate::wire::{Rcode, WireError, message};
use hickory_proto::op::Message;
use hickory_proto::rr::rdata::tsig::{TSIG, TsigError};

/// How many messages in a row may go unsigned (RFC 8945 §5.3.1).
const MAX_UNSIGNED: usize = 99;

/// What the next signature covers besides its own message: the MAC before it, and the messages
/// since that had none (RFC 8945 §5.3.1).
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    key: TsigKey,
    mac: Vec<u8>,
    unsigned: Vec<u8>,
    count: usize,
    first: bool,
}

/// Why a server does not accept a request, as the TSIG record that says so.
#[derive(Debug)]
pub(crate) struct Denial {
    key_name: Name,
    algorithm: Vec<u8>,
    error: u16,
    /// A wrong time is told under a signature, for the key is right (RFC 8945 §5.2.3).
    chain: Option<Chain>,
}

impl Chain {
    fn new(key: TsigKey, mac: Vec<u8>) -> Self {
        Self { key, mac, unsigned: Vec::new(), count: 0, first: true }
    }

    /// Signs a request; the chain is for its answers.
    pub(crate) fn ask(
        key: &TsigKey,
        request: Vec<u8>,
        now: u64,
    ) -> Result<(Vec<u8>, Self), WireError> {
        let stamp = Stamp::at(now);
        let variables = stamp.variables(&key.name, key.algorithm, FUDGE);
        let mac = key.mac(&[&request[..], &variables].concat())?;
        let octets = append(request, &key.name, &key.algorithm.wire(), &mac, &stamp)?;
        Ok((octets, Self::new(key.clone(), mac)))
    }

    /// Checks the next message of an answer: what the server says of our signature comes before
    /// its own, since it has none when it does not know the key.
    pub(crate) fn check(
        &mut self,
        octets: &[u8],
        message: &Message,
        now: u64,
    ) -> Result<(), KeyError> {
        let Some((key_name, tsig)) = record(message) else {
            return self.pass_unsigned(octets, message);
        };
        match tsig.error {
            None | Some(TsigError::BadTime) => (),
            Some(error) => return Err(self.rejection(error)),
        }
        let forged = || KeyError::Forged(self.key.name.clone());
        let named = key_name == self.key.name && tsig.algorithm == self.key.algorithm.hash();
        let input = self.input(octets, tsig).ok_or_else(forged)?;
        if !named || !self.key.verifies(&input, &tsig.mac) {
            return Err(forged());
        }
        if tsig.error.is_some() || tsig.time.abs_diff(now) > tsig.fudge.into() {
            return Err(KeyError::Clock(difference(tsig, now)));
        }
        self.advance(tsig.mac.clone());
        Ok(())
    }

    /// Whether the last message of the answer was a signed one, as it must be.
    pub(crate) fn is_closed(&self) -> bool {
        !self.first && self.count == 0
    }

    fn pass_unsigned(&mut self, octets: &[u8], message: &Message) -> Result<(), KeyError> {
        self.count += 1;
        if self.first || self.count > MAX_UNSIGNED {
            return Err(KeyError::Unsigned(message::rcode(message)));
        }
        self.unsigned.extend_from_slice(octets);
        Ok(())
    }

    fn rejection(&self, error: TsigError) -> KeyError {
        let name = self.key.name.clone();
        match error {
            TsigError::BadKey => KeyError::Unknown { name, algorithm: self.key.algorithm },
            TsigError::BadSig => KeyError::Secret(name),
            other => KeyError::Rejected(other.into()),
        }
    }

    /// What the MAC of a received message must cover.
    fn input(&self, octets: &[u8], tsig: &TSIG) -> Option<Vec<u8>> {
        let message = without_tsig(octets, tsig.oid)?;
        self.covered(&message, &Stamp::of(tsig), tsig.fudge)
    }

    fn covered(&self, message: &[u8], stamp: &Stamp, fudge: u16) -> Option<Vec<u8>> {
        let length = u16::try_from(self.mac.len()).ok()?.to_be_bytes();
        let variables = match self.first {
            true => stamp.variables(&self.key.name, self.key.algorithm, fudge),
            false => stamp.timers(fudge),
        };
        Some([&length[..], &self.mac, &self.unsigned, message, &variables].concat())
    }

    fn advance(&mut self, mac: Vec<u8>) {
        self.mac = mac;
        self.unsigned.clear();
        self.count = 0;
        self.first = false;
    }

    /// The server's side: checks a request; `None` when it is not signed.
    #[expect(clippy::result_large_err, reason = "a denial is the answer to send, built once")]
    pub(crate) fn accept(
        keys: &[TsigKey],
        octets: &[u8],
        message: &Message,
        now: u64,
    ) -> Result<Option<Self>, Denial> {
        let Some((key_name, tsig)) = record(message) else {
            return Ok(None);
        };
        let fits = |key: &&TsigKey| key.name == key_name && key.algorithm.hash() == tsig.algorithm;
        let Some(key) = keys.iter().find(fits) else {
            return Err(Denial::unsigned(key_name, Algorithm::HmacSha256, TsigError::BadKey));
        };
        let bad_signature = || Denial::unsigned(key_name.clone(), key.algorithm, TsigError::BadSig);
        let request = without_tsig(octets, tsig.oid).ok_or_else(bad_signature)?;
        let variables = Stamp::of(tsig).variables(&key.name, key.algorithm, tsig.fudge);
        if !key.verifies(&[&request[..], &variables].concat(), &tsig.mac) {
            return Err(bad_signature());
        }
        let chain = Self::new(key.clone(), tsig.mac.clone());
        if tsig.time.abs_diff(now) > tsig.fudge.into() {
            let denial = Denial::unsigned(key_name, key.algorithm, TsigError::BadTime);
            return Err(Denial { chain: Some(chain), ..denial });
        }
        Ok(Some(chain))
    }

    /// The server's side: signs the next message of the answer.
    pub(crate) fn sign(&mut self, octets: Vec<u8>, now: u64) -> Result<Vec<u8>, WireError> {
        self.stamp(octets, &Stamp::at(now))
    }

    /// The server's side: sends the next message of the answer as it is.
    pub(crate) fn leave_unsigned(&mut self, octets: &[u8]) {
        self.unsigned.extend_from_slice(octets);
    }

    fn stamp(&mut self, octets: Vec<u8>, stamp: &Stamp) -> Result<Vec<u8>, WireError> {
        let input = self.covered(&octets, stamp, FUDGE).ok_or(WireError::TooBig)?;
        let mac = self.key.mac(&input)?;
        let wire = self.key.algorithm.wire();
        let signed = append(octets, &self.key.name, &wire, &mac, stamp)?;
        self.advance(mac);
        Ok(signed)
    }
}

impl Denial {
    fn unsigned(key_name: Name, algorithm: Algorithm, error: TsigError) -> Self {
        Self { key_name, algorithm: algorithm.wire(), error: error.into(), chain: None }
    }

    /// The response code that goes with it.
    pub(crate) const RCODE: Rcode = Rcode::NOTAUTH;

    /// Appends the TSIG record to the answer; a wrong time comes with the server's own.
    pub(crate) fn sign(self, octets: Vec<u8>, now: u64) -> Result<Vec<u8>, WireError> {
        let mut stamp = Stamp { time: now, error: self.error, other: Vec::new() };
        let Some(mut chain) = self.chain else {
            return append(octets, &self.key_name, &self.algorithm, &[], &stamp);
        };
        stamp.other = now.to_be_bytes()[2..].to_vec();
        chain.stamp(octets, &stamp)
    }
}

/// Which clock is ahead, when the server tells its time.
fn difference(tsig: &TSIG, now: u64) -> String {
    let theirs = match tsig.other[..] {
        [a, b, c, d, e, f] => u64::from_be_bytes([0, 0, a, b, c, d, e, f]),
        _ => tsig.time,
    };
    match (theirs.saturating_sub(now), now.saturating_sub(theirs)) {
        (0, 0) => String::new(),
        (ahead, 0) => format!(": the server's is {ahead} seconds ahead"),
        (_, behind) => format!(": the server's is {behind} seconds behind"),
    }
}
