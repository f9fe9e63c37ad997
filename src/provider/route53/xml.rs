//! What the host says, as it says it.

use crate::dns::{Name, RrKey, Rtype};
use serde::Deserialize;

/// The types that the host takes, of those that zones here hold.
pub(super) const TYPES: &[Rtype] = &[
    Rtype::A,
    Rtype::AAAA,
    Rtype::CAA,
    Rtype::CNAME,
    Rtype::DS,
    Rtype::HTTPS,
    Rtype::MX,
    Rtype::NAPTR,
    Rtype::NS,
    Rtype::PTR,
    Rtype::SRV,
    Rtype::SSHFP,
    Rtype::SVCB,
    Rtype::TLSA,
    Rtype::TXT,
];

/// `ListHostedZonesByName`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Zones {
    hosted_zones: HostedZones,
}

#[derive(Deserialize)]
struct HostedZones {
    #[serde(rename = "HostedZone", default)]
    all: Vec<HostedZone>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HostedZone {
    id: String,
    name: String,
    #[serde(default)]
    config: Config,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    #[serde(default)]
    private_zone: bool,
}

impl Zones {
    /// The ids of the public zones of this name.
    pub(super) fn of(&self, apex: &Name) -> Vec<String> {
        let is_it = |zone: &&HostedZone| {
            !zone.config.private_zone && Name::parse(&decimal(&zone.name)).is_ok_and(|n| n == *apex)
        };
        let id = |zone: &HostedZone| last(&zone.id);
        self.hosted_zones.all.iter().filter(is_it).map(id).collect()
    }
}

/// `ListResourceRecordSets`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listing {
    resource_record_sets: Sets,
    is_truncated: bool,
    next_record_name: Option<String>,
    next_record_type: Option<String>,
    next_record_identifier: Option<String>,
}

#[derive(Deserialize)]
struct Sets {
    #[serde(rename = "ResourceRecordSet", default)]
    all: Vec<Set>,
}

/// One RRset, or one of several behind a name.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Set {
    pub(super) name: String,
    pub(super) r#type: String,
    #[serde(rename = "TTL")]
    pub(super) ttl: Option<u32>,
    resource_records: Option<Records>,
    alias_target: Option<Alias>,
    set_identifier: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Records {
    #[serde(rename = "ResourceRecord", default)]
    all: Vec<Record>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    value: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Alias {}

impl Listing {
    /// Where the next page begins; nothing after the last.
    pub(super) fn next(&self) -> Vec<(&'static str, String)> {
        let fields = [
            ("name", &self.next_record_name),
            ("type", &self.next_record_type),
            ("identifier", &self.next_record_identifier),
        ];
        let given = fields.into_iter().filter_map(|(key, value)| Some((key, value.clone()?)));
        given.filter(|_| self.is_truncated).collect()
    }

    pub(super) fn into_sets(self) -> Vec<Set> {
        self.resource_record_sets.all
    }
}

impl Set {
    /// The RRset's key; `None` for types that DNS does not know.
    pub(super) fn key(&self) -> Option<RrKey> {
        let owner = Name::parse(&decimal(&self.name)).ok()?;
        Some(RrKey::new(owner, Rtype::parse(&self.r#type)?))
    }

    /// Why it must be left alone.
    pub(super) fn routing(&self) -> Option<&'static str> {
        match (&self.alias_target, &self.set_identifier) {
            (Some(_), _) => Some("it is an alias of Amazon's"),
            (_, Some(_)) => Some("it answers differently by weight, place or health"),
            _ => None,
        }
    }

    /// The values in presentation format.
    pub(super) fn values(&self) -> impl Iterator<Item = String> {
        self.raw().map(decimal)
    }

    /// The values as the host writes them.
    pub(super) fn raw(&self) -> impl Iterator<Item = &str> {
        let records = self.resource_records.iter().flat_map(|records| &records.all);
        records.map(|record| record.value.as_str())
    }
}

/// `ChangeResourceRecordSets` and `GetChange`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeInfo {
    change_info: Info,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    id: String,
    status: String,
}

impl ChangeInfo {
    pub(super) fn id(&self) -> String {
        last(&self.change_info.id)
    }

    pub(super) fn is_insync(&self) -> bool {
        self.change_info.status == "INSYNC"
    }
}

/// `/hostedzone/Z1` is `Z1`.
fn last(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

/// The host escapes in octal what presentation format escapes in decimal: `\052` is `\042`.
pub(super) fn decimal(text: &str) -> String {
    escaped(text, |digits| u8::from_str_radix(digits, 8).ok().map(|octet| format!("\\{octet:03}")))
}

/// The same the other way.
pub(super) fn octal(text: &str) -> String {
    escaped(text, |digits| digits.parse::<u8>().ok().map(|octet| format!("\\{octet:03o}")))
}

fn escaped(text: &str, turn: impl Fn(&str) -> Option<String>) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let digits = rest.get(1..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        // A backslash and what it protects stay together.
        let next = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
        let (turned, length) = match digits.and_then(&turn) {
            Some(turned) => (turned, 4),
            None => (rest[..next].to_owned(), next),
        };
        out.push_str(&turned);
        rest = &rest[length..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_octal_there() {
        let check = |there: &str, here: &str| {
            assert_eq!(decimal(there), here);
            assert_eq!(octal(here), there);
        };
        check(r"\052.example.net.", r"\042.example.net.");
        check(r#""a\"b\\052 \303\251""#, r#""a\"b\\052 \195\169""#);
        check("plain", "plain");
        assert_eq!(decimal("end\\"), "end\\");
    }
}
