//! SSHFP (RFC 4255 §3).

use super::ds::some;
use super::{Data, Fields, Octets, TextError, WireError};
use std::fmt;

/// The fingerprint of a host's SSH key.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Sshfp {
    /// The key's algorithm.
    pub algorithm: u8,
    /// How the fingerprint was made.
    pub fingerprint_type: u8,
    /// The fingerprint.
    pub fingerprint: Box<[u8]>,
}

impl Data for Sshfp {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, TextError> {
        let hex = &data_encoding::HEXLOWER_PERMISSIVE;
        Ok(Self {
            algorithm: fields.get("an algorithm number")?,
            fingerprint_type: fields.get("a fingerprint type")?,
            fingerprint: fields.decode("a fingerprint", hex)?.into(),
        })
    }

    fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        Ok(Self {
            algorithm: octets.u8("algorithm")?,
            fingerprint_type: octets.u8("fingerprint type")?,
            fingerprint: some(octets.rest(), "fingerprint")?,
        })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.algorithm, self.fingerprint_type]);
        out.extend_from_slice(&self.fingerprint);
    }
}

impl fmt::Display for Sshfp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fingerprint = data_encoding::HEXUPPER.encode(&self.fingerprint);
        write!(f, "{} {} {fingerprint}", self.algorithm, self.fingerprint_type)
    }
}
