//! What Azure says that an account may do.

use crate::port::Access;
use serde::Deserialize;

/// The version of the API that tells it.
pub(super) const VERSION: &str = "2022-04-01";
/// What changing mail needs most.
const WRITE: &str = "Microsoft.Network/dnsZones/MX/write";

/// What one role allows, and what it takes back.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Right {
    #[serde(default)]
    actions: Vec<String>,
    #[serde(default)]
    not_actions: Vec<String>,
}

/// Whether any of these roles lets MX be written.
pub(super) fn access(rights: &[Right]) -> Access {
    let has = |patterns: &[String]| patterns.iter().any(|pattern| fits(pattern, WRITE));
    match rights.iter().any(|right| has(&right.actions) && !has(&right.not_actions)) {
        true => Access::Granted(format!("a role allows `{WRITE}`")),
        false => Access::Denied(format!("no role allows `{WRITE}`")),
    }
}

/// Whether a pattern, in which `*` stands for anything, is about this action.
fn fits(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == action };
    let Some(mut rest) = action.strip_prefix(head) else { return false };
    let mut parts: Vec<_> = tail.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    let found = parts.into_iter().all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    });
    found && rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        let check = |pattern, expected| assert_eq!(fits(pattern, WRITE), expected, "{pattern}");
        check("*", true);
        check("Microsoft.Network/dnsZones/*", true);
        check("microsoft.network/DNSZONES/mx/write", true);
        check("*/write", true);
        check("*/read", false);
        check("Microsoft.Network/*/MX/*", true);
        check("Microsoft.Network/*/TXT/*", false);
        check("Microsoft.Network/dnsZones/read", false);
        check("Microsoft.Compute/*", false);
    }

    #[test]
    fn one_role_is_enough_and_takes_back_its_own_only() {
        let role = |actions: &str, not: &str| Right {
            actions: actions.split_whitespace().map(str::to_owned).collect(),
            not_actions: not.split_whitespace().map(str::to_owned).collect(),
        };
        let check = |rights: &[Right], expected| {
            assert_eq!(matches!(access(rights), Access::Granted(_)), expected);
        };
        check(&[], false);
        check(&[role("*/read", "")], false);
        check(&[role("*", "Microsoft.Authorization/*/write")], true);
        check(&[role("*", "Microsoft.Network/*/write")], false);
        check(&[role("*", "*/write"), role("Microsoft.Network/dnsZones/*", "")], true);
    }
}
