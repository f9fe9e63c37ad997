//! A zone that BIND's tools have signed, from a time to a time.

use super::server::{Program, directory};

const KEYGEN: Program = Program { path: "/usr/bin/dnssec-keygen", package: "bind9-utils" };
const SIGNZONE: Program = Program { path: "/usr/bin/dnssec-signzone", package: "bind9-utils" };
const DSFROMKEY: Program = Program { path: "/usr/bin/dnssec-dsfromkey", package: "bind9-utils" };

/// The zone, and what its parent must say.
pub struct Signed {
    /// The text of a zone file, signatures included.
    pub zone: String,
    /// The data of the DS: `12345 13 2 AB..`.
    pub ds: String,
}

impl Signed {
    /// Signs with a fresh key; times are as dnssec-signzone takes them, such as `now-3600`.
    pub fn new(name: &str, text: &str, from: &str, to: &str) -> Self {
        let dir = directory(&[("zone", text)]);
        let path = dir.path();
        KEYGEN.run(path, &["-q", "-a", "ECDSAP256SHA256", "-f", "KSK", name]);
        let times = ["-s", from, "-e", to];
        // Without looking whether it is valid: a test may want it not to be.
        let files = ["-P", "-S", "-z", "-o", name, "-f", "signed", "zone"];
        SIGNZONE.run(path, &[&["-q"], &times[..], &files].concat());
        let files = std::fs::read_dir(path).unwrap().map(|file| file.unwrap().file_name());
        let mut names = files.map(|name| name.into_string().unwrap());
        let key = names.find(|name| name.ends_with(".key")).unwrap();
        let ds = DSFROMKEY.command().current_dir(path).args(["-2", &key]).output().unwrap();
        let ds = String::from_utf8(ds.stdout).unwrap();
        let ds = ds.trim().split_once(" DS ").unwrap().1.to_owned();
        Self { zone: std::fs::read_to_string(path.join("signed")).unwrap(), ds }
    }
}
