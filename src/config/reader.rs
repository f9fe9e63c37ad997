//! Turns a tree into values, key by key, and gathers every mistake on the way.
//!
//! A function that reads a table names its keys and how each is read, and is then a list of them:
//!
//! ```text
//! let mut table = reader.table(node)?;
//! let id = table.need("id", text);
//! let order = table.get("order", list(scalar(stage)));
//! table.finish();
//! ```

use super::diagnostic::{Diagnostic, Source};
use super::node::{Node, Span, Value, may_be_secret};
use crate::dns::TextError;
use std::cell::RefCell;

/// What comes of reading a node; `None` means that a mistake has been told.
pub type Read<T> = Option<T>;

/// Reads one file's tree and keeps what is wrong in it.
#[derive(Debug)]
pub struct Reader<'a> {
    source: &'a Source,
    // Interior, so that a table and the readers of its values can tell mistakes alike.
    found: RefCell<Vec<Diagnostic>>,
}

/// A value and where it stands, for checks that come after reading.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Placed<T> {
    /// Its octets in the file.
    pub span: Span,
    /// What it says.
    pub value: T,
}

impl<'a> Reader<'a> {
    /// A reader that has found nothing yet.
    pub fn new(source: &'a Source) -> Self {
        Self { source, found: RefCell::default() }
    }

    /// Notes a finding.
    pub fn tell(&self, found: Diagnostic) {
        let mut all = self.found.borrow_mut();
        // What an alias stands for is read once a use, but is wrong only once.
        if !all.contains(&found) {
            all.push(found);
        }
    }

    /// Notes an error at a place and gives `None`.
    pub fn refuse<T>(&self, span: &Span, message: impl Into<String>) -> Read<T> {
        self.tell(Diagnostic::error(message).at(span.clone()));
        None
    }

    /// Notes an error inside a scalar's text and gives `None`.
    pub fn refuse_text<T>(&self, node: &Node, error: &TextError) -> Read<T> {
        self.refuse(&self.within(node, error), &error.message)
    }

    /// Where in the file an error inside a scalar's text stands.
    pub fn within(&self, node: &Node, error: &TextError) -> Span {
        self.source.within(node, error)
    }

    /// The table at a node.
    pub fn table<'n>(&'n self, node: &'n Node) -> Read<Table<'n>> {
        let entries = pairs(self, node)?;
        Some(Table { reader: self, node, entries, known: Vec::new() })
    }

    /// All findings, in the order of the file.
    pub fn finish(self) -> Vec<Diagnostic> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|one| one.span.as_ref().map(|span| (span.start, span.end)));
        found
    }

    fn mismatch<T>(&self, node: &Node, wanted: &str) -> Read<T> {
        let found = match node.value {
            Value::Null => return self.empty(node, wanted),
            Value::Scalar { .. } => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a table",
        };
        self.refuse(&node.span, format!("{wanted} is wanted here, not {found}"))
    }

    fn empty<T>(&self, node: &Node, wanted: &str) -> Read<T> {
        let found = Diagnostic::error(format!("{wanted} is wanted here, but nothing is written"));
        self.tell(found.at(node.span.clone()).help("write a value, or leave the key out"));
        None
    }
}

/// The keys and values of one table, taken out one by one.
#[derive(Debug)]
pub struct Table<'a> {
    reader: &'a Reader<'a>,
    node: &'a Node,
    entries: Vec<(&'a str, &'a Node, &'a Node)>,
    known: Vec<&'static str>,
}

impl<'a> Table<'a> {
    /// The value of a key that may be left out, as a node.
    pub fn take(&mut self, key: &'static str) -> Option<&'a Node> {
        self.known.push(key);
        self.entries.iter().find(|(name, ..)| *name == key).map(|(_, _, value)| *value)
    }

    /// The value of a key that may be left out.
    pub fn get<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Reader<'_>, &Node) -> Read<T>,
    ) -> Option<T> {
        let node = self.take(key)?;
        read(self.reader, node)
    }

    /// The value of a key that must be there.
    pub fn need<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Reader<'_>, &Node) -> Read<T>,
    ) -> Read<T> {
        match self.take(key) {
            Some(node) => read(self.reader, node),
            None => self.reader.refuse(&self.node.span, format!("`{key}` is missing here")),
        }
    }

    /// Where the table stands.
    pub fn span(&self) -> &'a Span {
        &self.node.span
    }

    /// Tells every key that nobody asked for.
    pub fn finish(self) {
        for (name, key, value) in &self.entries {
            if !self.known.contains(name) {
                let found = Diagnostic::error(format!("unknown key `{name}`"));
                let found = found.at(key.span.clone()).help(advice(name, &self.known));
                // Nobody reads the value, so nobody else would find that it is a secret.
                let hidden = may_be_secret(name, value).then(|| value.span.clone());
                self.reader.tell(Diagnostic { hidden, ..found });
            }
        }
    }
}

/// What to write instead of an unknown word.
pub fn advice(word: &str, known: &[&str]) -> String {
    // Two slips at most, and never half of the word: `mx` is no slip of `at`.
    let limit = (word.chars().count() / 2).min(2);
    let near = known.iter().map(|&one| (strsim::damerau_levenshtein(word, one), one));
    match near.filter(|(distance, _)| *distance <= limit).min() {
        Some((_, one)) => format!("did you mean `{one}`?"),
        None if known.is_empty() => "nothing is known here".to_owned(),
        None => format!("known here: `{}`", known.join("`, `")),
    }
}

/// Reads any scalar as its text.
pub fn text(reader: &Reader<'_>, node: &Node) -> Read<String> {
    match node.text() {
        Some(text) => Some(text.to_owned()),
        None => reader.mismatch(node, "text"),
    }
}

