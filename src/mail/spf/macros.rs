//! Macros: text that a receiver fills in for each message (RFC 7208 §7).

/// A part of a macro string.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Piece<'a> {
    /// As it stands.
    Text(&'a str),
    /// `%%`, `%_` and `%-`: what they stand for.
    Escape(&'static str),
    /// Something to be filled in.
    Macro(Macro<'a>),
}

/// `%{d2r-}`: a letter, and what becomes of its value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Macro<'a> {
    /// The letter in lower case.
    pub(super) letter: char,
    /// Whether the value is escaped as in a URL: the letter is a capital.
    is_escaped: bool,
    /// How many parts stay, counted from the right.
    parts: Option<usize>,
    /// Whether the parts change their order.
    is_reversed: bool,
    /// What stands between parts.
    delimiters: &'a str,
}

/// Those that every macro string may have, and those for explanations only (§7.2).
const LETTERS: &str = "slodipvh";
const EXPLAINING: &str = "crt";
const DELIMITERS: &str = ".-+,/_=";

/// What a macro string is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Use {
    /// The name of a domain.
    Domain,
    /// What a modifier that nobody knows is worth.
    Value,
    /// Words to the sender, with blanks between them.
    Words,
}

/// Reads a macro string (§7.1).
pub(super) fn pieces(text: &str, usage: Use) -> Result<Vec<Piece<'_>>, &'static str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, tail) = match rest.find('%') {
            Some(0) => escape(rest, usage)?,
            end => {
                let (plain, tail) = rest.split_at(end.unwrap_or(rest.len()));
                let is_fit = |c: u8| c.is_ascii_graphic() || (c == b' ' && usage == Use::Words);
                if !plain.bytes().all(is_fit) {
                    return Err("it has characters that are not visible ASCII");
                }
                (Piece::Text(plain), tail)
            }
        };
        pieces.push(piece);
        rest = tail;
    }
    match pieces.last() {
        Some(Piece::Text(end)) if usage == Use::Domain && !has_top_label(end) => {
            Err("a domain ends in a label that is not a number, behind a dot")
        }
        None if usage == Use::Domain => Err("a domain is missing"),
        _ => Ok(pieces),
    }
}

/// Whether text ends as a domain's name must (§7.1, `domain-end`).
fn has_top_label(text: &str) -> bool {
    let label = text.strip_suffix('.').unwrap_or(text).rsplit_once('.').map(|(_, label)| label);
    label.is_some_and(|label| {
        label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
            && label.bytes().any(|c| !c.is_ascii_digit())
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
}

/// What begins with a percent sign, and what follows it.
fn escape(text: &str, usage: Use) -> Result<(Piece<'_>, &str), &'static str> {
    const BAD: &str = "`%` begins a macro such as `%{d}`; write `%%` for the sign itself";
    let rest = &text[1..];
    match rest.as_bytes().first() {
        Some(b'%') => Ok((Piece::Escape("%"), &rest[1..])),
        Some(b'_') => Ok((Piece::Escape(" "), &rest[1..])),
        Some(b'-') => Ok((Piece::Escape("%20"), &rest[1..])),
        Some(b'{') => {
            let (inner, tail) = rest[1..].split_once('}').ok_or(BAD)?;
            Ok((Piece::Macro(Macro::parse(inner, usage)?), tail))
        }
        _ => Err(BAD),
    }
}

impl<'a> Macro<'a> {
    /// Reads what stands in braces.
    fn parse(text: &'a str, usage: Use) -> Result<Self, &'static str> {
        let first = text.chars().next().ok_or("a macro's letter is missing")?;
        let letter = first.to_ascii_lowercase();
        let is_explaining = EXPLAINING.contains(letter) && usage == Use::Words;
        if !LETTERS.contains(letter) && !is_explaining {
            return Err("there is no such macro letter here");
        }
        let rest = &text[first.len_utf8()..];
        let (digits, rest) = rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count());
        let parts = match digits {
            "" => None,
            // More parts than fit into a name are all of them.
            _ => Some(digits.parse().unwrap_or(usize::MAX)),
        };
        if parts == Some(0) {
            return Err("a macro keeps at least one part");
        }
        let (is_reversed, delimiters) = match rest.strip_prefix(['r', 'R']) {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        if !delimiters.chars().all(|c| DELIMITERS.contains(c)) {
            return Err("a macro is a letter, a number, `r`, and delimiters out of `.-+,/_=`");
        }
        let is_escaped = first.is_ascii_uppercase();
        Ok(Self { letter, is_escaped, parts, is_reversed, delimiters })
    }

    /// What becomes of a value (§7.3).
    fn transform(&self, value: &str) -> String {
        let delimiters = if self.delimiters.is_empty() { "." } else { self.delimiters };
        let mut parts: Vec<_> = value.split(|c| delimiters.contains(c)).collect();
        if self.is_reversed {
            parts.reverse();
        }
        let first = self.parts.map_or(0, |count| parts.len().saturating_sub(count));
        let text = parts[first..].join(".");
        if self.is_escaped { escaped(&text) } else { text }
    }
}

/// A value as it may stand in a URL (RFC 3986 §2.3).
fn escaped(text: &str) -> String {
    let each = text.bytes().map(|c| match c {
        b'-' | b'.' | b'_' | b'~' => char::from(c).to_string(),
        c if c.is_ascii_alphanumeric() => char::from(c).to_string(),
        c => format!("%{c:02X}"),
    });
    each.collect()
}

/// The text with the values of its macros in their places.
pub(super) fn expand(pieces: &[Piece<'_>], mut value: impl FnMut(char) -> String) -> String {
    let each = pieces.iter().map(|piece| match piece {
        Piece::Text(text) | Piece::Escape(text) => (*text).to_owned(),
        Piece::Macro(one) => one.transform(&value(one.letter)),
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_split_turned_and_cut() {
        // The examples of §7.4.
        let value = |letter| match letter {
            's' => "strong-bad@email.example.com",
            'l' => "strong-bad",
            'o' | 'd' => "email.example.com",
            'i' => "192.0.2.3",
            'v' => "in-addr",
            _ => "x y",
        };
        let check = |text, expected: &str| {
            let pieces = pieces(text, Use::Words).unwrap();
            assert_eq!(expand(&pieces, |letter| value(letter).to_owned()), expected, "{text}");
        };
        check("%{s}", "strong-bad@email.example.com");
        check("%{o} %{d4} %{d1}", "email.example.com email.example.com com");
        check("%{dr} %{d2r}", "com.example.email example.email");
        check("%{l} %{l-} %{lr-} %{l1r-}", "strong-bad strong.bad bad.strong strong");
        check("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com");
        check("%{H}%%%_%-", "x%20y% %20");
        check("%{d99999999999999999999}", "email.example.com");
    }

    #[test]
    fn what_is_no_macro_string_is_refused() {
        let check = |text, usage, is_good: bool| {
            assert_eq!(pieces(text, usage).is_ok(), is_good, "{text}");
        };
        check("%{d}", Use::Domain, true);
        check("%{d}.example", Use::Domain, true);
        check("a:b/c.example.com.", Use::Domain, true);
        for text in ["", "com", "com.", "a.1", "a.-b", "a.b-", "%{d}com", "a b.example"] {
            check(text, Use::Domain, false);
        }
        for text in ["%", "%d", "%{", "%{}", "%{x}", "%{d0}", "%{d2x}", "%{c}", "a%(b"] {
            check(text, Use::Value, false);
        }
        check("%{c} %{R} %{t}", Use::Words, true);
        check("", Use::Value, true);
    }
}
