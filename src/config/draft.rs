//! Writes a zone file, in words that its reader takes.

mod target;
mod yaml;

use super::Platform;
use crate::dns::{Name, Rdata, RrSet, Zone};
use crate::mail::{Side, Survey};
use std::collections::BTreeMap;
use target::{Move, Target};
use yaml::{Block, scalar};

/// A zone file that is still to be written.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// The zone as it is.
    pub zone: &'a Zone,
    /// Its mail records.
    pub survey: &'a Survey,
    /// The platform that has them.
    pub from: Option<&'a Platform>,
    /// The account that serves it.
    pub provider: &'a str,
}

impl Draft<'_> {
    /// A file whose two sides say the same, so that nothing is to be done.
    pub fn still(&self) -> String {
        let mut block = self.head();
        block.open("old");
        self.old(&mut block, &self.survey.side);
        block.close();
        block.open("new");
        block.comment("As `old`, so nothing changes: write here what shall, or import anew with");
        block.comment("`--to PLATFORM --force`.");
        self.side(&mut block, &self.survey.side, self.from);
        block.finish()
    }

    /// A file that moves to a platform; where an MTA-STS policy must change, under this id.
    pub fn moving(&self, to: &Platform, policy_id: &str) -> String {
        let Self { zone, survey, from, .. } = *self;
        let Target { side, questions, unspoken } =
            Move { zone, survey, from, to, policy_id }.target();
        let mut old = survey.side.clone();
        old.records.retain(|(set, _)| !unspoken.contains(set));
        let mut block = self.head();
        block.open("old");
        self.old(&mut block, &old);
        block.close();
        block.open("new");
        questions.iter().for_each(|question| block.question(question));
        block.pair("platform", to.name);
        to.notes.iter().for_each(|note| block.line(note));
        if !to.settings.is_empty() {
            block.question("what only the console knows");
            block.comment("settings:");
            let settings = to.settings.iter().filter(|(name, _)| !to.derived.contains_key(*name));
            settings.for_each(|(name, place)| block.comment(&format!("  {name}: # {place}")));
        }
        self.side(&mut block, &side, None);
        block.finish()
    }

    fn head(&self) -> Block {
        let mut block = Block::default();
        block.pair("version", "1");
        let zone = self.zone.apex().to_string();
        block.pair("zone", zone.strip_suffix('.').unwrap_or(&zone));
        block.pair("provider", self.provider);
        block
    }

    fn old(&self, block: &mut Block, side: &Side) {
        for remark in &self.survey.remarks {
            match remark.is_open {
                true => block.question(&remark.to_string()),
                false => block.comment(&remark.to_string()),
            }
        }
        self.side(block, side, self.from);
    }

    /// What a side writes, and `[]` for what its platform would bring else.
    fn side(&self, block: &mut Block, side: &Side, platform: Option<&Platform>) {
        if let Some(platform) = platform {
            block.pair("platform", platform.name);
        }
        let brought = |key| platform.is_some_and(|platform| platform.keys.contains(key));
        let apex = self.zone.apex();
        let mx =
            side.mx.iter().map(|mx| format!("{} {}", mx.preference, short(&mx.exchange, apex)));
        block.list("mx", mx.collect(), brought("mx"));
        match &side.spf {
            Some(spf) => block.pair("spf", &spf.to_string()),
            None => block.list("spf", Vec::new(), brought("spf")),
        }
        let keys = Name::parse_in("_domainkey", apex).unwrap_or_else(|_| apex.clone());
        let selectors = side.dkim.iter().map(|(owner, rdata)| {
            let value = match rdata {
                Rdata::Cname(target) => {
                    format!("{{cname: {}}}", scalar(&short(target, apex), true))
                }
                other => scalar(&other.text().unwrap_or_default(), false),
            };
            (owner.relative_to(&keys), vec![value])
        });
        block.table("dkim", selectors.collect(), brought("dkim"));
        if let Some(record) = &side.dmarc {
            block.pair("dmarc", record);
        }
        for (key, hosts) in [("submission", &side.submission), ("retrieval", &side.retrieval)] {
            block.table(key, self.hosts(hosts), brought(key));
        }
        let lines = side.records.iter().flat_map(|(set, _)| record_lines(set, apex));
        block.list("records", lines.collect(), brought("records"));
    }

    fn hosts(&self, hosts: &BTreeMap<Name, Vec<Rdata>>) -> Vec<(String, Vec<String>)> {
        let apex = self.zone.apex();
        let value = |rdata: &Rdata| match rdata {
            Rdata::Cname(target) => scalar(&short(target, apex), false),
            address => scalar(&address.to_string(), false),
        };
        let each = hosts.iter();
        each.map(|(name, all)| (short(name, apex), all.iter().map(value).collect())).collect()
    }
}

/// A name as our files want it: one label below the zone by itself, all others with their dot.
fn short(name: &Name, zone: &Name) -> String {
    let is_near = name.parent().as_ref() == Some(zone) || name == zone;
    if is_near { name.relative_to(zone) } else { name.to_string() }
}

fn record_lines(set: &RrSet, apex: &Name) -> Vec<String> {
    let owner = set.owner().relative_to(apex);
    let lines = set.rdata().iter().map(|rdata| format!("{owner} IN {} {rdata}", set.rtype()));
    lines.collect()
}

#[cfg(test)]
mod tests;
