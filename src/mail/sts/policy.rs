//! The document that senders fetch (RFC 8461 §3.2).

use super::Extension;
use crate::dns::Name;
use std::fmt;

/// A policy: which hosts take a domain's mail, and what to do with others.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Policy {
    /// What senders do with a host that fails.
    pub mode: Mode,
    /// For how many seconds they keep the policy.
    pub max_age: u32,
    /// The hosts; a name of which `*` is the first label means any one label in its place.
    pub mx: Vec<Name>,
    /// Fields that nobody here knows.
    pub extensions: Vec<Extension>,
}

/// What senders do with a host that is not listed, or has no certificate to trust (§5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// They do not deliver.
    Enforce,
    /// They deliver and tell of it.
    Testing,
    /// There is no policy any more.
    None,
}

/// Why text is not a policy.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PolicyError {
    /// A line without a colon, or with a name that no field may have.
    #[error("`{0}` is not of the form `field: value`")]
    NoField(String),
    /// A field that may stand once.
    #[error("the field `{0}` is given twice")]
    Twice(String),
    /// A field that must be there.
    #[error("the field `{0}` is missing")]
    Missing(&'static str),
    /// A value that the field does not take.
    #[error("`{field}: {value}` is not valid: {problem}")]
    Bad {
        /// The field.
        field: &'static str,
        /// Its value.
        value: String,
        /// What is wrong.
        problem: &'static str,
    },
}

/// The longest time that senders keep a policy, in seconds: a year (§3.2).
pub const MAX_AGE: u32 = 31_557_600;

const VERSION: &str = "STSv1";
const MODES: &[(&str, Mode)] =
    &[("enforce", Mode::Enforce), ("testing", Mode::Testing), ("none", Mode::None)];

impl Mode {
    /// Its word.
    pub fn name(self) -> &'static str {
        MODES.iter().find(|(_, mode)| *mode == self).map(|(word, _)| *word).unwrap_or_default()
    }

    /// Reads its word.
    pub fn parse(text: &str) -> Option<Self> {
        MODES.iter().find(|(word, _)| *word == text).map(|(_, mode)| *mode)
    }
}

impl Policy {
    /// Reads a document, whichever way its lines end.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let (mut mx, mut once) = (Vec::new(), Vec::<(&str, &str)>::new());
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let (field, value) =
                field(line).ok_or_else(|| PolicyError::NoField(line.to_owned()))?;
            if field == "mx" {
                mx.push(pattern(value).ok_or_else(|| {
                    bad("mx", value, "write a host as in MX without its last dot, or `*.` and one")
                })?);
            } else if once.iter().any(|(known, _)| *known == field) {
                return Err(PolicyError::Twice(field.to_owned()));
            } else {
                once.push((field, value));
            }
        }
        let mut take = |wanted| {
            let at = once.iter().position(|(field, _)| *field == wanted);
            at.map(|at| once.remove(at).1).ok_or(PolicyError::Missing(wanted))
        };
        let version = take("version")?;
        if version != VERSION {
            return Err(bad("version", version, "it must be exactly `STSv1`"));
        }
        let mode = take("mode")?;
        let mode = Mode::parse(mode)
            .ok_or_else(|| bad("mode", mode, "write `enforce`, `testing` or `none`"))?;
        let age = take("max_age")?;
        let is_number = age.bytes().all(|c| c.is_ascii_digit());
        let max_age = age.parse().ok().filter(|age| is_number && *age <= MAX_AGE);
        let max_age =
            max_age.ok_or_else(|| bad("max_age", age, "write seconds, at most 31557600"))?;
        if mx.is_empty() && mode != Mode::None {
            return Err(PolicyError::Missing("mx"));
        }
        let extensions = once.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(Self { mode, max_age, mx, extensions: extensions.collect() })
    }

    /// A policy for these hosts: while mail moves, those of both sides; each is listed once.
    pub fn for_hosts(mode: Mode, max_age: u32, hosts: impl IntoIterator<Item = Name>) -> Self {
        let mut mx: Vec<Name> = Vec::new();
        for host in hosts {
            if !mx.contains(&host) {
                mx.push(host);
            }
        }
        Self { mode, max_age: max_age.min(MAX_AGE), mx, extensions: Vec::new() }
    }

    /// Whether it lists a host (§4.1).
    pub fn covers(&self, host: &Name) -> bool {
        self.mx.iter().any(|pattern| match pattern.is_wildcard() {
            true => host.parent() == pattern.parent(),
            false => host == pattern,
        })
    }
}

