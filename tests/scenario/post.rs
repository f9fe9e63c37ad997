//! The two mail platforms: who is in use, who sends, who has been switched off.

use crate::domain::{apex, name};
use cutover::dns::{Name, Rdata};
use cutover::port::Answer;

/// One of the two.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Platform {
    Old,
    New,
}

/// What the platforms do at one moment, as far as caches must fit it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Duty {
    /// Old, new: may send.
    pub(crate) sends: [bool; 2],
    /// Old, new: mail that it signed may be under way.
    pub(crate) signed: [bool; 2],
    /// The old platform takes nothing any more.
    pub(crate) off: bool,
}

/// Their history.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    /// How long a message may stay in a platform's own queue.
    pub(crate) queue: i64,
    /// How long it may stay in other people's.
    pub(crate) transit: i64,
    /// How long the old platform may send once MX has moved.
    pub(crate) soak: i64,
    /// When MX first led to the new platform.
    moved: Option<i64>,
    /// Old, new: when somebody may last have been led there.
    used: [Option<i64>; 2],
    off: bool,
}

impl Post {
    pub(crate) fn new(queue: i64, transit: i64, soak: i64) -> Self {
        Self { queue, transit, soak, moved: None, used: [None, None], off: false }
    }

    pub(crate) fn switch_off(&mut self) {
        self.off = true;
    }

    /// Somebody may be led to a platform, by MX if so said.
    pub(crate) fn used(&mut self, platform: Platform, by_mx: bool, now: i64) {
        self.used[platform as usize] = Some(now);
        if by_mx && platform == Platform::New {
            self.moved.get_or_insert(now);
        }
    }

    pub(crate) fn duty(&self, now: i64) -> Duty {
        let soaks = self.moved.is_none_or(|moved| now < moved + self.soak);
        let soaked = self.moved.is_none_or(|moved| now < moved + self.soak + self.transit);
        let within = |wait: i64| self.used.map(|used| used.is_some_and(|at| now <= at + wait));
        let ([old, new], [old_signed, new_signed]) =
            (within(self.queue), within(self.queue + self.transit));
        Duty {
            sends: [old || soaks, new],
            signed: [old_signed || soaked, new_signed],
            off: self.off,
        }
    }
}

/// Whose a host is, if it is anybody's.
pub(crate) fn owner_of(host: &Name) -> Option<Platform> {
    let google = ["google.com.", "gmail.com."].map(|name| Name::parse(name).unwrap());
    match () {
        () if google.iter().any(|google| host.is_within(google)) => Some(Platform::New),
        () if *host == name("mail") => Some(Platform::Old),
        () => {
            assert!(host.is_within(&apex()), "nobody knows `{host}`");
            None
        }
    }
}

/// Where the records of an answer lead.
pub(crate) fn leads(answer: &Answer) -> impl Iterator<Item = Platform> {
    let rdata = answer.rrset().map(|rrset| rrset.rdata()).unwrap_or_default();
    rdata.iter().filter_map(|rdata| match rdata {
        Rdata::Mx(mx) => owner_of(&mx.exchange),
        Rdata::Cname(target) => owner_of(target),
        Rdata::A(_) => Some(Platform::Old),
        _ => None,
    })
}
