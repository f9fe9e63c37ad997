//! What senders see who go by TLS policies, of servers that speak TLS in earnest.

mod support;

use axum::Router;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::IntoResponse;
use axum::serve::Listener;
use cutover::dns::{Name, Zone};
use cutover::mail::{Evidence, Said, lint};
use cutover::port::Visitor as _;
use cutover::probe::Visits;
use std::io;
use std::net::SocketAddr;
use support::authority::Authority;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What the rules about visits find in a zone, and how many visits have shown nothing.
async fn judge(zone: &str, visits: &Visits) -> (Vec<String>, usize) {
    let zone = Zone::parse(zone, &Name::parse("example.net.").unwrap()).unwrap();
    let mut evidence = Evidence::default();
    loop {
        let found = lint::zone(&zone, &evidence.beside(&zone));
        let (questions, wanted) = (evidence.questions(), evidence.visits());
        if questions.is_empty() && wanted.is_empty() {
            let ours = found.iter().filter(|one| ["ST01", "ST02", "DA02"].contains(&one.id));
            let told = ours.map(|one| format!("{} {} {}", one.id, one.owner, one.message));
            return (told.collect(), evidence.unseen().count());
        }
        questions.into_iter().for_each(|key| evidence.learn(key, Said::Nothing));
        for visit in wanted {
            let shown = visits.visit(&visit).await;
            evidence.see(visit, shown);
        }
    }
}

/// One finding with all of these parts; none if there are no parts.
#[track_caller]
fn told(found: (Vec<String>, usize), parts: &[&str]) {
    assert_eq!(found.1, 0, "{found:?}");
    assert_eq!(found.0.len(), usize::from(!parts.is_empty()), "{found:?}");
    assert!(parts.iter().all(|part| found.0[0].contains(part)), "{parts:?} {found:?}");
}

/// Nothing was seen, and nobody is accused.
#[track_caller]
fn silent(found: (Vec<String>, usize)) {
    assert_eq!(found, (Vec::new(), 1));
}

struct Tls(TcpListener, TlsAcceptor);

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let (stream, from) = self.0.accept().await.unwrap();
            // Who does not like our certificate goes away.
            if let Ok(stream) = self.1.accept(stream).await {
                return (stream, from);
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

const HOST: &str = "mta-sts.example.net";
const POLICY: &str = "version: STSv1\r\nmode: enforce\r\nmx: mail.example.net\r\n\
    mx: *.example.org\r\nmax_age: 604800\r\n";
const ZONE: &str = "@ 60 MX 10 mail\n@ 60 MX 20 mx.example.org.\nmail 60 A 192.0.2.1\n\
    _mta-sts 60 TXT \"v=STSv1; id=1\"\nmta-sts 60 CNAME web\nweb 60 A 127.0.0.1\n";

/// A web server that shows a certificate for this host, and answers the policy's address so.
async fn serve(
    authority: &Authority,
    host: &str,
    answer: impl IntoResponse + Clone + Send + Sync + 'static,
) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let policy = axum::routing::get(|| async { answer });
    let router = Router::new().route("/.well-known/mta-sts.txt", policy);
    let tls = Tls(listener, authority.acceptor(host));
    tokio::spawn(async { axum::serve(tls, router).await });
    port
}

#[tokio::test]
async fn a_policy_is_fetched_as_senders_do() {
    let authority = Authority::new();
    let served = async |zone: &str, kind: &str, text: &str| {
        let answer = ([(CONTENT_TYPE, kind.to_owned())], text.to_owned());
        let port = serve(&authority, HOST, answer).await;
        judge(zone, &Visits::at(port, 0, [authority.root()])).await
    };
    let plain = "text/plain";
    told(served(ZONE, plain, POLICY).await, &[]);
    told(served(ZONE, "Text/Plain; charset=utf-8", POLICY).await, &[]);
    let why = ["ST01 _mta-sts.example.net.", "https://mta-sts.example.net/.well-known/mta-sts.txt"];
    told(served(ZONE, "text/html", POLICY).await, &[why[0], why[1], "`text/html`"]);
    told(served(ZONE, plain, "<html>").await, &[why[0], "`<html>` is not of the form"]);
    let padding = format!("{POLICY}{}", "x: y\r\n".repeat(11_000));
    told(served(ZONE, plain, &padding).await, &[why[0], "more than 65536 octets"]);
    let more = format!("{ZONE}@ 60 MX 30 new\nnew 60 A 192.0.2.2\n@ 60 MX 40 a.b.example.org.\n");
    let shut_out = ["ST02 _mta-sts.example.net.", "`new.example.net.` and `a.b.example.org.`"];
    told(served(&more, plain, POLICY).await, &shut_out);
    told(served(&more, plain, &POLICY.replace("enforce", "testing")).await, &[]);
}

