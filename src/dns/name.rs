//! Domain names: absolute, compared without case, printed in the case they were written in.

use super::octets::{Octets, WireError};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// An absolute domain name of at most 255 octets (RFC 1035 §3.1).
///
/// Equality, order and hash ignore ASCII case (RFC 4343). The order is the canonical one of
/// RFC 4034 §6.1: by labels from the right, so that a zone sorts with its apex first.
#[derive(Clone)]
pub struct Name(Arc<[u8]>);

/// Why text is not a name.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NameError {
    /// No trailing dot where an absolute name is wanted.
    #[error("`{0}` is relative; write `{0}.` if it is meant to be absolute")]
    Relative(String),
    /// A label that is empty or over 63 octets.
    #[error("`{0}` has an empty label or one over 63 octets")]
    Label(String),
    /// More than 255 octets in all.
    #[error("`{0}` is longer than 255 octets")]
    Long(String),
    /// A backslash that is followed by neither a character nor three digits up to 255.
    #[error("`{0}` has a bad escape; write `\\.` or `\\046`")]
    Escape(String),
    /// An internationalised label that IDNA does not allow.
    #[error("`{0}` is not a valid internationalised name")]
    Idna(String),
}

impl Name {
    /// The root, `.`.
    pub fn root() -> Self {
        Self(Arc::from([0]))
    }

    /// Reads an absolute name; the trailing dot is required.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        match Self::read(text)? {
            (wire, true) => Ok(Self(wire.into())),
            (_, false) => Err(NameError::Relative(text.to_owned())),
        }
    }

    /// Reads a name as a zone file does: `@` is `origin`, one without a trailing dot is below it.
    pub fn parse_in(text: &str, origin: &Self) -> Result<Self, NameError> {
        if text == "@" {
            return Ok(origin.clone());
        }
        let (mut wire, absolute) = Self::read(text)?;
        if !absolute {
            wire.extend_from_slice(&origin.0);
            if wire.len() > 255 {
                return Err(NameError::Long(text.to_owned()));
            }
        }
        Ok(Self(wire.into()))
    }

    /// Labels as octets, closed by the root label if the text ends in a dot.
    fn read(text: &str) -> Result<(Vec<u8>, bool), NameError> {
        if text == "." {
            return Ok((vec![0], true));
        }
        let bad = |error: Kind| error(text.to_owned());
        let mut wire = Vec::with_capacity(text.len() + 2);
        let mut rest = text;
        loop {
            let end = label_end(rest);
            let label = label(&rest[..end]).map_err(bad)?;
            let length = u8::try_from(label.len()).ok().filter(|n| (1..=63).contains(n));
            wire.push(length.ok_or_else(|| bad(NameError::Label))?);
            wire.extend_from_slice(&label);
            if wire.len() > 254 {
                return Err(bad(NameError::Long));
            }
            match rest.get(end + 1..) {
                None => return Ok((wire, false)),
                Some("") => {
                    wire.push(0);
                    return Ok((wire, true));
                }
                Some(more) => rest = more,
            }
        }
    }

    /// Reads an uncompressed name from wire format.
    pub(crate) fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        let mut wire = Vec::with_capacity(32);
        loop {
            let label = octets.string("name")?;
            if label.len() > 63 || wire.len() + label.len() + 1 > 255 {
                return Err(WireError("name"));
            }
            wire.push(label.len() as u8);
            wire.extend_from_slice(label);
            if label.is_empty() {
                return Ok(Self(wire.into()));
            }
        }
    }

    /// Reads a name from all of `octets`.
    pub fn from_wire(octets: &[u8]) -> Result<Self, WireError> {
        let mut cursor = Octets::new(octets);
        let name = Self::decode(&mut cursor)?;
        if cursor.is_empty() { Ok(name) } else { Err(WireError("name")) }
    }

    /// The name in uncompressed wire format, in the case it was written in.
    pub fn wire(&self) -> &[u8] {
        &self.0
    }

    /// The labels from the left, without the root label.
    pub fn labels(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &self.0[..];
        std::iter::from_fn(move || {
            let (length, tail) = rest.split_first().filter(|(length, _)| **length > 0)?;
            let (label, tail) = tail.split_at(usize::from(*length));
            rest = tail;
            Some(label)
        })
    }

    /// Whether this is `zone` or below it.
    pub fn is_within(&self, zone: &Self) -> bool {
        let mut rest = &self.0[..];
        while rest.len() > zone.0.len() {
            rest = &rest[usize::from(rest[0]) + 1..];
        }
        rest.eq_ignore_ascii_case(&zone.0)
    }

    /// The name without its leftmost label; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        let first = usize::from(self.0[0]);
        (first > 0).then(|| Self(self.0[first + 1..].into()))
    }

    /// Whether the leftmost label is `*` (RFC 4592).
    pub fn is_wildcard(&self) -> bool {
        self.0.starts_with(b"\x01*")
    }

    /// Shows the name as a zone file with this origin would: `@`, `mail`, or absolute.
    pub fn relative_to(&self, origin: &Self) -> String {
        if self == origin {
            return "@".to_owned();
        }
        let full = self.to_string();
        if !self.is_within(origin) || *origin == Self::root() {
            return full;
        }
        let tail = origin.to_string().len() + 1;
        full[..full.len() - tail].to_owned()
    }
}

