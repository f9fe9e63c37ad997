//! Who plays in a transition: its two platforms, read off both sides and the zone as it was.

use crate::held::Held;
use crate::questions::Questions;
use crate::receiver::{Receiver, Sender, address, rdata};
use crate::world::{answer, world};
use cutover::dns::{Name, Rdata, RrKey, Rtype, Zone};
use cutover::mail::{Intent, Side};
use cutover::port::Answer;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// One of the two.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Who {
    Old,
    New,
}

/// A mail platform.
#[derive(Clone, Debug, Default)]
pub(crate) struct Platform {
    /// Its machines.
    addresses: BTreeSet<IpAddr>,
    /// Machines of which only others know the address.
    hosts: BTreeSet<Name>,
    /// Where it takes mail in.
    pub(crate) exchanges: BTreeSet<Name>,
    /// The names that its users know.
    pub(crate) clients: BTreeSet<Name>,
    /// The SRV records through which programs find it.
    pub(crate) services: BTreeSet<RrKey>,
    /// Who sends for it.
    pub(crate) senders: BTreeSet<Sender>,
    /// Whether it says so by SPF.
    pub(crate) has_spf: bool,
    /// What it signs with: a key, or an alias to one.
    pub(crate) keys: Vec<(Name, Rdata)>,
    /// The keys behind aliases, where it is told.
    behind: BTreeMap<Name, Rdata>,
}

/// Where a name may lead.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum End {
    Address(IpAddr),
    /// Outside the zone, where everything is as it ever was.
    Outside(Name),
}

/// All that one may come to from a name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paths {
    /// Whether one may find no address at all.
    pub(crate) missing: bool,
    pub(crate) ends: Vec<End>,
}

impl Platform {
    /// Whether an answer is a key, or leads to it, which it does as long as there is an account.
    pub(crate) fn verifies(
        &self,
        (owner, key): &(Name, Rdata),
        said: &Answer,
        ended: bool,
    ) -> bool {
        match rdata(said) {
            [Rdata::Cname(_)] if ended => false,
            [one] => one == key || self.behind.get(owner) == Some(one),
            _ => false,
        }
    }
}

/// The two platforms and what is asked about them.
#[derive(Clone, Debug)]
pub(crate) struct Cast {
    pub(crate) apex: Name,
    pub(crate) questions: Questions,
    /// Old, new.
    pub(crate) platforms: [Platform; 2],
    /// Whether mail from outside is to go elsewhere.
    pub(crate) moves_mx: bool,
    /// Whether senders look for an MTA-STS policy, before or after.
    pub(crate) has_sts: bool,
}

/// Longer chains of aliases lead nowhere.
const LONGEST_CHAIN: usize = 8;

impl Cast {
    pub(crate) fn new(live: &Zone, intent: &Intent) -> Self {
        let worlds = [live.clone(), world(live, &intent.new)];
        let questions = Questions::of(&[&worlds[0], &worlds[1]]);
        let sts = sts_owner(live.apex());
        let mut cast = Self {
            apex: live.apex().clone(),
            has_sts: worlds.iter().any(|world| world.find(&sts, Rtype::TXT).is_some()),
            questions,
            platforms: [Platform::default(), Platform::default()],
            moves_mx: false,
        };
        let sides = [&intent.old, &intent.new].into_iter().zip(&worlds);
        let platforms = sides.map(|(side, world)| cast.platform(side, world));
        cast.platforms = <[Platform; 2]>::try_from(platforms.collect::<Vec<_>>()).unwrap();
        let ends = |world| cast.with(world, |held| cast.delivery_ends(held));
        cast.moves_mx = ends(&worlds[0]) != ends(&worlds[1]);
        cast
    }

