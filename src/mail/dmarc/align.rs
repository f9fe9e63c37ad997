//! Which domains stand for each other, and who lets reports come to him.

use super::walk::{organisation_by, record_at};
use super::{Mode, Psd, Record, Tag, Unknown};
use crate::dns::{Name, Rdata, Rtype};
use crate::mail::view::{Reply, View, look_up};
use std::collections::BTreeMap;

/// Whether a domain that SPF or DKIM has authenticated stands for the author's (RFC 9989 §4.4);
/// `None` if it depends on records that nobody here knows.
pub fn aligned(view: &dyn View, author: &Name, authenticated: &Name, mode: Mode) -> Option<bool> {
    match mode {
        _ if author == authenticated => Some(true),
        Mode::Strict => Some(false),
        // No walk goes up to the root.
        Mode::Relaxed if author.labels().last() != authenticated.labels().last() => Some(false),
        Mode::Relaxed => is_same(view, [author, authenticated], &mut BTreeMap::new()),
    }
}

/// Whether two domains belong to the same organisation. What is not known may be anything, but
/// often does not matter: then the answer is the same for each of the four things it may be.
fn is_same(
    view: &dyn View,
    domains: [&Name; 2],
    assumed: &mut BTreeMap<Name, Option<Record>>,
) -> Option<bool> {
    let organisations = domains.map(|domain| {
        organisation_by(domain, &mut |name| match assumed.get(name) {
            Some(record) => Ok(record.clone()),
            None => record_at(view, name),
        })
    });
    let at = match organisations {
        [Ok(one), Ok(other)] => return Some(one == other),
        [Err(Unknown(owner)), _] | [_, Err(Unknown(owner))] => owner.parent()?,
    };
    let with = |psd| Some(Record::default().with(Tag::Psd(psd)));
    let mut verdict = None;
    for record in [None, with(Psd::Unsaid), with(Psd::No), with(Psd::Yes)] {
        assumed.insert(at.clone(), record);
        let next = is_same(view, domains, assumed);
        if next.is_none() || verdict.is_some_and(|before| Some(before) != next) {
            verdict = None;
            break;
        }
        verdict = next;
    }
    assumed.remove(&at);
    verdict
}

/// Whether reports about a domain may go to a host.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Authorisation {
    /// Both belong to one organisation: nobody need be asked.
    Needless,
    /// The host takes them.
    Given,
    /// It has not said so, and receivers send none.
    Missing,
    /// Nobody here knows.
    Unknown,
}

/// Where a host says that it takes reports about a domain; `None` if the name would be too long
/// (RFC 9990 §4, RFC 7489 §7.1).
pub fn authorising_name(domain: &Name, host: &Name) -> Option<Name> {
    Name::parse_in(&format!("{domain}_report._dmarc"), host).ok()
}

/// Whether reports about the domain whose record asks for them may go to a host.
pub fn authorisation(view: &dyn View, domain: &Name, host: &Name) -> Authorisation {
    let same = aligned(view, domain, host, Mode::Relaxed);
    if same == Some(true) {
        return Authorisation::Needless;
    }
    let reply = match authorising_name(domain, host) {
        Some(owner) => look_up(view, &owner, Rtype::TXT),
        None => Reply::Absent,
    };
    let says_so = |data: &Rdata| data.text().is_some_and(|text| Record::read(&text).is_ok());
    match reply {
        Reply::Unknown => Authorisation::Unknown,
        reply if reply.data().iter().any(says_so) => Authorisation::Given,
        _ if same.is_none() => Authorisation::Unknown,
        _ => Authorisation::Missing,
    }
}

#[cfg(test)]
mod tests {
    use super::super::discover;
    use super::*;
    use crate::dns::Zone;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    /// What `example.com` knows, with one record of its own.
    fn own(text: &str) -> Zone {
        let text = format!("_dmarc 60 TXT \"v=DMARC1; p=none{text}\"\nmail 60 A 192.0.2.1\n");
        Zone::parse(&text, &name("example.com.")).unwrap()
    }

    #[test]
    fn organisations_align() {
        let check = |view: &Zone, one, other, mode, expected| {
            for (one, other) in [(one, other), (other, one)] {
                let found = aligned(view, &name(one), &name(other), mode);
                assert_eq!(found, expected, "{one} {other}");
            }
        };
        use Mode::{Relaxed, Strict};
        let plain = own("");
        check(&plain, "Example.com.", "example.COM.", Strict, Some(true));
        check(&plain, "example.com.", "mail.example.com.", Strict, Some(false));
        // Whatever stands at `com`, it is the same for both.
        check(&plain, "example.com.", "mail.example.com.", Relaxed, Some(true));
        check(&plain, "a.example.com.", "b.c.example.com.", Relaxed, Some(true));
        check(&plain, "example.com.", "example.org.", Relaxed, Some(false));
        // If `com` were an organisation, both would be of it.
        check(&plain, "example.com.", "example-com.com.", Relaxed, None);
        check(&own("; psd=n"), "example.com.", "example-com.com.", Relaxed, Some(false));
        check(&own("; psd=y"), "a.example.com.", "b.example.com.", Relaxed, Some(false));
        check(&own("; psd=y"), "a.example.com.", "x.a.example.com.", Relaxed, Some(true));

        let bare = Zone::parse("mail 60 A 192.0.2.1", &name("example.com.")).unwrap();
        check(&bare, "example.com.", "mail.example.com.", Relaxed, None);
        let nothing = Zone::parse("", &Name::root()).unwrap();
        check(&nothing, "example.com.", "mail.example.com.", Relaxed, Some(false));
    }

