//! What the authoritative server says, seen through the poller.

use crate::world::{Off, any_port, key_of, name, zone};
use cutover::dns::{Name, RrSet, Rtype, Ttl, Zone};
use cutover::lab::{Authority, Running};
use cutover::wire::{Poller, Rcode, Reply, WireError};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;

const ZONE: &str = r#"
@ 3600 IN SOA ns1 hostmaster 7 7200 900 1209600 300
@ 3600 IN NS ns1
@ 60 IN A 192.0.2.1
ns1 3600 IN A 127.0.0.1
a.deep 60 IN TXT x
web 60 IN CNAME www
www 60 IN CNAME @
out 60 IN CNAME www.example.org.
loop 60 IN CNAME loop
sub 3600 IN NS ns.sub
sub 3600 IN NS ns.example.org.
sub 60 IN DS 1 13 2 00ff
ns.sub 3600 IN A 127.0.0.9
"#;

async fn lab() -> (Running, Poller) {
    let mut zone = zone(ZONE);
    let text = "x".repeat(200);
    for i in 0..20 {
        let owner = name("big.example.net.");
        zone.add(
            owner,
            Ttl::from_secs(60),
            crate::world::rrset(&format!("@ 1 TXT {i}{text}")).rdata()[0].clone(),
        );
    }
    let authority = Authority::new("lab-1", Arc::new(Off(0))).with_zone(zone);
    let running = authority.serve(any_port()).await.unwrap();
    (running, Poller::bind(Duration::from_millis(300)).await.unwrap())
}

async fn ask(owner: &str, rtype: Rtype) -> Reply {
    let (running, poller) = lab().await;
    poller.ask(running.address(), &key_of(owner, rtype), false).await.unwrap()
}

fn shown(rrset: Option<&RrSet>) -> String {
    rrset.map(RrSet::to_string).unwrap_or_default()
}

#[tokio::test]
async fn records_come_with_authority_and_the_servers_name() {
    let reply = ask("EXAMPLE.net.", Rtype::A).await;
    assert_eq!(shown(reply.rrset.as_ref()), "EXAMPLE.net. 60 IN A 192.0.2.1");
    assert!(reply.authoritative && !reply.recursion_available && !reply.tcp && !reply.stale);
    assert_eq!(reply.nsid.as_deref(), Some("lab-1"));
    assert_eq!(ask("example.net.", Rtype::SOA).await.serial, Some(7));
}

#[tokio::test]
async fn what_is_not_there_is_so_for_the_negative_ttl() {
    let check = async |owner, rtype, rcode| {
        let reply = ask(owner, rtype).await;
        assert_eq!((reply.rcode, reply.authoritative), (rcode, true), "{owner}");
        assert_eq!(reply.negative_ttl, Some(Ttl::from_secs(300)), "{owner}");
        assert_eq!(reply.soa.as_ref().map(RrSet::ttl), Some(Ttl::from_secs(300)), "{owner}");
        assert!(reply.is_negative(), "{owner}");
    };
    check("gone.example.net.", Rtype::A, Rcode::NXDOMAIN).await;
    check("example.net.", Rtype::AAAA, Rcode::NOERROR).await;
    check("deep.example.net.", Rtype::A, Rcode::NOERROR).await;
    check("b.deep.example.net.", Rtype::A, Rcode::NXDOMAIN).await;
}

#[tokio::test]
async fn aliases_are_shown_and_not_followed() {
    let check = async |owner: &str, target: &str| {
        let reply = ask(owner, Rtype::A).await;
        assert_eq!(shown(reply.alias.as_ref()), format!("{owner} 60 IN CNAME {target}"));
        assert_eq!(reply.rrset, None);
        let reply = ask(owner, Rtype::CNAME).await;
        assert_eq!((reply.rrset.is_some(), reply.alias), (true, None));
    };
    check("web.example.net.", "www.example.net.").await;
    check("out.example.net.", "www.example.org.").await;
}

#[tokio::test]
async fn an_alias_of_itself_is_shown_to_who_asks_for_it() {
    let (running, poller) = lab().await;
    let ask = async |rtype| {
        poller.ask(running.address(), &key_of("loop.example.net.", rtype), false).await
    };
    assert!(ask(Rtype::CNAME).await.unwrap().rrset.is_some());
    let led = ask(Rtype::A).await;
    assert!(matches!(led, Err(WireError::Garbled(_))), "{led:?}");
}