#[tokio::test]
async fn what_senders_do_not_take_is_told() {
    let authority = Authority::new();
    let visits = |port| Visits::at(port, 0, [authority.root()]);
    let moved = (axum::http::StatusCode::FOUND, [(LOCATION, "https://www.example.net/")]);
    let port = serve(&authority, HOST, moved).await;
    told(judge(ZONE, &visits(port)).await, &["ST01", "leads on to `https://www.example.net/`"]);
    let port = serve(&authority, HOST, axum::http::StatusCode::NOT_FOUND).await;
    told(judge(ZONE, &visits(port)).await, &["ST01", "`404 Not Found`"]);
    // A certificate for somebody else, and one of somebody whom nobody trusts.
    let port = serve(&authority, "www.example.net", POLICY).await;
    told(judge(ZONE, &visits(port)).await, &["ST01", "a certificate that is for other names"]);
    let port = serve(&authority, HOST, POLICY).await;
    let strangers = Visits::at(port, 0, [Authority::new().root()]);
    told(judge(ZONE, &strangers).await, &["ST01", "nobody has signed whom this machine trusts"]);
    let homeless = ZONE.replace("web 60 A 127.0.0.1\n", "web 60 TXT x\n");
    told(judge(&homeless, &visits(port)).await, &["ST01", "`mta-sts.example.net.` has no address"]);
}

#[tokio::test]
async fn a_policy_host_that_cannot_be_reached_is_not_accused() {
    let authority = Authority::new();
    let visits = |port| Visits::at(port, 0, [authority.root()]);
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    silent(judge(ZONE, &visits(nobody)).await);
    let garbled = mail_server(&["HTTP/1.1 200 OK\r\n\r\n"], None).await;
    silent(judge(ZONE, &visits(garbled)).await);
}

/// A server that says one of these after the other, each when it has heard something, and then
/// speaks TLS.
async fn mail_server(says: &[&'static str], tls: Option<TlsAcceptor>) -> u16 {
    let says = says.to_vec();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            for (at, line) in says.iter().enumerate() {
                if at > 0 {
                    let _ = stream.read(&mut [0; 512]).await;
                }
                let _ = stream.write_all(line.as_bytes()).await;
            }
            if let Some(tls) = &tls {
                let _ = tls.accept(stream).await;
            }
        }
    });
    port
}

const SMTP: &[&str] = &[
    "220-mail.example.net\r\n220 ESMTP\r\n",
    "250-mail\r\n250-SIZE\r\n250 StartTLS\r\n",
    "220 go\r\n",
];

/// A zone with these TLSA records for a mail server on this machine.
fn tlsa(records: &[&str]) -> String {
    let records = records.iter().map(|record| format!("_25._tcp.mail 60 TLSA {record}\n"));
    format!("@ 60 MX 10 mail\nmail 60 A 127.0.0.1\n{}", records.collect::<String>())
}

#[tokio::test]
async fn certificates_behind_starttls_are_those_that_tlsa_is_about() {
    let authority = Authority::new();
    let port = mail_server(SMTP, Some(authority.acceptor("mail.example.net"))).await;
    let check = async |records: &[&str], parts: &[&str]| {
        told(judge(&tlsa(records), &Visits::at(0, port, [])).await, parts);
    };
    let key = format!("3 1 1 {}", authority.key_digest("mail.example.net"));
    let other = format!("3 1 1 {}", "00".repeat(32));
    check(&[&key], &[]).await;
    check(&[&other, &key], &[]).await;
    check(&[&format!("3 0 1 {}", authority.digest_of("mail.example.net"))], &[]).await;
    check(&[&format!("2 1 1 {}", authority.key_digest("ca"))], &[]).await;
    check(&[&format!("2 0 1 {}", authority.digest_of("ca"))], &[]).await;
    let wrong = ["DA02 _25._tcp.mail.example.net. `mail.example.net.` at 127.0.0.1 shows", &key];
    check(&[&other], &wrong).await;
    check(&[&format!("3 1 1 {}", authority.key_digest("ca"))], &wrong).await;
}

#[tokio::test]
async fn mail_servers_without_starttls_are_told_and_silent_ones_not_accused() {
    let wrong = tlsa(&[&format!("3 1 1 {}", "00".repeat(32))]);
    let judged = async |port| judge(&wrong, &Visits::at(0, port, [])).await;
    let plain = mail_server(&["220 mail\r\n", "250-mail\r\n250 SIZE\r\n"], None).await;
    told(judged(plain).await, &["DA02", "offers no STARTTLS"]);
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    silent(judged(nobody).await);
    silent(judged(mail_server(&["554 not for you\r\n"], None).await).await);
    silent(judged(mail_server(&["220 mail\r\n", "421 busy\r\n"], None).await).await);
    silent(judged(mail_server(&[SMTP[0], SMTP[1], "454 not now\r\n"], None).await).await);
    silent(judged(mail_server(&[SMTP[0], SMTP[1], "220 go\r\nnonsense\r\n"], None).await).await);
}
