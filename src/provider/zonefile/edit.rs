//! Changes a zone file as a careful person would: only the lines that must change.

use crate::dns::entries;
use crate::dns::{
    Entry, Fields, Item, Name, Rdata, RrKey, RrSet, Rtype, Serial, TextError, Ttl, Zone,
};
use crate::plan::Change;
use crate::provider::contract::{applied, bumped};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Why a zone file is left as it is.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum EditError {
    /// It cannot be read.
    #[error("line {line}: {error}")]
    Unreadable {
        /// Which line.
        line: usize,
        /// What is wrong there.
        error: TextError,
    },
    /// An RRset is neither as before nor as after.
    #[error("`{0}` is not as planned")]
    Drift(RrKey),
    /// No SOA record, or none whose serial can be moved.
    #[error("it needs one SOA record at `{0}` with its serial as a number")]
    Serial(Name),
    /// The change is about the SOA record itself.
    #[error("the SOA record changes by its serial only")]
    Soa,
    /// A name would have a CNAME and other data, and servers refuse to load that (RFC 2181 §10.1).
    #[error("`{0}` would have a CNAME beside other records")]
    Conflict(Name),
    /// It holds signatures, and who edits it cannot sign.
    #[error(
        "it is signed, and its signatures would no longer fit; name the file that is signed from, \
         or use the `rfc2136` driver"
    )]
    Signed,
    /// The text that came out does not say what it should: a mistake of this program.
    #[error("the edited file would not hold the planned zone")]
    Mangled,
}

impl EditError {
    /// The error of a text that is no zone file.
    pub(super) fn unreadable(text: &str, error: TextError) -> Self {
        let line = text.bytes().take(error.at).filter(|c| *c == b'\n').count() + 1;
        Self::Unreadable { line, error }
    }
}

/// The zone file after the changes; the very same text when they are all done already.
///
/// Lines of RRsets that do not change stay octet for octet, comments and order too. Records whose
/// data stays keep their place and all that follows the type.
pub(super) fn edit(text: &str, apex: &Name, changes: &[Change]) -> Result<String, EditError> {
    let unreadable = |error| EditError::unreadable(text, error);
    let zone = Zone::parse(text, apex).map_err(unreadable)?;
    let wanted = applied(&zone, changes).map_err(EditError::Drift)?;
    let touched: BTreeSet<_> =
        changes.iter().map(Change::key).filter(|key| zone.get(key) != wanted.get(key)).collect();
    if touched.is_empty() {
        return Ok(text.to_owned());
    }
    if zone.rrsets().any(|rrset| rrset.rtype() == Rtype::RRSIG) {
        return Err(EditError::Signed);
    }
    refuse_impossible(&touched, &wanted)?;
    let wanted = bumped(&wanted).ok_or_else(|| EditError::Serial(apex.clone()))?;
    let entries = entries(text, apex).map_err(unreadable)?;
    let edited = Edit::new(text, apex, &entries, &wanted, &touched).run()?;
    // Whatever layout the file had, a text that says something else is never written.
    match Zone::parse(&edited, apex) {
        Ok(zone) if zone == wanted => Ok(edited),
        _ => Err(EditError::Mangled),
    }
}

fn refuse_impossible(touched: &BTreeSet<&RrKey>, wanted: &Zone) -> Result<(), EditError> {
    for key in touched {
        if key.rtype == Rtype::SOA {
            return Err(EditError::Soa);
        }
        let cname = wanted.find(&key.owner, Rtype::CNAME).is_some();
        if cname && wanted.at(&key.owner).count() > 1 {
            return Err(EditError::Conflict(key.owner.clone()));
        }
    }
    Ok(())
}

/// One pass over the entries, from the old text to the new.
struct Edit<'a> {
    text: &'a str,
    apex: &'a Name,
    entries: &'a [Entry],
    wanted: &'a Zone,
    touched: &'a BTreeSet<&'a RrKey>,
    /// New records by the entry that they stand in for or behind; those at the end come last.
    inserts: BTreeMap<usize, Vec<(&'a RrSet, &'a Rdata)>>,
    line_end: &'static str,
    origin: Name,
    /// What a blank owner would mean in the text so far.
    owner: Option<Name>,
    /// What a TTL left out would mean in the text so far, where no `$TTL` says.
    ttl: Option<Ttl>,
    has_default: bool,
    out: String,
}