#[tokio::test]
async fn below_a_cut_others_are_asked() {
    let check = async |owner, rtype| {
        let reply = ask(owner, rtype).await;
        assert!(!reply.authoritative && !reply.is_negative(), "{owner}");
        assert_eq!(reply.referral.map(|ns| ns.rdata().len()), Some(2), "{owner}");
        assert_eq!(reply.glue, [(name("ns.sub.example.net."), [127, 0, 0, 9].into())]);
    };
    check("sub.example.net.", Rtype::NS).await;
    check("www.sub.example.net.", Rtype::A).await;
    check("ns.sub.example.net.", Rtype::A).await;
    assert!(ask("sub.example.net.", Rtype::DS).await.rrset.is_some());
}

#[tokio::test]
async fn a_long_answer_takes_tcp() {
    let reply = ask("big.example.net.", Rtype::TXT).await;
    assert_eq!((reply.tcp, reply.rrset.map(|rrset| rrset.rdata().len())), (true, Some(20)));
}

#[tokio::test]
async fn a_zone_of_somebody_else_is_refused() {
    let reply = ask("example.org.", Rtype::A).await;
    assert_eq!((reply.rcode, reply.authoritative), (Rcode::REFUSED, false));
}

#[tokio::test]
async fn hundreds_of_questions_share_a_socket() {
    let (running, poller) = lab().await;
    let key = key_of("example.net.", Rtype::A);
    let asks = (0..800).map(|_| poller.ask(running.address(), &key, false));
    let replies = futures_util::future::join_all(asks).await;
    assert_eq!(replies.iter().filter(|reply| reply.is_ok()).count(), 800);
}

#[tokio::test(start_paused = true)]
async fn silence_is_told_from_absence() {
    let deaf = UdpSocket::bind(any_port()).await.unwrap();
    let poller = Poller::bind(Duration::from_secs(1)).await.unwrap();
    let key = key_of("example.net.", Rtype::A);
    let asked = poller.ask(deaf.local_addr().unwrap(), &key, false).await;
    assert_eq!(asked.unwrap_err(), WireError::Silent);
    let asked = poller.ask("127.0.0.1:0".parse().unwrap(), &key, false).await;
    assert!(matches!(asked, Err(WireError::Unreachable(_))), "{asked:?}");
}

#[tokio::test]
async fn answers_to_other_questions_are_passed_over() {
    let socket = UdpSocket::bind(any_port()).await.unwrap();
    let address = socket.local_addr().unwrap();
    let other = Zone::parse(ZONE, &Name::parse("example.net.").unwrap()).unwrap();
    let authority = Authority::new("true", Arc::new(Off(0))).with_zone(other);
    let server = tokio::spawn(async move {
        let mut buffer = [0; 512];
        let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
        let request = buffer[..length].to_vec();
        let answer = authority.handle(&request, false).remove(0);
        let mut forged = answer.clone();
        forged[13] = b'x'; // another name
        socket.send_to(&forged, from).await.unwrap();
        socket.send_to(&request, from).await.unwrap(); // no response
        socket.send_to(&answer[..5], from).await.unwrap();
        let mut other_id = answer.clone();
        other_id[0] ^= 1;
        socket.send_to(&other_id, from).await.unwrap();
        socket.send_to(&answer, from).await.unwrap();
    });
    let poller = Poller::bind(Duration::from_secs(5)).await.unwrap();
    let reply = poller.ask(address, &key_of("example.net.", Rtype::A), false).await.unwrap();
    assert_eq!(reply.nsid.as_deref(), Some("true"));
    server.await.unwrap();
}

#[tokio::test]
async fn a_server_from_before_edns_is_asked_without() {
    let socket = UdpSocket::bind(any_port()).await.unwrap();
    let address = socket.local_addr().unwrap();
    let authority = Authority::new("old", Arc::new(Off(0))).with_zone(zone(ZONE));
    let server = tokio::spawn(async move {
        let mut buffer = [0; 512];
        for additionals in [1, 0] {
            let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
            assert_eq!(buffer[11], additionals);
            let mut answer = authority.handle(&buffer[..length], false).remove(0);
            if additionals == 1 {
                // FORMERR with nothing but a header.
                answer.truncate(12);
                answer[2..].copy_from_slice(&[0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
            }
            socket.send_to(&answer, from).await.unwrap();
        }
    });
    let poller = Poller::bind(Duration::from_secs(5)).await.unwrap();
    let reply = poller.ask(address, &key_of("example.net.", Rtype::A), false).await.unwrap();
    assert!(reply.rrset.is_some());
    server.await.unwrap();
}
