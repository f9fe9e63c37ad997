//! A clock that goes faster and leaps on demand, for programs that are told it by files.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cutover::run::Timestamp;
use tempfile::TempDir;

/// How many times as fast: name servers still have a quarter of a second for an answer.
const TIMES: f64 = 8.0;

/// All programs by this clock agree on the time, whenever they were started.
pub(crate) struct Clock {
    dir: TempDir,
    begun: Instant,
    /// How far ahead of the real time it was when the test began, with all leaps since.
    ahead: RefCell<f64>,
    /// Files of programs that run, with the real time at which each began.
    files: RefCell<Vec<(PathBuf, f64)>>,
}

impl Clock {
    /// A clock that tells this time now.
    pub(crate) fn at(time: &str, now: Timestamp) -> Self {
        let time: Timestamp = time.parse().unwrap();
        let ahead = (time - now).num_milliseconds() as f64 / 1_000.0;
        let (dir, begun) = (tempfile::tempdir().unwrap(), Instant::now());
        Self { dir, begun, ahead: RefCell::new(ahead), files: RefCell::default() }
    }

    /// A file for a program that is about to start.
    pub(crate) fn file(&self) -> PathBuf {
        let path = self.dir.path().join(format!("clock-{}", self.files.borrow().len()));
        let since = self.begun.elapsed().as_secs_f64();
        self.tell(&path, since);
        self.files.borrow_mut().push((path.clone(), since));
        path
    }

    /// What it tells, seen from a machine whose clock tells `now`.
    pub(crate) fn now(&self, now: Timestamp) -> Timestamp {
        let faster = self.begun.elapsed().as_secs_f64() * (TIMES - 1.0);
        let ahead = *self.ahead.borrow() + faster;
        now + Duration::from_secs_f64(ahead)
    }

    /// Leaps ahead; programs that run notice as if their machine had been suspended.
    pub(crate) fn leap(&self, by: Duration) {
        *self.ahead.borrow_mut() += by.as_secs_f64();
        for (path, since) in self.files.borrow().iter() {
            self.tell(path, *since);
        }
    }

    /// A program counts how much faster its clock goes from its own start on.
    fn tell(&self, path: &Path, since: f64) {
        let ahead = *self.ahead.borrow() + since * (TIMES - 1.0);
        let new = path.with_extension("new");
        fs::write(&new, format!("+{ahead:.3} x{TIMES}\n")).unwrap();
        fs::rename(new, path).unwrap();
    }
}
