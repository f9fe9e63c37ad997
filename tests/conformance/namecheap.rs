//! Namecheap, by its documented rules: a call that replaces the whole zone and its mail mode, and
//! what such a call loses.

use super::fake::{Far, Fault, Reply, Request};
use super::moves::KEY;
use super::rest::{data, flat, label, owner};
use super::store::Store;
use super::story::{APEX, SECRET, Story, ZONE, open};
use async_trait::async_trait;
use cutover::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl, Zone};
use cutover::plan::Change;
use cutover::port::{Access, ProviderError};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A record as the console has it.
#[derive(Clone, Debug, Default)]
struct Entry {
    name: String,
    rtype: String,
    address: String,
    preference: u16,
    ttl: u32,
    is_off: bool,
    is_dynamic: bool,
    app: &'static str,
}

struct Namecheap {
    apex: Name,
    entries: Vec<Entry>,
    mode: String,
    /// Kept apart, as service and protocol; `None` where they cannot be asked for.
    services: Option<Vec<(&'static str, &'static str)>>,
    is_served: bool,
}

type Fields = BTreeMap<String, String>;

const TYPES: &str = "A AAAA ALIAS CAA CNAME MX MXE NS TXT URL URL301 FRAME";

impl Namecheap {
    fn new(apex: &str, zone: &str) -> Self {
        let Store { apex, records, .. } = Store::new(apex, zone);
        let mut host = Self {
            entries: Vec::new(),
            mode: "MX".to_owned(),
            services: Some(Vec::new()),
            is_served: true,
            apex: apex.clone(),
        };
        for stored in records {
            let is_apex = stored.owner == apex;
            if stored.rtype() != Rtype::SOA && !(is_apex && stored.rtype() == Rtype::NS) {
                host.add(&stored.owner, stored.ttl, &stored.rdata);
            }
        }
        host
    }

    fn with(mut self, entry: Entry) -> Self {
        let fallback = Entry { ttl: 1_800, ..entry.clone() };
        self.entries.push(if entry.ttl == 0 { fallback } else { entry });
        self
    }

    fn add(&mut self, owner: &Name, ttl: u32, rdata: &Rdata) {
        let (preference, content) = flat(rdata);
        let rtype = rdata.rtype().to_string();
        let dot = if ["CNAME", "MX", "NS"].contains(&rtype.as_str()) { "." } else { "" };
        self.entries.push(Entry {
            name: label(&self.apex, owner, "@"),
            rtype,
            address: format!("{content}{dot}"),
            preference: preference.unwrap_or(10),
            ttl,
            ..Entry::default()
        });
    }

    fn zone(&self) -> Zone {
        let mut sets = BTreeMap::<RrKey, (u32, Vec<Rdata>)>::new();
        let is_mode = |entry: &&Entry| entry.rtype != "MX" || self.mode == "MX";
        for entry in self.entries.iter().filter(|entry| !entry.is_off).filter(is_mode) {
            let Some(rtype) = Rtype::parse(&entry.rtype) else { continue };
            let address = entry.address.strip_suffix('.').unwrap_or(&entry.address);
            let rdata = data(rtype, Some(entry.preference.into()), address).unwrap();
            let key = RrKey::new(owner(&self.apex, &entry.name, "@").unwrap(), rtype);
            let (ttl, all) = sets.entry(key).or_default();
            *ttl = entry.ttl.max(*ttl);
            all.push(rdata);
        }
        let rrsets = sets.into_iter();
        let rrset = |(key, (ttl, all))| RrSet::of(key, Ttl::from_secs(ttl), all);
        Zone::of(self.apex.clone(), rrsets.filter_map(rrset))
    }

    fn hosts(&self) -> String {
        let mut out = format!(
            "<DomainDNSGetHostsResult Domain=\"{}\" EmailType=\"{}\" IsUsingOurDNS=\"{}\">",
            self.name(),
            self.mode,
            self.is_served
        );
        for (id, one) in self.entries.iter().enumerate() {
            let address = one.address.replace('&', "&amp;").replace('"', "&quot;");
            let address = address.replace('<', "&lt;");
            let (on, dynamic, app) = (!one.is_off, one.is_dynamic, one.app);
            write!(
                out,
                "<host HostId=\"{id}\" Name=\"{}\" Type=\"{}\" Address=\"{address}\" \
                 MXPref=\"{}\" TTL=\"{}\" AssociatedAppTitle=\"{app}\" FriendlyName=\"\" \
                 IsActive=\"{on}\" IsDDNSEnabled=\"{dynamic}\" />\r\n",
                one.name, one.rtype, one.preference, one.ttl
            )
            .unwrap();
        }
        out + "</DomainDNSGetHostsResult>"
    }

