//! The zone as one side alone would have it, and what a name server says of it.

use cutover::dns::rdata::Txt;
use cutover::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl, Zone};
use cutover::mail::Side;
use cutover::port::Answer;

/// The types under which a host is found.
pub(crate) const HOST: [Rtype; 3] = [Rtype::A, Rtype::AAAA, Rtype::CNAME];

/// TTLs in a world mean nothing.
const NO_TTL: Ttl = Ttl::from_secs(0);

/// The live zone with everything as a side wants it, and strangers' records as they are.
pub(crate) fn world(live: &Zone, side: &Side) -> Zone {
    let mut zone = live.clone();
    let apex = live.apex().clone();
    let mx = side.mx.iter().cloned().map(|mx| (apex.clone(), Rdata::Mx(mx)));
    let spf = side.spf.iter().map(|spf| (apex.clone(), text(&spf.to_string())));
    let dmarc = side.dmarc.iter().map(|record| (dmarc_owner(live), text(record)));
    let dkim = side.dkim.iter().map(|(owner, rdata)| (owner.clone(), rdata.clone()));
    let hosts = side.submission.iter().chain(&side.retrieval);
    let hosts = hosts.flat_map(|(owner, all)| all.iter().map(|one| (owner.clone(), one.clone())));
    let records = side.records.iter().map(|(rrset, _)| rrset);
    let records = records.flat_map(|set| set.rdata().iter().map(|one| (set.owner().clone(), one)));
    let records = records.map(|(owner, rdata)| (owner, rdata.clone()));
    let all: Vec<_> = mx.chain(spf).chain(dmarc).chain(dkim).chain(hosts).chain(records).collect();
    remove(&mut zone, side);
    all.into_iter().for_each(|(owner, rdata)| zone.add(owner, NO_TTL, rdata));
    zone
}

/// Takes out of a zone whatever stands in the places of which a side speaks.
pub(crate) fn remove(zone: &mut Zone, side: &Side) {
    let apex = zone.apex().clone();
    let mut drop = |owner: &Name, types: &[Rtype]| {
        types.iter().for_each(|rtype| drop(zone.remove(&RrKey::new(owner.clone(), *rtype))));
    };
    if !side.mx.is_empty() {
        drop(&apex, &[Rtype::MX]);
    }
    side.dkim.keys().for_each(|owner| drop(owner, &[Rtype::TXT, Rtype::CNAME]));
    side.submission.keys().chain(side.retrieval.keys()).for_each(|owner| drop(owner, &HOST));
    for (rrset, _) in &side.records {
        match HOST.contains(&rrset.rtype()) {
            true => drop(rrset.owner(), &HOST),
            // Strangers' strings stand beside ours.
            false if *rrset.owner() == apex => (),
            false => drop(rrset.owner(), &[rrset.rtype()]),
        }
    }
    let dmarc = dmarc_owner(zone);
    zone.remove(&RrKey::new(dmarc, Rtype::TXT));
    let mine = |rdata: &Rdata| {
        let is_record = |(set, _): &(RrSet, _)| *set.owner() == apex && set.rdata().contains(rdata);
        spf_text(rdata).is_some() || side.records.iter().any(is_record)
    };
    if let Some(txt) = zone.remove(&RrKey::new(apex.clone(), Rtype::TXT)) {
        let others = txt.rdata().iter().filter(|rdata| !mine(rdata)).cloned();
        RrSet::of(txt.key().clone(), txt.ttl(), others).into_iter().for_each(|set| zone.put(set));
    }
}

/// The text of a TXT record that is about SPF.
pub(crate) fn spf_text(rdata: &Rdata) -> Option<String> {
    match rdata {
        Rdata::Txt(txt) => Some(txt.text().into_owned()),
        _ => None,
    }
    .filter(|text| text == "v=spf1" || text.starts_with("v=spf1 "))
}

/// What a server with this zone says: the records, an alias, a wildcard's, or that there is none.
pub(crate) fn answer(zone: &Zone, key: &RrKey) -> Answer {
    let at = |owner: &Name| zone.find(owner, key.rtype).or_else(|| zone.find(owner, Rtype::CNAME));
    let found = at(&key.owner).cloned().or_else(|| {
        let mut above = std::iter::successors(Some(key.owner.clone()), Name::parent);
        let closest = above.find(|name| zone.has_name(name))?;
        let wildcard = (closest != key.owner).then(|| Name::parse_in("*", &closest).unwrap())?;
        let found = at(&wildcard)?;
        let key = RrKey::new(key.owner.clone(), found.rtype());
        RrSet::of(key, found.ttl(), found.rdata().iter().cloned())
    });
    Answer::of(found.as_ref(), zone.negative_ttl())
}

pub(crate) fn text(text: &str) -> Rdata {
    Rdata::Txt(Txt::new(text))
}

fn dmarc_owner(zone: &Zone) -> Name {
    Name::parse_in("_dmarc", zone.apex()).unwrap()
}
