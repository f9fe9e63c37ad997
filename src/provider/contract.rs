//! What [`crate::port::Provider::apply`] promises, as a pure function of zones.

use crate::dns::rdata::Soa;
use crate::dns::{Rdata, RrKey, RrSet, Zone};
use crate::plan::{Change, Scope, lies_between};

/// The zone after the changes; the key of the first whose RRset equals neither of its sides.
pub(super) fn applied(zone: &Zone, changes: &[Change]) -> Result<Zone, RrKey> {
    let mut after = zone.clone();
    for change in changes {
        let found = after.get(change.key());
        if found == change.after() {
            continue;
        }
        if found != change.before() {
            return Err(change.key().clone());
        }
        match change.after() {
            Some(rrset) => after.put(rrset.clone()),
            None => drop(after.remove(change.key())),
        }
    }
    Ok(after)
}

/// What is left to do; the key of the first change whose RRset is neither as before nor as after.
///
/// What an interrupted write left half done, record by record, is completed if `may_be_half`.
pub(super) fn pending<'c>(
    zone: &Zone,
    changes: &'c [Change],
    may_be_half: bool,
) -> Result<Vec<&'c Change>, RrKey> {
    let mut left = Vec::new();
    for change in changes {
        let found = zone.get(change.key());
        if found == change.after() {
            continue;
        }
        let is_half = || may_be_half && lies_between(change, found, &Scope::Whole);
        if found != change.before() && !is_half() {
            return Err(change.key().clone());
        }
        left.push(change);
    }
    Ok(left)
}

/// What is held instead of what was sent.
pub(super) fn mismatch(
    who: &str,
    key: &RrKey,
    live: Option<&RrSet>,
    after: Option<&RrSet>,
) -> String {
    let head = format!("the {who} took the update of `{key}`, but");
    match (live, after) {
        (Some(live), Some(after)) if live.same_rdata(after) => {
            format!("{head} made the TTL {} of {}", live.ttl(), after.ttl())
        }
        (None, _) => format!("{head} holds no such record"),
        (Some(live), _) => format!("{head} holds `{live}`"),
    }
}

/// The zone with its serial moved by one; `None` when it has no SOA to hold one.
pub(super) fn bumped(zone: &Zone) -> Option<Zone> {
    let (ttl, soa) = zone.soa()?;
    let soa = Soa { serial: soa.serial().next().0, ..soa.clone() };
    let mut bumped = zone.clone();
    bumped.put(RrSet::new(zone.apex().clone(), ttl, Rdata::Soa(soa)));
    Some(bumped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::Name;
    use crate::plan::diff;

    fn zone(text: &str) -> Zone {
        Zone::parse(text, &Name::parse("example.net.").unwrap()).unwrap()
    }

    #[test]
    fn a_change_is_done_or_applied_or_drift() {
        let changes = diff(&zone("@ 60 MX 10 a.\n"), &zone("@ 60 MX 10 b.\nx 60 TXT x\n"));
        let check = |live, after: Result<&str, &str>| {
            let found = applied(&zone(live), &changes).map_err(|key| key.to_string());
            assert_eq!(found, after.map(zone).map_err(str::to_owned), "{live}");
        };
        let done = "@ 60 MX 10 b.\nx 60 TXT x\n";
        check("@ 60 MX 10 a.\n", Ok(done));
        check(done, Ok(done));
        check("@ 60 MX 10 b.\n", Ok(done));
        check("@ 60 MX 10 a.\ny 1 TXT y\n", Ok("@ 60 MX 10 b.\nx 60 TXT x\ny 1 TXT y\n"));
        check("@ 61 MX 10 a.\n", Err("example.net. MX"));
        check("@ 60 MX 10 a.\nx 60 TXT y\n", Err("x.example.net. TXT"));
        check("", Err("example.net. MX"));
    }

    #[test]
    fn serials_move_by_one() {
        let found = bumped(&zone("@ 60 SOA a. b. 7 2 3 4 5\n"));
        assert_eq!(found, Some(zone("@ 60 SOA a. b. 8 2 3 4 5\n")));
        assert_eq!(bumped(&zone("@ 60 TXT x\n")), None);
    }
}
