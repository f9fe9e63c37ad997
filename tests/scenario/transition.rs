//! A transition as data: how it is, how it shall be, and the way that people want.

use crate::world::{remove, world};
use cutover::config::{Source, zone_file};
use cutover::dns::{Rdata, RrKey, Zone};
use cutover::mail::Intent;
use cutover::plan::Policy;
use std::collections::BTreeMap;
use std::path::Path;

/// When stories begin that have no date: 2027-01-15, a Friday, at 08:00.
pub(crate) const BEGIN: i64 = 1_800_000_000;

/// How long before its window a story with a date begins. The initial sync of mailboxes takes
/// longer, but changes nothing that anybody asks for.
const RUN_UP: i64 = 8 * 86_400;

#[derive(Clone, Debug)]
pub(crate) struct Transition {
    pub(crate) name: String,
    /// The zone as it is.
    pub(crate) live: Zone,
    pub(crate) intent: Intent,
    pub(crate) policy: Policy,
    /// When the story begins, in seconds since 1970.
    pub(crate) begin: i64,
    /// How long senders keep an MTA-STS policy, in seconds.
    pub(crate) max_age: i64,
}

/// What RFC 8461 §3.2 recommends: weeks. Most domains say one.
const MAX_AGE: i64 = 604_800;

impl Transition {
    pub(crate) fn new(live: Zone, intent: Intent, policy: Policy) -> Self {
        let opens = policy.window.map(|window| window.opens.timestamp());
        let begin = opens.map_or(BEGIN, |opens| opens - RUN_UP);
        let name = intent.zone.to_string();
        Self { name, live, intent, policy, begin, max_age: MAX_AGE }
    }

    /// The transitions of a folder in `examples/`, by the names of their zones.
    pub(crate) fn examples(folder: &str) -> Vec<Self> {
        let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(folder);
        let files = std::fs::read_dir(base.join("zones")).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        let read = |path: &Path| std::fs::read_to_string(path).unwrap();
        let specs = files.iter().flat_map(|path| {
            let (specs, mistakes) = zone_file(&Source::new(path, &read(path)), &base);
            assert!(mistakes.is_empty(), "{mistakes:?}");
            specs
        });
        let transition = |spec: cutover::config::ZoneSpec| {
            let zone = spec.intent.zone.to_string();
            let file = base.join(format!("db.{}", zone.trim_end_matches('.')));
            let live = Zone::parse(&read(&file), &spec.intent.zone).unwrap();
            Self::new(live, spec.intent, spec.policy)
        };
        specs.map(transition).collect()
    }

    /// The same without a date: each stage as soon as it may.
    pub(crate) fn at_once(self) -> Self {
        let policy = Policy { window: None, at: BTreeMap::new(), ..self.policy };
        Self { policy, ..self }
    }

    /// What the zone shall hold in the end, whatever its TTLs.
    pub(crate) fn goal(&self) -> BTreeMap<RrKey, Vec<Rdata>> {
        let mut live = self.live.clone();
        remove(&mut live, &self.intent.old);
        content(&world(&live, &self.intent.new))
    }
}

/// The records of a zone without their TTLs, the serial left out.
pub(crate) fn content(zone: &Zone) -> BTreeMap<RrKey, Vec<Rdata>> {
    let all = zone.rrsets().filter(|rrset| rrset.rtype() != cutover::dns::Rtype::SOA);
    all.map(|rrset| (rrset.key().clone(), rrset.rdata().to_vec())).collect()
}
