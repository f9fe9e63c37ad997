//! TLS by one provider, and the certificate authorities that this machine trusts.

use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, Error};
use rustls_platform_verifier::Verifier;
use std::sync::Arc;

/// The one that hickory-proto brings as well; nothing is installed for the whole process.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// For clients that trust whom this machine trusts, and these authorities.
pub(crate) fn client(
    also: impl IntoIterator<Item = CertificateDer<'static>>,
) -> Result<ClientConfig, Error> {
    let verifier = Verifier::new_with_extra_roots(also, provider())?;
    verified_by(Arc::new(verifier))
}

/// For clients that take the certificates which this takes.
pub(crate) fn verified_by(verifier: Arc<dyn ServerCertVerifier>) -> Result<ClientConfig, Error> {
    let versions = ClientConfig::builder_with_provider(provider());
    let versions = versions.with_safe_default_protocol_versions()?;
    // It says that it is dangerous, since some verifiers look away.
    let config = versions.dangerous().with_custom_certificate_verifier(verifier);
    Ok(config.with_no_client_auth())
}
