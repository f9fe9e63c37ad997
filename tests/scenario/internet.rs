//! A small internet: name servers, resolvers, and a clock that moves only when somebody sleeps.

use crate::authority::{Authority, Server};
use crate::cast::{Cast, Who, sts_owner};
use crate::complaints::{Complaints, Span};
use crate::crowd::{Crowd, Scene};
use crate::held::Held;
use crate::judge::{Judge, Problems};
use crate::policy_host::PolicyHost;
use crate::post::{Duty, Post};
use crate::receiver::rdata;
use crate::resolver::Resolver;
use crate::transition::Transition;
use crate::unlucky::Unlucky;
use crate::versions::{Edition, Version, Versions};
use cutover::dns::{Rdata, Rtype, Zone};
use cutover::port::Answer;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// A handle on it, which is every port of the engine but the journal.
#[derive(Clone)]
pub(crate) struct Internet(Arc<Mutex<State>>);

/// The name under which [`Unlucky`] complains.
pub(crate) const UNLUCKY: &str = "the unlucky";

/// Who is there when a story begins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setting {
    /// The primary comes first.
    pub(crate) servers: Vec<Authority>,
    pub(crate) resolvers: Vec<Resolver>,
    /// How long after the provider has accepted a change its primary answers with it.
    pub(crate) late: i64,
}

pub(crate) struct State {
    pub(crate) now: i64,
    pub(crate) cast: Cast,
    pub(crate) servers: Vec<Server>,
    /// What the provider shows.
    pub(crate) zone: Zone,
    pub(crate) policy_host: PolicyHost,
    /// Whether lookups are told of the primary only.
    pub(crate) is_blind: bool,
    /// How many calls have changed the zone.
    pub(crate) writes: usize,
    /// Whether the provider does what it is told and fails to say so, every other time.
    pub(crate) is_mute: bool,
    late: i64,
    post: Post,
    versions: Versions,
    crowd: Crowd,
    unlucky: Unlucky,
    /// What the unlucky complain about now.
    problems: Problems,
    /// Where they are led, and whether by MX.
    led: BTreeSet<(usize, bool)>,
    /// The MTA-STS ids that they may see, and whether they may see none.
    ids: (BTreeSet<String>, bool),
    complaints: Complaints,
}

impl Internet {
    pub(crate) fn new(now: i64, transition: &Transition, setting: &Setting) -> Self {
        let Transition { live, intent, policy, .. } = transition;
        let cast = Cast::new(live, intent);
        let mut versions = Versions::new(&cast.questions);
        let edition = Arc::new(versions.edition(live, &cast.questions));
        let servers = setting.servers.iter().cloned();
        let questions = cast.questions.keys.len();
        let (queue, soak) = (policy.transit.as_secs() as i64, policy.soak.as_secs() as i64);
        let mut state = State {
            now,
            servers: servers.map(|one| Server::new(one, edition.clone())).collect(),
            zone: live.clone(),
            policy_host: PolicyHost::new(cast.platforms[0].exchanges.clone(), transition.max_age),
            is_blind: false,
            writes: 0,
            is_mute: false,
            late: setting.late,
            // Its own queues and other people's alike.
            post: Post::new(queue, queue, soak, cast.moves_mx),
            crowd: Crowd::new(&setting.resolvers, questions, now),
            unlucky: Unlucky::new(questions),
            problems: Problems::new(),
            led: BTreeSet::new(),
            ids: (BTreeSet::new(), false),
            complaints: Complaints::default(),
            cast,
            versions,
        };
        state.look();
        Self(Arc::new(Mutex::new(state)))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// The zone as the provider has it.
    pub(crate) fn zone(&self) -> Zone {
        self.state().zone.clone()
    }

    /// The same as text.
    pub(crate) fn text(&self) -> String {
        self.zone().to_text()
    }

    /// What those complain about whose caches obey TTLs.
    pub(crate) fn violations(&self) -> Vec<String> {
        let state = self.state();
        let obedient = state.crowd.resolvers().filter(|one| one.is_obedient());
        let obedient: BTreeSet<_> = obedient.map(|one| one.name.as_str()).collect();
        let found = state.complaints.iter();
        let found = found.filter(|(who, ..)| *who == UNLUCKY || obedient.contains(who));
        found.map(|(who, what, span)| format!("{who}: {what} {span:?}")).collect()
    }

    /// What one resolver complains about, and when.
    pub(crate) fn complaints_of(&self, who: &str) -> BTreeMap<&'static str, Span> {
        let state = self.state();
        let found = state.complaints.iter().filter(|(name, ..)| *name == who);
        found.map(|(_, what, span)| (what, span)).collect()
    }
}

