//! The presets that sides start from, and the settings that only a platform's console knows.

use super::node::may_be_secret;
use super::reader::{Read, Reader, advice, pairs, scalar, text};
use super::side::Place;
use super::{Diagnostic, Node, Source, Value};
use crate::dns::{Name, TextError};
use crate::mail::Side;
use crate::mail::platform::{PRESETS, preset};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// Settings by name: in a zone file their values, in a preset where they are found.
type Settings = BTreeMap<String, String>;

/// What a preset says of itself and no side of a zone file may say.
#[rustfmt::skip] // in the order in which presets write it
pub(super) const HEAD: [&str; 11] = [
    "about", "source", "confidence", "checked", "ends", "within", "clients", "smtp-port", "sign-in",
    "settings", "first-label",
];

/// What a preset says of itself, as far as zone files are concerned.
pub(super) struct Head {
    /// What the platform is.
    pub(super) about: String,
    /// Where the facts are from.
    pub(super) source: String,
    /// How far they can be relied on.
    pub(super) confidence: String,
    /// In which month they were looked at.
    pub(super) checked: String,
    /// Its last day.
    pub(super) ends: Option<String>,
    /// What only its console knows, and where that is found there.
    pub(super) settings: Settings,
    /// Settings that are, unless given, the first label of the host in another.
    pub(super) derived: Settings,
}

impl Head {
    /// The settings of a side, and those that follow from them.
    fn completed(&self, mut given: Settings) -> Settings {
        for (name, host) in &self.derived {
            let label = given.get(host).and_then(|host| host.split('.').next()).map(str::to_owned);
            if let (Some(label), false) = (label, given.contains_key(name)) {
                given.insert(name.clone(), label);
            }
        }
        given
    }
}

impl Place<'_> {
    /// A preset with its blanks filled in, but for what the side writes itself.
    ///
    /// It is part of the program, so it is read without mercy.
    pub(super) fn preset(
        self,
        reader: &Reader<'_>,
        side: &Node,
        name: &str,
        settings: Option<&Node>,
    ) -> Read<Side> {
        let source = Source::new(format!("{name}.yaml"), preset(name)?.text);
        let inner = Reader::new(&source);
        let whole = Node::parse(&source.text).ok()?;
        let asked = head(&inner, &whole);
        let given = match (settings, &asked) {
            (Some(node), Some(head)) => head.completed(given(reader, node, name, &head.settings)?),
            _ => Settings::new(),
        };
        let rest = filled(&without(whole, side), self.zone, &given);
        let outline = rest.outline();
        let missing = blanks(&outline);
        let follows = |blank: &str| {
            let host = asked.as_ref().and_then(|head| head.derived.get(blank));
            host.is_some_and(|host| missing.contains(host.as_str()))
        };
        for blank in missing.iter().filter(|blank| !follows(blank)) {
            let message = format!("platform `{name}` needs `settings: {{{blank}: ...}}`");
            let help = asked.as_ref().and_then(|head| head.settings.get(*blank)).cloned();
            let found = Diagnostic::error(message).at(side.span.clone());
            reader.tell(Diagnostic { help, ..found });
        }
        if !missing.is_empty() {
            return None;
        }
        let mut table = inner.table(&rest)?;
        let read = self.body(&inner, &mut table, Side::default());
        table.finish();
        for problem in inner.finish() {
            let found = Diagnostic::error(format!("preset `{name}`: {}", problem.message));
            reader.tell(found.at(settings.unwrap_or(side).span.clone()));
        }
        Some(read)
    }
}

/// Reads a platform's name.
pub(super) fn platform(text: &str) -> Result<String, TextError> {
    let names: Vec<_> = PRESETS.iter().map(|preset| preset.name).collect();
    if names.contains(&text) {
        return Ok(text.to_owned());
    }
    let message = format!("`{text}` is not a known platform; {}", advice(text, &names));
    Err(TextError { at: 0, len: text.len().max(1), message })
}

