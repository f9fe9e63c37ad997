//! What a zone holds of mail, as its types have it.

use crate::dns::rdata::Mx;
use crate::dns::{Name, Rdata, RrSet, Rtype, Zone};
use std::borrow::Cow;

/// The MX records of the zone's own name.
pub(super) fn mx(zone: &Zone) -> impl Iterator<Item = &Mx> {
    let rdata = zone.find(zone.apex(), Rtype::MX).map(RrSet::rdata).unwrap_or_default();
    rdata.iter().filter_map(|rdata| match rdata {
        Rdata::Mx(mx) => Some(mx),
        _ => None,
    })
}

/// The texts of a name's TXT records.
pub(super) fn texts(zone: &Zone, owner: &Name) -> Vec<String> {
    let rdata = zone.find(owner, Rtype::TXT).map(RrSet::rdata).unwrap_or_default();
    rdata.iter().filter_map(Rdata::text).map(Cow::into_owned).collect()
}
