//! One record as the host has it, to be sent back as it came.

use super::super::hosted::Reading;
use super::super::shape;
use super::answer::is_yes;
use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl};
use crate::plan::Change;
use crate::port::ProviderError;
use serde::Deserialize;

/// The types of DNS that `setHosts` takes.
pub(super) const TYPES: &[Rtype] =
    &[Rtype::A, Rtype::AAAA, Rtype::CAA, Rtype::CNAME, Rtype::MX, Rtype::NS, Rtype::TXT];
/// Those of its own, which are sent back like any other.
const OWN_TYPES: [&str; 5] = ["ALIAS", "MXE", "URL", "URL301", "FRAME"];
/// The TTLs that it takes.
const TTLS: std::ops::RangeInclusive<u32> = 60..=60_000;
/// What it shows as the preference of records that have none.
const NO_PREFERENCE: &str = "10";

/// A record; of what is missing here, `FriendlyName` is a note that the host makes itself.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Entry {
    #[serde(rename = "@Name")]
    pub(super) name: String,
    #[serde(rename = "@Type")]
    pub(super) rtype: String,
    #[serde(rename = "@Address")]
    address: String,
    #[serde(rename = "@MXPref", default)]
    preference: String,
    #[serde(rename = "@TTL")]
    ttl: u32,
    #[serde(rename = "@IsActive", default)]
    is_active: Option<String>,
    #[serde(rename = "@IsDDNSEnabled", default)]
    is_dynamic: String,
    #[serde(rename = "@IsAssociatedAppEntry", default)]
    is_of_app: String,
    #[serde(rename = "@AssociatedAppTitle", default)]
    app: String,
}

impl Entry {
    /// The records of an RRset.
    pub(super) fn of(rrset: &RrSet, apex: &Name) -> Result<Vec<Self>, ProviderError> {
        let entry = |rdata: &Rdata| {
            let (preference, address) = match rdata {
                Rdata::Mx(mx) => (mx.preference.to_string(), mx.exchange.to_string()),
                Rdata::Txt(txt) => {
                    let text = shape::bare(txt).map_err(ProviderError::Refused)?;
                    (NO_PREFERENCE.to_owned(), text)
                }
                other => (NO_PREFERENCE.to_owned(), other.to_string()),
            };
            Ok(Self {
                name: shape::label(rrset.owner(), apex, "@"),
                rtype: rrset.rtype().to_string(),
                address,
                preference,
                ttl: rrset.ttl().secs(),
                is_active: None,
                is_dynamic: String::new(),
                is_of_app: String::new(),
                app: String::new(),
            })
        };
        rrset.rdata().iter().map(entry).collect()
    }

    /// Why it would not come back as it is; `None` if it would.
    pub(super) fn loss(&self, apex: &Name) -> Option<String> {
        let is_known = OWN_TYPES.contains(&self.rtype.as_str())
            || Rtype::parse(&self.rtype).is_some_and(|rtype| TYPES.contains(&rtype));
        let preference = self.preference.parse::<u8>();
        let why = match self.rtype.as_str() {
            _ if !is_known => "records of this type are not taken back",
            _ if !self.is_active() => "it is switched off, and would be on",
            _ if is_yes(&self.is_dynamic) => "its address is dynamic, and would no longer be",
            _ if is_yes(&self.is_of_app) || !self.app.is_empty() => {
                return Some(format!("the host's app `{}` manages it", self.app));
            }
            "TXT" if self.address.contains('"') => "it takes no text with quotation marks",
            "MX" if preference.is_err() => "it takes MX preferences up to 255",
            _ if !TTLS.contains(&self.ttl) => "it takes TTLs from 60 to 60000",
            _ if self.owner(apex).is_none() => "its name cannot be read",
            _ => return None,
        };
        Some(why.to_owned())
    }

    fn is_active(&self) -> bool {
        self.is_active.as_deref().is_none_or(is_yes)
    }

    fn owner(&self, apex: &Name) -> Option<Name> {
        shape::owner(&self.name, apex).ok()
    }

    /// Shows to the world what it does.
    pub(super) fn show(&self, apex: &Name, reading: &mut Reading) {
        let Some(owner) = self.owner(apex).filter(|_| self.is_active()) else { return };
        let Some(rtype) = Rtype::parse(&self.rtype) else {
            // What stands there in DNS is the host's.
            for rtype in [Rtype::A, Rtype::AAAA, Rtype::CNAME] {
                let why = format!("the host answers there for its `{}` record", self.rtype);
                reading.close(owner.clone(), rtype, why);
            }
            return;
        };
        match shape::rdata(rtype, self.preference.parse().ok(), &self.address) {
            Ok(rdata) => reading.add(owner, Ttl::from_secs(self.ttl), rdata),
            Err(why) => reading.close(owner, rtype, why),
        }
    }

    /// Whether it belongs to the RRset that changes.
    pub(super) fn is_of(&self, change: &Change, apex: &Name) -> bool {
        let RrKey { owner, rtype } = change.key();
        Rtype::parse(&self.rtype) == Some(*rtype) && self.owner(apex).as_ref() == Some(owner)
    }

    /// The fields of its call, as this number.
    pub(super) fn fields(&self, number: usize) -> [(String, String); 5] {
        let field = |key: &str, value: &str| (format!("{key}{number}"), value.to_owned());
        [
            field("HostName", &self.name),
            field("RecordType", &self.rtype),
            field("Address", &self.address),
            field("MXPref", &self.preference),
            field("TTL", &self.ttl.to_string()),
        ]
    }
}
