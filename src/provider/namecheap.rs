//! Namecheap, by its XML API.
//!
//! One call replaces the whole zone, and says which mail mode it is in. So it is made of all that
//! was read, word for word, but for the RRsets that change. A zone that holds anything which such a
//! call would lose is read and not written.

mod answer;
mod entry;

use super::Open;
use super::api::{Api, Named, Opening, account, credential, named, rate};
use super::hosted::{Held, Host, Reading};
use super::http::{Call, Dialect, Http, Method, Reply};
use super::shape;
use crate::config::{Rate, Read, Reader, Secret, SecretRef, Table};
use crate::dns::{Name, Rtype, Ttl};
use crate::plan::{Change, Facts, Guard};
use crate::port::ProviderError;
use answer::{Hosts, Services, Written, answer};
use async_trait::async_trait;
use entry::{Entry, TYPES};
use reqwest::{Client, Request};
use serde::de::DeserializeOwned;
use std::net::Ipv4Addr;

/// `api-user`, `api-key`, `user-name` and `client-ip`.
#[derive(Debug)]
struct Settings {
    user: Named,
    key: SecretRef,
    /// On whose account the user acts, if not on the user's own.
    account: Option<Named>,
    address: Named,
}

/// Reads the keys of this driver.
pub(super) fn settings(_: &Reader<'_>, table: &mut Table<'_>) -> Read<Box<dyn Open>> {
    let user = named(table, "api-user", "NAMECHEAP_API_USER");
    let key = credential(table, "api-key", "NAMECHEAP_API_KEY");
    let account_of = table.get("user-name", crate::config::text).map(Named::Written);
    let address = named(table, "client-ip", "NAMECHEAP_CLIENT_IP");
    account(table, Some(Settings { user, key, account: account_of, address }))
}

impl Api for Settings {
    type Host = Namecheap;
    const ENDPOINT: &'static str = "https://api.namecheap.com";
    /// Twenty a minute, as its support says; there are also 700 an hour.
    const RATE: Rate = rate(20, 60);

    fn host(&self, opening: &Opening<'_>) -> Result<Namecheap, ProviderError> {
        let (user, key) = (opening.name(&self.user)?, opening.secret(&self.key)?);
        let account = self.account.as_ref().map(|account| opening.name(account)).transpose()?;
        let address = opening.name(&self.address)?;
        if address.parse::<Ipv4Addr>().is_err() {
            let why =
                format!("`client-ip` is `{address}`, and must be this machine's IPv4 address");
            return Err(ProviderError::Unauthorized(why));
        }
        let account = account.unwrap_or_else(|| user.clone());
        let http = opening.http(Key(key.clone()));
        Ok(Namecheap { http, user, key, account, address })
    }
}

/// What shows who asks is part of every call.
struct Key(Secret);

#[async_trait]
impl Dialect for Key {
    async fn sign(&self, request: Request, _: &Client) -> Result<Request, ProviderError> {
        Ok(request)
    }

    /// Too many calls are a method that is not allowed, or an error with a number of its own.
    fn is_throttled(&self, reply: &Reply) -> bool {
        reply.is(429) || reply.is(405) || answer::is_throttled(reply)
    }

    fn secrets(&self) -> Vec<Secret> {
        vec![self.0.clone()]
    }
}

struct Namecheap {
    http: Http,
    user: String,
    key: Secret,
    account: String,
    address: String,
}

/// The first label of a registered domain, and the rest, which may be `co.uk`.
struct Domain {
    sld: String,
    tld: String,
}

/// A zone in the host's own words.
struct Native {
    entries: Vec<Entry>,
    /// What the host does about mail: `MX` is what the records say.
    mode: Option<String>,
}

/// The mode in which MX records are ours.
const CUSTOM: &str = "MX";

impl Namecheap {
    /// Everything is a form; `fields` are what the command needs besides the domain.
    async fn send<T: DeserializeOwned>(
        &self,
        apex: &Name,
        domain: &Domain,
        (command, is_write): (&str, bool),
        fields: &[(String, String)],
    ) -> Result<T, ProviderError> {
        let command = format!("namecheap.domains.dns.{command}");
        let own = [
            ("ApiUser", self.user.as_str()),
            ("ApiKey", self.key.expose()),
            ("UserName", &self.account),
            ("ClientIp", &self.address),
            ("Command", &command),
            ("SLD", &domain.sld),
            ("TLD", &domain.tld),
        ];
        let fields = fields.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let form: Vec<_> = own.into_iter().chain(fields).collect();
        let path = "xml.response";
        let call = if is_write { Call::write(Method::POST, path) } else { Call::ask(path) };
        answer(&self.http, &self.http.send(call.form(&form)).await?, apex)
    }

