//! Presentation format: fields of a record, quoting and escapes (RFC 1035 §5.1, RFC 3597).

use super::{Name, Ttl};
use std::fmt::{self, Write as _};
use std::str::FromStr;

/// Text that cannot be read, and where.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct TextError {
    /// Octet offset into the text that was read.
    pub at: usize,
    /// Length of the bad part in octets, at least 1.
    pub len: usize,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl TextError {
    pub(crate) fn new(at: usize, len: usize, message: impl Into<String>) -> Self {
        Self { at, len: len.max(1), message: message.into() }
    }
}

/// One word or quoted string of an entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Field<'a> {
    /// The text as written, without its quotes, escapes not undone.
    pub raw: &'a str,
    /// Whether it stood in quotes.
    pub quoted: bool,
    /// Octet offset of its first character, the quote included.
    pub at: usize,
}

impl<'a> Field<'a> {
    /// An error about this field.
    pub fn error(&self, message: impl Into<String>) -> TextError {
        let quotes = if self.quoted { 2 } else { 0 };
        TextError::new(self.at, self.raw.len() + quotes, message)
    }

    /// Its octets with escapes undone.
    pub fn octets(&self) -> Result<Vec<u8>, TextError> {
        unescape(self.raw).ok_or_else(|| {
            self.error("bad escape; write `\\\"` for a character or `\\DDD` for an octet up to 255")
        })
    }

    /// Its octets as one `<character-string>` of at most 255.
    pub fn string(&self) -> Result<Vec<u8>, TextError> {
        let octets = self.octets()?;
        match octets.len() {
            0..=255 => Ok(octets),
            n => Err(self.error(format!(
                "a string of {n} octets; the limit is 255, write it as several quoted strings"
            ))),
        }
    }

    /// Reads it as a number or address; `what` says what it should be.
    pub fn get<T: FromStr>(&self, what: &str) -> Result<T, TextError> {
        self.raw.parse().map_err(|_| self.error(format!("`{}` is not {what}", self.raw)))
    }
}

/// The fields of one entry, taken from the left.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    fields: std::vec::IntoIter<Field<'a>>,
    origin: Option<&'a Name>,
    end: usize,
}

impl<'a> Fields<'a> {
    /// Fields already split, with the origin for relative names and the offset where they end.
    pub fn new(fields: Vec<Field<'a>>, origin: Option<&'a Name>, end: usize) -> Self {
        Self { fields: fields.into_iter(), origin, end }
    }

    /// Splits one record's data.
    pub fn split(text: &'a str, origin: Option<&'a Name>) -> Result<Self, TextError> {
        let mut fields = Vec::new();
        let mut scanner = Scanner::new(text);
        while let Some(token) = scanner.next()? {
            if let Token::Field(field) = token {
                fields.push(field);
            }
        }
        Ok(Self::new(fields, origin, text.len()))
    }

    /// The next field, if there is one.
    pub fn peek(&self) -> Option<Field<'a>> {
        self.fields.as_slice().first().copied()
    }

    /// The next field; `what` says what is missing if there is none.
    pub fn next(&mut self, what: &str) -> Result<Field<'a>, TextError> {
        let missing = || TextError::new(self.end, 1, format!("{what} is missing"));
        self.fields.next().ok_or_else(missing)
    }

    /// The next field as a number or address.
    pub fn get<T: FromStr>(&mut self, what: &str) -> Result<T, TextError> {
        self.next(what)?.get(what)
    }

    /// The next field as a TTL, with or without units.
    pub fn ttl(&mut self, what: &str) -> Result<Ttl, TextError> {
        let field = self.next(what)?;
        Ttl::parse(field.raw).ok_or_else(|| {
            field.error(format!("`{}` is not {what}; write seconds or `1h30m`", field.raw))
        })
    }

    /// The next field as a name, relative to the origin where there is one.
    pub fn name(&mut self, what: &str) -> Result<Name, TextError> {
        let field = self.next(what)?;
        let name = match self.origin {
            Some(origin) => Name::parse_in(field.raw, origin),
            None => Name::parse(field.raw),
        };
        name.map_err(|error| field.error(error.to_string()))
    }

    /// The next field as a `<character-string>`.
    pub fn string(&mut self, what: &str) -> Result<Vec<u8>, TextError> {
        self.next(what)?.string()
    }

    /// All remaining fields, each given to `read`; at least one must be left.
    pub fn rest<T>(
        &mut self,
        what: &str,
        read: impl FnMut(Field<'a>) -> Result<T, TextError>,
    ) -> Result<Vec<T>, TextError> {
        if self.peek().is_none() {
            self.next(what)?;
        }
        self.fields.by_ref().map(read).collect()
    }

    /// All remaining fields joined and decoded, as hexadecimal or base64 may be spread over many.
    pub fn decode(
        &mut self,
        what: &str,
        encoding: &data_encoding::Encoding,
    ) -> Result<Vec<u8>, TextError> {
        let start = self.peek();
        let text = self.rest(what, |field| Ok(field.raw))?.concat();
        encoding.decode(text.as_bytes()).map_err(|error| {
            let at = start.map_or(self.end, |field| field.at);
            TextError::new(at, text.len(), format!("{what} cannot be read: {error}"))
        })
    }

    /// Refuses what is left over.
    pub fn finish(mut self) -> Result<(), TextError> {
        match self.fields.next() {
            None => Ok(()),
            Some(field) => Err(field.error("nothing more is expected here")),
        }
    }
}

