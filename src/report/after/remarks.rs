//! What somebody who has little time should read of a report.

use super::{After, Gone, Passage};
use crate::plan::{Direction, span};
use crate::report::When;
use crate::report::paper::code;
use crate::run::Verdict;

/// Sentences in Markdown, the gravest first; never none.
pub(super) fn remarks(after: &After, when: &When) -> Vec<String> {
    let mut told = Vec::new();
    for leg in after.legs.iter().filter(|leg| leg.plan.direction != Direction::Forward) {
        told.push(format!("The move was turned back {}.", when.at(leg.planned)));
    }
    for one in &after.late {
        let from = match one.suspects.is_empty() {
            true => {
                "a name server that nobody lists lagged, or the cache stretches TTLs".to_owned()
            }
            false => {
                let suspects: Vec<_> = one.suspects.iter().map(|one| code(one)).collect();
                format!("it had it from {}", suspects.join(" or "))
            }
        };
        let (who, what) = (code(&one.resolver), code(&one.key.to_string()));
        let (seen, until) = (when.at(one.seen), when.at(one.until));
        told.push(format!(
            "Alarm: {who} took in the old {what} after publication, was seen with it {seen} and \
             kept it until {until}: {from}."
        ));
    }
    for passage in after.legs.iter().flat_map(|leg| &leg.passages) {
        of_phase(&mut told, passage, when);
    }
    for one in &after.breaches {
        let how = match one.verdict {
            Verdict::Stale => "answered with what was out of date",
            _ => "kept records longer than their TTLs say",
        };
        let keys: Vec<_> = one.keys.iter().map(|key| code(&key.to_string())).collect();
        let (who, seen) = (code(&one.resolver), when.at(one.seen));
        told.push(format!("{who} {how}: {}, first {seen}.", keys.join(", ")));
    }
    if after.watched.is_none() {
        told.push(
            "Nobody watched: what resolvers answered, and when they last had the old, is unknown."
                .to_owned(),
        );
    } else if told.is_empty() {
        told.push("Nothing that was seen is out of the ordinary.".to_owned());
    }
    told
}

fn of_phase(told: &mut Vec<String>, passage: &Passage, when: &When) {
    let stage = passage.phase.stage;
    if let Some(took) = passage.propagation().filter(|took| *took > passage.bound()) {
        let (took, bound) = (span(took), span(passage.bound()));
        told.push(format!("{stage}: name servers took {took}; the plan allowed {bound}."));
    }
    for one in passage.followers.iter().filter(|one| one.relapses > 0) {
        let (who, times) = (code(&one.server), one.relapses);
        told.push(format!("{stage}: {who} went back to the old {times} times."));
    }
    for one in &passage.strays {
        let (what, at) = (code(&one.key.to_string()), when.at(one.at));
        let who = one.server.as_deref().map_or_else(|| "the provider".to_owned(), code);
        told.push(format!("{stage}: {who} had a {what} that nobody planned, {at}."));
    }
    if passage.tries > 1 {
        told.push(format!("{stage}: sending began {} times.", passage.tries));
    }
    if let Some(found) = passage.found {
        let at = when.at(found);
        told.push(format!("{stage}: found in the live zone, unknown to the journal, {at}."));
    }
    let Some(dead) = passage.dead() else { return };
    match passage.gone() {
        Some(Gone::By(last, new)) if last.last > dead => {
            let (who, seen, dead) = (code(&last.resolver), when.at(last.last), when.at(dead));
            let new = when.at(new);
            told.push(format!(
                "{stage}: {who} was seen with the old {seen}, after {dead}, by when caches that \
                 obey TTLs had forgotten it; it had the new {new}."
            ));
        }
        Some(Gone::Open(last)) => {
            let (who, seen) = (code(&last.resolver), when.at(last.last));
            told.push(format!(
                "{stage}: {who} was last seen with the old, {seen}; when it had the new is unknown."
            ));
        }
        _ => (),
    }
}
