//! Tag lists, `v=DKIM1; k=rsa; p=...`: the form that DKIM, DMARC and TLS reporting share
//! (RFC 6376 §3.2).

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

/// The tags of a list in their order, white space around names and values dropped.
pub(super) fn split(text: &str) -> Result<Vec<(&str, &str)>, TagError> {
    let mut tags: Vec<(&str, &str)> = Vec::new();
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let (tag, value) =
            part.split_once('=').ok_or_else(|| TagError::NoValue(part.to_owned()))?;
        let (tag, value) = (tag.trim(), value.trim());
        if tags.iter().any(|(known, _)| *known == tag) {
            return Err(TagError::Twice(tag.to_owned()));
        }
        tags.push((tag, value));
    }
    Ok(tags)
}

/// The value of a tag.
pub(super) fn find<'a>(tags: &[(&'a str, &'a str)], wanted: &str) -> Option<&'a str> {
    tags.iter().find(|(tag, _)| *tag == wanted).map(|(_, value)| *value)
}
