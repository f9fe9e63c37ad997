//! Resolvers over TLS and HTTPS: a real one, and servers that do not behave.

mod support;

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::serve::Listener;
use cutover::dns::{Name, RrKey, Rtype, Ttl};
use cutover::port::Way;
use cutover::wire::{Poller, Reply, Secure, WireError};
use futures_util::future::join_all;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::authority::Authority;
use support::bind::Bind;
use support::key::Key;
use support::server::{free_port, loopback};
use support::unbound::Unbound;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

const HOST: &str = "dns.example.test";
const PATIENCE: Duration = Duration::from_secs(5);
const ZONE: &str = "\
$TTL 300
@ SOA ns host 7 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
@ MX 10 Mail
@ MX 20 mail.example.org.
www CNAME ns
brief 1 TXT \"gone soon\"
long 604800 TXT \"stays\"
";

fn key(owner: &str, rtype: Rtype) -> RrKey {
    RrKey::new(Name::parse(owner).unwrap(), rtype)
}

fn over_tls(address: SocketAddr, host: &str) -> Way {
    Way::Tls { address, host: host.to_owned() }
}

fn over_https(address: SocketAddr, host: &str) -> Way {
    let url = format!("https://{host}:{}/dns-query", address.port());
    Way::Https { url, addresses: vec![address.ip()] }
}

/// Unbound in the clear, over TLS, and over HTTPS.
struct Caches {
    _servers: [support::server::Server; 2],
    authority: Authority,
    plain: SocketAddr,
    tls: SocketAddr,
    https: SocketAddr,
}

impl Caches {
    fn new() -> Self {
        let authority = Authority::new();
        authority.issue(HOST);
        let [tls, https] = [free_port(), free_port()];
        let [secret, shown] = ["key", "pem"].map(|end| authority.path(&format!("{HOST}.{end}")));
        // `serve-expired` without a time limit answers with the old first, and says so.
        let settings = format!(
            "interface: 127.0.0.1@{tls}\ninterface: 127.0.0.1@{https}\n\
             tls-port: {tls}\nhttps-port: {https}\nhttp-endpoint: \"/dns-query\"\n\
             tls-service-key: {}\ntls-service-pem: {}\n\
             cache-max-ttl: 604800\nserve-expired: yes\nede: yes\nede-serve-expired: yes\n",
            secret.display(),
            shown.display()
        );
        let owner = Key::test("cutover-key.", "hmac-sha256");
        let bind = Bind::primary("example.test", ZONE, &owner, &[]);
        let unbound = Unbound::cache("example.test", &[bind.addr], &settings);
        let (plain, tls, https) = (unbound.addr, loopback(tls), loopback(https));
        Self { _servers: [bind, unbound], authority, plain, tls, https }
    }

    fn client(&self) -> Secure {
        Secure::trusting(PATIENCE, [self.authority.root()])
    }
}

/// The answer without its remaining times, and those.
fn timeless(mut reply: Reply) -> (Reply, Vec<u32>) {
    let zero = Ttl::from_secs(0);
    let sets = [&mut reply.rrset, &mut reply.alias, &mut reply.soa];
    let mut times: Vec<_> = sets.iter().flat_map(|set| set.as_ref()).map(|set| set.ttl()).collect();
    for set in sets {
        *set = set.take().map(|set| set.with_ttl(zero));
    }
    times.extend(reply.negative_ttl.replace(zero));
    (reply, times.into_iter().map(Ttl::secs).collect())
}

#[tokio::test]
async fn answers_are_those_that_come_in_the_clear() {
    let caches = Caches::new();
    let (poller, secure) = (Poller::bind(PATIENCE).await.unwrap(), caches.client());
    let ways = [over_tls(caches.tls, HOST), over_https(caches.https, HOST)];
    let questions = [
        key("example.test.", Rtype::MX),
        key("www.example.test.", Rtype::TXT),
        key("www.example.test.", Rtype::CNAME),
        key("example.test.", Rtype::TXT),
        key("absent.example.test.", Rtype::MX),
        key("long.example.test.", Rtype::TXT),
    ];
    let clear = async |key| poller.ask(caches.plain, key, true).await.unwrap();
    let mut first = Vec::new();
    for key in &questions {
        first.push(timeless(clear(key).await).1);
    }
    let [alias, negative] = [vec![300, 60, 60], vec![60, 60]];
    assert_eq!(first, [vec![300], alias, vec![300], negative.clone(), negative, vec![604_800]]);
    sleep(Duration::from_secs(2)).await;
    for (key, first) in questions.iter().zip(first) {
        let (wanted, times) = timeless(clear(key).await);
        assert_eq!((wanted.nsid.as_deref(), wanted.stale), (Some("unbound"), false));
        for way in &ways {
            let (given, left) = timeless(secure.ask(way, key).await.unwrap());
            assert_eq!(given, wanted, "{way}");
            let runs_down = |(was, (then, now)): (&u32, (&u32, &u32))| {
                now < was && now <= then && *then <= now + 1
            };
            let all = first.iter().zip(times.iter().zip(&left));
            assert!(all.clone().all(runs_down), "{way} {key}: {first:?} {times:?} {left:?}");
            assert_eq!(left.len(), first.len());
        }
    }
}