impl State {
    /// Lets time pass from event to event.
    pub(crate) fn advance(&mut self, until: i64) {
        while self.now < until {
            let turn = self.servers.iter().filter_map(|server| server.next(self.now)).min();
            let calm = [self.unlucky.next(), self.post.next(self.now)];
            let event = calm.into_iter().flatten().chain(turn).min().unwrap_or(until);
            let next = event.min(self.crowd.next().unwrap_or(until)).min(until);
            self.settle(next);
            if turn == Some(next) {
                self.turn(|server| server.follow(next));
            }
            if event == next {
                self.unlucky.forget(next);
                self.look();
            }
            self.meet();
        }
    }

    /// The provider accepts another zone.
    pub(crate) fn write(&mut self, zone: &Zone) {
        self.writes += 1;
        self.zone = zone.clone();
        let edition = Arc::new(self.versions.edition(zone, &self.cast.questions));
        let (now, at) = (self.now, self.now + self.late);
        self.turn(|server| {
            server.notify(&edition, at);
            server.follow(now);
        });
        self.look();
    }

    /// Everything stays as it is until `at`.
    fn settle(&mut self, at: i64) {
        self.led.iter().for_each(|(platform, by_mx)| self.post.used(*platform, *by_mx, at));
        self.policy_host.visit(&self.ids.0, at);
        self.complaints.note(UNLUCKY, &self.problems, at);
        self.now = at;
    }

    /// Servers change: up to now they answered as before.
    fn turn(&mut self, mut change: impl FnMut(&mut Server)) {
        let now = self.now;
        for server in &mut self.servers {
            let before = server.edition.clone();
            let fell_silent = server.is_up(now - 1) && !server.is_up(now);
            change(server);
            let is_new = !Arc::ptr_eq(&before, &server.edition);
            if fell_silent || (is_new && server.is_up(now)) {
                self.unlucky.hear(&before.answers, &self.versions, now);
            }
        }
    }

    /// Sees what the unlucky hold now.
    fn look(&mut self) {
        let up = up(&self.servers, self.now);
        let held = (0..self.versions.questions()).map(|question| {
            let now = up.iter().map(|answers| answers[question]);
            let all: BTreeSet<_> = self.unlucky.held(question).chain(now).collect();
            all.into_iter().map(|version| self.versions.get(question, version)).collect()
        });
        let held = Held::new(&self.cast.questions, held.collect());
        self.led = self.cast.led(&held);
        self.led.iter().for_each(|(platform, by_mx)| self.post.used(*platform, *by_mx, self.now));
        if self.cast.has_sts {
            let seen = held.answers(&sts_owner(&self.cast.apex), Rtype::TXT);
            let ids: Vec<_> = seen.iter().map(|answer| sts_id(answer)).collect();
            let sees_none = ids.iter().any(Option::is_none);
            self.ids = (ids.into_iter().flatten().collect(), sees_none);
            self.policy_host.visit(&self.ids.0, self.now);
        }
        let policies = self.policy_host.kept(&self.ids.0, self.ids.1);
        let (cast, held, duty) = (&self.cast, &held, &self.post.duty(self.now));
        self.problems = Judge { cast, held, duty, policies: &policies }.problems();
        self.complaints.note(UNLUCKY, &self.problems, self.now);
    }

    /// The crowd asks.
    fn meet(&mut self) {
        let scene = Scene {
            now: self.now,
            cast: &self.cast,
            versions: &self.versions,
            servers: &up(&self.servers, self.now),
            policy_host: &self.policy_host,
            unlucky: &self.unlucky,
            duty: self.duty(),
        };
        self.crowd.ask(&scene, &mut self.complaints);
    }

    fn duty(&self) -> Duty {
        self.post.duty(self.now)
    }

    /// A platform is taken out of service.
    pub(crate) fn switch_off(&mut self, who: Who) {
        self.post.switch_off(who);
        self.look();
    }

    /// The old platform closes the account, and takes its keys out of its own zone.
    pub(crate) fn end_account(&mut self) {
        self.post.end_account();
        self.look();
    }

    /// People put up an MTA-STS policy with the hosts of these platforms.
    pub(crate) fn serve_policy(&mut self, all: &[Who]) {
        let hosts = all.iter().flat_map(|who| &self.cast.platforms[*who as usize].exchanges);
        self.policy_host.serve(hosts.cloned().collect());
        self.look();
    }
}

/// What the servers say that answer.
fn up(servers: &[Server], now: i64) -> Vec<&[Version]> {
    let up = servers.iter().filter(|server| server.is_up(now));
    up.map(|server| {
        let edition: &Edition = &server.edition;
        &edition.answers[..]
    })
    .collect()
}

/// The id of a policy, if an answer tells of one (RFC 8461 §3.1).
pub(crate) fn sts_id(answer: &Answer) -> Option<String> {
    rdata(answer).iter().find_map(|rdata| match rdata {
        Rdata::Txt(txt) => {
            let text = txt.text().into_owned();
            let fields = text.strip_prefix("v=STSv1;")?.split(';').map(str::trim);
            fields.filter_map(|field| field.strip_prefix("id=")).next().map(str::to_owned)
        }
        _ => None,
    })
}
