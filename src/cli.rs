//! Floor 7: the command line. Reads arguments, opens the project, calls the engine, prints.

mod apply;
mod args;
mod check;
mod compare;
mod confirm;
mod demo;
mod drive;
mod export;
mod eye;
mod failure;
mod flatten;
mod held;
mod help;
mod herald;
mod hook;
mod import;
mod init;
mod inquiry;
mod keys;
mod log;
mod lookout;
mod man;
mod news;
mod papers;
mod plan;
mod platforms;
mod propose;
mod providers;
mod report;
mod resolvers;
mod rollback;
mod run;
mod screen;
mod session;
mod status;
mod tally;
mod terminal;
mod watch;

pub use args::Cli;
pub use failure::Failure;
pub use terminal::Terminal;

use args::Command;
use clap::{CommandFactory as _, Parser as _};
use session::Session;
use std::process::ExitCode;

/// Exit codes, as the README lists them.
pub mod exit {
    /// Done, or nothing to do.
    pub const DONE: u8 = 0;
    /// Something failed.
    pub const ERROR: u8 = 1;
    /// Changes are pending; only with `--detailed-exitcode`.
    pub const PENDING: u8 = 2;
    /// Refused as unsafe.
    pub const UNSAFE: u8 = 3;
    /// The live zone is not as planned.
    pub const DRIFT: u8 = 4;
    /// Some zones went on, some did not.
    pub const PARTLY: u8 = 5;
    /// A gate is closed.
    pub const NOT_YET: u8 = 6;
    /// A watch timed out.
    pub const TIMED_OUT: u8 = 7;
    /// The command line is wrong.
    pub const USAGE: u8 = 64;
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no failures; clap prints each where it belongs.
            let code = if error.use_stderr() { exit::USAGE } else { exit::DONE };
            let _ = error.print();
            return code.into();
        }
    };
    #[cfg(unix)]
    raise_file_limit();
    let terminal = match &cli.command {
        Command::Run(args) => Terminal::new(cli.color).logging(args.log_format),
        _ => Terminal::new(cli.color),
    };
    let code = match start(cli, &terminal) {
        Ok(code) => code,
        Err(failure) => {
            let code = failure.code;
            terminal.fail(None, failure);
            code
        }
    };
    code.into()
}

/// Opens as many files as the system allows, and not only the 1,024 that shells give: a zone that
/// is driven has a lock and a journal open.
#[cfg(unix)]
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Without it, each zone that comes too late says so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

fn start(cli: Cli, terminal: &Terminal) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::error(format!("cannot start: {error}")))?;
    runtime.block_on(async {
        let open = || Session::open(&cli.project, terminal);
        match cli.command {
            Command::Init(args) => init::init(&args, terminal),
            Command::Help { words } => help::help(&words, terminal),
            Command::Man { out } => man::man(out.as_deref(), terminal),
            Command::Completions { shell } => {
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut Cli::command(), "cutover", &mut script);
                terminal.print(&String::from_utf8_lossy(&script));
                Ok(exit::DONE)
            }
            Command::Import(args) => import::import(&cli.project, &args, terminal).await,
            Command::Check(args) => check::check(&cli.project, &args, terminal).await,
            Command::Plan(args) => plan::plan(&open().await?, &args).await,
            Command::Apply(args) => apply::apply(&open().await?, &args).await,
            Command::Run(args) => run::run(&cli.project, &args, terminal).await,
            Command::Watch(args) => watch::watch(&open().await?, &args).await,
            Command::Status(args) => status::status(&open().await?, &args).await,
            Command::Report(args) => report::report(&open().await?, &args),
            Command::Confirm(args) => confirm::confirm(&open().await?, &args),
            Command::Rollback(args) => rollback::rollback(&open().await?, &args).await,
            Command::Providers(args) => providers::providers(&open().await?, &args).await,
            Command::Platforms(args) => Ok(platforms::platforms(&args, terminal)),
            Command::Runbook(args) => papers::runbook(&open().await?, &args).await,
            Command::Notices(args) => papers::notices_of(&open().await?, &args).await,
            Command::Calendar(args) => papers::calendar(&open().await?, &args).await,
            Command::Export(args) => export::export(&open().await?, &args).await,
            Command::Hook { what } => hook::hook(&cli.project, &what, terminal).await,
            Command::Demo => demo::demo(terminal).await,
        }
    })
}
