//! What caches are asked about a domain on the move.

use crate::world::{HOST, spf_text};
use cutover::dns::{Name, Rdata, RrKey, Rtype, Zone};
use std::collections::{BTreeMap, BTreeSet};

/// Numbered questions.
#[derive(Clone, Debug)]
pub(crate) struct Questions {
    pub(crate) keys: Vec<RrKey>,
    numbers: BTreeMap<RrKey, usize>,
}

impl Questions {
    /// Everything that any of these zones holds, and whatever its records lead to.
    pub(crate) fn of(zones: &[&Zone]) -> Self {
        let apex = zones[0].apex();
        let mut keys = BTreeSet::new();
        for rrset in zones.iter().flat_map(|zone| zone.rrsets()) {
            keys.insert(rrset.key().clone());
            let is_host = HOST.contains(&rrset.rtype());
            let hosts = rrset.rdata().iter().flat_map(|rdata| leads(rdata, apex));
            let own = is_host.then(|| (rrset.owner().clone(), behind(rrset.owner())));
            for (name, types) in hosts.chain(own).filter(|(name, _)| name.is_within(apex)) {
                keys.extend(types.iter().map(|rtype| RrKey::new(name.clone(), *rtype)));
            }
        }
        let asked = |key: &RrKey| ![Rtype::SOA, Rtype::NS, Rtype::CNAME].contains(&key.rtype);
        keys.extend([Rtype::MX, Rtype::TXT].map(|rtype| RrKey::new(apex.clone(), rtype)));
        let keys: Vec<_> = keys.into_iter().filter(asked).collect();
        let numbers = keys.iter().cloned().zip(0..).collect();
        Self { keys, numbers }
    }

    pub(crate) fn number(&self, owner: &Name, rtype: Rtype) -> Option<usize> {
        self.numbers.get(&RrKey::new(owner.clone(), rtype)).copied()
    }
}

/// Names that a record leads to, and what is asked of them.
fn leads(rdata: &Rdata, apex: &Name) -> Vec<(Name, &'static [Rtype])> {
    let host = |name: &Name| vec![(name.clone(), &HOST[..2])];
    match rdata {
        Rdata::Mx(mx) => host(&mx.exchange),
        Rdata::Cname(target) => {
            // It may be a key's, or a host's.
            vec![(target.clone(), &[Rtype::A, Rtype::AAAA, Rtype::TXT])]
        }
        Rdata::Srv(srv) => host(&srv.target),
        Rdata::Txt(_) => {
            let text = spf_text(rdata).unwrap_or_default();
            let names = text.split(' ').filter_map(|term| term.split([':', '=', '/']).nth(1));
            let names = names.filter_map(|name| Name::parse(&format!("{name}.")).ok());
            let types: &[Rtype] = &[Rtype::A, Rtype::AAAA, Rtype::MX, Rtype::TXT];
            let own = (!text.is_empty()).then(|| apex.clone());
            names.chain(own).map(|name| (name, types)).collect()
        }
        _ => Vec::new(),
    }
}

/// What people look for at a name that may be an alias: keys below an underscore (RFC 8552 §1.1),
/// addresses elsewhere.
fn behind(owner: &Name) -> &'static [Rtype] {
    match owner.to_string().contains("_") {
        true => &[Rtype::TXT],
        false => &HOST[..2],
    }
}
