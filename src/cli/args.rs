//! What can be typed.

use super::log::LogFormat;
use super::terminal::ColorChoice;
use crate::config::scalar;
use crate::dns::Name;
use crate::mail::platform::PRESETS;
use crate::mail::sts;
use crate::plan::{Stage, Timestamp};
use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

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

#[derive(Args, Debug)]
pub(super) struct Init {
    /// The folder
    #[arg(default_value = ".")]
    pub(super) dir: PathBuf,
    /// Also write a workflow that plans on pull requests, applies what is due, and looks for drift
    #[arg(long, value_enum, value_name = "HOST")]
    pub(super) ci: Option<Ci>,
}

/// Who runs a project's workflows.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Ci {
    /// GitHub Actions
    Github,
    /// GitLab CI
    Gitlab,
    /// Forgejo Actions
    Forgejo,
}

#[derive(Args, Debug)]
pub(super) struct Import {
    /// The zone
    #[arg(value_parser = zone)]
    pub(super) zone: Name,
    /// The account to read it by; without one its name servers are asked for what mail has by
    /// custom
    #[arg(long, value_name = "NAME")]
    pub(super) provider: Option<String>,
    /// A name server to ask, in place of those that the world is told of
    #[arg(long, value_name = "ADDRESS", value_parser = address, conflicts_with = "provider")]
    pub(super) server: Vec<SocketAddr>,
    /// A DKIM selector to ask for besides common ones
    #[arg(long, value_name = "NAME")]
    pub(super) selector: Vec<String>,
    /// Read this file and ask nobody
    #[arg(long, value_name = "FILE", conflicts_with_all = ["server", "selector"])]
    pub(super) from: Option<PathBuf>,
    /// In which form the file is; by its ending unless said
    #[arg(long, value_enum, requires = "from")]
    pub(super) format: Option<Source>,
    /// The platform to move to; without one the file changes nothing
    #[arg(long, value_name = "PLATFORM", value_parser = platform_names())]
    pub(super) to: Option<String>,
    /// Where to write, `-` being standard output; zones/ZONE.yaml unless said
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long)]
    pub(super) force: bool,
}

/// The form of a file that a zone is read from.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Source {
    /// A zone file
    Bind,
    /// YAML of octoDNS
    Octodns,
}

#[derive(Args, Debug)]
pub(super) struct Check {
    /// Zones to check; all when none is named
    #[arg(value_parser = zone)]
    pub(super) zones: Vec<Name>,
    /// Read the live zones as well
    #[arg(long)]
    pub(super) live: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
    /// Print one SARIF document, for code hosts
    #[arg(long, conflicts_with = "json")]
    pub(super) sarif: bool,
    /// Tell what a rule wants, and how it looks
    #[arg(long, value_name = "RULE", conflicts_with_all = ["zones", "live", "json", "sarif"])]
    pub(super) explain: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct Plan {
    /// Zones to plan; all when none is named
    #[arg(value_parser = zone)]
    pub(super) zones: Vec<Name>,
    /// Write the plan to a file that `apply` takes
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
    /// Print Markdown, for a comment on a pull request
    #[arg(long, conflicts_with = "json")]
    pub(super) markdown: bool,
    /// Exit with 2 when changes are pending
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
    /// Let what users notice begin while old TTLs still run out
    #[arg(long)]
    pub(super) accept_tail: bool,
    /// Plan as if it were this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) at: Option<Timestamp>,
}

#[derive(Args, Debug)]
pub(super) struct Apply {
    /// Zones, or one plan file; all zones when none is named
    #[arg(value_name = "ZONE|PLANFILE")]
    pub(super) what: Vec<String>,
    /// Let what users notice begin while old TTLs still run out
    #[arg(long)]
    pub(super) accept_tail: bool,
    #[command(flatten)]
    pub(super) drive: Drive,
}

/// What git runs, and what has it run.
#[derive(Debug, Subcommand)]
pub(super) enum Hook {
    /// Have git run both hooks in the repository that the project's zones come from
    Install(Install),
    /// Refuse a push that is unsafe; reads what git says on standard input
    PreReceive,
    /// Plan what was pushed, and apply what is due if `cutover.yaml` says so
    PostReceive,
}

#[derive(Args, Debug)]
pub(super) struct Install {
    /// The bare repository; the one in `cutover.yaml` unless said
    #[arg(long, value_name = "PATH")]
    pub(super) bare: Option<PathBuf>,
    /// Write over hooks that are not ours
    #[arg(long)]
    pub(super) force: bool,
}

impl Plan {
    /// The plans of these zones, for people.
    pub(super) fn of(zones: Vec<Name>) -> Self {
        let (out, at) = (None, None);
        let [json, markdown, detailed_exitcode, accept_tail] = [false; 4];
        Self { zones, out, json, markdown, detailed_exitcode, accept_tail, at }
    }
}

/// How to drive a run.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Drive {
    /// Stop once this stage is on every name server
    #[arg(long, value_name = "STAGE", value_parser = stage)]
    pub(super) through: Option<Stage>,
    /// Go on through waits, and wait for people
    #[arg(long, conflicts_with = "once")]
    pub(super) wait: bool,
    /// Return at the first wait (this is the default)
    #[arg(long)]
    pub(super) once: bool,
    /// Do not ask
    #[arg(long)]
    pub(super) yes: bool,
}

