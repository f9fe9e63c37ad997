//! Data as Cloudflare takes and shows it: some types as text, others in fields.

use super::Listed;
use crate::dns::rdata::{Caa, Srv, Tlsa};
use crate::dns::{Rdata, Rtype};
use crate::port::ProviderError;
use crate::provider::shape;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

/// The types that are read and written here.
pub(super) const TYPES: &[Rtype] = &[
    Rtype::A,
    Rtype::AAAA,
    Rtype::CAA,
    Rtype::CNAME,
    Rtype::MX,
    Rtype::NS,
    Rtype::PTR,
    Rtype::SRV,
    Rtype::TLSA,
    Rtype::TXT,
];

/// The data of a record that the API shows.
pub(super) fn read(rtype: Rtype, one: &Listed) -> Result<Rdata, String> {
    let content = one.content.as_deref().unwrap_or_default();
    let field = |name: &str| one.data.get(name).and_then(Value::as_u64);
    match (rtype, one.data["target"].as_str()) {
        (Rtype::SRV, Some(target)) => {
            let number = |name| field(name).unwrap_or_default();
            let priority = one.priority.map_or_else(|| number("priority"), u64::from);
            let (weight, port) = (number("weight"), number("port"));
            let text = format!("{priority} {weight} {port} {}", shape::name(target)?);
            Rdata::parse(rtype, &text, None).map_err(|error| error.message)
        }
        _ => shape::rdata(rtype, one.priority, content),
    }
}

/// A record to send: what stands already in `record`, and its data.
pub(super) fn write(mut record: Value, rdata: &Rdata) -> Result<Value, ProviderError> {
    record["type"] = json!(rdata.rtype().to_string());
    match rdata {
        Rdata::Srv(Srv { priority, weight, port, target }) => {
            record["data"] = json!({
                "priority": priority, "weight": weight, "port": port,
                "target": shape::undotted(target),
            });
        }
        Rdata::Caa(Caa { flags, tag, value }) => {
            let value = String::from_utf8_lossy(value);
            record["data"] = json!({ "flags": flags, "tag": tag, "value": value });
        }
        Rdata::Tlsa(Tlsa { usage, selector, matching, data }) => {
            record["data"] = json!({
                "usage": usage, "selector": selector, "matching_type": matching,
                "certificate": HEXLOWER.encode(data),
            });
        }
        _ if !TYPES.contains(&rdata.rtype()) => {
            let why = format!("{} records are not written here", rdata.rtype());
            return Err(ProviderError::Refused(why));
        }
        other => {
            let flat = shape::flat(other);
            record["content"] = json!(flat.content);
            if let Some(priority) = flat.priority {
                record["priority"] = json!(priority);
            }
        }
    }
    Ok(record)
}
