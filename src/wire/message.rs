//! Our names, types and records as hickory's, and back.

use super::{Rcode, WireError};
use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl};
use hickory_proto::ProtoError;
use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query};
use hickory_proto::rr::rdata::NULL;
use hickory_proto::rr::rdata::opt::{EdnsCode, EdnsOption, NSIDPayload};
use hickory_proto::rr::{Name as WireName, RData, Record, RecordType};
use hickory_proto::serialize::binary::{
    BinDecodable, BinDecoder, BinEncodable, BinEncoder, NameEncoding,
};

/// What both sides say they take over UDP: fits any path without fragments (dnsflagday.net/2020).
pub(crate) const UDP_PAYLOAD: u16 = 1232;

/// A name, with hickory's flag for absolute ones set, without which it compares unequal.
pub(crate) fn name_out(name: &Name) -> Result<WireName, WireError> {
    WireName::read(&mut BinDecoder::new(name.wire())).map_err(WireError::garbled)
}

/// A name from a message.
pub(crate) fn name_in(name: &WireName) -> Result<Name, WireError> {
    let mut wire = Vec::with_capacity(name.len() + 1);
    for label in name.iter() {
        wire.push(u8::try_from(label.len()).map_err(WireError::garbled)?);
        wire.extend_from_slice(label);
    }
    wire.push(0);
    Name::from_wire(&wire).map_err(WireError::garbled)
}

/// A record type.
pub(crate) fn rtype_out(rtype: Rtype) -> RecordType {
    RecordType::from(rtype.0)
}

/// A record type from a message.
pub(crate) fn rtype_in(rtype: RecordType) -> Rtype {
    Rtype(rtype.into())
}

/// A record's data, which goes out under its own type, as the octets that we know it by.
pub(crate) fn rdata_out(rdata: &Rdata) -> RData {
    let octets = NULL::with(rdata.octets());
    RData::Unknown { code: rtype_out(rdata.rtype()), rdata: octets }
}

/// A record's data from a message, with the names in it uncompressed and in their own case.
pub(crate) fn rdata_in(rdata: &RData) -> Result<Rdata, WireError> {
    let mut octets = Vec::with_capacity(64);
    let mut encoder = BinEncoder::new(&mut octets);
    encoder.set_name_encoding(NameEncoding::Uncompressed);
    rdata.emit(&mut encoder).map_err(WireError::garbled)?;
    Rdata::decode(rtype_in(rdata.record_type()), &octets).map_err(WireError::garbled)
}

/// An RRset's records.
pub(crate) fn rrset_out(rrset: &RrSet) -> Result<Vec<Record>, WireError> {
    let owner = name_out(rrset.owner())?;
    let record = |rdata| Record::from_rdata(owner.clone(), rrset.ttl().secs(), rdata_out(rdata));
    Ok(rrset.rdata().iter().map(record).collect())
}

/// The RRset of this key among the records, with the lowest of their TTLs (RFC 2181 §5.2).
pub(crate) fn rrset_in(records: &[Record], key: &RrKey) -> Result<Option<RrSet>, WireError> {
    let (owner, rtype) = (name_out(&key.owner)?, rtype_out(key.rtype));
    let ours = || records.iter().filter(|r| r.record_type() == rtype && r.name == owner);
    let Some(ttl) = ours().map(|record| Ttl::from_secs(record.ttl)).min() else {
        return Ok(None);
    };
    let rdata: Result<Vec<_>, _> = ours().map(|record| rdata_in(&record.data)).collect();
    Ok(RrSet::of(key.clone(), ttl, rdata?))
}

