//! What must hold for whoever asks a cache: mail arrives, senders pass, users find their servers.

use crate::domain::{
    IMAP, MAIL, MX, NEW_KEY, NEW_KEY_TEXT, OLD_ADDRESS, OLD_KEY, OLD_KEY_TEXT, SMTP, SPF,
};
use crate::post::{Duty, Platform, leads, owner_of};
use cutover::dns::{Name, Rdata};
use cutover::mail::Spf;
use cutover::mail::spf::{Mechanism, is_spf};
use cutover::port::Answer;
use std::collections::BTreeSet;

/// The answers that one may get to a question.
pub(crate) type Held<'a> = dyn Fn(usize) -> Vec<&'a Answer> + 'a;

pub(crate) const NO_MX: &str = "there is no MX";
pub(crate) const NO_HOST: &str = "a mail server's name does not exist";
pub(crate) const OFF: &str = "the way leads to a server that is off";
pub(crate) const NO_NAME: &str = "a name that users know does not exist";
pub(crate) const NOT_ONE_SPF: &str = "there is not one SPF record";
pub(crate) const OLD_SPF: &str = "SPF does not cover the old platform";
pub(crate) const NEW_SPF: &str = "SPF does not cover the new platform";
pub(crate) const NO_OLD_KEY: &str = "the old DKIM key does not resolve";
pub(crate) const NO_NEW_KEY: &str = "the new DKIM key does not resolve";

type Problems = BTreeSet<&'static str>;

/// Everything that is wrong with these answers, while the platforms do this.
pub(crate) fn judge(held: &Held<'_>, duty: &Duty) -> Problems {
    let mut found = Problems::new();
    delivery(held, duty, &mut found);
    users(held, duty, &mut found);
    senders(held, duty, &mut found);
    let keys = [(OLD_KEY, OLD_KEY_TEXT, NO_OLD_KEY), (NEW_KEY, NEW_KEY_TEXT, NO_NEW_KEY)];
    for ((question, text, problem), signed) in keys.into_iter().zip(duty.signed) {
        if signed && held(question).into_iter().any(|answer| texts(answer) != [text]) {
            found.insert(problem);
        }
    }
    found
}

fn delivery(held: &Held<'_>, duty: &Duty, found: &mut Problems) {
    for answer in held(MX) {
        let hosts = rdata(answer).iter().filter_map(|rdata| match rdata {
            Rdata::Mx(mx) => Some(&mx.exchange),
            _ => None,
        });
        found.extend(hosts.filter_map(|host| arrive(host, held, duty)));
        found.extend(answer.rrset().is_none().then_some(NO_MX));
    }
}

fn users(held: &Held<'_>, duty: &Duty, found: &mut Problems) {
    for answer in [SMTP, IMAP].into_iter().flat_map(held) {
        let problem = match rdata(answer) {
            [] => Some(NO_NAME),
            [Rdata::Cname(target)] => arrive(target, held, duty),
            _ => duty.off.then_some(OFF),
        };
        found.extend(problem);
    }
}

/// What is wrong with a server's name, asked for in the same place.
fn arrive(host: &Name, held: &Held<'_>, duty: &Duty) -> Option<&'static str> {
    match owner_of(host) {
        Some(Platform::New) => None,
        Some(Platform::Old) if duty.off => Some(OFF),
        Some(Platform::Old) => {
            held(MAIL).iter().any(|answer| answer.rrset().is_none()).then_some(NO_HOST)
        }
        None => Some(NO_HOST),
    }
}

fn senders(held: &Held<'_>, duty: &Duty, found: &mut Problems) {
    for answer in held(SPF) {
        let texts = texts(answer);
        let mut records = texts.iter().filter(|text| is_spf(text));
        let (Some(record), None) = (records.next(), records.next()) else {
            found.insert(NOT_ONE_SPF);
            continue;
        };
        let spf = Spf::parse(record).unwrap();
        let passes = |who| spf.directives().any(|(_, mechanism)| covers(mechanism, who, held));
        let [old, new] = duty.sends;
        found.extend((old && !passes(Platform::Old)).then_some(OLD_SPF));
        found.extend((new && !passes(Platform::New)).then_some(NEW_SPF));
    }
}

/// Whether a mechanism lets a platform send, whichever answers somebody gets who looks it up.
fn covers(mechanism: &Mechanism, who: Platform, held: &Held<'_>) -> bool {
    match mechanism {
        Mechanism::Ip4(address, 32) => who == Platform::Old && address.to_string() == OLD_ADDRESS,
        Mechanism::Mx(_) => {
            held(MX).into_iter().all(|answer| leads(answer).any(|platform| platform == who))
        }
        Mechanism::Include(domain) => who == Platform::New && domain == "_spf.google.com",
        _ => false,
    }
}

fn rdata(answer: &Answer) -> &[Rdata] {
    answer.rrset().map(|rrset| rrset.rdata()).unwrap_or_default()
}

fn texts(answer: &Answer) -> Vec<String> {
    let texts = rdata(answer).iter().filter_map(|rdata| match rdata {
        Rdata::Txt(txt) => Some(txt.text().into_owned()),
        _ => None,
    });
    texts.collect()
}
