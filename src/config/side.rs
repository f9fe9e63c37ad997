//! One side of a transition, `old` or `new`.

use super::preset::{filled, platform};
use super::reader::{Read, Reader, Table, either, list, pairs, scalar, text};
use super::{Diagnostic, Files, Node, Value, scalar as read};
use crate::dns::rdata::Mx;
use crate::dns::{Name, Rdata, Rtype, TextError, parse_rrset};
use crate::mail::dmarc::TagError;
use crate::mail::{Side, Spf, dmarc, spf};
use std::collections::BTreeMap;

/// What a side is read for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// The zone.
    pub(super) zone: &'a Name,
    /// The project's files, for those of keys.
    pub(super) files: &'a dyn Files,
    /// Whether it is `old`, whose keys go.
    pub(super) is_old: bool,
}

impl Place<'_> {
    /// Reads a side, on top of the preset that it names.
    pub(super) fn side(self, reader: &Reader<'_>, node: &Node) -> Read<Side> {
        let node = &filled(node, self.zone, &BTreeMap::new());
        let mut table = reader.table(node)?;
        let named = table.take("platform");
        let platform = named.and_then(|node| scalar(platform)(reader, node));
        let settings = table.take("settings");
        if let (None, Some(node)) = (named, settings) {
            return reader.refuse(&node.span, "`settings` are for a `platform`, and none is named");
        }
        let base = match &platform {
            Some(name) => self.preset(reader, node, name, settings)?,
            None => Side::default(),
        };
        let side = self.body(reader, &mut table, base);
        table.finish();
        Some(Side { platform, ..side })
    }

    /// Everything that a side or a preset says of mail, on top of `base`.
    pub(super) fn body(self, reader: &Reader<'_>, table: &mut Table<'_>, base: Side) -> Side {
        let hosts = |reader: &Reader<'_>, node: &Node| self.hosts(reader, node);
        let records = table
            .get("records", list(|reader: &Reader<'_>, node: &Node| self.record(reader, node)));
        let lead = table.get("dkim-lead", scalar(read::duration));
        let wait = table.get("mx-wait", scalar(read::duration));
        let dkim = table.get("dkim", |r, node| self.dkim(r, node));
        let (dkim, copies) = dkim.unwrap_or((base.dkim, base.copies));
        let side = Side {
            platform: None,
            mx: table.get("mx", either(scalar(|text| self.mx(text)))).unwrap_or(base.mx),
            spf: table.get("spf", one_spf).unwrap_or(base.spf),
            dkim,
            copies,
            dmarc: table.get("dmarc", dmarc_text).or(base.dmarc),
            submission: table.get("submission", hosts).unwrap_or(base.submission),
            retrieval: table.get("retrieval", hosts).unwrap_or(base.retrieval),
            records: records.unwrap_or(base.records),
            dkim_lead: lead.unwrap_or(base.dkim_lead),
            mx_wait: wait.unwrap_or(base.mx_wait),
        };
        self.no_spf_among_records(reader, table, &side);
        side
    }

    /// `10 mail` or `1 smtp.google.com.`.
    fn mx(self, text: &str) -> Result<Mx, TextError> {
        let whole =
            |message: &str| TextError { at: 0, len: text.len().max(1), message: message.into() };
        let (preference, host) = text
            .trim_end()
            .split_once(' ')
            .ok_or_else(|| whole("an MX is a preference and a host, such as `10 mail`"))?;
        let start = text.len() - text[preference.len()..].trim_start().len();
        let preference = preference.parse().map_err(|_| {
            whole("an MX begins with a preference from 0 to 65535, as in `10 mail`")
        })?;
        let exchange = read::name(host.trim(), self.zone)
            .map_err(|error| TextError { at: error.at + start, ..error })?;
        Ok(Mx { preference, exchange })
    }

    /// Names and where each leads: a host, or addresses.
    fn hosts(self, reader: &Reader<'_>, node: &Node) -> Read<BTreeMap<Name, Vec<Rdata>>> {
        let hosts = pairs(reader, node)?.into_iter().map(|(owner, key, value)| {
            let owner = read::name(owner, self.zone);
            let owner = owner.map_or_else(|error| reader.refuse_text(key, &error), Some);
            let rdata = either(scalar(|text| self.host(text)))(reader, value)?;
            let aliases = rdata.iter().filter(|data| data.rtype() == Rtype::CNAME).count();
            if aliases > 0 && rdata.len() > 1 {
                let message = "a name has either one host or addresses, not both";
                return reader.refuse(&value.span, message);
            }
            Some((owner?, rdata))
        });
        let hosts: Vec<_> = hosts.collect();
        hosts.into_iter().collect()
    }

    fn host(self, text: &str) -> Result<Rdata, TextError> {
        let v4 = text.parse().ok().map(Rdata::A);
        let address = v4.or_else(|| text.parse().ok().map(Rdata::Aaaa));
        address.map_or_else(|| read::name(text, self.zone).map(Rdata::Cname), Ok)
    }

    /// One record in zone-file form; its TTL may be left out.
    fn record(
        self,
        reader: &Reader<'_>,
        node: &Node,
    ) -> Read<(crate::dns::RrSet, Option<crate::dns::Ttl>)> {
        let (rrset, ttl) = scalar(|text| parse_rrset(text, self.zone))(reader, node)?;
        if ttl.is_some_and(|ttl| ttl.secs() == 0) {
            return reader.refuse(&node.span, ZERO_TTL);
        }
        let is_apex = rrset.owner() == self.zone;
        if is_apex && [Rtype::NS, Rtype::SOA].contains(&rrset.rtype()) {
            let message = "who serves the zone is not moved together with its mail";
            let found = Diagnostic::error(message).at(node.span.clone());
            reader.tell(Diagnostic { id: Some("PL03"), ..found });
            return None;
        }
        if !rrset.owner().is_within(self.zone) {
            let message = format!("`{}` is not in the zone `{}`", rrset.owner(), self.zone);
            return reader.refuse(&node.span, message);
        }
        Some((rrset, ttl))
    }

    fn no_spf_among_records(self, reader: &Reader<'_>, table: &Table<'_>, side: &Side) {
        let is_spf = |rdata: &Rdata| matches!(rdata, Rdata::Txt(txt) if spf::is_spf(&txt.text()));
        let hidden = side
            .records
            .iter()
            .any(|(rrset, _)| rrset.owner() == self.zone && rrset.rdata().iter().any(is_spf));
        if hidden {
            let found = Diagnostic::error("an SPF string stands among `records`");
            let help =
                "write it under `spf:`, so that it can be joined with that of the other side";
            reader.tell(found.at(table.span().clone()).help(help));
        }
    }
}

/// Why nobody gets a TTL of zero.
pub(super) const ZERO_TTL: &str =
    "a TTL of 0 forbids caching, so every mail waits for your name servers; write at least 60";

/// One SPF record, or `[]` for none; several would make receivers fail all of them.
fn one_spf(reader: &Reader<'_>, node: &Node) -> Read<Option<Spf>> {
    if let Value::List(records) = &node.value {
        if records.is_empty() {
            return Some(None);
        }
        let found = Diagnostic::error("a domain has one SPF record; receivers fail mail from more");
        let found = found.help("join their terms into one `v=spf1 ...`");
        reader.tell(Diagnostic { id: Some("SPF01"), ..found.at(node.span.clone()) });
        return None;
    }
    let text = text(reader, node)?;
    let error = match Spf::parse(&text) {
        Ok(spf) => return Some(Some(spf)),
        Err(error) => error,
    };
    let part = match &error {
        spf::SpfError::Term { term, .. } => term,
        spf::SpfError::Version | spf::SpfError::Twice(_) => &text,
    };
    forbidden(reader, node, (&text, part), error.to_string(), error.rule())
}

fn dmarc_text(reader: &Reader<'_>, node: &Node) -> Read<String> {
    let text = text(reader, node)?;
    let Err(error) = dmarc::policy(&text) else { return Some(text) };
    let is_version = matches!(&error, TagError::Bad { tag: "v", .. } | TagError::Missing("v"));
    let rule = if is_version { "DM03" } else { "DM05" };
    forbidden(reader, node, (&text, &text), error.to_string(), rule)
}

/// Notes at a part of a scalar's text what a rule forbids, and gives `None`.
fn forbidden<T>(
    reader: &Reader<'_>,
    node: &Node,
    (text, part): (&str, &str),
    message: String,
    rule: &'static str,
) -> Read<T> {
    let (at, len) = (text.find(part).unwrap_or_default(), part.len().max(1));
    let place = reader.within(node, &TextError { at, len, message: String::new() });
    reader.tell(Diagnostic { id: Some(rule), ..Diagnostic::error(message).at(place) });
    None
}
