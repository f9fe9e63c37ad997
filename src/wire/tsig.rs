//! Transaction signatures (TSIG, RFC 8945).

use super::WireError;
use crate::dns::{Name, Octets};
use hickory_proto::op::Message;
use hickory_proto::rr::rdata::tsig::{TSIG, TsigAlgorithm};
use std::fmt;
use std::sync::Arc;

mod chain;

pub(crate) use chain::{Chain, Denial};

/// How far two clocks may differ, in seconds: what RFC 8945 §10 recommends.
const FUDGE: u16 = 300;

/// The keyed hashes that we speak; older ones are out of use (RFC 8945 §6).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Algorithm {
    /// `hmac-sha256`.
    HmacSha256,
    /// `hmac-sha384`.
    HmacSha384,
    /// `hmac-sha512`.
    HmacSha512,
}

impl Algorithm {
    const ALL: [Self; 3] = [Self::HmacSha256, Self::HmacSha384, Self::HmacSha512];

    /// Reads `hmac-sha256`, in any case, with or without a final dot.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix('.').unwrap_or(text);
        Self::ALL.into_iter().find(|algorithm| algorithm.text().eq_ignore_ascii_case(text))
    }

    fn text(self) -> &'static str {
        match self {
            Self::HmacSha256 => "hmac-sha256",
            Self::HmacSha384 => "hmac-sha384",
            Self::HmacSha512 => "hmac-sha512",
        }
    }

    fn hash(self) -> TsigAlgorithm {
        match self {
            Self::HmacSha256 => TsigAlgorithm::HmacSha256,
            Self::HmacSha384 => TsigAlgorithm::HmacSha384,
            Self::HmacSha512 => TsigAlgorithm::HmacSha512,
        }
    }

    /// The algorithm's name in wire format: one label and the root.
    fn wire(self) -> Vec<u8> {
        let text = self.text();
        [&[11], text.as_bytes(), &[0]].concat()
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text())
    }
}

/// A secret that a server and its clients share.
#[derive(Clone, Eq, PartialEq)]
pub struct TsigKey {
    name: Name,
    algorithm: Algorithm,
    secret: Arc<[u8]>,
}

/// What is wrong with a signature; each message is for the person who set the key up.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyError {
    /// BADKEY.
    #[error("the server has no key `{name}` with the algorithm `{algorithm}` for this")]
    Unknown {
        /// Which key was used.
        name: Name,
        /// And which hash.
        algorithm: Algorithm,
    },
    /// BADSIG.
    #[error("the server has a key `{0}`, but with another secret")]
    Secret(Name),
    /// BADTIME.
    #[error("the server's clock and this machine's differ by more than {FUDGE} seconds{0}")]
    Clock(String),
    /// Any other TSIG error.
    #[error("the server rejects the signature with TSIG error {0}")]
    Rejected(u16),
    /// No signature where one must be; the server may not even have looked at the key.
    #[error("the server answers `{0}` without a signature")]
    Unsigned(super::Rcode),
    /// A signature that is not by this key, or not for this answer.
    #[error("the answer's signature is not by the key `{0}`")]
    Forged(Name),
}

impl TsigKey {
    /// A key of this name, which the server must know it by.
    pub fn new(name: Name, algorithm: Algorithm, secret: &[u8]) -> Self {
        Self { name, algorithm, secret: secret.into() }
    }

    /// The key's name.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The hash that it is used with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn mac(&self, input: &[u8]) -> Result<Vec<u8>, WireError> {
        self.algorithm.hash().mac_data(&self.secret, input).map_err(WireError::garbled)
    }

    /// Compares in constant time; a MAC that was cut short is not accepted.
    fn verifies(&self, input: &[u8], mac: &[u8]) -> bool {
        self.algorithm.hash().verify_mac(&self.secret, input, mac).is_ok()
    }
}

impl fmt::Debug for TsigKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TsigKey({} {} ***)", self.name, self.algorithm)
    }
}

/// The fields of a TSIG record besides key and MAC.
struct Stamp {
    time: u64,
    error: u16,
    other: Vec<u8>,
}

impl Stamp {
    fn at(time: u64) -> Self {
        Self { time, error: 0, other: Vec::new() }
    }

    fn of(tsig: &TSIG) -> Self {
        let error = tsig.error.map_or(0, u16::from);
        Self { time: tsig.time, error, other: tsig.other.clone() }
    }

