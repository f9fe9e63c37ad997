//! Data as Azure takes and shows it: each type in fields of its own.

use crate::dns::rdata::{Caa, Mx, Srv, Txt};
use crate::dns::{Rdata, RrSet, Rtype};
use crate::port::ProviderError;
use crate::provider::shape;
use serde_json::{Value, json};

/// The types that this version of the API knows.
pub(super) const TYPES: &[Rtype] = &[
    Rtype::A,
    Rtype::AAAA,
    Rtype::CAA,
    Rtype::CNAME,
    Rtype::MX,
    Rtype::NS,
    Rtype::PTR,
    Rtype::SRV,
    Rtype::TXT,
];

/// The data of an RRset that the API shows; what is wrong with it, if it cannot be read.
pub(super) fn read(rtype: Rtype, properties: &Value) -> Result<Vec<Rdata>, String> {
    let field = field(rtype).ok_or("this version of the API does not show it")?;
    match &properties[field] {
        Value::Array(all) => all.iter().map(|one| rdata(rtype, one)).collect(),
        Value::Null => Ok(Vec::new()),
        one => rdata(rtype, one).map(|one| vec![one]),
    }
}

/// Where the data of a type is.
fn field(rtype: Rtype) -> Option<&'static str> {
    Some(match rtype {
        Rtype::A => "ARecords",
        Rtype::AAAA => "AAAARecords",
        Rtype::CAA => "caaRecords",
        Rtype::CNAME => "CNAMERecord",
        Rtype::MX => "MXRecords",
        Rtype::NS => "NSRecords",
        Rtype::PTR => "PTRRecords",
        Rtype::SOA => "SOARecord",
        Rtype::SRV => "SRVRecords",
        Rtype::TXT => "TXTRecords",
        _ => return None,
    })
}

fn rdata(rtype: Rtype, one: &Value) -> Result<Rdata, String> {
    let text = |key: &str| one[key].as_str().ok_or_else(|| format!("it has no `{key}`"));
    let number = |key: &str| one[key].as_u64().ok_or_else(|| format!("it has no `{key}`"));
    let name = |key: &str| shape::name(text(key)?);
    let form = match rtype {
        Rtype::A => text("ipv4Address")?.to_owned(),
        Rtype::AAAA => text("ipv6Address")?.to_owned(),
        Rtype::CNAME => name("cname")?.to_string(),
        Rtype::MX => format!("{} {}", number("preference")?, name("exchange")?),
        Rtype::NS => name("nsdname")?.to_string(),
        Rtype::PTR => name("ptrdname")?.to_string(),
        Rtype::SRV => format!(
            "{} {} {} {}",
            number("priority")?,
            number("weight")?,
            number("port")?,
            name("target")?
        ),
        Rtype::SOA => format!(
            "{} {} {} {} {} {} {}",
            name("host")?,
            name("email")?,
            number("serialNumber")?,
            number("refreshTime")?,
            number("retryTime")?,
            number("expireTime")?,
            number("minimumTTL")?
        ),
        Rtype::CAA => {
            let flags = u8::try_from(number("flags")?).map_err(|error| error.to_string())?;
            let (tag, value) = (text("tag")?.into(), text("value")?.as_bytes().into());
            return Ok(Rdata::Caa(Caa { flags, tag, value }));
        }
        _ => {
            let strings = one["value"].as_array().ok_or("it has no `value`")?;
            let joined: String = strings.iter().filter_map(Value::as_str).collect();
            return Ok(Rdata::Txt(Txt::new(joined)));
        }
    };
    Rdata::parse(rtype, &form, None).map_err(|error| error.message)
}

/// The properties of an RRset to send.
pub(super) fn write(rrset: &RrSet) -> Result<Value, ProviderError> {
    let refused = |why: String| ProviderError::Refused(format!("`{}`: {why}", rrset.key()));
    let field = field(rrset.rtype()).ok_or_else(|| refused("it is not known here".to_owned()))?;
    let all = rrset.rdata().iter().map(fields).collect::<Result<Vec<_>, _>>();
    let all = all.map_err(refused)?;
    let all = if rrset.rtype() == Rtype::CNAME { all.into_iter().next() } else { Some(json!(all)) };
    Ok(json!({ "TTL": rrset.ttl().secs(), field: all }))
}