    fn name(&self) -> String {
        self.apex.to_string().trim_end_matches('.').to_owned()
    }

    /// All of it anew: whatever has no field is lost.
    fn set_hosts(&mut self, fields: &Fields) -> Result<String, (u32, String)> {
        let bad = |why: &str| (2_050_900, why.to_owned());
        let mode = fields.get("emailtype").ok_or(bad("EmailType is missing"))?;
        let mut entries = Vec::new();
        for number in 1.. {
            let field = |key: &str| fields.get(&format!("{key}{number}")).cloned();
            let Some(name) = field("hostname") else { break };
            let entry = Entry {
                name,
                rtype: field("recordtype").ok_or(bad("RecordType is missing"))?,
                address: field("address").ok_or(bad("Address is missing"))?,
                preference: field("mxpref").map_or(10, |text| text.parse().unwrap()),
                ttl: field("ttl").map_or(1_800, |text| text.parse().unwrap()),
                ..Entry::default()
            };
            let is_bad = !TYPES.split(' ').any(|known| known == entry.rtype)
                || !(60..=60_000).contains(&entry.ttl)
                || entry.rtype == "MX" && (entry.address == "." || entry.preference > 255)
                || entry.rtype == "TXT" && entry.address.contains('"');
            if is_bad {
                return Err(bad("Invalid Address"));
            }
            entries.push(entry);
        }
        let is_mx = |entry: &Entry| entry.rtype == "MX";
        if mode == "MX" && !entries.iter().any(is_mx) {
            return Err(bad("minimum 1 MX record required for MX EmailType"));
        }
        if entries.is_empty() {
            let rtype = "URL".to_owned();
            entries.push(Entry { name: "@".to_owned(), rtype, ..Entry::default() });
        }
        let is_torn = entries
            .iter()
            .filter(|entry| entry.rtype == "CNAME")
            .any(|cname| entries.iter().filter(|entry| entry.name == cname.name).count() > 1);
        if is_torn {
            return Err(bad("CNAME conflicts"));
        }
        (self.mode, self.entries) = (mode.clone(), entries);
        self.services = self.services.as_ref().map(|_| Vec::new());
        let name = self.name();
        Ok(format!("<DomainDNSSetHostsResult Domain=\"{name}\" IsSuccess=\"true\" />"))
    }

    fn command(&mut self, fields: &Fields) -> Result<String, (u32, String)> {
        let field = |key: &str| fields.get(key).map_or("", String::as_str);
        if [field("apiuser"), field("username")] != [KEY; 2] || field("apikey") != SECRET {
            return Err((
                1_011_102,
                "API Key is invalid or API access has not been enabled".into(),
            ));
        }
        if field("clientip") != "192.0.2.1" {
            return Err((1_011_150, "Invalid request IP".to_owned()));
        }
        let labels = self.name();
        let (sld, tld) = labels.split_once('.').unwrap();
        let is_ours = field("sld") == sld && field("tld") == tld;
        let command = field("command").strip_prefix("namecheap.").unwrap_or_default();
        match command.to_ascii_lowercase().as_str() {
            "domains.getinfo" if field("domainname") == labels => {
                Ok("<DomainGetInfoResult Status=\"Ok\" IsOwner=\"true\" />".to_owned())
            }
            _ if !is_ours => Err((2_019_166, "Domain not found".to_owned())),
            "domains.dns.gethosts" => Ok(self.hosts()),
            "domains.dns.getsrvrecords" if self.services.is_some() => {
                let one = |(service, protocol): &(&str, &str)| {
                    format!(
                        "<Result><Service>{service}</Service><Protocol>{protocol}</Protocol>\
                         <Priority>0</Priority><Weight>1</Weight><Port>993</Port>\
                         <Target>imap.example.org</Target></Result>"
                    )
                };
                let all: String = self.services.iter().flatten().map(one).collect();
                Ok(format!("<DomainDNSGetSRVRecordsResult>{all}</DomainDNSGetSRVRecordsResult>"))
            }
            "domains.dns.sethosts" => self.set_hosts(fields),
            _ => Err((1_010_104, "Parameter Command is missing".to_owned())),
        }
    }
}

