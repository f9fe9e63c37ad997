//! What a provider file says of a name server with dynamic updates.

use super::{Rfc2136, Settings};
use crate::config::{
    self, Diagnostic, Read, Reader, SecretRef, Table, Value, scalar, secret, text,
};
use crate::dns::{Name, TextError};
use crate::port::{Provider, ProviderError};
use crate::provider::{Context, Open};
use crate::wire::{Algorithm, TsigKey};
use async_trait::async_trait;
use data_encoding::BASE64;
use std::net::SocketAddr;

/// `server`, `transfer` and `tsig`.
#[derive(Debug)]
struct Account {
    server: String,
    transfer: Option<String>,
    tsig: Option<Tsig>,
}

#[derive(Debug)]
struct Tsig {
    name: Name,
    algorithm: Algorithm,
    secret: SecretRef,
}

/// Reads the keys of this driver.
pub(in crate::provider) fn settings(_: &Reader<'_>, table: &mut Table<'_>) -> Read<Box<dyn Open>> {
    let server = table.need("server", text);
    let transfer = table.get("transfer", text);
    let has_tsig = table.take("tsig").is_some();
    let tsig = table.get("tsig", |reader, node| {
        if let Value::Scalar { .. } = node.value {
            // dig's `-y` form holds the secret, so it must not be shown.
            let found = Diagnostic::error("a table is wanted here, not text").at(node.span.clone());
            let found = found.help("write `tsig: {name: ..., secret: env:NAME}`");
            reader.tell(Diagnostic { hidden: Some(node.span.clone()), ..found });
            return None;
        }
        let mut table = reader.table(node)?;
        let name = table.need("name", scalar(config::scalar::domain));
        let algorithm = table.get("algorithm", scalar(algorithm));
        let secret = table.need("secret", secret);
        table.finish();
        let algorithm = algorithm.unwrap_or(Algorithm::HmacSha256);
        Some(Tsig { name: name?, algorithm, secret: secret? })
    });
    if has_tsig && tsig.is_none() {
        return None;
    }
    Some(Box::new(Account { server: server?, transfer, tsig }))
}

fn algorithm(text: &str) -> Result<Algorithm, TextError> {
    Algorithm::parse(text).ok_or_else(|| TextError {
        at: 0,
        len: text.len().max(1),
        message: format!(
            "`{text}` cannot be used; write `hmac-sha256`, `hmac-sha384` or `hmac-sha512`"
        ),
    })
}

#[async_trait]
impl Open for Account {
    async fn open(&self, context: Context<'_>) -> Result<Box<dyn Provider>, ProviderError> {
        let server = resolve(&self.server).await?;
        let transfer = match &self.transfer {
            Some(transfer) => resolve(transfer).await?,
            None => server,
        };
        let key = self.tsig.as_ref().map(|tsig| tsig.key(&context)).transpose()?;
        Ok(Box::new(Rfc2136::new(Settings { server, transfer, key, clock: context.clock })))
    }
}

impl Tsig {
    fn key(&self, context: &Context<'_>) -> Result<TsigKey, ProviderError> {
        let resolved = self.secret.resolve(context.base);
        let resolved = resolved.map_err(|error| ProviderError::Unauthorized(error.to_string()))?;
        if let Some(warning) = &resolved.warning {
            (context.warn)(warning);
        }
        let octets = BASE64.decode(resolved.secret.expose().trim().as_bytes()).map_err(|_| {
            ProviderError::Unauthorized(format!("the secret `{}` is not base64", self.secret))
        })?;
        Ok(TsigKey::new(self.name.clone(), self.algorithm, &octets))
    }
}

/// An address, or a host name with or without a port.
async fn resolve(text: &str) -> Result<SocketAddr, ProviderError> {
    if let Ok(address) = config::address(text) {
        return Ok(address);
    }
    let target = if text.contains(':') { text.to_owned() } else { format!("{text}:53") };
    let busy = |why: String| ProviderError::Busy(format!("`{text}` has no address: {why}"));
    let mut found = tokio::net::lookup_host(target).await.map_err(|e| busy(e.to_string()))?;
    found.next().ok_or_else(|| busy("nothing found".to_owned()))
}