#[derive(Args, Debug)]
pub(super) struct Run {
    /// Zones to drive; all when none is named, also those that come later
    #[arg(value_parser = zone)]
    pub(super) zones: Vec<Name>,
    /// Do what is due now and return: for cron and timers
    #[arg(long, conflicts_with = "serve")]
    pub(super) once: bool,
    /// Let what users notice begin while old TTLs still run out
    #[arg(long)]
    pub(super) accept_tail: bool,
    /// Show a page at this address; other addresses than loopback want a token in CUTOVER_TOKEN
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(super) serve: Option<SocketAddr>,
    /// In which form to log
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(super) log_format: LogFormat,
}

#[derive(Args, Debug)]
pub(super) struct Watch {
    /// Zones to watch; all when none is named
    #[arg(value_parser = zone)]
    pub(super) zones: Vec<Name>,
    /// Give up after this time
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) timeout: Option<Duration>,
    /// Time between two looks; resolvers are asked again after half a TTL at the earliest
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10s")]
    pub(super) interval: Duration,
    /// Ask resolvers so often in place of once, for the caches that share an address
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = samples)]
    pub(super) samples: usize,
    /// Print JSON lines, one a look
    #[arg(long)]
    pub(super) json: bool,
    /// Show a page at this address, and go on until stopped; other addresses than loopback want a
    /// token in CUTOVER_TOKEN
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(super) serve: Option<SocketAddr>,
    /// Show what earlier watches have seen, one matrix for each change
    #[arg(long, conflicts_with_all = ["serve", "timeout"])]
    pub(super) replay: bool,
}