fn xml(status: &str, errors: &str, response: &str) -> Reply {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<ApiResponse Status=\"{status}\" \
         xmlns=\"http://api.namecheap.com/xml.response\">\r\n  <Errors>{errors}</Errors>\r\n  \
         <Warnings />\r\n  <CommandResponse>{response}</CommandResponse>\r\n  \
         <Server>PHX01SBAPIEXT02</Server>\r\n</ApiResponse>"
    );
    Reply::text(200, "text/xml; charset=utf-8", &body)
}

fn refused(number: u32, why: &str) -> Reply {
    xml("ERROR", &format!("<Error Number=\"{number}\">{why}</Error>"), "")
}

/// Parameters are the same in an address and in a form, whatever their case.
fn fields(request: &Request) -> Fields {
    let form = if request.body.is_empty() { Vec::new() } else { request.form() };
    let all = request.query.clone().into_iter().chain(form);
    all.map(|(key, value)| (key.to_ascii_lowercase(), value)).collect()
}

#[async_trait]
impl Far for Namecheap {
    async fn answer(&mut self, request: &Request) -> Reply {
        if (request.method.as_str(), request.path.as_str()) != ("POST", "/xml.response") {
            return Reply::empty(404);
        }
        match self.command(&fields(request)) {
            Ok(response) => xml("OK", "", &response),
            Err((number, why)) => refused(number, &why),
        }
    }

    async fn served(&mut self) -> Zone {
        self.zone()
    }

    async fn meddle(&mut self, change: &Change) {
        let RrKey { owner: name, rtype } = change.key();
        let name = label(&self.apex, name, "@");
        let is_it =
            |entry: &Entry| entry.name == name && Rtype::parse(&entry.rtype) == Some(*rtype);
        self.entries.retain(|entry| !is_it(entry));
        for (rrset, rdata) in change
            .after()
            .into_iter()
            .flat_map(|rrset| rrset.rdata().iter().map(move |rdata| (rrset, rdata)))
        {
            self.add(rrset.owner(), rrset.ttl().secs(), rdata);
        }
    }

    fn is_write(&self, request: &Request) -> bool {
        fields(request).get("command").is_some_and(|command| command.ends_with(".setHosts"))
    }
}

const YAML: &str = "driver: namecheap\nendpoint: {endpoint}\napi-user: file:id\n\
    api-key: file:secret\nuser-name: AKIAIOSFODNN7EXAMPLE\nclient-ip: 192.0.2.1\nrate: 100/s\n";

/// Nobody can write a quotation mark into a text there.
fn plain() -> String {
    ZONE.replace("; d=\\\"1\\\"", "; d=1")
}

fn entry(name: &str, rtype: &str, address: &str) -> Entry {
    let [name, rtype, address] = [name, rtype, address].map(str::to_owned);
    Entry { name, rtype, address, preference: 10, ..Entry::default() }
}

async fn story(host: Namecheap) -> Story {
    Story::with(YAML, &[("id", KEY)], host).await
}

fn text(owner: &str, text: &str) -> Change {
    let apex = Name::parse(APEX).unwrap();
    let zone = Zone::parse(&format!("{owner} 3600 TXT {text}"), &apex).unwrap();
    Change::Create(zone.rrsets().next().unwrap().clone())
}

