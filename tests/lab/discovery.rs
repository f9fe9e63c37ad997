//! Who serves a zone: parent and zone each have a say.

use crate::world::{Off, any_port, key_of, name, rrset};
use cutover::dns::{Name, Rtype, Ttl, Zone};
use cutover::lab::{Authority, Cache, Habit, Running};
use cutover::lookup::{NameServers, Source};
use cutover::port::{Answer, Lookup, LookupError, Server};
use cutover::wire::Poller;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

const PARENT: &str = r#"
@ 3600 IN SOA ns hostmaster 1 7200 900 1209600 300
@ 3600 IN NS ns
ns 3600 IN A 127.0.0.21
example 3600 IN NS ns1.example
example 3600 IN NS ns2.other
ns1.example 3600 IN A 127.0.0.22
ns2.other 3600 IN A 127.0.0.23
ns3.other 3600 IN A 127.0.0.24
"#;

const CHILD: &str = r#"
@ 3600 IN SOA ns1 hostmaster 1 7200 900 1209600 300
@ 3600 IN NS ns1
@ 3600 IN NS ns3.other.test.
@ 300 IN MX 10 mail
@ 60 IN TXT x
ns1 3600 IN A 127.0.0.22
web 120 IN CNAME www.example.org.
"#;

/// A parent, a child on three addresses and a resolver, all on one port.
struct Internet {
    servers: Vec<Running>,
    resolver: Running,
    port: u16,
}

impl Internet {
    async fn new(parent: &str, child: &str) -> Self {
        let zone = |text: &str, apex: &str| Zone::parse(text, &name(apex)).unwrap();
        let authority = |nsid: &str| Authority::new(nsid, Arc::new(Off(0)));
        let parent = authority("parent").with_zone(zone(parent, "test."));
        let child = authority("child").with_zone(zone(child, "example.test."));
        // A port that is free on the first address may be taken on the next: then another one.
        'again: loop {
            let first = parent.serve("127.0.0.21:0".parse().unwrap()).await.unwrap();
            let port = first.address().port();
            let mut servers = vec![first];
            for host in [22, 23, 24] {
                match child.serve(SocketAddr::from(([127, 0, 0, host], port))).await {
                    Ok(server) => servers.push(server),
                    Err(_) => continue 'again,
                }
            }
            let at = |host| SocketAddr::from(([127, 0, 0, host], port));
            let upstreams =
                vec![(name("test."), vec![at(21)]), (name("example.test."), vec![at(22)])];
            let cache = Cache::new("resolver", Habit::Obey, upstreams).await.unwrap();
            let resolver = cache.serve(any_port()).await.unwrap();
            return Self { servers, resolver, port };
        }
    }

    async fn name_servers(&self) -> NameServers {
        let poller = Arc::new(Poller::bind(Duration::from_millis(200)).await.unwrap());
        let resolvers = vec![self.resolver.address()];
        NameServers::new(poller, Source::Discovered { resolvers, port: self.port })
    }

    async fn found(&self, apex: &str) -> Vec<String> {
        let mut servers = self.name_servers().await.servers(&name(apex)).await.unwrap();
        servers.sort();
        assert!(servers.iter().all(|server| server.address.port() == self.port));
        servers.iter().map(|server| format!("{} {}", server.name, server.address.ip())).collect()
    }
}

#[tokio::test]
async fn the_parent_alone_says_whom_it_names() {
    let mut internet = Internet::new(PARENT, CHILD).await;
    let servers = internet.name_servers().await;
    let found = async |apex| servers.delegation(&name(apex)).await;
    let expected = vec![name("ns1.example.test."), name("ns2.other.test.")];
    assert_eq!(found("example.test.").await, Ok(expected));
    assert_eq!(found("nobody.test.").await, Ok(Vec::new()));
    drop(internet.servers.remove(0));
    assert!(found("example.test.").await.is_err());
}

#[tokio::test]
async fn servers_are_those_that_parent_or_child_name() {
    let internet = Internet::new(PARENT, CHILD).await;
    assert_eq!(
        internet.found("example.test.").await,
        [
            "ns1.example.test. 127.0.0.22",
            "ns2.other.test. 127.0.0.23",
            "ns3.other.test. 127.0.0.24"
        ]
    );
}

#[tokio::test]
async fn glue_and_the_resolver_may_differ_and_both_count() {
    let child = CHILD.replace("ns1 3600 IN A 127.0.0.22", "ns1 3600 IN A 127.0.0.23");
    let internet = Internet::new(PARENT, &child).await;
    let found = internet.found("example.test.").await;
    assert!(found.contains(&"ns1.example.test. 127.0.0.22".to_owned()), "{found:?}");
    assert!(found.iter().any(|server| server.ends_with(" 127.0.0.23")), "{found:?}");
}

