//! How mail flows before, during and after, as sketches and in words.

use super::Part;
use super::opening::list;
use crate::dns::{Name, Rdata};
use crate::mail::Side;
use crate::plan::Stage;
use crate::report::paper::{Paper, escape};
use crate::report::{Dossier, Host, settings};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

/// One arrow: from where, to which of the two boxes, what it carries.
#[derive(Clone)]
struct Arrow {
    from: From,
    to_new: bool,
    words: String,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum From {
    World,
    Users,
    Old,
}

/// What a sketch shows of one moment.
struct Moment {
    title: &'static str,
    has_old: bool,
    has_new: bool,
    arrows: Vec<Arrow>,
}

pub(super) fn flow(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    for moment in moments(dossier) {
        part.below(paper, moment.title);
        let words = list("", moment.arrows.iter().map(|arrow| escape(&told(arrow))));
        paper.figure(sketch(dossier, &moment), words);
    }
}

fn moments(dossier: &Dossier<'_>) -> Vec<Moment> {
    let intent = &dossier.spec.intent;
    let arrow = |from, to_new, words: String| Arrow { from, to_new, words };
    let ways = |side: &Side, is_new: bool| {
        let mx: Vec<_> = side.mx.iter().map(|mx| Dossier::plain(&mx.exchange)).collect();
        let sends = labels(dossier, &side.submission);
        let reads = labels(dossier, &side.retrieval);
        let mut all = Vec::new();
        if !mx.is_empty() {
            all.push(arrow(From::World, is_new, format!("MX {}", few(&mx))));
        }
        let users: Vec<_> = [("send by", sends), ("read by", reads)]
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(what, names)| format!("{what} {names}"))
            .collect();
        if !users.is_empty() {
            all.push(arrow(From::Users, is_new, users.join("; ")));
        }
        all
    };
    let before = ways(&intent.old, false);
    let mut after = ways(&intent.new, true);
    let own = settings(dossier).into_iter().filter(|one| matches!(one.host, Host::Platform(_)));
    let direct: BTreeSet<_> = own.map(|one| one.host.text()).collect();
    if !direct.is_empty() {
        let names: Vec<_> = direct.into_iter().collect();
        after.iter_mut().filter(|arrow| arrow.from == From::Users).for_each(|arrow| {
            arrow.words += &format!("; in programs: {}", names.join(", "));
        });
    }
    let late = arrow(From::World, false, "MX from caches that still hold the old".to_owned());
    let forward = arrow(From::Old, true, "forwards by the name of a host, not by MX".to_owned());
    let during = [late, forward].into_iter().chain(after.iter().cloned()).collect();
    let has_old = !before.is_empty();
    let before = Moment { title: "Before", has_old, has_new: false, arrows: before };
    let during = Moment { title: "During", has_old, has_new: true, arrows: during };
    let after = Moment { title: "After", has_old: false, has_new: true, arrows: after };
    match dossier.phase(Stage::Delivery).is_some() && has_old {
        true => vec![before, during, after],
        false => vec![before, after],
    }
}

/// The first two of many.
fn few(all: &[String]) -> String {
    match all {
        [one, two, _, rest @ ..] => format!("{one}, {two} and {} more", rest.len() + 1),
        all => all.join(", "),
    }
}

/// First labels of names that lead somewhere.
fn labels(dossier: &Dossier<'_>, hosts: &BTreeMap<Name, Vec<Rdata>>) -> String {
    let named = hosts.iter().filter(|(_, rdata)| !rdata.is_empty()).map(|(owner, _)| owner);
    let names: Vec<_> = named.map(|owner| owner.relative_to(&dossier.spec.intent.zone)).collect();
    names.join(", ")
}

fn told(arrow: &Arrow) -> String {
    let from = match arrow.from {
        From::World => "Other people's servers",
        From::Users => "Users",
        From::Old => "Old",
    };
    let to = if arrow.to_new { "new" } else { "old" };
    format!("{from} to {to}: {}", arrow.words)
}

const WIDTH: f64 = 760.0;
const BOX: f64 = 190.0;

