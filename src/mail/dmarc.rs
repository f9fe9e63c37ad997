//! DMARC policy records (RFC 9989).

mod align;
mod record;
mod relax;
mod report;
mod tag;
mod walk;

pub use super::tags::{Extension, TagError};
use crate::dns::Name;
pub use align::{Authorisation, aligned, authorisation, authorising_name};
pub use record::Record;
pub use relax::relaxed;
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

#[cfg(test)]
mod tests {
    use super::*;

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