fn refusal<T: std::fmt::Debug>(found: Result<T, ProviderError>) -> String {
    match found {
        Err(ProviderError::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_story() {
    story(Namecheap::new(APEX, &plain())).await.began_with(&plain()).tell("namecheap").await;
}

#[tokio::test]
async fn what_a_write_would_lose_is_not_written() {
    let host = || Namecheap::new(APEX, &plain());
    let address = || entry("home", "A", "192.0.2.3");
    let dynamic = Entry { is_dynamic: true, ..address() };
    let off = Entry { is_off: true, ..address() };
    let app = Entry { app: "Shop", ..address() };
    let quoted = entry("q", "TXT", "a \"b\"");
    let short = Entry { ttl: 30, ..address() };
    let served = Namecheap { is_served: false, ..host() };
    let services = Namecheap { services: Some(vec![("_imaps", "_tcp.sub")]), ..host() };
    let silent = Namecheap { services: None, ..host() };
    for (host, part) in [
        (host().with(dynamic), "`home A`: its address is dynamic"),
        (host().with(off), "`home A`: it is switched off"),
        (host().with(app), "`home A`: the host's app `Shop`"),
        (host().with(quoted), "`q TXT`: it takes no text with quotation marks"),
        (host().with(short), "`home A`: it takes TTLs from 60"),
        (
            host().with(entry("x", "SRV", "1 993 imap.example.org.")),
            "`x SRV`: records of this type",
        ),
        (services, "`_imaps._tcp.sub SRV`: SRV records are kept apart"),
        (silent, "the host does not say which SRV records there are"),
        (served, "does not use the host's name servers"),
    ] {
        let story = story(host).await;
        let before = story.fake.served().await;
        assert!(story.driver.zone(&story.apex).await.unwrap().rrsets().count() > 5, "{part}");
        let why = refusal(story.driver.apply(&story.apex, &[text("new", "a")]).await);
        assert!(why.contains(part), "{why}");
        let access = story.driver.access(&story.apex).await.unwrap();
        assert!(matches!(access, Access::Denied(why) if why.contains(part)));
        assert_eq!((story.fake.served().await, story.fake.writes().await), (before, vec![]));
    }
}

#[tokio::test]
async fn the_mail_mode_stays_and_decides_about_mx() {
    let mut host = Namecheap::new(APEX, "mail 3600 A 192.0.2.25\n@ 3600 TXT \"v=spf1 -all\"\n");
    host.mode = "FWD".to_owned();
    let url = "http://www.example.net/?a=1&b=<2>";
    let host =
        host.with(entry("@", "URL301", url)).with(entry("shop", "ALIAS", "shop.example.org."));
    let story = story(host).await;
    story.driver.apply(&story.apex, &[text("new", "a")]).await.unwrap();
    let (write, _) = story.fake.written().await.pop().unwrap();
    let sent = fields(&write);
    assert_eq!(sent["emailtype"], "FWD");
    let at = sent.iter().find(|(_, value)| *value == "URL301").unwrap().0;
    assert_eq!(sent[&at.replace("recordtype", "address")], url);
    assert_eq!(sent[&at.replace("recordtype", "ttl")], "1800");
    assert!(sent.values().any(|value| value == "shop.example.org."));
    let zone = |text: &str| Zone::parse(text, &story.apex).unwrap();
    for text in ["@ 3600 MX 10 mail", "sub 3600 MX 10 mail", "@ 3600 A 192.0.2.9"] {
        let rrset = zone(text).rrsets().next().unwrap().clone();
        let why = refusal(story.driver.apply(&story.apex, &[Change::Create(rrset)]).await);
        let part = if text.contains("MX") { "set Mail Settings to Custom MX" } else { "`URL301`" };
        assert!(why.contains(part), "{why}");
    }
    assert_eq!(story.fake.written().await.len(), 1);
}

#[tokio::test]
async fn a_zone_keeps_some_mx_while_they_are_its_own() {
    let story = story(Namecheap::new(APEX, &plain())).await;
    let key = RrKey::new(story.apex.clone(), Rtype::MX);
    let mx = story.driver.zone(&story.apex).await.unwrap().get(&key).cloned().unwrap();
    let why = refusal(story.driver.apply(&story.apex, &[Change::Delete(mx)]).await);
    assert!(why.contains("takes no zone without MX"), "{why}");
}

#[tokio::test]
async fn errors_have_numbers_and_come_with_200() {
    let story = story(Namecheap::new(APEX, &plain())).await;
    story.fake.fault(false, Fault::Instead(refused(500_000, "Too many requests"))).await;
    story.driver.zone(&story.apex).await.unwrap();
    story.hides(refused(1_011_102, &format!("API Key {SECRET} is invalid"))).await;
    let page = Reply::text(200, "text/html", "<html><title>Down</title></html>");
    story.fake.fault(true, Fault::Instead(page)).await;
    story.driver.apply(&story.apex, &[text("new", "a")]).await.unwrap();
}

#[tokio::test]
async fn a_suffix_may_have_two_labels() {
    let apex = Name::parse("example.co.uk.").unwrap();
    let fake = super::fake::Fake::start(Namecheap::new("example.co.uk.", "@ 60 MX 1 mx\n")).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), SECRET).unwrap();
    std::fs::write(folder.path().join("id"), KEY).unwrap();
    let yaml = YAML.replace("{endpoint}", &format!("http://{}", fake.addr));
    let driver = open(folder.path(), &yaml).await.unwrap();
    assert_eq!(driver.zone(&apex).await.unwrap().rrsets().count(), 1);
    let sub = Name::parse("sub.example.co.uk.").unwrap();
    let error = driver.zone(&sub).await.unwrap_err();
    assert!(matches!(error, ProviderError::Enclosed { above, .. } if above == apex));
}
