//! Users of resolvers, each with a rhythm of their own.

use crate::cast::{Cast, sts_owner};
use crate::complaints::Complaints;
use crate::held::Held;
use crate::internet::sts_id;
use crate::judge::{Judge, Problems};
use crate::policy_host::{Fetched, PolicyHost};
use crate::post::Duty;
use crate::resolver::Resolver;
use crate::unlucky::Unlucky;
use crate::versions::{Version, Versions};
use cutover::dns::Rtype;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What they find when they ask.
pub(crate) struct Scene<'a> {
    pub(crate) now: i64,
    pub(crate) cast: &'a Cast,
    pub(crate) versions: &'a Versions,
    /// What each server says that answers at all.
    pub(crate) servers: &'a [&'a [Version]],
    pub(crate) policy_host: &'a PolicyHost,
    pub(crate) unlucky: &'a Unlucky,
    pub(crate) duty: Duty,
}

/// All of them, and who asks next.
pub(crate) struct Crowd {
    users: Vec<User>,
    /// When the users of which resolver's which cache ask.
    agenda: BinaryHeap<Reverse<(i64, usize, usize)>>,
}

/// The users of one resolver.
struct User {
    resolver: Resolver,
    /// The policy by which mail is sent from here.
    policy: Option<Fetched>,
    problems: Problems,
    /// What the platforms did when these were found.
    duty: Option<Duty>,
}

impl Crowd {
    pub(crate) fn new(resolvers: &[Resolver], questions: usize, now: i64) -> Self {
        let (mut users, mut agenda) = (Vec::new(), BinaryHeap::new());
        for (place, resolver) in resolvers.iter().enumerate() {
            let mut resolver = resolver.clone();
            resolver.begin(questions);
            for cache in 0..resolver.caches() {
                agenda.push(Reverse((resolver.next(cache, now), place, cache)));
            }
            users.push(User { resolver, policy: None, problems: Problems::new(), duty: None });
        }
        Self { users, agenda }
    }

    pub(crate) fn resolvers(&self) -> impl Iterator<Item = &Resolver> {
        self.users.iter().map(|user| &user.resolver)
    }

    /// When somebody asks next.
    pub(crate) fn next(&self) -> Option<i64> {
        self.agenda.peek().map(|Reverse((at, ..))| *at)
    }

    /// Those ask whose time has come.
    pub(crate) fn ask(&mut self, scene: &Scene<'_>, complaints: &mut Complaints) {
        while let Some(Reverse((at, place, cache))) = self.agenda.pop() {
            if at > scene.now {
                self.agenda.push(Reverse((at, place, cache)));
                return;
            }
            let user = &mut self.users[place];
            self.agenda.push(Reverse((user.resolver.next(cache, at), place, cache)));
            user.ask(place, cache, scene);
            if cache + 1 == user.resolver.caches() {
                complaints.note(&user.resolver.name, &user.problems, scene.now);
            }
        }
    }
}

impl User {
    fn ask(&mut self, place: usize, cache: usize, scene: &Scene<'_>) {
        let before = self.resolver.told.clone();
        for question in 0..scene.versions.questions() {
            let mut servers = || {
                let version = pick(scene, place, question)?;
                Some((version, scene.versions.ttl(question, version)))
            };
            self.resolver.ask(cache, question, scene.now, &mut servers);
        }
        if cache + 1 < self.resolver.caches() {
            return;
        }
        let has_new_policy = scene.cast.has_sts && self.fetch_policy(scene);
        if self.resolver.told == before && self.duty == Some(scene.duty) && !has_new_policy {
            return;
        }
        let told = self.resolver.told.iter().enumerate();
        let told = told.map(|(question, version)| {
            version.iter().map(|version| scene.versions.get(question, *version)).collect()
        });
        let held = Held::new(&scene.cast.questions, told.collect());
        let policies: Vec<_> = self.policy.iter().map(|policy| &policy.hosts).collect();
        let (cast, held, duty) = (scene.cast, &held, &scene.duty);
        self.problems = Judge { cast, held, duty, policies: &policies }.problems();
        self.duty = Some(scene.duty);
        if self.resolver.is_obedient() {
            self.is_known_to(scene);
        }
    }

    /// Does what DNS tells senders to do about a policy; whether they go by another now.
    fn fetch_policy(&mut self, scene: &Scene<'_>) -> bool {
        let question = scene.cast.questions.number(&sts_owner(&scene.cast.apex), Rtype::TXT);
        let told = question.and_then(|question| Some((question, self.resolver.told[question]?)));
        let id = told.and_then(|(question, told)| sts_id(scene.versions.get(question, told)));
        if self.policy.as_ref().is_some_and(|kept| kept.counts(id.as_deref(), scene.now)) {
            return false;
        }
        let fetched = id.map(|id| scene.policy_host.fetch(&id, scene.now));
        let hosts = |policy: &Option<Fetched>| policy.as_ref().map(|policy| policy.hosts.clone());
        let is_other = hosts(&fetched) != hosts(&self.policy);
        self.policy = fetched;
        is_other
    }

    /// Whatever an obedient resolver says, the unlucky know it.
    fn is_known_to(&self, scene: &Scene<'_>) {
        for (question, version) in self.resolver.told.iter().enumerate() {
            let Some(version) = version else { continue };
            let now = scene.servers.iter().map(|answers| answers[question]);
            let is_known = now.chain(scene.unlucky.held(question)).any(|known| known == *version);
            let key = &scene.cast.questions.keys[question];
            assert!(is_known, "{} says what nobody may: `{key}`", self.resolver.name);
        }
    }
}

/// What the server says that a resolver happens to ask: another one each time.
fn pick(scene: &Scene<'_>, place: usize, question: usize) -> Option<Version> {
    let first = scene.now as usize / 60 + 5 * place + 3 * question;
    let server = first.checked_rem(scene.servers.len())?;
    Some(scene.servers[server][question])
}
