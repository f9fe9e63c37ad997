//! The `transition` of a zone file: window, waits and manual steps.

use super::reader::{Read, Reader, advice, either, list, placed, scalar, text};
use super::scalar::{Time, duration, flag, integer, offset, time, ttl};
use super::side::ZERO_TTL;
use super::{Node, Placed, Value};
use crate::dns::{TextError, Ttl};
use crate::plan::{Checkpoint, Kind, Place, Policy, Stage, Window};
use chrono_tz::Tz;
use std::collections::BTreeMap;
use std::time::Duration;

/// What a `transition` says.
#[derive(Clone, Debug, Default)]
pub(super) struct Way {
    /// What is left out is as in [`Policy::default`].
    pub(super) policy: Policy,
    /// The time zone of the window's opening, for showing times.
    pub(super) time_zone: Option<Tz>,
    /// Manual steps that are done.
    pub(super) confirmed: Vec<Confirmed>,
}

/// A manual step that is done, as the zone file says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Confirmed {
    /// The checkpoint's name.
    pub id: String,
    /// Who says so.
    pub by: String,
    /// In their words.
    pub note: Option<String>,
}

/// Reads a transition.
pub(super) fn transition(reader: &Reader<'_>, node: &Node) -> Read<Way> {
    let default = Policy::default();
    let mut table = reader.table(node)?;
    let window_node = table.take("window");
    let window = window_node.and_then(|node| window(reader, node));
    let order = table.get("order", placed(list(scalar(middle))));
    let policy = Policy {
        window: window.map(|(window, _)| window),
        ttl: table.get("ttl", lowered).unwrap_or(default.ttl),
        at: table.get("at", offsets).unwrap_or_default(),
        order: order.map_or(Some(default.order), |order| whole_order(reader, &order))?,
        margin: table.get("margin", scalar(duration)).unwrap_or(default.margin),
        propagation: table.get("propagation", scalar(duration)),
        verify: table.get("verify", scalar(duration)).unwrap_or(default.verify),
        soak: table.get("soak", scalar(duration)).unwrap_or(default.soak),
        queue: table.get("queue", scalar(duration)).unwrap_or(default.queue),
        transit: table.get("transit", scalar(duration)).unwrap_or(default.transit),
        silence: table.get("silence", scalar(duration)).unwrap_or(default.silence),
        quiet_since: table.get("quiet-since", scalar(time)).map(|time| time.at),
        restore_after: table
            .get("restore-after", scalar(duration))
            .unwrap_or(default.restore_after),
        repurpose_after: table
            .get("repurpose-after", scalar(duration))
            .unwrap_or(default.repurpose_after),
        sts_max_age: table.get("sts-max-age", scalar(duration)),
        preflight: table.get("preflight", scalar(integer::<u16>)),
        cache_floor: table.get("cache-floor", scalar(duration)).unwrap_or(default.cache_floor),
        final_ttl: table.get("final-ttl", lowered),
        checkpoints: table.get("checkpoints", list(checkpoint)),
        kind: table.get("kind", scalar(kind)),
        flatten: table.get("flatten", scalar(flag)).unwrap_or_default(),
        ..default
    };
    let confirmed = table.get("confirmed", either(confirmed)).unwrap_or_default();
    if let Some(node) = table.take("resolvers") {
        reader.refuse::<()>(&node.span, "`resolvers` of a transition is not supported yet");
    }
    table.finish();
    if window_node.is_none() && !policy.at.is_empty() {
        reader.refuse::<()>(&node.span, "`at` counts from the opening of a `window`; write one");
    }
    Some(Way { policy, time_zone: window.map(|(_, zone)| zone), confirmed })
}

/// A checkpoint's name, or `{id, by, note}`.
fn confirmed(reader: &Reader<'_>, node: &Node) -> Read<Confirmed> {
    if let Some(id) = node.text() {
        return Some(Confirmed { id: id.to_owned(), by: "the zone file".to_owned(), note: None });
    }
    let mut table = reader.table(node)?;
    let (id, by) = (table.need("id", text), table.need("by", text));
    let note = table.get("note", text);
    table.finish();
    Some(Confirmed { id: id?, by: by?, note })
}

