//! Whole pages.

use super::parts;
use super::scene::{Scene, ZoneScene};
use crate::report::curve::percent;
use maud::{DOCTYPE, Markup, html};

pub(super) const STYLE: &str = include_str!("page.css");
pub(super) const SCRIPT: &str = include_str!("page.js");

const HEADS: [&str; 6] = ["zone", "phase", "published", "safe", "observed", "next"];

fn page(title: &str, events: Option<&str>, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/page.css";
                script src="/page.js" defer {}
            }
            body data-events=[events] {
                a.skip href="#main" { "Skip to content" }
                (body)
            }
        }
    }
}

/// All zones, a line each.
pub(super) fn index(scene: &Scene) -> Markup {
    let body = html! {
        header { h1 { "cutover" } p { (scene.zones.len()) " zones" } }
        main #main { (zones(scene)) }
    };
    page("cutover", Some("/events"), &body)
}

/// The table of zones; its only part that changes.
pub(super) fn zones(scene: &Scene) -> Markup {
    html! {
        section #zones aria-label="Zones" {
            div.scroll tabindex="0" role="group" aria-label="Zones" {
                table {
                    thead {
                        tr {
                            @for head in HEADS { th scope="col" { (head) } }
                        }
                    }
                    tbody { @for zone in &scene.zones { tr { (line(zone)) } } }
                }
            }
        }
    }
}

fn line(zone: &ZoneScene) -> Markup {
    let (name, when) = (zone.name(), zone.when());
    let safe = zone.matrix.as_ref().and_then(|matrix| matrix.safe());
    html! {
        th scope="row" { a href={ "/zones/" (name) } { (name) } }
        td {
            @match zone.phase() {
                Some((phase, at, of)) => { (phase) " (" (at) "/" (of) ")" }
                None => "not begun",
            }
        }
        td {
            @match zone.matrix.as_ref().map(|matrix| matrix.is_published()) {
                Some(true) => "yes",
                Some(false) => "not yet",
                None => "",
            }
        }
        td {
            @match safe {
                Some(safe) if safe <= zone.at => "yes",
                Some(safe) => {
                    span.countdown data-until=(safe.timestamp()) { (when.away(safe)) }
                }
                None => "",
            }
        }
        td { (zone.matrix.as_ref().and_then(|m| m.observed()).map(percent).unwrap_or_default()) }
        td {
            @if let Some(problem) = &zone.problem { strong { (problem) } }
            @else if let Some(view) = &zone.view { (crate::report::text::next(&view.next, &when)) }
        }
    }
}

/// One zone.
pub(super) fn zone(zone: &ZoneScene, many: bool) -> Markup {
    let name = zone.name();
    let body = html! {
        header {
            @if many { nav aria-label="All zones" { a href="/" { "all zones" } } }
            h1 { (name) }
            (parts::phase(zone))
        }
        main #main { (parts::all(zone)) }
        footer { p { "Read-only: what is written here cannot be changed from here." } }
    };
    page(&format!("{name}: cutover"), Some(&format!("/zones/{name}/events")), &body)
}

/// What stands where nothing is.
pub(super) fn missing() -> Markup {
    let body = html! {
        main #main { h1 { "Not here" } p { a href="/" { "All zones that are watched" } } }
    };
    page("Not here: cutover", None, &body)
}
