//! Batches of changes.

use super::Sets;
use super::xml::octal;
use crate::dns::Rdata;
use crate::plan::Change;
use std::fmt::Write as _;

/// Of the documents, not an address that is asked.
const NAMESPACE: &str = "https://route53.amazonaws.com/doc/2013-04-01/";
/// Records in one batch at most.
const RECORDS: usize = 1_000;
/// Characters of values in one batch at most.
const CHARACTERS: usize = 32_000;

/// The changes as documents, each within the host's limits; an RRset is never cut.
pub(super) fn batches(changes: &[&Change], held: &Sets) -> Vec<String> {
    let (mut documents, mut open) = (Vec::new(), Document::default());
    for change in changes {
        let one = Document::of(change, held);
        if !open.text.is_empty() && !open.has_room(&one) {
            documents.push(std::mem::take(&mut open).whole());
        }
        open.add(one);
    }
    documents.push(open.whole());
    documents
}

#[derive(Default)]
struct Document {
    text: String,
    records: usize,
    characters: usize,
}

impl Document {
    /// What was read goes, exactly so; what shall be comes.
    fn of(change: &Change, held: &Sets) -> Self {
        let mut document = Self::default();
        if let Some(set) = held.get(change.key()) {
            let values: Vec<_> = set.raw().map(str::to_owned).collect();
            document.set("DELETE", &set.name, &set.r#type, set.ttl.unwrap_or_default(), &values);
        }
        if let Some(after) = change.after() {
            let values: Vec<_> = after.rdata().iter().map(value).collect();
            let (name, rtype) = (octal(&after.owner().to_string()), after.rtype().to_string());
            document.set("CREATE", &name, &rtype, after.ttl().secs(), &values);
        }
        document
    }

    fn set(&mut self, action: &str, name: &str, rtype: &str, ttl: u32, values: &[String]) {
        let records = values.iter().fold(String::new(), |mut text, value| {
            // Writing to a `String` cannot fail.
            let _ = write!(
                text,
                "<ResourceRecord><Value>{}</Value></ResourceRecord>",
                quick_xml::escape::escape(value.as_str())
            );
            text
        });
        let name = quick_xml::escape::escape(name);
        let _ = write!(
            self.text,
            "<Change><Action>{action}</Action><ResourceRecordSet><Name>{name}</Name>\
             <Type>{rtype}</Type><TTL>{ttl}</TTL><ResourceRecords>{records}</ResourceRecords>\
             </ResourceRecordSet></Change>"
        );
        self.records += values.len();
        self.characters += values.iter().map(String::len).sum::<usize>();
    }

    fn has_room(&self, other: &Self) -> bool {
        self.records + other.records <= RECORDS && self.characters + other.characters <= CHARACTERS
    }

    fn add(&mut self, other: Self) {
        self.text += &other.text;
        self.records += other.records;
        self.characters += other.characters;
    }

    fn whole(self) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <ChangeResourceRecordSetsRequest xmlns=\"{NAMESPACE}\"><ChangeBatch><Changes>{}\
             </Changes></ChangeBatch></ChangeResourceRecordSetsRequest>",
            self.text
        )
    }
}

fn value(rdata: &Rdata) -> String {
    octal(&rdata.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Name, Zone};
    use crate::plan::diff;

    #[test]
    fn an_rrset_is_never_cut() {
        let apex = Name::parse("example.net.").unwrap();
        let zone = |count: usize, each: usize| {
            let lines =
                (0..count).flat_map(|n| (0..each).map(move |m| format!("n{n} 60 A 10.0.{n}.{m}")));
            Zone::parse(&lines.collect::<Vec<_>>().join("\n"), &apex).unwrap()
        };
        let check = |count, each, expected: usize| {
            let changes = diff(&zone(0, 0), &zone(count, each));
            let changes: Vec<_> = changes.iter().collect();
            let found = batches(&changes, &Sets::new());
            assert_eq!(found.len(), expected, "{count} x {each}");
            let whole = |text: &String| text.matches("<Change>").count();
            assert_eq!(found.iter().map(whole).sum::<usize>(), count);
        };
        check(1, 1, 1);
        check(10, 100, 1);
        check(11, 100, 2);
    }
}
