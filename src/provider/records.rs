//! APIs that know records, not RRsets: which of them to make, alter and drop, and in which order.

use super::hosted::{Held, Reading};
use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl};
use crate::plan::{Change, Facts};

/// A record, and what the API knows it by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Record<I> {
    pub(super) id: I,
    pub(super) owner: Name,
    pub(super) ttl: Ttl,
    pub(super) rdata: Rdata,
}

/// Collects the records of a zone as the API shows them.
pub(super) struct Gathering<I> {
    reading: Reading,
    records: Vec<Record<I>>,
}

impl<I> Gathering<I> {
    /// Nothing read yet of a zone with these facts.
    pub(super) fn new(apex: &Name, facts: Facts) -> Self {
        Self { reading: Reading::new(apex, facts), records: Vec::new() }
    }

    /// One record; one that cannot be read keeps its RRset closed, and types of the host's own are
    /// none of DNS.
    pub(super) fn take(
        &mut self,
        id: I,
        owner: Result<Name, String>,
        rtype: &str,
        ttl: u32,
        read: impl FnOnce(Rtype) -> Result<Rdata, String>,
    ) {
        let (Ok(owner), Some(rtype)) = (owner, Rtype::parse(rtype)) else { return };
        let ttl = Ttl::from_secs(ttl);
        match read(rtype) {
            Ok(rdata) => {
                self.reading.add(owner.clone(), ttl, rdata.clone());
                self.records.push(Record { id, owner, ttl, rdata });
            }
            Err(why) => self.reading.close(owner, rtype, why),
        }
    }

    /// The zone as it was read.
    pub(super) fn held(self) -> Held<Vec<Record<I>>> {
        self.reading.held(self.records)
    }
}

/// One call of such an API.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Step<'a, I> {
    /// A new record.
    Create { owner: &'a Name, ttl: Ttl, rdata: &'a Rdata },
    /// Another TTL, other data, or both, under the same id.
    Update { record: &'a Record<I>, ttl: Ttl, rdata: &'a Rdata },
    /// One record less.
    Delete(&'a Record<I>),
}

/// The calls that carry out changes, in their order.
pub(super) fn steps<'a, I>(records: &'a [Record<I>], changes: &[&'a Change]) -> Vec<Step<'a, I>> {
    changes.iter().flat_map(|change| steps_of(records, change)).collect()
}

/// The same in batches of at most so many, an RRset in one of them as long as it fits.
pub(super) fn batches<'a, I>(
    records: &'a [Record<I>],
    changes: &[&'a Change],
    most: usize,
) -> Vec<Vec<Step<'a, I>>> {
    let mut batches = Vec::<Vec<Step<'a, I>>>::new();
    for change in changes {
        let mut steps = steps_of(records, change);
        match batches.last_mut().filter(|batch| batch.len() + steps.len() <= most) {
            Some(batch) => batch.append(&mut steps),
            None => batches.push(steps),
        }
    }
    batches
}

/// Values are altered in place as far as there are as many, then new ones come, and only then do
/// old ones go: there is no moment without an answer.
fn steps_of<'a, I>(records: &'a [Record<I>], change: &'a Change) -> Vec<Step<'a, I>> {
    let mut stale: Vec<_> = records.iter().filter(|record| is_of(record, change.key())).collect();
    let wanted = change.after().map(RrSet::rdata).unwrap_or_default();
    let ttl = change.after().map_or(Ttl::from_secs(0), RrSet::ttl);
    let (mut fresh, mut kept) = (Vec::new(), Vec::new());
    for rdata in wanted {
        match stale.iter().position(|record| record.rdata == *rdata) {
            Some(at) => kept.push((stale.remove(at), rdata)),
            None => fresh.push(rdata),
        }
    }
    let pairs = stale.len().min(fresh.len());
    let (surplus, missing) = (stale.split_off(pairs), fresh.split_off(pairs));
    let swapped = stale.into_iter().zip(fresh);
    let lowered = kept.into_iter().filter(|(record, _)| record.ttl != ttl);
    let updates = swapped.chain(lowered).map(|(record, rdata)| Step::Update { record, ttl, rdata });
    let creates =
        missing.into_iter().map(|rdata| Step::Create { owner: &change.key().owner, ttl, rdata });
    updates.chain(creates).chain(surplus.into_iter().map(Step::Delete)).collect()
}

fn is_of<I>(record: &Record<I>, key: &RrKey) -> bool {
    record.owner == key.owner && record.rdata.rtype() == key.rtype
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::Zone;
    use crate::plan::diff;

    fn zone(text: &str) -> Zone {
        Zone::parse(&text.replace('|', "\n"), &Name::parse("example.net.").unwrap()).unwrap()
    }

    #[test]
    fn there_is_no_moment_without_an_answer() {
        let check = |live: &str, wanted: &str, expected: &str| {
            let (live, wanted) = (zone(live), zone(wanted));
            let all = live.rrsets().flat_map(|rrset| {
                let record = |rdata: &Rdata| (rrset.owner().clone(), rrset.ttl(), rdata.clone());
                rrset.rdata().iter().map(record).collect::<Vec<_>>()
            });
            let records: Vec<_> = all
                .enumerate()
                .map(|(id, (owner, ttl, rdata))| Record { id, owner, ttl, rdata })
                .collect();
            let changes = diff(&live, &wanted);
            let changes: Vec<_> = changes.iter().collect();
            let found = steps(&records, &changes).into_iter().map(|step| match step {
                Step::Create { ttl, rdata, .. } => format!("+{ttl} {rdata}"),
                Step::Update { record, ttl, rdata } => format!("~{} {ttl} {rdata}", record.id),
                Step::Delete(record) => format!("-{}", record.id),
            });
            assert_eq!(found.collect::<Vec<_>>().join(", "), expected);
        };
        check("@ 60 MX 1 a.", "@ 60 MX 1 b.", "~0 60 1 b.");
        check("@ 60 MX 1 a.", "@ 30 MX 1 a.", "~0 30 1 a.");
        check("@ 60 MX 1 a.", "@ 30 MX 1 b.|@ 30 MX 2 c.", "~0 30 1 b., +30 2 c.");
        check("@ 60 MX 1 a.|@ 60 MX 2 b.", "@ 60 MX 3 c.", "~0 60 3 c., -1");
        check("@ 60 MX 1 a.|@ 60 MX 2 b.", "@ 60 MX 2 b.|@ 60 MX 3 c.", "~0 60 3 c.");
        check("@ 60 MX 1 a.|@ 60 MX 2 b.", "@ 60 MX 2 b.", "-0");
        check("@ 60 TXT x|@ 60 TXT y", "@ 30 TXT y|@ 30 TXT z", "~0 30 \"z\", ~1 30 \"y\"");
        check("", "@ 60 MX 1 a.", "+60 1 a.");
        check("@ 60 MX 1 a.", "", "-0");
        check("m 60 A 192.0.2.1", "m 60 CNAME b.", "-0, +60 b.");
    }
}
