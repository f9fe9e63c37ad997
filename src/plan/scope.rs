//! Which values of an RRset are ours.

use crate::dns::{Rdata, RrSet};
use crate::mail::spf;
use std::collections::BTreeSet;

/// Our share of an RRset: all of it, or some of its values.
///
/// The TXT records of a zone's own name belong to many: SPF is ours, a neighbour's verification
/// string is not. What is not ours is copied from the live zone, so it cannot get lost.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Scope {
    /// Every value.
    Whole,
    /// Every SPF string, well-formed or not, if so said; and these exact values.
    Values {
        /// Whether strings that begin with `v=spf1` are ours.
        spf: bool,
        /// Values that the zone file names.
        exact: BTreeSet<Rdata>,
    },
}

impl Scope {
    /// Whether a value is ours.
    pub fn covers(&self, rdata: &Rdata) -> bool {
        match self {
            Self::Whole => true,
            Self::Values { spf, exact } => {
                exact.contains(rdata)
                    || matches!(rdata, Rdata::Txt(txt) if *spf && spf::is_spf(&txt.text()))
            }
        }
    }

    /// Our values of an RRset; none when there is no RRset.
    pub fn ours<'a>(&self, rrset: Option<&'a RrSet>) -> Vec<&'a Rdata> {
        self.split(rrset, true)
    }

    /// Everybody else's.
    pub fn others<'a>(&self, rrset: Option<&'a RrSet>) -> Vec<&'a Rdata> {
        self.split(rrset, false)
    }

    fn split<'a>(&self, rrset: Option<&'a RrSet>, ours: bool) -> Vec<&'a Rdata> {
        let rdata = rrset.map(RrSet::rdata).unwrap_or_default();
        rdata.iter().filter(|rdata| self.covers(rdata) == ours).collect()
    }
}
