//! DMARC policy records (RFC 9989).

pub use super::tags::TagError;
use super::tags::{find, split};
use crate::dns::Name;

/// What receivers shall do with mail that fails, from weak to strict.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Policy {
    /// Nothing; a missing `p` means the same.
    None,
    /// Treat it with suspicion.
    Quarantine,
    /// Refuse it.
    Reject,
}

/// The policy of a record's joined text.
pub fn policy(text: &str) -> Result<Policy, TagError> {
    let tags = split(text)?;
    let bad = |tag, value: &str, problem| TagError::Bad { tag, value: value.into(), problem };
    match tags.first() {
        Some(("v", "DMARC1")) => (),
        Some(("v", value)) => return Err(bad("v", value, "it must be exactly `DMARC1`")),
        _ => return Err(TagError::Missing("v")),
    }
    match find(&tags, "p").unwrap_or("none") {
        p if p.eq_ignore_ascii_case("none") => Ok(Policy::None),
        p if p.eq_ignore_ascii_case("quarantine") => Ok(Policy::Quarantine),
        p if p.eq_ignore_ascii_case("reject") => Ok(Policy::Reject),
        other => Err(bad("p", other, "write `none`, `quarantine` or `reject`")),
    }
}

/// The domains of the mailboxes that a record wants reports sent to (RFC 9989 §4.7).
pub(super) fn report_domains(text: &str) -> Vec<Name> {
    let tags = split(text).unwrap_or_default();
    let all = ["rua", "ruf"].into_iter().filter_map(|tag| find(&tags, tag));
    let uris = all.flat_map(|uris| uris.split(',')).map(str::trim);
    let addresses = uris.filter_map(|uri| {
        let (scheme, address) = uri.split_once(':')?;
        // Older records end in the size of a report: `!10m`.
        let (address, _) = address.split_once('!').unwrap_or((address, ""));
        scheme.eq_ignore_ascii_case("mailto").then_some(address)
    });
    let domains = addresses.filter_map(|address| Some(address.rsplit_once('@')?.1));
    let names = domains.filter_map(|d| Name::parse(&format!("{}.", d.trim_end_matches('.'))).ok());
    names.collect()
}

/// What to publish while mail moves from one platform to the other: the weaker of both records.
///
/// Until the new platform is proven aligned, a strict policy would reject its mail, so a domain
/// that had no record starts with `p=none`. The final record comes when the old one retires.
pub fn relaxed(old: Option<&str>, new: Option<&str>) -> Result<Option<String>, TagError> {
    Ok(match (old, new) {
        (None, None) => None,
        (Some(old), None) => Some(old.to_owned()),
        (Some(old), Some(new)) => {
            Some(if policy(new)? < policy(old)? { new } else { old }.to_owned())
        }
        (None, Some(new)) => {
            policy(new)?;
            let tags = split(new)?;
            // Subdomains have policies of their own: `sp`, and `np` for those that do not exist.
            let is_strict = |(tag, value): &(&str, &str)| {
                ["p", "sp", "np"].contains(tag) && !value.eq_ignore_ascii_case("none")
            };
            if !tags.iter().any(is_strict) {
                return Ok(Some(new.to_owned()));
            }
            let tags = tags.iter().map(|one| match is_strict(one) {
                true => format!("{}=none", one.0),
                false => format!("{}={}", one.0, one.1),
            });
            Some(tags.collect::<Vec<_>>().join("; "))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weaker_policy_holds_during_the_move() {
        let check = |old, new, expected: Option<&str>| {
            assert_eq!(relaxed(old, new).unwrap().as_deref(), expected);
        };
        const NONE: Option<&str> = Some("v=DMARC1; p=none; rua=mailto:a@b");
        const REJECT: Option<&str> = Some("v=DMARC1; p=reject; rua=mailto:a@b");
        check(NONE, REJECT, NONE);
        check(REJECT, NONE, NONE);
        check(REJECT, REJECT, REJECT);
        check(REJECT, None, REJECT);
        check(None, REJECT, NONE);
        check(None, Some("v=DMARC1; p=reject; sp=reject"), Some("v=DMARC1; p=none; sp=none"));
        check(None, Some("v=DMARC1; p=none; sp=reject"), Some("v=DMARC1; p=none; sp=none"));
        check(None, NONE, NONE);
        check(None, None, None);
    }

    #[test]
    fn mistakes_are_named() {
        let check = |text, message: &str| {
            assert_eq!(policy(text).unwrap_err().to_string(), message);
        };
        check("v=dmarc1; p=none", "`v=dmarc1` is not valid: it must be exactly `DMARC1`");
        check("p=none; v=DMARC1", "the tag `v` is missing");
        check(
            "v=DMARC1; p=block",
            "`p=block` is not valid: write `none`, `quarantine` or `reject`",
        );
        assert_eq!(policy("v=DMARC1"), Ok(Policy::None));
        assert_eq!(policy("v=DMARC1;p=Reject;"), Ok(Policy::Reject));
    }
}
