//! Records as the control panel has them: everything is text, and `@` is the zone's own name.

use crate::dns::rdata::{Mx, Srv, Txt};
use crate::dns::{Name, Rdata, Rtype};
use crate::port::ProviderError;
use crate::provider::shape;
use serde_json::{Value, json};

/// A record as it is sent, without its id.
pub(super) fn record(apex: &Name, owner: &Name, rdata: &Rdata) -> Result<Value, ProviderError> {
    let flat = shape::flat(rdata);
    let destination = match rdata {
        Rdata::Txt(txt) => match shape::bare(txt).map_err(ProviderError::Refused)? {
            text if text.contains('\\') => {
                let why = "it takes no text with backslashes".to_owned();
                return Err(ProviderError::Refused(why));
            }
            text => text.replace('"', "\\\""),
        },
        // Its priority is where it stands in a zone file.
        Rdata::Srv(srv) => srv.to_string(),
        _ => flat.content,
    };
    let mut record = json!({
        "hostname": shape::label(owner, apex, "@"), "type": rdata.rtype().to_string(),
        "destination": destination,
    });
    if let Rdata::Mx(mx) = rdata {
        record["priority"] = json!(mx.preference.to_string());
    }
    Ok(record)
}

/// Data as it is shown; what is wrong with it, if it may mean several things.
pub(super) fn read(apex: &Name, rtype: Rtype, priority: &str, text: &str) -> Result<Rdata, String> {
    let number = |text: &str| text.parse().map_err(|_| format!("`{text}` is no number"));
    Ok(match rtype {
        Rtype::MX => Rdata::Mx(Mx { preference: number(priority)?, exchange: target(apex, text)? }),
        Rtype::CNAME => Rdata::Cname(target(apex, text)?),
        Rtype::NS => Rdata::Ns(target(apex, text)?),
        Rtype::SRV => match text.split_whitespace().collect::<Vec<_>>()[..] {
            [priority, weight, port, host] => Rdata::Srv(Srv {
                priority: number(priority)?,
                weight: number(weight)?,
                port: number(port)?,
                target: target(apex, host)?,
            }),
            _ => return Err(format!("it holds `{text}`")),
        },
        Rtype::TXT => match text.replace("\\\"", "\"") {
            odd if odd.contains('\\') => return Err(format!("it holds `{text}`")),
            text => Rdata::Txt(Txt::new(text)),
        },
        _ => return shape::rdata(rtype, None, text),
    })
}

/// A host; one that has a single label may mean a name in the zone, and may not.
fn target(apex: &Name, text: &str) -> Result<Name, String> {
    match text {
        "@" => Ok(apex.clone()),
        _ if text.contains('.') => shape::name(text),
        _ => Err(format!("of `{text}` nobody knows where it ends")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_read_as_the_panel_shows_it() {
        let apex = Name::parse("example.net.").unwrap();
        let check = |rtype, text, expected| {
            let found = read(&apex, rtype, "10", text).ok().map(|rdata| rdata.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        };
        check(Rtype::MX, "mail.example.org", Some("10 mail.example.org."));
        check(Rtype::MX, "mail.example.org.", Some("10 mail.example.org."));
        check(Rtype::MX, "@", Some("10 example.net."));
        check(Rtype::MX, "mail", None);
        check(Rtype::SRV, "0 1 993 imap.example.org.", Some("0 1 993 imap.example.org."));
        check(Rtype::SRV, "0 1 993 @", Some("0 1 993 example.net."));
        check(Rtype::SRV, "1 993 imap.example.org", None);
        check(Rtype::TXT, r#"say \"ah\""#, Some(r#""say \"ah\"""#));
        check(Rtype::TXT, r#"say "ah""#, Some(r#""say \"ah\"""#));
        check(Rtype::TXT, r"a\\b", None);
        check(Rtype::CAA, "0 issue \"ca.example\"", Some("0 issue \"ca.example\""));
    }
}
