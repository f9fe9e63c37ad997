//! Zone files: text to entries with their places, entries to a zone, a zone to text (RFC 1035 §5).

use super::text::{Field, Fields, Scanner, TextError, Token};
use super::{Name, Rdata, RrSet, Rtype, Ttl, Zone};
use std::fmt::Write as _;
use std::ops::Range;

/// What stands in one entry of a zone file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Item {
    /// `$ORIGIN`, `$TTL` or an empty line; its effect is already in the records below it.
    Directive,
    /// A record.
    Record {
        /// Owner name.
        owner: Name,
        /// Whether the owner was written down, not taken from the record above.
        owner_written: bool,
        /// TTL, its own or `$TTL`.
        ttl: Ttl,
        /// Data.
        rdata: Rdata,
        /// Where the data's fields stand, for edits in place.
        fields: Vec<Range<usize>>,
    },
}

/// One entry of a zone file: a line, or several joined by parentheses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Its octets in the file, line end included.
    pub span: Range<usize>,
    /// What it says.
    pub item: Item,
}

/// What carries over from one entry to the next.
struct State {
    origin: Name,
    owner: Option<Name>,
    /// What `$TTL` says.
    ttl: Option<Ttl>,
    /// The last record's, which counts where no `$TTL` does (RFC 1035 §5.1).
    last_ttl: Option<Ttl>,
}

/// Reads a zone file entry by entry; relative names are below `apex` until `$ORIGIN` says else.
pub fn entries(text: &str, apex: &Name) -> Result<Vec<Entry>, TextError> {
    let mut state = State { origin: apex.clone(), owner: None, ttl: None, last_ttl: None };
    let mut scanner = Scanner::new(text);
    let mut found = Vec::new();
    loop {
        let start = scanner.at();
        let (mut blank, mut fields) = (false, Vec::new());
        let ended = loop {
            match scanner.next()? {
                Some(Token::Blank) => blank = true,
                Some(Token::Field(field)) => fields.push(field),
                Some(Token::End) => break false,
                None => break true,
            }
        };
        let span = start..scanner.at();
        if !span.is_empty() {
            found.push(Entry { item: state.item(fields, blank, span.end)?, span });
        }
        if ended {
            return Ok(found);
        }
    }
}

impl State {
    fn item(&mut self, fields: Vec<Field<'_>>, blank: bool, end: usize) -> Result<Item, TextError> {
        let Some(first) = fields.first().copied() else {
            return Ok(Item::Directive);
        };
        if first.raw.starts_with('$') && !first.quoted {
            self.directive(fields, end)?;
            return Ok(Item::Directive);
        }
        let origin = self.origin.clone();
        let mut fields_left = Fields::new(fields, Some(&origin), end);
        if !blank {
            self.owner = Some(fields_left.name("an owner name")?);
        }
        let owner = self.owner.clone().ok_or_else(|| {
            first.error("the first record has no owner; write `@` for the zone itself")
        })?;
        let (ttl, rtype) = self.head(&mut fields_left)?;
        let spans = fields_left.clone().rest("data", |field| Ok(span(field)))?;
        let rdata = Rdata::read(rtype, fields_left)?;
        self.last_ttl = Some(ttl);
        Ok(Item::Record { owner, owner_written: !blank, ttl, rdata, fields: spans })
    }

    /// TTL and class in either order, then the type.
    fn head(&mut self, fields: &mut Fields<'_>) -> Result<(Ttl, Rtype), TextError> {
        let mut ttl = None;
        loop {
            let field = fields.next("a record type")?;
            if field.raw.eq_ignore_ascii_case("IN") {
                continue;
            }
            if let Some(rtype) = Rtype::parse(field.raw).filter(|_| !field.quoted) {
                let missing =
                    || field.error("this record has no TTL, and no `$TTL` stands above it");
                let ttl = ttl.or(self.ttl).or(self.last_ttl);
                return Ok((ttl.ok_or_else(missing)?, rtype));
            }
            match Ttl::parse(field.raw) {
                Some(seconds) if ttl.is_none() => ttl = Some(seconds),
                _ => return Err(field.error(format!("`{}` is not a record type", field.raw))),
            }
        }
    }

