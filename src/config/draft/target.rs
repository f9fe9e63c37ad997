//! What `new` says besides the name of its platform, as far as records tell.

use super::super::Platform;
use crate::dns::{Name, Rdata, RrSet, Rtype, Ttl, Zone};
use crate::mail::intent::text;
use crate::mail::spf::{Mechanism, Spf, Term};
use crate::mail::{Side, Survey};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// A proposal for `new`.
#[derive(Debug, Default)]
pub(super) struct Target {
    /// What it writes over the preset.
    pub(super) side: Side,
    /// What a person must decide.
    pub(super) questions: Vec<String>,
    /// Records of `old` that the file had better not speak of, so that they stay as they are.
    pub(super) unspoken: Vec<RrSet>,
}

/// From which records a proposal is made.
pub(super) struct Move<'a> {
    pub(super) zone: &'a Zone,
    pub(super) survey: &'a Survey,
    pub(super) from: Option<&'a Platform>,
    pub(super) to: &'a Platform,
    /// The id of an MTA-STS policy that nobody has seen.
    pub(super) policy_id: &'a str,
}

impl Move<'_> {
    pub(super) fn target(&self) -> Target {
        let mut target = Target::default();
        self.spf(&mut target);
        target.side.dmarc = self.survey.side.dmarc.clone();
        self.clients(&mut target);
        self.records(&mut target);
        target
    }

    /// The platform's record, and who else sends by that of `old`.
    fn spf(&self, target: &mut Target) {
        let brings = self.to.keys.contains("spf");
        if !brings {
            target.questions.push("write under `spf:` who sends from now on".to_owned());
        }
        let Some(old) = &self.survey.side.spf else { return };
        let is_stranger = |term: &&Term| match term {
            Term::Directive(_, mechanism) => !self.is_own(mechanism),
            Term::Modifier { name, value } => {
                name.eq_ignore_ascii_case("redirect") && !self.is_at_home(value)
            }
        };
        let strangers: Vec<_> = old.terms.iter().filter(is_stranger).cloned().collect();
        if strangers.is_empty() {
            return;
        }
        let words: Vec<_> = strangers.iter().map(ToString::to_string).collect();
        let words = words.join(" ");
        let has_redirect = strangers.iter().any(|term| matches!(term, Term::Modifier { .. }));
        match &self.to.side.spf {
            Some(new) if new.redirect().is_none() && !has_redirect => {
                let mut terms = new.terms.clone();
                let is_all = |term: &Term| matches!(term, Term::Directive(_, Mechanism::All));
                let end = terms.iter().position(is_all).unwrap_or(terms.len());
                let more: Vec<_> =
                    strangers.into_iter().filter(|term| !terms.contains(term)).collect();
                terms.splice(end..end, more);
                target.side.spf = Some(Spf { terms });
                let question =
                    format!("`spf` keeps `{words}` of `old`; take out who sends no more");
                target.questions.push(question);
            }
            _ => {
                let question = format!("`old` also lets `{words}` send; write them under `spf:`");
                target.questions.push(question);
            }
        }
    }

    /// Whether a mechanism is about the old platform: its domains, its MX hosts, their addresses.
    fn is_own(&self, mechanism: &Mechanism) -> bool {
        let zone = self.zone;
        match mechanism {
            Mechanism::All | Mechanism::Mx(_) => true,
            Mechanism::Include(domain) | Mechanism::Exists(domain) => self.is_at_home(domain),
            Mechanism::Ptr(domain) => domain.as_ref().is_none_or(|domain| self.is_at_home(domain)),
            Mechanism::A(to) => match to.name_within(zone.apex()) {
                Some(host) => !addresses(zone, &host).is_disjoint(&self.servers()),
                None => to.domain.as_ref().is_some_and(|domain| self.is_at_home(domain)),
            },
            Mechanism::Ip4(network, prefix) => {
                let same = |address: u32| (address ^ u32::from(*network)).leading_zeros();
                self.servers().iter().any(|server| match server {
                    IpAddr::V4(server) => same(u32::from(*server)) >= u32::from(*prefix),
                    IpAddr::V6(_) => false,
                })
            }
            Mechanism::Ip6(network, prefix) => {
                let same = |address: u128| (address ^ u128::from(*network)).leading_zeros();
                self.servers().iter().any(|server| match server {
                    IpAddr::V6(server) => same(u128::from(*server)) >= u32::from(*prefix),
                    IpAddr::V4(_) => false,
                })
            }
        }
    }

    fn is_at_home(&self, domain: &str) -> bool {
        let Ok(name) = Name::parse(&format!("{}.", domain.trim_end_matches('.'))) else {
            return false;
        };
        let platform = self.from.into_iter().flat_map(|from| from.domains.clone());
        let hosts = self.survey.side.mx.iter().filter_map(|mx| mx.exchange.parent());
        platform
            .chain(hosts.filter(|host| host.labels().count() > 1))
            .any(|home| name.is_within(&home))
    }

    /// The addresses of the hosts that take mail in, and of those that users send to.
    fn servers(&self) -> BTreeSet<IpAddr> {
        let Side { mx, submission, .. } = &self.survey.side;
        let hosts = mx.iter().map(|mx| &mx.exchange).chain(submission.keys());
        hosts.flat_map(|host| addresses(self.zone, host)).collect()
    }

    /// The names of `old` that users know, led to the new platform where its hosts are known.
    fn clients(&self, target: &mut Target) {
        let Side { submission, retrieval, .. } = &self.survey.side;
        let (sent, lost_sent) = self.led(submission, |_| Some("smtp"));
        let (read, lost_read) = self.led(retrieval, protocol);
        let mut lost: Vec<_> = lost_sent.into_iter().chain(lost_read).collect();
        target.side.submission = sent;
        let brought = &self.to.side.retrieval;
        lost.retain(|name| !brought.contains_key(name));
        if self.to.open.contains("retrieval") {
            lost.extend(read.into_keys());
        } else if !read.is_empty() {
            target.side.retrieval = brought.clone().into_iter().chain(read).collect();
        }
        if !target.side.submission.is_empty() || !target.side.retrieval.is_empty() {
            let question = "mail programs check that the new servers' certificates name the \
                hosts that users have entered; if they do not, have users enter the new ones";
            target.questions.push(question.to_owned());
        }
        if !lost.is_empty() {
            let lost: Vec<_> = lost.iter().map(|name| format!("`{name}`")).collect();
            target.questions.push(format!(
                "write under `submission:` or `retrieval:` where {} shall lead; without that \
                 they go when the old platform retires",
                lost.join(", ")
            ));
        }
    }

    /// Names with their new hosts, and names for which there is none.
    fn led(
        &self,
        hosts: &BTreeMap<Name, Vec<Rdata>>,
        protocol: impl Fn(&str) -> Option<&'static str>,
    ) -> (BTreeMap<Name, Vec<Rdata>>, Vec<Name>) {
        let (mut led, mut lost) = (BTreeMap::new(), Vec::new());
        for name in hosts.keys() {
            let label = String::from_utf8_lossy(name.labels().next().unwrap_or_default());
            let host = protocol(&label.to_ascii_lowercase())
                .and_then(|protocol| Name::parse(self.to.clients.get(protocol)?).ok());
            match host {
                Some(host) => drop(led.insert(name.clone(), vec![Rdata::Cname(host)])),
                None => lost.push(name.clone()),
            }
        }
        (led, lost)
    }

    /// What is not the old platform's: policies and reports stay, a policy under a new id.
    fn records(&self, target: &mut Target) {
        let apex = self.zone.apex();
        let is_kept = |set: &RrSet| {
            let name = set.owner().relative_to(apex);
            ["_mta-sts", "mta-sts", "_smtp._tls", "_dmarc"].contains(&name.as_str())
                || name.ends_with("._bimi")
        };
        let sets = self.survey.side.records.iter().map(|(set, _)| set);
        let (kept, gone): (Vec<_>, Vec<_>) = sets.partition(|set| is_kept(set));
        if !gone.is_empty() {
            let owners: BTreeSet<_> = gone.iter().map(|set| format!("`{}`", set.owner())).collect();
            let owners = owners.into_iter().collect::<Vec<_>>().join(", ");
            target.questions.push(format!(
                "{owners} serve the old platform, and go when it retires; write under `records:` \
                 what the new one has in their place"
            ));
        }
        let has_policy = |set: &&&RrSet| {
            set.owner().relative_to(apex) == "_mta-sts" && set.rtype() == Rtype::TXT
        };
        if kept.iter().any(|set| has_policy(&set)) {
            target.questions.push(format!(
                "senders keep an MTA-STS policy: serve one that lists the old and the new MX \
                 hosts, then publish it as `v=STSv1; id={}`",
                self.policy_id
            ));
        }
        if self.to.open.contains("records") {
            target.unspoken = kept.into_iter().cloned().collect();
            return;
        }
        let renewed = |set: &RrSet| match has_policy(&&set) {
            true => {
                let policy = text(&format!("v=STSv1; id={}", self.policy_id));
                RrSet::new(set.owner().clone(), Ttl::from_secs(0), policy)
            }
            false => set.clone(),
        };
        if !kept.is_empty() {
            let brought = self.to.side.records.iter().cloned();
            target.side.records =
                brought.chain(kept.into_iter().map(|set| (renewed(set), None))).collect();
        }
    }
}

/// Which server of a platform a name of users stands for.
fn protocol(label: &str) -> Option<&'static str> {
    match label {
        "imap" | "imap4" | "imaps" | "incoming" => Some("imap"),
        "pop" | "pop3" | "pops" => Some("pop"),
        _ => None,
    }
}

fn addresses(zone: &Zone, host: &Name) -> BTreeSet<IpAddr> {
    let rdata = zone.at(host).flat_map(RrSet::rdata);
    let found = rdata.filter_map(|rdata| match rdata {
        Rdata::A(address) => Some((*address).into()),
        Rdata::Aaaa(address) => Some((*address).into()),
        _ => None,
    });
    found.collect()
}
