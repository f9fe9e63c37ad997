//! Whether octets answer what was asked.

use super::Rcode;

/// What an answer must repeat: the question section.
#[derive(Debug)]
pub(super) struct Expected(Vec<u8>);

impl Expected {
    /// The question of an encoded request: what lies between header and EDNS.
    pub(super) fn of(request: &[u8]) -> Self {
        // The name has no pointer, being the first, so its root label is the first zero octet
        // behind the header at a label's place.
        let mut end = 12;
        while let Some(length) = request.get(end).filter(|length| **length > 0) {
            end += usize::from(*length) + 1;
        }
        Self(request.get(12..end + 5).unwrap_or_default().to_vec())
    }

    /// Whether these octets are a response to the question.
    ///
    /// A server that cannot read a request may leave the question out of its FORMERR.
    pub(super) fn is_met_by(&self, answer: &[u8]) -> bool {
        let Some(&[_, _, flags, rcode, qd_high, qd_low, ..]) = answer.first_chunk::<12>() else {
            return false;
        };
        let is_response = flags & 0xf8 == 0x80;
        let repeats = || {
            let given = answer.get(12..12 + self.0.len()).unwrap_or_default();
            let (name, kind) = self.0.split_at(self.0.len().saturating_sub(4));
            let (given_name, given_kind) = given.split_at(given.len().saturating_sub(4));
            given_name.eq_ignore_ascii_case(name) && given_kind == kind
        };
        is_response
            && match u16::from_be_bytes([qd_high, qd_low]) {
                0 => Rcode(u16::from(rcode & 0x0f)) == Rcode::FORMERR,
                1 => repeats(),
                _ => false,
            }
    }
}
