//! Reads Rust just well enough to know which paths a file names.
//!
//! Words and paths, no types and no macros: what a macro writes, or an alias hides, goes unseen.

use std::{fs, path::Path};

/// One file of this repository.
pub(super) struct File {
    /// From the root of the repository, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

/// Paths in Rust's sense, and where they begin.
pub(super) type Paths = Vec<(usize, String)>;
/// A name, `::` or any other sign, and where it begins.
pub(super) type Token<'t> = (usize, &'t str);

impl File {
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Every Rust file of `folder`, which need not be there.
    pub(super) fn all(folder: &str) -> Vec<Self> {
        let mut files = Vec::new();
        let Ok(entries) = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) else {
            return files;
        };
        for entry in entries {
            let entry = entry.expect("the folder can be listed");
            let path = format!("{folder}/{}", entry.file_name().display());
            if entry.path().is_dir() {
                files.extend(Self::all(&path));
            } else if path.ends_with(".rs") {
                files.push(Self::read(&path));
            }
        }
        files
    }

    pub(super) fn read(path: &str) -> Self {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
        Self::new(path, &text.expect("the file can be read"))
    }

    /// Says where a rule is broken, and how.
    pub(super) fn at(&self, offset: usize, wrong: &str) -> String {
        let line = self.text[..offset].matches('\n').count() + 1;
        format!("{}:{line}: {wrong}", self.path)
    }

    /// The module that the file holds, `provider/rfc2136`; none outside of `src`.
    pub(super) fn module(&self) -> Option<&str> {
        self.path.strip_prefix("src/")?.strip_suffix(".rs")
    }

    /// The module of the crate that the file belongs to: `provider`.
    pub(super) fn top(&self) -> &str {
        self.module().and_then(|module| module.split('/').next()).unwrap_or_default()
    }

    /// Whether the file is one of these modules or inside one.
    pub(super) fn is_in(&self, places: &[&str]) -> bool {
        let ends = |rest: &str| rest.is_empty() || rest.starts_with('/');
        let module = self.module().unwrap_or_default();
        places.iter().any(|place| module.strip_prefix(place).is_some_and(ends))
    }

    /// What is compiled into the program: neither files named `tests.rs` nor `#[cfg(test)]` items.
    pub(super) fn code(&self) -> Vec<Token<'_>> {
        let mut names = self.module().unwrap_or("tests").split('/');
        if names.any(|name| name == "tests") { Vec::new() } else { shipped(&tokens(&self.text)) }
    }

    /// Every path in the code, groups written out: `use crate::{dns, run::Run}` is two.
    pub(super) fn paths(&self) -> Paths {
        let code = self.code();
        let (mut paths, mut next, mut before) = (Paths::new(), 0, "");
        while let Some((_, word)) = code.get(next) {
            let begins = is_name(word) && ![".", "::"].contains(&before);
            next = if begins { path(&code, next, "", &mut paths) } else { next + 1 };
            before = code[next - 1].1;
        }
        paths
    }

    /// The modules of this crate that the code names, as `crate::run` or by climbing to the top.
    pub(super) fn imports(&self) -> Paths {
        let depth = self.module().map_or(0, |module| module.split('/').count());
        let target = |path: &str| {
            let names: Vec<_> = path.split("::").filter(|name| *name != "self").collect();
            let climbs = names.iter().take_while(|name| **name == "super").count();
            match names.first() {
                Some(&"crate") => names.get(1).copied().map(str::to_owned),
                _ if climbs == depth => names.get(depth).copied().map(str::to_owned),
                _ => None,
            }
        };
        let paths = self.paths().into_iter();
        paths.filter_map(|(at, path)| Some((at, target(&path)?))).collect()
    }
}

/// Splits a text into names and signs, without comments and literals.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut at) = (Vec::new(), 0);
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let silent = silent(rest);
        let name = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let length = match rest.get(..2) {
            _ if silent > 0 => silent,
            _ if name > 0 => name,
            Some("::" | ".." | "!=") => 2,
            _ => first.len_utf8(),
        };
        if silent == 0 && !first.is_whitespace() {
            tokens.push((at, &rest[..length]));
        }
        at += length;
    }
    tokens
}

/// The length of the comment or literal that a text begins with.
fn silent(text: &str) -> usize {
    let past = |from: usize, end: &str| {
        text[from..].find(end).map_or(text.len(), |at| from + at + end.len())
    };
    let raw = text.trim_start_matches(['b', 'c']).strip_prefix('r').unwrap_or_default();
    let quote = raw.trim_start_matches('#');
    if quote.starts_with('"') {
        let hashes = "#".repeat(raw.len() - quote.len());
        return past(text.len() - quote.len() + 1, &format!("\"{hashes}"));
    }
    let signs: Vec<_> = text.chars().take(3).collect();
    match signs[..] {
        ['/', '/', ..] => past(2, "\n"),
        ['/', '*', ..] => past(2, "*/"),
        ['\'', '\\', _] => past(3, "'"),
        ['\'', sign, '\''] => sign.len_utf8() + 2,
        ['"', ..] => {
            let mut escaped = false;
            let ends = |sign| {
                let ends = sign == '"' && !escaped;
                escaped = sign == '\\' && !escaped;
                ends
            };
            text[1..].find(ends).map_or(text.len(), |at| at + 2)
        }
        _ => 0,
    }
}

/// Leaves out each item that stands under `#[cfg(test)]`.
fn shipped<'t>(mut tokens: &[Token<'t>]) -> Vec<Token<'t>> {
    let mut kept = Vec::new();
    while let Some((first, rest)) = tokens.split_first() {
        let signs = tokens.iter().take(7).map(|(_, word)| *word);
        if signs.eq(["#", "[", "cfg", "(", "test", ")", "]"]) {
            tokens = &tokens[item(tokens)..];
        } else {
            kept.push(*first);
            tokens = rest;
        }
    }
    kept
}

/// How many tokens the first item has: all up to its `;` or its closing brace.
fn item(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0;
    let ends = |(_, word): &Token<'_>| {
        match *word {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => (),
        }
        depth == 0 && [";", "}"].contains(word)
    };
    tokens.iter().position(ends).map_or(tokens.len(), |last| last + 1)
}

/// Takes in one path, or a tree of paths, and returns where it ends.
fn path(code: &[Token<'_>], at: usize, head: &str, found: &mut Paths) -> usize {
    let (mut path, mut next) = (head.to_owned(), at);
    while let Some((_, word)) = code.get(next) {
        let open = next == at || path.ends_with("::");
        match *word {
            "{" if open => {
                next += 1;
                while let Some((_, word)) = code.get(next).filter(|(_, word)| *word != "}") {
                    let begins = is_name(word);
                    next = if begins { self::path(code, next, &path, found) } else { next + 1 };
                }
                return next + 1;
            }
            "::" if !open => path.push_str(word),
            word if open && is_name(word) => path.push_str(word),
            _ => break,
        }
        next += 1;
    }
    found.push((code[at].0, path));
    next
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || ['_', '*'].contains(&first))
}