/// Reads the keys and values of a table whose keys are free; a key written twice is told.
pub fn pairs<'n>(reader: &Reader<'_>, node: &'n Node) -> Read<Vec<(&'n str, &'n Node, &'n Node)>> {
    let Value::Map(entries) = &node.value else {
        return reader.mismatch(node, "a table");
    };
    let mut found = std::collections::BTreeMap::new();
    let mut pairs = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let Some(name) = key.text() else {
            reader.mismatch::<()>(key, "a key of plain text");
            continue;
        };
        match found.insert(name, &key.span) {
            None => pairs.push((name, key, value)),
            Some(first) => {
                let twice = Diagnostic::error(format!("`{name}` is written twice"));
                let twice = twice.at(key.span.clone()).also(first.clone(), "first written here");
                let hidden = may_be_secret(name, value).then(|| value.span.clone());
                reader.tell(Diagnostic { hidden, ..twice });
            }
        }
    }
    Some(pairs)
}

/// Reads a scalar by a function of its text.
pub fn scalar<T>(
    read: impl Fn(&str) -> Result<T, TextError>,
) -> impl Fn(&Reader<'_>, &Node) -> Read<T> {
    move |reader, node| match node.text() {
        Some(text) => read(text).map_or_else(|error| reader.refuse_text(node, &error), Some),
        None => reader.mismatch(node, "text"),
    }
}

/// Reads a list, each item by the same function; one bad item does not hide the next.
pub fn list<T>(
    read: impl Fn(&Reader<'_>, &Node) -> Read<T>,
) -> impl Fn(&Reader<'_>, &Node) -> Read<Vec<T>> {
    move |reader, node| match &node.value {
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(|item| read(reader, item)).collect();
            items.into_iter().collect()
        }
        _ => reader.mismatch(node, "a list"),
    }
}

/// Reads a list, or one item that stands for a list of one.
pub fn either<T>(
    read: impl Fn(&Reader<'_>, &Node) -> Read<T>,
) -> impl Fn(&Reader<'_>, &Node) -> Read<Vec<T>> {
    move |reader, node| match node.value {
        Value::List(_) => list(&read)(reader, node),
        _ => Some(vec![read(reader, node)?]),
    }
}

/// Reads a value and keeps its place.
pub fn placed<T>(
    read: impl Fn(&Reader<'_>, &Node) -> Read<T>,
) -> impl Fn(&Reader<'_>, &Node) -> Read<Placed<T>> {
    move |reader, node| Some(Placed { span: node.span.clone(), value: read(reader, node)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::scalar::{duration, integer};
    use std::time::Duration;

    #[derive(Debug, Eq, PartialEq)]
    struct Window {
        name: String,
        length: Option<Duration>,
        quorum: Vec<u32>,
    }

    fn window(reader: &Reader<'_>, node: &Node) -> Read<Window> {
        let mut table = reader.table(node)?;
        let name = table.need("name", text);
        let length = table.get("length", scalar(duration));
        let quorum = table.get("quorum", either(scalar(integer)));
        table.finish();
        Some(Window { name: name?, length, quorum: quorum.unwrap_or_default() })
    }

    fn read(source: &str) -> (Read<Window>, Vec<String>) {
        let source = Source::new("w.yaml", source);
        let reader = Reader::new(&source);
        let node = Node::parse(&source.text).unwrap();
        let window = window(&reader, &node);
        let line = |found: &Diagnostic| {
            let (line, column) = found.place(&source);
            let help = found.help.iter().map(|help| format!("; {help}"));
            format!("{line}:{column} {}{}", found.message, help.collect::<String>())
        };
        (window, reader.finish().iter().map(line).collect())
    }

    #[test]
    fn a_good_file_is_read() {
        let (window, found) = read("name: 010\nlength: 6h\nquorum: 2\n");
        assert_eq!(found, Vec::<String>::new());
        let (name, length) = ("010".to_owned(), Some(Duration::from_secs(21_600)));
        assert_eq!(window, Some(Window { name, length, quorum: vec![2] }));
    }

    #[test]
    fn all_mistakes_are_told_at_once_and_in_order() {
        let check = |source, lines: &[&str]| assert_eq!(read(source).1, lines, "{source:?}");
        check("length: 1h", &["1:1 `name` is missing here"]);
        check("name: a\nnmae: b", &["2:1 unknown key `nmae`; did you mean `name`?"]);
        check("name: a\nzz: b", &["2:1 unknown key `zz`; known here: `name`, `length`, `quorum`"]);
        check("name: a\nname: b", &["2:1 `name` is written twice"]);
        check("name: [a]", &["1:7 text is wanted here, not a list"]);
        check("- name: a", &["1:1 a table is wanted here, not a list"]);
        check("name: a\n[1]: b", &["2:1 a key of plain text is wanted here, not a list"]);
        check("name: a\nquorum: {}", &["2:9 text is wanted here, not a table"]);
        let empty = "but nothing is written; write a value, or leave the key out";
        check("", &[&format!("1:1 a table is wanted here, {empty}")]);
        check("name:", &[&format!("1:5 text is wanted here, {empty}")]);
        let (_, found) = read("lenght: 6h\nlength: 6x\nquorum: [1, x, 2, -1]\n");
        let places: Vec<_> = found.iter().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(places, ["1:1", "1:1", "2:9", "3:13", "3:19"], "{found:#?}");
    }

    #[test]
    fn a_mistake_behind_an_alias_is_told_once() {
        let source = Source::new("w.yaml", "- &a {nmae: x}\n- *a\n");
        let reader = Reader::new(&source);
        list(window)(&reader, &Node::parse(&source.text).unwrap());
        assert_eq!(reader.finish().len(), 2);
    }
}
