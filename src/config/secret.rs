//! Secrets: named in files, held in the environment or in files of their own, never printed.

use super::diagnostic::Diagnostic;
use super::node::Node;
use super::reader::{Read, Reader, text};
use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Octets of a secret at most: a service account's key file has 3,000, and a wrong path such as
/// `/dev/zero` must not fill the memory.
const LIMIT: u64 = 65_536;

/// A secret; it prints as `***`.
#[derive(Clone, Eq, PartialEq)]
pub struct Secret(String);

impl Secret {
    /// A secret of this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the wire only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where a secret is to be found.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum SecretRef {
    /// `env:NAME`: an environment variable.
    Env(String),
    /// `file:PATH`: a file, relative to the project folder.
    File(PathBuf),
}

/// A secret that was found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Resolved {
    /// The secret.
    pub secret: Secret,
    /// What is unwise about where it was found.
    pub warning: Option<String>,
}

/// Why there is no secret; never with any part of one.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Text that is no reference, and so perhaps the secret itself.
    #[error("a secret must not stand in a file; write `env:NAME` or `file:PATH`")]
    Literal,
    /// No such variable.
    #[error("the environment variable `{0}` is not set")]
    Unset(String),
    /// A file that cannot be read.
    #[error("cannot read the secret file `{}`: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Nothing where the secret should be.
    #[error("the secret `{0}` is empty")]
    Empty(SecretRef),
    /// Octets that cannot be a key or a password.
    #[error("the secret `{0}` is not text")]
    Binary(SecretRef),
    /// More than a secret has.
    #[error("the secret `{0}` is longer than 65536 octets")]
    Long(SecretRef),
}

impl SecretRef {
    /// Reads `env:NAME` or `file:PATH`.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let named = |name: &str| {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(word)
        };
        match text.split_once(':') {
            Some(("env", name)) if !name.is_empty() && named(name) => {
                Ok(Self::Env(name.to_owned()))
            }
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            _ => Err(SecretError::Literal),
        }
    }

    /// Fetches the secret; one line end behind it is not part of it.
    pub fn resolve(&self, base: &Path) -> Result<Resolved, SecretError> {
        let (octets, warning) = match self {
            Self::Env(name) => (variable(name)?, None),
            Self::File(path) => read(&base.join(path))?,
        };
        if octets.len() as u64 > LIMIT {
            return Err(SecretError::Long(self.clone()));
        }
        let text = String::from_utf8(octets).map_err(|_| SecretError::Binary(self.clone()))?;
        let text = text.strip_suffix('\n').map_or(&*text, |t| t.strip_suffix('\r').unwrap_or(t));
        match text.trim() {
            "" => Err(SecretError::Empty(self.clone())),
            _ => Ok(Resolved { secret: Secret::new(text), warning }),
        }
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

fn variable(name: &str) -> Result<Vec<u8>, SecretError> {
    let value = std::env::var_os(name).ok_or_else(|| SecretError::Unset(name.to_owned()))?;
    Ok(OsString::into_encoded_bytes(value))
}

fn read(path: &Path) -> Result<(Vec<u8>, Option<String>), SecretError> {
    let failed = |error| SecretError::Unreadable { path: path.to_owned(), error };
    let file = File::open(path).map_err(failed)?;
    let warning = exposed(&file).map_err(failed)?.then(|| {
        let path = path.display();
        format!("others can read the secret file `{path}`; `chmod 600 {path}` shuts them out")
    });
    let mut octets = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut octets).map_err(failed)?;
    Ok((octets, warning))
}

/// Whether the group or everybody may read a file.
#[cfg(unix)]
fn exposed(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(file.metadata()?.permissions().mode() & 0o044 != 0)
}

#[cfg(not(unix))]
fn exposed(_: &File) -> io::Result<bool> {
    Ok(false)
}

