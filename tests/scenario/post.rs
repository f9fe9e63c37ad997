//! What the two mail platforms do: who is in use, who sends, who has been switched off.

use crate::cast::Who;

/// What they do at one moment, as far as caches must fit it: old, new.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Duty {
    /// May send.
    pub(crate) sends: [bool; 2],
    /// Mail that it signed may be under way.
    pub(crate) signed: [bool; 2],
    /// Takes nothing any more.
    pub(crate) off: [bool; 2],
    /// The account with the old platform has ended: what leads to a key of its own finds nothing.
    pub(crate) ended: bool,
}

/// Their history.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    /// How long a message may stay in a platform's own queue.
    queue: i64,
    /// How long it may stay in other people's.
    transit: i64,
    /// How long the old platform may send once mail has moved.
    soak: i64,
    /// Whether mail has moved only when MX leads to the new platform.
    moves_mx: bool,
    /// When it moved.
    moved: Option<i64>,
    /// Old, new: until when somebody may have been led there.
    used: [Option<i64>; 2],
    off: [bool; 2],
    ended: bool,
}

impl Post {
    pub(crate) fn new(queue: i64, transit: i64, soak: i64, moves_mx: bool) -> Self {
        let (moved, used, off) = (None, [None, None], [false, false]);
        Self { queue, transit, soak, moves_mx, moved, used, off, ended: false }
    }

    pub(crate) fn switch_off(&mut self, who: Who) {
        self.off[who as usize] = true;
    }

    pub(crate) fn end_account(&mut self) {
        self.ended = true;
    }

    /// Somebody may be led to a platform, by MX if so said.
    pub(crate) fn used(&mut self, platform: usize, by_mx: bool, now: i64) {
        self.used[platform] = Some(now);
        if platform == Who::New as usize && (by_mx || !self.moves_mx) {
            self.moved.get_or_insert(now);
        }
    }

    pub(crate) fn duty(&self, now: i64) -> Duty {
        let soaks = self.moved.is_none_or(|moved| now < moved + self.soak);
        let soaked = self.moved.is_none_or(|moved| now < moved + self.soak + self.transit);
        let within = |wait: i64| self.used.map(|used| used.is_some_and(|at| now < at + wait));
        let ([old, new], [old_signed, new_signed]) =
            (within(self.queue), within(self.queue + self.transit));
        Duty {
            sends: [old || soaks, new],
            signed: [old_signed || soaked, new_signed],
            off: self.off,
            ended: self.ended,
        }
    }

    /// When something may end next of which nobody has to hear.
    pub(crate) fn next(&self, now: i64) -> Option<i64> {
        let moved = self
            .moved
            .into_iter()
            .flat_map(|moved| [self.soak, self.soak + self.transit].map(|wait| moved + wait));
        let used = self
            .used
            .into_iter()
            .flatten()
            .flat_map(|used| [self.queue, self.queue + self.transit].map(|wait| used + wait));
        moved.chain(used).filter(|at| *at > now).min()
    }
}
