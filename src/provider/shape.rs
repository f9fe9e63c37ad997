//! Data in the shape of most record-level APIs: priorities apart, names without the last dot.

use crate::dns::rdata::{Mx, Srv, Txt};
use crate::dns::{Name, Rdata, Rtype};

/// A name as most APIs write it, without the last dot; the root stays a dot.
pub(super) fn undotted(name: &Name) -> String {
    let text = name.to_string();
    match text.strip_suffix('.') {
        Some(short) if !short.is_empty() => short.to_owned(),
        _ => text,
    }
}

/// Reads such a name, with or without the last dot.
pub(super) fn name(text: &str) -> Result<Name, String> {
    let dot = if text.ends_with('.') { "" } else { "." };
    Name::parse(&format!("{text}{dot}")).map_err(|error| error.to_string())
}

/// The owner's labels before the zone's name; the apex as this API writes it: `@` or nothing.
pub(super) fn label(owner: &Name, apex: &Name, at_apex: &str) -> String {
    if owner == apex { at_apex.to_owned() } else { owner.relative_to(apex) }
}

/// The owner of which an API shows the labels before the zone's name.
pub(super) fn owner(label: &str, apex: &Name) -> Result<Name, String> {
    match label {
        "" | "@" => Ok(apex.clone()),
        _ => Name::parse(&format!("{label}.{apex}")).map_err(|error| error.to_string()),
    }
}

/// Data with its priority apart.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Flat {
    /// Of MX and SRV.
    pub(super) priority: Option<u16>,
    /// The rest in presentation format, hosts without the last dot.
    pub(super) content: String,
}

/// Takes data apart.
pub(super) fn flat(rdata: &Rdata) -> Flat {
    let (priority, content) = match rdata {
        Rdata::Mx(Mx { preference, exchange }) => (Some(*preference), undotted(exchange)),
        Rdata::Srv(Srv { priority, weight, port, target }) => {
            (Some(*priority), format!("{weight} {port} {}", undotted(target)))
        }
        Rdata::Cname(name) | Rdata::Ns(name) | Rdata::Ptr(name) => (None, undotted(name)),
        other => (None, other.to_string()),
    };
    Flat { priority, content }
}

/// Puts data together again; what is wrong with it, if that cannot be done.
pub(super) fn rdata(rtype: Rtype, priority: Option<u16>, content: &str) -> Result<Rdata, String> {
    let text = match rtype {
        Rtype::TXT => return text(content),
        Rtype::MX | Rtype::SRV => {
            let priority = priority.ok_or("it has no priority")?;
            format!("{priority} {}", dotted(content))
        }
        Rtype::CNAME | Rtype::NS | Rtype::PTR => dotted(content),
        _ => content.to_owned(),
    };
    Rdata::parse(rtype, &text, None).map_err(|error| error.message)
}

/// Text as APIs show it: in quotes and cut, in quotes and whole, or bare.
pub(super) fn text(content: &str) -> Result<Rdata, String> {
    let inner = content.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inner {
        Some(whole) if !whole.contains(['"', '\\']) => Ok(Rdata::Txt(Txt::new(whole))),
        _ if !content.trim_start().starts_with('"') => Ok(Rdata::Txt(Txt::new(content))),
        _ => Rdata::parse(Rtype::TXT, content, None).map_err(|error| error.message),
    }
}

/// The octets of a text record as the one string that an API wants, if it can mean nothing else.
pub(super) fn bare(txt: &Txt) -> Result<String, String> {
    let text = String::from_utf8(txt.joined()).map_err(|_| "its text is not UTF-8")?;
    let is_odd = text.trim() != text || text.chars().any(char::is_control);
    match text.starts_with('"') || text.is_empty() || is_odd {
        true => Err("its text has quotes or blanks around it, or control characters".to_owned()),
        false => Ok(text),
    }
}

/// The same for APIs that do not give marks and backslashes back as they took them.
pub(super) fn plain(txt: &Txt) -> Result<String, String> {
    match bare(txt)? {
        text if text.contains(['"', '\\']) => {
            Err("it takes no text with quotation marks or backslashes".to_owned())
        }
        text => Ok(text),
    }
}

fn dotted(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_taken_apart_and_put_together() {
        let check = |rtype, text: &str, priority, content: &str| {
            let data = Rdata::parse(rtype, text, None).unwrap();
            let found = flat(&data);
            assert_eq!(found, Flat { priority, content: content.to_owned() });
            assert_eq!(rdata(rtype, found.priority, &found.content), Ok(data));
        };
        check(Rtype::MX, "10 a.example.", Some(10), "a.example");
        check(Rtype::MX, "0 .", Some(0), ".");
        check(Rtype::SRV, "0 1 993 imap.example.", Some(0), "1 993 imap.example");
        check(Rtype::CNAME, "a.example.", None, "a.example");
        check(Rtype::TXT, r#""v=spf1 -all""#, None, r#""v=spf1 -all""#);
        check(Rtype::CAA, "0 issue \"ca.example\"", None, "0 issue \"ca.example\"");
        assert!(rdata(Rtype::MX, None, "a.example").is_err());
        assert_eq!(text("v=DKIM1; p=a").unwrap().to_string(), r#""v=DKIM1; p=a""#);
    }

    #[test]
    fn owners_are_labels() {
        let apex = Name::parse("example.net.").unwrap();
        let check = |label_: &str, full: &str| {
            let name = Name::parse(full).unwrap();
            assert_eq!(owner(label_, &apex), Ok(name.clone()));
            assert_eq!(label(&name, &apex, "@"), label_);
        };
        check("@", "example.net.");
        check("a.b", "a.b.example.net.");
        check("*", "*.example.net.");
        check("_dmarc", "_dmarc.example.net.");
    }
}
