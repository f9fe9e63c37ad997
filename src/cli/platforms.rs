//! `cutover platforms`: what is known of mail platforms, and since when.

use super::{Terminal, args, exit};
use crate::config::{Platform, platform};
use crate::dns::Name;
use crate::mail::platform::PRESETS;
use crate::report::{json, text};

/// A zone to describe platforms for; nothing that is told here depends on it.
const ANY: &str = "example.com.";

/// Tells of all platforms, or of one with the records that it brings; asks nobody.
pub(super) fn platforms(args: &args::Platforms, terminal: &Terminal) -> u8 {
    let is_wanted = |name: &str| args.name.as_deref().is_none_or(|wanted| wanted == name);
    let names = PRESETS.iter().map(|preset| preset.name).filter(|name| is_wanted(name));
    let described = |name| platform(name, &Name::parse(ANY).ok()?);
    let found: Vec<Platform> = names.filter_map(described).collect();
    terminal.print(&match (args.json, &args.name, found.as_slice()) {
        (true, ..) => format!("{:#}\n", json::platforms(&found)),
        (false, Some(_), [one]) => text::platform(one),
        _ => text::platforms(&found),
    });
    exit::DONE
}
