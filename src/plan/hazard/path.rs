//! Whether a name leads to records, whichever answers somebody gets on the way.

use super::Held;
use super::moment::Moment;
use crate::dns::{Answer, Name, RrKey, Rtype};
use crate::mail::view::MAX_ALIASES;
use std::collections::BTreeSet;

/// The types by which a host is found.
pub(super) const ADDRESSES: &[Rtype] = &[Rtype::A, Rtype::AAAA];

/// Questions with the answers that somebody holds, each leading to the next.
type Path<'a> = Vec<(RrKey, Answer<'a>)>;

impl<'a> Moment<'a> {
    /// Answers with which somebody finds no record of any of these types at a name, if there are
    /// such; aliases are followed, and what lies elsewhere is trusted.
    ///
    /// Types are cached apart from each other, so the name is found for sure only if one of them
    /// is, by itself.
    pub(super) fn lost(&self, name: &Name, rtypes: &[Rtype]) -> Option<Vec<Held>> {
        let paths = rtypes.iter().map(|rtype| {
            let mut path = Path::new();
            let key = RrKey::new(name.clone(), *rtype);
            let is_lost = self.breaks(key, &mut path, &mut BTreeSet::new());
            is_lost.then(|| path.iter().map(|(key, answer)| self.held(key, *answer)).collect())
        });
        let mut paths: Vec<Vec<Held>> = paths.collect::<Option<_>>()?;
        // That a type was never there is no news, beside one that was.
        let is_news = |path: &[Held]| path.iter().any(|h| !h.data.is_empty() || h.since.is_some());
        match paths.iter().any(|path| is_news(path)) {
            true => paths.retain(|path| is_news(path)),
            false => paths.truncate(1),
        }
        let mut mixture: Vec<Held> = Vec::new();
        for held in paths.into_iter().flatten() {
            if !mixture.contains(&held) {
                mixture.push(held);
            }
        }
        Some(mixture)
    }

    /// Whether some answers lead from a question to nothing or in a circle; `path` then holds
    /// them. Names from which none do are `fine`, and not looked at twice.
    fn breaks(&self, key: RrKey, path: &mut Path<'a>, fine: &mut BTreeSet<Name>) -> bool {
        if path.len() > MAX_ALIASES || path.iter().any(|(earlier, _)| *earlier == key) {
            return true;
        }
        for answer in self.answers(&key) {
            path.push((key.clone(), answer));
            let breaks = match answer {
                Answer::Absent => true,
                Answer::Alias(target) if !fine.contains(target) => {
                    self.breaks(RrKey::new(target.clone(), key.rtype), path, fine)
                }
                _ => false,
            };
            if breaks {
                return true;
            }
            path.pop();
        }
        fine.insert(key.owner);
        false
    }
}
