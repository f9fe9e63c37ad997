//! Failures as people see them: what went wrong, and what to type.

use super::exit;
use crate::config::SecretError;
use crate::dns::Name;
use crate::engine;
use crate::notify::NotifyError;
use crate::plan::{Drift, NoWayBack};
use crate::port::{JournalError, LookupError, ProviderError};
use crate::run::IllegalEvent;
use std::fmt;

/// A failure with its exit code.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub code: u8,
    message: String,
    hints: Vec<String>,
}

impl Failure {
    /// An ordinary error.
    pub fn error(message: impl Into<String>) -> Self {
        Self::with(exit::ERROR, message)
    }

    /// A failure with another exit code.
    pub fn with(code: u8, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hints: Vec::new() }
    }

    /// The same failure with a word on what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same failure, saying which zone it is about.
    #[must_use]
    pub fn of(mut self, zone: &Name) -> Self {
        self.message = format!("{}: {}", crate::report::text::plain(zone), self.message);
        self
    }
}

impl Failure {
    /// What went wrong, without what to type.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// What to type, if anything.
    pub(super) fn hints(&self) -> Option<String> {
        Some(self.hints.join("; ")).filter(|hints| !hints.is_empty())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ERROR: anstyle::Style = anstyle::AnsiColor::Red.on_default().bold();
        const HINT: anstyle::Style = anstyle::AnsiColor::Cyan.on_default();
        write!(f, "{ERROR}error{ERROR:#}: {}", self.message)?;
        self.hints.iter().try_for_each(|hint| write!(f, "\n{HINT}hint{HINT:#}: {hint}"))
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        let message = error.to_string();
        match error {
            ProviderError::Busy(_) => Self::error(message)
                .hint("nothing was changed unless told above; the same command goes on later"),
            ProviderError::Drift(_) => Self::with(exit::DRIFT, message).hint(DRIFT_HINT),
            ProviderError::Unauthorized(_) => Self::error(message)
                .hint("compare `tsig` in the provider file with the server's key"),
            ProviderError::NoZone(_) => Self::error(message)
                .hint("compare `zone` in the zone file with what the server serves"),
            ProviderError::Enclosed { zone, .. } => Self::error(message).hint(format!(
                "`zone` in the zone file names a whole zone: name the account that has `{zone}`, \
                 or make it a zone of its own and delegate it"
            )),
            ProviderError::Refused(_) => Self::error(message),
        }
    }
}

const DRIFT_HINT: &str = "somebody changed these records; put them back, or write them under `old` \
    and run `cutover plan` again";

impl From<Vec<Drift>> for Failure {
    fn from(drifts: Vec<Drift>) -> Self {
        let lines: Vec<_> = drifts.iter().map(ToString::to_string).collect();
        Self::with(exit::DRIFT, lines.join("\n       ")).hint(DRIFT_HINT)
    }
}

impl From<LookupError> for Failure {
    fn from(error: LookupError) -> Self {
        Self::error(error.to_string())
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        let message = error.to_string();
        match error {
            JournalError::Held { .. } => Self::error(message)
                .hint("one process drives a zone at a time; `cutover status` may look meanwhile"),
            JournalError::Corrupt { line, .. } => Self::error(message).hint(format!(
                "nothing was sent; restore line {line} from a backup, or move the file away and \
                 run `cutover plan` again"
            )),
            JournalError::Io { .. } => Self::error(message),
        }
    }
}

impl From<IllegalEvent> for Failure {
    fn from(error: IllegalEvent) -> Self {
        Self::error(format!("the journal cannot be: {error}"))
    }
}

impl From<NoWayBack> for Failure {
    fn from(error: NoWayBack) -> Self {
        Self::with(exit::UNSAFE, error.to_string()).hint(
            "swap `old` and `new` in the zone file: going back now is a move of its own, with \
             every lead time again",
        )
    }
}

impl From<engine::Error> for Failure {
    fn from(error: engine::Error) -> Self {
        match error {
            engine::Error::Drift(drifts) => drifts.into(),
            engine::Error::Provider(error) => error.into(),
            engine::Error::Lookup(error) => error.into(),
            engine::Error::Journal(error) => error.into(),
            engine::Error::Illegal(error) => error.into(),
        }
    }
}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        Self::error(error.to_string())
    }
}

impl From<NotifyError> for Failure {
    fn from(error: NotifyError) -> Self {
        Self::error(error.to_string()).hint("see `notify:` in cutover.yaml")
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::error(error.to_string())
    }
}
