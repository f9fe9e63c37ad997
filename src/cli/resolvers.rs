//! Whom a project's `resolvers:` stand for.

use crate::config::Listed;
use crate::port::{LookupError, Recursor};
use crate::{lookup, watch};
use std::net::SocketAddr;

/// Whom to watch. Whoever is written out takes the place of those of the same name or way.
pub(super) fn watched(listed: &[Listed]) -> Result<Vec<Recursor>, LookupError> {
    spliced(listed, watch::builtin, lookup::system)
}

fn spliced(
    listed: &[Listed],
    builtin: impl Fn() -> Vec<Recursor>,
    system: impl Fn() -> Result<Vec<Recursor>, LookupError>,
) -> Result<Vec<Recursor>, LookupError> {
    let own = || listed.iter().filter_map(own);
    let is_new = |one: &Recursor| own().all(|own| own.name != one.name && own.way != one.way);
    let mut watched: Vec<Recursor> = Vec::new();
    for item in listed {
        let mut those = match item {
            Listed::One(recursor) => {
                watched.push(recursor.clone());
                continue;
            }
            Listed::Builtin => builtin(),
            Listed::System => system()?,
        };
        those.retain(|one| is_new(one) && watched.iter().all(|other| other.way != one.way));
        watched.append(&mut those);
    }
    Ok(watched)
}

/// Whom to ask what others publish, in the clear: nobody (`None`) if nobody is listed, and this
/// machine's own, who need not be named, if nobody else is written out.
pub(super) fn asked(listed: &[Listed]) -> Option<Vec<SocketAddr>> {
    let plain = listed.iter().filter_map(own).filter_map(|one| one.way.plain());
    (!listed.is_empty()).then(|| plain.collect())
}

fn own(listed: &Listed) -> Option<&Recursor> {
    match listed {
        Listed::One(recursor) => Some(recursor),
        Listed::Builtin | Listed::System => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::Way;

    fn plain(name: &str, last: u8) -> Recursor {
        Recursor::at(name, Way::Plain(([192, 0, 2, last], 53).into()))
    }

    fn doh(name: &str) -> Recursor {
        let url = format!("https://{name}.example/");
        Recursor::at(name, Way::Https { url, addresses: Vec::new() })
    }

    #[test]
    fn what_is_written_out_comes_once() {
        let builtin = || vec![plain("a", 1), plain("b", 2), plain("c", 3)];
        let check = |listed: &[Listed], names: &[&str]| {
            let system = || Ok(vec![plain("system", 2), plain("c", 4)]);
            let watched = spliced(listed, builtin, system).unwrap();
            let told = watched.iter().map(|one| one.to_string().replace("192.0.2.", ""));
            assert_eq!(told.collect::<Vec<_>>(), names);
        };
        let one = Listed::One;
        check(&[], &[]);
        check(&[Listed::Builtin, Listed::Builtin], &["a (1:53)", "b (2:53)", "c (3:53)"]);
        check(
            &[Listed::Builtin, one(plain("b", 9)), one(plain("x", 3))],
            &["a (1:53)", "b (9:53)", "x (3:53)"],
        );
        check(&[Listed::System], &["system (2:53)", "c (4:53)"]);
        check(
            &[Listed::System, Listed::Builtin],
            &["system (2:53)", "c (4:53)", "a (1:53)", "c (3:53)"],
        );
        check(&[one(doh("b")), one(doh("b"))], &["b (https://b.example/)"; 2]);
    }

    #[test]
    fn nobody_is_asked_only_where_nobody_is_listed() {
        assert_eq!(asked(&[]), None);
        assert_eq!(asked(&[Listed::Builtin, Listed::System]), Some(vec![]));
        assert_eq!(asked(&[Listed::One(doh("a"))]), Some(vec![]));
        let mixed = [Listed::Builtin, Listed::One(plain("a", 1)), Listed::One(doh("b"))];
        assert_eq!(asked(&mixed), Some(vec![([192, 0, 2, 1], 53).into()]));
    }
}
