//! Random octets, and true answers that were damaged on the way.

use super::check::{BEFORE, verdicts};
use super::said::{Said, Sent, Stream};
use super::server::Hostile;
use cutover::run::Verdict;
use cutover::wire::Poller;
use proptest::prelude::*;
use proptest::sample::Index;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Runtime;

/// One damage.
#[derive(Clone, Debug)]
enum Damage {
    Flip(Index, u8),
    Put(Index, u16),
    Cut(Index),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Copy(Index, Index, usize),
}

impl Damage {
    fn to(&self, octets: &mut Vec<u8>) {
        if octets.is_empty() {
            return;
        }
        let length = octets.len();
        match self {
            Self::Flip(at, mask) => octets[at.index(length)] ^= mask,
            Self::Put(at, value) => {
                let at = at.index(length);
                let new = value.to_be_bytes().into_iter();
                octets[at..].iter_mut().zip(new).for_each(|(octet, new)| *octet = new);
            }
            Self::Cut(at) => octets.truncate(at.index(length)),
            Self::Insert(at, new) => {
                let at = at.index(length);
                octets.splice(at..at, new.iter().copied());
            }
            Self::Remove(at, some) => {
                let at = at.index(length);
                octets.drain(at..(at + some).min(length));
            }
            Self::Copy(from, to, some) => {
                let (from, to) = (from.index(length), to.index(length));
                let part = octets[from..(from + some).min(length)].to_vec();
                octets.splice(to..to, part);
            }
        }
    }
}

fn octets(length: Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), length)
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), 1..=255_u8).prop_map(|(at, mask)| Damage::Flip(at, mask)),
        2 => (at(), any::<u16>()).prop_map(|(at, value)| Damage::Put(at, value)),
        1 => at().prop_map(Damage::Cut),
        1 => (at(), octets(1..20)).prop_map(|(at, new)| Damage::Insert(at, new)),
        1 => (at(), 1..20_usize).prop_map(|(at, some)| Damage::Remove(at, some)),
        1 => (at(), at(), 1..40_usize).prop_map(|(from, to, some)| Damage::Copy(from, to, some)),
    ]
}

/// What a datagram is made of.
#[derive(Clone, Debug)]
enum Made {
    /// The true answer, damaged.
    Damaged(Vec<Damage>),
    /// The same, with id and question as they should be.
    Plausible(Vec<Damage>),
    /// A good header with these counts and flags, and these octets as records.
    Random([u8; 2], [u16; 3], Vec<u8>),
}

impl Made {
    fn from(&self, said: &Said) -> Vec<u8> {
        let body = said.body();
        match self {
            Self::Damaged(all) => {
                let mut octets = said.truth.clone();
                all.iter().for_each(|one| one.to(&mut octets));
                octets
            }
            Self::Plausible(all) => {
                let mut rest = said.truth[body..].to_vec();
                all.iter().for_each(|one| one.to(&mut rest));
                [&said.truth[..body], &rest].concat()
            }
            Self::Random([first, second], counts, octets) => {
                said.reply_by([first | 0x80, *second], *counts, octets)
            }
        }
    }
}

fn made() -> impl Strategy<Value = Made> {
    let damages = || prop::collection::vec(damage(), 1..6);
    prop_oneof![
        damages().prop_map(Made::Damaged),
        damages().prop_map(Made::Plausible),
        (any::<[u8; 2]>(), any::<[u16; 3]>(), octets(0..300))
            .prop_map(|(flags, counts, octets)| Made::Random(flags, counts.map(|n| n % 4), octets)),
    ]
}

/// The server tells of the time before the move, so nobody may see anything new.
#[test]
fn damage_is_never_taken_for_the_new() {
    let runtime = Runtime::new().unwrap();
    let next: Arc<Mutex<Option<Made>>> = Arc::default();
    let sent = Arc::clone(&next);
    let (server, poller) = runtime.block_on(async {
        let server = Hostile::start(
            BEFORE,
            Arc::new(move |said| {
                let made = sent.lock().unwrap().as_ref().map(|made| made.from(said));
                [made, Some(said.truth.clone())].into_iter().flatten().map(Sent::Here).collect()
            }),
            Arc::new(|said| Stream::Message(said.truth.clone())),
        );
        (server.await, Arc::new(Poller::bind(Duration::from_secs(1)).await.unwrap()))
    });
    proptest!(|(made in made())| {
        *next.lock().unwrap() = Some(made);
        let verdicts = runtime.block_on(verdicts(server.address, &poller));
        prop_assert!(verdicts.iter().all(|verdict| *verdict != Verdict::New), "{:?}", verdicts);
    });
}