impl<'a> Edit<'a> {
    fn new(
        text: &'a str,
        apex: &'a Name,
        entries: &'a [Entry],
        wanted: &'a Zone,
        touched: &'a BTreeSet<&'a RrKey>,
    ) -> Self {
        let first_line = text.split_inclusive('\n').next().unwrap_or_default();
        Self {
            text,
            apex,
            entries,
            wanted,
            touched,
            inserts: inserts(entries, wanted, touched),
            line_end: if first_line.ends_with("\r\n") { "\r\n" } else { "\n" },
            origin: apex.clone(),
            owner: None,
            ttl: None,
            has_default: false,
            out: String::with_capacity(text.len() + 1_024),
        }
    }

    fn run(mut self) -> Result<String, EditError> {
        for (index, entry) in self.entries.iter().enumerate() {
            match &entry.item {
                Item::Directive => self.directive(entry),
                Item::Record { owner, rdata, .. } => {
                    let key = RrKey::new(owner.clone(), rdata.rtype());
                    if let Rdata::Soa(soa) = rdata {
                        self.serial(entry, soa.serial())?;
                    } else if !self.touched.contains(&key) {
                        self.keep(entry);
                    } else if let Some(rrset) = self.wanted.get(&key) {
                        self.rewrite(entry, rrset);
                    }
                }
            }
            for (rrset, rdata) in self.inserts.remove(&index).unwrap_or_default() {
                self.insert(rrset, rdata);
            }
        }
        for (rrset, rdata) in std::mem::take(&mut self.inserts).into_values().flatten() {
            self.insert(rrset, rdata);
        }
        Ok(self.out)
    }

    /// Copies a directive or an empty line, and notes a new origin.
    fn directive(&mut self, entry: &Entry) {
        let line = &self.text[entry.span.clone()];
        self.push(line);
        // The file has been read once, so none of this can fail on what is a directive.
        let Ok(mut fields) = Fields::split(line, Some(&self.origin)) else { return };
        let Ok(word) = fields.next("a directive") else { return };
        self.has_default |= word.raw.eq_ignore_ascii_case("$TTL");
        if word.raw.eq_ignore_ascii_case("$ORIGIN")
            && let Ok(origin) = fields.name("an origin")
        {
            self.origin = origin;
        }
    }

    /// Copies a record; what it left out is written if it would now mean something else.
    fn keep(&mut self, entry: &Entry) {
        let start = self.head(entry);
        self.push_on(start..entry.span.end);
    }

    /// Writes what must stand before the rest of the entry, and gives where that rest begins.
    fn head(&mut self, entry: &Entry) -> usize {
        let Item::Record { owner, owner_written, ttl, fields, .. } = &entry.item else {
            return entry.span.start;
        };
        self.end_line();
        let data = fields.first().map_or(entry.span.end, |field| field.start);
        let head = &self.text[entry.span.start..data];
        let owner_length = if *owner_written { owner_length(head) } else { 0 };
        if !owner_written && self.owner.as_ref() != Some(owner) {
            let shown = self.shown(owner);
            self.out.push_str(&shown);
        }
        let rest = entry.span.start + owner_length;
        self.push_on(entry.span.start..rest);
        let moved = !self.has_default && self.ttl != Some(*ttl);
        if moved && !has_ttl(&head[owner_length..]) {
            self.out.push_str(&format!(" {ttl}"));
        }
        (self.owner, self.ttl) = (Some(owner.clone()), Some(*ttl));
        rest
    }

    /// Copies the SOA record with the next serial.
    fn serial(&mut self, entry: &Entry, serial: Serial) -> Result<(), EditError> {
        let Item::Record { fields, .. } = &entry.item else { return Ok(()) };
        // Primary, mailbox, serial; in RFC 3597 form there is no such field.
        let field =
            fields.get(2).filter(|field| self.text[(*field).clone()].parse() == Ok(serial.0));
        let field = field.ok_or_else(|| EditError::Serial(self.apex.clone()))?;
        let start = self.head(entry);
        self.push_on(start..field.start);
        self.out.push_str(&serial.next().0.to_string());
        self.push_on(field.end..entry.span.end);
        Ok(())
    }

