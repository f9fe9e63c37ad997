//! Arguments of commands that move zones, and look at them on the way.

use super::super::log::LogFormat;
use super::parse::{duration, samples, stage, time, zone};
use crate::dns::Name;
use crate::plan::{Stage, Timestamp};
use clap::{Args, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Args, Debug)]
pub(in crate::cli) struct Plan {
    /// Zones to plan; all when none is named
    #[arg(value_parser = zone)]
    pub(in crate::cli) zones: Vec<Name>,
    /// Write the plan to a file that `apply` takes
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// Print Markdown, for a comment on a pull request
    #[arg(long, conflicts_with = "json")]
    pub(in crate::cli) markdown: bool,
    /// Exit with 2 when changes are pending
    #[arg(long)]
    pub(in crate::cli) detailed_exitcode: bool,
    /// Let what users notice begin while old TTLs still run out
    #[arg(long)]
    pub(in crate::cli) accept_tail: bool,
    /// Plan as if it were this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(in crate::cli) at: Option<Timestamp>,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Apply {
    /// Zones, or one plan file; all zones when none is named
    #[arg(value_name = "ZONE|PLANFILE")]
    pub(in crate::cli) what: Vec<String>,
    /// Let what users notice begin while old TTLs still run out
    #[arg(long)]
    pub(in crate::cli) accept_tail: bool,
    #[command(flatten)]
    pub(in crate::cli) drive: Drive,
}

/// What git runs, and what has it run.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Hook {
    /// Have git run both hooks in the repository that the project's zones come from
    Install(Install),
    /// Refuse a push that is unsafe; reads what git says on standard input
    PreReceive,
    /// Plan what was pushed, and apply what is due if `cutover.yaml` says so
    PostReceive,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Install {
    /// The bare repository; the one in `cutover.yaml` unless said
    #[arg(long, value_name = "PATH")]
    pub(in crate::cli) bare: Option<PathBuf>,
    /// Write over hooks that are not ours
    #[arg(long)]
    pub(in crate::cli) force: bool,
}

impl Plan {
    /// The plans of these zones, for people.
    pub(in crate::cli) fn of(zones: Vec<Name>) -> Self {
        let (out, at) = (None, None);
        let [json, markdown, detailed_exitcode, accept_tail] = [false; 4];
        Self { zones, out, json, markdown, detailed_exitcode, accept_tail, at }
    }
}

/// How to drive a run.
#[derive(Args, Clone, Copy, Debug)]
pub(in crate::cli) struct Drive {
    /// Stop once this stage is on every name server
    #[arg(long, value_name = "STAGE", value_parser = stage)]
    pub(in crate::cli) through: Option<Stage>,
    /// Go on through waits, and wait for people
    #[arg(long, conflicts_with = "once")]
    pub(in crate::cli) wait: bool,
    /// Return at the first wait (this is the default)
    #[arg(long)]
    pub(in crate::cli) once: bool,
    /// Do not ask
    #[arg(long)]
    pub(in crate::cli) yes: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Run {
    /// Zones to drive; all when none is named, also those that come later
    #[arg(value_parser = zone)]
    pub(in crate::cli) zones: Vec<Name>,
    /// Do what is due now and return: for cron and timers
    #[arg(long, conflicts_with = "serve")]
    pub(in crate::cli) once: bool,
    /// Let what users notice begin while old TTLs still run out
    #[arg(long)]
    pub(in crate::cli) accept_tail: bool,
    /// Show a page at this address; other addresses than loopback want a token in CUTOVER_TOKEN
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(in crate::cli) serve: Option<SocketAddr>,
    /// In which form to log
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(in crate::cli) log_format: LogFormat,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Watch {
    /// Zones to watch; all when none is named
    #[arg(value_parser = zone)]
    pub(in crate::cli) zones: Vec<Name>,
    /// Give up after this time
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(in crate::cli) timeout: Option<Duration>,
    /// Time between two looks; resolvers are asked again after half a TTL at the earliest
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10s")]
    pub(in crate::cli) interval: Duration,
    /// Ask resolvers so often in place of once, for the caches that share an address
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = samples)]
    pub(in crate::cli) samples: usize,
    /// Print JSON lines, one a look
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// Show a page at this address, and go on until stopped; other addresses than loopback want a
    /// token in CUTOVER_TOKEN
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(in crate::cli) serve: Option<SocketAddr>,
    /// Show what earlier watches have seen, one matrix for each change
    #[arg(long, conflicts_with_all = ["serve", "timeout"])]
    pub(in crate::cli) replay: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Status {
    /// Zones to show; all when none is named
    #[arg(value_parser = zone)]
    pub(in crate::cli) zones: Vec<Name>,
    /// Read the live zones as well, and tell where they are not as the transition left them
    #[arg(long)]
    pub(in crate::cli) live: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Confirm {
    /// The zone
    #[arg(value_parser = zone)]
    pub(in crate::cli) zone: Name,
    /// The checkpoints' names
    #[arg(value_name = "CHECKPOINT", required = true)]
    pub(in crate::cli) checkpoints: Vec<String>,
    /// What else to remember
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) note: Option<String>,
    /// Who confirms
    #[arg(long, value_name = "NAME", env = "USER", default_value = "unknown")]
    pub(in crate::cli) by: String,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Rollback {
    /// The zone
    #[arg(value_parser = zone)]
    pub(in crate::cli) zone: Name,
    /// The stage to end at: `prepare` keeps what harms nobody, `start` takes everything back
    #[arg(long, value_name = "STAGE", default_value = "prepare")]
    pub(in crate::cli) to: String,
    #[command(flatten)]
    pub(in crate::cli) drive: Drive,
}
