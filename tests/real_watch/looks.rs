//! `cutover watch --json` as it goes on.

use serde_json::Value;

use super::scene::LIMIT;
use super::support::project::{Project, Running};
use super::support::server::eventually;

/// A watch that goes on.
pub(crate) struct Looks(Running);

impl Looks {
    /// Starts it.
    pub(crate) fn start(project: &Project, args: &[&str]) -> Self {
        Self(project.start(&[&["watch", "--json", "--interval", "1s"], args].concat()))
    }

    /// The matrices so far.
    fn all(&self) -> Vec<Value> {
        matrices(&self.0.stdout())
    }

    /// Waits for a matrix that is so.
    ///
    /// # Panics
    /// When there is none in time; the message holds the last one.
    #[track_caller]
    pub(crate) fn wait_for(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let mut found = None;
        eventually(LIMIT, || {
            found = self.all().into_iter().find(&is_so);
            found.is_some()
        });
        found.unwrap_or_else(|| {
            let last = self.all().pop().unwrap_or_default();
            panic!("never {what}, at last\n{last:#}\n{}", self.0.stderr())
        })
    }

    /// Waits for its end, which comes when everything is settled, and not before; says what it
    /// saw.
    #[track_caller]
    pub(crate) fn ends_settled(self) -> Vec<Value> {
        let looks = matrices(&self.0.wait().exits(0).stdout);
        let settled: Vec<_> = looks.iter().map(|look| look["settled"] == true).collect();
        assert_eq!(settled.iter().position(|is| *is), Some(looks.len() - 1), "{settled:?}");
        looks
    }
}

fn matrices(printed: &str) -> Vec<Value> {
    // The last line may be under way.
    let whole = printed.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    whole.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What a server says about a record.
#[track_caller]
pub(crate) fn cell<'a>(look: &'a Value, server: &str, record: (&str, &str)) -> &'a Value {
    let rows = look["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["server"] == server);
    let row = row.unwrap_or_else(|| panic!("no row of {server} in {look:#}"));
    let mut cells = row["rrsets"].as_array().unwrap().iter();
    let cell =
        cells.find(|cell| (&cell["owner"], &cell["type"]) == (&record.0.into(), &record.1.into()));
    cell.unwrap_or_else(|| panic!("no {record:?} in {look:#}"))
}

/// The word for it.
#[track_caller]
pub(crate) fn verdict<'a>(look: &'a Value, server: &str, record: (&str, &str)) -> &'a str {
    cell(look, server, record)["verdict"].as_str().unwrap()
}

/// The words that follow each other.
#[track_caller]
pub(crate) fn words<'a>(looks: &'a [Value], server: &str, record: (&str, &str)) -> Vec<&'a str> {
    let mut words: Vec<_> = looks.iter().map(|look| verdict(look, server, record)).collect();
    words.dedup();
    words
}
