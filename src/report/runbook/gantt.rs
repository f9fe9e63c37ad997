//! The plan over time, as pictures and as a text that Markdown hosts draw.

use crate::plan::{Stage, Timestamp};
use crate::report::notices::notices;
use crate::report::paper::Paper;
use crate::report::{Dossier, Scale};
use maud::{Markup, html};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// One line: a stage, or something that lasts.
struct Bar {
    name: String,
    begins: Timestamp,
    ends: Timestamp,
    colour: &'static str,
}

const WIDTH: f64 = 760.0;
const LABELS: f64 = 120.0;
const LINE: f64 = 24.0;
const QUIET: &str = "#6a7483";
const MOVES: &str = "#1a4fa3";
const FINAL: &str = "#a33a1a";

pub(super) fn pictures(paper: &mut Paper, dossier: &Dossier<'_>) {
    let all = bars(dossier);
    let marks = marks(dossier);
    let times: BTreeSet<_> = all
        .iter()
        .flat_map(|bar| [bar.begins, bar.ends])
        .chain(marks.iter().map(|(time, _)| *time))
        .collect();
    let scale = Scale::logarithmic(times, LABELS, WIDTH - 14.0);
    let title = "The whole plan; days are drawn wider than weeks";
    paper.figure(chart(dossier, title, &all, &marks, &scale), mermaid(dossier, &all, &marks));
    if let Some(window) = dossier.plan().window
        && window.length.as_secs() <= 3 * 86_400
    {
        let (opens, closes) = (window.opens, window.closes());
        let inside = |time: Timestamp| opens <= time && time <= closes;
        let bars = all.into_iter().filter(|bar| bar.begins < closes && opens < bar.ends);
        let bars = bars
            .filter(|bar| inside(bar.begins))
            .map(|bar| Bar { ends: bar.ends.min(closes), ..bar });
        let bars: Vec<_> = bars.collect();
        let marks: Vec<_> = marks.into_iter().filter(|(time, _)| inside(*time)).collect();
        let times = bars.iter().flat_map(|bar| [bar.begins, bar.ends]);
        let times = times.chain(marks.iter().map(|(time, _)| *time)).chain([opens, closes]);
        let scale = Scale::linear(times.collect(), LABELS, WIDTH - 14.0);
        let title = "The window";
        paper.figure(chart(dossier, title, &bars, &marks, &scale), "");
    }
}

fn bars(dossier: &Dossier<'_>) -> Vec<Bar> {
    let bar = |name: &str, begins, ends: Timestamp, colour| Bar {
        name: name.to_owned(),
        begins,
        ends: ends.max(begins),
        colour,
    };
    let stages = dossier.phases().map(|(phase, times)| {
        let colour = match phase.stage {
            stage if stage.is_middle() => MOVES,
            stage if stage.is_final() => FINAL,
            _ => QUIET,
        };
        bar(phase.stage.name(), times.begins, times.drained_by, colour)
    });
    let mut all: Vec<_> = stages.collect();
    if let Some(window) = dossier.plan().window {
        all.push(bar("window", window.opens, window.closes(), "#8a6a00"));
    }
    let times = &dossier.proposal.schedule.milestones;
    let moved = dossier.phase(Stage::Delivery).map(|(_, times)| times.begins);
    if let (Some(moved), Some(until)) = (moved, times.soak_until) {
        all.push(bar("soak", moved, until, QUIET));
    }
    if let (Some(opens), Some(off)) = (dossier.opening(), times.decommission_at) {
        all.push(bar("old system kept", opens, off, QUIET));
    }
    all.sort_by_key(|bar| (bar.begins, bar.ends));
    all
}

/// Moments worth a mark, each with a word.
fn marks(dossier: &Dossier<'_>) -> Vec<(Timestamp, String)> {
    let times = &dossier.proposal.schedule.milestones;
    let letters = notices(dossier);
    let letters = letters.iter().filter(|letter| letter.once.is_none());
    let letters =
        letters.flat_map(|letter| letter.send.iter().map(|time| (*time, letter.id.to_owned())));
    let last = times.last_rollback.map(|time| (time, "turn back".to_owned()));
    let begin = times.begin_by.iter().map(|(id, time)| (*time, id.clone()));
    let mut marks: Vec<_> = letters.chain(last).chain(begin).collect();
    marks.sort();
    let mut joined: Vec<(Timestamp, String)> = Vec::new();
    for (time, word) in marks {
        match joined.last_mut() {
            Some((known, words)) if *known == time => *words += &format!(", {word}"),
            _ => joined.push((time, word)),
        }
    }
    joined
}

