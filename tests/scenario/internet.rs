//! A small internet: name servers, resolvers, and a clock that moves only when somebody sleeps.

use crate::authority::Authority;
use crate::domain::{IMAP, MX, QUESTIONS, SMTP};
use crate::judge::judge;
use crate::post::{Duty, Platform, Post, leads};
use crate::resolver::Resolver;
use crate::unlucky::Unlucky;
use cutover::dns::Zone;
use cutover::port::Answer;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// A handle on it, which is every port of the engine but the journal.
#[derive(Clone)]
pub(crate) struct Internet(Arc<Mutex<State>>);

/// What somebody could complain about: who, and what.
pub(crate) type Complaint = (String, &'static str);

/// When it was so, in seconds since 1970.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Span {
    pub(crate) first: i64,
    pub(crate) last: i64,
}

/// The name under which [`Unlucky`] complains.
pub(crate) const UNLUCKY: &str = "the unlucky";

pub(crate) struct State {
    pub(crate) now: i64,
    /// The primary comes first.
    pub(crate) servers: Vec<Authority>,
    pub(crate) post: Post,
    /// Whether lookups are told of the primary only.
    pub(crate) is_blind: bool,
    /// How many calls have changed the zone.
    pub(crate) writes: usize,
    /// Whether the provider does what it is told and fails to say so, every other time.
    pub(crate) is_mute: bool,
    users: Vec<User>,
    unlucky: Unlucky,
    /// What they complain about now.
    problems: BTreeSet<&'static str>,
    /// Where they are led, and whether by MX.
    led: Vec<(Platform, bool)>,
    duty: Option<Duty>,
    complaints: BTreeMap<Complaint, Span>,
}

/// Somebody who asks a resolver.
struct User {
    resolver: Resolver,
    name: String,
    problems: BTreeSet<&'static str>,
    /// What the platforms did when that was found.
    duty: Option<Duty>,
}

impl User {
    fn new(resolver: &Resolver) -> Self {
        let (resolver, name) = (resolver.clone(), resolver.name());
        Self { resolver, name, problems: BTreeSet::new(), duty: None }
    }
}

impl Internet {
    pub(crate) fn new(
        now: i64,
        servers: Vec<Authority>,
        resolvers: &[Resolver],
        post: Post,
    ) -> Self {
        let state = State {
            now,
            servers,
            post,
            is_blind: false,
            writes: 0,
            is_mute: false,
            users: resolvers.iter().map(User::new).collect(),
            unlucky: Unlucky::new(),
            problems: BTreeSet::new(),
            led: Vec::new(),
            duty: None,
            complaints: BTreeMap::new(),
        };
        Self(Arc::new(Mutex::new(state)))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// The zone as the primary has it.
    pub(crate) fn zone(&self) -> Zone {
        self.state().servers[0].zone.clone()
    }

    /// The same as text.
    pub(crate) fn text(&self) -> String {
        self.zone().to_text()
    }

    /// What those complain about whose caches obey TTLs.
    pub(crate) fn violations(&self) -> Vec<String> {
        let state = self.state();
        let obeys = |user: &User, who: &str| user.name == who && user.resolver.is_obedient();
        let counts = |who: &str| who == UNLUCKY || state.users.iter().any(|user| obeys(user, who));
        let found = state.complaints.iter().filter(|((who, _), _)| counts(who));
        found.map(|((who, what), span)| format!("{who}: {what} {span:?}")).collect()
    }

    /// What one resolver complains about, and when.
    pub(crate) fn complaints_of(&self, who: &str) -> BTreeMap<&'static str, Span> {
        let state = self.state();
        let found = state.complaints.iter().filter(|((name, _), _)| name == who);
        found.map(|((_, what), span)| (*what, *span)).collect()
    }
}

impl State {
    /// Lets time pass, minute by minute and event by event.
    pub(crate) fn advance(&mut self, until: i64) {
        while self.now < until {
            let minute = (self.now / 60 + 1) * 60;
            let event = self.servers.iter().filter_map(|server| server.next(self.now)).min();
            let next = minute.min(until).min(event.unwrap_or(until));
            if event == Some(next) {
                self.turn(next, |server| server.follow(next));
            }
            self.now = next;
            if next == minute {
                self.minute();
            }
        }
    }

    /// The primary holds another zone from now on.
    pub(crate) fn write(&mut self, zone: &Zone) {
        let now = self.now;
        self.writes += 1;
        self.turn(now, |server| server.notify(zone, now));
    }

    /// Servers change at `at`: up to then they answered as before.
    fn turn(&mut self, at: i64, change: impl FnMut(&mut Authority)) {
        let up = self.servers.iter().filter(|server| server.is_up(self.now));
        self.unlucky.hear(up.map(|server| &server.answers[..]), at);
        self.servers.iter_mut().for_each(change);
        self.now = at;
        self.unlucky.forget(at);
        self.look(true);
    }

    fn minute(&mut self) {
        let forgot = self.unlucky.forget(self.now);
        self.look(forgot);
        let duty = self.post.duty(self.now);
        let (now, servers) = (self.now, &self.servers);
        for (place, user) in self.users.iter_mut().enumerate() {
            let resolver = &mut user.resolver;
            if now / 60 % resolver.every != 0 {
                continue;
            }
            let mut changed = user.duty.replace(duty) != Some(duty);
            for question in 0..QUESTIONS.len() {
                changed |= resolver.ask(question, now, || pick(servers, now, place, question));
            }
            if changed {
                let held = |question: usize| resolver.told[question].iter().collect();
                user.problems = judge(&held, &duty);
            }
            note(&mut self.complaints, &user.name, &user.problems, now);
        }
    }

    /// Sees what the unlucky hold, which may have changed.
    fn look(&mut self, changed: bool) {
        let (now, servers, unlucky) = (self.now, &self.servers, &self.unlucky);
        let held = |question: usize| -> Vec<&Answer> {
            let up = servers.iter().filter(|server| server.is_up(now));
            unlucky.held(question).chain(up.map(|server| &server.answers[question])).collect()
        };
        if changed || self.duty.is_none() {
            let led = |question| held(question).into_iter().flat_map(leads);
            let led = |question| led(question).map(move |platform| (platform, question == MX));
            self.led = [MX, SMTP, IMAP].into_iter().flat_map(led).collect();
        }
        self.led.iter().for_each(|(platform, by_mx)| self.post.used(*platform, *by_mx, now));
        let duty = self.post.duty(now);
        let news = self.duty.replace(duty) != Some(duty);
        if changed || news {
            self.problems = judge(&held, &duty);
        }
        note(&mut self.complaints, UNLUCKY, &self.problems, now);
    }

    /// The old platform is taken out of service.
    pub(crate) fn switch_off(&mut self) {
        self.post.switch_off();
    }
}

fn note(
    complaints: &mut BTreeMap<Complaint, Span>,
    who: &str,
    problems: &BTreeSet<&'static str>,
    now: i64,
) {
    for what in problems {
        let span = complaints.entry((who.to_owned(), what));
        span.or_insert(Span { first: now, last: now }).last = now;
    }
}

/// The server that a resolver happens to ask: another one each time, among those that answer.
fn pick(servers: &[Authority], now: i64, place: usize, question: usize) -> Option<&[Answer]> {
    let first = now as usize / 60 + 5 * place + 3 * question;
    let mut tried = (0..servers.len()).map(|next| &servers[(first + next) % servers.len()]);
    tried.find(|server| server.is_up(now)).map(|server| &server.answers[..])
}
