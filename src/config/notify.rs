//! `notify:` in `cutover.yaml`: who is told what happens.

use super::reader::{Read, Reader, text};
use super::secret::{SecretRef, secret};
use super::{Node, advice};

/// An address that is posted to; the address itself is often what lets one post.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Webhook {
    /// The address.
    pub url: SecretRef,
    /// What is posted.
    pub form: Form,
    /// With what it is signed.
    pub key: Option<SecretRef>,
}

/// What is posted to a webhook.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Form {
    /// All of it, for programs.
    #[default]
    Json,
    /// A text, as Slack, Mattermost and others take it.
    Slack,
}

/// `{webhook: env:NAME, format: slack, key: env:NAME}`.
pub(super) fn webhook(reader: &Reader<'_>, node: &Node) -> Read<Webhook> {
    let mut table = reader.table(node)?;
    let url = table.need("webhook", secret);
    let form = table.get("format", |reader, node| match text(reader, node)?.as_str() {
        "json" => Some(Form::Json),
        "slack" => Some(Form::Slack),
        other => {
            let known = advice(other, &["json", "slack"]);
            reader.refuse(&node.span, format!("`{other}` is no format; {known}"))
        }
    });
    let key = table.get("key", secret);
    table.finish();
    Some(Webhook { url: url?, form: form.unwrap_or_default(), key })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    #[test]
    fn mistakes_are_told_with_line_and_column() {
        let check = |text: &str, told: &str| {
            let source = Source::new("cutover.yaml", text);
            let reader = Reader::new(&source);
            webhook(&reader, &Node::parse(text).unwrap());
            let found: Vec<_> = reader.finish().iter().map(|found| found.line(&source)).collect();
            assert_eq!(found.is_empty(), told.is_empty(), "{text}: {found:?}");
            assert!(found.iter().all(|found| found.contains(told)), "{text}: {found:?}");
        };
        check("{webhook: env:HOOK}", "");
        check("{webhook: env:HOOK, format: slack, key: file:key}", "");
        check("{format: slack}", "`webhook` is missing");
        check("{webhook: env:HOOK, format: slak}", "1:29: error: `slak` is no format");
        check(
            "{webhook: 'https://chat.example/x'}",
            "1:11: error: a secret must not stand in a file",
        );
    }
}
