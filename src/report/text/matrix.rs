//! The propagation matrix.

use super::{ADDED, CHANGED, QUIET, REMOVED, STRONG, Styled, plain};
use crate::report::{When, span};
use crate::run::{Timestamp, Verdict};
use crate::watch::{Alarm, Kind, Matrix, Reach, Row, doubt};
use comfy_table::{ContentArrangement, Table, presets};
use std::fmt::Write as _;
use std::time::Duration;

/// The sign of a resolver that filters.
pub const FILTERS: char = '†';
/// What it means.
pub const FILTERS_LEGEND: &str = "withholds some names, for its users' sake";

/// One line a server, one column an RRset, and the three verdicts: published, safe, observed.
/// `most` lines of servers are shown, those first that have not all of the new.
pub fn matrix(matrix: &Matrix, when: &When, most: Option<usize>) -> String {
    let shown = shown(&matrix.rows, most);
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let columns = matrix.targets.iter().map(|target| {
        format!("{} {}", target.key.owner.relative_to(&matrix.zone), target.key.rtype)
    });
    table.set_header([String::new()].into_iter().chain(columns));
    for row in &shown {
        let cells = row.cells.iter().map(|cell| verdict(&cell.verdict, matrix.at));
        let sign = if row.filters { format!(" {FILTERS}") } else { String::new() };
        table.add_row([row.name.clone() + &sign].into_iter().chain(cells));
    }
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = writeln!(out, "{}", table.trim_fmt());
    let hidden = matrix.rows.len() - shown.len();
    if hidden > 0 {
        let new = matrix.rows.iter().filter(|row| row.is_new()).count();
        let new = new - shown.iter().filter(|row| row.is_new()).count();
        let text = format!("… {hidden} more, {new} of them with the new");
        let _ = writeln!(out, "{}", Styled(QUIET, text));
    }
    if shown.iter().any(|row| row.filters) {
        let _ = writeln!(out, "{}", Styled(QUIET, format!("{FILTERS} {FILTERS_LEGEND}")));
    }
    let _ = verdicts(&mut out, matrix, when);
    let _ = warnings(&mut out, matrix, when);
    out
}

/// As many as there is room for, in their order; those that have all of the new are left out first.
fn shown(rows: &[Row], most: Option<usize>) -> Vec<&Row> {
    let mut places: Vec<_> = (0..rows.len()).collect();
    places.sort_by_key(|at| rows[*at].is_new());
    places.truncate(most.unwrap_or(rows.len()));
    places.sort_unstable();
    places.into_iter().map(|at| &rows[at]).collect()
}

/// A mark that needs no colour to be told from the others.
pub fn mark(verdict: &Verdict) -> char {
    match verdict {
        Verdict::New => '●',
        Verdict::Old(_) | Verdict::Unlowered(_) => '○',
        Verdict::Mixed(_) => '◐',
        Verdict::Late(_) | Verdict::Stretched(_) | Verdict::Stale => '!',
        Verdict::Absent | Verdict::Other => '×',
        Verdict::Silent(_) => '?',
        Verdict::Unasked => '·',
    }
}

/// What a verdict means, in a few words.
pub fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::New => "new",
        Verdict::Old(_) => "old",
        Verdict::Unlowered(_) => "old, from before the lowering",
        Verdict::Late(_) => "old, taken in late",
        Verdict::Stretched(_) => "old, kept too long",
        Verdict::Stale => "old, out of date",
        Verdict::Mixed(_) => "mixed",
        Verdict::Absent => "no such record",
        Verdict::Other => "neither old nor new",
        Verdict::Silent(_) => "no answer",
        Verdict::Unasked => "not asked yet",
    }
}

fn told(verdict: &Verdict, now: Timestamp) -> String {
    match verdict.until().map(|until| (until - now).to_std().unwrap_or(Duration::ZERO)) {
        Some(left) => format!("{}, {} left", word(verdict), span(left)),
        None => word(verdict).to_owned(),
    }
}

/// What keeps questions from name servers, if anything does.
pub fn reach(reach: Reach) -> Option<&'static str> {
    match reach {
        Reach::Open => None,
        Reach::Blocked => Some("no name server can be reached: port 53 may be blocked here"),
        Reach::Intercepted => {
            Some("every name server answers without authority: somebody on the way answers instead")
        }
    }
}

/// Who took in what late, until when, and from whom.
pub fn alarm(Alarm { key, resolver, until, suspects }: &Alarm, when: &When) -> String {
    let who = match &suspects[..] {
        [] => "a name server that nobody lists lags, or the cache stretches TTLs".to_owned(),
        suspects => format!("it had it from {}", suspects.join(" or ")),
    };
    let until = when.clock(*until);
    format!(
        "{resolver} took in the old `{key}` after publication and keeps it until {until}: {who}"
    )
}

fn verdict(verdict: &Verdict, now: Timestamp) -> String {
    let style = match verdict {
        Verdict::New => ADDED,
        Verdict::Old(_) | Verdict::Unlowered(_) | Verdict::Mixed(_) | Verdict::Stale => CHANGED,
        Verdict::Unasked => QUIET,
        _ => REMOVED,
    };
    Styled(style, format!("{} {}", mark(verdict), told(verdict, now))).to_string()
}

