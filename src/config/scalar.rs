//! Durations, times, numbers and names, as people write them in our files.

use crate::dns::{Name, TextError, Ttl};
use chrono::{
    DateTime, Datelike, Days, MappedLocalTime, NaiveDateTime, SecondsFormat, TimeDelta, TimeZone,
    Utc,
};
use chrono_tz::{TZ_VARIANTS, Tz};
use std::str::FromStr;
use std::time::Duration;

/// An instant, and the time zone to show it in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Time {
    /// When.
    pub at: DateTime<Utc>,
    /// Where the person who wrote it looks at the clock; UTC for RFC 3339.
    pub zone: Tz,
}

/// Reads `300` (seconds), `10m`, `6h`, `14d` or `1h30m`.
pub fn duration(text: &str) -> Result<Duration, TextError> {
    ttl(text).map(Duration::from).map_err(|error| TextError {
        message: format!(
            "`{text}` is not a duration; write `300` (seconds), `10m`, `6h`, `14d` or `1h30m`"
        ),
        ..error
    })
}

/// Reads a duration after some event, with or without its sign: `+10m`.
pub fn offset(text: &str) -> Result<Duration, TextError> {
    duration(text.strip_prefix('+').unwrap_or(text)).map_err(|error| TextError {
        len: text.len().max(1),
        message: error.message,
        ..error
    })
}

/// Reads a TTL.
pub fn ttl(text: &str) -> Result<Ttl, TextError> {
    let message = || format!("`{text}` is not a TTL; write `300` (seconds), `10m` or `1h30m`");
    Ttl::parse(text).ok_or_else(|| whole(text, message()))
}

/// Reads a whole number in decimal digits.
pub fn integer<T: FromStr>(text: &str) -> Result<T, TextError> {
    text.parse().map_err(|_| whole(text, format!("`{text}` is not a number that fits here")))
}

/// Reads `true` or `false`.
pub fn flag(text: &str) -> Result<bool, TextError> {
    text.parse().map_err(|_| whole(text, format!("`{text}` is not `true` or `false`")))
}

/// Reads a time: RFC 3339, or `2026-12-05 22:00 America/Chicago`.
pub fn time(text: &str) -> Result<Time, TextError> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(Time { at: at.to_utc(), zone: Tz::UTC });
    }
    let (clock, zone) = local(text).ok_or_else(|| {
        let form = "write `2026-12-05T22:00:00Z` or `2026-12-05 22:00 America/Chicago`";
        whole(text, format!("`{text}` is not a time; {form}"))
    })?;
    let zone_name = zone;
    let zone: Tz = zone_name.parse().map_err(|_| {
        let at = text.len() - zone_name.len();
        TextError::new(at, zone_name.len(), unknown_zone(zone_name))
    })?;
    match zone.from_local_datetime(&clock) {
        MappedLocalTime::Single(at) => Ok(Time { at: at.to_utc(), zone }),
        MappedLocalTime::Ambiguous(a, b) => Err(whole(text, fold(clock, zone, [a, b]))),
        MappedLocalTime::None => Err(whole(text, gap(clock, zone))),
    }
}

/// Date and time of day, and the zone's name behind them.
fn local(text: &str) -> Option<(NaiveDateTime, &str)> {
    let (clock, zone) = text.rsplit_once(' ')?;
    let forms = ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
    let clock = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(clock, form).ok())?;
    // Years that take more than four digits overflow on the way to UTC.
    (0..=9_999).contains(&clock.year()).then_some((clock, zone))
}

fn unknown_zone(name: &str) -> String {
    let near = TZ_VARIANTS.iter().map(|zone| zone.name());
    let near = near.map(|known| {
        (strsim::damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase()), known)
    });
    match near.min() {
        // Beyond three slips it is another place.
        Some((0..=3, known)) => format!("`{name}` is not a time zone; did you mean `{known}`?"),
        _ => format!("`{name}` is not a time zone; write `Z` times or a name as `America/Chicago`"),
    }
}

/// The clock was set back, so that this time comes twice.
fn fold(clock: NaiveDateTime, zone: Tz, mut readings: [DateTime<Tz>; 2]) -> String {
    readings.sort();
    let [first, second] = readings.map(|at| at.to_utc().to_rfc3339_opts(SecondsFormat::Secs, true));
    let clock = clock.format("%Y-%m-%d %H:%M");
    format!(
        "`{clock}` comes twice in {zone}: write `{first}` for the first, `{second}` for the second"
    )
}

