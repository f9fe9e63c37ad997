//! Whom programs on this machine ask.

use crate::port::{LookupError, Recursor, Way};
use hickory_resolver::config::ResolverConfig;
use hickory_resolver::system_conf::read_system_conf;
use std::net::SocketAddr;

/// The resolvers of this machine, as its own settings name them.
pub fn system() -> Result<Vec<Recursor>, LookupError> {
    let read = read_system_conf();
    let (config, _) = read.map_err(|error| LookupError::Useless {
        server: "this machine".to_owned(),
        problem: format!("does not say whom it asks: {error}"),
    })?;
    Ok(recursors(&config))
}

fn recursors(config: &ResolverConfig) -> Vec<Recursor> {
    let servers = config.name_servers();
    let recursors = servers.iter().enumerate().map(|(place, server)| {
        let port = server.connections.first().map_or(53, |connection| connection.port);
        let name = match servers.len() {
            1 => "system".to_owned(),
            _ => format!("system-{}", place + 1),
        };
        Recursor::at(name, Way::Plain(SocketAddr::new(server.ip, port)))
    });
    recursors.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_resolver::config::NameServerConfig;

    #[test]
    fn several_have_names_of_their_own() {
        let check = |addresses: &[&str], names: &[&str]| {
            let server = |ip: &&str| NameServerConfig::udp_and_tcp(ip.parse().unwrap());
            let servers = addresses.iter().map(server).collect();
            let config = ResolverConfig::from_parts(None, Vec::new(), servers);
            let told: Vec<_> = recursors(&config).iter().map(Recursor::to_string).collect();
            assert_eq!(told, names);
        };
        check(&["192.0.2.1"], &["system (192.0.2.1:53)"]);
        check(
            &["192.0.2.1", "2001:db8::1"],
            &["system-1 (192.0.2.1:53)", "system-2 ([2001:db8::1]:53)"],
        );
    }
}
