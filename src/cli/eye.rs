//! Looks at one zone, again and again, and remembers.

use super::Failure;
use super::session::Session;
use crate::config::ZoneSpec;
use crate::dashboard::{Expected, ZoneScene};
use crate::dns::Name;
use crate::journal::FileJournal;
use crate::plan::schedule;
use crate::port::{Journal as _, Recursor};
use crate::report::curve::Point;
use crate::run::{Entry, Run};
use crate::watch::{History, Matrix, Memory, Watch, frames, observations};
use std::sync::Arc;

/// Whom to ask beside name servers, and how often.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) resolvers: &'a [Recursor],
    pub(super) samples: usize,
}

/// What is known of one zone from look to look.
pub(super) struct Eye {
    zone: Name,
    memory: Memory,
    journal: Option<FileJournal>,
    run: Option<Run>,
    entries: Arc<Vec<Entry>>,
    history: Option<History>,
    curve: Vec<Point>,
}

impl Eye {
    /// An eye that has seen nothing yet.
    pub(super) fn new(zone: &Name) -> Self {
        Self {
            zone: zone.clone(),
            memory: Memory::default(),
            journal: None,
            run: None,
            entries: Arc::default(),
            history: None,
            curve: Vec::new(),
        }
    }

    /// One look: reads what the journal has to add, asks everybody, keeps what is new.
    pub(super) async fn look(
        &mut self,
        session: &Session<'_>,
        asking: Asking<'_>,
    ) -> Result<ZoneScene, Failure> {
        let spec = session.zone(&self.zone)?;
        self.read(session)?;
        let mut scene = self.scene(session, spec);
        let Some(run) = &self.run else { return Ok(scene) };
        let watch = Watch {
            lookup: &*session.lookup(spec)?,
            poller: &session.poller,
            secure: &session.secure,
            resolvers: asking.resolvers,
            clock: &*session.clock,
            samples: asking.samples,
        };
        match watch.look(&mut self.memory, &self.zone, &run.targets()).await {
            Err(problem) => scene.problem = Some(problem.to_string()),
            Ok(matrix) => {
                scene.at = matrix.at;
                scene.view = Some(run.view(matrix.at));
                self.keep(session, &matrix);
                scene.curve.clone_from(&self.curve);
                scene.matrix = Some(matrix);
            }
        }
        Ok(scene)
    }

    /// Takes in what the journal has to add.
    fn read(&mut self, session: &Session<'_>) -> Result<(), Failure> {
        if self.journal.is_none() {
            self.journal = session.store.open(&self.zone)?;
        }
        let Some(journal) = &mut self.journal else { return Ok(()) };
        let news = journal.news()?;
        if news.is_empty() {
            return Ok(());
        }
        match &mut self.run {
            Some(run) => news.iter().try_for_each(|entry| run.record(entry))?,
            None => self.run = Some(Run::replay(&news)?),
        }
        Arc::make_mut(&mut self.entries).extend(news);
        Ok(())
    }

    fn scene(&self, session: &Session<'_>, spec: &ZoneSpec) -> ZoneScene {
        let at = session.now();
        ZoneScene {
            zone: self.zone.clone(),
            time_zone: spec.time_zone,
            at,
            view: self.run.as_ref().map(|run| run.view(at)),
            expected: self.run.as_ref().map(|run| expected(run, spec)).unwrap_or_default(),
            matrix: None,
            curve: self.curve.clone(),
            entries: Arc::clone(&self.entries),
            problem: None,
        }
    }

    /// Writes down what is new, and lets the curve grow.
    fn keep(&mut self, session: &Session<'_>, matrix: &Matrix) {
        // Who may read and not write can watch all the same.
        if let Err(problem) = self.note(session, matrix) {
            let path = session.store.observations(&matrix.zone);
            session.warn(&format!("cannot write to `{}`: {problem}", path.display()));
        }
        let point = Point::of(matrix);
        let begins = matrix.last_published();
        self.curve.retain(|point| begins.is_some_and(|begins| begins <= point.at));
        match &mut self.curve[..] {
            // While nothing changes, the last point moves along.
            [.., before, last]
                if before.observed == point.observed && last.observed == point.observed =>
            {
                *last = point;
            }
            _ => self.curve.push(point),
        }
    }

    fn note(&mut self, session: &Session<'_>, matrix: &Matrix) -> std::io::Result<()> {
        let history = match &mut self.history {
            Some(history) => history,
            None => {
                let path = session.store.observations(&matrix.zone);
                self.curve = earlier(&path, matrix)?;
                self.history.insert(History::open(&path)?)
            }
        };
        history.note(matrix).map(|_| ())
    }
}

/// When each phase was to begin and to end, seen from when the plan was approved.
fn expected(run: &Run, spec: &ZoneSpec) -> Vec<Expected> {
    let times = schedule(run.plan(), &spec.policy, run.planned()).phases;
    let phases = run.plan().phases.iter().zip(times);
    let expected = phases.map(|(phase, times)| Expected {
        stage: phase.stage,
        begins: times.begins,
        drained: times.drained_by,
    });
    expected.collect()
}

/// What earlier watches saw of the same phase.
fn earlier(path: &std::path::Path, matrix: &Matrix) -> std::io::Result<Vec<Point>> {
    let mut seen = observations(path)?;
    let begins = matrix.last_published();
    seen.retain(|one| begins.is_some_and(|begins| begins <= one.at));
    let frames = frames(&matrix.zone, &seen, |_| matrix.targets.clone());
    Ok(frames.map(|frame| Point::of(&frame)).collect())
}
