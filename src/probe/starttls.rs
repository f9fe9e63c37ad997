//! Looks at the certificates that a mail server shows after STARTTLS (RFC 3207).

use crate::dns::Name;
use crate::mail::Shown;
use crate::wire::tls;
use lettre::transport::smtp::extension::ClientId;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// As long as for a greeting: many servers let strangers wait for some seconds on purpose.
const PATIENCE: Duration = Duration::from_secs(30);
/// Networks that let nobody out to port 25 often do not say so.
const CONNECT: Duration = Duration::from_secs(10);
/// Far longer than any list of extensions.
const LONGEST: u64 = 64 * 1_024;

/// The certificates of a host; nothing from servers that do not talk to us, which may talk to
/// others.
pub(super) async fn chain(host: &Name, at: SocketAddr) -> Shown {
    timeout(PATIENCE, look(host, at)).await.ok().flatten().unwrap_or(Shown::Nothing)
}

async fn look(host: &Name, at: SocketAddr) -> Option<Shown> {
    let server = timeout(CONNECT, TcpStream::connect(at)).await.ok()?.ok()?;
    let mut server = BufReader::new(server);
    reply(&mut server, "220").await?;
    let hello = format!("EHLO {}\r\n", ClientId::default());
    server.write_all(hello.as_bytes()).await.ok()?;
    let extensions = reply(&mut server, "250").await?;
    if !extensions.iter().any(|line| line.eq_ignore_ascii_case("STARTTLS")) {
        return Some(Shown::Unfit("offers no STARTTLS".to_owned()));
    }
    server.write_all(b"STARTTLS\r\n").await.ok()?;
    reply(&mut server, "220").await?;
    let certificates =
        tls::verified_by(Arc::new(Anybody(tls::provider().signature_verification_algorithms)));
    let name = host.to_string();
    let name = ServerName::try_from(name.trim_end_matches('.').to_owned()).ok()?;
    let connector = TlsConnector::from(Arc::new(certificates.ok()?));
    let stream = connector.connect(name, server.into_inner()).await.ok()?;
    let chain = stream.get_ref().1.peer_certificates()?;
    Some(Shown::Chain(chain.iter().map(|one| one.to_vec()).collect()))
}

/// The lines of a reply with this code, each without it.
async fn reply(server: &mut BufReader<TcpStream>, code: &str) -> Option<Vec<String>> {
    let (mut lines, mut server) = (Vec::new(), server.take(LONGEST));
    loop {
        let mut line = String::new();
        server.read_line(&mut line).await.ok()?;
        let text = line.strip_suffix('\n')?.trim_end().strip_prefix(code)?;
        lines.push(text.get(1..).unwrap_or_default().to_owned());
        if !text.starts_with('-') {
            return Some(lines);
        }
    }
}

/// Takes every certificate, since it is only looked at; what is signed with it must be right.
#[derive(Debug)]
struct Anybody(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