#[tokio::test]
async fn an_ipv6_address_counts_where_it_can_be_asked() {
    let internet = Internet::new(PARENT, &format!("{CHILD}ns1 3600 IN AAAA ::1\n")).await;
    let found = internet.found("example.test.").await;
    let reaches = Poller::bind(Duration::from_millis(100)).await.unwrap().reaches_ipv6();
    assert_eq!(found.contains(&"ns1.example.test. ::1".to_owned()), reaches, "{found:?}");
}

#[tokio::test]
async fn a_zone_that_nobody_delegates_has_no_servers() {
    let internet = Internet::new(PARENT, CHILD).await;
    let apex = name("nowhere.test.");
    let error = internet.name_servers().await.servers(&apex).await.unwrap_err();
    assert_eq!(error, LookupError::NoServers(apex));
}

#[tokio::test]
async fn a_zone_whose_servers_are_all_silent_is_not_taken_as_known() {
    let parent = PARENT.replace("NS ns1.example", "NS ns3.other");
    let mut internet = Internet::new(&parent, CHILD).await;
    internet.servers.truncate(1);
    let error = internet.name_servers().await.servers(&name("example.test.")).await.unwrap_err();
    assert!(matches!(error, LookupError::Silent(_)), "{error}");
}

#[tokio::test]
async fn a_resolver_that_is_silent_is_no_answer() {
    let internet = Internet::new(PARENT, CHILD).await;
    let poller = Arc::new(Poller::bind(Duration::from_millis(100)).await.unwrap());
    let resolvers = vec![internet.servers[0].address()]; // no resolver: refuses or refers
    let source = Source::Discovered { resolvers, port: internet.port };
    let result = NameServers::new(poller, source).servers(&name("example.org.")).await;
    assert!(
        matches!(result, Err(LookupError::Useless { .. } | LookupError::Silent(_))),
        "{result:?}"
    );
}

#[tokio::test]
async fn a_list_is_taken_as_it_is() {
    let poller = Arc::new(Poller::bind(Duration::from_millis(100)).await.unwrap());
    let server = Server { name: "ns.".to_owned(), address: any_port() };
    let listed = NameServers::new(Arc::clone(&poller), Source::Published(vec![server.clone()]));
    assert_eq!(listed.servers(&Name::root()).await, Ok(vec![server]));
    let empty = NameServers::new(poller, Source::Published(Vec::new()));
    assert_eq!(empty.servers(&Name::root()).await, Err(LookupError::NoServers(Name::root())));
}

#[tokio::test]
async fn only_an_answer_with_authority_counts() {
    let internet = Internet::new(PARENT, CHILD).await;
    let lookup = internet.name_servers().await;
    let ask = async |address, owner, rtype| {
        let server = Server { name: "server".to_owned(), address };
        lookup.ask(&server, &key_of(owner, rtype)).await
    };
    let child = internet.servers[1].address();
    let absent = |seconds| Ok(Answer::Absent(Ttl::from_secs(seconds)));
    let mx = rrset("example.test. 300 MX 10 mail.example.test.");
    assert_eq!(ask(child, "example.test.", Rtype::MX).await, Ok(Answer::Found(mx)));
    assert_eq!(ask(child, "gone.example.test.", Rtype::MX).await, absent(300));
    assert_eq!(ask(child, "example.test.", Rtype::CAA).await, absent(300));
    assert_eq!(ask(child, "web.example.test.", Rtype::A).await, absent(120));
    let useless = async |address, owner, problem: &str| {
        let error = ask(address, owner, Rtype::A).await.unwrap_err();
        assert!(matches!(&error, LookupError::Useless { .. }), "{error}");
        assert!(error.to_string().contains(problem), "{error}");
    };
    let above = ask(internet.servers[0].address(), "www.example.test.", Rtype::A).await;
    let zone = name("example.test.");
    assert!(
        matches!(&above, Err(LookupError::Elsewhere { cut, .. }) if *cut.owner() == zone),
        "{above:?}"
    );
    useless(internet.resolver.address(), "www.example.test.", "`REFUSED`").await;
    useless(child, "example.org.", "`REFUSED`").await;
    let silent = ask("127.0.0.99:9".parse().unwrap(), "example.test.", Rtype::A).await;
    assert_eq!(silent, Err(LookupError::Silent("server (127.0.0.99:9)".to_owned())));
}
