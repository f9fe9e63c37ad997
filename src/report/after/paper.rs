//! The report as a paper.

use super::{After, Follower, Gone, Holder, Leg, Moved, Passage, Spread, remarks};
use crate::dns::{Name, RrSet};
use crate::plan::{Direction, Timestamp, span};
use crate::report::curve::{percent, picture};
use crate::report::paper::{Paper, code, escape};
use crate::report::{When, text};
use crate::run::view::Progress;
use maud::html;
use std::time::Duration;

const UNKNOWN: &str = "unknown";
/// More rows of a curve in words than this are read by nobody.
const ROWS: usize = 12;

/// One zone; `None` where nothing has begun.
type Part = (Name, Option<After>, When);

/// The paper about these zones, a part each.
pub fn paper(zones: &[Part]) -> Paper {
    let title = match zones {
        [(zone, ..)] => text::plain(zone),
        many => format!("{} zones", many.len()),
    };
    let mut paper = Paper::new(format!("After-action report: {title}"));
    for (zone, after, when) in zones {
        let level = match zones.len() {
            1 => 2,
            _ => {
                paper.heading(2, &escape(&text::plain(zone)));
                3
            }
        };
        match after {
            Some(after) => Writer { paper: &mut paper, when, level, after }.all(),
            None => paper.text("The move has not begun: there is nothing to report."),
        }
    }
    paper
}

struct Writer<'a> {
    paper: &'a mut Paper,
    when: &'a When,
    level: usize,
    after: &'a After,
}

