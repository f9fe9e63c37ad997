//! Two hundred resolvers as they are found in the world, by the numbers of a seed.

use crate::dice::Dice;
use crate::resolver::{Habit, Resolver, Rhythm};

const COUNT: u64 = 200;

/// To what public resolvers cut TTLs, from none at all to a week.
const CAPS: [i64; 6] = [0, 60, 3_600, 21_600, 86_400, 604_800];
/// The shortest TTL that caches behind others keep: routers, and the most that BIND takes.
const FLOORS: [i64; 4] = [30, 90, 300, 3_600];

pub(crate) fn population(seed: u64) -> Vec<Resolver> {
    some(COUNT, seed)
}

/// So many of them.
pub(crate) fn some(count: u64, seed: u64) -> Vec<Resolver> {
    let mut dice = Dice::new(seed);
    (0..count).map(|place| resolver(place, &mut dice)).collect()
}

fn resolver(place: u64, dice: &mut Dice) -> Resolver {
    let rhythm = |dice: &mut Dice| {
        // Each order of magnitude as likely as the next, from minutes to days.
        let mean = 60 * dice.roll(5..=20) * dice.one_of(&[1, 10, 100]);
        Rhythm::Random(mean, Dice::new(dice.roll(0..=i64::MAX) as u64))
    };
    let (cap, floor) = (Habit::Cap(dice.one_of(&CAPS)), Habit::Floor(dice.one_of(&FLOORS)));
    let habits = match dice.roll(0..=19) {
        0..=8 => vec![Habit::Obey],
        9..=13 => vec![cap],
        14..=15 => vec![Habit::Obey, Habit::Obey],
        16 => vec![cap, Habit::Obey, Habit::Obey],
        17 => vec![Habit::Obey, floor],
        18 => vec![floor],
        _ => vec![Habit::StaleFirst],
    };
    let caches = habits.into_iter().map(|habit| (habit, rhythm(dice))).collect();
    let mut resolver = Resolver::new(caches);
    resolver.name = format!("resolver {place}: {}", resolver.name);
    resolver
}
