//! Where output goes: data to standard output, everything else to standard error.

use super::Failure;
use super::log::{Log, LogFormat};
use super::news::{Level, News};
use super::screen::Screen;
use crate::dns::Name;
use anstream::AutoStream;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex};

/// When to colour.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` says no
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The two output streams; clones share them. A reader that went away is no reason to fail.
#[derive(Clone)]
pub struct Terminal {
    out: Arc<Mutex<AutoStream<io::Stdout>>>,
    err: Arc<Mutex<AutoStream<io::Stderr>>>,
    colour: bool,
    /// In whose place standard error is written to, for programs that nobody sits in front of.
    log: Option<Log>,
}

impl Terminal {
    /// The streams of this process.
    pub fn new(choice: ColorChoice) -> Self {
        let choice = match choice {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        };
        let err = AutoStream::new(io::stderr(), choice);
        let colour = err.current_choice() != anstream::ColorChoice::Never;
        Self {
            out: Arc::new(Mutex::new(AutoStream::new(io::stdout(), choice))),
            err: Arc::new(Mutex::new(err)),
            colour,
            log: None,
        }
    }

    /// The same streams, the second of which is a log.
    #[must_use]
    pub fn logging(self, format: LogFormat) -> Self {
        let log = Some(Log::new(format, self.colour));
        Self { colour: false, log, ..self }
    }

    /// Prints data.
    pub fn print(&self, text: &str) {
        if let Ok(mut out) = self.out.lock() {
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        }
    }

    /// Tells what is not data: progress, questions, failures.
    pub fn note(&self, text: &str) {
        if let Some(log) = &self.log {
            return log.write(&News::new("note", text));
        }
        if let Ok(mut err) = self.err.lock() {
            let line_end = if text.ends_with('\n') { "" } else { "\n" };
            let _ = write!(err, "{text}{line_end}");
        }
    }

    /// Tells one thing.
    pub(super) fn tell(&self, news: &News) {
        match &self.log {
            Some(log) => log.write(news),
            None => self.note(&news.line()),
        }
    }

    /// Warns.
    pub(super) fn warn(&self, warning: &str) {
        match &self.log {
            Some(log) => log.write(&News::new("warning", warning).level(Level::Warning)),
            None => self.note(&format!("warning: {warning}")),
        }
    }

    /// Tells a failure, of a zone or of all.
    pub fn fail(&self, zone: Option<&Name>, failure: Failure) {
        match (&self.log, zone) {
            (Some(log), _) => log.write(&News::failure(zone, &failure)),
            (None, Some(zone)) => self.note(&failure.of(zone).to_string()),
            (None, None) => self.note(&failure.to_string()),
        }
    }

    /// Whether standard error shows colours.
    pub fn is_coloured(&self) -> bool {
        self.colour
    }

    /// How much fits on standard output, if somebody looks at it and the system says.
    pub(super) fn screen(&self) -> Option<Screen> {
        #[cfg(unix)]
        if io::stdout().is_terminal()
            && let Ok(size) = rustix::termios::tcgetwinsize(io::stdout())
            // Some terminals over serial lines do not know.
            && size.ws_row > 0
            && size.ws_col > 0
        {
            return Some(Screen { rows: size.ws_row.into(), columns: size.ws_col.into() });
        }
        None
    }

    /// Asks a question that only `yes` answers; `None` when there is nobody to ask.
    pub fn ask(&self, question: &str) -> Option<bool> {
        if !io::stdin().is_terminal() {
            return None;
        }
        if let Ok(mut err) = self.err.lock() {
            let _ = write!(err, "{question}\nOnly `yes` goes on: ").and_then(|()| err.flush());
        }
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).ok()?;
        Some(answer.trim() == "yes")
    }
}
