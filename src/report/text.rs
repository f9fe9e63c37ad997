//! Text for people: it reads aloud, and its record lines can be pasted into a zone file.

mod changes;
mod matrix;
mod plan;
mod platforms;
mod progress;
mod rule;
mod standings;
mod status;

pub use changes::{by_hand, changes};
pub use matrix::{FILTERS, FILTERS_LEGEND, alarm, heading, mark, matrix, reach, word};
pub use plan::{findings, meaning, placed_findings, plan, wait};
pub use platforms::{platform, platforms};
pub use progress::progress;
pub use rule::rule;
pub use standings::standings;
pub use status::{drift, fact, gate_line, happened, next, status};

use anstyle::{AnsiColor, Style};
use std::fmt;

const ADDED: Style = AnsiColor::Green.on_default();
const CHANGED: Style = AnsiColor::Yellow.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const QUIET: Style = AnsiColor::BrightBlack.on_default();
const STRONG: Style = Style::new().bold();

/// Text in a style; whoever prints it drops the style where there is no terminal.
struct Styled<T>(Style, T);

impl<T: fmt::Display> fmt::Display for Styled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{:#}", self.0, self.1, self.0)
    }
}

/// A zone's name without the dot at its end, as people write it.
pub fn plain(zone: &crate::dns::Name) -> String {
    let text = zone.to_string();
    text.strip_suffix('.').filter(|text| !text.is_empty()).unwrap_or(&text).to_owned()
}
