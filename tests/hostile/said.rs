//! A question, the true answer to it, and what can be made of both.

use std::ops::Range;

/// Where the header ends.
const HEAD: usize = 12;

/// One question as it came, with two good answers: the true one, and one that is as well made but
/// tells of another time.
pub(crate) struct Said {
    pub(crate) request: Vec<u8>,
    pub(crate) truth: Vec<u8>,
    pub(crate) lie: Vec<u8>,
}

/// One datagram, from the server or from somebody who pretends.
pub(crate) enum Sent {
    Here(Vec<u8>),
    Elsewhere(Vec<u8>),
}

/// What becomes of who comes by TCP.
pub(crate) enum Stream {
    /// One message behind its length.
    Message(Vec<u8>),
    /// Octets, and the end.
    Octets(Vec<u8>),
    /// Nothing, for as long as he likes to wait.
    Silence,
}

impl Said {
    /// Where the name asked for lies in every message.
    pub(crate) fn name(&self) -> Range<usize> {
        HEAD..self.body() - 4
    }

    /// Where the question ends and records begin.
    pub(crate) fn body(&self) -> usize {
        let mut end = HEAD;
        while self.request[end] > 0 {
            end += usize::from(self.request[end]) + 1;
        }
        end + 5
    }

    /// The name asked for, as octets.
    pub(crate) fn owner(&self) -> &[u8] {
        &self.request[self.name()]
    }

    /// The type asked for, as octets.
    pub(crate) fn rtype(&self) -> [u8; 2] {
        let end = self.body();
        [self.request[end - 4], self.request[end - 3]]
    }

    /// An answer without an error, by somebody with authority who resolves as well, with so many
    /// records in each section and these octets as all of them.
    pub(crate) fn reply(&self, counts: [u16; 3], records: &[u8]) -> Vec<u8> {
        self.reply_by([0x85, 0x80], counts, records)
    }

    /// The same with other flags.
    pub(crate) fn reply_by(&self, flags: [u8; 2], counts: [u16; 3], records: &[u8]) -> Vec<u8> {
        let counts = counts.map(u16::to_be_bytes).concat();
        let question = &self.request[HEAD..self.body()];
        [&self.request[..2], &flags, &[0, 1], &counts, question, records].concat()
    }

    /// A record of the name and type asked for with this data.
    pub(crate) fn record(&self, data: &[u8]) -> Vec<u8> {
        record(&TO_QUESTION, self.rtype(), data)
    }
}

/// A pointer to the name in the question.
pub(crate) const TO_QUESTION: [u8; 2] = [0xc0, 12];
pub(crate) const CNAME: [u8; 2] = [0, 5];
pub(crate) const NS: [u8; 2] = [0, 2];
pub(crate) const SOA: [u8; 2] = [0, 6];

/// A record that lives for a minute.
pub(crate) fn record(owner: &[u8], rtype: [u8; 2], data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    record_of(owner, rtype, length, data)
}

/// A record that says so of its length.
pub(crate) fn record_of(owner: &[u8], rtype: [u8; 2], length: u16, data: &[u8]) -> Vec<u8> {
    [owner, &rtype, &[0, 1, 0, 0, 0, 60], &length.to_be_bytes(), data].concat()
}

/// A pointer to this place.
pub(crate) fn pointer(to: usize) -> [u8; 2] {
    (0xc000 | u16::try_from(to).unwrap()).to_be_bytes()
}

/// The octets with something else in some place.
pub(crate) fn with<const N: usize>(octets: &[u8], at: usize, new: [u8; N]) -> Vec<u8> {
    let mut octets = octets.to_vec();
    octets[at..at + N].copy_from_slice(&new);
    octets
}