    fn directive(&mut self, fields: Vec<Field<'_>>, end: usize) -> Result<(), TextError> {
        let origin = self.origin.clone();
        let mut fields = Fields::new(fields, Some(&origin), end);
        let word = fields.next("a directive")?;
        match word.raw.to_ascii_uppercase().as_str() {
            "$ORIGIN" => self.origin = fields.name("an origin")?,
            "$TTL" => self.ttl = Some(fields.ttl("a TTL")?),
            other => {
                let message = format!("`{other}` is not supported; write the records themselves");
                return Err(word.error(message));
            }
        }
        fields.finish()
    }
}

fn span(field: Field<'_>) -> Range<usize> {
    let quotes = if field.quoted { 2 } else { 0 };
    field.at..field.at + field.raw.len() + quotes
}

/// Reads one line such as `_imaps._tcp 3600 IN SRV 0 1 993 imap`; the TTL may be left out.
pub fn parse_rrset(text: &str, apex: &Name) -> Result<(RrSet, Option<Ttl>), TextError> {
    // Zero marks "not written": nobody gets to plan with a TTL of 0, `$TTL` or not.
    let ttl = Some(Ttl::from_secs(0));
    let mut state = State { origin: apex.clone(), owner: None, ttl, last_ttl: None };
    let fields = Fields::split(text, None)?.rest("a record", Ok)?;
    // Up to the type only: behind it, `MX 10` and `SRV 0` look like TTLs too.
    let mut head = fields.iter().skip(1).take_while(|field| Rtype::parse(field.raw).is_none());
    let written = head.find_map(|field| Ttl::parse(field.raw));
    match state.item(fields, false, text.len())? {
        Item::Record { owner, ttl, rdata, .. } => Ok((RrSet::new(owner, ttl, rdata), written)),
        Item::Directive => Err(TextError::new(0, text.len(), "a record is missing")),
    }
}

impl Zone {
    /// Reads a zone file; records outside the zone are refused.
    pub fn parse(text: &str, apex: &Name) -> Result<Self, TextError> {
        let mut zone = Self::new(apex.clone());
        for Entry { span, item } in entries(text, apex)? {
            let Item::Record { owner, ttl, rdata, .. } = item else {
                continue;
            };
            if !owner.is_within(apex) {
                let message = format!("`{owner}` is not in the zone `{apex}`");
                return Err(TextError::new(span.start, span.len(), message));
            }
            zone.add(owner, ttl, rdata);
        }
        Ok(zone)
    }