/// The same tree with `{zone}`, `{zone-dashed}` and settings filled in.
pub(super) fn filled(node: &Node, zone: &Name, settings: &Settings) -> Node {
    let plain = zone.to_string();
    let plain = plain.trim_end_matches('.');
    let fill = |text: &str| {
        let text = text.replace("{zone}", plain).replace("{zone-dashed}", &plain.replace('.', "-"));
        let each = settings.iter();
        each.fold(text, |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    };
    let again = |node: &Node| filled(node, zone, settings);
    let value = match &node.value {
        Value::Null => Value::Null,
        Value::Scalar { text, quoted } => Value::Scalar { text: fill(text), quoted: *quoted },
        Value::List(items) => Value::List(items.iter().map(again).collect()),
        Value::Map(entries) => {
            Value::Map(entries.iter().map(|(key, value)| (again(key), again(value))).collect())
        }
    };
    Node { span: node.span.clone(), value }
}

/// The head of a preset, with what it says of its facts.
pub(super) fn head(reader: &Reader<'_>, node: &Node) -> Read<Head> {
    let mut table = reader.table(node)?;
    Some(Head {
        about: table.need("about", text)?,
        source: table.need("source", text)?,
        confidence: table.need("confidence", scalar(confidence))?,
        checked: table.need("checked", scalar(month))?,
        ends: table.get("ends", scalar(day)),
        settings: table.get("settings", settings).unwrap_or_default(),
        derived: table.get("first-label", settings).unwrap_or_default(),
    })
}

/// How far the facts of a preset can be relied on.
fn confidence(text: &str) -> Result<String, TextError> {
    const KNOWN: [&str; 3] = ["high", "medium", "low"];
    if KNOWN.contains(&text) {
        return Ok(text.to_owned());
    }
    let message = format!("`{text}` is no confidence; {}", advice(text, &KNOWN));
    Err(TextError { at: 0, len: text.len().max(1), message })
}

/// `2026-11`.
fn month(text: &str) -> Result<String, TextError> {
    let message = format!("`{text}` is not a month such as `2026-11`");
    dated(text, &format!("{text}-01"), message)
}

/// `2027-03-31`.
fn day(text: &str) -> Result<String, TextError> {
    dated(text, text, format!("`{text}` is not a day such as `2027-03-31`"))
}

fn dated(text: &str, date: &str, message: String) -> Result<String, TextError> {
    let read = NaiveDate::parse_from_str(date, "%Y-%m-%d");
    read.map(|_| text.to_owned()).map_err(|_| TextError { at: 0, len: text.len().max(1), message })
}

/// Texts by plain names.
pub(super) fn settings(reader: &Reader<'_>, node: &Node) -> Read<Settings> {
    let found = pairs(reader, node)?.into_iter();
    let found = found.map(|(name, _, value)| Some((name.to_owned(), text(reader, value)?)));
    found.collect::<Vec<_>>().into_iter().collect()
}

/// The settings that a side gives; those that its platform does not ask for are told.
fn given(reader: &Reader<'_>, node: &Node, platform: &str, asked: &Settings) -> Read<Settings> {
    let given = settings(reader, node)?;
    let known: Vec<_> = asked.keys().map(String::as_str).collect();
    for (name, key, value) in pairs(reader, node)? {
        if !known.contains(&name) {
            let message = format!("platform `{platform}` asks for no setting `{name}`");
            let found = Diagnostic::error(message).at(key.span.clone()).help(advice(name, &known));
            let hidden = may_be_secret(name, value).then(|| value.span.clone());
            reader.tell(Diagnostic { hidden, ..found });
        }
    }
    given.keys().all(|name| asked.contains_key(name)).then_some(given)
}

/// A preset without its head and the keys that a side writes itself: their blanks need no filling.
fn without(preset: Node, side: &Node) -> Node {
    let (Value::Map(entries), Value::Map(written)) = (preset.value, &side.value) else {
        return Node { span: preset.span, value: Value::Null };
    };
    let is_open = |(key, _): &(Node, Node)| {
        let is_head = key.text().is_some_and(|key| HEAD.contains(&key));
        !is_head && !written.iter().any(|(other, _)| other.text() == key.text())
    };
    Node { span: preset.span, value: Value::Map(entries.into_iter().filter(is_open).collect()) }
}

/// What stands in braces and only the platform's console knows.
pub(super) fn blanks(text: &str) -> BTreeSet<&str> {
    let words = text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    let is_word = |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    words
        .filter(|word| !word.is_empty())
        .filter(is_word)
        .filter(|word| !["zone", "zone-dashed"].contains(word))
        .collect()
}

#[cfg(test)]
mod tests;