#[derive(Args, Debug)]
pub(super) struct Status {
    /// Zones to show; all when none is named
    #[arg(value_parser = zone)]
    pub(super) zones: Vec<Name>,
    /// Read the live zones as well, and tell where they are not as the transition left them
    #[arg(long)]
    pub(super) live: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct Report {
    /// Zones to tell of; all when none is named
    #[arg(value_parser = zone)]
    pub(super) zones: Vec<Name>,
    /// Print one HTML page, to be read in a browser or from a printer, in place of Markdown
    #[arg(long)]
    pub(super) html: bool,
    /// Print one JSON document
    #[arg(long, conflicts_with = "html")]
    pub(super) json: bool,
    /// Where to write, `-` being standard output
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct Providers {
    /// Accounts to try, by the names of their files; all when none is named
    #[arg(value_name = "NAME")]
    pub(super) names: Vec<String>,
    /// A zone to look for, in place of those of the zone files
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    pub(super) zone: Option<Name>,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct Platforms {
    /// The platform; all when none is named
    #[arg(value_name = "NAME", value_parser = platform_names())]
    pub(super) name: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct Confirm {
    /// The zone
    #[arg(value_parser = zone)]
    pub(super) zone: Name,
    /// The checkpoints' names
    #[arg(value_name = "CHECKPOINT", required = true)]
    pub(super) checkpoints: Vec<String>,
    /// What else to remember
    #[arg(long, value_name = "TEXT")]
    pub(super) note: Option<String>,
    /// Who confirms
    #[arg(long, value_name = "NAME", env = "USER", default_value = "unknown")]
    pub(super) by: String,
}

#[derive(Args, Debug)]
pub(super) struct Rollback {
    /// The zone
    #[arg(value_parser = zone)]
    pub(super) zone: Name,
    /// The stage to end at: `prepare` keeps what harms nobody, `start` takes everything back
    #[arg(long, value_name = "STAGE", default_value = "prepare")]
    pub(super) to: String,
    #[command(flatten)]
    pub(super) drive: Drive,
}

/// What papers are about.
#[derive(Args, Debug)]
pub(super) struct Papers {
    /// Zones to write about; all when none is named
    #[arg(value_parser = zone)]
    pub(super) zones: Vec<Name>,
    /// Write as if it were this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) at: Option<Timestamp>,
    /// Let what users notice begin while old TTLs still run out
    #[arg(long)]
    pub(super) accept_tail: bool,
}

#[derive(Args, Debug)]
pub(super) struct Runbook {
    #[command(flatten)]
    pub(super) what: Papers,
    /// Write one HTML page, to read and to print, in place of Markdown
    #[arg(long)]
    pub(super) html: bool,
    /// Write to this file
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct Notices {
    #[command(flatten)]
    pub(super) what: Papers,
    /// In which form
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: LetterFormat,
    /// Only this one
    #[arg(long, value_name = "N1..N11", ignore_case = true, value_parser = LETTERS)]
    pub(super) only: Option<String>,
    /// Write each into a file in this folder
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

const LETTERS: [&str; 11] = ["N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8", "N9", "N10", "N11"];

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LetterFormat {
    /// Plain text, for mail
    Text,
    /// Markdown, for a wiki
    Markdown,
}

#[derive(Args, Debug)]
pub(super) struct Calendar {
    #[command(flatten)]
    pub(super) what: Papers,
    /// Write to this file
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct Export {
    /// The zone
    #[arg(value_parser = zone)]
    pub(super) zone: Name,
    /// In which form
    #[arg(long, value_enum)]
    pub(super) format: Format,
    /// After which stage
    #[arg(long, value_name = "STAGE", default_value = "retire-keys", value_parser = stage)]
    pub(super) stage: Stage,
    /// For mta-sts: what senders do about a host that fails, testing (the default), enforce or none
    #[arg(long, value_name = "MODE", value_parser = sts_mode)]
    pub(super) mode: Option<sts::Mode>,
    /// For mta-sts: how long senders keep the policy; by default 1d while mail moves, then the zone
    /// file's `sts-max-age`, or 7d
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) max_age: Option<Duration>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Format {
    /// A zone file
    Bind,
    /// Commands for nsupdate, from the live zone to the stage
    Nsupdate,
    /// YAML for octoDNS
    Octodns,
    /// The MTA-STS policy to serve before the stage begins, with the MX hosts of both sides until
    /// the old ones retire
    MtaSts,
}

fn zone(text: &str) -> Result<Name, String> {
    scalar::domain(text).map_err(|error| error.to_string())
}

fn address(text: &str) -> Result<SocketAddr, String> {
    crate::config::address(text).map_err(|error| error.to_string())
}

fn platform_names() -> PossibleValuesParser {
    PossibleValuesParser::new(PRESETS.iter().map(|preset| preset.name))
}

fn stage(text: &str) -> Result<Stage, String> {
    let names = Stage::ALL.map(Stage::name);
    Stage::parse(text).ok_or_else(|| format!("stages are {}", names.join(", ")))
}

fn sts_mode(text: &str) -> Result<sts::Mode, String> {
    sts::Mode::parse(text).ok_or_else(|| "modes are testing, enforce, none".to_owned())
}

/// More than a few hundred would be taken for an attack, and prove hardly more.
fn samples(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=300).contains(number));
    number.ok_or_else(|| "a number from 1 to 300".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    scalar::duration(text).map_err(|error| error.to_string())
}

fn time(text: &str) -> Result<Timestamp, String> {
    scalar::time(text).map(|time| time.at).map_err(|error| error.to_string())
}
