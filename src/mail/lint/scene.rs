//! What a rule that asks can see.

use super::spf;
use crate::dns::Name;
use crate::dns::rdata::Mx;
use crate::dns::{Answer, Rdata, RrKey, Rtype, Zone};
use crate::mail::records::mx;
use crate::mail::spf::{Census, Spf, census};
use crate::mail::view::{Reply, View, look_up};
use std::net::IpAddr;

/// Records, whom to ask about others, and what the SPF among them leads to.
pub(crate) struct Scene<'a> {
    pub(super) zone: &'a Zone,
    pub(super) view: &'a dyn View,
    /// The SPF records of the zone's own name that can be read.
    pub(super) spf: Vec<(Spf, Census)>,
}

impl<'a> Scene<'a> {
    pub(super) fn new(zone: &'a Zone, view: &'a dyn View) -> Self {
        let spf = spf::records(zone).into_iter().map(|spf| {
            let census = census(view, zone.apex(), &spf);
            (spf, census)
        });
        Self { zone, view, spf: spf.collect() }
    }

    /// The MX records of the zone's own name.
    pub(super) fn mx(&self) -> impl Iterator<Item = &'a Mx> {
        mx(self.zone)
    }

    /// The addresses of a host; `None` if nobody can say whether there are more.
    pub(super) fn addresses(&self, host: &Name) -> Option<Vec<IpAddr>> {
        let mut addresses = Vec::new();
        for rtype in [Rtype::A, Rtype::AAAA] {
            let found = look_up(self.view, host, rtype);
            if found == Reply::Unknown {
                return None;
            }
            addresses.extend(found.data().iter().filter_map(|rdata| match rdata {
                Rdata::A(address) => Some(IpAddr::V4(*address)),
                Rdata::Aaaa(address) => Some(IpAddr::V6(*address)),
                _ => None,
            }));
        }
        Some(addresses)
    }
}

/// Records that need not be all that there are: of what is not among them, nobody knows.
pub(super) struct Part<'z>(pub(super) &'z Zone);

impl View for Part<'_> {
    fn answer(&self, key: &RrKey) -> Answer<'_> {
        match Answer::of(self.0, key) {
            Answer::Absent => Answer::Elsewhere,
            found => found,
        }
    }
}
