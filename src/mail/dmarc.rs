//! DMARC policy records (RFC 9989).

mod align;
mod record;
mod report;
mod tag;
mod walk;

pub use super::tags::{Extension, TagError};
use crate::dns::Name;
pub use align::{Authorisation, aligned, authorisation, authorising_name};
pub use record::Record;
pub use report::{Limit, Report, Unit};
pub use tag::{Failure, Mode, Psd, Tag};
pub use walk::{Found, Unknown, discover, organisation};

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

/// The policy of a record's joined text, whatever other tags do not take their values.
pub fn policy(text: &str) -> Result<Policy, TagError> {
    let (record, problems) = Record::read(text)?;
    let of_policy = |problem: &TagError| match problem {
        TagError::Bad { tag, .. } => *tag == "p",
        _ => true,
    };
    problems.into_iter().find(of_policy).map_or(Ok(record.policy()), Err)
}

/// The domains of the mailboxes that a record wants reports sent to (RFC 9989 §4.7).
pub(super) fn report_domains(text: &str) -> Vec<Name> {
    let Ok((record, _)) = Record::read(text) else { return Vec::new() };
    let reports = record.tags().iter().flat_map(|tag| match tag {
        Tag::Rua(reports) | Tag::Ruf(reports) => reports.as_slice(),
        _ => &[],
    });
    reports.filter(|report| report.uri.is_mail()).filter_map(|report| report.uri.host()).collect()
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
            let (record, _) = Record::read(new)?;
            let relaxed = record.clone().relaxed();
            // As the platform writes it, where nothing has to change.
            Some(if relaxed == record { new.to_owned() } else { relaxed.to_string() })
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
        const ODD: Option<&str> = Some("v=DMARC1;p=None;x=1;");
        check(None, ODD, ODD);
        check(None, Some("v=DMARC1;x=1;np=Reject;"), Some("v=DMARC1; x=1; np=none"));
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
