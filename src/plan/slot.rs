//! Slots: values of one role under one key, and what stands there at each stage.

use super::union::{Stands, has_spf, texts, union};
use super::{Mismatch, Scope, Stage};
use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl, Zone};
use crate::mail::intent::text;
use crate::mail::{Claim, Intent, Role, Side, spf, sts};
use std::collections::{BTreeMap, BTreeSet};

/// The old and new values of one role under one key.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) key: RrKey,
    role: Role,
    old: Vec<Rdata>,
    new: Vec<Rdata>,
    /// What stands between `prepare` and `retire`, where that is neither old nor new.
    between: Option<Vec<Rdata>>,
    /// What stands between `retire` and `retire-keys`, where a key is copied from the old platform.
    copied: Option<Vec<Rdata>>,
    /// Whether `new` has values for the same owner and role, perhaps of another type.
    replaced: bool,
    /// Whether it is an address, or an alias, of a host that `old` has under the same name.
    takes_over: bool,
    /// The stage in which what only the old platform needs goes, if it is about who sends.
    unsent: Stage,
    /// The stage in which what only the old SPF record leads to goes, if this plan has one.
    unled: Option<Stage>,
    live: Vec<Rdata>,
    pub(super) ttl: Option<Ttl>,
}

/// The slots of an intent, each with what the live zone holds of it.
pub(super) fn slots(live: &Zone, intent: &Intent, stands: &Stands<'_>) -> Vec<Slot> {
    let (old, new) = (intent.old.claims(&intent.zone), intent.new.claims(&intent.zone));
    let replaced: BTreeSet<(Name, Role)> =
        new.iter().map(|claim| (claim.key.owner.clone(), claim.role)).collect();
    let hosts = old.iter().filter(|claim| is_host(claim.key.rtype));
    let hosts: BTreeSet<Name> = hosts.map(|claim| claim.key.owner.clone()).collect();
    // Mail is under way from those who use the old platform to its end.
    let unsent = if intent.keeps_users() { Stage::RetireKeys } else { Stage::Retire };
    let unled = unled(live, intent, unsent);
    let mut slots: BTreeMap<(RrKey, Role), Slot> = BTreeMap::new();
    let mut enter = |claim: Claim, is_new: bool| {
        let Claim { key, role, ttl, mut rdata } = claim;
        rdata.sort();
        let replaced = replaced.contains(&(key.owner.clone(), role));
        let takes_over = is_host(key.rtype) && hosts.contains(&key.owner);
        let slot = slots.entry((key.clone(), role)).or_insert_with(|| Slot {
            key,
            role,
            old: Vec::new(),
            new: Vec::new(),
            between: None,
            copied: None,
            replaced,
            takes_over,
            unsent,
            unled,
            live: Vec::new(),
            ttl: None,
        });
        slot.ttl = ttl.or(slot.ttl);
        *(if is_new { &mut slot.new } else { &mut slot.old }) = rdata;
    };
    let copied = copied(live, intent);
    // Where a key is to come, there is none yet.
    let absent = copied.keys().map(|(key, role)| Claim {
        key: key.clone(),
        role: *role,
        ttl: None,
        rdata: Vec::new(),
    });
    absent.for_each(|claim| enter(claim, false));
    old.into_iter().for_each(|claim| enter(claim, false));
    new.into_iter().for_each(|claim| enter(claim, true));
    for (place, rdata) in copied {
        slots.entry(place).and_modify(|slot| slot.copied = Some(rdata));
    }
    let mut slots: Vec<_> = slots.into_values().collect();
    for slot in &mut slots {
        slot.between = match slot.is_shared_text() {
            true => Some(texts(&slot.key.owner, [&slot.old, &slot.new], intent, live)),
            false if slot.is_rollover() => {
                Some(slot.old.iter().chain(&slot.new).cloned().collect())
            }
            false if slot.is_policy_id() => slot.id_between(intent),
            false => between(slot.role, intent, live, stands),
        };
        slot.live = slot.scope().ours(live.get(&slot.key)).into_iter().cloned().collect();
    }
    slots
}

/// When nobody is led any more to what only the old SPF record includes: a phase after that in
/// which it goes. Where no phase is left, the next plan takes it away.
fn unled(live: &Zone, intent: &Intent, unsent: Stage) -> Option<Stage> {
    let own = live.find(&intent.zone, Rtype::TXT).map(RrSet::rdata).unwrap_or_default();
    let led = own.iter().filter_map(Rdata::text).filter_map(|text| spf::Spf::parse(&text).ok());
    let is_past = led.into_iter().all(|spf| Some(&spf) == intent.new.spf.as_ref());
    (is_past || unsent == Stage::Retire).then_some(Stage::RetireKeys)
}