#[tokio::test]
async fn what_is_out_of_date_is_told() {
    let caches = Caches::new();
    let secure = caches.client();
    let brief = key("brief.example.test.", Rtype::TXT);
    for way in [over_tls(caches.tls, HOST), over_https(caches.https, HOST)] {
        // After the first, the second brings what was fetched behind the one that was stale.
        let is_stale = async || secure.ask(&way, &brief).await.unwrap().stale;
        is_stale().await;
        sleep(Duration::from_millis(2_500)).await;
        assert!(is_stale().await, "{way}");
    }
}

#[tokio::test]
async fn nobody_else_is_taken_for_the_resolver() {
    let caches = Caches::new();
    let question = key("example.test.", Rtype::MX);
    let check =
        async |secure: &Secure, way: Way, is_taken: bool| match secure.ask(&way, &question).await {
            Ok(_) => assert!(is_taken, "{way}"),
            Err(WireError::Unreachable(why)) if why.contains("certificate") => {
                assert!(!is_taken, "{way}: {why}");
            }
            other => panic!("{way}: {other:?}"),
        };
    let (trusting, wary) = (caches.client(), Secure::new(PATIENCE));
    check(&trusting, over_tls(caches.tls, HOST), true).await;
    check(&trusting, over_https(caches.https, HOST), true).await;
    check(&trusting, over_tls(caches.tls, "other.example.test"), false).await;
    check(&trusting, over_https(caches.https, "other.example.test"), false).await;
    check(&wary, over_tls(caches.tls, HOST), false).await;
    check(&wary, over_https(caches.https, HOST), false).await;
    let plain = trusting.ask(&Way::Plain(caches.plain), &question).await;
    assert!(matches!(plain, Err(WireError::Unreachable(_))), "{plain:?}");
}

/// Passes connections on to a server, and can cut them.
struct Relay {
    address: SocketAddr,
    passing: Arc<Mutex<Vec<AbortHandle>>>,
}

impl Relay {
    async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (address, passing) = (listener.local_addr().unwrap(), Arc::new(Mutex::default()));
        let relay = Self { address, passing: Arc::clone(&passing) };
        tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let mut server = TcpStream::connect(server).await.unwrap();
                let pass = async move { drop(copy_bidirectional(&mut client, &mut server).await) };
                passing.lock().unwrap().push(tokio::spawn(pass).abort_handle());
            }
        });
        relay
    }

    /// Cuts all, and says how many there were so far.
    fn cut(&self) -> usize {
        let passing = self.passing.lock().unwrap();
        passing.iter().for_each(AbortHandle::abort);
        passing.len()
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_made_anew() {
    let caches = Caches::new();
    let secure = caches.client();
    for (server, way) in
        [(caches.tls, over_tls as fn(SocketAddr, &str) -> Way), (caches.https, over_https)]
    {
        let relay = Relay::to(server).await;
        let way = way(relay.address, HOST);
        for round in 1..=3 {
            for _ in 0..5 {
                secure.ask(&way, &key("example.test.", Rtype::MX)).await.unwrap();
            }
            assert_eq!(relay.cut(), round, "{way}");
        }
    }
}

/// What a server of ours makes of a question.
type Answer = fn(Vec<u8>) -> Vec<u8>;

/// That there is no such record, which is an answer.
fn empty(mut question: Vec<u8>) -> Vec<u8> {
    question[2] |= 0x80;
    question
}

/// Answers that are none.
const NONE: [(&str, Answer); 5] = [
    ("another question", |question| {
        let mut answer = empty(question);
        answer[13] ^= 1;
        answer
    }),
    ("cut short", |question| {
        let mut answer = empty(question);
        answer[2] |= 0x02;
        answer
    }),
    ("no answer", |question| question),
    ("half of one", |question| empty(question)[..14].to_vec()),
    ("no message", |_| b"<html>".to_vec()),
];

/// A server over TLS, with the number of its connections and the most questions under way.
struct Served {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

/// Reads questions for this long, answers them all, last first, and hangs up after so many.
async fn serve(acceptor: TlsAcceptor, answer: Answer, gather: Duration, limit: usize) -> Served {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let [connections, most] = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
    let served = Served { address, connections: connections.clone(), most: most.clone() };
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            connections.fetch_add(1, Ordering::SeqCst);
            let (acceptor, most) = (acceptor.clone(), most.clone());
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let (mut answered, mut is_open) = (0, true);
                while is_open && answered < limit {
                    let mut questions = Vec::new();
                    while let Ok(read) = timeout(gather, read(&mut stream)).await {
                        is_open = read.is_ok();
                        let Ok(question) = read else { break };
                        questions.push(question);
                    }
                    most.fetch_max(questions.len(), Ordering::SeqCst);
                    answered += questions.len();
                    for question in questions.into_iter().rev() {
                        let answer = answer(question);
                        let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
                        let _ = stream.write_all(&[&length[..], &answer].concat()).await;
                    }
                }
                let _ = stream.shutdown().await;
            });
        }
    });
    served
}

