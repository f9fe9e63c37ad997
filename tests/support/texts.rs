//! Texts that are hard to write down: each is one TXT record whose octets must arrive as they are,
//! whatever driver, file or format they go through.
//!
//! What is expected is made of octets, not by the code under test.

use std::fmt::Write as _;

use cutover::dns::{Rdata, Rtype};

/// One TXT record.
pub struct Text {
    /// What is hard about it, as a label.
    pub name: &'static str,
    /// Its strings as they are cut, each of at most 255 octets.
    pub strings: Vec<Vec<u8>>,
}

/// All of them, each of another name.
pub fn texts() -> Vec<Text> {
    let all: Vec<u8> = (0..=255).collect();
    let long = |octets| b"v=DKIM1; k=rsa; p=".iter().chain(&[b'A'; 4_000]).take(octets).copied();
    let cut = |text: Vec<u8>| text.chunks(255).map(<[u8]>::to_vec).collect();
    let made: [(&str, Vec<Vec<u8>>); 5] = [
        ("octets-255", cut(long(255).collect())),
        ("octets-256", cut(long(256).collect())),
        ("octets-300", cut(long(300).collect())),
        ("octets-4000", cut(long(4_000).collect())),
        ("every-octet", cut(all)),
    ];
    let written = WRITTEN.iter().map(|(name, strings)| {
        (*name, strings.iter().map(|string| string.to_vec()).collect::<Vec<_>>())
    });
    written.chain(made).map(|(name, strings)| Text { name, strings }).collect()
}

#[rustfmt::skip] // a text is a row
const WRITTEN: &[(&str, &[&[u8]])] = &[
    ("empty", &[b""]),
    ("quote", &[b"\""]),
    ("quoted", &[b"\"a b\""]),
    ("quoted-twice", &[b"\"a\" \"b\" \" \""]),
    ("half-quoted", &[b"\"a"]),
    ("apostrophe", &[b"'it's'"]),
    ("backslash", &[b"\\"]),
    ("backslashes", &[b"\\\\ \\a \\\\\\"]),
    ("backslash-quote", &[b"a\\\"b"]),
    ("backslash-digits", &[b"\\065 \\999"]),
    ("backslash-semicolon", &[b"v=DKIM1\\; p="]),
    ("semicolon", &[b"v=DMARC1; p=none; rua=mailto:a@example.net"]),
    ("semicolons", &[b"; not a comment;;"]),
    ("space-first", &[b" a"]),
    ("space-last", &[b"a "]),
    ("spaces", &[b"a  b   c"]),
    ("space", &[b" "]),
    ("dollar", &[b"$ORIGIN $1"]),
    ("at", &[b"@"]),
    ("parentheses", &[b"(a ) ("]),
    ("braces", &[b"{zone} %{i} ${x}"]),
    ("yaml", &[b"- a: [b, 'c'] # d"]),
    ("generic", &[b"\\# 1 00"]),
    ("case", &[b"MiXeD"]),
    ("tab", &[b"a\tb"]),
    ("line-ends", &[b"a\nb\r\nc"]),
    ("nul", &[b"a\0b"]),
    ("nul-and-digit", &[b"\x009"]),
    ("delete", &[b"a\x7fb"]),
    ("utf-8", &["für Grüße – ∀".as_bytes()]),
    ("no-utf-8", &[b"caf\xe9 \xff\x80"]),
    ("several", &[b"v=spf1 ip4:192.0.2.1 ", b"-all"]),
    ("several-short", &[b"a", b"b", b" c "]),
    ("empty-among", &[b"a", b"", b"b", b""]),
];

impl Text {
    /// Its rdata on the wire.
    pub fn octets(&self) -> Vec<u8> {
        let strings = self.strings.iter();
        strings.flat_map(|one| [&[u8::try_from(one.len()).unwrap()], &one[..]].concat()).collect()
    }

    /// Its record data.
    pub fn rdata(&self) -> Rdata {
        Rdata::decode(Rtype::TXT, &self.octets()).unwrap()
    }

    /// Its octets in a zone file, each in the way that nobody misunderstands.
    pub fn escaped(&self) -> String {
        let mut text = String::new();
        for string in &self.strings {
            let octets: String = string.iter().map(|octet| format!("\\{octet:03}")).collect();
            write!(text, "\"{octets}\" ").unwrap();
        }
        text
    }
}
