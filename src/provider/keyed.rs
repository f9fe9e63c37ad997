//! Hosts that one secret opens: their provider files and accounts.

use super::Open;
use super::api::{Api, Opening, account, credential, rate};
use super::hosted::Host;
use super::http::{Header, Http};
use crate::config::{Rate, Read, Reader, SecretRef, Table};
use crate::port::ProviderError;
use std::fmt;
use std::marker::PhantomData;

/// Such a host, and what is its own about it.
pub(super) trait Keyed: Host + Sized + 'static {
    /// Where the API is, unless the file says otherwise.
    const ENDPOINT: &'static str;
    /// So many calls in so many seconds an account, as the host documents.
    const CALLS: (u32, u64);
    /// What the provider file calls the secret.
    const KEY: &'static str = "token";
    /// Where the secret is, unless the file says otherwise.
    const VARIABLE: &'static str;
    /// The header, and what stands in it before the secret.
    const HEADER: (&'static str, &'static str) = ("authorization", "Bearer ");

    /// The host, asked in this way.
    fn new(http: Http) -> Self;
}

/// Reads the keys of a driver for such a host.
pub(super) fn settings<H: Keyed>(_: &Reader<'_>, table: &mut Table<'_>) -> Read<Box<dyn Open>> {
    let secret = credential(table, H::KEY, H::VARIABLE);
    account(table, Some(Key::<H> { secret, host: PhantomData }))
}

struct Key<H> {
    secret: SecretRef,
    host: PhantomData<fn() -> H>,
}

impl<H> fmt::Debug for Key<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.secret, f)
    }
}

impl<H: Keyed> Api for Key<H> {
    type Host = H;
    const ENDPOINT: &'static str = H::ENDPOINT;
    const RATE: Rate = rate(H::CALLS.0, H::CALLS.1);

    fn host(&self, opening: &Opening<'_>) -> Result<H, ProviderError> {
        let (name, prefix) = H::HEADER;
        let header = Header::new(name, prefix, opening.secret(&self.secret)?);
        Ok(H::new(opening.http(header)))
    }
}
