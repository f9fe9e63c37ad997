//! Tag lists, `v=DKIM1; k=rsa; p=...`: the form that DKIM, DMARC, MTA-STS and TLS reporting share
//! (RFC 6376 §3.2).

use std::fmt;

/// A tag that nobody here knows, and its value: kept, and written as it was.
pub type Extension = (String, String);

/// Why text is not a tag list.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TagError {
    /// A part without `=`.
    #[error("`{0}` is not of the form `tag=value`")]
    NoValue(String),
    /// The same tag twice.
    #[error("the tag `{0}` is given twice")]
    Twice(String),
    /// A tag that must be there.
    #[error("the tag `{0}` is missing")]
    Missing(&'static str),
    /// A value that the tag does not take.
    #[error("`{tag}={value}` is not valid: {problem}")]
    Bad {
        /// The tag.
        tag: &'static str,
        /// Its value.
        value: String,
        /// What is wrong.
        problem: &'static str,
    },
}

impl TagError {
    /// A value that the tag does not take.
    pub(super) fn bad(tag: &'static str, value: &str, problem: &'static str) -> Self {
        Self::Bad { tag, value: value.to_owned(), problem }
    }
}

/// The parts of a list in their order, white space around names and values dropped; what is not
/// of the form `tag=value` has no value.
pub(super) fn parts(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(|part| {
        match part.split_once('=') {
            Some((tag, value)) if !tag.is_empty() => (tag.trim(), Some(value.trim())),
            _ => (part, None),
        }
    })
}

/// The tags of a list in their order.
pub(super) fn split(text: &str) -> Result<Vec<(&str, &str)>, TagError> {
    let mut tags: Vec<(&str, &str)> = Vec::new();
    for (tag, value) in parts(text) {
        let value = value.ok_or_else(|| TagError::NoValue(tag.to_owned()))?;
        if tags.iter().any(|(known, _)| *known == tag) {
            return Err(TagError::Twice(tag.to_owned()));
        }
        tags.push((tag, value));
    }
    Ok(tags)
}

/// The tags of a list that begins with exactly this: `v=STSv1`.
pub(super) fn split_from<'t>(
    text: &'t str,
    head: &str,
    problem: &'static str,
) -> Result<Vec<(&'t str, &'t str)>, TagError> {
    let tags = split(text)?;
    match tags.first() {
        Some((_, value)) if text.starts_with(head) && head.strip_prefix("v=") == Some(value) => {
            Ok(tags)
        }
        Some(("v", value)) => Err(TagError::bad("v", value, problem)),
        _ => Err(TagError::Missing("v")),
    }
}

/// The value of a tag.
pub(super) fn find<'a>(tags: &[(&'a str, &'a str)], wanted: &str) -> Option<&'a str> {
    tags.iter().find(|(tag, _)| *tag == wanted).map(|(_, value)| *value)
}

/// Those of the tags that are not among `known`, in their order.
pub(super) fn extensions(tags: &[(&str, &str)], known: &[&str]) -> Vec<Extension> {
    let others = tags.iter().filter(|(tag, _)| !known.contains(tag));
    others.map(|(tag, value)| ((*tag).to_owned(), (*value).to_owned())).collect()
}

/// Writes further tags.
pub(super) fn write(f: &mut fmt::Formatter<'_>, more: &[Extension]) -> fmt::Result {
    more.iter().try_for_each(|(tag, value)| write!(f, "; {tag}={value}"))
}