/// What a transition asks for, as text: what is confirmed on the way is no other way.
pub(super) fn outline(node: &Node) -> String {
    let Value::Map(entries) = &node.value else {
        return node.outline();
    };
    let asks = entries.iter().filter(|(key, _)| key.text() != Some("confirmed"));
    Node { span: node.span.clone(), value: Value::Map(asks.cloned().collect()) }.outline()
}

fn window(reader: &Reader<'_>, node: &Node) -> Read<(Window, Tz)> {
    let mut table = reader.table(node)?;
    let opens = table.need("opens", scalar(time));
    let length = table.need("length", scalar(duration));
    table.finish();
    let (Time { at, zone }, length) = (opens?, length?);
    Some((Window { opens: at, length }, zone))
}

fn lowered(reader: &Reader<'_>, node: &Node) -> Read<Ttl> {
    let found = scalar(ttl)(reader, node)?;
    if found.secs() == 0 { reader.refuse(&node.span, ZERO_TTL) } else { Some(found) }
}

/// One of the three stages that may be moved.
fn middle(text: &str) -> Result<Stage, TextError> {
    match Stage::parse(text).filter(|stage| stage.is_middle()) {
        Some(stage) => Ok(stage),
        None => Err(not_a_stage(text, &["submission", "delivery", "retrieval"])),
    }
}

fn any_stage(text: &str) -> Result<Stage, TextError> {
    let names = Stage::ALL.map(Stage::name);
    Stage::parse(text).ok_or_else(|| not_a_stage(text, &names))
}

fn not_a_stage(text: &str, known: &[&str]) -> TextError {
    let message = format!("`{text}` is not a stage that can stand here; {}", advice(text, known));
    TextError { at: 0, len: text.len().max(1), message }
}

fn kind(text: &str) -> Result<Kind, TextError> {
    let names = Kind::ALL.map(Kind::name);
    Kind::parse(text).ok_or_else(|| {
        let message = format!("`{text}` is not a known kind of move; {}", advice(text, &names));
        TextError { at: 0, len: text.len().max(1), message }
    })
}

fn offsets(reader: &Reader<'_>, node: &Node) -> Read<BTreeMap<Stage, Duration>> {
    let mut table = reader.table(node)?;
    let middle = [
        ("submission", Stage::Submission),
        ("delivery", Stage::Delivery),
        ("retrieval", Stage::Retrieval),
    ];
    let found = middle.map(|(key, stage)| (stage, table.get(key, scalar(offset))));
    table.finish();
    Some(found.into_iter().filter_map(|(stage, offset)| Some((stage, offset?))).collect())
}

fn whole_order(reader: &Reader<'_>, order: &Placed<Vec<Stage>>) -> Read<[Stage; 3]> {
    let mut sorted = order.value.clone();
    sorted.sort();
    sorted.dedup();
    match <[Stage; 3]>::try_from(order.value.clone()) {
        Ok(all) if sorted.len() == 3 => Some(all),
        _ => reader.refuse(
            &order.span,
            "an order names all three: `submission`, `delivery` and `retrieval`",
        ),
    }
}

fn checkpoint(reader: &Reader<'_>, node: &Node) -> Read<Checkpoint> {
    let mut table = reader.table(node)?;
    let id = table.need("id", text);
    let ask = table.need("ask", text);
    let before = table.get("before", scalar(any_stage));
    let after = table.get("after", scalar(any_stage));
    let lead = table.get("lead", scalar(duration));
    table.finish();
    let place = match (before, after) {
        (Some(stage), None) => Place::Before(stage),
        (None, Some(stage)) => Place::After(stage),
        _ => return reader.refuse(&node.span, "a checkpoint stands `before` or `after` a stage"),
    };
    Some(Checkpoint { id: id?, ask: ask?, place, lead })
}