    /// Keeps a record of a changing RRset if its data stays, with the RRset's TTL.
    fn rewrite(&mut self, entry: &Entry, rrset: &RrSet) {
        let Item::Record { owner, owner_written, ttl, rdata, fields } = &entry.item else { return };
        if rrset.rdata().binary_search(rdata).is_err() {
            return;
        }
        if *ttl == rrset.ttl() {
            return self.keep(entry);
        }
        let data = fields.first().map_or(entry.span.end, |field| field.start);
        let head = &self.text[entry.span.start..data];
        // A parenthesis opened before the data would lose its other half.
        if head.contains(['(', ';', '\n']) {
            return self.insert(rrset, rdata);
        }
        self.end_line();
        let blank = !owner_written && self.owner.as_ref() == Some(owner);
        let shown = if blank { String::new() } else { self.shown(owner) };
        self.out.push_str(&format!("{shown} {} IN {} ", rrset.ttl(), rrset.rtype()));
        self.push_on(data..entry.span.end);
        (self.owner, self.ttl) = (Some(owner.clone()), Some(rrset.ttl()));
    }

    /// Writes a new line, with its owner, TTL and class.
    fn insert(&mut self, rrset: &RrSet, rdata: &Rdata) {
        let (owner, ttl, rtype) = (self.shown(rrset.owner()), rrset.ttl(), rrset.rtype());
        self.push(&format!("{owner} {ttl} IN {rtype} {rdata}"));
        self.out.push_str(self.line_end);
        (self.owner, self.ttl) = (Some(rrset.owner().clone()), Some(rrset.ttl()));
    }

    fn push(&mut self, line: &str) {
        self.end_line();
        self.out.push_str(line);
    }

    /// Copies part of the old text.
    fn push_on(&mut self, part: Range<usize>) {
        self.out.push_str(&self.text[part]);
    }

    /// Ends the last line if the file did not.
    fn end_line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push_str(self.line_end);
        }
    }

    /// A name as the file would have it here: short below the apex, else absolute.
    fn shown(&self, owner: &Name) -> String {
        if self.origin == *self.apex { owner.relative_to(self.apex) } else { owner.to_string() }
    }
}

/// How much of an entry's head its owner takes.
fn owner_length(head: &str) -> usize {
    let mut escaped = false;
    let end = head.bytes().position(|c| {
        let ends = !escaped && matches!(c, b' ' | b'\t' | b'\r' | b'\n' | b'(' | b';');
        escaped = !escaped && c == b'\\';
        ends
    });
    end.unwrap_or(head.len())
}

/// Whether a TTL stands between owner and data.
fn has_ttl(rest: &str) -> bool {
    let lines = rest.lines().filter_map(|line| line.split(';').next());
    let mut words = lines.flat_map(|line| line.split([' ', '\t', '\r', '(', ')']));
    words.any(|word| Ttl::parse(word).is_some())
}

/// Where the records go that the file does not hold yet: to the RRset's first record that goes, or
/// behind its last one, or behind its owner's last one, or to the end.
fn inserts<'a>(
    entries: &[Entry],
    wanted: &'a Zone,
    touched: &BTreeSet<&RrKey>,
) -> BTreeMap<usize, Vec<(&'a RrSet, &'a Rdata)>> {
    let mut held: BTreeMap<RrKey, Vec<(usize, &Rdata)>> = BTreeMap::new();
    let mut last: BTreeMap<&Name, usize> = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        if let Item::Record { owner, rdata, .. } = &entry.item {
            last.insert(owner, index);
            let key = RrKey::new(owner.clone(), rdata.rtype());
            if touched.contains(&key) {
                held.entry(key).or_default().push((index, rdata));
            }
        }
    }
    let mut inserts: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for rrset in touched.iter().filter_map(|key| wanted.get(key)) {
        let held = held.get(rrset.key()).map_or(&[][..], Vec::as_slice);
        let goes = |data: &Rdata| rrset.rdata().binary_search(data).is_err();
        let gone = held.iter().find(|(_, data)| goes(data)).or(held.last());
        let place = gone.map(|(index, _)| *index).or_else(|| last.get(rrset.owner()).copied());
        let new = rrset.rdata().iter().filter(|data| held.iter().all(|(_, known)| known != data));
        let place = place.unwrap_or(entries.len());
        inserts.entry(place).or_default().extend(new.map(|data| (rrset, data)));
    }
    inserts
}

#[cfg(test)]
mod tests;