    /// The zone as a zone file: SOA first, then canonical order, names relative to the apex.
    pub fn to_text(&self) -> String {
        let mut text = format!("$ORIGIN {}\n", self.apex());
        let soa = self.find(self.apex(), Rtype::SOA);
        for rrset in soa.into_iter().chain(self.rrsets().filter(|set| set.rtype() != Rtype::SOA)) {
            let owner = rrset.owner().relative_to(self.apex());
            for rdata in rrset.rdata() {
                let (ttl, rtype) = (rrset.ttl(), rrset.rtype());
                // Writing to a `String` cannot fail.
                let _ = writeln!(text, "{owner} {ttl} IN {rtype} {rdata}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILE: &str = r#"
$TTL 1h ; default
@   IN SOA ns1 hostmaster (
        2026112201 ; serial
        1d 2h 4w 300 )
    IN NS ns1
    300 IN MX 10 mail
    IN 300 MX 20 mail2.example.org.
    TXT "v=spf1 mx -all"
ns1 A 192.0.2.1
$ORIGIN sub.example.net.
www 60 A 192.0.2.2
@ 60 A 192.0.2.3
"#;

    fn apex() -> Name {
        Name::parse("example.net.").unwrap()
    }

    #[test]
    fn a_zone_file_is_read_with_all_its_short_cuts() {
        let zone = Zone::parse(FILE, &apex()).unwrap();
        let expected = r#"$ORIGIN example.net.
@ 3600 IN SOA ns1.example.net. hostmaster.example.net. 2026112201 86400 7200 2419200 300
@ 3600 IN NS ns1.example.net.
@ 300 IN MX 10 mail.example.net.
@ 300 IN MX 20 mail2.example.org.
@ 3600 IN TXT "v=spf1 mx -all"
ns1 3600 IN A 192.0.2.1
sub 60 IN A 192.0.2.3
www.sub 60 IN A 192.0.2.2
"#;
        assert_eq!(zone.to_text(), expected);
        assert_eq!(Zone::parse(expected, &apex()), Ok(zone));
    }

    #[test]
    fn entries_cover_the_whole_file() {
        let found = entries(FILE, &apex()).unwrap();
        let joined: String = found.iter().map(|entry| &FILE[entry.span.clone()]).collect();
        assert_eq!(joined, FILE);
    }

    #[test]
    fn without_a_default_the_last_ttl_counts() {
        let check = |text, seconds| {
            let zone = Zone::parse(text, &apex()).unwrap();
            assert_eq!(zone.find(&apex(), Rtype::NS).map(|ns| ns.ttl().secs()), Some(seconds));
        };
        check("@ 60 SOA a. b. 1 2 3 4 5\n@ NS a.\n", 60);
        check("@ 60 SOA a. b. 1 2 3 4 5\nx 300 TXT x\n@ NS a.\n", 300);
        check("@ 60 SOA a. b. 1 2 3 4 5\n$TTL 5\nx 300 TXT x\n@ NS a.\n", 5);
    }

    #[test]
    fn unequal_ttls_become_the_lowest() {
        let zone = Zone::parse("@ 300 MX 10 a.\n@ 60 MX 20 b.\n", &apex()).unwrap();
        assert_eq!(zone.find(&apex(), Rtype::MX).unwrap().ttl(), Ttl::from_secs(60));
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let check = |text: &str, at, message: &str| {
            let error = Zone::parse(text, &apex()).unwrap_err();
            assert_eq!(error.at, at, "{text:?}: {error}");
            assert!(error.message.contains(message), "{text:?}: {error}");
        };
        check("  A 192.0.2.1\n", 2, "no owner");
        check("@ A 192.0.2.1\n", 2, "no TTL");
        check("@ 60 AA 192.0.2.1\n", 5, "`AA` is not a record type");
        check("@ 60 60 A 192.0.2.1\n", 5, "not a record type");
        check("www.example.org. 60 A 192.0.2.1\n", 0, "not in the zone");
        check("$INCLUDE x\n", 0, "not supported");
        check("$TTL never\n", 5, "not a TTL");
        check("@ 60 MX 10 ( a.\n", 11, "never closed");
        check("a 60 A 192.0.2.1\nb 60 A 192.0.2.x\n", 24, "not an IPv4 address");
    }

    #[test]
    fn one_line_needs_no_ttl() {
        let check = |text, ttl: Option<u32>, printed| {
            let (rrset, written) = parse_rrset(text, &apex()).unwrap();
            assert_eq!(written, ttl.map(Ttl::from_secs));
            assert_eq!(rrset.to_string(), printed);
        };
        let srv = "_imaps._tcp 3600 IN SRV 0 1 993 imap";
        check(srv, Some(3_600), "_imaps._tcp.example.net. 3600 IN SRV 0 1 993 imap.example.net.");
        check("www A 192.0.2.1", None, "www.example.net. 0 IN A 192.0.2.1");
        check("sub MX 10 mail", None, "sub.example.net. 0 IN MX 10 mail.example.net.");
        check("sub IN 60 MX 10 mail", Some(60), "sub.example.net. 60 IN MX 10 mail.example.net.");
        check("_s._tcp SRV 0 1 993 a.", None, "_s._tcp.example.net. 0 IN SRV 0 1 993 a.");
        assert!(parse_rrset("$TTL 300", &apex()).is_err());
        assert!(parse_rrset("", &apex()).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in r#"[ -~\n\t"\\();$@]{0,80}"#) {
            if let Ok(zone) = Zone::parse(&text, &apex()) {
                prop_assert_eq!(Zone::parse(&zone.to_text(), &apex()), Ok(zone));
            }
        }
    }
}
