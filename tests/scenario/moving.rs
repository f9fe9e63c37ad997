//! A move under way: the plan, the run, and people who do what they are asked.

use crate::authority::Authority;
use crate::cast::Who;
use crate::diary::Diary;
use crate::domain::{DAY, HOUR, MINUTE};
use crate::internet::{Internet, Setting};
use crate::resolver::{Habit, Resolver, Rhythm};
use crate::transition::{BEGIN, Transition};
use cutover::dns::Zone;
use cutover::engine::{self, Error, Notice, Options, Outcome, Stop, World};
use cutover::plan::{Direction, Facts, Plan, Policy, Stage, walk};
use cutover::port::{Clock as _, Journal as _, Provider};
use cutover::run::{Entry, Event, Next, Run, Timestamp};
use std::time::Duration;

pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_timestamp(BEGIN, 0).unwrap() + Duration::from_secs(seconds)
}

/// One move in its internet.
pub(crate) struct Move {
    pub(crate) net: Internet,
    pub(crate) diary: Diary,
    pub(crate) run: Run,
    pub(crate) transition: Transition,
    /// Go on through waits in one drive, as `cutover run` does; else come back, as cron does.
    pub(crate) waits: bool,
    /// Whether people leave the MTA-STS policy as it is.
    pub(crate) is_lazy: bool,
    /// Who may end a drive between two steps.
    pub(crate) stop: Stop,
    /// After which entry somebody asks it.
    pub(crate) stop_after: Option<usize>,
}

/// Servers with all kinds of lag; one falls silent for an hour from this second of the story on.
pub(crate) fn servers(silent: u64) -> Vec<Authority> {
    let dead = BEGIN + silent as i64;
    vec![
        Authority::new("ns1", 0),
        Authority::new("ns2", 17),
        Authority::new("ns3", 50 * MINUTE),
        Authority::new("ns4", 90).dead(dead..dead + HOUR as i64),
    ]
}

/// Resolvers with all kinds of habits, each asked at its own rhythm.
pub(crate) fn resolvers() -> Vec<Resolver> {
    let (hour, day) = (HOUR as i64, DAY as i64);
    let habits = [
        (Habit::Obey, 1),
        (Habit::Obey, 7),
        (Habit::Obey, 61),
        (Habit::Obey, 500),
        (Habit::Cap(hour), 5),
        (Habit::Cap(0), 11), // as if nobody had ever asked it before
        (Habit::Floor(2 * hour), 3),
        (Habit::StaleFirst, 45),
        (Habit::Floor(day), 13),
    ];
    let resolver =
        |(habit, every): (Habit, i64)| Resolver::new(vec![(habit, Rhythm::Steady(60 * every))]);
    habits.map(resolver).to_vec()
}

/// Those servers, and these resolvers.
pub(crate) fn setting(silent: u64) -> Setting {
    Setting { servers: servers(silent), resolvers: resolvers(), late: 0 }
}

impl Move {
    /// A move planned now, in an internet whose caches have been warm for a day.
    pub(crate) fn new(transition: &Transition, setting: &Setting) -> Self {
        Self::by(Self::plan(transition, &transition.live, &transition.policy), transition, setting)
    }

    /// The same by a plan that somebody has tampered with.
    pub(crate) fn by(plan: Plan, transition: &Transition, setting: &Setting) -> Self {
        let net = Internet::new(transition.begin - DAY as i64, transition, setting);
        net.state().advance(transition.begin);
        Self::of(net, transition, plan)
    }

    /// A move by this plan.
    pub(crate) fn of(net: Internet, transition: &Transition, plan: Plan) -> Self {
        let mut diary = Diary::default();
        let planned = Entry { at: net.now(), event: Event::Planned(Box::new(plan.clone())) };
        diary.append(&planned).unwrap();
        let (run, transition) = (Run::new(plan, net.now()), transition.clone());
        let stop = Stop::default();
        let (waits, is_lazy, stop_after) = (false, false, None);
        Self { net, diary, run, transition, waits, is_lazy, stop, stop_after }
    }

    pub(crate) fn plan(transition: &Transition, live: &Zone, policy: &Policy) -> Plan {
        let walk = walk(live, &transition.intent, policy, &Facts::default());
        assert_eq!(walk.mismatches, []);
        Plan::forward(&walk, policy, String::new())
    }

