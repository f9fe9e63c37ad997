//! CNAME, DNAME, NS and PTR: one name (RFC 1035 §3.3, RFC 6672 §2.1).

use super::{Data, Fields, Octets, TextError, WireError};
use crate::dns::Name;

impl Data for Name {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, TextError> {
        fields.name("a host name")
    }

    fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        Self::decode(octets)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.wire());
    }
}
