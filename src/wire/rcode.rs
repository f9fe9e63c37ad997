//! Response codes.

use std::fmt;

/// A response code by its number (RFC 6895 §2.3); prints as `SERVFAIL`, or `RCODE11`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Rcode(pub u16);

macro_rules! rcodes {
    ($($name:ident = $code:literal, $meaning:literal;)+) => {
        impl Rcode {
            $(
                #[doc = concat!($meaning, ".")]
                pub const $name: Self = Self($code);
            )+

            fn mnemonic(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some(stringify!($name)),)+
                    _ => None,
                }
            }
        }
    };
}

rcodes! {
    NOERROR = 0, "Done";
    FORMERR = 1, "The request cannot be read";
    SERVFAIL = 2, "The server has a problem of its own";
    NXDOMAIN = 3, "There is no such name";
    NOTIMP = 4, "The server does not do this";
    REFUSED = 5, "The server does not do this for this client";
    YXDOMAIN = 6, "The name exists, and should not";
    YXRRSET = 7, "The RRset exists, and should not";
    NXRRSET = 8, "The RRset is not there, or not so";
    NOTAUTH = 9, "Not the server's zone, or not the zone's key";
    NOTZONE = 10, "The name is outside the zone";
    BADVERS = 16, "That version of EDNS is not spoken here";
}

impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mnemonic() {
            Some(mnemonic) => f.pad(mnemonic),
            None => f.pad(&format!("RCODE{}", self.0)),
        }
    }
}