impl Writer<'_> {
    fn all(&mut self) {
        self.summary();
        self.paper.heading(self.level, "What stands out");
        let remarks = remarks::remarks(self.after, self.when);
        let lines: Vec<_> = remarks.iter().map(|one| format!("- {one}")).collect();
        self.paper.text(lines.join("\n"));
        self.overview();
        for leg in &self.after.legs {
            self.leg(leg);
        }
        self.people();
        self.records();
        self.method();
    }

    fn time(&self, time: Option<Timestamp>) -> String {
        time.map_or_else(|| UNKNOWN.to_owned(), |time| self.when.at(time))
    }

    fn summary(&mut self) {
        let After { view, legs, platforms, .. } = self.after;
        let ended = match self.after.ended() {
            Some(ended) => self.when.at(ended),
            None => format!("not yet: {}", escape(&text::next(&view.next, self.when))),
        };
        let mut lines = Vec::new();
        let mut row = |name: &str, value: String| lines.push(format!("- **{name}**: {value}"));
        let (from, to) = platforms;
        if from.is_some() || to.is_some() {
            let name = |one: &Option<String>| {
                one.as_deref().map_or_else(|| "the records as they were".to_owned(), code)
            };
            row("from", name(from));
            row("to", to.as_deref().map_or_else(|| "the records below".to_owned(), code));
        }
        for leg in legs {
            let name = match leg.plan.direction {
                Direction::Forward => "plan",
                Direction::Back(_) => "turned back by plan",
            };
            let digest = code(short(&leg.plan.digest()));
            row(name, format!("{digest}, approved {}", self.when.at(leg.planned)));
            for (at, digest) in &leg.revisions {
                let digest = code(short(digest));
                row("edited into", format!("{digest}, {}", self.when.at(*at)));
            }
        }
        let began = self.after.began();
        row("began", began.map_or_else(|| "nothing was sent".to_owned(), |at| self.when.at(at)));
        row("ended", ended);
        if let Some((began, ended)) = began.zip(self.after.ended()) {
            row("took", span((ended - began).to_std().unwrap_or_default()));
        }
        row(
            "watched",
            match self.after.watched {
                None => "by nobody: what resolvers answered is unknown".to_owned(),
                Some((from, to)) => {
                    format!("from {}, last change {}", self.when.at(from), self.when.at(to))
                }
            },
        );
        self.paper.text(lines.join("\n"));
    }

    /// All phases, a line each.
    fn overview(&mut self) {
        self.paper.heading(self.level, "Phases");
        let all = self.after.legs.iter();
        let passages = all.flat_map(|leg| leg.passages.iter().map(move |one| (leg, one)));
        let rows = passages.map(|(leg, one)| {
            vec![
                format!("{}{}", one.phase.stage, way(leg)),
                one.began.map_or_else(|| state(leg, one).to_owned(), |at| self.when.at(at)),
                one.propagation().map(lasted).unwrap_or_default(),
                one.dead().map(|at| self.when.at(at)).unwrap_or_default(),
                self.measured(one),
            ]
        });
        let head =
            ["phase", "sent", "name servers took", "old dead, computed", "old dead, measured"];
        self.paper.table(&head, rows.collect::<Vec<_>>());
    }

    /// When resolvers were rid of the old, in few words.
    fn measured(&self, passage: &Passage) -> String {
        match (passage.phase.published, passage.gone()) {
            (None, _) => String::new(),
            (Some(_), None) => UNKNOWN.to_owned(),
            (_, Some(Gone::Unseen(since))) => {
                format!("by {}, when they were asked first", self.when.at(since))
            }
            (_, Some(Gone::By(last, new))) => {
                format!("by {}: {}", self.when.at(new), code(&last.resolver))
            }
            (_, Some(Gone::Open(last))) => {
                format!("unknown: {} was not seen with the new", code(&last.resolver))
            }
        }
    }

    fn leg(&mut self, leg: &Leg) {
        for passage in leg.passages.iter().filter(|one| one.began.is_some()) {
            let title = format!("Phase {}{}", passage.phase.stage, way(leg));
            self.paper.heading(self.level, &title);
            self.times(passage);
            self.servers(passage);
            match &passage.spread {
                Some(spread) => self.resolvers(passage, spread),
                None if passage.phase.published.is_some() => self
                    .paper
                    .text("Nobody asked resolvers about it: when they had the new is unknown."),
                None => (),
            }
        }
    }

    /// What was foreseen beside what happened.
    fn times(&mut self, passage: &Passage) {
        let Passage { phase, foreseen, .. } = passage;
        let row = |what: &str, planned: Option<Timestamp>, happened: Option<Timestamp>| {
            let apart = planned.zip(happened).map(|(planned, happened)| apart(planned, happened));
            let planned = planned.map(|at| self.when.at(at)).unwrap_or_default();
            vec![what.to_owned(), planned, self.time(happened), apart.unwrap_or_default()]
        };
        let than_computed = match passage.gone().zip(passage.dead()) {
            Some((Gone::By(_, new), dead)) => format!("{} than computed", apart(dead, new)),
            _ => String::new(),
        };
        let measured = vec![
            "old dead, measured".to_owned(),
            String::new(),
            self.measured(passage),
            than_computed,
        ];
        let rows = vec![
            row("sending began", Some(foreseen.begins), passage.began),
            row("the provider had it", None, phase.applied),
            row("every name server had it", Some(foreseen.published_by), phase.published),
            row("old dead, computed", Some(foreseen.drained_by), passage.dead()),
            measured,
        ];
        self.paper.table(&["", "foreseen", "happened", "difference"], rows);
    }

    /// How each name server followed.
    fn servers(&mut self, passage: &Passage) {
        let Passage { phase, followers, .. } = passage;
        if followers.is_empty() {
            return;
        }
        let rows = followers.iter().map(|Follower { server, new, behind, relapses }| {
            let after = new
                .zip(phase.applied)
                .map(|(new, applied)| lasted((new - applied).to_std().unwrap_or_default()));
            let unknown = || UNKNOWN.to_owned();
            let again = match relapses {
                0 => String::new(),
                times => format!("; fell back {times} times"),
            };
            vec![
                code(server),
                self.time(*new) + &again,
                after.unwrap_or_else(unknown),
                behind.map_or_else(unknown, lasted),
            ]
        });
        let head = ["name server", "new", "after the provider", "behind the first"];
        self.paper.table(&head, rows.collect::<Vec<_>>());
        let bound = span(passage.bound());
        let took = match passage.propagation() {
            Some(took) if took > passage.bound() => format!("{}, over it", span(took)),
            Some(took) => format!("{}, within it", lasted(took)),
            None => UNKNOWN.to_owned(),
        };
        self.paper.text(format!("The plan allowed {bound} for the slowest; it took {took}."));
    }

    fn resolvers(&mut self, passage: &Passage, spread: &Spread) {
        let Spread { since, answered, mute, holders, .. } = spread;
        let after = passage.phase.published.map_or_else(Duration::default, |published| {
            (*since - published).to_std().unwrap_or_default()
        });
        let mut said = format!(
            "Resolvers were asked from {} on, {} after every name server had it: {answered} \
             answered",
            self.when.at(*since),
            lasted(after)
        );
        if *mute > 0 {
            said += &format!(", {mute} never did");
        }
        let had: std::collections::BTreeSet<_> = holders.iter().map(|one| &one.resolver).collect();
        said += &match had.len() {
            0 if *answered == 0 => ".".to_owned(),
            0 => "; nobody was seen with the old.".to_owned(),
            1 => "; 1 was seen with the old.".to_owned(),
            some => format!("; {some} were seen with the old."),
        };
        self.paper.text(said);
        self.curve(passage, spread);
        let rows = holders.iter().map(|Holder { resolver, key, last, until, new }| {
            vec![
                code(resolver),
                code(&key.to_string()),
                self.when.at(*last),
                self.time(*until),
                new.map_or_else(|| "not seen".to_owned(), |new| self.when.at(new)),
            ]
        });
        let head = ["resolver", "records", "old, last seen", "kept by its own word", "new, seen"];
        self.paper.table(&head, rows.collect::<Vec<_>>());
    }

    fn curve(&mut self, passage: &Passage, spread: &Spread) {
        // One point is told by the sentence above.
        let [first, .., last] = &spread.points[..] else { return };
        let Some(from) = passage.phase.published.min(Some(first.at)) else { return };
        let Some(to) = passage.dead().max(Some(last.at)).filter(|to| from < *to) else { return };
        let (begin, end) = (self.when.at(from), self.when.at(to));
        let picture = html! {
            (picture(&spread.targets, &spread.points, from, to))
            figcaption {
                "Share of resolvers' answers that were new: observed (solid) and expected of busy \
                 caches that obey TTLs (dashed), from " (begin) " to " (end)
            }
        };
        let step = spread.points.len().div_ceil(ROWS);
        let ends = spread.points.len() - 1;
        let kept = spread.points.iter().enumerate();
        let kept = kept.filter(|(at, _)| at % step == 0 || *at == ends);
        let share = |share: Option<f64>| share.map_or_else(|| UNKNOWN.to_owned(), percent);
        let rows = kept.map(|(_, point)| {
            let (observed, expected) = (share(point.observed), share(point.forecast));
            format!("| {} | {observed} | {expected} |\n", self.when.at(point.at))
        });
        let rows: String = rows.collect();
        let words =
            format!("| time | new, observed | new, expected |\n| --- | --- | --- |\n{rows}");
        self.paper.figure(picture, words);
    }

    fn people(&mut self) {
        let words: Vec<_> = self.after.legs.iter().flat_map(|leg| &leg.words).collect();
        if words.is_empty() {
            return;
        }
        self.paper.heading(self.level, "Confirmed and checked");
        let rows = words.iter().map(|word| {
            vec![
                self.when.at(word.at),
                code(&word.about),
                word.by.as_deref().map_or_else(|| "a check".to_owned(), escape),
                word.said.as_deref().map(escape).unwrap_or_default(),
            ]
        });
        self.paper.table(&["when", "what", "by", "in their words"], rows.collect::<Vec<_>>());
    }

    fn records(&mut self) {
        self.paper.heading(self.level, "Records before and after");
        let records = self.after.records();
        if records.is_empty() {
            self.paper.text("Nothing was sent.");
        }
        let rows = records.iter().flat_map(|Moved { key, before, after }| {
            let (before, after) = (lines(before.as_ref()), lines(after.as_ref()));
            let empty = String::new();
            let rows = (0..before.len().max(after.len())).map(|at| {
                let side = |side: &[String]| side.get(at).unwrap_or(&empty).clone();
                let key = if at == 0 { code(&key.to_string()) } else { String::new() };
                vec![key, side(&before), side(&after)]
            });
            rows.collect::<Vec<_>>()
        });
        self.paper.table(&["records", "before: TTL and data", "after"], rows.collect::<Vec<_>>());
    }

    fn method(&mut self) {
        self.paper.heading(self.level, "How this is known");
        self.paper.text(format!(
            "Told {}. What was planned, sent and confirmed, and when name servers followed, is \
             from the journal; a name server is looked at every few seconds while a phase \
             spreads, so its times may be as much late. What resolvers answered is from watches; \
             they are asked at half a TTL at most, so the old was gone at some time between its \
             last sight and that of the new. Troubles that a later try overcame, and live zones \
             that were not as planned and stopped an apply, were told on the screen and are in no \
             journal. `computed` is the last answer of a name server with the old, plus its TTL.",
            self.when.at(self.after.at)
        ));
    }
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// What tells a phase of the way back from its namesake.
fn way(leg: &Leg) -> &'static str {
    match leg.plan.direction {
        Direction::Forward => "",
        Direction::Back(_) => ", back",
    }
}

/// How far a phase is that was not sent.
fn state(leg: &Leg, passage: &Passage) -> &'static str {
    match (passage.phase.progress, leg.left) {
        (Progress::Planned, None) => "not yet",
        (Progress::Planned, Some(_)) => "never",
        _ => "found there",
    }
}

fn lasted(took: Duration) -> String {
    if took.as_secs() == 0 { "under 1 s".to_owned() } else { span(took) }
}

/// `5 s later` or `2 min earlier`.
fn apart(planned: Timestamp, happened: Timestamp) -> String {
    match (happened - planned).to_std() {
        Ok(late) if late.as_secs() == 0 => "no later".to_owned(),
        Ok(late) => format!("{} later", span(late)),
        Err(_) => {
            let early = (planned - happened).to_std().unwrap_or_default();
            format!("{} earlier", span(early))
        }
    }
}

/// An RRset as it stands in a zone file, a record a line.
fn lines(rrset: Option<&RrSet>) -> Vec<String> {
    match rrset {
        None => vec!["none".to_owned()],
        Some(rrset) => {
            let ttl = rrset.ttl().secs();
            rrset.rdata().iter().map(|rdata| code(&format!("{ttl} {rdata}"))).collect()
        }
    }
}
