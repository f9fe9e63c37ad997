//! Plans a move with the library alone: text in, phases out, no file and no network.
#![expect(clippy::disallowed_macros, reason = "an example has nothing but its output")]

use cutover::dns::rdata::Mx;
use cutover::dns::{Name, Zone};
use cutover::mail::{Intent, Side, Spf};
use cutover::plan::{Facts, Plan, Policy, schedule, walk};
use cutover::report::{When, text};
use std::error::Error;

const LIVE: &str = "\
@     3600 IN SOA ns1 hostmaster 1 3600 600 604800 300
@     3600 IN MX  10 mail
@     3600 IN TXT \"v=spf1 mx -all\"
mail  3600 IN A   192.0.2.10
";

fn side(preference: u16, host: &str, spf: &str) -> Result<Side, Box<dyn Error>> {
    let mx = vec![Mx { preference, exchange: Name::parse(host)? }];
    Ok(Side { mx, spf: Some(Spf::parse(spf)?), ..Side::default() })
}

fn main() -> Result<(), Box<dyn Error>> {
    let zone = Name::parse("example.net.")?;
    let live = Zone::parse(LIVE, &zone)?;
    let old = side(10, "mail.example.net.", "v=spf1 mx -all")?;
    let new = side(1, "smtp.google.com.", "v=spf1 include:_spf.google.com ~all")?;
    let intent = Intent { zone, old, new };

    let policy = Policy::default();
    let plan = Plan::forward(&walk(&live, &intent, &policy, &Facts::default()), &policy, "".into());
    let now = "2027-02-20T09:00:00Z".parse()?;
    let when = When { now, zone: Some(chrono_tz::UTC) };
    for (phase, times) in plan.phases.iter().zip(schedule(&plan, &policy, now).phases) {
        anstream::println!("{} {}", phase.stage, when.full(times.begins));
        anstream::print!("{}", text::changes(&phase.changes, "  "));
    }
    Ok(())
}