/// What a scanner finds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Token<'a> {
    /// White space at the very start of an entry: the owner is the one before.
    Blank,
    /// A word or a quoted string.
    Field(Field<'a>),
    /// The end of an entry's line.
    End,
}

/// Splits text into fields, minding quotes, comments, and lines joined by parentheses.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    opened: usize,
    line_start: bool,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, opened: 0, line_start: true }
    }

    /// Octet offset of what comes next.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn next(&mut self) -> Result<Option<Token<'a>>, TextError> {
        let bytes = self.text.as_bytes();
        loop {
            let start = std::mem::take(&mut self.line_start);
            let Some(&c) = bytes.get(self.at) else {
                return match self.depth {
                    0 => Ok(None),
                    _ => Err(TextError::new(self.opened, 1, "this parenthesis is never closed")),
                };
            };
            match c {
                b'\n' => {
                    self.at += 1;
                    if self.depth == 0 {
                        self.line_start = true;
                        return Ok(Some(Token::End));
                    }
                }
                b' ' | b'\t' | b'\r' => {
                    self.at += 1;
                    if start {
                        return Ok(Some(Token::Blank));
                    }
                }
                b';' => self.at += line_length(&bytes[self.at..]),
                b'(' => {
                    self.opened = self.at;
                    self.depth += 1;
                    self.at += 1;
                }
                b')' if self.depth == 0 => {
                    return Err(TextError::new(self.at, 1, "this parenthesis was never opened"));
                }
                b')' => {
                    self.depth -= 1;
                    self.at += 1;
                }
                b'"' => return self.quoted().map(Some),
                _ => return Ok(Some(self.word())),
            }
        }
    }

    fn quoted(&mut self) -> Result<Token<'a>, TextError> {
        let at = self.at;
        let bytes = self.text.as_bytes();
        let mut end = at + 1;
        loop {
            match bytes.get(end) {
                None | Some(b'\n') => {
                    return Err(TextError::new(at, end - at, "this quote is never closed"));
                }
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(_) => end += 1,
            }
        }
        self.at = end + 1;
        Ok(Token::Field(Field { raw: &self.text[at + 1..end], quoted: true, at }))
    }

    fn word(&mut self) -> Token<'a> {
        let at = self.at;
        let bytes = self.text.as_bytes();
        while let Some(c) = bytes.get(self.at) {
            match c {
                // A backslash takes the next character along, but never the end of the line.
                b'\\' if bytes.get(self.at + 1).is_some_and(|next| *next != b'\n') => {
                    self.at += 1 + char_length(bytes[self.at + 1]);
                }
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'(' | b')' | b'"' => break,
                _ => self.at += 1,
            }
        }
        Token::Field(Field { raw: &self.text[at..self.at], quoted: false, at })
    }
}

/// How many octets the UTF-8 character that begins with `first` has.
fn char_length(first: u8) -> usize {
    match first {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    }
}

fn line_length(bytes: &[u8]) -> usize {
    bytes.iter().position(|c| *c == b'\n').unwrap_or(bytes.len())
}

/// Undoes `\X` and `\DDD`; `None` if an escape is cut short or above 255.
pub(super) fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(c) = rest.next() {
        if c != b'\\' {
            octets.push(c);
            continue;
        }
        let first = rest.next()?;
        if !first.is_ascii_digit() {
            octets.push(first);
            continue;
        }
        let number = [first, rest.next()?, rest.next()?];
        let number = std::str::from_utf8(&number).ok()?;
        if !number.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        octets.push(number.parse().ok()?);
    }
    Some(octets)
}

/// Shows octets as a quoted string that reads back the same.
pub(crate) struct Quoted<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for &c in self.0 {
            match c {
                b'"' | b'\\' => write!(f, "\\{}", char::from(c))?,
                b' '..=b'~' => f.write_char(char::from(c))?,
                _ => write!(f, "\\{c:03}")?,
            }
        }
        f.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Result<Vec<String>, TextError> {
        let mut fields = Fields::split(text, None)?;
        fields.rest("a field", |field| Ok(String::from_utf8_lossy(&field.octets()?).into_owned()))
    }

    #[test]
    fn fields_are_split_at_white_space_outside_quotes() {
        let check = |text, fields: &[&str]| assert_eq!(split(text).unwrap(), fields, "{text}");
        check("10 mail", &["10", "mail"]);
        check(r#""v=spf1 -all" "two""#, &["v=spf1 -all", "two"]);
        check(r#""a""b""#, &["a", "b"]);
        check("a ; comment", &["a"]);
        check(r#""a;b" c"#, &["a;b", "c"]);
        check("( a\n b ) c", &["a", "b", "c"]);
        check(r#"a\ b "\"q\"" \097\059"#, &["a b", "\"q\"", "a;"]);
        check("é", &["é"]);
        check("\\é x", &["é", "x"]);
    }

    #[test]
    fn errors_say_where() {
        let check = |text, at| assert_eq!(split(text).unwrap_err().at, at, "{text}");
        check("a \"b", 2);
        check("a \"b\\", 2);
        check("( a", 0);
        check("a )", 2);
        check("abc \\300", 4);
        check("a \\1", 2);
        check("", 0);
    }

    #[test]
    fn strings_have_at_most_255_octets() {
        let long = "x".repeat(256);
        let error = Fields::split(&long, None).unwrap().string("text").unwrap_err();
        assert!(error.message.contains("256 octets"), "{error}");
        assert!(Fields::split(&long[1..], None).unwrap().string("text").is_ok());
    }
}
