//! TLS reporting: who hears of mail that TLS policies keep away (RFC 8460).

use super::tags::{self, find, split_from};
pub use super::tags::{Extension, TagError};
use super::uri::Uri;
use std::fmt;

/// The TXT record at `_smtp._tls` (§3).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// Where reports go: `mailto:` or `https:`, at least one.
    pub rua: Vec<Uri>,
    /// Tags that nobody here knows.
    pub extensions: Vec<Extension>,
}

const VERSION: &str = "v=TLSRPTv1";

impl Record {
    /// Reads the joined text of a TXT record.
    pub fn parse(text: &str) -> Result<Self, TagError> {
        let tags = split_from(text, VERSION, "begin with exactly `v=TLSRPTv1`")?;
        let value = find(&tags, "rua").ok_or(TagError::Missing("rua"))?;
        let rua: Result<_, _> = value.split(',').map(|one| report(one.trim())).collect();
        let rua = rua.map_err(|problem| TagError::bad("rua", value, problem))?;
        Ok(Self { rua, extensions: tags::extensions(&tags, &["v", "rua"]) })
    }
}

fn report(text: &str) -> Result<Uri, &'static str> {
    let uri = Uri::parse(text)?;
    match uri.is_mail() || uri.is_web() {
        true => Ok(uri),
        false => Err("reports go to `mailto:` or `https:` only"),
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rua: Vec<_> = self.rua.iter().map(Uri::to_string).collect();
        write!(f, "{VERSION}; rua={}", rua.join(","))?;
        tags::write(f, &self.extensions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_read_and_print() {
        let check = |text, printed: &str| {
            let record = Record::parse(text).unwrap();
            assert_eq!(record.to_string(), printed);
            assert_eq!(Record::parse(printed), Ok(record));
        };
        check("v=TLSRPTv1;rua=mailto:a@example.net", "v=TLSRPTv1; rua=mailto:a@example.net");
        check(
            "v=TLSRPTv1; x=1; rua=https://example.net/v1 , MailTo:a@example.net; y=2;",
            "v=TLSRPTv1; rua=https://example.net/v1,MailTo:a@example.net; x=1; y=2",
        );
    }

    #[test]
    fn mistakes_are_named() {
        let check = |text, problem: &str| {
            let error = Record::parse(text).unwrap_err().to_string();
            assert!(error.contains(problem), "{text}: {error}");
        };
        check("", "the tag `v` is missing");
        check("v=TLSRPTv2; rua=mailto:a@example.net", "exactly `v=TLSRPTv1`");
        check(" v=TLSRPTv1; rua=mailto:a@example.net", "exactly `v=TLSRPTv1`");
        check("v=TLSRPTv1", "the tag `rua` is missing");
        check("v=TLSRPTv1; rua=", "begins with");
        check("v=TLSRPTv1; rua=a@example.net", "begins with");
        check("v=TLSRPTv1; rua=mailto:a@example.net,", "begins with");
        check("v=TLSRPTv1; rua=mailto:a@example.net!10m", "%21");
        check("v=TLSRPTv1; rua=ftp://example.net", "`mailto:` or `https:` only");
    }
}