/// Where the first label of `text` ends: at its first dot that is not escaped.
fn label_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.bytes().enumerate() {
        match c {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'.' => return at,
            _ => (),
        }
    }
    text.len()
}

/// A kind of error, still without the text that it is about.
type Kind = fn(String) -> NameError;

/// The octets of one label: escapes undone, other scripts turned into their A-label (RFC 5890).
fn label(text: &str) -> Result<Cow<'_, [u8]>, Kind> {
    if !text.is_ascii() {
        let ascii = idna::domain_to_ascii(text).map_err(|_| NameError::Idna as Kind)?;
        return Ok(Cow::Owned(ascii.into_bytes()));
    }
    if !text.contains('\\') {
        return Ok(Cow::Borrowed(text.as_bytes()));
    }
    let octets = super::text::unescape(text).ok_or(NameError::Escape as Kind)?;
    Ok(Cow::Owned(octets))
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.len() == 1 {
            return f.write_str(".");
        }
        for label in self.labels() {
            for &c in label {
                match c {
                    b'.' | b'\\' | b'"' | b';' | b'(' | b')' | b'@' | b'$' => {
                        write!(f, "\\{}", char::from(c))?;
                    }
                    0x21..=0x7e => write!(f, "{}", char::from(c))?,
                    _ => write!(f, "\\{c:03}")?,
                }
            }
            f.write_str(".")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        // Length octets are at most 63, below every letter, so one comparison serves for both.
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for c in self.0.iter() {
            state.write_u8(c.to_ascii_lowercase());
        }
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut mine, mut yours) = (&self.0[..], &other.0[..]);
        if mine == yours {
            return Ordering::Equal;
        }
        let pairs = mine.iter().rev().zip(yours.iter().rev());
        let alike = pairs.take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
        // From the left up to where all labels that follow are alike; the last before decide.
        // No label is empty: nothing at all sorts first.
        let (mut a, mut b) = (&[][..], &[][..]);
        while mine.len() != yours.len() || mine.len() > alike {
            let (left, right) = (mine.len(), yours.len());
            if left >= right {
                (a, mine) = step(mine);
            }
            if right >= left {
                (b, yours) = step(yours);
            }
        }
        let (a, b) = (a.iter(), b.iter());
        a.map(u8::to_ascii_lowercase).cmp(b.map(u8::to_ascii_lowercase))
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The first label of a wire-format name, and what follows.
fn step(wire: &[u8]) -> (&[u8], &[u8]) {
    wire[1..].split_at(usize::from(wire[0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::select;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn names_compare_without_case_and_print_with_it() {
        assert_eq!(name("Mail.Example.NET."), name("mail.example.net."));
        assert_eq!(name("ASPMX.L.GOOGLE.COM.").to_string(), "ASPMX.L.GOOGLE.COM.");
    }

    #[test]
    fn text_that_is_no_absolute_name_is_refused() {
        let check = |text: &str, error: fn(String) -> NameError| {
            assert_eq!(Name::parse(text), Err(error(text.to_owned())), "{text}");
        };
        check("mx.example.net", NameError::Relative);
        check("", NameError::Label);
        check("a..b.", NameError::Label);
        check(".a.", NameError::Label);
        check(&format!("{}.", "x".repeat(64)), NameError::Label);
        check(&"abcdefg.".repeat(32), NameError::Long);
        check("a\\", NameError::Escape);
        check("a\\256.", NameError::Escape);
    }

    #[test]
    fn the_longest_name_has_255_octets() {
        let text = format!("{}abcde.", "abcdefg.".repeat(31));
        assert_eq!(name(&text).wire().len(), 255);
        assert!(Name::parse(&format!("f{text}")).is_err());
    }

    #[test]
    fn zone_file_names_are_below_their_origin() {
        let check = |text, full| {
            assert_eq!(Name::parse_in(text, &name("example.net.")), Ok(name(full)));
        };
        check("@", "example.net.");
        check("mail", "mail.example.net.");
        check("mail.", "mail.");
        check("a.b", "a.b.example.net.");
        check("bücher", "xn--bcher-kva.example.net.");
        check("_dmarc.bücher.example.", "_dmarc.xn--bcher-kva.example.");
    }

    #[test]
    fn escapes_read_back_as_they_print() {
        for text in ["a\\.b.example.", "sp\\032ace.example.", "\\@.example.", "."] {
            assert_eq!(name(text).to_string(), text);
        }
        assert_eq!(name("\\097.example."), name("a.example."));
    }

    #[test]
    fn the_order_is_canonical() {
        // The list of RFC 4034 §6.1.
        let sorted = [
            "example.",
            "a.example.",
            "yljkjljk.a.example.",
            "Z.a.example.",
            "zABC.a.EXAMPLE.",
            "z.example.",
            "\\001.z.example.",
            "*.z.example.",
            "\\200.z.example.",
        ];
        let mut names = sorted.map(name);
        names.reverse();
        names.sort();
        assert_eq!(names, sorted.map(name));
    }

    #[test]
    fn within_is_by_whole_labels() {
        let check = |a, b, within| assert_eq!(name(a).is_within(&name(b)), within, "{a} {b}");
        check("a.example.", "EXAMPLE.", true);
        check("example.", "example.", true);
        check("badexample.", "example.", false);
        check("example.", "a.example.", false);
        check("a.example.", ".", true);
    }

    #[test]
    fn relative_names_print_short() {
        let check = |text, short| {
            assert_eq!(name(text).relative_to(&name("example.net.")), short);
        };
        check("example.net.", "@");
        check("Mail.example.NET.", "Mail");
        check("google._domainkey.example.net.", "google._domainkey");
        check("example.org.", "example.org.");
    }

    proptest! {
        #[test]
        fn any_name_survives_text_and_octets(
            labels in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..10), 0..8),
        ) {
            let mut wire: Vec<u8> = Vec::new();
            for label in &labels {
                wire.push(label.len() as u8);
                wire.extend(label);
            }
            wire.push(0);
            let name = Name::from_wire(&wire).unwrap();
            let again = Name::parse(&name.to_string()).unwrap();
            prop_assert_eq!(again.wire(), &wire[..]);
            prop_assert_eq!(name.cmp(&again), Ordering::Equal);
        }

        /// Octets that may be taken for the length of a label are among them.
        #[test]
        fn any_two_names_sort_by_their_labels_from_the_right(
            names in prop::collection::vec(
                prop::collection::vec(prop::collection::vec(select(b"\x01\x02aAb"), 1..3), 0..4),
                2,
            ),
        ) {
            let wire = |labels: &Vec<Vec<u8>>| -> Vec<u8> {
                let label = |label: &Vec<u8>| [&[label.len() as u8], &label[..]].concat();
                labels.iter().map(label).chain([vec![0]]).flatten().collect()
            };
            let sorted = |labels: &Vec<Vec<u8>>| -> Vec<Vec<u8>> {
                labels.iter().rev().map(|label| label.to_ascii_lowercase()).collect()
            };
            let [a, b] = [0, 1].map(|at| Name::from_wire(&wire(&names[at])).unwrap());
            prop_assert_eq!(a.cmp(&b), sorted(&names[0]).cmp(&sorted(&names[1])));
        }

        #[test]
        fn any_text_is_a_name_or_not(text in r"[ -~é\\.]{0,80}") {
            if let Ok(name) = Name::parse(&text) {
                prop_assert_eq!(Name::parse(&name.to_string()), Ok(name));
            }
        }
    }
}