/// The clock was set forward, over this time.
fn gap(clock: NaiveDateTime, zone: Tz) -> String {
    let shown = |at: NaiveDateTime| at.format("%Y-%m-%d %H:%M").to_string();
    let local = |at: DateTime<Utc>| at.with_timezone(&zone).naive_local();
    // Offsets lie within a day of UTC, so the jump lies between these two instants.
    let (Some(early), Some(late)) =
        (clock.checked_sub_days(Days::new(2)), clock.checked_add_days(Days::new(2)))
    else {
        return format!("`{}` does not exist in {zone}", shown(clock));
    };
    let (mut before, mut after) = (early.and_utc(), late.and_utc());
    while after - before > TimeDelta::seconds(1) {
        let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
        if local(middle) < clock { before = middle } else { after = middle }
    }
    let (from, to) = (local(before) + TimeDelta::seconds(1), local(after));
    format!(
        "`{}` does not exist in {zone}: the clock jumps from {} to {}; write `{}` or `{}`",
        shown(clock),
        shown(from),
        shown(to),
        shown(from - TimeDelta::minutes(1)),
        shown(to),
    )
}

/// Reads a name: `mail.example.net.` is absolute, `mail` below `zone`, `@` the zone itself.
pub fn name(text: &str, zone: &Name) -> Result<Name, TextError> {
    if let Some((_, rest)) = text.split_once('{') {
        let blank = rest.split('}').next().unwrap_or_default();
        let message = format!(
            "`{{{blank}}}` stands for nothing here; known are `{{zone}}` and `{{zone-dashed}}`"
        );
        return Err(whole(text, message));
    }
    let found = Name::parse_in(text, zone).map_err(|error| whole(text, error.to_string()))?;
    let relative = text != "@" && Name::parse(text).is_err();
    if relative && found.labels().count() > zone.labels().count() + 1 {
        let readings = format!("`{text}.` if it is absolute, or `{found}` if it is below the zone");
        return Err(whole(text, format!("`{text}` can be read in two ways: write {readings}")));
    }
    Ok(found)
}

/// Reads a name that is always below `parent`, with dots or without, such as a DKIM selector.
pub fn below(text: &str, parent: &Name) -> Result<Name, TextError> {
    if text == "@" || Name::parse(text).is_ok() {
        return Err(whole(
            text,
            format!("`{text}` must be a name below `{parent}`, without a dot at its end"),
        ));
    }
    Name::parse_in(text, parent).map_err(|error| whole(text, error.to_string()))
}

/// Reads a whole domain, with or without the dot at its end.
pub fn domain(text: &str) -> Result<Name, TextError> {
    let found = match text {
        "@" | "." => Err(format!("`{text}` is not a domain; write `example.com`")),
        _ => Name::parse_in(text, &Name::root()).map_err(|error| error.to_string()),
    };
    found.map_err(|message| whole(text, message))
}

