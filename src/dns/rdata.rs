//! The data of one record, by type: one table, from which enum, text and octets come.

mod address;
mod caa;
mod dnskey;
mod ds;
mod mx;
mod name;
mod naptr;
mod nsec;
mod rrsig;
mod soa;
mod srv;
mod sshfp;
mod svcb;
mod tlsa;
mod txt;

pub use caa::Caa;
pub use dnskey::Dnskey;
pub use ds::Ds;
pub use mx::Mx;
pub use naptr::Naptr;
pub use nsec::{Nsec, Nsec3, Nsec3param, Types};
pub use rrsig::Rrsig;
pub use soa::Soa;
pub use srv::Srv;
pub use sshfp::Sshfp;
pub use svcb::Svcb;
pub use tlsa::Tlsa;
pub use txt::Txt;

use super::text::{Fields, TextError};
use super::{Name, Octets, WireError};
use std::borrow::Cow;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A record type by its number; prints as `MX`, or `TYPE65280` when it has no name here.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Rtype(pub u16);

/// What each type of rdata can do: both formats, in and out.
trait Data: Sized + fmt::Display {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, TextError>;
    fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError>;
    fn encode(&self, out: &mut Vec<u8>);
}

macro_rules! rdata_types {
    ($($variant:ident = $code:literal, $mnemonic:ident, $data:ty;)+) => {
        /// The data of one record.
        ///
        /// Order is by type, then by the type's own fields; equality is what DNS means by it:
        /// names without case, TXT by its joined octets.
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[expect(missing_docs, reason = "each variant is the type that it is named after")]
        pub enum Rdata {
            $($variant($data),)+
            /// Any other type: its octets as they are (RFC 3597).
            Other(Rtype, Box<[u8]>),
        }

        impl Rtype {
            $(
                #[doc = concat!("The type ", stringify!($mnemonic), ".")]
                pub const $mnemonic: Self = Self($code);
            )+

            /// The types that this program knows the form of.
            pub const KNOWN: &[Self] = &[$(Self::$mnemonic),+];

            fn mnemonic(self) -> Option<&'static str> {
                match self {
                    $(Self::$mnemonic => Some(stringify!($mnemonic)),)+
                    _ => None,
                }
            }
        }

        impl Rdata {
            /// The type of this data.
            pub fn rtype(&self) -> Rtype {
                match self {
                    $(Self::$variant(_) => Rtype::$mnemonic,)+
                    Self::Other(rtype, _) => *rtype,
                }
            }

            /// Reads the data from fields, all of them; RFC 3597's `\#` is taken for every type.
            pub fn read(rtype: Rtype, mut fields: Fields<'_>) -> Result<Self, TextError> {
                if fields.peek().is_some_and(|field| field.raw == "\\#" && !field.quoted) {
                    return Self::generic(rtype, fields);
                }
                let data = match rtype {
                    $(Rtype::$mnemonic => Self::$variant(Data::parse(&mut fields)?),)+
                    _ => {
                        let form = "data in RFC 3597 form, `\\# length hexadecimal`,";
                        return Err(fields.next(form)?.error(format!(
                            "{rtype} is not a type with a form of its own here; write {form}"
                        )));
                    }
                };
                fields.finish()?;
                Ok(data)
            }

            /// Reads the data from uncompressed wire format.
            pub fn decode(rtype: Rtype, octets: &[u8]) -> Result<Self, WireError> {
                let mut cursor = Octets::new(octets);
                let data = match rtype {
                    $(Rtype::$mnemonic => Self::$variant(Data::decode(&mut cursor)?),)+
                    _ => Self::Other(rtype, cursor.rest().into()),
                };
                if cursor.is_empty() { Ok(data) } else { Err(WireError("length")) }
            }

            /// Appends the data in uncompressed wire format.
            pub fn encode(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$variant(data) => Data::encode(data, out),)+
                    Self::Other(_, octets) => out.extend_from_slice(octets),
                }
            }
        }

        impl fmt::Display for Rdata {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant(data) => fmt::Display::fmt(data, f),)+
                    Self::Other(_, octets) if octets.is_empty() => f.write_str("\\# 0"),
                    Self::Other(_, octets) => {
                        let hex = data_encoding::HEXLOWER.encode(octets);
                        write!(f, "\\# {} {hex}", octets.len())
                    }
                }
            }
        }
    };
}

rdata_types! {
    A = 1, A, Ipv4Addr;
    Ns = 2, NS, Name;
    Cname = 5, CNAME, Name;
    Soa = 6, SOA, Soa;
    Ptr = 12, PTR, Name;
    Mx = 15, MX, Mx;
    Txt = 16, TXT, Txt;
    Aaaa = 28, AAAA, Ipv6Addr;
    Srv = 33, SRV, Srv;
    Naptr = 35, NAPTR, Naptr;
    Dname = 39, DNAME, Name;
    Ds = 43, DS, Ds;
    Sshfp = 44, SSHFP, Sshfp;
    Rrsig = 46, RRSIG, Rrsig;
    Nsec = 47, NSEC, Nsec;
    Dnskey = 48, DNSKEY, Dnskey;
    Nsec3 = 50, NSEC3, Nsec3;
    Nsec3param = 51, NSEC3PARAM, Nsec3param;
    Tlsa = 52, TLSA, Tlsa;
    Cds = 59, CDS, Ds;
    Cdnskey = 60, CDNSKEY, Dnskey;
    Svcb = 64, SVCB, Svcb;
    Https = 65, HTTPS, Svcb;
    Caa = 257, CAA, Caa;
}

impl Rdata {
    /// Reads the data from text; relative names are below `origin`, or refused without one.
    pub fn parse(rtype: Rtype, text: &str, origin: Option<&Name>) -> Result<Self, TextError> {
        Self::read(rtype, Fields::split(text, origin)?)
    }

    /// The joined text of a TXT record; of nothing else.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Txt(txt) => Some(txt.text()),
            _ => None,
        }
    }

    /// The data in uncompressed wire format.
    pub fn octets(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        self.encode(&mut out);
        out
    }

    /// `\# length hexadecimal` (RFC 3597 §5), for known types too.
    fn generic(rtype: Rtype, mut fields: Fields<'_>) -> Result<Self, TextError> {
        let mark = fields.next("`\\#`")?;
        let length: usize = fields.get("a length in octets")?;
        let octets = match length {
            0 => Vec::new(),
            _ => fields.decode("hexadecimal", &data_encoding::HEXLOWER_PERMISSIVE)?,
        };
        fields.finish()?;
        if octets.len() != length {
            let n = octets.len();
            return Err(mark.error(format!("the length says {length} octets, the data has {n}")));
        }
        Self::decode(rtype, &octets).map_err(|error| mark.error(format!("{rtype} {error}")))
    }
}

impl Rtype {
    /// Reads `MX`, in any case, or `TYPE15` (RFC 3597 §5).
    pub fn parse(text: &str) -> Option<Self> {
        let known = Self::KNOWN.iter().find(|rtype| {
            rtype.mnemonic().is_some_and(|mnemonic| mnemonic.eq_ignore_ascii_case(text))
        });
        let generic = || {
            let (head, number) = text.split_at_checked(4)?;
            let number = number.parse().ok().filter(|_| head.eq_ignore_ascii_case("TYPE"))?;
            Some(Self(number))
        };
        known.copied().or_else(generic)
    }
}

impl fmt::Display for Rtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mnemonic() {
            Some(mnemonic) => f.pad(mnemonic),
            None => f.pad(&format!("TYPE{}", self.0)),
        }
    }
}

impl fmt::Debug for Rtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