async fn read(stream: &mut TlsStream<TcpStream>) -> io::Result<Vec<u8>> {
    let mut question = vec![0; stream.read_u16().await?.into()];
    stream.read_exact(&mut question).await?;
    Ok(question)
}

const GATHER: Duration = Duration::from_millis(100);

#[tokio::test]
async fn what_is_no_answer_over_tls_is_no_data() {
    let authority = Authority::new();
    let question = key("example.test.", Rtype::MX);
    let ask = async |answer| {
        let served = serve(authority.acceptor(HOST), answer, GATHER, 100).await;
        let secure = Secure::trusting(PATIENCE, [authority.root()]);
        secure.ask(&over_tls(served.address, HOST), &question).await
    };
    assert!(ask(empty).await.unwrap().is_negative());
    for (name, answer) in NONE {
        let given = ask(answer).await;
        assert!(matches!(given, Err(WireError::Garbled(_))), "{name}: {given:?}");
    }
}

struct Tls(TcpListener, TlsAcceptor);

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        let (stream, from) = self.0.accept().await.unwrap();
        (self.1.accept(stream).await.unwrap(), from)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

#[tokio::test]
async fn what_is_no_answer_over_https_is_no_data() {
    let authority = Authority::new();
    let question = key("example.test.", Rtype::MX);
    let ask = async |status: StatusCode, kind: &'static str, answer: Answer| {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let post = async move |body: Bytes| {
            let is_ours = body[..2] == [0, 0];
            let answer = if is_ours { answer(body.to_vec()) } else { Vec::new() };
            (status, [(CONTENT_TYPE, kind)], answer).into_response()
        };
        let router = Router::new().route("/dns-query", axum::routing::post(post));
        let tls = Tls(listener, authority.acceptor(HOST));
        tokio::spawn(async { axum::serve(tls, router).await });
        let secure = Secure::trusting(PATIENCE, [authority.root()]);
        secure.ask(&over_https(address, HOST), &question).await
    };
    let dns = "application/dns-message";
    assert!(ask(StatusCode::OK, dns, empty).await.unwrap().is_negative());
    for (name, answer) in NONE {
        let given = ask(StatusCode::OK, dns, answer).await;
        assert!(matches!(given, Err(WireError::Garbled(_))), "{name}: {given:?}");
    }
    let page: Answer = |_| [b"<p>\n".to_vec(), b"busy ".repeat(1_000)].concat();
    for (status, kind) in [(StatusCode::SERVICE_UNAVAILABLE, dns), (StatusCode::OK, "text/html")] {
        let Err(WireError::Garbled(told)) = ask(status, kind, page).await else {
            panic!("{status} {kind}");
        };
        assert!(told.contains("503") || told.contains("text/html"), "{told}");
        assert!(!told.contains("busy"), "{told}");
    }
}

#[tokio::test]
async fn many_questions_share_a_connection_until_it_breaks() {
    let authority = Authority::new();
    let served = serve(authority.acceptor(HOST), empty, GATHER, 40).await;
    let secure = Secure::trusting(PATIENCE, [authority.root()]);
    let (way, question) = (over_tls(served.address, HOST), key("example.test.", Rtype::MX));
    let ask = async |questions: usize| {
        let answers = join_all((0..questions).map(|_| secure.ask(&way, &question))).await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        (served.connections.load(Ordering::SeqCst), served.most.load(Ordering::SeqCst))
    };
    assert_eq!(ask(40).await, (1, 16));
    sleep(GATHER).await;
    assert_eq!(ask(1).await.0, 2);
}

#[tokio::test]
async fn silence_ends_after_three_tries() {
    let authority = Authority::new();
    let served = serve(authority.acceptor(HOST), empty, Duration::from_secs(60), 1).await;
    let secure = Secure::trusting(Duration::from_millis(300), [authority.root()]);
    let ask = secure.ask(&over_tls(served.address, HOST), &key("example.test.", Rtype::MX)).await;
    assert_eq!((ask, served.connections.load(Ordering::SeqCst)), (Err(WireError::Silent), 3));
}