    /// What who knows just this zone may get.
    fn with<T>(&self, zone: &Zone, see: impl FnOnce(&Held<'_>) -> T) -> T {
        let said: Vec<Answer> = self.questions.keys.iter().map(|key| answer(zone, key)).collect();
        see(&Held::new(&self.questions, said.iter().map(|answer| vec![answer]).collect()))
    }

    fn platform(&self, side: &Side, world: &Zone) -> Platform {
        let clients = side.submission.iter().chain(&side.retrieval);
        let clients = clients.filter(|(_, rdata)| !rdata.is_empty()).map(|(owner, _)| owner);
        let services = side.records.iter().filter(|(rrset, _)| rrset.rtype() == Rtype::SRV);
        let mut found = Platform {
            exchanges: side.mx.iter().map(|mx| mx.exchange.clone()).collect(),
            clients: clients.cloned().collect(),
            services: services.map(|(rrset, _)| rrset.key().clone()).collect(),
            has_spf: side.spf.is_some(),
            keys: side.dkim.iter().map(|(owner, rdata)| (owner.clone(), rdata.clone())).collect(),
            behind: side
                .dkim
                .keys()
                .filter_map(|owner| Some((owner.clone(), side.copy(owner)?.clone())))
                .collect(),
            ..Platform::default()
        };
        self.with(world, |held| {
            let targets = found.services.iter().filter_map(|key| world.get(key));
            let targets = targets.flat_map(|rrset| rrset.rdata()).filter_map(|rdata| match rdata {
                Rdata::Srv(srv) => Some(srv.target.clone()),
                _ => None,
            });
            let names = found.exchanges.iter().chain(&found.clients).cloned().chain(targets);
            for end in names.flat_map(|name| self.paths(&name, held).ends).collect::<Vec<_>>() {
                match end {
                    End::Address(address) => drop(found.addresses.insert(address)),
                    End::Outside(host) => drop(found.hosts.insert(host)),
                }
            }
            found.senders = match found.has_spf {
                true => Receiver { apex: &self.apex, held }.allowed(),
                false => found.addresses.iter().copied().map(Sender::Address).collect(),
            };
        });
        found
    }

    /// Whose machine this is; it may be that of both.
    pub(crate) fn owners(&self, end: &End) -> [bool; 2] {
        [0, 1].map(|who| match end {
            End::Address(address) => self.platforms[who].addresses.contains(address),
            End::Outside(host) => self.platforms[who].hosts.contains(host),
        })
    }

    /// Where a name leads, through aliases.
    pub(crate) fn paths(&self, name: &Name, held: &Held<'_>) -> Paths {
        self.paths_within(name, held, 0)
    }

    fn paths_within(&self, name: &Name, held: &Held<'_>, depth: usize) -> Paths {
        if !name.is_within(&self.apex) {
            return Paths { missing: false, ends: vec![End::Outside(name.clone())] };
        }
        let mut all = Paths { missing: true, ends: Vec::new() };
        for rtype in [Rtype::A, Rtype::AAAA] {
            let mut missing = false;
            for answer in held.answers(name, rtype) {
                match rdata(answer) {
                    [] => missing = true,
                    [Rdata::Cname(target)] if depth < LONGEST_CHAIN => {
                        let further = self.paths_within(target, held, depth + 1);
                        missing |= further.missing;
                        all.ends.extend(further.ends);
                    }
                    rdata => all.ends.extend(rdata.iter().filter_map(address).map(End::Address)),
                }
            }
            all.missing &= missing;
        }
        all
    }

    /// Where MX may lead.
    fn delivery_ends(&self, held: &Held<'_>) -> Vec<End> {
        let answers = held.answers(&self.apex, Rtype::MX);
        let hosts = answers.iter().flat_map(|answer| crate::receiver::exchanges(answer));
        hosts.flat_map(|host| self.paths(host, held).ends).collect()
    }

    /// Platforms that somebody may be led to, and whether by MX.
    pub(crate) fn led(&self, held: &Held<'_>) -> BTreeSet<(usize, bool)> {
        let clients = self.platforms.iter().flat_map(|platform| &platform.clients);
        let clients = clients.flat_map(|name| self.paths(name, held).ends);
        let ends = clients.map(|end| (end, false));
        let ends = ends.chain(self.delivery_ends(held).into_iter().map(|end| (end, true)));
        // A machine that both have in common says nothing.
        let users = ends.filter_map(|(end, by_mx)| match self.owners(&end) {
            [true, false] => Some((0, by_mx)),
            [false, true] => Some((1, by_mx)),
            _ => None,
        });
        users.collect()
    }
}

/// Where senders learn of a domain's MTA-STS policy (RFC 8461 §3.1).
pub(crate) fn sts_owner(apex: &Name) -> Name {
    Name::parse_in("_mta-sts", apex).unwrap()
}
