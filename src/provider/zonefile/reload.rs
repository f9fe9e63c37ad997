//! Tells a name server to read a zone file again.

use crate::port::ProviderError;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::process::Command;

/// Control programs answer at once; one that takes this long has lost its server.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A name server's control program.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReloadTool {
    /// BIND's.
    Rndc,
    /// Knot DNS's.
    Knotc,
    /// NSD's.
    NsdControl,
    /// PowerDNS's, for its bind backend.
    PdnsControl,
}

impl ReloadTool {
    /// All there are, by the name of their program.
    pub const NAMES: [(&str, Self); 4] = [
        ("rndc", Self::Rndc),
        ("knotc", Self::Knotc),
        ("nsd-control", Self::NsdControl),
        ("pdns_control", Self::PdnsControl),
    ];

    /// Reads the name of a program.
    pub fn parse(text: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(name, _)| *name == text).map(|(_, tool)| *tool)
    }

    /// What stands before the zone's name.
    fn verb(self) -> &'static str {
        match self {
            Self::Rndc | Self::NsdControl => "reload",
            Self::Knotc => "zone-reload",
            Self::PdnsControl => "bind-reload-now",
        }
    }

    fn program(self) -> &'static str {
        Self::NAMES.iter().find(|(_, tool)| *tool == self).map_or("", |(name, _)| name)
    }
}

/// A reload command: a fixed argument vector that no shell sees.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reload {
    tool: ReloadTool,
    program: PathBuf,
    options: Vec<String>,
}

impl Reload {
    /// The tool from the search path, with options such as `-p 9953` for it.
    pub fn new(tool: ReloadTool, options: Vec<String>) -> Self {
        Self { tool, program: tool.program().into(), options }
    }

    /// The same command with the program at this path.
    #[must_use]
    pub fn with_program(self, program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), ..self }
    }

    fn arguments<'a>(&'a self, zone: &'a str) -> impl Iterator<Item = &'a str> {
        self.options.iter().map(String::as_str).chain([self.tool.verb(), zone])
    }

    /// Runs it for a zone, whose name is plain and has no final dot.
    pub(super) async fn run(&self, zone: &str) -> Result<(), ProviderError> {
        let program = self.program.display();
        let output = Command::new(&self.program)
            .args(self.arguments(zone))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        match tokio::time::timeout(TIMEOUT, output).await {
            Ok(Ok(output)) if output.status.success() => Ok(()),
            Ok(Ok(output)) => Err(ProviderError::Refused(format!(
                "`{program} {}` failed, {}: {}",
                self.arguments(zone).collect::<Vec<_>>().join(" "),
                output.status,
                complaint(&output),
            ))),
            Ok(Err(error)) => {
                Err(ProviderError::Refused(format!("cannot run `{program}`: {error}")))
            }
            Err(_) => Err(ProviderError::Busy(format!("`{program}` did not end within 30 s"))),
        }
    }
}

/// What the program said, shortened; `nsd-control` complains on its standard output.
fn complaint(output: &Output) -> String {
    let said = [&output.stderr, &output.stdout].map(|octets| String::from_utf8_lossy(octets));
    let said = said.iter().map(|text| text.trim()).find(|text| !text.is_empty());
    // Some tools answer a mistake with their whole manual.
    said.unwrap_or("it gave no reason").chars().take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tool_has_its_own_words() {
        let check = |name, words: &str| {
            let tool = ReloadTool::parse(name).unwrap();
            let reload = Reload::new(tool, vec!["-p".to_owned(), "9953".to_owned()]);
            let found: Vec<_> = reload.arguments("example.net").collect();
            assert_eq!(format!("{} {}", reload.program.display(), found.join(" ")), words);
        };
        check("rndc", "rndc -p 9953 reload example.net");
        check("knotc", "knotc -p 9953 zone-reload example.net");
        check("nsd-control", "nsd-control -p 9953 reload example.net");
        check("pdns_control", "pdns_control -p 9953 bind-reload-now example.net");
        assert_eq!(ReloadTool::parse("sh"), None);
    }

    #[tokio::test]
    async fn a_failure_is_told_in_the_tools_words() {
        let check = async |program: &str, message: &str| {
            let reload = Reload::new(ReloadTool::Rndc, vec![]).with_program(program);
            let error = reload.run("no-such-zone").await.unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        };
        check("/no/such/rndc", "cannot run `/no/such/rndc`").await;
        check("false", "`false reload no-such-zone` failed, exit status: 1: it gave no reason")
            .await;
        check("ls", "ls: ").await;
        let reload = Reload::new(ReloadTool::Rndc, vec![]).with_program("true");
        assert!(reload.run("example.net").await.is_ok());
    }
}