fn fields(rdata: &Rdata) -> Result<Value, String> {
    Ok(match rdata {
        Rdata::A(address) => json!({ "ipv4Address": address.to_string() }),
        Rdata::Aaaa(address) => json!({ "ipv6Address": address.to_string() }),
        Rdata::Cname(name) => json!({ "cname": name.to_string() }),
        Rdata::Ns(name) => json!({ "nsdname": name.to_string() }),
        Rdata::Ptr(name) => json!({ "ptrdname": name.to_string() }),
        Rdata::Mx(Mx { preference, exchange }) => {
            json!({ "preference": preference, "exchange": exchange.to_string() })
        }
        Rdata::Srv(Srv { priority, weight, port, target }) => json!({
            "priority": priority, "weight": weight, "port": port, "target": target.to_string(),
        }),
        Rdata::Caa(Caa { flags, tag, value }) => {
            let value = std::str::from_utf8(value).map_err(|_| "its value is not UTF-8")?;
            json!({ "flags": flags, "tag": tag, "value": value })
        }
        Rdata::Txt(txt) => json!({ "value": strings(&shape::bare(txt)?) }),
        other => return Err(format!("{} records are not written here", other.rtype())),
    })
}

/// A text in strings of at most 255 octets, which JSON lets end between characters only.
fn strings(text: &str) -> Vec<&str> {
    let (mut strings, mut rest) = (Vec::new(), text);
    while rest.len() > 255 {
        let (string, left) = rest.split_at(rest.floor_char_boundary(255));
        strings.push(string);
        rest = left;
    }
    strings.push(rest);
    strings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Name, Zone};

    #[test]
    fn data_reads_back_as_it_was_written() {
        let check = |text: &str, expected: Value| {
            let zone = Zone::parse(&format!("@ 60 {text}\n"), &Name::parse("a.").unwrap()).unwrap();
            let rrset = zone.rrsets().next().unwrap();
            let properties = write(rrset).unwrap();
            assert_eq!(properties[field(rrset.rtype()).unwrap()], expected);
            assert_eq!(properties["TTL"], 60);
            assert_eq!(read(rrset.rtype(), &properties).unwrap(), rrset.rdata());
        };
        check("MX 10 b.", json!([{ "preference": 10, "exchange": "b." }]));
        check("CNAME b.", json!({ "cname": "b." }));
        check("TXT \"a\\\"b\\\\\"", json!([{ "value": ["a\"b\\"] }]));
        check("CAA 128 issue \"ca.example; x=\\\"1\\\"\"", {
            json!([{ "flags": 128, "tag": "issue", "value": "ca.example; x=\"1\"" }])
        });
        check("SRV 0 1 993 b.", {
            json!([{ "priority": 0, "weight": 1, "port": 993, "target": "b." }])
        });
    }

    #[test]
    fn texts_are_cut_between_characters() {
        let check = |text: &str, expected: &[usize]| {
            let found = strings(text);
            assert_eq!(found.iter().map(|one| one.len()).collect::<Vec<_>>(), expected);
            assert_eq!(found.concat(), text);
        };
        check("", &[0]);
        check(&"a".repeat(255), &[255]);
        check(&"a".repeat(256), &[255, 1]);
        check(&format!("{}é", "a".repeat(254)), &[254, 2]);
    }

    #[test]
    fn the_last_dot_may_be_left_out() {
        let properties = json!({"MXRecords": [{"preference": 1, "exchange": "b.example"}]});
        let expected = Rdata::parse(Rtype::MX, "1 b.example.", None).unwrap();
        assert_eq!(read(Rtype::MX, &properties), Ok(vec![expected]));
    }

    #[test]
    fn what_is_not_there_is_told() {
        let mx = |properties| read(Rtype::MX, &properties).unwrap_err();
        assert_eq!(mx(json!({"MXRecords": [{"preference": 1}]})), "it has no `exchange`");
        assert!(read(Rtype::TLSA, &json!({})).is_err());
    }
}
