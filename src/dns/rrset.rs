//! RRsets: all records of one owner and type.

use super::{Name, Rdata, Rtype, Ttl};
use std::fmt;
use std::sync::Arc;

/// What identifies an RRset within a zone: owner name and type.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RrKey {
    /// Owner name.
    pub owner: Name,
    /// Record type.
    pub rtype: Rtype,
}

impl RrKey {
    /// The key of `owner`'s records of this type.
    pub fn new(owner: Name, rtype: Rtype) -> Self {
        Self { owner, rtype }
    }
}

impl fmt::Display for RrKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.owner, self.rtype)
    }
}

/// All records of one owner and type: never empty, one TTL (RFC 2181 §5.2), no duplicates.
///
/// Two are equal when key, TTL and the set of rdata are; copying one is cheap.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RrSet {
    key: RrKey,
    ttl: Ttl,
    rdata: Arc<[Rdata]>, // sorted, without duplicates, never empty
}

impl RrSet {
    /// An RRset of one record.
    pub fn new(owner: Name, ttl: Ttl, rdata: Rdata) -> Self {
        Self { key: RrKey::new(owner, rdata.rtype()), ttl, rdata: Arc::from([rdata]) }
    }

    /// The RRset of these records; `None` when there are none or one is of another type.
    pub fn of(key: RrKey, ttl: Ttl, rdata: impl IntoIterator<Item = Rdata>) -> Option<Self> {
        let mut rdata: Vec<_> = rdata.into_iter().collect();
        rdata.sort();
        rdata.dedup();
        let fits = !rdata.is_empty() && rdata.iter().all(|data| data.rtype() == key.rtype);
        fits.then(|| Self { key, ttl, rdata: rdata.into() })
    }

    /// The same RRset with one more record; data of another type comes back as the error.
    pub fn with(self, rdata: Rdata) -> Result<Self, Rdata> {
        if rdata.rtype() != self.key.rtype {
            return Err(rdata);
        }
        let Err(place) = self.rdata.binary_search(&rdata) else {
            return Ok(self);
        };
        let (head, tail) = self.rdata.split_at(place);
        let all = head.iter().cloned().chain([rdata]).chain(tail.iter().cloned()).collect();
        Ok(Self { rdata: all, ..self })
    }

    /// The same RRset with another TTL.
    #[must_use]
    pub fn with_ttl(self, ttl: Ttl) -> Self {
        Self { ttl, ..self }
    }

    /// Its key.
    pub fn key(&self) -> &RrKey {
        &self.key
    }

    /// Its owner name.
    pub fn owner(&self) -> &Name {
        &self.key.owner
    }

    /// Its type.
    pub fn rtype(&self) -> Rtype {
        self.key.rtype
    }

    /// Its TTL.
    pub fn ttl(&self) -> Ttl {
        self.ttl
    }

    /// Its records' data in canonical order.
    pub fn rdata(&self) -> &[Rdata] {
        &self.rdata
    }

    /// Whether both hold the same data, whatever their TTLs.
    pub fn same_rdata(&self, other: &Self) -> bool {
        self.rdata == other.rdata
    }
}

/// One record a line, as in a zone file: `mail.example.net. 300 IN A 192.0.2.1`.
impl fmt::Display for RrSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, rdata) in self.rdata.iter().enumerate() {
            let line_break = if i == 0 { "" } else { "\n" };
            let RrKey { owner, rtype } = &self.key;
            write!(f, "{line_break}{owner} {} IN {rtype} {rdata}", self.ttl)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mx(text: &str) -> Rdata {
        Rdata::parse(Rtype::MX, text, None).unwrap()
    }

    fn owner() -> Name {
        Name::parse("example.net.").unwrap()
    }

    #[test]
    fn records_are_a_set() {
        let one = RrSet::new(owner(), Ttl::from_secs(300), mx("10 a."));
        let two = one.clone().with(mx("5 b.")).unwrap();
        assert_eq!(two.clone().with(mx("10 A.")).unwrap(), two);
        let other = RrSet::of(one.key().clone(), one.ttl(), [mx("5 b."), mx("10 a."), mx("5 b.")]);
        assert_eq!(other, Some(two));
    }

    #[test]
    fn data_of_another_type_is_refused() {
        let a = Rdata::parse(Rtype::A, "192.0.2.1", None).unwrap();
        let set = RrSet::new(owner(), Ttl::from_secs(300), mx("10 a."));
        assert_eq!(set.clone().with(a.clone()), Err(a.clone()));
        assert_eq!(RrSet::of(set.key().clone(), set.ttl(), [a]), None);
        assert_eq!(RrSet::of(set.key().clone(), set.ttl(), []), None);
    }

    #[test]
    fn it_prints_as_zone_file_lines() {
        let set = RrSet::new(owner(), Ttl::from_secs(300), mx("10 a.")).with(mx("5 b.")).unwrap();
        assert_eq!(set.to_string(), "example.net. 300 IN MX 5 b.\nexample.net. 300 IN MX 10 a.");
    }
}