/// Reads a reference to a secret; a literal is refused and no finding shows it.
pub fn secret(reader: &Reader<'_>, node: &Node) -> Read<SecretRef> {
    match SecretRef::parse(&text(reader, node)?) {
        Ok(found) => Some(found),
        Err(error) => {
            let found = Diagnostic::error(error.to_string()).at(node.span.clone());
            reader.tell(Diagnostic { hidden: Some(node.span.clone()), ..found });
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    #[test]
    fn references_are_read_and_literals_refused() {
        let check = |text: &str, shown: Option<&str>| {
            let found = SecretRef::parse(text).ok().map(|found| found.to_string());
            assert_eq!(found.as_deref(), shown, "{text}");
        };
        check("env:CUTOVER_KEY", Some("env:CUTOVER_KEY"));
        check("file:/run/keys/a b", Some("file:/run/keys/a b"));
        check("hunter2", None);
        check("env:", None);
        check("env:hunter-2", None);
        check("env:2", None);
        check("file:", None);
        check("FILE:x", None);
    }

    #[test]
    fn a_literal_is_never_repeated() {
        let source = Source::new("p.yaml", "{secret: hunter2, other: 1}");
        let reader = Reader::new(&source);
        let node = Node::parse(&source.text).unwrap();
        let mut table = reader.table(&node).unwrap();
        assert_eq!(table.need("secret", secret), None);
        table.finish();
        let found = reader.finish();
        let shown = format!("{} {found:?}", source.render(&found, false));
        assert!(shown.contains("unknown key") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_literal_under_a_wrong_key_is_never_repeated() {
        let check = |text: &str, shown: bool| {
            let source = Source::new("p.yaml", text);
            let reader = Reader::new(&source);
            let node = Node::parse(&source.text).unwrap();
            let mut table = reader.table(&node).unwrap();
            table.get("secret", secret);
            table.finish();
            let found = source.render(&reader.finish(), false);
            assert!(found.starts_with("error"), "{found}");
            assert_eq!(found.contains("hunter2"), shown, "{found}");
        };
        check("secrets: hunter2", false);
        check("tsigg: {name: a, secret: hunter2}", false);
        check("{secret: env:A, secret: hunter2}", false);
        check("Secret: env:hunter2", true);
        check("other: hunter2", true);
    }

    #[test]
    fn a_secret_shows_as_stars() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret} {secret:?} {secret:#?}"), "*** *** ***");
    }

    #[test]
    fn files_give_their_text_without_the_line_end() {
        let folder = tempfile::tempdir().unwrap();
        let check = |content: &[u8], expected: Result<&str, &str>| {
            std::fs::write(folder.path().join("key"), content).unwrap();
            let found = SecretRef::parse("file:key").unwrap().resolve(folder.path());
            let found = found.map(|found| found.secret.expose().to_owned());
            let found = found.map_err(|error| error.to_string());
            assert_eq!(found, expected.map(str::to_owned).map_err(str::to_owned));
        };
        check(b"abc", Ok("abc"));
        check(b"abc\n", Ok("abc"));
        check(b"abc\r\n", Ok("abc"));
        check(b"abc \n\n", Ok("abc \n"));
        check(b"\n", Err("the secret `file:key` is empty"));
        check(b"", Err("the secret `file:key` is empty"));
        check(b"\xff", Err("the secret `file:key` is not text"));
        check(&[b'x'; 65_537], Err("the secret `file:key` is longer than 65536 octets"));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_told() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "abc").unwrap();
        let check = |mode, told| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let found = SecretRef::File(path.clone()).resolve(Path::new("/")).unwrap();
            assert_eq!(found.warning.is_some(), told, "{mode:o}");
        };
        check(0o600, false);
        check(0o640, true);
        check(0o604, true);
    }

    #[test]
    fn what_is_missing_is_named() {
        let check = |text: &str, message: &str| {
            let error = SecretRef::parse(text).unwrap().resolve(Path::new("/")).unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
        };
        check("env:CUTOVER_NOT_SET", "variable `CUTOVER_NOT_SET` is not set");
        check("file:no/such", "cannot read the secret file `/no/such`");
        // Cargo sets this one for every test.
        let found = SecretRef::Env("CARGO_PKG_NAME".to_owned()).resolve(Path::new("/")).unwrap();
        assert_eq!(found.secret, Secret::new("cutover"));
    }
}
