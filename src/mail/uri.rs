//! Where reports go: the URIs of DMARC and TLS reporting.

use crate::dns::Name;
use std::fmt;

/// An address for reports: `mailto:a@example.net` or `https://example.net/reports` (RFC 3986 §3).
///
/// Schemes that receivers do not know are kept; nobody reports to them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Uri(String);

impl Uri {
    /// Reads one. Commas, semicolons and exclamation marks must be escaped (RFC 9989 §4.8).
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let scheme = text.split_once(':').map(|(scheme, _)| scheme).unwrap_or_default();
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|c| c.is_ascii_alphanumeric() || b"+-.".contains(&c));
        if !is_scheme {
            return Err("an address begins with `mailto:` or `https:`");
        }
        if !text.bytes().all(|c| c.is_ascii_graphic() && !b",;!".contains(&c)) {
            return Err("write `,` as `%2C`, `;` as `%3B` and `!` as `%21`, and no blanks");
        }
        let uri = Self(text.to_owned());
        let names_a_host = uri.is_mail() || uri.is_web();
        match names_a_host && uri.host().is_none() {
            true => Err("the address names no host"),
            false => Ok(uri),
        }
    }

    /// Whether reports go there by mail.
    pub fn is_mail(&self) -> bool {
        self.has_scheme("mailto")
    }

    /// Whether reports go there by HTTPS.
    pub fn is_web(&self) -> bool {
        self.has_scheme("https")
    }

    /// The host that takes the reports; `None` for schemes that are not known.
    pub fn host(&self) -> Option<Name> {
        let (_, rest) = self.0.split_once(':')?;
        let host = if self.is_mail() {
            let (user, host) = rest.split('?').next()?.rsplit_once('@')?;
            Some(host).filter(|_| !user.is_empty())?
        } else if self.is_web() {
            let authority = rest.strip_prefix("//")?.split(['/', '?', '#']).next()?;
            let host = authority.rsplit('@').next()?;
            host.split(':').next()?
        } else {
            return None;
        };
        let name = Name::parse(&format!("{}.", host.strip_suffix('.').unwrap_or(host))).ok()?;
        (name != Name::root()).then_some(name)
    }

    fn has_scheme(&self, wanted: &str) -> bool {
        self.0.split_once(':').is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case(wanted))
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_takes_the_reports() {
        let check = |text, host: &str| {
            let found = Uri::parse(text).unwrap().host();
            assert_eq!(found.map(|host| host.to_string()).unwrap_or_default(), host, "{text}");
        };
        check("mailto:a@example.net", "example.net.");
        check("MAILTO:a@example.net?subject=x@y", "example.net.");
        check("mailto:a%40b@example.net.", "example.net.");
        check("https://example.net", "example.net.");
        check("https://user@example.net:8443/a?b#c", "example.net.");
        check("gopher:example.net", "");
    }

    #[test]
    fn what_nobody_can_report_to_is_refused() {
        let check = |text, problem: &str| {
            let error = Uri::parse(text).unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
        };
        check("", "begins with");
        check("a@example.net", "begins with");
        check("1x:a", "begins with");
        check("mailto:a,b@example.net", "%2C");
        check("mailto:a b@example.net", "blanks");
        check("mailto:a@ex\u{e4}mple.net", "blanks");
        check("mailto:a", "no host");
        check("mailto:@example.net", "no host");
        check("mailto:a@", "no host");
        check("https:example.net", "no host");
        check("https:///reports", "no host");
    }
}
