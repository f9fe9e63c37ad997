//! What every driver has to show, in one story.

use super::fake::{Fake, Far, Fault, Reply};
use super::judge;
use super::support::texts::{Text, texts};
use async_trait::async_trait;
use cutover::clock::SystemClock;
use cutover::config::{Account, Source, account};
use cutover::dns::rdata::Rrsig;
use cutover::dns::{Name, Rdata, RrKey, RrSet, Rtype, Zone};
use cutover::plan::{Change, Facts, Guard, diff};
use cutover::port::{Answer, Lookup, LookupError, Provider, ProviderError, Server};
use cutover::provider::{Context, DRIVERS, Open};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

pub(crate) const APEX: &str = "example.net.";
/// What no message may show.
pub(crate) const SECRET: &str = "s3cr3t-AbCdEf0123456789";

/// A zone as mail administrators have it; each driver's host serves it before the story begins.
pub(crate) const ZONE: &str = r#"
@ 3600 SOA ns1.example.org. hostmaster.example.org. 7 7200 900 1209600 300
@ 3600 NS ns1.example.org.
@ 3600 NS ns2.example.org.
@ 3600 A 192.0.2.80
@ 3600 MX 10 mail.example.net.
@ 3600 MX 20 backup.example.org.
@ 3600 TXT "v=spf1 mx -all"
@ 3600 TXT "google-site-verification=abc; d=\"1\""
mail 3600 A 192.0.2.25
mail 3600 AAAA 2001:db8::25
imap 3600 CNAME mail.example.net.
_dmarc 3600 TXT "v=DMARC1; p=none; rua=mailto:postmaster@example.net"
*.wild 3600 A 192.0.2.99
"#;

/// A driver, and its host.
pub(crate) struct Story {
    pub(crate) driver: Box<dyn Provider>,
    pub(crate) fake: Fake,
    pub(crate) apex: Name,
    /// What the host began with.
    text: String,
    _folder: TempDir,
}

struct Nobody;

#[async_trait]
impl Lookup for Nobody {
    async fn servers(&self, apex: &Name) -> Result<Vec<Server>, LookupError> {
        Err(LookupError::NoServers(apex.clone()))
    }

    async fn ask(&self, server: &Server, _: &RrKey) -> Result<Answer, LookupError> {
        Err(LookupError::Silent(server.name.clone()))
    }

    async fn signatures(&self, server: &Server, _: &RrKey) -> Result<Vec<Rrsig>, LookupError> {
        Err(LookupError::Silent(server.name.clone()))
    }
}

impl Story {
    /// Opens an account by its file; `{endpoint}` is the fake's address, `file:secret` the secret.
    pub(crate) async fn open(yaml: &str, far: impl Far + 'static) -> Self {
        Self::with(yaml, &[], far).await
    }

