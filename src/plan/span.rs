//! Durations for people.

use std::time::Duration;

/// A duration in its two largest units: `1 h 30 min`, `14 d`, `45 s`.
pub fn span(duration: Duration) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut left = duration.as_secs();
    let mut parts = Vec::new();
    for (size, unit) in UNITS {
        if left >= size {
            parts.push(format!("{} {unit}", left / size));
            left %= size;
        }
    }
    parts.truncate(2);
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units() {
        let check = |secs, text: &str| assert_eq!(span(Duration::from_secs(secs)), text);
        check(0, "0 s");
        check(45, "45 s");
        check(600, "10 min");
        check(5_400, "1 h 30 min");
        check(1_209_600, "14 d");
        check(90_061, "1 d 1 h");
    }
}
