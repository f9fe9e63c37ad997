//! Invariants as rules, for whoever asks what one means.

use super::Invariant;
use crate::mail::Severity;
use crate::mail::lint::{Check, Rule};

impl Invariant {
    /// What must hold, and how it looks.
    pub fn rule(self) -> Rule {
        let (says, bad, good) = self.words();
        Rule {
            id: self.name(),
            severity: Severity::Error,
            says,
            reference: self.reference(),
            bad,
            good,
            check: Check::Elsewhere,
        }
    }

    /// What must hold for everybody, whatever he holds; a plan that breaks it, and one that does
    /// not.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Delivery => (
                "Whoever looks for the mail server finds one, and its address.",
                "`mail A` goes together with `MX 10 mail`, which caches still hold",
                "`mail A` stays until nobody holds `MX 10 mail` any more",
            ),
            Self::Senders => (
                "Whoever judges senders by SPF lets both platforms pass, as long as they may send.",
                "MX moves, and SPF says `mx`: the old platform fails",
                "SPF names the addresses of both platforms before MX moves",
            ),
            Self::Retirement => (
                "Once the old platform may be off, nobody is led there.",
                "`retire` while caches hold the old MX",
                "`retire` when the old MX has run out everywhere",
            ),
            Self::Clients => (
                "Names that users know lead somewhere, all the time.",
                "`imap` goes before its successor is published",
                "`imap` leads to its successor as soon as it leaves the old platform",
            ),
            Self::Keys => (
                "Every signature on mail under way can be verified.",
                "the old selector goes with the old MX",
                "the old selector goes when what it signed has arrived",
            ),
            Self::Policies => (
                "No TLS policy that senders hold shuts out a host to which mail goes.",
                "MX moves, and the id at `_mta-sts` stays",
                "the id changes in `prepare`, with a policy that lists both hosts",
            ),
            Self::References => (
                "Whatever leads to a name of the zone finds something there.",
                "`imap` goes while `_imaps._tcp SRV 0 1 993 imap` stays",
                "both go, or the SRV record first",
            ),
            Self::Aliases => (
                "An alias has its name to itself in every stage.",
                "`imap CNAME` is added beside `imap A`",
                "`imap CNAME` takes the place of `imap A`",
            ),
        }
    }
}