    /// Time and fudge, which every MAC covers; the time is 48 bits wide (RFC 8945 §4.2).
    fn timers(&self, fudge: u16) -> Vec<u8> {
        let [_, _, time @ ..] = self.time.to_be_bytes();
        [&time[..], &fudge.to_be_bytes()].concat()
    }

    fn error_and_other(&self) -> Vec<u8> {
        let length = u16::try_from(self.other.len()).unwrap_or(0);
        [&self.error.to_be_bytes()[..], &length.to_be_bytes(), &self.other].concat()
    }

    /// The variables that a MAC covers besides the message (RFC 8945 §4.3.3).
    fn variables(&self, key_name: &Name, algorithm: Algorithm, fudge: u16) -> Vec<u8> {
        let name = key_name.wire().to_ascii_lowercase();
        // Class ANY and a TTL of zero.
        let class_and_ttl = [0, 255, 0, 0, 0, 0];
        let wire = algorithm.wire();
        let (timers, tail) = (self.timers(fudge), self.error_and_other());
        [&name[..], &class_and_ttl, &wire, &timers, &tail].concat()
    }
}

/// Appends a TSIG record to a message and counts it in the header.
fn append(
    mut octets: Vec<u8>,
    key_name: &Name,
    algorithm: &[u8],
    mac: &[u8],
    stamp: &Stamp,
) -> Result<Vec<u8>, WireError> {
    let (Some(&[a, b]), Some(&[hi, lo])) =
        (octets.first_chunk(), octets.get(10..12).and_then(|c| c.first_chunk()))
    else {
        return Err(WireError::garbled("a message without a header"));
    };
    let count = u16::from_be_bytes([hi, lo]).checked_add(1).ok_or(WireError::TooBig)?;
    octets[10..12].copy_from_slice(&count.to_be_bytes());
    let mac_length = u16::try_from(mac.len()).map_err(|_| WireError::TooBig)?.to_be_bytes();
    let (timers, tail) = (stamp.timers(FUDGE), stamp.error_and_other());
    let data = [algorithm, &timers, &mac_length, mac, &[a, b], &tail].concat();
    let length = u16::try_from(data.len()).map_err(|_| WireError::TooBig)?.to_be_bytes();
    // Type TSIG (250), class ANY, TTL zero.
    let head = [0, 250, 0, 255, 0, 0, 0, 0];
    for part in [key_name.wire(), &head, &length, &data] {
        octets.extend_from_slice(part);
    }
    if octets.len() > usize::from(u16::MAX) { Err(WireError::TooBig) } else { Ok(octets) }
}

/// The message as it was before its TSIG record was appended (RFC 8945 §4.3.2).
fn without_tsig(octets: &[u8], original_id: u16) -> Option<Vec<u8>> {
    let end = tsig_start(octets)?;
    let mut message = octets.get(..end)?.to_vec();
    let additionals = u16::from_be_bytes(*octets.get(10..12)?.first_chunk()?).checked_sub(1)?;
    message.get_mut(..2)?.copy_from_slice(&original_id.to_be_bytes());
    message.get_mut(10..12)?.copy_from_slice(&additionals.to_be_bytes());
    Some(message)
}

/// Where the last record of a message begins.
fn tsig_start(octets: &[u8]) -> Option<usize> {
    let mut cursor = Octets::new(octets);
    cursor.take(4, "header").ok()?;
    let mut count = || cursor.u16("count").ok().map(usize::from);
    let (questions, records) = (count()?, count()? + count()? + count()?);
    for _ in 0..questions {
        skip_name(&mut cursor)?;
        cursor.take(4, "question").ok()?;
    }
    for _ in 1..records {
        skip_name(&mut cursor)?;
        cursor.take(8, "record").ok()?;
        let length = cursor.u16("length").ok()?;
        cursor.take(length.into(), "data").ok()?;
    }
    octets.len().checked_sub(cursor.rest().len())
}

/// Skips a name: labels up to the root or to a pointer (RFC 1035 §4.1.4).
fn skip_name(cursor: &mut Octets<'_>) -> Option<()> {
    loop {
        match cursor.u8("name").ok()? {
            0 => return Some(()),
            0xc0.. => return cursor.u8("pointer").ok().map(drop),
            length => cursor.take(length.into(), "label").ok()?,
        };
    }
}

/// The TSIG record of a message, with the name of its key.
fn record(message: &Message) -> Option<(Name, &TSIG)> {
    let record = message.signature()?;
    Some((super::message::name_in(&record.name).ok()?, &record.data))
}

#[cfg(test)]
mod tests;
