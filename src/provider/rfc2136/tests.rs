//! Updates as messages: what is required, what is written, and how much fits.

use super::update::{Pending, batches, request};
use super::*;
use crate::dns::{RrSet, parse_rrset};

fn apex() -> Name {
    Name::parse("example.net.").unwrap()
}

fn rrset(text: &str) -> RrSet {
    parse_rrset(text, &apex()).unwrap().0
}

fn pending(changes: &[Change]) -> Vec<Pending<'_>> {
    let pending = |change: &'_ Change| change.before().cloned();
    changes.iter().map(|change| Pending { change, live: pending(change) }).collect()
}

/// The owners in each message.
fn split(changes: &[Change]) -> Vec<usize> {
    let pending = pending(changes);
    let batches = batches(&pending, &apex());
    for batch in &batches {
        let octets = message::encode(&request(&apex(), batch).unwrap()).unwrap();
        assert!(octets.len() < 50_000, "{}", octets.len());
    }
    batches.iter().map(Vec::len).collect()
}

#[test]
fn messages_are_neither_too_long_nor_too_many() {
    let create = |n: usize, data: &str| {
        let change = |i| Change::Create(rrset(&format!("t{i} 60 TXT {data}")));
        (0..n).map(change).collect::<Vec<_>>()
    };
    assert!(split(&[]).is_empty());
    assert_eq!(split(&create(500, "x")), [500]);
    assert_eq!(split(&create(501, "x")), [500, 1]);
    let long = create(300, &"x".repeat(250));
    assert_eq!(split(&long).iter().sum::<usize>(), 300);
    assert_eq!(split(&long).len(), 3);
}

#[test]
fn changes_of_one_owner_stay_together_and_deletes_come_first() {
    let fill = (0..499).map(|i| Change::Create(rrset(&format!("t{i} 60 A 192.0.2.1"))));
    let swap = [
        Change::Create(rrset("smtp 60 CNAME elsewhere.example.")),
        Change::Delete(rrset("smtp 60 A 192.0.2.1")),
    ];
    let changes: Vec<_> = fill.chain(swap.clone()).collect();
    assert_eq!(split(&changes), [499, 2]);
    let pending = pending(&swap);
    let message = request(&apex(), &pending.iter().collect::<Vec<_>>()).unwrap();
    let types: Vec<_> = message.authorities.iter().map(|r| r.record_type().to_string()).collect();
    assert_eq!(types, ["A", "CNAME"]);
    let prerequisites: Vec<_> = message.answers.iter().map(|r| r.ttl).collect();
    assert_eq!(prerequisites, [0, 0]);
}
