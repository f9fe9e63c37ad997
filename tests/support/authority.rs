//! A certificate authority for the length of a test, by `openssl`.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

use super::server::{Program, directory};

const OPENSSL: Program = Program { path: "/usr/bin/openssl", package: "openssl" };

const SETTINGS: &str = "[req]\ndistinguished_name = name\nprompt = no\n";

/// Its files; dropping it removes them.
pub struct Authority(TempDir);

impl Authority {
    /// A new one, which nobody trusts unless a test tells them to.
    pub fn new() -> Self {
        let authority = Self(directory(&[]));
        // Two of one name would be taken for each other.
        let name = authority.path(".").canonicalize().unwrap();
        let name = name.file_name().unwrap().to_string_lossy().into_owned();
        authority.request("ca", &name, "critical,CA:TRUE", &[]);
        authority
    }

    /// A new key, and a certificate for it, that is signed with itself unless `more` says else.
    fn request(&self, name: &str, subject: &str, constraints: &str, more: &[&str]) {
        let [settings, key, certificate] = ["cnf", "key", "pem"].map(|end| format!("{name}.{end}"));
        let names = format!("[name]\nCN = {subject}\n");
        let further =
            format!("[more]\nbasicConstraints = {constraints}\nsubjectAltName = DNS:{subject}\n");
        std::fs::write(self.path(&settings), [SETTINGS, &names, &further].concat()).unwrap();
        let curve = "ec_paramgen_curve:P-256";
        let args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", curve, "-nodes", "-days", "2"];
        let files = ["-config", &settings, "-keyout", &key, "-out", &certificate];
        let more = [&["-extensions", "more"], more].concat();
        OPENSSL.run(self.0.path(), &[&args[..], &files, &more].concat());
    }

    /// The path of a file of this name.
    pub fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    /// Its own certificate.
    pub fn root(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_file(self.path("ca.pem")).unwrap()
    }

    /// Makes a key and a certificate for a host, `host.key` and `host.pem`.
    pub fn issue(&self, host: &str) {
        self.request(host, host, "CA:FALSE", &["-CA", "ca.pem", "-CAkey", "ca.key"]);
    }

    /// How a server speaks TLS as this host, which it shows with the authority above it.
    pub fn acceptor(&self, host: &str) -> TlsAcceptor {
        self.issue(host);
        let own = CertificateDer::from_pem_file(self.path(&format!("{host}.pem"))).unwrap();
        let key = PrivateKeyDer::from_pem_file(self.path(&format!("{host}.key"))).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let config = config.with_single_cert(vec![own, self.root()], key).unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    /// SHA-256 of the public key of `NAME.pem`, as openssl reads it, in capital hexadecimal.
    pub fn key_digest(&self, name: &str) -> String {
        let certificate = format!("{name}.pem");
        let public = ["x509", "-in", &certificate, "-noout", "-pubkey", "-out", "public.pem"];
        OPENSSL.run(self.0.path(), &public);
        let der = ["pkey", "-pubin", "-in", "public.pem", "-outform", "DER", "-out", "public.der"];
        OPENSSL.run(self.0.path(), &der);
        self.digest("public.der")
    }

    /// SHA-256 of the whole of `NAME.pem`.
    pub fn digest_of(&self, name: &str) -> String {
        let certificate = format!("{name}.pem");
        let der = ["x509", "-in", &certificate, "-outform", "DER", "-out", "whole.der"];
        OPENSSL.run(self.0.path(), &der);
        self.digest("whole.der")
    }

    fn digest(&self, file: &str) -> String {
        OPENSSL.run(self.0.path(), &["dgst", "-sha256", "-r", "-out", "digest", file]);
        let digest = std::fs::read_to_string(self.path("digest")).unwrap();
        digest.split_whitespace().next().unwrap().to_uppercase()
    }
}