fn whole(text: &str, message: String) -> TextError {
    TextError::new(0, text.len(), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn com() -> Name {
        Name::parse("example.com.").unwrap()
    }

    #[test]
    fn durations_have_units_or_are_seconds() {
        let check = |text, seconds: Option<u64>| {
            assert_eq!(offset(text).ok().map(|found| found.as_secs()), seconds, "{text}");
        };
        check("300", Some(300));
        check("10m", Some(600));
        check("6h", Some(21_600));
        check("14d", Some(1_209_600));
        check("1h30m", Some(5_400));
        check("+3h45m", Some(13_500));
        check("0", Some(0));
        check("-10m", None);
        check("1.5h", None);
        check("10 m", None);
        check("++1", None);
        check("", None);
        check("99999999999d", None);
        assert!(duration("+10m").is_err());
        assert!(duration("x").unwrap_err().message.contains("`1h30m`"));
    }

    #[test]
    fn numbers_and_flags_are_plain() {
        assert_eq!(integer::<u32>("010"), Ok(10));
        assert!(integer::<u32>("-1").is_err() && integer::<u8>("256").is_err());
        assert!(integer::<u32>("0x1f").is_err() && integer::<u32>("1_000").is_err());
        assert_eq!(flag("true"), Ok(true));
        assert!(flag("yes").is_err());
    }

    #[test]
    fn times_are_utc_or_local() {
        let check = |text, utc, zone| {
            let found = time(text).unwrap();
            let at = found.at.to_rfc3339_opts(SecondsFormat::Secs, true);
            assert_eq!((at.as_str(), found.zone), (utc, zone), "{text}");
        };
        let utc = "2026-12-06T04:00:00Z";
        check(utc, utc, Tz::UTC);
        check("2026-12-05T22:00:00-06:00", utc, Tz::UTC);
        check("2026-12-05 22:00 America/Chicago", utc, Tz::America__Chicago);
        check("2026-12-05 22:00:00 America/Chicago", utc, Tz::America__Chicago);
        check("2026-12-05T22:00 America/Chicago", utc, Tz::America__Chicago);
        check("2026-12-06 04:00 UTC", utc, Tz::UTC);
        check("2027-03-14 01:59 America/Chicago", "2027-03-14T07:59:00Z", Tz::America__Chicago);
        check("2027-03-14 03:00 America/Chicago", "2027-03-14T08:00:00Z", Tz::America__Chicago);
    }

    #[test]
    fn times_that_are_none_are_refused_with_a_way_out() {
        let check = |text, parts: &[&str]| {
            let message = time(text).unwrap_err().message;
            for part in parts {
                assert!(message.contains(part), "{text}: {message}");
            }
        };
        check(
            "2027-03-14 02:30 America/Chicago",
            &[
                "does not exist",
                "from 2027-03-14 02:00 to 2027-03-14 03:00; write `2027-03-14 01:59`",
            ],
        );
        check(
            "2027-11-07 01:30 America/Chicago",
            &["comes twice", "`2027-11-07T06:30:00Z` for the first, `2027-11-07T07:30:00Z`"],
        );
        // Samoa left out a day.
        check("2011-12-30 12:00 Pacific/Apia", &["from 2011-12-30 00:00 to 2011-12-31 00:00"]);
        check("2027-03-14 02:30 America/Chigaco", &["did you mean `America/Chicago`?"]);
        check("2027-03-14 02:30 america/chicago", &["did you mean `America/Chicago`?"]);
        check("2027-03-14 02:30 Middle/Earth/Shire", &["is not a time zone"]);
        check("2027-03-14 02:30", &["is not a time"]);
        check("2027-02-29T00:00:00Z", &["is not a time"]);
        check("+262142-12-31 23:59 America/Chicago", &["is not a time"]);
        check("tomorrow", &["is not a time"]);
        check("", &["is not a time"]);
        assert_eq!(time("2027-03-14 02:30 Nowhere").unwrap_err().at, 17);
    }

    #[test]
    fn names_are_absolute_or_have_no_dot() {
        let check = |text, full| {
            assert_eq!(name(text, &com()).map(|name| name.to_string()), Ok(String::from(full)));
        };
        check("@", "example.com.");
        check("mail", "mail.example.com.");
        check("mail.example.net.", "mail.example.net.");
        check("a\\.b", "a\\.b.example.com.");
        check("bücher", "xn--bcher-kva.example.com.");
        let message = name("mail.example.net", &com()).unwrap_err().message;
        assert!(message.contains("`mail.example.net.` if it is absolute"), "{message}");
        assert!(message.contains("`mail.example.net.example.com.` if it is below"), "{message}");
        assert!(name("", &com()).is_err() && name("a..b.", &com()).is_err());
    }

    #[test]
    fn selectors_may_hold_dots() {
        let check = |text, full: Option<&str>| {
            let found = below(text, &com()).ok().map(|name| name.to_string());
            assert_eq!(found.as_deref(), full, "{text}");
        };
        check("s1", Some("s1.example.com."));
        check("s1.mail", Some("s1.mail.example.com."));
        check("s1.mail.", None);
        check("@", None);
        check("", None);
    }

    #[test]
    fn domains_need_no_dot() {
        assert_eq!(domain("example.com"), Ok(com()));
        assert_eq!(domain("example.com."), Ok(com()));
        assert!(domain("@").is_err() && domain(".").is_err() && domain("").is_err());
    }
}
