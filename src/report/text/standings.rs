//! Accounts, and what they can do.

use super::{ADDED, CHANGED, QUIET, REMOVED, Styled};
use crate::port::{Access, ProviderError};
use crate::report::Standing;
use comfy_table::{ContentArrangement, Table, presets};
use std::fmt::Write as _;

/// A table, one line an account and zone, and what is wrong in full below it.
pub fn standings(all: &[Standing]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["account", "driver", "zone", "reads", "writes", "TTL from", "guard"]);
    for one in all {
        let facts = one.facts.as_ref();
        let zone = one.zone.as_ref().map_or_else(|| "-".to_owned(), super::plain);
        table.add_row([
            one.account.clone(),
            one.driver.clone(),
            zone,
            reads(one),
            writes(one),
            facts.map_or_else(|| "-".to_owned(), |facts| facts.lowest().to_string()),
            facts.map_or_else(|| "-".to_owned(), |facts| facts.guard.name().to_owned()),
        ]);
    }
    let mut out = format!("{}\n", table.trim_fmt());
    for one in all {
        let said = match (&one.problem, &one.access) {
            (Some(problem), _) => problem.to_string(),
            (None, Access::Denied(why)) => format!("may not write: {why}"),
            _ => continue,
        };
        let zone = one.zone.as_ref().map(|zone| format!(" {}", super::plain(zone)));
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "{}{}: {said}", one.account, zone.unwrap_or_default());
    }
    out
}

fn reads(one: &Standing) -> String {
    match &one.problem {
        None if one.zone.is_some() => Styled(ADDED, "yes").to_string(),
        None => Styled(QUIET, "no zone file uses it").to_string(),
        Some(ProviderError::Busy(_)) => Styled(REMOVED, "no answer").to_string(),
        Some(ProviderError::Unauthorized(_)) => Styled(REMOVED, "not authorised").to_string(),
        Some(ProviderError::NoZone(_) | ProviderError::Enclosed { .. }) => {
            Styled(REMOVED, "no such zone").to_string()
        }
        Some(_) => Styled(REMOVED, "no").to_string(),
    }
}

fn writes(one: &Standing) -> String {
    let by_hand = one.facts.as_ref().is_some_and(|facts| facts.by_hand);
    match &one.access {
        _ if by_hand => Styled(CHANGED, "by hand").to_string(),
        Access::Granted(_) => Styled(ADDED, "yes").to_string(),
        Access::Denied(_) => Styled(REMOVED, "no").to_string(),
        Access::Untried => Styled(QUIET, "only a write shows").to_string(),
    }
}
