//! Route 53 as `ministack` plays it, signatures checked; what it holds is read by curl.

use super::fake::{Far, Reply, Request};
use super::forward::forward;
use super::moves::{self, KEY};
use super::story::{APEX, SECRET, Story, ZONE};
use super::support::server::{Program, eventually, free_port, loopback};
use async_trait::async_trait;
use cutover::dns::{Name, RrSet, Rtype, Zone};
use cutover::plan::Change;
use std::fmt::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const CURL: Program = Program { path: "/usr/bin/curl", package: "curl" };

pub(crate) struct Route53 {
    server: Child,
    addr: SocketAddr,
    apex: Name,
    id: String,
}

impl Drop for Route53 {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Route53 {
    pub(crate) fn new(apex: &str, zone: &str) -> Self {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/judges/bin/ministack");
        assert!(program.exists(), "{} is missing: run `./test`", program.display());
        let addr = loopback(free_port());
        let server = Command::new(program)
            .env("AUTH", "true")
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", addr.port().to_string())
            .env("AWS_ACCESS_KEY_ID", KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET)
            .env("SERVICES", "route53")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let apex = Name::parse(apex).unwrap();
        let mut host = Self { server, addr, apex, id: String::new() };
        assert!(eventually(Duration::from_secs(30), || TcpStream::connect(addr).is_ok()));
        host.create(zone);
        host
    }

    fn create(&mut self, zone: &str) {
        let body = format!(
            "<CreateHostedZoneRequest><Name>{}</Name><CallerReference>one</CallerReference>\
             </CreateHostedZoneRequest>",
            self.apex
        );
        let made = self.curl("hostedzone", Some(&body));
        let id = within(&made, "Id").next().unwrap_or_else(|| panic!("{made}"));
        id.rsplit('/').next().unwrap().clone_into(&mut self.id);
        let zone = Zone::parse(zone, &self.apex).unwrap();
        let is_own = |rrset: &&RrSet| {
            let is_apex = *rrset.owner() == self.apex;
            rrset.rtype() != Rtype::SOA && !(is_apex && rrset.rtype() == Rtype::NS)
        };
        let sets = zone.rrsets().filter(is_own).map(|rrset| ("CREATE", rrset.clone()));
        self.change(&sets.collect::<Vec<_>>());
    }

    fn change(&self, sets: &[(&str, RrSet)]) {
        let mut body = String::from("<ChangeResourceRecordSetsRequest><ChangeBatch><Changes>");
        for (action, set) in sets {
            let values = set.rdata().iter().fold(String::new(), |mut text, rdata| {
                let value = rdata.to_string().replace('&', "&amp;").replace('<', "&lt;");
                write!(text, "<ResourceRecord><Value>{value}</Value></ResourceRecord>").unwrap();
                text
            });
            let name = set.owner().to_string().replace('*', "\\052");
            write!(
                body,
                "<Change><Action>{action}</Action><ResourceRecordSet><Name>{name}</Name>\
                 <Type>{}</Type><TTL>{}</TTL><ResourceRecords>{values}</ResourceRecords>\
                 </ResourceRecordSet></Change>",
                set.rtype(),
                set.ttl()
            )
            .unwrap();
        }
        body += "</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>";
        let said = self.curl(&format!("hostedzone/{}/rrset", self.id), Some(&body));
        assert!(said.contains("ChangeInfo"), "{said}");
    }

    fn curl(&self, path: &str, body: Option<&str>) -> String {
        let mut curl = CURL.command();
        curl.args(["--silent", "--aws-sigv4", "aws:amz:us-east-1:route53"]);
        curl.args(["--user", &format!("{KEY}:{SECRET}")]);
        if let Some(body) = body {
            curl.args(["--header", "content-type: text/xml", "--data-binary", body]);
        }
        curl.arg(format!("http://{}/2013-04-01/{path}", self.addr));
        String::from_utf8(curl.output().unwrap().stdout).unwrap()
    }
}

/// What stands between tags of this name.
fn within<'a>(xml: &'a str, tag: &str) -> impl Iterator<Item = &'a str> {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    let mut rest = xml;
    std::iter::from_fn(move || {
        let start = rest.find(&open)? + open.len();
        let end = start + rest[start..].find(&close)?;
        let found = &rest[start..end];
        rest = &rest[end..];
        Some(found)
    })
}

/// Octal escapes as the decimal ones of a zone file.
fn decimal(text: &str) -> String {
    let mut parts = text.split("\\\\").map(|part| {
        let mut pieces = part.split('\\');
        let first = pieces.next().unwrap_or_default().to_owned();
        pieces.fold(first, |text, piece| {
            match u8::from_str_radix(piece.get(..3).unwrap_or(""), 8) {
                Ok(octet) => format!("{text}\\{octet:03}{}", &piece[3..]),
                Err(_) => format!("{text}\\{piece}"),
            }
        })
    });
    let first = parts.next().unwrap_or_default();
    parts.fold(first, |text, part| format!("{text}\\\\{part}"))
}

#[async_trait]
impl Far for Route53 {
    async fn answer(&mut self, request: &Request) -> Reply {
        forward(self.addr, request).await
    }

    async fn served(&mut self) -> Zone {
        let xml = self.curl(&format!("hostedzone/{}/rrset?maxitems=300", self.id), None);
        assert!(xml.contains("<IsTruncated>false"), "{xml}");
        let mut text = String::new();
        for set in within(&xml, "ResourceRecordSet") {
            let field = |tag| within(set, tag).next().unwrap_or_default();
            for value in within(set, "Value") {
                let value = value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
                let value = decimal(&value.replace("&amp;", "&"));
                let name = field("Name").replace("\\052", "*");
                writeln!(text, "{name} {} {} {value}", field("TTL"), field("Type")).unwrap();
            }
        }
        Zone::parse(&text, &self.apex).unwrap()
    }

    async fn meddle(&mut self, change: &Change) {
        let gone = change.before().map(|set| ("DELETE", set.clone()));
        let new = change.after().map(|set| ("CREATE", set.clone()));
        self.change(&gone.into_iter().chain(new).collect::<Vec<_>>());
    }
}

const YAML: &str = "driver: route53\nendpoint: {endpoint}\naccess-key-id: file:id\n\
    secret-access-key: file:secret\nrate: 100/s\n";

#[tokio::test]
async fn the_story() {
    let story = Story::with(YAML, &[("id", KEY)], Route53::new(APEX, ZONE)).await;
    story.tell("route53").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_killed_goes_on() {
    let host = Route53::new("dankolb.net.", &moves::zone());
    moves::play(YAML, host, None).await;
}