    /// The same with more files beside the secret, which may name the fake's address too.
    pub(crate) async fn with(yaml: &str, files: &[(&str, &str)], far: impl Far + 'static) -> Self {
        let fake = Fake::start(far).await;
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, SECRET).unwrap();
        let addressed = |text: &str| text.replace("{endpoint}", &format!("http://{}", fake.addr));
        for (name, text) in files {
            std::fs::write(folder.path().join(name), addressed(text)).unwrap();
        }
        let yaml = addressed(yaml);
        let driver = open(folder.path(), &yaml).await.unwrap();
        let apex = Name::parse(APEX).unwrap();
        Self { driver, fake, apex, text: ZONE.to_owned(), _folder: folder }
    }

    /// The same where the host began with another zone.
    pub(crate) fn began_with(self, text: &str) -> Self {
        Self { text: text.to_owned(), ..self }
    }

    async fn zone(&self) -> Zone {
        self.driver.zone(&self.apex).await.unwrap()
    }

    async fn facts(&self) -> Facts {
        self.driver.limits(&self.apex).await.unwrap()
    }

    /// From the live zone to the one that `edit` makes of it.
    async fn changes(&self, edit: impl FnOnce(&mut Zone)) -> Vec<Change> {
        let live = self.zone().await;
        let mut wanted = live.clone();
        edit(&mut wanted);
        diff(&live, &wanted)
    }

    /// Applies it, twice: the second time nothing is sent. The writes of the first.
    async fn apply(&self, changes: &[Change]) -> Vec<String> {
        self.fake.requests().await;
        self.driver.apply(&self.apex, changes).await.unwrap();
        let writes = self.fake.writes().await;
        self.driver.apply(&self.apex, changes).await.unwrap();
        assert_eq!(self.fake.writes().await, [""; 0], "the second time");
        self.holds(changes).await;
        writes
    }

    /// The host serves what was asked for, and the driver reads the same.
    async fn holds(&self, changes: &[Change]) {
        let (served, read) = (self.fake.served().await, self.zone().await);
        for change in changes {
            assert_eq!(served.get(change.key()), change.after(), "{}", change.key());
            assert_eq!(read.get(change.key()), change.after(), "{}", change.key());
        }
        same(&read, &served);
    }

    /// The whole story, and then somebody else's client reads the same as ours.
    pub(crate) async fn tell(&self, judge: &str) {
        self.go_on().await;
        let (read, types) = judge::read(judge, self.fake.addr, SECRET, &self.apex).await;
        let ours = self.zone().await;
        let known = ours.rrsets().filter(|rrset| types.contains(&rrset.rtype())).cloned();
        same(&Zone::of(self.apex.clone(), known), &read);
        assert!(read.rrsets().count() > 5);
    }

    async fn go_on(&self) {
        self.reads_everything().await;
        self.creates().await;
        self.lowers_ttls().await;
        self.replaces_mx().await;
        self.keeps_neighbours().await;
        self.carries_hard_texts().await;
        self.swaps_types().await;
        self.deletes().await;
        self.sees_drift().await;
        self.loses_races().await;
        self.finds_no_zone().await;
        self.bears_trouble().await;
        same(&self.zone().await, &self.fake.served().await);
    }

    async fn reads_everything(&self) {
        let zone = self.zone().await;
        same(&zone, &Zone::parse(&self.text, &self.apex).unwrap());
    }

    async fn creates(&self) {
        let facts = self.facts().await;
        let ttl = facts.fitted(cutover::dns::Ttl::from_secs(3_600));
        let long = facts.txt_octets.unwrap_or(700).min(700) - 12;
        let key = format!("v=DKIM1; p={}", "A".repeat(long));
        let text = cutover::dns::rdata::Txt::new(key).to_string();
        let lines = [
            format!("s1._domainkey TXT {text}"),
            "s2._domainkey CNAME s2.dkim.example.org.".to_owned(),
            "_imaps._tcp SRV 0 1 993 imap.example.org.".to_owned(),
            "caa CAA 0 issue \"ca.example\"".to_owned(),
            format!("_25._tcp.mail TLSA 3 1 1 {}", "ab".repeat(32)),
            "deep.er A 192.0.2.7".to_owned(),
            "deep.er A 192.0.2.8".to_owned(),
        ];
        let text = format!("$TTL {ttl}\n{}", lines.join("\n"));
        let new = Zone::parse(&text, &self.apex).unwrap();
        let taken: Vec<_> =
            new.rrsets().filter(|rrset| facts.objection(rrset).is_none()).cloned().collect();
        let changes = self.changes(|zone| taken.into_iter().for_each(|one| zone.put(one))).await;
        assert!(changes.len() >= 4, "{changes:?}");
        self.apply(&changes).await;
    }

    /// One write an RRset, and never another value.
    async fn lowers_ttls(&self) {
        let facts = self.facts().await;
        let low = facts.fitted(cutover::dns::Ttl::from_secs(600));
        for (owner, rtype) in [("mail", Rtype::A), ("_dmarc", Rtype::TXT), ("imap", Rtype::CNAME)] {
            let key = self.key(owner, rtype);
            self.fake.watch(key.clone()).await;
            let changes = self.changes(|zone| lower(zone, &key, low)).await;
            if low.secs() < 3_600 {
                assert_eq!(self.apply(&changes).await.len(), self.calls_a_write(), "{key}");
            }
        }
        self.no_lapse().await;
    }

    /// Whatever else an API wants besides the write itself, such as a refresh.
    fn calls_a_write(&self) -> usize {
        1
    }

    async fn replaces_mx(&self) {
        let key = self.key("@", Rtype::MX);
        self.fake.watch(key.clone()).await;
        for mx in [
            "10 mail\n@ 3600 MX 30 third.example.org.",
            "1 a.example.org.",
            "1 b.example.org.\n@ 3600 MX 2 c.example.org.\n@ 3600 MX 3 d.example.org.",
            "10 mail\n@ 3600 MX 20 backup.example.org.",
        ] {
            let text = format!("@ 3600 MX {mx}");
            let wanted = Zone::parse(&text, &self.apex).unwrap();
            let rrset = wanted.get(&key).cloned().unwrap();
            let changes = self.changes(|zone| zone.put(rrset)).await;
            self.apply(&changes).await;
        }
        self.no_lapse().await;
    }

    /// A move of SPF leaves the strings of others alone, quotes, semicolons and all.
    async fn keeps_neighbours(&self) {
        let key = self.key("@", Rtype::TXT);
        let spf = "@ 3600 TXT \"v=spf1 ip4:192.0.2.25 include:_spf.example.org ~all\"";
        let spf = Zone::parse(spf, &self.apex).unwrap().get(&key).cloned().unwrap();
        let live = self.zone().await.get(&key).cloned().unwrap();
        let is_other = |rdata: &&Rdata| !rdata.text().unwrap().starts_with("v=spf1");
        let others = live.rdata().iter().filter(is_other).chain(spf.rdata()).cloned();
        let rrset = RrSet::of(key.clone(), live.ttl(), others).unwrap();
        self.fake.watch(key).await;
        let changes = self.changes(|zone| zone.put(rrset)).await;
        self.apply(&changes).await;
        self.no_lapse().await;
    }

    /// Every text arrives as it is, or is refused before anything is written.
    async fn carries_hard_texts(&self) {
        let mut arrived = Vec::new();
        for Text { name, strings } in texts() {
            let octets: Vec<u8> = strings.concat();
            let key = self.key(&format!("{name}.hard"), Rtype::TXT);
            let ttl = self.facts().await.fitted(cutover::dns::Ttl::from_secs(3_600));
            let data = Rdata::Txt(cutover::dns::rdata::Txt::new(octets));
            let create = [Change::Create(RrSet::new(key.owner.clone(), ttl, data.clone()))];
            let before = self.fake.served().await;
            match self.driver.apply(&self.apex, &create).await {
                Ok(()) => {
                    let served = self.fake.served().await;
                    assert_eq!(served.get(&key), create[0].after(), "{name}");
                    arrived.extend(create.map(Change::inverse));
                }
                Err(ProviderError::Refused(why)) => {
                    same(&self.fake.served().await, &before);
                    assert!(!why.contains("took the update"), "{name}: {why}");
                }
                Err(other) => panic!("{name}: {other:?}"),
            }
        }
        assert!(arrived.len() > 10);
        self.driver.apply(&self.apex, &arrived).await.unwrap();
    }

    /// An alias comes where an address was: what is there must go first.
    async fn swaps_types(&self) {
        let (a, aaaa) = (self.key("www", Rtype::A), self.key("www", Rtype::CNAME));
        let rrset = |text: &str, key: &RrKey| {
            Zone::parse(text, &self.apex).unwrap().get(key).cloned().unwrap()
        };
        let address = rrset("www 3600 A 192.0.2.80", &a);
        let changes = self.changes(|zone| zone.put(address.clone())).await;
        self.apply(&changes).await;
        let alias = rrset("www 3600 CNAME web.example.org.", &aaaa);
        let changes = self
            .changes(|zone| {
                zone.remove(&a);
                zone.put(alias);
            })
            .await;
        assert_eq!(changes.len(), 2);
        self.apply(&changes).await;
    }

    async fn deletes(&self) {
        let keys = [("www", Rtype::CNAME), ("deep.er", Rtype::A), ("s1._domainkey", Rtype::TXT)];
        let keys = keys.map(|(owner, rtype)| self.key(owner, rtype));
        let changes = self.changes(|zone| keys.iter().for_each(|key| drop(zone.remove(key)))).await;
        assert_eq!(changes.len(), 3);
        self.apply(&changes).await;
    }

    /// Somebody else was faster: nothing is written over it, nor anything beside it.
    async fn sees_drift(&self) {
        let (mx, a) = (self.key("@", Rtype::MX), self.key("mail", Rtype::A));
        let rrset = |text: &str, key: &RrKey| {
            Zone::parse(text, &self.apex).unwrap().get(key).cloned().unwrap()
        };
        let wanted =
            (rrset("@ 3600 MX 5 new.example.org.", &mx), rrset("mail 3600 A 192.0.2.9", &a));
        let changes = self
            .changes(|zone| {
                zone.put(wanted.0.clone());
                zone.put(wanted.1.clone());
            })
            .await;
        let live = self.zone().await.get(&mx).cloned().unwrap();
        let theirs = rrset("@ 3600 MX 7 theirs.example.org.", &mx);
        let swap = |before: &RrSet, after: &RrSet| Change::Replace {
            before: before.clone(),
            after: after.clone(),
        };
        self.fake.meddle(&swap(&live, &theirs)).await;
        let before = self.fake.served().await;
        match self.driver.apply(&self.apex, &changes).await {
            Err(ProviderError::Drift(key)) => assert_eq!(key, mx),
            other => panic!("{other:?}"),
        }
        same(&self.fake.served().await, &before);
        self.fake.meddle(&swap(&theirs, &live)).await;
    }

    /// The same between reading and writing, where the host compares.
    async fn loses_races(&self) {
        if self.facts().await.guard > Guard::Ids {
            return;
        }
        let key = self.key("@", Rtype::MX);
        let one = |text: &str| {
            let zone = Zone::parse(text, &self.apex).unwrap();
            zone.get(&key).cloned().unwrap()
        };
        let live = self.zone().await.get(&key).cloned().unwrap();
        let theirs = one("@ 3600 MX 7 theirs.example.org.");
        let changes = self.changes(|zone| zone.put(one("@ 3600 MX 5 new.example.org."))).await;
        let swap = |before: &RrSet, after: &RrSet| Change::Replace {
            before: before.clone(),
            after: after.clone(),
        };
        self.fake.fault(true, Fault::Beaten(swap(&live, &theirs))).await;
        match self.driver.apply(&self.apex, &changes).await {
            Err(ProviderError::Drift(found)) => assert_eq!(found, key),
            other => panic!("{other:?}"),
        }
        assert_eq!(self.fake.served().await.get(&key), Some(&theirs));
        self.fake.meddle(&swap(&theirs, &live)).await;
    }

    async fn finds_no_zone(&self) {
        let other = Name::parse("other.example.").unwrap();
        match self.driver.zone(&other).await {
            Err(ProviderError::NoZone(name)) => assert_eq!(name, other),
            other => panic!("{other:?}"),
        }
        // That a zone above is there is told, and it is left alone.
        self.fake.requests().await;
        let below = Name::parse_in("deep.sub", &self.apex).unwrap();
        let new = Zone::parse("@ 3600 A 192.0.2.7", &below).unwrap();
        let changes = diff(&Zone::parse("", &below).unwrap(), &new);
        let before = self.fake.served().await;
        for error in [
            self.driver.zone(&below).await.unwrap_err(),
            self.driver.apply(&below, &changes).await.unwrap_err(),
        ] {
            match error {
                ProviderError::Enclosed { zone, above } => {
                    assert_eq!((zone, above), (below.clone(), self.apex.clone()));
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(self.fake.writes().await, [""; 0]);
        same(&self.fake.served().await, &before);
    }

    /// What hosts do on bad days. Each trouble comes once; what is left of it is told or mended.
    async fn bears_trouble(&self) {
        let html = Reply::text(500, "text/html", "<html><title>Oops</title></html>");
        let denied = Reply::text(401, "text/plain", &format!("no such key {SECRET}"));
        // While reading.
        self.fake.fault(false, Fault::Instead(html.clone())).await;
        self.zone().await;
        self.fake.fault(false, Fault::Instead(throttled())).await;
        self.zone().await;
        for _ in 0..2 {
            self.fake.fault(false, Fault::Instead(denied.clone())).await;
        }
        match self.driver.zone(&self.apex).await {
            Err(error @ ProviderError::Unauthorized(_)) => {
                assert!(!error.to_string().contains(SECRET), "{error}");
            }
            other => panic!("{other:?}"),
        }
        // One more try is for credentials that can be renewed.
        self.fake.mend().await;
        self.zone().await;
        // While writing: not done and said so, not done and not said, done and not said.
        let conflict = Reply::json(409, &serde_json::json!({"message": "conflict"}));
        for (n, fault) in [
            Fault::Instead(throttled()),
            Fault::Instead(html),
            Fault::Instead(conflict),
            Fault::Unheard,
        ]
        .into_iter()
        .enumerate()
        {
            let key = self.key("mail", Rtype::A);
            let text = format!("mail 3600 A 192.0.2.{}", 100 + n);
            let rrset = Zone::parse(&text, &self.apex).unwrap().get(&key).cloned().unwrap();
            let changes = self.changes(|zone| zone.put(rrset)).await;
            let is_unheard = matches!(fault, Fault::Unheard);
            self.fake.requests().await;
            self.fake.fault(true, fault).await;
            self.driver.apply(&self.apex, &changes).await.unwrap();
            if is_unheard {
                let writes = self.fake.writes().await.len();
                assert_eq!(writes, self.calls_a_write(), "what was done is not sent again");
            }
            self.holds(&changes).await;
        }
    }

    /// A failure that comes in a shape of the host's own tells nobody the secret that it repeats.
    pub(crate) async fn hides(&self, failure: Reply) {
        assert!(String::from_utf8_lossy(&failure.body).contains(SECRET));
        self.fake.fault(false, Fault::Instead(failure)).await;
        let why = self.driver.zone(&self.apex).await.unwrap_err().to_string();
        assert!(why.contains("***") && !why.contains(SECRET), "{why}");
    }

    async fn no_lapse(&self) {
        assert_eq!(self.fake.lapses().await, [""; 0]);
    }

    fn key(&self, owner: &str, rtype: Rtype) -> RrKey {
        RrKey::new(Name::parse_in(owner, &self.apex).unwrap(), rtype)
    }
}

fn throttled() -> Reply {
    Reply::json(429, &serde_json::json!({"message": "slow down"})).with("retry-after", "1")
}

fn lower(zone: &mut Zone, key: &RrKey, ttl: cutover::dns::Ttl) {
    if let Some(rrset) = zone.remove(key) {
        zone.put(rrset.with_ttl(ttl));
    }
}

/// Both hold the same; the SOA, which hosts keep to themselves, and the apex NS aside.
pub(crate) fn same(a: &Zone, b: &Zone) {
    let ours = |zone: &Zone| -> Vec<RrSet> {
        let is_ours = |rrset: &&RrSet| {
            let is_apex = rrset.owner() == zone.apex();
            rrset.rtype() != Rtype::SOA && !(is_apex && rrset.rtype() == Rtype::NS)
        };
        zone.rrsets().filter(is_ours).cloned().collect()
    };
    let text = |sets: &[RrSet]| sets.iter().map(|rrset| format!("{rrset}\n")).collect::<String>();
    let (a, b) = (ours(a), ours(b));
    assert!(a == b, "{}\nis not\n{}", text(&a), text(&b));
}

/// Opens the account that this file describes.
pub(crate) async fn open(folder: &Path, yaml: &str) -> Result<Box<dyn Provider>, ProviderError> {
    let source = Source::new("providers/primary.yaml", &format!("version: 1\n{yaml}"));
    let (found, problems) = account::<Box<dyn Open>>(&source, DRIVERS);
    let told: Vec<_> = problems.iter().map(|one| one.line(&source)).collect();
    let Account { settings, rate, .. } = found.unwrap_or_else(|| panic!("{told:?}"));
    assert!(told.is_empty(), "{told:?}");
    let context = Context {
        base: folder,
        clock: Arc::new(SystemClock),
        lookup: Arc::new(Nobody),
        warn: &|_| (),
        keys: BTreeSet::new(),
        rate,
    };
    settings.open(context).await
}