fn verdicts(out: &mut String, matrix: &Matrix, when: &When) -> std::fmt::Result {
    let ((servers, of_servers), (caches, of_caches)) =
        (matrix.count(Kind::Authoritative), matrix.count(Kind::Resolver));
    let published = format!("{servers} of {of_servers} name servers answer with the new");
    writeln!(out, "{} {published}", Styled(STRONG, "published"))?;
    let safe = match matrix.safe() {
        None => "once every name server has it, and caches have forgotten".to_owned(),
        Some(safe) if safe <= matrix.at => format!("since {}", when.at(safe)),
        Some(safe) => format!("at {}", when.full(safe)),
    };
    writeln!(out, "{}      {safe}", Styled(STRONG, "safe"))?;
    if matrix.rows.iter().all(|row| row.kind == Kind::Authoritative) {
        return Ok(());
    }
    write!(out, "{}  {caches} of {of_caches} resolvers", Styled(STRONG, "observed"))?;
    write!(out, " answer with the new")?;
    if matrix.samples > 1 && matrix.observed() == Some(1.0) {
        write!(out, ", at most {:.0} % of a resolver's caches do not", doubt(matrix.samples))?;
        write!(out, " (95 % confidence)")?;
    }
    let mute = matrix.rows.iter().filter(|row| row.kind == Kind::Resolver).count() - of_caches;
    if mute > 0 {
        write!(out, "; {mute} gave no answer")?;
    }
    match matrix.flips_by() {
        Some(time) => writeln!(out, "; the last flips by {}", when.full(time)),
        None => writeln!(out),
    }
}

fn warnings(out: &mut String, matrix: &Matrix, when: &When) -> std::fmt::Result {
    let reach = reach(matrix.reach).map(str::to_owned);
    let alarms = matrix.alarms();
    for text in reach.into_iter().chain(alarms.iter().map(|one| alarm(one, when))) {
        writeln!(out, "{}", Styled(REMOVED, format!("! {text}")))?;
    }
    Ok(())
}

/// The heading above a zone's matrix: its phase of all, and what comes next.
pub fn heading(view: &crate::run::view::View, when: &When) -> String {
    let begun = view.phases.iter().filter(|phase| phase.progress.has_begun());
    let current = begun.clone().next_back().map_or("planned", |phase| phase.stage.name());
    let (at, of) = (begun.count(), view.phases.len());
    let head = Styled(STRONG, plain(&view.zone));
    format!("{head}: {current}, phase {at} of {of}; {}\n", super::status::next(&view.next, when))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Name, RrKey, Rtype, Ttl};
    use crate::plan::Scope;
    use crate::run::Target;
    use crate::watch::{Observation, frames};

    /// Resolvers in the order of their names; those in capitals filter.
    fn of(said: &[(&str, Verdict)]) -> Matrix {
        let zone = Name::parse("example.").unwrap();
        let key = RrKey::new(zone.clone(), Rtype::MX);
        let target = Target {
            key: key.clone(),
            new: None,
            old: Vec::new(),
            scope: Scope::Whole,
            negative_ttl: Ttl::from_secs(60),
            published: Some(Timestamp::UNIX_EPOCH),
            safe: None,
        };
        let observation = |(name, verdict): &(&str, Verdict)| Observation {
            at: Timestamp::UNIX_EPOCH,
            name: (*name).to_owned(),
            place: (*name).to_owned(),
            kind: Kind::Resolver,
            key: key.clone(),
            verdict: verdict.clone(),
        };
        let seen: Vec<_> = said.iter().map(observation).collect();
        let mut matrix = frames(&zone, &seen, |_| vec![target.clone()]).next().unwrap();
        for row in &mut matrix.rows {
            row.filters = row.name.chars().all(char::is_uppercase);
        }
        matrix
    }

    fn lines(said: &[(&str, Verdict)], most: Option<usize>) -> Vec<String> {
        let when = When { now: Timestamp::UNIX_EPOCH, zone: Some(chrono_tz::UTC) };
        let text = anstream::adapter::strip_str(&matrix(&of(said), &when, most)).to_string();
        let table = text.lines().take_while(|line| !line.starts_with("published")).skip(1);
        table.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn what_is_not_new_is_shown_before_all_else() {
        let said = [
            ("a", Verdict::New),
            ("b", Verdict::Stale),
            ("c", Verdict::New),
            ("d", Verdict::Unasked),
        ];
        let check = |most, expected: &[&str]| assert_eq!(lines(&said, most), expected, "{most:?}");
        let [a, b, c, d] = ["a ● new", "b ! old, out of date", "c ● new", "d · not asked yet"];
        check(None, &[a, b, c, d]);
        check(Some(9), &[a, b, c, d]);
        check(Some(3), &[a, b, d, "… 1 more, 1 of them with the new"]);
        check(Some(1), &[b, "… 3 more, 2 of them with the new"]);
        check(Some(0), &["… 4 more, 2 of them with the new"]);
    }

    #[test]
    fn who_filters_has_a_sign() {
        let legend = "† withholds some names, for its users' sake";
        let said = [("A", Verdict::New), ("b", Verdict::Unasked)];
        assert_eq!(lines(&said, None), ["A † ● new", "b · not asked yet", legend]);
        assert_eq!(lines(&said[1..], None), ["b · not asked yet"]);
    }
}
