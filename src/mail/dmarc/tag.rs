//! The tags of a DMARC record (RFC 9989 §4.7).

use super::{Policy, Report, TagError};
use crate::mail::tags::Extension;
use std::fmt;
use std::str::FromStr;

/// One tag of a record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Tag {
    /// What to do with mail that fails.
    P(Policy),
    /// The same for subdomains.
    Sp(Policy),
    /// The same for subdomains that do not exist.
    Np(Policy),
    /// How close the domain of a DKIM signature must be.
    Adkim(Mode),
    /// How close the domain that passes SPF must be.
    Aspf(Mode),
    /// Which failures to tell of.
    Fo(Vec<Failure>),
    /// Who gets the daily reports.
    Rua(Vec<Report>),
    /// Who hears of single failures.
    Ruf(Vec<Report>),
    /// Whether the policy is on trial: receivers apply the next weaker one.
    T(bool),
    /// Whether the domain is one under which others register theirs.
    Psd(Psd),
    /// To how many of a hundred messages the policy applies; historic (RFC 7489 §6.3).
    Pct(u8),
    /// The form of failure reports; historic.
    Rf(String),
    /// Seconds between two reports; historic.
    Ri(u32),
    /// A tag that receivers ignore: nobody knows it, or it does not take this value.
    Other(Extension),
    /// Text that is no tag at all, which receivers ignore too.
    Stray(String),
}

/// How close to the author's domain another must be (§3.2.10).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// Of the same organisation.
    Relaxed,
    /// The same.
    Strict,
}

/// What a record says of its domain as a public suffix.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Psd {
    /// It is one.
    Yes,
    /// It is none, but the organisation's own domain.
    No,
    /// The walk up the tree shall tell.
    Unsaid,
}

/// When to tell of a failure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Failure {
    /// All ways to authenticate have failed.
    All,
    /// One of them has.
    Any,
    /// A DKIM signature has.
    Dkim,
    /// SPF has.
    Spf,
}

const POLICIES: &[(&str, Policy)] =
    &[("none", Policy::None), ("quarantine", Policy::Quarantine), ("reject", Policy::Reject)];
const MODES: &[(&str, Mode)] = &[("r", Mode::Relaxed), ("s", Mode::Strict)];
const TRIALS: &[(&str, bool)] = &[("y", true), ("n", false)];
const PSDS: &[(&str, Psd)] = &[("y", Psd::Yes), ("n", Psd::No), ("u", Psd::Unsaid)];
const FAILURES: &[(&str, Failure)] =
    &[("0", Failure::All), ("1", Failure::Any), ("d", Failure::Dkim), ("s", Failure::Spf)];

/// What a word means; case does not matter (§4.8).
pub(super) fn meaning<T: Copy>(words: &[(&str, T)], wanted: &str) -> Option<T> {
    words.iter().find(|(word, _)| word.eq_ignore_ascii_case(wanted)).map(|(_, value)| *value)
}

