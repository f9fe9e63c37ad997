//! What can be learnt by asking the DNS: from a zone, planned or live, and from what others said.

use super::visit::{Shown, Visit};
use crate::dns::{Answer, Name, Rdata, RrKey, Rtype, Zone};

/// How many aliases in a row are followed, as Unbound does by default; BIND follows 16.
pub const MAX_ALIASES: usize = 11;

/// Somebody who can be asked. What he does not know is [`Answer::Elsewhere`].
pub trait View {
    /// What is answered at a name; aliases are not followed.
    fn answer(&self, key: &RrKey) -> Answer<'_>;

    /// What a visit shows, if somebody makes it.
    fn visit(&self, _: &Visit) -> &Shown {
        &Shown::Nothing
    }

    /// The zone as it is now, if the one in view is still to come.
    fn live(&self) -> Option<&Zone> {
        None
    }
}

impl View for Zone {
    fn answer(&self, key: &RrKey) -> Answer<'_> {
        Answer::of(self, key)
    }
}

/// What a resolver would say. Unknown is never absent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reply<'v> {
    /// Records.
    Data(&'v [Rdata]),
    /// No such record, or no such name.
    Absent,
    /// Nobody here knows: somebody else answers for it, or has failed to.
    Unknown,
}

impl<'v> Reply<'v> {
    /// The records' data; none of anything else.
    pub fn data(self) -> &'v [Rdata] {
        match self {
            Self::Data(data) => data,
            Self::Absent | Self::Unknown => &[],
        }
    }
}

/// Asks, and follows aliases (RFC 1034 §3.6.2).
pub fn look_up<'v>(view: &'v dyn View, owner: &Name, rtype: Rtype) -> Reply<'v> {
    let mut key = RrKey::new(owner.clone(), rtype);
    for _ in 0..=MAX_ALIASES {
        match view.answer(&key) {
            Answer::Data(data) => return Reply::Data(data),
            Answer::Absent => return Reply::Absent,
            Answer::Elsewhere => return Reply::Unknown,
            Answer::Alias(target) => key.owner = target.clone(),
        }
    }
    Reply::Unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_followed_as_far_as_this_zone_goes() {
        let apex = Name::parse("example.net.").unwrap();
        let zone = "www 60 CNAME web\nweb 60 A 192.0.2.1\nmail 60 CNAME mx.example.org.\n\
            a 60 CNAME b\nb 60 CNAME a\n";
        let zone = Zone::parse(zone, &apex).unwrap();
        let check = |owner, found: &str| {
            let owner = Name::parse_in(owner, &apex).unwrap();
            let text = match look_up(&zone, &owner, Rtype::A) {
                Reply::Data(data) => data[0].to_string(),
                other => format!("{other:?}"),
            };
            assert_eq!(text, found, "{owner}");
        };
        check("www", "192.0.2.1");
        check("mail", "Unknown");
        check("@", "Absent");
        check("a", "Unknown");
        check("example.org.", "Unknown");
    }
}
