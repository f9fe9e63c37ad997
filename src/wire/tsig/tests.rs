//! Signatures: made, checked, and broken.

use super::*;
use crate::dns::{RrKey, Rtype};
use crate::wire::{Rcode, message};
use hickory_proto::op::OpCode;

const NOW: u64 = 1_800_000_000;

fn key(name: &str, algorithm: Algorithm, secret: &str) -> TsigKey {
    TsigKey::new(Name::parse(name).unwrap(), algorithm, secret.as_bytes())
}

fn ours() -> TsigKey {
    key("Cutover-key.", Algorithm::HmacSha256, "secret")
}

fn request() -> Vec<u8> {
    let soa = RrKey::new(Name::parse("example.net.").unwrap(), Rtype::SOA);
    message::encode(&message::question(&soa, false).unwrap()).unwrap()
}

fn answer() -> Vec<u8> {
    message::encode(&Message::response(0, OpCode::Query)).unwrap()
}

/// Asks with one key and clock a server that has another, and checks its answer.
fn exchange(client: &TsigKey, server: &TsigKey, server_time: u64) -> Result<(), KeyError> {
    let (octets, mut chain) = Chain::ask(client, request(), NOW).unwrap();
    let asked = message::decode(&octets).unwrap();
    let keys = std::slice::from_ref(server);
    let signed = match Chain::accept(keys, &octets, &asked, server_time) {
        Ok(chain) => chain.unwrap().sign(answer(), server_time).unwrap(),
        Err(denial) => denial.sign(answer(), server_time).unwrap(),
    };
    chain.check(&signed, &message::decode(&signed).unwrap(), NOW)
}

#[test]
fn a_signed_exchange_is_accepted_with_every_algorithm() {
    for algorithm in Algorithm::ALL {
        let key = key("Cutover-key.", algorithm, "secret");
        assert_eq!(exchange(&key, &key, NOW + 299), Ok(()), "{algorithm}");
    }
}

#[test]
fn what_is_wrong_is_told_apart() {
    let check = |server: TsigKey, time, problem: &str| {
        let error = exchange(&ours(), &server, time).unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
    };
    check(key("other.", Algorithm::HmacSha256, "secret"), NOW, "no key `Cutover-key.`");
    check(key("cutover-key.", Algorithm::HmacSha512, "secret"), NOW, "`hmac-sha256`");
    check(key("cutover-key.", Algorithm::HmacSha256, "Secret"), NOW, "another secret");
    check(ours(), NOW + 3_600, "the server's is 3600 seconds ahead");
    check(ours(), NOW - 3_600, "the server's is 3600 seconds behind");
}

#[test]
fn an_answer_that_was_touched_is_refused() {
    let (octets, chain) = Chain::ask(&ours(), request(), NOW).unwrap();
    let asked = message::decode(&octets).unwrap();
    let mut server = Chain::accept(&[ours()], &octets, &asked, NOW).unwrap().unwrap();
    let good = server.sign(answer(), NOW).unwrap();
    let check = |octets: &[u8]| chain.clone().check(octets, &message::decode(octets).unwrap(), NOW);
    assert_eq!(check(&good), Ok(()));
    let mut touched = good.clone();
    touched[3] ^= 3; // NXDOMAIN instead of NOERROR
    assert_eq!(check(&touched), Err(KeyError::Forged(ours().name)));
    assert_eq!(check(&answer()), Err(KeyError::Unsigned(Rcode::NOERROR)));
    let other = Chain::ask(&ours(), request(), NOW + 1).unwrap().1.sign(answer(), NOW).unwrap();
    assert_eq!(check(&other), Err(KeyError::Forged(ours().name)));
}

#[test]
fn at_most_99_messages_in_a_row_are_unsigned() {
    let check = |unsigned: usize, accepted: bool| {
        let (octets, mut client) = Chain::ask(&ours(), request(), NOW).unwrap();
        let asked = message::decode(&octets).unwrap();
        let mut server = Chain::accept(&[ours()], &octets, &asked, NOW).unwrap().unwrap();
        let mut pass = |octets: Vec<u8>| {
            client.check(&octets, &message::decode(&octets).unwrap(), NOW)?;
            Ok::<_, KeyError>(client.is_closed())
        };
        assert_eq!(pass(server.sign(answer(), NOW).unwrap()), Ok(true));
        let middle: Result<Vec<_>, _> = (0..unsigned)
            .map(|_| {
                server.leave_unsigned(&answer());
                pass(answer())
            })
            .collect();
        assert_eq!(middle.is_ok(), accepted, "{unsigned}");
        let last = pass(server.sign(answer(), NOW).unwrap());
        assert_eq!(last == Ok(true), accepted, "{unsigned}");
    };
    check(1, true);
    check(99, true);
    check(100, false);
}

#[test]
fn no_octets_make_it_panic() {
    let signed = Chain::ask(&ours(), request(), NOW).unwrap().0;
    for end in 0..signed.len() {
        assert!(tsig_start(&signed[..end]).is_none_or(|start| start <= end));
        without_tsig(&signed[..end], 7);
    }
    assert_eq!(append(vec![0; 11], ours().name(), &[], &[], &Stamp::at(NOW)).ok(), None);
}

#[test]
fn a_signature_that_does_not_fit_is_refused() {
    let full = vec![0; 65_500];
    assert_eq!(Chain::ask(&ours(), full, NOW).err(), Some(WireError::TooBig));
}

#[test]
fn secrets_are_not_shown() {
    assert_eq!(format!("{:?}", ours()), "TsigKey(Cutover-key. hmac-sha256 ***)");
}

#[test]
fn algorithms_are_read_as_people_write_them() {
    assert_eq!(Algorithm::parse("HMAC-SHA512."), Some(Algorithm::HmacSha512));
    assert_eq!(Algorithm::parse("hmac-md5"), None);
}
