//! YAML as a tree that keeps the place of everything and the text of scalars as written.

use super::diagnostic::Diagnostic;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_yaml::{Error, Location, Options, Spanned};
use std::fmt;
use std::ops::Range;

/// A place in a file, in octets.
pub type Span = Range<usize>;

/// Nodes of one file at most: a hundred times a zone file of 10,000 domains with 20 keys each.
const NODES: usize = 20_000_000;

/// Levels of one file at most: ours need six, and each costs an unoptimised parser 60 kB of a
/// thread's 2 MiB stack.
const DEPTH: usize = 16;

/// Nodes that aliases may stand for: shared settings are few, and a bomb must stay cheap.
const ALIASED: usize = 100_000;

/// One value of a file and where it stands.
///
/// A value that comes through an alias or a merge key stands where it was first written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Node {
    /// Its octets in the file, quotes and brackets included.
    pub span: Span,
    /// What it says.
    pub value: Value,
}

/// What a node says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// `~`, `null`, or nothing at all.
    Null,
    /// Anything else that is no list and no table; YAML's own types mean nothing here.
    Scalar {
        /// As written if plain (`1.10`, `NO`, `010`), else with quotes and escapes undone.
        text: String,
        /// Whether it stood in quotes.
        quoted: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A table in the order of the file, duplicate keys included.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// Reads a file of one YAML document; an empty one is [`Value::Null`].
    pub fn parse(text: &str) -> Result<Self, Box<Diagnostic>> {
        let mut node: Self = serde_yaml::from_str_with_options(text, options())
            .map_err(|error| Box::new(syntax(&error, text)))?;
        node.settle(text);
        Ok(node)
    }

    /// What it says on one line, without comments, places and styles of quoting.
    pub fn outline(&self) -> String {
        match &self.value {
            Value::Null => "~".to_owned(),
            Value::Scalar { text, .. } => format!("{text:?}"),
            Value::List(items) => {
                let items: Vec<_> = items.iter().map(Self::outline).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Map(entries) => {
                let pair =
                    |(key, value): &(Self, Self)| format!("{}: {}", key.outline(), value.outline());
                let pairs: Vec<_> = entries.iter().map(pair).collect();
                format!("{{{}}}", pairs.join(", "))
            }
        }
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Fetches what YAML's types took away, and lets collections span their content.
    fn settle(&mut self, source: &str) {
        let raw = source.get(self.span.clone()).unwrap_or_default();
        match &mut self.value {
            Value::Null => (),
            Value::Scalar { text, quoted } => {
                let marks = ['"', '\''];
                if text.is_empty() {
                    *text = raw.trim_matches(marks).to_owned();
                }
                // A block scalar may begin with a quote too, but reads as it is written.
                *quoted = raw.starts_with(marks) && raw.trim_end() != text.trim_end();
            }
            Value::List(items) => {
                items.iter_mut().for_each(|item| item.settle(source));
                let end = items.iter().map(|item| item.span.end).max();
                self.stretch(end, source);
            }
            Value::Map(entries) => {
                for (key, value) in entries.iter_mut() {
                    key.settle(source);
                    value.settle(source);
                }
                let ends = entries.iter().map(|(key, value)| key.span.end.max(value.span.end));
                let end = ends.max();
                self.stretch(end, source);
            }
        }
    }

    /// Spans up to `end`, and to the closing bracket of a flow collection behind it.
    ///
    /// The parser places a collection at its first octet only. An alias among the content does no
    /// harm: what it stands for was written before.
    fn stretch(&mut self, end: Option<usize>, source: &str) {
        let flow = source[self.span.start..].starts_with(['[', '{']);
        let end = end.map_or(self.span.end, |end| end.max(self.span.end));
        let rest = &source[end..];
        let gap = rest.trim_start_matches([' ', ',', '\t', '\r', '\n']);
        let closed = flow && gap.starts_with([']', '}']);
        self.span.end = if closed { end + rest.len() - gap.len() + 1 } else { end };
    }
}

fn options() -> Options {
    serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_nodes: NODES,
            // A node is at most two events, start and end of a collection.
            max_events: 2 * NODES,
            max_depth: DEPTH,
        },
        alias_limits: serde_yaml::alias_limits! { max_total_replayed_events: ALIASED },
        // A limit on comments in a row comes with their being told to us.
        emit_comments: false,
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

/// What the parser could not read, with a hint for what trips people who know zone files.
fn syntax(error: &Error, text: &str) -> Diagnostic {
    let place = error.location();
    let at = place.map_or(0, |place| offset(&place, text));
    let next = text[at..].chars().next();
    let long = error.render();
    let tail = place.map(|at| format!(" at line {}, column {}", at.line(), at.column()));
    let message = tail.and_then(|tail| long.strip_suffix(&tail)).unwrap_or(&long);
    let (message, help) = match (error, next) {
        (Error::MultipleDocuments { .. }, _) => {
            ("a file holds one document", Some("take the `---` out".to_owned()))
        }
        (_, Some(mark @ ('@' | '*' | '%' | '`' | '&' | '!'))) => (
            message,
            Some(format!("`{mark}` has a meaning of its own in YAML; write `\"{mark}\"`")),
        ),
        _ if message.contains("tabs") => (message, Some("indent with spaces".to_owned())),
        _ if message.contains("mapping values") => {
            (message, Some("text with a colon and a space in it must stand in quotes".to_owned()))
        }
        _ => (message, None),
    };
    let end = at + next.map_or(0, char::len_utf8);
    let found = Diagnostic::error(format!("not valid YAML: {message}")).at(at..end);
    Diagnostic { help, hidden: credential(text, at), ..found }
}

/// The octet offset of a place that the parser gives in lines and characters.
fn offset(place: &Location, text: &str) -> usize {
    let (line, column) = (place.line().saturating_sub(1), place.column().saturating_sub(1));
    let lines = text.split_inclusive('\n').take(line as usize);
    let start: usize = lines.map(str::len).sum();
    let rest = text[start..].char_indices().nth(column as usize);
    rest.map_or(text.len(), |(at, _)| start + at)
}

/// Words in the names of keys that hold secrets.
const CREDENTIALS: [&str; 4] = ["secret", "token", "password", "key"];

/// Whether a value under a key that nobody knows may be a secret, or hold one.
pub(super) fn may_be_secret(name: &str, node: &Node) -> bool {
    match &node.value {
        Value::Null => false,
        Value::Scalar { text, .. } => {
            let name = name.to_ascii_lowercase();
            let is_reference = text.starts_with("env:") || text.starts_with("file:");
            !is_reference && CREDENTIALS.iter().any(|word| name.contains(word))
        }
        Value::List(items) => items.iter().any(|item| may_be_secret(name, item)),
        Value::Map(entries) => {
            entries.iter().any(|(key, value)| may_be_secret(key.text().unwrap_or_default(), value))
        }
    }
}

/// What on the line at `at` may be a secret: without a tree, only the key's name tells.
fn credential(text: &str, at: usize) -> Option<Span> {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    let line = text[start..end].to_ascii_lowercase();
    let word = CREDENTIALS.iter().filter_map(|word| line.find(word)).min()?;
    let colon = line[word..].find(':')?;
    Some(start + word + colon + 1..end)
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value, defined, .. } = Spanned::<Value>::deserialize(deserializer)?;
        let octets = |n: Option<u64>| n.map_or(0, |n| n as usize);
        let start = octets(defined.span().byte_offset());
        Ok(Self { span: start..start + octets(defined.span().byte_len()), value })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reading)
    }
}

/// Takes what YAML infers; [`Node::settle`] fetches the text of what is no string.
struct Reading;

impl Reading {
    fn typed<E>() -> Result<Value, E> {
        Ok(Value::Scalar { text: String::new(), quoted: false })
    }
}

impl<'de> Visitor<'de> for Reading {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a list or a table")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Self::typed()
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Self::typed()
    }

    fn visit_u64<E>(self, _: u64) -> Result<Value, E> {
        Self::typed()
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Self::typed()
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Scalar { text: text.to_owned(), quoted: false })
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Scalar { text, quoted: false })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Value::Map(entries))
    }
}

#[cfg(test)]
mod tests;
