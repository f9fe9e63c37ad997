//! DS (RFC 4034 §5).

use super::{Data, Fields, Octets, TextError, WireError};
use std::fmt;

/// The digest of a child zone's key.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Ds {
    /// The key's tag.
    pub key_tag: u16,
    /// The key's algorithm.
    pub algorithm: u8,
    /// How the digest was made.
    pub digest_type: u8,
    /// The digest.
    pub digest: Box<[u8]>,
}

impl Data for Ds {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, TextError> {
        Ok(Self {
            key_tag: fields.get("a key tag from 0 to 65535")?,
            algorithm: fields.get("an algorithm number")?,
            digest_type: fields.get("a digest type")?,
            digest: fields.decode("a digest", &data_encoding::HEXLOWER_PERMISSIVE)?.into(),
        })
    }

    fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        Ok(Self {
            key_tag: octets.u16("key tag")?,
            algorithm: octets.u8("algorithm")?,
            digest_type: octets.u8("digest type")?,
            digest: some(octets.rest(), "digest")?,
        })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.key_tag.to_be_bytes());
        out.extend_from_slice(&[self.algorithm, self.digest_type]);
        out.extend_from_slice(&self.digest);
    }
}

impl fmt::Display for Ds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = data_encoding::HEXUPPER.encode(&self.digest);
        write!(f, "{} {} {} {digest}", self.key_tag, self.algorithm, self.digest_type)
    }
}

/// Octets that may not be empty, since empty hexadecimal has no text form.
pub(super) fn some(octets: &[u8], what: &'static str) -> Result<Box<[u8]>, WireError> {
    if octets.is_empty() { Err(WireError(what)) } else { Ok(octets.into()) }
}