/// A question with EDNS that asks the server for its name (NSID, RFC 5001).
pub(crate) fn question(key: &RrKey, recursion: bool) -> Result<Message, WireError> {
    let mut message = Message::new(0, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = recursion;
    message.add_query(Query::query(name_out(&key.owner)?, rtype_out(key.rtype)));
    message.set_edns(edns(Some("")));
    Ok(message)
}

/// The same for who wants signatures with the answer (DO, RFC 3225 §3).
pub(crate) fn signed_question(key: &RrKey) -> Result<Message, WireError> {
    let mut message = question(key, false)?;
    if let Some(edns) = &mut message.edns {
        edns.set_dnssec_ok(true);
    }
    Ok(message)
}

/// EDNS with our payload size, and an NSID option when there is one.
pub(crate) fn edns(nsid: Option<&str>) -> Edns {
    let mut edns = Edns::new();
    edns.set_max_payload(UDP_PAYLOAD);
    // A payload over 65,535 octets is the only failure, and then the name is not worth having.
    if let Some(payload) = nsid.and_then(|nsid| NSIDPayload::new(nsid.as_bytes()).ok()) {
        edns.options_mut().insert(EdnsOption::NSID(payload));
    }
    edns
}

/// The server's name from its NSID option; octets that are no text come as hexadecimal.
pub(crate) fn nsid(message: &Message) -> Option<String> {
    let Some(EdnsOption::NSID(payload)) = message.edns.as_ref()?.option(EdnsCode::NSID) else {
        return None;
    };
    let octets = payload.as_ref();
    let text = str::from_utf8(octets).ok().filter(|text| !text.chars().any(char::is_control));
    Some(text.map_or_else(|| data_encoding::HEXLOWER.encode(octets), str::to_owned))
}

/// The response code, with the upper bits from EDNS.
pub(crate) fn rcode(message: &Message) -> Rcode {
    Rcode(message.metadata.response_code.into())
}

/// Reads a message.
pub(crate) fn decode(octets: &[u8]) -> Result<Message, WireError> {
    Message::from_vec(octets).map_err(WireError::garbled)
}

/// Writes a message whole, or not at all.
///
/// hickory leaves out what does not fit and sets TC; signed after that, a server would take half
/// an update for a whole one.
pub(crate) fn encode(message: &Message) -> Result<Vec<u8>, WireError> {
    let octets = message.to_vec().map_err(|error| match error {
        ProtoError::MaxBufferSizeExceeded(_) | ProtoError::NotAllRecordsWritten { .. } => {
            WireError::TooBig
        }
        other => WireError::garbled(other),
    })?;
    let cut = octets.get(2).is_some_and(|flags| flags & 0x02 != 0);
    if cut && !message.metadata.truncation { Err(WireError::TooBig) } else { Ok(octets) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::parse_rrset;

    fn apex() -> Name {
        Name::parse("Example.net.").unwrap()
    }

    fn through_the_wire(rrset: &RrSet) -> (Message, RrSet) {
        let mut message = Message::response(1, OpCode::Query);
        message.add_answers(rrset_out(rrset).unwrap());
        let back = decode(&encode(&message).unwrap()).unwrap();
        let rrset = rrset_in(&back.answers, rrset.key()).unwrap();
        (back, rrset.expect("the RRset comes back"))
    }

    #[test]
    fn records_keep_type_octets_and_case() {
        let check = |text: &str| {
            let (rrset, _) = parse_rrset(text, &apex()).unwrap();
            let (message, back) = through_the_wire(&rrset);
            assert_eq!(message.answers[0].record_type(), rtype_out(rrset.rtype()), "{text}");
            assert_eq!(back.to_string(), rrset.to_string());
        };
        check("@ 300 MX 10 ASPMX.L.Google.com.");
        check("@ 300 TXT \"v=spf1 \" \"-all\" \"\"");
        check("@ 300 SOA Ns.Example.net. Host 1 2 3 4 5");
        check("@ 300 CAA 0 issue \"ca.example; policy=ev\"");
        check("_25._tcp.mail 300 TLSA 3 1 1 00ff");
        check("_imaps._tcp 300 SRV 0 1 993 Imap");
        check("mta 300 HTTPS 1 . alpn=h2 port=8443");
        check("a\\.b 300 AAAA 2001:db8::1");
        check("x 300 TYPE65280 \\# 3 00ff10");
        check("x 300 TYPE99 \\# 3 026869");
        check("sub 300 DS 1 13 2 00ff");
        check("n 300 NAPTR 1 2 \"u\" \"E2U+sip\" \"!^.*$!sip:a@b!\" .");
        check("@ 300 NS Ns.Example.net.");
        check("w 300 CNAME Mail.Example.net.");
        check("h 300 SSHFP 4 2 00ff");
    }

    #[test]
    fn the_lowest_ttl_counts() {
        let (rrset, _) = parse_rrset("@ 300 MX 10 a.", &apex()).unwrap();
        let mut records = rrset_out(&rrset).unwrap();
        records.push(Record::from_rdata(records[0].name.clone(), 60, records[0].data.clone()));
        let read = rrset_in(&records, rrset.key()).unwrap().unwrap();
        assert_eq!(read, rrset.with_ttl(Ttl::from_secs(60)));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let check = |records: usize, fits: bool| {
            let text = format!("t 300 TXT {}", "x".repeat(250));
            let (rrset, _) = parse_rrset(&text, &apex()).unwrap();
            let mut message = Message::new(1, MessageType::Query, OpCode::Update);
            let record = rrset_out(&rrset).unwrap().remove(0);
            message.add_authorities(std::iter::repeat_n(record, records));
            let octets = encode(&message);
            assert_eq!(octets.is_ok(), fits, "{records}");
            assert!(fits || octets == Err(WireError::TooBig));
        };
        check(200, true);
        check(238, true);
        check(250, false);
        check(400, false);
    }
}
