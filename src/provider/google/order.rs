//! Changes as the host takes them: RRsets that go, RRsets that come.

use crate::dns::{RrKey, RrSet};
use crate::plan::Change;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// RRsets that one change may add, and as many that it may delete: what projects begin with.
const SETS: usize = 1_000;
/// Octets of data that one change may hold: what projects begin with.
const OCTETS: usize = 100_000;

/// An RRset in the host's own words, since a deletion must name it so.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Set {
    pub(super) name: String,
    pub(super) r#type: String,
    #[serde(default)]
    pub(super) ttl: u32,
    #[serde(default)]
    pub(super) rrdatas: Vec<String>,
    #[serde(skip_serializing)]
    pub(super) routing_policy: Option<Value>,
}

/// One change as it is sent: all of it or nothing.
#[derive(Default, Serialize)]
pub(super) struct Order {
    additions: Vec<Set>,
    deletions: Vec<Set>,
}

pub(super) type Sets = BTreeMap<RrKey, Set>;

/// The changes in orders within the host's limits; an RRset is never cut.
pub(super) fn orders(changes: &[&Change], held: &Sets) -> Vec<Order> {
    let mut orders = Vec::<(Order, usize)>::new();
    for change in changes {
        let gone = held.get(change.key()).cloned();
        let new = change.after().map(set);
        let data = gone.iter().chain(&new).flat_map(|set| &set.rrdatas);
        let size = data.map(String::len).sum::<usize>();
        let has_room = |order: &Order, octets: usize| {
            order.additions.len().max(order.deletions.len()) < SETS && octets + size <= OCTETS
        };
        let open = orders.pop_if(|(order, octets)| has_room(order, *octets));
        let (mut order, octets) = open.unwrap_or_default();
        order.deletions.extend(gone);
        order.additions.extend(new);
        orders.push((order, octets + size));
    }
    orders.into_iter().map(|(order, _)| order).collect()
}

fn set(rrset: &RrSet) -> Set {
    Set {
        name: rrset.owner().to_string(),
        r#type: rrset.rtype().to_string(),
        ttl: rrset.ttl().secs(),
        rrdatas: rrset.rdata().iter().map(ToString::to_string).collect(),
        routing_policy: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Name, Zone};
    use crate::plan::diff;

    #[test]
    fn an_rrset_is_never_cut() {
        let apex = Name::parse("example.net.").unwrap();
        let check = |count: usize, octets: usize, expected: &[usize]| {
            let texts = |letter: &str| {
                let text = format!("\"{}\"", letter.repeat(octets));
                let lines = (0..count).map(|n| format!("n{n} 60 TXT {text}\n"));
                Zone::parse(&lines.collect::<String>(), &apex).unwrap()
            };
            let (old, new) = (texts("a"), texts("b"));
            let held = old.rrsets().map(|rrset| (rrset.key().clone(), set(rrset))).collect();
            let changes = diff(&old, &new);
            let orders = orders(&changes.iter().collect::<Vec<_>>(), &held);
            assert!(orders.iter().all(|order| order.additions.len() == order.deletions.len()));
            let found: Vec<_> = orders.iter().map(|order| order.additions.len()).collect();
            assert_eq!(found, expected);
        };
        check(3, 10, &[3]);
        check(1_001, 10, &[1_000, 1]);
        check(500, 248, &[200, 200, 100]);
    }
}