/// The scope of all slots under one key together.
pub(super) fn scope(slots: &[&Slot]) -> Scope {
    slots.iter().map(|slot| slot.scope()).fold(
        Scope::Values { spf: false, exact: BTreeSet::new() },
        |all, one| match (all, one) {
            (Scope::Values { spf: a, exact }, Scope::Values { spf: b, exact: more }) => {
                Scope::Values { spf: a || b, exact: exact.into_iter().chain(more).collect() }
            }
            _ => Scope::Whole,
        },
    )
}

/// What takes the place of aliases to keys of the old platform when it retires: a text instead.
///
/// A zone that shows neither has left both behind: a finished transition plans no change.
fn copied(live: &Zone, intent: &Intent) -> BTreeMap<(RrKey, Role), Vec<Rdata>> {
    let known = intent.copies().filter_map(|(owner, ..)| Some((owner, intent.old.copy(owner)?)));
    let places = known.flat_map(|(owner, key)| {
        let [alias, text] =
            [Rtype::CNAME, Rtype::TXT].map(|rtype| RrKey::new(owner.clone(), rtype));
        let is_left = live.get(&alias).is_none() && live.get(&text).is_none();
        let places = [((alias, Role::Dkim), vec![]), ((text, Role::Dkim), vec![key.clone()])];
        places.into_iter().filter(move |_| !is_left)
    });
    places.collect()
}

/// What the roles that need it publish while both platforms are in use.
fn between(role: Role, intent: &Intent, live: &Zone, stands: &Stands<'_>) -> Option<Vec<Rdata>> {
    match role {
        Role::Spf => union(live, intent, stands).map(|spf| vec![text(&spf.to_string())]),
        Role::Dmarc => Some(vec![text(&intent.dmarc_in_between()?)]),
        _ => None,
    }
}

fn is_host(rtype: Rtype) -> bool {
    [Rtype::A, Rtype::AAAA, Rtype::CNAME].contains(&rtype)
}

impl Slot {
    /// Which values under its key belong to it.
    fn scope(&self) -> Scope {
        match self.role {
            Role::Spf => Scope::Values { spf: true, exact: BTreeSet::new() },
            Role::Other if self.is_shared_text() => {
                let exact = self.old.iter().chain(&self.new).cloned().collect();
                Scope::Values { spf: self.is_joined(), exact }
            }
            _ => Scope::Whole,
        }
    }

    /// Whether strangers' strings, and both sides', may stand beside each other here.
    fn is_shared_text(&self) -> bool {
        self.role == Role::Other && self.key.rtype == Rtype::TXT && !self.is_single_text()
    }

    /// Whether a server is given another key, which is published before it is used (RFC 7671 §8.1).
    fn is_rollover(&self) -> bool {
        let is_key = self.role == Role::Other && self.key.rtype == Rtype::TLSA;
        is_key && !self.old.is_empty() && !self.new.is_empty()
    }

    /// Whether both sides have an SPF record here, which the apex may well include.
    fn is_joined(&self) -> bool {
        self.is_shared_text() && has_spf(&self.old) && has_spf(&self.new)
    }

    /// Whether two strings count as none, so that they change places at once: senders would not
    /// see a new MTA-STS policy, and refuse the new MX (RFC 8461 §3.1, RFC 8460 §3).
    fn is_single_text(&self) -> bool {
        let mut labels = self.key.owner.labels().map(<[u8]>::to_ascii_lowercase);
        let head = [labels.next(), labels.next()].map(Option::unwrap_or_default);
        let single = head[0] == b"_mta-sts" || head == [b"_smtp".to_vec(), b"_tls".to_vec()];
        self.role == Role::Other && self.key.rtype == Rtype::TXT && single
    }

    /// Whether it tells senders of the MTA-STS policy.
    fn is_policy_id(&self) -> bool {
        let first = self.key.owner.labels().next();
        self.is_single_text() && first.is_some_and(|label| label.eq_ignore_ascii_case(b"_mta-sts"))
    }

    /// While MX moves there is a third policy, which lists the hosts of both sides: it has an id of
    /// its own, so that `new` brings one more when the old hosts go (RFC 8461 §3.1, §8.1).
    fn id_between(&self, intent: &Intent) -> Option<Vec<Rdata>> {
        let hosts = |side: &Side| -> BTreeSet<Name> {
            side.mx.iter().map(|mx| mx.exchange.clone()).collect()
        };
        let record = |values: &[Rdata]| match values {
            [one] => sts::Record::parse(&one.text()?).ok(),
            _ => None,
        };
        let (old, new) = (record(&self.old)?, record(&self.new)?);
        let is_third = hosts(&intent.old) != hosts(&intent.new) && old.id != new.id;
        let id = sts::Id::between(&old.id, &new.id);
        is_third.then(|| vec![text(&sts::Record { id, ..new }.to_string())])
    }

    /// Whether it only adds: a further address of a host of `old` leads people elsewhere.
    fn is_addition(&self) -> bool {
        self.old.is_empty() && !self.takes_over
    }

