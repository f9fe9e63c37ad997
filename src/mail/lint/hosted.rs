//! Platforms that many domains share, by what their records look like.

use crate::dns::Name;
use crate::mail::Spf;

/// One of them.
#[derive(Debug)]
pub(super) struct Hosted {
    /// What people call it.
    pub(super) name: &'static str,
    /// Its MX hosts are these names, or lie below them.
    exchanges: &'static [&'static str],
    /// The domains by which SPF lets it send.
    senders: &'static [&'static str],
    /// Hosts by which its users send and read. Their certificates name nobody else.
    clients: &'static [&'static str],
}

const HOSTED: &[Hosted] = &[
    Hosted {
        name: "Google Workspace",
        exchanges: &["google.com.", "googlemail.com."],
        senders: &["_spf.google.com"],
        clients: &["smtp.gmail.com.", "imap.gmail.com.", "pop.gmail.com."],
    },
    Hosted {
        name: "Microsoft 365",
        exchanges: &["mail.protection.outlook.com.", "mx.microsoft."],
        senders: &["spf.protection.outlook.com"],
        clients: &["smtp.office365.com.", "outlook.office365.com."],
    },
    Hosted {
        name: "Proton Mail",
        exchanges: &["mail.protonmail.ch.", "mailsec.protonmail.ch."],
        senders: &["_spf.protonmail.ch"],
        clients: &[],
    },
    Hosted {
        name: "Fastmail",
        exchanges: &["messagingengine.com."],
        senders: &["spf.messagingengine.com"],
        clients: &["smtp.fastmail.com.", "imap.fastmail.com.", "pop.fastmail.com."],
    },
    Hosted {
        name: "Zoho",
        exchanges: &["zoho.com.", "zoho.eu.", "zoho.in.", "zoho.com.au.", "zoho.jp."],
        senders: &["zohomail.com", "zohomail.eu", "zohomail.in", "zoho.com"],
        clients: &["smtp.zoho.com.", "imap.zoho.com.", "imappro.zoho.com."],
    },
    Hosted {
        name: "iCloud",
        exchanges: &["mail.icloud.com."],
        senders: &["icloud.com"],
        clients: &["smtp.mail.me.com.", "imap.mail.me.com."],
    },
    Hosted {
        name: "Migadu",
        exchanges: &["aspmx1.migadu.com.", "aspmx2.migadu.com."],
        senders: &["spf.migadu.com"],
        clients: &["smtp.migadu.com.", "imap.migadu.com.", "pop.migadu.com."],
    },
    Hosted {
        name: "mailbox.org",
        exchanges: &["mxext1.mailbox.org.", "mxext2.mailbox.org.", "mxext3.mailbox.org."],
        senders: &["mailbox.org"],
        clients: &["smtp.mailbox.org.", "imap.mailbox.org."],
    },
    Hosted {
        name: "Rackspace",
        exchanges: &["emailsrvr.com."],
        senders: &["emailsrvr.com"],
        clients: &["secure.emailsrvr.com."],
    },
    Hosted {
        name: "Yandex 360",
        exchanges: &["mx.yandex.net.", "mx.yandex.ru."],
        senders: &["_spf.yandex.net"],
        clients: &["smtp.yandex.com.", "imap.yandex.com.", "pop.yandex.com."],
    },
];

/// Whether users of one of them send or read there.
pub(super) fn serves_users(host: &Name) -> bool {
    HOSTED.iter().flat_map(|one| one.clients).any(|known| is(host, known))
}

/// The platform whose mail server this is.
pub(super) fn of_exchange(host: &Name) -> Option<&'static Hosted> {
    let is_below = |known: &str| Name::parse(known).is_ok_and(|known| host.is_within(&known));
    HOSTED.iter().find(|one| one.exchanges.iter().any(|known| is_below(known)))
}

fn is(host: &Name, known: &str) -> bool {
    Name::parse(known).is_ok_and(|known| known == *host)
}

impl Hosted {
    /// By which domain a record lets it send.
    pub(super) fn sender<'s>(&self, spf: &'s Spf) -> Option<&'s str> {
        let is_known = |domain: &&str| {
            let plain = domain.trim_end_matches('.');
            self.senders.iter().any(|known| known.eq_ignore_ascii_case(plain))
        };
        spf.included().find(is_known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::platform::preset;

    #[test]
    fn presets_are_known_by_their_records() {
        let check = |file, name| {
            let text = preset(file).unwrap().text.replace("{region}", "eu");
            let line = |key| text.lines().find_map(|line: &str| line.strip_prefix(key));
            let spf = Spf::parse(line("spf: ").unwrap()).unwrap();
            let known = HOSTED.iter().find(|one| one.sender(&spf).is_some()).unwrap();
            assert_eq!(known.name, name);
            let hosts = line("mx: ").unwrap().split([' ', ',', '"', '[', ']']);
            let hosts = hosts.filter(|word| word.ends_with('.') && !word.contains('{'));
            let hosts: Vec<_> = hosts.map(|host| Name::parse(host).unwrap()).collect();
            assert!(hosts.iter().all(|host| of_exchange(host).unwrap().name == name), "{hosts:?}");
        };
        check("google-workspace", "Google Workspace");
        check("microsoft-365", "Microsoft 365");
        check("proton", "Proton Mail");
        check("fastmail", "Fastmail");
        check("zoho", "Zoho");
        check("icloud", "iCloud");
        check("migadu", "Migadu");
        check("mailbox-org", "mailbox.org");
        check("rackspace", "Rackspace");
        check("yandex-360", "Yandex 360");
    }

    #[test]
    fn hosts_are_known_by_whole_labels() {
        let check = |host, name| {
            let host = Name::parse(host).unwrap();
            assert_eq!(of_exchange(&host).map(|one| one.name), name, "{host}");
        };
        check("aspmx.l.google.com.", Some("Google Workspace"));
        check("x.mail.protection.outlook.com.", Some("Microsoft 365"));
        check("x.o-v1.mx.microsoft.", Some("Microsoft 365"));
        check("mx.notgoogle.com.", None);
        check("mail.example.org.", None);
    }
}