    /// SRV records are not among the others. Nothing is documented about them but that the console
    /// has them, so whoever cannot be told of them must not write.
    async fn services(
        &self,
        apex: &Name,
        domain: &Domain,
        reading: &mut Reading,
    ) -> Result<(), ProviderError> {
        match self.send::<Services>(apex, domain, ("getSRVRecords", false), &[]).await {
            Ok(services) => {
                for label in services.labels() {
                    if let Ok(owner) = shape::owner(&label, apex) {
                        reading.close(owner, Rtype::SRV, "the host shows no TTL of it");
                    }
                    reading.close_zone(&lost(&label, "SRV", "SRV records are kept apart"));
                }
                Ok(())
            }
            Err(busy @ ProviderError::Busy(_)) => Err(busy),
            // It has just taken the credentials for the others.
            Err(why) => {
                let why = format!("the host does not say which SRV records there are: {why}");
                reading.close_zone(&why);
                Ok(())
            }
        }
    }
}

#[async_trait]
impl Host for Namecheap {
    type Zone = Domain;
    type Native = Native;

    fn facts(&self) -> Facts {
        Facts {
            ttl_floor: Ttl::from_secs(60),
            ttl_ceiling: Some(Ttl::from_secs(60_000)),
            guard: Guard::Reading,
            types: TYPES,
            null_mx: false,
            mx_ceiling: Some(255),
            txt_without: "\"".to_owned(),
            ..Facts::default()
        }
    }

    /// A zone is a registered domain; its records show that it is there.
    async fn find(&self, apex: &Name) -> Result<Domain, ProviderError> {
        let name = shape::undotted(apex);
        let parts = name.split_once('.').filter(|(sld, tld)| !sld.is_empty() && !tld.is_empty());
        let (sld, tld) = parts.ok_or_else(|| ProviderError::NoZone(apex.clone()))?;
        Ok(Domain { sld: sld.to_owned(), tld: tld.to_owned() })
    }

    async fn has(&self, name: &Name) -> Result<(), ProviderError> {
        let domain = self.find(name).await?;
        self.send::<Hosts>(name, &domain, ("getHosts", false), &[]).await.map(drop)
    }

    async fn read(&self, apex: &Name, domain: &Domain) -> Result<Held<Native>, ProviderError> {
        let mut reading = Reading::new(apex, self.facts());
        let hosts: Hosts = self.send(apex, domain, ("getHosts", false), &[]).await?;
        let (entries, mode, is_served) = hosts.into_parts();
        if !is_served {
            reading.close_zone("the domain does not use the host's name servers");
        }
        match mode.as_deref() {
            Some(CUSTOM) => (),
            Some(mode) => reading.close_type(Rtype::MX, closed_mode(mode)),
            None => reading.close_zone("the host does not say what it does about mail"),
        }
        for entry in &entries {
            if let Some(why) = entry.loss(apex) {
                reading.close_zone(&lost(&entry.name, &entry.rtype, &why));
            }
            entry.show(apex, &mut reading);
        }
        self.services(apex, domain, &mut reading).await?;
        Ok(reading.held(Native { entries, mode }))
    }

    async fn write(
        &self,
        apex: &Name,
        domain: &Domain,
        held: &Held<Native>,
        changes: &[&Change],
    ) -> Result<(), ProviderError> {
        let Native { entries, mode } = &held.native;
        let is_kept = |entry: &&Entry| !changes.iter().any(|change| entry.is_of(change, apex));
        let mut all: Vec<_> = entries.iter().filter(is_kept).cloned().collect();
        for rrset in changes.iter().filter_map(|change| change.after()) {
            all.extend(Entry::of(rrset, apex)?);
        }
        let refused = |why: &str| Err(ProviderError::Refused(why.to_owned()));
        let mode = mode.as_deref().unwrap_or_default();
        if all.is_empty() {
            return refused("it would fill an empty zone with records of its own");
        }
        if mode == CUSTOM && !all.iter().any(|entry| entry.rtype == "MX") {
            return refused("it takes no zone without MX while its Mail Settings are Custom MX");
        }
        let fields = all.iter().zip(1..).flat_map(|(entry, number)| entry.fields(number));
        let mode = [("EmailType".to_owned(), mode.to_owned())];
        let fields: Vec<_> = mode.into_iter().chain(fields).collect();
        let command = ("setHosts", true);
        let written: Written = self.send(apex, domain, command, &fields).await?;
        match written.is_success() {
            true => Ok(()),
            false => refused("it says that nothing was written"),
        }
    }
}

fn lost(label: &str, rtype: &str, why: &str) -> String {
    format!("a write replaces the whole zone, and would lose `{label} {rtype}`: {why}")
}

fn closed_mode(mode: &str) -> String {
    let set = "set Mail Settings to Custom MX in the console (Domain List, Advanced DNS)";
    format!("the host sees to MX itself while its mail mode is `{mode}`: {set}, with today's MX")
}