    /// Its values once these stages are reached; what is there already stays as it is spelt.
    pub(super) fn content(&self, reached: &BTreeSet<Stage>) -> Vec<Rdata> {
        let wanted = self.wanted(reached);
        if self.is_live(&wanted) { self.live.clone() } else { wanted }
    }

    /// What is as `new` wants it already stays so: a finished transition plans no change.
    fn wanted(&self, reached: &BTreeSet<Stage>) -> Vec<Rdata> {
        if self.is_live(&self.new) && !self.is_live(&self.old) {
            return self.new.clone();
        }
        let at = |stage| reached.contains(&stage);
        let both = || self.old.iter().chain(&self.new).cloned().collect();
        let texts_gone = match (has_spf(&self.old), has_spf(&self.new)) {
            (true, true) => at(self.unsent),
            (true, false) => self.unled.is_some_and(at),
            (false, _) => at(Stage::Retire),
        };
        match self.role {
            Role::Spf | Role::Dmarc if at(self.unsent) => self.new.clone(),
            Role::Spf | Role::Dmarc if at(Stage::Prepare) => {
                self.between.clone().unwrap_or_else(|| self.old.clone())
            }
            Role::Dkim if at(Stage::RetireKeys) => self.new.clone(),
            Role::Dkim if self.is_copied() || at(Stage::Retire) => {
                self.copied.clone().unwrap_or_else(both)
            }
            Role::Dkim if at(Stage::Prepare) => both(),
            Role::Submission => self.moved(at(Stage::Submission), at(Stage::Retire)),
            Role::Delivery => self.moved(at(Stage::Delivery), at(Stage::Retire)),
            Role::Retrieval => self.moved(at(Stage::Retrieval), at(Stage::Retire)),
            Role::Other if self.is_addition() && at(Stage::Prepare) => self.new.clone(),
            Role::Other if self.is_shared_text() => match (at(Stage::Prepare), texts_gone) {
                (_, true) => self.new.clone(),
                (true, false) => self.between.clone().unwrap_or_else(both),
                (false, false) => self.old.clone(),
            },
            Role::Other if self.is_rollover() => match (at(Stage::Prepare), at(Stage::Retire)) {
                (_, true) => self.new.clone(),
                (true, false) => both(),
                (false, false) => self.old.clone(),
            },
            Role::Other if self.is_single_text() && self.replaced && at(Stage::Prepare) => {
                let between = self.between.clone().filter(|_| !at(Stage::Retire));
                between.unwrap_or_else(|| self.new.clone())
            }
            Role::Other => self.moved(at(Stage::Delivery), at(Stage::Retire)),
            _ => self.old.clone(),
        }
    }

    /// Old until its stage; then new, or old on until it retires where nothing takes its place.
    fn moved(&self, reached: bool, retired: bool) -> Vec<Rdata> {
        match (reached, self.replaced) {
            (false, _) => self.old.clone(),
            (true, true) => self.new.clone(),
            (true, false) if retired => Vec::new(),
            (true, false) => self.old.clone(),
        }
    }

    /// Whether the live zone holds just these values of it.
    pub(super) fn is_live(&self, values: &[Rdata]) -> bool {
        let mut values = values.to_vec();
        values.sort();
        values.dedup();
        self.live == values || (self.role == Role::Spf && self.same_spf(&values))
    }

    /// SPF counts by its terms, so spacing and case of words are no difference.
    fn same_spf(&self, values: &[Rdata]) -> bool {
        let parse = |values: &[Rdata]| match values {
            [Rdata::Txt(txt)] => spf::Spf::parse(&txt.text()).ok(),
            _ => None,
        };
        parse(&self.live).is_some_and(|live| parse(values) == Some(live))
    }

    /// Whether the copy of a key is where the alias was.
    fn is_copied(&self) -> bool {
        self.copied.as_ref().is_some_and(|copied| !copied.is_empty() && self.is_live(copied))
    }

    /// Whether it has left its old values for those to come. A new key may well be there early.
    pub(super) fn is_begun(&self) -> bool {
        let drains = !matches!(self.role, Role::Dkim | Role::Dmarc | Role::Other);
        let drains = drains || self.is_copied();
        drains && !self.is_live(&self.old) && self.mismatch().is_none()
    }

    /// What is wrong if the live zone holds neither what was, nor what comes.
    pub(super) fn mismatch(&self) -> Option<Mismatch> {
        let fits = self.is_live(&self.old)
            || self.is_live(&self.new)
            || [&self.between, &self.copied].into_iter().flatten().any(|one| self.is_live(one));
        let show = |values: &[Rdata]| match values {
            [] => "absent".to_owned(),
            _ => values.iter().map(|v| format!("`{v}`")).collect::<Vec<_>>().join(", "),
        };
        (!fits).then(|| Mismatch {
            key: self.key.clone(),
            live: show(&self.live),
            old: show(&self.old),
        })
    }
}