fn bad(field: &'static str, value: &str, problem: &'static str) -> PolicyError {
    PolicyError::Bad { field, value: value.to_owned(), problem }
}

/// The name and the value of a line.
fn field(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let value = value.trim();
    let is_name = (1..=32).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"_-.".contains(&c));
    (is_name && !value.is_empty() && !value.contains(char::is_control)).then_some((name, value))
}

/// A host, perhaps with a wildcard in front: senders compare it letter by letter.
fn pattern(text: &str) -> Option<Name> {
    let name = Name::parse(&format!("{text}.")).ok()?;
    let has_star = name.labels().skip(1).any(|label| label == b"*");
    (!has_star && written(&name) == text).then_some(name)
}

/// A name without its last dot.
fn written(name: &Name) -> String {
    let mut text = name.to_string();
    text.pop();
    text
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version: {VERSION}\r\nmode: {}\r\n", self.mode.name())?;
        self.mx.iter().try_for_each(|host| write!(f, "mx: {}\r\n", written(host)))?;
        write!(f, "max_age: {}\r\n", self.max_age)?;
        self.extensions.iter().try_for_each(|(name, value)| write!(f, "{name}: {value}\r\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\n\
        mx: *.example.net\r\nmax_age: 604800\r\n";

    #[test]
    fn documents_read_and_print() {
        let check = |text: &str, printed: &str| {
            let policy = Policy::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(policy.to_string(), printed);
            assert_eq!(Policy::parse(printed), Ok(policy));
        };
        check(POLICY, POLICY);
        check(&POLICY.replace('\r', ""), POLICY);
        check(POLICY.trim_end(), POLICY);
        check(&POLICY.replace(": ", ":").replace("\r\n", " \t\r\n"), POLICY);
        let off = "version: STSv1\r\nmode: none\r\nmax_age: 0\r\n";
        check(off, off);
        check(
            "x.y: a: \u{e4}\nmax_age: 00\nmode: none\nversion: STSv1",
            &format!("{off}x.y: a: \u{e4}\r\n"),
        );
    }

    #[test]
    fn mistakes_are_named() {
        let check = |from: &str, to: &str, problem: &str| {
            let error = Policy::parse(&POLICY.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(problem), "{from} {to}: {error}");
        };
        check("version: STSv1", "version: STSv2", "exactly `STSv1`");
        check("version: STSv1\r\n", "", "`version` is missing");
        check("enforce", "Enforce", "`enforce`, `testing`");
        check("mode: ", "mode ", "`field: value`");
        check("mode: enforce", "mode:", "`field: value`");
        check("mode: ", " mode: ", "`field: value`");
        check("mode: enforce", "mode: none\nmode: enforce", "`mode` is given twice");
        check("604800", "1w", "seconds");
        check("604800", "-1", "seconds");
        check("604800", "31557601", "at most 31557600");
        check("max_age", "max-age", "`max_age` is missing");
        check("mail.example.com", "mail.example.com.", "without its last dot");
        check("mail.example.com", "mail.*.com", "without its last dot");
        check("mail.example.com", "m\u{e4}il.example.com", "without its last dot");
        check("mx: ", "x: ", "given twice");
        assert_eq!(
            Policy::parse("version: STSv1\nmode: testing\nmax_age: 1"),
            Err(PolicyError::Missing("mx"))
        );
    }

    #[test]
    fn a_wildcard_stands_for_one_label() {
        let policy = Policy::parse(POLICY).unwrap();
        let check = |host, covered| {
            assert_eq!(policy.covers(&Name::parse(host).unwrap()), covered, "{host}");
        };
        check("mail.example.com.", true);
        check("MAIL.example.com.", true);
        check("mx.example.com.", false);
        check("mx.example.net.", true);
        check("a.mx.example.net.", false);
        check("example.net.", false);
    }

    #[test]
    fn while_mail_moves_the_hosts_of_both_sides_are_listed_once() {
        let hosts =
            ["b.example.", "a.example.", "B.example."].map(|host| Name::parse(host).unwrap());
        let policy = Policy::for_hosts(Mode::Testing, u32::MAX, hosts);
        let text = "version: STSv1\r\nmode: testing\r\nmx: b.example\r\nmx: a.example\r\n\
            max_age: 31557600\r\n";
        assert_eq!(policy.to_string(), text);
    }
}
