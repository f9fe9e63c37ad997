//! What must hold for whoever asks a cache: mail arrives, senders pass, users find their servers.

use crate::cast::{Cast, Platform};
use crate::held::Held;
use crate::policy_host::Hosts;
use crate::post::Duty;
use crate::receiver::{Receiver, Verdict, exchanges, rdata};
use cutover::dns::{Name, Rdata, Rtype};
use std::collections::BTreeSet;

pub(crate) const NO_MX: &str = "there is no MX";
pub(crate) const NO_HOST: &str = "a mail server's name does not exist";
pub(crate) const OFF: &str = "the way leads to a server that is off";
pub(crate) const ASTRAY: &str = "the way leads to a server of neither platform";
pub(crate) const NO_NAME: &str = "a name that users know does not exist";
pub(crate) const OLD_SPF: &str = "SPF does not cover the old platform";
pub(crate) const NEW_SPF: &str = "SPF does not cover the new platform";
pub(crate) const NO_OLD_KEY: &str = "an old DKIM key does not resolve";
pub(crate) const NO_NEW_KEY: &str = "a new DKIM key does not resolve";
pub(crate) const REFUSED: &str = "an MTA-STS policy refuses a live MX";

pub(crate) type Problems = BTreeSet<&'static str>;

/// Somebody with these answers, while the platforms do this.
pub(crate) struct Judge<'a> {
    pub(crate) cast: &'a Cast,
    pub(crate) held: &'a Held<'a>,
    pub(crate) duty: &'a Duty,
    /// The MTA-STS policies by which they may go.
    pub(crate) policies: &'a [&'a Hosts],
}

impl Judge<'_> {
    /// Everything that is wrong.
    pub(crate) fn problems(&self) -> Problems {
        let mut found = Problems::new();
        self.delivery(&mut found);
        self.users(&mut found);
        self.senders(&mut found);
        self.keys(&mut found);
        found
    }

    fn delivery(&self, found: &mut Problems) {
        let has_mail = self.cast.platforms[0].exchanges.first().is_some();
        for answer in self.held.answers(&self.cast.apex, Rtype::MX) {
            found.extend((has_mail && answer.rrset().is_none()).then_some(NO_MX));
            for host in exchanges(answer) {
                found.extend((*host == Name::root()).then_some(NO_MX));
                let is_refused = self.policies.iter().any(|hosts| !hosts.contains(host));
                found.extend(is_refused.then_some(REFUSED));
                self.arrive(host, Some(NO_HOST), found);
            }
        }
    }

    fn users(&self, found: &mut Problems) {
        let [old, new] = &self.cast.platforms;
        // What only the old platform has goes with it.
        let is_gone = |is_new: bool| self.duty.off[0] && !is_new;
        for name in old.clients.union(&new.clients) {
            if !is_gone(new.clients.contains(name)) {
                let is_known = old.clients.contains(name);
                self.arrive(name, is_known.then_some(NO_NAME), found);
            }
        }
        for key in old.services.union(&new.services) {
            if is_gone(new.services.contains(key)) {
                continue;
            }
            for rdata in
                self.held.answers(&key.owner, key.rtype).iter().flat_map(|answer| rdata(answer))
            {
                if let Rdata::Srv(srv) = rdata {
                    self.arrive(&srv.target, Some(NO_HOST), found);
                }
            }
        }
    }

    /// What is wrong with a server's name, asked for in the same place.
    fn arrive(&self, host: &Name, absence: Option<&'static str>, found: &mut Problems) {
        let paths = self.cast.paths(host, self.held);
        found.extend(absence.filter(|_| paths.missing));
        for end in &paths.ends {
            let owners = self.cast.owners(end);
            let is_on = (0..2).any(|who| owners[who] && !self.duty.off[who]);
            // Before a name is told to anybody, a wildcard may answer for it.
            let is_told = absence.is_some();
            found.extend((is_told && owners == [false, false]).then_some(ASTRAY));
            found.extend((owners != [false, false] && !is_on).then_some(OFF));
        }
    }

    fn senders(&self, found: &mut Problems) {
        let receiver = Receiver { apex: &self.cast.apex, held: self.held };
        let worst = |platform: &Platform| match platform.has_spf {
            true => Verdict::Pass,
            // Who has promised nothing may not be failed either.
            false => Verdict::Neutral,
        };
        for ((platform, sends), problem) in
            self.cast.platforms.iter().zip(self.duty.sends).zip([OLD_SPF, NEW_SPF])
        {
            let mut senders = platform.senders.iter().filter(|_| sends);
            let fails = senders.any(|sender| {
                receiver.verdicts(sender).last().is_some_and(|verdict| *verdict > worst(platform))
            });
            found.extend(fails.then_some(problem));
        }
    }

    fn keys(&self, found: &mut Problems) {
        let ended = [self.duty.ended, false];
        let platforms = self.cast.platforms.iter().zip(self.duty.signed).zip(ended);
        for (((platform, signed), ended), problem) in platforms.zip([NO_OLD_KEY, NO_NEW_KEY]) {
            let lost = platform.keys.iter().filter(|_| signed).any(|key| {
                let answers = self.held.answers(&key.0, Rtype::TXT);
                answers.iter().any(|answer| !platform.verifies(key, answer, ended))
            });
            found.extend(lost.then_some(problem));
        }
    }
}
