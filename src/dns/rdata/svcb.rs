//! SVCB and HTTPS (RFC 9460 §2).

use super::{Data, Fields, Octets, TextError, WireError};
use crate::dns::text::{Field, Quoted};
use crate::dns::{Name, TextError as Bad};
use data_encoding::BASE64;
use std::fmt::{self, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// How to reach a service, or where else to look for it.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Svcb {
    /// Zero makes it an alias; else lower is tried first.
    pub priority: u16,
    /// The host; `.` is the owner itself.
    pub target: Name,
    /// Parameters by their key, ascending, each once; values as octets.
    pub params: Vec<(u16, Box<[u8]>)>,
}

const KEYS: [&str; 8] =
    ["mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath"];
const MANDATORY: u16 = 0;
const ALPN: u16 = 1;
const NO_DEFAULT_ALPN: u16 = 2;
const PORT: u16 = 3;
const IPV4HINT: u16 = 4;
const ECH: u16 = 5;
const IPV6HINT: u16 = 6;

fn key_number(name: &str) -> Option<u16> {
    let known = KEYS.iter().position(|key| *key == name);
    known.map(|i| i as u16).or_else(|| name.strip_prefix("key")?.parse().ok())
}

fn key_name(key: u16) -> String {
    KEYS.get(usize::from(key)).map_or_else(|| format!("key{key}"), |name| (*name).to_owned())
}

impl Data for Svcb {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, TextError> {
        let priority = fields.get("a priority from 0 to 65535")?;
        let target = fields.name("a target host")?;
        let mut params: Vec<(u16, Box<[u8]>)> = Vec::new();
        while fields.peek().is_some() {
            let field = fields.next("a parameter")?;
            let (name, value) = field.raw.split_once('=').unwrap_or((field.raw, ""));
            let key = key_number(name)
                .ok_or_else(|| field.error(format!("`{name}` is not a parameter key")))?;
            // `alpn="h2,h3"`: the quoted part comes as a field of its own, right behind the sign.
            let value = match fields.peek() {
                Some(next) if value.is_empty() && next.quoted && follows(field, next) => {
                    fields.next("a value")?
                }
                _ => Field { raw: value, at: field.at + field.raw.len() - value.len(), ..field },
            };
            let octets = if name.starts_with("key") { value.octets()? } else { read(key, value)? };
            let place = params.binary_search_by_key(&key, |param| param.0);
            let Err(place) = place else {
                return Err(field.error(format!("`{name}` is given twice")));
            };
            params.insert(place, (key, octets.into()));
        }
        Ok(Self { priority, target, params })
    }

    fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        let (priority, target) = (octets.u16("priority")?, Name::decode(octets)?);
        let mut params: Vec<(u16, Box<[u8]>)> = Vec::new();
        while !octets.is_empty() {
            let key = octets.u16("parameter key")?;
            if params.last().is_some_and(|(last, _)| *last >= key) {
                return Err(WireError("order of parameters"));
            }
            let length = octets.u16("parameter length")?;
            params.push((key, octets.take(length.into(), "parameter")?.into()));
        }
        Ok(Self { priority, target, params })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.priority.to_be_bytes());
        self.target.encode(out);
        for (key, value) in &self.params {
            out.extend_from_slice(&key.to_be_bytes());
            out.extend_from_slice(&(value.len() as u16).to_be_bytes());
            out.extend_from_slice(value);
        }
    }
}

fn follows(field: Field<'_>, next: Field<'_>) -> bool {
    field.raw.ends_with('=') && next.at == field.at + field.raw.len()
}

/// The wire form of a value written in the form of its key (RFC 9460 §7).
fn read(key: u16, value: Field<'_>) -> Result<Vec<u8>, Bad> {
    let octets = value.octets()?;
    let text = String::from_utf8_lossy(&octets);
    let all = |form: &str, one: fn(&str) -> Option<Vec<u8>>| {
        let parts: Option<Vec<_>> = text.split(',').map(one).collect();
        parts.map(|parts| parts.concat()).ok_or_else(|| value.error(format!("this is not {form}")))
    };
    match key {
        MANDATORY => {
            let mut keys: Vec<_> = text.split(',').map(key_number).collect();
            keys.sort_unstable();
            let keys: Option<Vec<_>> = keys.into_iter().collect();
            let keys = keys.ok_or_else(|| value.error("this is not a list of parameter keys"))?;
            Ok(keys.into_iter().flat_map(u16::to_be_bytes).collect())
        }
        ALPN => all("a list of protocols such as `h2,h3`", |id| {
            let length = u8::try_from(id.len()).ok().filter(|length| *length > 0)?;
            Some([&[length], id.as_bytes()].concat())
        }),
        NO_DEFAULT_ALPN if !text.is_empty() => Err(value.error("this key takes no value")),
        NO_DEFAULT_ALPN => Ok(Vec::new()),
        PORT => value.get::<u16>("a port").map(|port| port.to_be_bytes().to_vec()),
        IPV4HINT => all("a list of IPv4 addresses", |address| {
            Some(Ipv4Addr::from_str(address).ok()?.octets().to_vec())
        }),
        IPV6HINT => all("a list of IPv6 addresses", |address| {
            Some(Ipv6Addr::from_str(address).ok()?.octets().to_vec())
        }),
        ECH => BASE64.decode(&octets).map_err(|_| value.error("this is not base64")),
        _ => Ok(octets),
    }
}

/// The text of a value in the form of its key, unless it has none.
fn text(key: u16, value: &[u8]) -> Option<String> {
    let words = |size: usize| {
        let whole = !value.is_empty() && value.len().is_multiple_of(size);
        whole.then(|| value.chunks_exact(size))
    };
    let join = |parts: Vec<String>| Some(parts.join(","));
    match key {
        MANDATORY => join(words(2)?.map(|c| key_name(u16::from_be_bytes([c[0], c[1]]))).collect()),
        ALPN => {
            let (mut ids, mut rest) = (Vec::new(), Octets::new(value));
            while !rest.is_empty() {
                let id = std::str::from_utf8(rest.string("alpn").ok()?).ok()?;
                let plain = |c: u8| c.is_ascii_graphic() && !b",\\\"();".contains(&c);
                if id.is_empty() || !id.bytes().all(plain) {
                    return None;
                }
                ids.push(id.to_owned());
            }
            (!ids.is_empty()).then(|| ids.join(","))
        }
        PORT => <[u8; 2]>::try_from(value).ok().map(|port| u16::from_be_bytes(port).to_string()),
        IPV4HINT => {
            join(words(4)?.map(|c| Ipv4Addr::from([c[0], c[1], c[2], c[3]]).to_string()).collect())
        }
        IPV6HINT => {
            let address = |c| <[u8; 16]>::try_from(c).ok().map(|c| Ipv6Addr::from(c).to_string());
            join(words(16)?.map(address).collect::<Option<_>>()?)
        }
        ECH => Some(BASE64.encode(value)),
        _ => None,
    }
}

impl fmt::Display for Svcb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.priority, self.target)?;
        for (key, value) in &self.params {
            f.write_char(' ')?;
            match (text(*key, value), *key) {
                (Some(text), key) => write!(f, "{}={text}", key_name(key))?,
                (None, NO_DEFAULT_ALPN) if value.is_empty() => f.write_str(KEYS[2])?,
                (None, key) => write!(f, "key{key}={}", Quoted(value))?,
            }
        }
        Ok(())
    }
}
