//! Times along a line.

use crate::plan::Timestamp;
use std::collections::BTreeSet;

/// Where times stand on a line, in order.
pub struct Scale(Vec<(Timestamp, f64)>);

impl Scale {
    /// Between these times weeks and minutes both have room: each gap is as wide as the logarithm
    /// of its length.
    pub fn logarithmic(times: BTreeSet<Timestamp>, from: f64, to: f64) -> Self {
        Self::of(times, from, to, |minutes| 1.0 + minutes.ln_1p())
    }

    /// Each gap is as wide as it is long.
    pub fn linear(times: BTreeSet<Timestamp>, from: f64, to: f64) -> Self {
        Self::of(times, from, to, |minutes| minutes)
    }

    fn of(times: BTreeSet<Timestamp>, from: f64, to: f64, width: impl Fn(f64) -> f64) -> Self {
        let mut places = Vec::with_capacity(times.len());
        let (mut place, mut before) = (0.0, None);
        for time in times {
            place += before.map_or(0.0, |before| width(minutes(before, time)));
            before = Some(time);
            places.push((time, place));
        }
        let whole = place.max(1.0);
        places.iter_mut().for_each(|(_, place)| *place = from + *place / whole * (to - from));
        Self(places)
    }

    /// Where a time is that the scale was made for.
    pub fn x(&self, time: Timestamp) -> f64 {
        let at = self.0.partition_point(|(known, _)| *known < time);
        self.0.get(at).or(self.0.last()).map_or(0.0, |(_, place)| *place)
    }
}

fn minutes(from: Timestamp, to: Timestamp) -> f64 {
    (to - from).to_std().unwrap_or_default().as_secs_f64() / 60.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn minutes_have_room_beside_weeks() {
        let at = |secs: u64| Timestamp::UNIX_EPOCH + Duration::from_secs(secs);
        let times = BTreeSet::from([at(0), at(600), at(14 * 86_400)]);
        let room = |scale: &Scale| {
            let (first, second, last) =
                (scale.x(at(0)), scale.x(at(600)), scale.x(at(14 * 86_400)));
            assert!(first < second && second < last && last <= 1000.0, "{:?}", scale.0);
            (second - first) / (last - first)
        };
        assert!(room(&Scale::logarithmic(times.clone(), 130.0, 990.0)) > 0.1);
        assert!(room(&Scale::linear(times, 130.0, 990.0)) < 0.001);
    }
}