fn chart(
    dossier: &Dossier<'_>,
    title: &str,
    bars: &[Bar],
    marks: &[(Timestamp, String)],
    scale: &Scale,
) -> Markup {
    let rows = |count: usize| f64::from(u32::try_from(count).unwrap_or_default());
    let foot = rows(bars.len()) * LINE + 8.0;
    let height = foot + rows(marks.len()) * 16.0 + 10.0;
    let day = |time: Timestamp| {
        let at = dossier.when.day(time);
        // Without the day of the week and the other clock.
        let short = at.split_once(' ').map_or(at.as_str(), |(_, rest)| rest);
        short.split(" (").next().unwrap_or_default().to_owned()
    };
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-label=(title) {
            @for (bar, row) in bars.iter().zip(0_u32..) {
                @let (from, to) = (scale.x(bar.begins), scale.x(bar.ends));
                @let top = f64::from(row) * LINE + 6.0;
                text x="0" y=(top + 13.0) font-size="13" { (bar.name) }
                line x1=(LABELS) x2=(WIDTH) y1=(top + 20.0) y2=(top + 20.0) stroke="#e3e5e8" {}
                @let (begins, ends) = (dossier.when.at(bar.begins), dossier.when.at(bar.ends));
                rect x=(from) y=(top) width=((to - from).max(3.0)) height="16" rx="3"
                    fill=(bar.colour) {
                    title { (bar.name) ": " (begins) " to " (ends) }
                }
                @let (x, anchor, fill) = beside(from, to);
                text x=(x) y=(top + 12.0) font-size="11" fill=(fill) text-anchor=(anchor) {
                    (day(bar.begins))
                }
            }
            @for ((time, word), row) in marks.iter().zip(0_u32..) {
                @let x = scale.x(*time);
                @let y = foot + 12.0 + f64::from(row) * 16.0;
                line x1=(x) x2=(x) y1="0" y2=(y - 8.0) stroke="#a33a1a" stroke-dasharray="2 3" {}
                @let left = x > WIDTH * 0.6;
                text x=(if left { x - 4.0 } else { x + 4.0 }) y=(y) font-size="11" fill="#a33a1a"
                    text-anchor=(if left { "end" } else { "start" }) { (word) ", " (day(*time)) }
            }
        }
    }
}

/// Where the words of a bar have room: in it, behind it, or before it; and their colour.
fn beside(from: f64, to: f64) -> (f64, &'static str, &'static str) {
    const WORDS: f64 = 165.0;
    match (to - from > WORDS, to + WORDS < WIDTH) {
        (true, _) => (from + 6.0, "start", "#fff"),
        (false, true) => (to.max(from + 3.0) + 5.0, "start", "#5a6068"),
        (false, false) => (from - 5.0, "end", "#5a6068"),
    }
}

/// A chart that code hosts draw from its text.
fn mermaid(dossier: &Dossier<'_>, bars: &[Bar], marks: &[(Timestamp, String)]) -> String {
    let stamp = |time: Timestamp| time.format("%Y-%m-%d %H:%M").to_string();
    let mut out = "```mermaid\ngantt\n  dateFormat YYYY-MM-DD HH:mm\n".to_owned();
    // Writing to a `String` cannot fail.
    let _ = writeln!(out, "  title {}, in UTC\n  section Plan", dossier.zone());
    for bar in bars {
        let _ = writeln!(out, "  {} :{}, {}", bar.name, stamp(bar.begins), stamp(bar.ends));
    }
    let _ = writeln!(out, "  section Days");
    for (time, word) in marks {
        let word = word.replace([':', ',', ';'], " ");
        let _ = writeln!(out, "  {word} :milestone, {}, 0d", stamp(*time));
    }
    out + "```"
}
