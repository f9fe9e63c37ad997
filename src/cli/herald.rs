//! Tells webhooks what a watch has seen, each thing once.

use super::session::Session;
use super::{Failure, Terminal};
use crate::dashboard::ZoneScene;
use crate::notify::{Notice, Post};
use crate::report::text;
use crate::run::view::{NextView, Progress};
use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Who goes out, and what is on its way or was told.
pub(super) struct Herald {
    out: mpsc::UnboundedSender<(PathBuf, Notice)>,
    carrier: JoinHandle<()>,
    known: HashSet<(PathBuf, String)>,
    read: HashSet<PathBuf>,
}

impl Herald {
    /// One for the project's webhooks; none if there are none. `tell` hears of failures.
    pub(super) fn new(session: &Session<'_>) -> Result<Option<Self>, Failure> {
        let mut posts = Vec::new();
        for webhook in &session.project.settings.notify {
            let resolved = |reference: &crate::config::SecretRef| {
                let found = reference.resolve(&session.project.base)?;
                found.warning.iter().for_each(|warning| session.warn(warning));
                Ok::<_, Failure>(found.secret)
            };
            let key = webhook.key.as_ref().map(resolved).transpose()?;
            posts.push(Post::new(&resolved(&webhook.url)?, webhook.form, key.as_ref())?);
        }
        if posts.is_empty() {
            return Ok(None);
        }
        let (out, waiting) = mpsc::unbounded_channel();
        // A receiver that is slow must not hold the watch up.
        let carrier = tokio::spawn(carry(posts, waiting, session.terminal.clone()));
        Ok(Some(Self { out, carrier, known: HashSet::new(), read: HashSet::new() }))
    }

    /// Waits until all has been told, or will be told by the next watch.
    pub(super) async fn finish(self) {
        drop(self.out);
        // A carrier that has died has told why.
        let _ = self.carrier.await;
    }

    /// Sends out what is new in a scene.
    pub(super) fn look(&mut self, session: &Session<'_>, zone: &ZoneScene) {
        let path = session.store.told(&zone.zone);
        if self.read.insert(path.clone()) {
            let told = fs::read_to_string(&path).unwrap_or_default();
            self.known.extend(told.lines().map(|line| (path.clone(), line.to_owned())));
        }
        for notice in news(zone) {
            if self.known.insert((path.clone(), notice.id())) {
                // It only fails once the program ends.
                let _ = self.out.send((path.clone(), notice));
            }
        }
    }
}

/// Takes notices to all receivers; one that somebody did not get is tried again by the next watch.
async fn carry(
    posts: Vec<Post>,
    mut waiting: mpsc::UnboundedReceiver<(PathBuf, Notice)>,
    terminal: Terminal,
) {
    while let Some((path, notice)) = waiting.recv().await {
        let mut is_told = true;
        for post in &posts {
            if let Err(problem) = post.send(&notice).await {
                is_told = false;
                terminal.warn(&format!("{}: {problem}", notice.zone));
            }
        }
        if is_told && let Err(problem) = keep(&path, &notice) {
            terminal.warn(&format!("`{}`: {problem}", path.display()));
        }
    }
}

fn keep(path: &std::path::Path, notice: &Notice) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(format!("{}\n", notice.id()).as_bytes())
}

/// Everything in a scene that somebody may want to know.
fn news(zone: &ZoneScene) -> Vec<Notice> {
    let Some(view) = &zone.view else { return Vec::new() };
    let (name, when) = (text::plain(&zone.zone), zone.when());
    let notice = |event, about: &str, text: String| Notice {
        zone: name.clone(),
        plan: view.digest.clone(),
        event,
        about: about.to_owned(),
        at: zone.at,
        text,
    };
    let mut news = Vec::new();
    for phase in &view.phases {
        let stage = phase.stage.name();
        if let Some(published) = phase.published {
            let text = format!("{stage}: every name server has it, {}", when.at(published));
            news.push(notice("published", stage, text));
        }
        if let Progress::Drained(drained) = phase.progress {
            let text = format!("{stage}: caches have forgotten the old, {}", when.at(drained));
            news.push(notice("safe", stage, text));
        }
    }
    match &view.next {
        NextView::Ask(id, _) => news.push(notice("waiting", id, text::next(&view.next, &when))),
        NextView::Missed(_) => news.push(notice("failed", "window", text::next(&view.next, &when))),
        NextView::Done => news.push(notice("done", "", text::next(&view.next, &when))),
        _ => (),
    }
    for alarm in zone.matrix.iter().flat_map(crate::watch::Matrix::alarms) {
        let about = format!("{} at {}", alarm.key, alarm.resolver);
        news.push(notice("alarm", &about, text::alarm(&alarm, &when)));
    }
    if let Some(problem) = &zone.problem {
        news.push(notice("failed", problem, format!("in trouble: {problem}")));
    }
    news
}
