//! Platforms, and what each asks for and brings.

use super::{CHANGED, QUIET, STRONG, Styled};
use crate::config::Platform;
use comfy_table::{ContentArrangement, Table, presets};
use std::fmt::Write as _;

/// A table, one line a platform.
pub fn platforms(all: &[Platform]) -> String {
    let mut table = table();
    table.set_header(["platform", "what it is", "settings", "confidence", "checked", ""]);
    for one in all {
        let asked = one.settings.keys().filter(|name| !one.derived.contains_key(*name));
        let ends = one.ends.as_ref().map(|day| Styled(CHANGED, format!("ends {day}")).to_string());
        table.add_row([
            one.name.to_owned(),
            one.about.clone(),
            asked.cloned().collect::<Vec<_>>().join(", "),
            one.confidence.clone(),
            one.checked.clone(),
            ends.unwrap_or_default(),
        ]);
    }
    format!("{}\n", table.trim_fmt())
}

/// One platform: where its facts are from, what it asks for, and its records.
pub fn platform(one: &Platform) -> String {
    let mut out = format!("{}: {}\n", Styled(STRONG, one.name), one.about);
    // Writing to a `String` cannot fail.
    if let Some(day) = &one.ends {
        let _ = writeln!(out, "  {}", Styled(CHANGED, format!("ends on {day}")));
    }
    let facts = format!("facts of {} confidence, checked {}", one.confidence, one.checked);
    let _ = writeln!(out, "  {facts}; from {}", one.source);
    if !one.domains.is_empty() {
        let hosts: Vec<_> = one.domains.iter().map(ToString::to_string).collect();
        let _ = writeln!(out, "  its hosts are within {}", hosts.join(" "));
    }
    for (what, host) in &one.clients {
        let _ = writeln!(out, "  users: {what} {host}");
    }
    if let Some(port) = one.smtp_port {
        let _ = writeln!(out, "  users send on port {port} only");
    }
    if let Some(way) = one.sign_in {
        let _ = writeln!(out, "  users sign in by {}", way.name());
    }
    if !one.settings.is_empty() {
        let mut table = table();
        for (name, place) in &one.settings {
            let host = one.derived.get(name);
            let default = host.map(|host| format!("the first label of `{host}`, or else "));
            table.add_row([format!("    {name}"), default.unwrap_or_default() + place]);
        }
        let _ = write!(out, "\n  {}\n{}\n", Styled(QUIET, "settings:"), table.trim_fmt());
    }
    let lines: String = one.body.lines().map(|line| format!("    {line}\n")).collect();
    let _ = write!(out, "\n  {}\n{lines}", Styled(QUIET, "brings, unless the side says else:"));
    out
}

fn table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table
}
