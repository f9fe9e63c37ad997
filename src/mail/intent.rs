//! How a zone's mail records are and how they shall be, and which RRsets that claims.

use super::copies::KeyCopy;
use super::dmarc;
use super::platform::preset;
use super::spf::{Mechanism, Spf};
use crate::dns::rdata::{Mx, Txt};
use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Which part of mail a record serves. It decides in which stage the record moves.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Role {
    /// The `v=spf1` string among the TXT records of the zone's own name.
    Spf,
    /// A DKIM selector.
    Dkim,
    /// The `_dmarc` record.
    Dmarc,
    /// Where users send mail.
    Submission,
    /// The MX records.
    Delivery,
    /// Where users read mail.
    Retrieval,
    /// Anything else that the zone file names.
    Other,
}

/// One side of a transition: `old` or `new`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Side {
    /// The preset it started from.
    pub platform: Option<String>,
    /// The MX records of the zone's own name.
    pub mx: Vec<Mx>,
    /// Who may send.
    pub spf: Option<Spf>,
    /// DKIM selectors by their full owner name: TXT or CNAME.
    pub dkim: BTreeMap<Name, Rdata>,
    /// What takes the place of selectors that are aliases, when the side retires.
    pub copies: BTreeMap<Name, KeyCopy>,
    /// The DMARC record's text.
    pub dmarc: Option<String>,
    /// Names that users send to: CNAME or addresses.
    pub submission: BTreeMap<Name, Vec<Rdata>>,
    /// Names that users read at.
    pub retrieval: BTreeMap<Name, Vec<Rdata>>,
    /// Further records, with their TTL where it is written.
    pub records: Vec<(RrSet, Option<Ttl>)>,
    /// How long the platform takes to begin signing once its key is published.
    pub dkim_lead: Duration,
    /// How long the platform takes to notice that MX leads to it.
    pub mx_wait: Duration,
}

/// A zone's whole transition, as its file tells it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Intent {
    /// The zone.
    pub zone: Name,
    /// How the mail records are.
    pub old: Side,
    /// How they shall be.
    pub new: Side,
}

/// Values that one side wants under one key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claim {
    /// Owner and type.
    pub key: RrKey,
    /// What they serve.
    pub role: Role,
    /// The TTL, where the zone file gives one.
    pub ttl: Option<Ttl>,
    /// The values.
    pub rdata: Vec<Rdata>,
}

impl Intent {
    /// The RRsets to look at, for a driver that cannot see the whole zone: what both sides claim,
    /// and the addresses of the hosts that these name.
    ///
    /// SPF is frozen to addresses, and an MX host without one would look lost.
    pub fn keys(&self) -> BTreeSet<RrKey> {
        let sides = [&self.old, &self.new];
        let claims: Vec<_> = sides.iter().flat_map(|side| side.claims(&self.zone)).collect();
        let mut hosts = BTreeSet::from([self.zone.clone()]);
        for rdata in claims.iter().flat_map(|claim| &claim.rdata) {
            hosts.extend(match rdata {
                Rdata::Mx(mx) => Some(mx.exchange.clone()),
                Rdata::Cname(target) => Some(target.clone()),
                _ => None,
            });
        }
        let mut keys: BTreeSet<_> = claims.into_iter().map(|claim| claim.key).collect();
        keys.extend(self.copies().map(|(owner, ..)| RrKey::new(owner.clone(), Rtype::TXT)));
        let spf = sides.into_iter().filter_map(|side| side.spf.as_ref());
        for (_, mechanism) in spf.flat_map(Spf::directives) {
            match mechanism {
                Mechanism::A(target) => hosts.extend(target.name()),
                Mechanism::Mx(target) => {
                    keys.extend(target.name().map(|name| RrKey::new(name, Rtype::MX)));
                }
                _ => (),
            }
        }
        keys.extend(self.witnesses());
        let addresses =
            |host: Name| [Rtype::A, Rtype::AAAA].map(|rtype| RrKey::new(host.clone(), rtype));
        keys.extend(hosts.into_iter().flat_map(addresses));
        // What lies elsewhere is not for this zone's servers to say.
        keys.retain(|key| key.owner.is_within(&self.zone));
        keys
    }

    /// What rules about a whole zone look for besides, so that what was not asked for does not
    /// count as absent.
    fn witnesses(&self) -> BTreeSet<RrKey> {
        let sides = [&self.old, &self.new];
        let greeters = sides.into_iter().flat_map(|side| &side.mx);
        let greeters = greeters.map(|mx| RrKey::new(mx.exchange.clone(), Rtype::TXT));
        let records = sides.into_iter().filter_map(|side| side.dmarc.as_deref());
        let reported = records.flat_map(dmarc::report_domains).flat_map(|name| {
            [Rtype::MX, Rtype::A, Rtype::AAAA].map(|rtype| RrKey::new(name.clone(), rtype))
        });
        // `_imaps` beside `_imap`.
        let services = sides.into_iter().flat_map(|side| &side.records).map(|(set, _)| set);
        let services = services.filter(|set| set.rtype() == Rtype::SRV).filter_map(|set| {
            let label = str::from_utf8(set.owner().labels().next()?).ok()?;
            let owner = Name::parse_in(&format!("{label}s"), &set.owner().parent()?).ok()?;
            Some(RrKey::new(owner, Rtype::SRV))
        });
        let spf = sides.into_iter().filter_map(|side| side.spf.as_ref());
        let included = spf.flat_map(|spf| spf.included_within(&self.zone));
        let included = included.map(|name| RrKey::new(name, Rtype::TXT));
        greeters.chain(reported).chain(services).chain(included).collect()
    }