    #[test]
    fn deep_names_of_which_nothing_is_known_do_not_take_for_ever() {
        let deep = |first| name(&format!("{first}{}com.", ".a".repeat(60)));
        assert_eq!(aligned(&own(""), &deep("x"), &deep("y"), Mode::Relaxed), None);
        let below = |first| name(&format!("{first}{}.example.com.", ".a".repeat(60)));
        assert_eq!(aligned(&own(""), &below("x"), &below("y"), Mode::Relaxed), Some(true));
    }

    #[test]
    fn a_host_says_whose_reports_it_takes() {
        use Authorisation::{Given, Missing, Needless, Unknown};
        let check = |reports: &str, domain, host, expected| {
            let ours = "_dmarc.example.com. 60 TXT v=DMARC1\n";
            let zone = format!("{ours}_dmarc.example.org. 60 TXT v=DMARC1\n{reports}");
            let zone = Zone::parse(&zone, &Name::root()).unwrap();
            let found = authorisation(&zone, &name(domain), &name(host));
            assert_eq!(found, expected, "{domain} {host} {reports}");
        };
        let one = "example.com._report._dmarc.example.org. 60 TXT v=DMARC1;\n";
        check(one, "example.com.", "example.org.", Given);
        check(one, "example.net.", "example.org.", Missing);
        check(one, "a.example.com.", "example.org.", Missing);
        check(one, "example.com.", "in.example.org.", Missing);
        check(one, "example.com.", "in.example.com.", Needless);
        check("*._report._dmarc.example.org. 60 TXT v=DMARC1\n", "a.b.", "example.org.", Given);
        let other = "example.com._report._dmarc.example.org. 60 TXT \"v=spf1 -all\"\n";
        check(other, "example.com.", "example.org.", Missing);
        let long = format!("{}com.", "a2345678.".repeat(27));
        check(one, &long, "example.org.", Missing);

        let ours = own("");
        let check = |host, expected| {
            assert_eq!(authorisation(&ours, &name("example.com."), &name(host)), expected);
        };
        check("example.com.", Needless);
        check("mail.example.com.", Needless);
        check("example.org.", Unknown);
    }

    /// Records at some of a few names, and which of these one zone alone can tell of.
    fn worlds() -> impl Strategy<Value = [Zone; 2]> {
        let record = select(&["", "", "p=none", "p=none; psd=n", "p=none; psd=y"]);
        vec(record, DOMAINS.len()).prop_map(|records| {
            let lines = DOMAINS.iter().zip(records).filter(|(_, record)| !record.is_empty());
            let lines: String = lines
                .map(|(domain, record)| format!("_dmarc.{domain} 60 TXT \"v=DMARC1; {record}\"\n"))
                .collect();
            let all = Zone::parse(&lines, &Name::root()).unwrap();
            let own = name("example.com.");
            let sets = all.rrsets().filter(|set| set.owner().is_within(&own)).cloned();
            let part = Zone::of(own.clone(), sets.collect::<Vec<_>>());
            [all, part]
        })
    }

    const DOMAINS: [&str; 6] =
        ["com.", "example.com.", "a.example.com.", "b.a.example.com.", "x.com.", "y.x.com."];

    proptest! {
        /// Whoever knows a part of the DNS says what is true, or that he does not know.
        #[test]
        fn who_knows_less_says_nothing_else(
            [all, part] in worlds(),
            one in select(&DOMAINS),
            other in select(&DOMAINS),
        ) {
            let (one, other) = (name(one), name(other));
            let answers = [&all, &part].map(|view| aligned(view, &one, &other, Mode::Relaxed));
            prop_assert!(answers[0].is_some());
            prop_assert!(answers[1].is_none() || answers[1] == answers[0], "{answers:?}");
            if let (Ok(known), Ok(guess)) = (discover(&all, &one), discover(&part, &one)) {
                prop_assert_eq!(known, guess);
            }
            let found = [&all, &part].map(|view| authorisation(view, &one, &other));
            prop_assert!(found[0] != Authorisation::Unknown);
            prop_assert!(found[1] == Authorisation::Unknown || found[1] == found[0], "{found:?}");
        }
    }
}
