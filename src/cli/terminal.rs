//! Where output goes: data to standard output, everything else to standard error.

use super::screen::Screen;
use anstream::AutoStream;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Mutex;

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

/// The two output streams. A reader that went away is no reason to fail.
pub struct Terminal {
    out: Mutex<AutoStream<io::Stdout>>,
    err: Mutex<AutoStream<io::Stderr>>,
    colour: bool,
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
            out: Mutex::new(AutoStream::new(io::stdout(), choice)),
            err: Mutex::new(err),
            colour,
        }
    }

    /// Prints data.
    pub fn print(&self, text: &str) {
        if let Ok(mut out) = self.out.lock() {
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        }
    }

    /// Tells what is not data: progress, questions, failures.
    pub fn note(&self, text: &str) {
        if let Ok(mut err) = self.err.lock() {
            let line_end = if text.ends_with('\n') { "" } else { "\n" };
            let _ = write!(err, "{text}{line_end}");
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