fn sketch(dossier: &Dossier<'_>, moment: &Moment) -> Markup {
    let intent = &dossier.spec.intent;
    let right = WIDTH - BOX - 4.0;
    let both = moment.has_old && moment.has_new;
    let height = if both { 270.0 } else { 190.0 };
    let (old, new) = (40.0, if both { 170.0 } else { 65.0 });
    let old = if both { old } else { 65.0 };
    let (world, users) = (20.0, height - 85.0);
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (height) } role="img"
            aria-label={ "Mail flow: " (moment.title) } {
            desc { @for arrow in &moment.arrows { (told(arrow)) ". " } }
            defs {
                marker id=(tip(dossier, moment)) viewBox="0 0 10 10" refX="9" refY="5"
                    markerWidth="8" markerHeight="8" orient="auto" {
                    path d="M0 0L10 5L0 10z" fill="#1a4fa3" {}
                }
            }
            (place(4.0, world, "Other people's servers", ""))
            (place(4.0, users, "Users", ""))
            @if moment.has_old { (place(right, old, "Old", &dossier.nickname(&intent.old))) }
            @if moment.has_new { (place(right, new, "New", &dossier.nickname(&intent.new))) }
            @for arrow in &moment.arrows {
                @let end = if arrow.to_new { new } else { old };
                (line(&tip(dossier, moment), arrow, [world, users, old, end], right))
            }
        }
    }
}

/// What the tips of a sketch's arrows are called; a page may show many zones.
fn tip(dossier: &Dossier<'_>, moment: &Moment) -> String {
    format!("tip-{}-{}", moment.title, dossier.zone())
}

fn place(x: f64, y: f64, name: &str, below: &str) -> Markup {
    let short: String = below.chars().take(28).collect();
    let short = if short.len() < below.len() { format!("{}…", short.trim_end()) } else { short };
    html! {
        rect x=(x) y=(y) width=(BOX) height="44" rx="6" fill="#f3f4f5" stroke="#5a6068" {}
        text x=(x + BOX / 2.0) y=(y + if below.is_empty() { 27.0 } else { 19.0 })
            text-anchor="middle" font-size="14" font-weight="600" { (name) }
        text x=(x + BOX / 2.0) y=(y + 36.0) text-anchor="middle" font-size="11.5" { (short) }
    }
}

/// From a box on the left to one on the right, its words over its middle; a forward goes down.
fn line(tip: &str, arrow: &Arrow, [world, users, old, end]: [f64; 4], right: f64) -> Markup {
    let tip = format!("url(#{tip})");
    let (x1, y1, x2, y2) = match arrow.from {
        From::World => (BOX + 4.0, world + 22.0, right, end + 14.0),
        From::Users => (BOX + 4.0, users + 22.0, right, end + 32.0),
        From::Old => (right + BOX / 2.0, old + 44.0, right + BOX / 2.0, end),
    };
    let dash = if arrow.words.starts_with("MX from") { "6 5" } else { "none" };
    let at = |share: f64| (x1 + (x2 - x1) * share, y1 + (y2 - y1) * share);
    let is_steep = (y2 - y1).abs() > 60.0;
    let ((x, y), anchor) = match arrow.from {
        From::Old => ((x1 - 12.0, f64::midpoint(y1, y2) + 4.0), "end"),
        From::Users => ((at(0.5).0, at(0.5).1 + 18.0), "middle"),
        // Beside the line where it goes down, above it where it goes across.
        From::World if is_steep => ((at(0.3).0 + 12.0, at(0.3).1), "start"),
        From::World => ((at(0.5).0, at(0.5).1 - 8.0), "middle"),
    };
    html! {
        line x1=(x1) y1=(y1) x2=(x2) y2=(y2) stroke="#1a4fa3" stroke-width="1.6"
            stroke-dasharray=(dash) marker-end=(tip) {}
        @for (at, part) in wrapped(&arrow.words).iter().zip(0_u32..) .map(|(p, at)| (at, p)) {
            text x=(x) y=(y + f64::from(at) * 15.0) text-anchor=(anchor) font-size="12.5"
                paint-order="stroke" stroke="#fff" stroke-width="4" { (part) }
        }
    }
}

/// Words in lines that fit between the boxes.
fn wrapped(words: &str) -> Vec<String> {
    const MOST: usize = 57;
    let mut lines = vec![String::new()];
    for word in words.split(' ') {
        match lines.last_mut() {
            Some(last) if last.chars().count() + word.chars().count() < MOST => {
                if !last.is_empty() {
                    last.push(' ');
                }
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
