//! What users enter into their mail programs after the move.

use super::Dossier;
use crate::config::{Platform, SignIn};
use crate::dns::{Name, Rdata};
use std::collections::BTreeMap;

/// One way in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Setting {
    /// What it is for: `reading, IMAP`.
    pub what: &'static str,
    /// What is entered, and why just that.
    pub host: Host,
    /// Names of one's own that lead there.
    pub names: Vec<Name>,
    /// The port.
    pub port: u16,
    /// How the connection is encrypted.
    pub security: &'static str,
    /// How one signs in.
    pub sign_in: &'static str,
}

/// Which server name stands in a mail program.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Host {
    /// A name of one's own on servers of one's own: right as soon as their certificate has it.
    Own(Name),
    /// That of the platform: a name of one's own would lead there too, but the certificate is for
    /// the platform's name.
    Platform(String),
}

impl Host {
    /// The name without the dot at its end.
    pub fn text(&self) -> String {
        match self {
            Self::Own(name) => Dossier::plain(name),
            Self::Platform(name) => name.trim_end_matches('.').to_owned(),
        }
    }
}

/// What a way in is called, in presets and by its first label; its ports are those of RFC 8314.
struct Way {
    what: &'static str,
    preset: &'static str,
    labels: &'static [&'static str],
    port: u16,
}

const WAYS: [Way; 3] = [
    Way { what: "reading, IMAP", preset: "imap", labels: &["imap", "imaps"], port: 993 },
    Way { what: "reading, POP", preset: "pop", labels: &["pop", "pop3", "pops"], port: 995 },
    Way { what: "sending", preset: "smtp", labels: &["smtp", "submit", "submission"], port: 465 },
];

/// First labels of what is opened in a browser.
const WEB: [&str; 3] = ["webmail", "owa", "mail"];

/// All ways in that are known.
pub fn settings(dossier: &Dossier<'_>) -> Vec<Setting> {
    let new = &dossier.spec.intent.new;
    let platform = dossier.platform(new);
    let sign_in = match platform.as_ref().and_then(|one| one.sign_in) {
        Some(SignIn::OAuth) => "OAuth 2.0",
        Some(SignIn::AppPassword) => "OAuth 2.0 or app password",
        None => "password",
    };
    let row = |way: &Way| {
        let targets = if way.preset == "smtp" { &new.submission } else { &new.retrieval };
        let names: Vec<_> = named(targets, way.labels);
        let host = host(dossier, &names, targets, platform.as_ref(), way.preset)?;
        let (port, security) = match platform.as_ref().and_then(|one| one.smtp_port) {
            Some(port) if way.preset == "smtp" => (port, "STARTTLS"),
            _ => (way.port, "TLS from the start"),
        };
        Some(Setting { what: way.what, host, names, port, security, sign_in })
    };
    WAYS.iter().filter_map(row).collect()
}

/// Where mail is read in a browser: as people wrote it, or by a name with a label customary for it.
pub(super) fn webmail(dossier: &Dossier<'_>) -> Option<String> {
    let written = dossier.runbook().webmail.clone();
    let names = named(&dossier.spec.intent.new.retrieval, &WEB);
    written.or_else(|| Some(format!("https://{}/", Dossier::plain(names.first()?))))
}

/// What finds servers by the address alone, if the new side has it.
pub(super) fn discovery(dossier: &Dossier<'_>) -> Vec<Name> {
    named(&dossier.spec.intent.new.retrieval, &["autodiscover", "autoconfig"])
}

/// Which programs stop working, where the platform knows no passwords.
pub(super) fn stops(dossier: &Dossier<'_>) -> Option<&'static str> {
    let platform = dossier.platform(&dossier.spec.intent.new)?;
    match platform.sign_in? {
        SignIn::OAuth => Some(
            "Programs that know passwords only stop working: old versions of mail programs, POP \
             and IMAP fetchers without OAuth 2.0, scripts, scanners and printers that sign in to \
             send.",
        ),
        SignIn::AppPassword => Some(
            "The password of the account itself opens no mail program: programs without OAuth 2.0 \
             need a password that is made for them in the account's settings.",
        ),
    }
}

fn named(targets: &BTreeMap<Name, Vec<Rdata>>, labels: &[&str]) -> Vec<Name> {
    let is_one = |name: &&Name| {
        let first = name.labels().next().unwrap_or_default();
        labels.iter().any(|label| first.eq_ignore_ascii_case(label.as_bytes()))
    };
    let own = targets.iter().filter(|(_, rdata)| !rdata.is_empty()).map(|(name, _)| name);
    own.filter(is_one).cloned().collect()
}

fn host(
    dossier: &Dossier<'_>,
    names: &[Name],
    targets: &BTreeMap<Name, Vec<Rdata>>,
    platform: Option<&Platform>,
    preset: &str,
) -> Option<Host> {
    let Some(first) = names.first() else {
        return Some(Host::Platform(platform?.clients.get(preset)?.clone()));
    };
    let elsewhere = targets.get(first)?.iter().find_map(|rdata| match rdata {
        Rdata::Cname(target) if !target.is_within(&dossier.spec.intent.zone) => Some(target),
        _ => None,
    });
    Some(match elsewhere {
        Some(target) => Host::Platform(target.to_string()),
        None => Host::Own(first.clone()),
    })
}

/// The settings as a table: its head and its rows, in plain words.
pub(super) fn table(dossier: &Dossier<'_>) -> ([&'static str; 5], Vec<[String; 5]>) {
    let head = ["what", "server", "port", "security", "sign in with"];
    let rows = settings(dossier).into_iter().map(|one| {
        let security = one.security.to_owned();
        [one.what.to_owned(), one.host.text(), one.port.to_string(), security, one.sign_in.into()]
    });
    let web = webmail(dossier).map(|address| {
        let secure = "TLS from the start".to_owned();
        [
            "in a browser".to_owned(),
            address,
            "443".to_owned(),
            secure,
            "as the page says".to_owned(),
        ]
    });
    (head, rows.chain(web).collect())
}

/// What is to be said of the server names, a sentence each.
pub(super) fn remarks(dossier: &Dossier<'_>) -> Vec<String> {
    let mut out = vec!["The user name is the full mail address.".to_owned()];
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in settings(dossier).into_iter().filter(|one| matches!(one.host, Host::Platform(_))) {
        named.entry(one.host.text()).or_default().extend(one.names.iter().map(Dossier::plain));
    }
    for (host, names) in named.iter().filter(|(_, names)| !names.is_empty()) {
        let verb = if names.len() == 1 { "leads" } else { "lead" };
        out.push(format!(
            "{} {verb} to {host} too, but the certificate there is for {host}: programs that look \
             at names warn. Enter {host}.",
            names.join(" and ")
        ));
    }
    out.extend(stops(dossier).map(str::to_owned));
    out
}
