//! Reads uncompressed wire format from a slice, never past its end.

/// Octets that do not make up what they should.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("rdata ends early or holds an impossible {0}")]
pub struct WireError(pub &'static str);

/// A cursor over the octets of one record's data.
#[derive(Clone, Copy, Debug)]
pub struct Octets<'a>(&'a [u8]);

impl<'a> Octets<'a> {
    /// A cursor at the first octet.
    pub fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    /// The next `n` octets; `what` names them in the error.
    pub fn take(&mut self, n: usize, what: &'static str) -> Result<&'a [u8], WireError> {
        let (head, tail) = self.0.split_at_checked(n).ok_or(WireError(what))?;
        self.0 = tail;
        Ok(head)
    }

    /// The next octet as a number.
    pub fn u8(&mut self, what: &'static str) -> Result<u8, WireError> {
        Ok(self.take(1, what)?[0])
    }

    /// The next two octets as a number, most significant first.
    pub fn u16(&mut self, what: &'static str) -> Result<u16, WireError> {
        let octets = self.take(2, what)?;
        Ok(u16::from_be_bytes([octets[0], octets[1]]))
    }

    /// The next four octets as a number, most significant first.
    pub fn u32(&mut self, what: &'static str) -> Result<u32, WireError> {
        let octets = self.take(4, what)?;
        Ok(u32::from_be_bytes([octets[0], octets[1], octets[2], octets[3]]))
    }

    /// A `<character-string>`: one length octet and as many octets (RFC 1035 §3.3).
    pub fn string(&mut self, what: &'static str) -> Result<&'a [u8], WireError> {
        let length = self.u8(what)?;
        self.take(length.into(), what)
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