/// The word for a value.
pub(super) fn word<T: PartialEq>(words: &[(&'static str, T)], wanted: &T) -> &'static str {
    words.iter().find(|(_, value)| value == wanted).map(|(word, _)| *word).unwrap_or_default()
}

impl Tag {
    pub(super) fn parse(tag: &str, value: &str) -> Result<Self, TagError> {
        const POLICY: &str = "write `none`, `quarantine` or `reject`";
        const MODE: &str = "write `r` or `s`";
        let policy = || meaning(POLICIES, value).ok_or(POLICY);
        let mode = || meaning(MODES, value).ok_or(MODE);
        let reports =
            || -> Result<_, _> { value.split(',').map(|one| Report::parse(one.trim())).collect() };
        let percent = || number(value).filter(|percent| *percent <= 100);
        let (name, read) = match tag {
            "p" => ("p", policy().map(Self::P)),
            "sp" => ("sp", policy().map(Self::Sp)),
            "np" => ("np", policy().map(Self::Np)),
            "adkim" => ("adkim", mode().map(Self::Adkim)),
            "aspf" => ("aspf", mode().map(Self::Aspf)),
            "fo" => {
                ("fo", failures(value).map(Self::Fo).ok_or("write `0`, `1`, `d` or `s`, each once"))
            }
            "rua" => ("rua", reports().map(Self::Rua)),
            "ruf" => ("ruf", reports().map(Self::Ruf)),
            "t" => ("t", meaning(TRIALS, value).map(Self::T).ok_or("write `y` or `n`")),
            "psd" => ("psd", meaning(PSDS, value).map(Self::Psd).ok_or("write `y`, `n` or `u`")),
            "pct" => ("pct", percent().map(Self::Pct).ok_or("it is a number up to 100")),
            "rf" if value.is_empty() => ("rf", Err("write `afrf`")),
            "rf" => ("rf", Ok(Self::Rf(value.to_owned()))),
            "ri" => ("ri", number(value).map(Self::Ri).ok_or("it is a number of seconds")),
            _ => return Ok(Self::Other((tag.to_owned(), value.to_owned()))),
        };
        read.map_err(|problem| TagError::bad(name, value, problem))
    }

    /// Its name in the record; none, if it is no tag.
    pub fn name(&self) -> &str {
        match self {
            Self::P(_) => "p",
            Self::Sp(_) => "sp",
            Self::Np(_) => "np",
            Self::Adkim(_) => "adkim",
            Self::Aspf(_) => "aspf",
            Self::Fo(_) => "fo",
            Self::Rua(_) => "rua",
            Self::Ruf(_) => "ruf",
            Self::T(_) => "t",
            Self::Psd(_) => "psd",
            Self::Pct(_) => "pct",
            Self::Rf(_) => "rf",
            Self::Ri(_) => "ri",
            Self::Other((name, _)) => name,
            Self::Stray(_) => "",
        }
    }
}

/// Digits only: no sign.
pub(super) fn number<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok().filter(|_| text.bytes().all(|c| c.is_ascii_digit()))
}

/// Each at most once, and not both of `0` and `1` (§4.8).
fn failures(text: &str) -> Option<Vec<Failure>> {
    let all: Vec<_> =
        text.split(':').map(|one| meaning(FAILURES, one.trim())).collect::<Option<_>>()?;
    let twice = FAILURES.iter().any(|(_, one)| all.iter().filter(|two| one == *two).count() > 1);
    let both = all.contains(&Failure::All) && all.contains(&Failure::Any);
    (!twice && !both).then_some(all)
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Stray(text) = self {
            return f.write_str(text);
        }
        write!(f, "{}=", self.name())?;
        match self {
            Self::P(policy) | Self::Sp(policy) | Self::Np(policy) => {
                f.write_str(word(POLICIES, policy))
            }
            Self::Adkim(mode) | Self::Aspf(mode) => f.write_str(word(MODES, mode)),
            Self::Fo(all) => listed(f, ":", all.iter().map(|one| word(FAILURES, one))),
            Self::Rua(all) | Self::Ruf(all) => listed(f, ",", all),
            Self::T(trial) => f.write_str(word(TRIALS, trial)),
            Self::Psd(psd) => f.write_str(word(PSDS, psd)),
            Self::Pct(percent) => percent.fmt(f),
            Self::Ri(seconds) => seconds.fmt(f),
            Self::Rf(text) | Self::Other((_, text)) | Self::Stray(text) => f.write_str(text),
        }
    }
}

fn listed(
    f: &mut fmt::Formatter<'_>,
    between: &str,
    all: impl IntoIterator<Item = impl fmt::Display>,
) -> fmt::Result {
    all.into_iter().enumerate().try_for_each(|(at, one)| match at {
        0 => one.fmt(f),
        _ => write!(f, "{between}{one}"),
    })
}
