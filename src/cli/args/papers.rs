//! Arguments of commands that write papers.

use super::parse::{time, zone};
use crate::dns::Name;
use crate::plan::Timestamp;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Args, Debug)]
pub(in crate::cli) struct Report {
    /// Zones to tell of; all when none is named
    #[arg(value_parser = zone)]
    pub(in crate::cli) zones: Vec<Name>,
    /// Print one HTML page, to be read in a browser or from a printer, in place of Markdown
    #[arg(long)]
    pub(in crate::cli) html: bool,
    /// Print one JSON document
    #[arg(long, conflicts_with = "html")]
    pub(in crate::cli) json: bool,
    /// Where to write, `-` being standard output
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
}

/// What papers are about.
#[derive(Args, Debug)]
pub(in crate::cli) struct Papers {
    /// Zones to write about; all when none is named
    #[arg(value_parser = zone)]
    pub(in crate::cli) zones: Vec<Name>,
    /// Write as if it were this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(in crate::cli) at: Option<Timestamp>,
    /// Let what users notice begin while old TTLs still run out
    #[arg(long)]
    pub(in crate::cli) accept_tail: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Runbook {
    #[command(flatten)]
    pub(in crate::cli) what: Papers,
    /// Write one HTML page, to read and to print, in place of Markdown
    #[arg(long)]
    pub(in crate::cli) html: bool,
    /// Write to this file
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Notices {
    #[command(flatten)]
    pub(in crate::cli) what: Papers,
    /// In which form
    #[arg(long, value_enum, default_value = "text")]
    pub(in crate::cli) format: LetterFormat,
    /// Only this one
    #[arg(long, value_name = "N1..N11", ignore_case = true, value_parser = LETTERS)]
    pub(in crate::cli) only: Option<String>,
    /// Write each into a file in this folder
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
}

const LETTERS: [&str; 11] = ["N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8", "N9", "N10", "N11"];

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum LetterFormat {
    /// Plain text, for mail
    Text,
    /// Markdown, for a wiki
    Markdown,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Calendar {
    #[command(flatten)]
    pub(in crate::cli) what: Papers,
    /// Write to this file
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
}
