//! What can be typed.

mod files;
mod moves;
mod papers;
mod parse;

pub(super) use files::{Check, Ci, Export, Format, Import, Init, Platforms, Providers, Source};
pub(super) use moves::{Apply, Confirm, Drive, Hook, Install, Plan, Rollback, Run, Status, Watch};
pub(super) use papers::{Calendar, LetterFormat, Notices, Papers, Report, Runbook};

use super::terminal::ColorChoice;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Move a domain's mail from one system to another by changing DNS: safely, timed, reversibly.
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXIT_CODES, propagate_version = true)]
#[command(disable_help_subcommand = true)]
pub struct Cli {
    /// The project folder
    #[arg(short = 'C', long, value_name = "DIR", default_value = ".", global = true)]
    #[arg(help_heading = "Global options")]
    pub(super) project: PathBuf,
    /// When to colour the output
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto", global = true)]
    #[arg(help_heading = "Global options")]
    pub(super) color: ColorChoice,
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done or nothing to do, 1 error, 2 changes pending (--detailed-exitcode), \
3 refused as unsafe, 4 the live zone is not as planned, 5 partly applied, 6 not yet: a gate is \
closed, 7 watch timed out, 64 usage";

const RUN: &str = "\
Drive all zones to their end, each step when it is due, until stopped

This command is the approval: a zone without a transition under way is planned and begun without \
asking. Look at `cutover plan` first. Zone files may be edited, added and removed while it runs; \
SIGHUP reads everything anew, SIGTERM and SIGINT end it between two steps.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a project folder to start from
    Init(Init),
    /// Write the file of a zone from its records as they are
    Import(Import),
    /// Read and lint the files, and with --live the zones as they are
    Check(Check),
    /// Show the way from old to new, phase by phase, with its times
    #[command(alias = "preview")]
    Plan(Plan),
    /// Do what is due
    #[command(alias = "push")]
    Apply(Apply),
    /// Drive all zones to their end, each step when it is due, until stopped
    #[command(long_about = RUN)]
    Run(Run),
    /// Watch name servers and resolvers take up the changes
    Watch(Watch),
    /// Show where each transition stands
    Status(Status),
    /// Tell what came of a move: times foreseen and measured, who had what, before and after
    Report(Report),
    /// Record that a manual step is done
    Confirm(Confirm),
    /// Walk back
    Rollback(Rollback),
    /// Try every account: reachable, authorised, its zones found and writable
    Providers(Providers),
    /// Show the platforms that zone files may name, or one with the records that it brings
    Platforms(Platforms),
    /// Print the zone after a stage in another tool's form
    Export(Export),
    /// Write the execution plan: every step with its times, checks, undo and records
    Runbook(Runbook),
    /// Write the letters to users, helpdesk, partners and owners of what sends
    Notices(Notices),
    /// Write deadlines, stages and letters for calendars (iCalendar)
    Calendar(Calendar),
    /// What `git push` runs: refuses an unsafe push, plans and applies the others
    Hook {
        #[command(subcommand)]
        what: Hook,
    },
    /// Show the whole job on servers of its own, in about a minute
    Demo,
    /// Show how a command is used, or a page of the documentation; `help topics` lists the pages
    Help {
        /// A command or a topic
        #[arg(value_name = "COMMAND|TOPIC")]
        words: Vec<String>,
    },
    /// Print the manual page, or write one for each command
    Man {
        /// Write them into this folder
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Print a completion script
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
}
