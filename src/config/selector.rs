//! DKIM selectors: a key's text, an alias, perhaps with a copy of the key behind it, or a file.

use super::reader::{Read, Reader, pairs, scalar, text};
use super::side::Place;
use super::{Diagnostic, Node, Value, scalar as read};
use crate::dns::rdata::Txt;
use crate::dns::{Name, Rdata, Rtype};
use crate::mail::KeyCopy;
use crate::mail::copies::usable;
use std::collections::BTreeMap;
use std::path::Path;

/// Selectors by their full names, and the copies of those that are aliases.
type Selectors = (BTreeMap<Name, Rdata>, BTreeMap<Name, KeyCopy>);

impl Place<'_> {
    pub(super) fn dkim(self, reader: &Reader<'_>, node: &Node) -> Read<Selectors> {
        let parent = read::below("_domainkey", self.zone);
        let parent = parent.map_or_else(|error| reader.refuse_text(node, &error), Some)?;
        let selectors = pairs(reader, node)?.into_iter().map(|(selector, key, value)| {
            let owner = read::below(selector, &parent);
            let owner = owner.map_or_else(|error| reader.refuse_text(key, &error), Some);
            let read = self.selector(reader, value);
            Some((owner?, read?))
        });
        let (mut records, mut copies) = Selectors::default();
        // One bad selector does not hide the next.
        for selector in selectors.collect::<Vec<_>>() {
            let (owner, (record, copy)) = selector?;
            copies.extend(copy.map(|copy| (owner.clone(), copy)));
            records.insert(owner, record);
        }
        Some((records, copies))
    }

    /// A key's text, `{cname: target., copy: ...}`, or `{file: path}`.
    fn selector(self, reader: &Reader<'_>, node: &Node) -> Read<(Rdata, Option<KeyCopy>)> {
        if let Value::Scalar { .. } = node.value {
            return text(reader, node).map(|text| (Rdata::Txt(Txt::new(text)), None));
        }
        let mut table = reader.table(node)?;
        let alias = table.take("cname");
        let cname = alias.and_then(|node| scalar(|text| read::name(text, self.zone))(reader, node));
        let file = table.get("file", |reader, node| self.key_file(reader, node));
        let copy = table.take("copy");
        table.finish();
        let copy = copy.map(|node| match (self.is_old, alias) {
            (true, Some(_)) => self.copy(reader, node),
            (true, None) => reader.refuse(&node.span, "a `copy` is of the key behind a `cname`"),
            (false, _) => {
                reader.refuse(&node.span, "a `copy` is of a key that goes: write it under `old`")
            }
        });
        let copy = copy.map_or(Some(None), |read| read.map(Some))?;
        match (cname, file) {
            (Some(target), None) => Some((Rdata::Cname(target), copy)),
            (None, Some(txt)) => Some((Rdata::Txt(txt), None)),
            (None, None) => None,
            (Some(_), Some(_)) => reader.refuse(&node.span, "write either `cname` or `file`"),
        }
    }

    /// `live`, a key's text, or `{file: path}`; what verifies nothing is refused where it stands.
    fn copy(self, reader: &Reader<'_>, node: &Node) -> Read<KeyCopy> {
        let txt = match &node.value {
            Value::Scalar { text, .. } if text == "live" => return Some(KeyCopy::Live),
            Value::Map(_) => {
                let mut table = reader.table(node)?;
                let file = table.need("file", |reader, node| self.key_file(reader, node));
                table.finish();
                file?
            }
            _ => Txt::new(text(reader, node)?),
        };
        match usable(&txt.text()) {
            Ok(_) => Some(KeyCopy::Key(Rdata::Txt(txt))),
            Err(error) => {
                let found = Diagnostic::error(error.to_string()).at(node.span.clone());
                let help = "write the whole key, or `copy: live` to have it looked up";
                reader.tell(found.help(help));
                None
            }
        }
    }

    /// A key file: quoted strings as in a zone file, or the bare text.
    fn key_file(self, reader: &Reader<'_>, node: &Node) -> Read<Txt> {
        let content = match self.files.read(Path::new(&text(reader, node)?)) {
            Ok(content) => content,
            Err(error) => return reader.refuse(&node.span, error.to_string()),
        };
        let trimmed = content.trim();
        if !trimmed.starts_with('"') {
            return Some(Txt::new(trimmed.lines().map(str::trim).collect::<String>()));
        }
        match Rdata::parse(Rtype::TXT, trimmed, None) {
            Ok(Rdata::Txt(txt)) => Some(txt),
            Ok(_) => None,
            Err(e) => reader.refuse(&node.span, format!("cannot read the key in this file: {e}")),
        }
    }
}