    /// One drive of the engine.
    pub(crate) async fn drive(&mut self, through: Option<Stage>) -> Result<Outcome, Error> {
        let providers: [Box<dyn Provider>; 1] = [Box::new(self.net.clone())];
        let mut journal = self.diary.clone();
        let mut world = World {
            providers: &providers,
            lookup: &self.net,
            prober: &self.net,
            journal: &mut journal,
            clock: &self.net,
            stop: &self.stop,
        };
        let pace = Duration::from_secs(if self.waits { 5 } else { 20 });
        let options = Options { through, wait: self.waits, pace, ..Options::default() };
        let (net, is_lazy) = (self.net.clone(), self.is_lazy);
        if self.waits {
            self.confirm_all();
        }
        let direction = self.run.plan().direction;
        let (diary, stop, stop_after) = (self.diary.clone(), self.stop.clone(), self.stop_after);
        let mut tell = |notice: Notice<'_>| {
            if Some(diary.entries().len()) == stop_after {
                stop.ask();
            }
            let Notice::Entry(Entry { event: Event::ApplyBegan(stage), .. }) = notice else {
                return;
            };
            let mut state = net.state();
            match (direction, stage) {
                // By whatever is published now, senders will look for the policy.
                (Direction::Forward, Stage::Prepare) if !is_lazy => {
                    state.serve_policy(&[Who::Old, Who::New]);
                }
                (Direction::Forward, Stage::Retire) => {
                    if !is_lazy {
                        state.serve_policy(&[Who::New]);
                    }
                    state.switch_off(Who::Old);
                }
                // What `prepare` brought is what the new platform needs.
                (Direction::Back(_), Stage::Prepare) => state.switch_off(Who::New),
                _ => (),
            }
        };
        engine::drive(&mut self.run, &mut world, options, &mut tell).await
    }

    /// People have done everything before they are asked.
    pub(crate) fn confirm_all(&self) {
        let all: Vec<_> = self.run.checkpoints().map(str::to_owned).collect();
        all.into_iter().for_each(|id| self.diary.slip_in(confirmation(self.net.now(), id)));
    }

    /// Drives on until nothing is left to do, coming back when told.
    pub(crate) async fn finish(&mut self) -> Result<(), Error> {
        self.go(None).await
    }

    /// Drives on until this stage is published.
    pub(crate) async fn go(&mut self, through: Option<Stage>) -> Result<(), Error> {
        loop {
            match self.drive(through).await? {
                Outcome::Done | Outcome::Through(_) => return Ok(()),
                Outcome::Waiting(until) => self.net.sleep_until(until).await,
                Outcome::Unpublished(_) => self.sleep(5 * MINUTE).await,
                // Whoever stopped it starts it again.
                Outcome::Stopped => {
                    let next = self.run.poll(self.net.now());
                    assert!(!matches!(next, Next::Reconcile(_)), "half done: {next:?}");
                    (self.stop, self.stop_after) = (Stop::default(), None);
                    self.restart();
                }
                Outcome::Unready(probe, _) => panic!("`{probe}` is not on any of these plans"),
                // Somebody gives the plan up and takes another without a window.
                Outcome::Missed(_) => {
                    let plan = Plan { window: None, ..self.run.plan().clone() };
                    self.turn_back(Some(Stage::Prepare));
                    self.replan(plan);
                }
                Outcome::Asked(point) => {
                    self.sleep(3 * HOUR).await;
                    self.diary.slip_in(confirmation(self.net.now(), point.id));
                }
            }
        }
    }

    pub(crate) async fn sleep(&self, seconds: u64) {
        self.net.sleep_until(self.net.now() + Duration::from_secs(seconds)).await;
    }

    /// The process ends, and another one reads the journal.
    pub(crate) fn restart(&mut self) {
        self.diary.cut(None);
        self.run = Run::replay(&self.diary.entries()).unwrap();
    }

    /// Goes back to the zone after a stage.
    pub(crate) fn turn_back(&mut self, to: Option<Stage>) {
        let back = self.run.plan().back(self.run.applied(), to).unwrap();
        self.replan(back);
    }

    /// People take another plan, when there is power.
    pub(crate) fn replan(&mut self, plan: Plan) {
        self.diary.cut(None);
        let entry = Entry { at: self.net.now(), event: Event::Planned(Box::new(plan)) };
        self.diary.append(&entry).unwrap();
        self.run.record(&entry).unwrap();
    }
}

/// Waits for a story where a test cannot.
pub(crate) fn wait_for<T>(story: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(story)
}

fn confirmation(at: Timestamp, checkpoint: String) -> Entry {
    Entry { at, event: Event::Confirmed { checkpoint, by: "ann".to_owned(), note: None } }
}