    /// Whether users reach the old platform by a name that the new one does not take over: it
    /// serves them, and sends for them, until it retires.
    pub fn keeps_users(&self) -> bool {
        let users = |side: &Side| -> BTreeSet<(Name, Role)> {
            let claims = side.claims(&self.zone).into_iter();
            let claims = claims.filter(|claim| !claim.rdata.is_empty());
            let names = claims.map(|claim| (claim.key.owner, claim.role));
            names.filter(|(_, role)| matches!(role, Role::Submission | Role::Retrieval)).collect()
        };
        !users(&self.old).is_subset(&users(&self.new))
    }

    /// The DMARC record to hold during the move.
    pub fn dmarc_in_between(&self) -> Option<String> {
        let (old, new) = (self.old.dmarc.as_deref(), self.new.dmarc.as_deref());
        // A record that cannot be read is a lint error; until it is mended, the old one stays.
        dmarc::relaxed(old, new).unwrap_or_else(|_| old.map(str::to_owned))
    }
}

impl Side {
    /// Its platform's name and last day, if that ends.
    pub fn ending(&self) -> Option<(&'static str, &'static str)> {
        let preset = preset(self.platform.as_deref()?)?;
        Some((preset.name, preset.ends()?))
    }

    /// Everything that this side wants in the zone.
    pub fn claims(&self, zone: &Name) -> Vec<Claim> {
        let claim = |owner: &Name, rtype, role, rdata| Claim {
            key: RrKey::new(owner.clone(), rtype),
            role,
            ttl: None,
            rdata,
        };
        let mut claims = Vec::new();
        if !self.mx.is_empty() {
            let rdata = self.mx.iter().cloned().map(Rdata::Mx).collect();
            claims.push(claim(zone, Rtype::MX, Role::Delivery, rdata));
        }
        if let Some(spf) = &self.spf {
            claims.push(claim(zone, Rtype::TXT, Role::Spf, vec![text(&spf.to_string())]));
        }
        for (owner, rdata) in &self.dkim {
            claims.push(claim(owner, rdata.rtype(), Role::Dkim, vec![rdata.clone()]));
        }
        if let Some(record) = &self.dmarc {
            claims.push(claim(&dmarc_owner(zone), Rtype::TXT, Role::Dmarc, vec![text(record)]));
        }
        for (role, hosts) in
            [(Role::Submission, &self.submission), (Role::Retrieval, &self.retrieval)]
        {
            for (owner, rdata) in hosts {
                for rtype in [Rtype::CNAME, Rtype::A, Rtype::AAAA] {
                    // None of a type is a claim too: an address that the file forgets would go on
                    // leading to the old system.
                    let of_type = rdata.iter().filter(|data| data.rtype() == rtype).cloned();
                    claims.push(claim(owner, rtype, role, of_type.collect()));
                }
            }
        }
        for (rrset, ttl) in &self.records {
            add(&mut claims, rrset, *ttl);
        }
        claims
    }
}

/// Adds one further record to the claim that it belongs to.
fn add(claims: &mut Vec<Claim>, rrset: &RrSet, ttl: Option<Ttl>) {
    let role = role_of(rrset.owner());
    let known = claims.iter_mut().find(|claim| claim.key == *rrset.key() && claim.role == role);
    match known {
        Some(claim) => {
            claim.rdata.extend_from_slice(rrset.rdata());
            claim.ttl = claim.ttl.or(ttl);
        }
        None => claims.push(Claim {
            key: rrset.key().clone(),
            role,
            ttl,
            rdata: rrset.rdata().to_vec(),
        }),
    }
}

/// Service labels by what users do with them (RFC 6186 §3, RFC 8314 §5.1, RFC 8620 §2.2).
fn role_of(owner: &Name) -> Role {
    let first = owner.labels().next().unwrap_or_default().to_ascii_lowercase();
    match first.as_slice() {
        b"_submission" | b"_submissions" | b"_smtps" => Role::Submission,
        b"_imap" | b"_imaps" | b"_pop3" | b"_pop3s" | b"_jmap" | b"_sieve" | b"_autodiscover"
        | b"_caldav" | b"_caldavs" | b"_carddav" | b"_carddavs" => Role::Retrieval,
        _ => Role::Other,
    }
}

/// Text as a TXT record.
pub fn text(text: &str) -> Rdata {
    Rdata::Txt(Txt::new(text))
}

/// `_dmarc` below the zone; a zone name too long for that has no DMARC record.
pub fn dmarc_owner(zone: &Name) -> Name {
    Name::parse_in("_dmarc", zone).unwrap_or_else(|_| zone.clone())
}
