//! As much of DER as keys and certificates need (X.690 §8.1).

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const SEQUENCE: u8 = 0x30;
/// The field numbered 0 of a structure.
pub(super) const FIRST: u8 = 0xa0;

/// Takes one element with this tag: its content, and what follows.
pub(super) fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = der.strip_prefix(&[tag])?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 | 0x82 => {
            let (octets, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
            (octets.iter().fold(0, |n, octet| n << 8 | usize::from(*octet)), rest)
        }
        _ => return None, // 64 KiB and more: no key that fits into a DNS message
    };
    rest.split_at_checked(length)
}

/// Takes one element whole, with its tag and length: it, and what follows.
pub(super) fn whole(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, rest) = element(tag, der)?;
    der.split_at_checked(der.len() - rest.len())
}
