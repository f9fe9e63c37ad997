//! Arguments of commands that read and write files, and try accounts.

use super::parse::{address, duration, platform_names, stage, sts_mode, zone};
use crate::dns::Name;
use crate::mail::sts;
use crate::plan::Stage;
use clap::{Args, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Args, Debug)]
pub(in crate::cli) struct Init {
    /// The folder
    #[arg(default_value = ".")]
    pub(in crate::cli) dir: PathBuf,
    /// Also write a workflow that plans on pull requests, applies what is due, and looks for drift
    #[arg(long, value_enum, value_name = "HOST")]
    pub(in crate::cli) ci: Option<Ci>,
}

/// Who runs a project's workflows.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum Ci {
    /// GitHub Actions
    Github,
    /// GitLab CI
    Gitlab,
    /// Forgejo Actions
    Forgejo,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Import {
    /// The zone
    #[arg(value_parser = zone)]
    pub(in crate::cli) zone: Name,
    /// The account to read it by; without one its name servers are asked for what mail has by
    /// custom
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) provider: Option<String>,
    /// A name server to ask, in place of those that the world is told of
    #[arg(long, value_name = "ADDRESS", value_parser = address, conflicts_with = "provider")]
    pub(in crate::cli) server: Vec<SocketAddr>,
    /// A DKIM selector to ask for besides common ones
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) selector: Vec<String>,
    /// Read this file and ask nobody
    #[arg(long, value_name = "FILE", conflicts_with_all = ["server", "selector"])]
    pub(in crate::cli) from: Option<PathBuf>,
    /// In which form the file is; by its ending unless said
    #[arg(long, value_enum, requires = "from")]
    pub(in crate::cli) format: Option<Source>,
    /// The platform to move to; without one the file changes nothing
    #[arg(long, value_name = "PLATFORM", value_parser = platform_names())]
    pub(in crate::cli) to: Option<String>,
    /// Where to write, `-` being standard output; zones/ZONE.yaml unless said
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long)]
    pub(in crate::cli) force: bool,
}

/// The form of a file that a zone is read from.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum Source {
    /// A zone file
    Bind,
    /// YAML of octoDNS
    Octodns,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Check {
    /// Zones to check; all when none is named
    #[arg(value_parser = zone)]
    pub(in crate::cli) zones: Vec<Name>,
    /// Read the live zones as well
    #[arg(long)]
    pub(in crate::cli) live: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// Print one SARIF document, for code hosts
    #[arg(long, conflicts_with = "json")]
    pub(in crate::cli) sarif: bool,
    /// Tell what a rule wants, and how it looks
    #[arg(long, value_name = "RULE", conflicts_with_all = ["zones", "live", "json", "sarif"])]
    pub(in crate::cli) explain: Option<String>,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Providers {
    /// Accounts to try, by the names of their files; all when none is named
    #[arg(value_name = "NAME")]
    pub(in crate::cli) names: Vec<String>,
    /// A zone to look for, in place of those of the zone files
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    pub(in crate::cli) zone: Option<Name>,
    /// Print one JSON document
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Platforms {
    /// The platform; all when none is named
    #[arg(value_name = "NAME", value_parser = platform_names())]
    pub(in crate::cli) name: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Export {
    /// The zone
    #[arg(value_parser = zone)]
    pub(in crate::cli) zone: Name,
    /// In which form
    #[arg(long, value_enum)]
    pub(in crate::cli) format: Format,
    /// After which stage
    #[arg(long, value_name = "STAGE", default_value = "retire-keys", value_parser = stage)]
    pub(in crate::cli) stage: Stage,
    /// For mta-sts: what senders do about a host that fails, testing (the default), enforce or none
    #[arg(long, value_name = "MODE", value_parser = sts_mode)]
    pub(in crate::cli) mode: Option<sts::Mode>,
    /// For mta-sts: how long senders keep the policy; by default 1d while mail moves, then the zone
    /// file's `sts-max-age`, or 7d
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(in crate::cli) max_age: Option<Duration>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum Format {
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
