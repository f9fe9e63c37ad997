//! What is wrong in a file, shown as a compiler would.

use super::node::{Node, Span};
use crate::dns::TextError;
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use std::path::PathBuf;

/// Whether a finding stops the work.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// It does.
    Error,
    /// It does not.
    Warning,
}

/// One finding in a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// Whether it stops the work.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where; `None` means the file as a whole.
    pub span: Option<Span>,
    /// A few words to stand at the place.
    pub label: Option<String>,
    /// Another place that matters, with its own words.
    pub also: Option<(Span, String)>,
    /// What to write instead.
    pub help: Option<String>,
    /// The rule's identifier, as in `cutover check --json`.
    pub id: Option<&'static str>,
    /// Text of the file that nobody may see: a secret that stands where it should not.
    pub hidden: Option<Span>,
}

impl Diagnostic {
    /// An error about the file as a whole.
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            span: None,
            label: None,
            also: None,
            help: None,
            id: None,
            hidden: None,
        }
    }

    /// A warning about the file as a whole.
    pub fn warning(message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(message) }
    }

    /// The same finding at a place.
    #[must_use]
    pub fn at(self, span: Span) -> Self {
        Self { span: Some(span), ..self }
    }

    /// The same finding with words at its place.
    #[must_use]
    pub fn label(self, label: impl Into<String>) -> Self {
        Self { label: Some(label.into()), ..self }
    }

    /// The same finding with another place.
    #[must_use]
    pub fn also(self, span: Span, label: impl Into<String>) -> Self {
        Self { also: Some((span, label.into())), ..self }
    }

    /// The same finding with a way out.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// Line and column where it begins, counted from 1; the file's start without a place.
    pub fn place(&self, source: &Source) -> (usize, usize) {
        source.place(self.span.as_ref().map_or(0, |span| span.start))
    }

    /// One line for editors and logs: `zones/x.yaml:12:8: error: message`.
    pub fn line(&self, source: &Source) -> String {
        let (line, column) = self.place(source);
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        format!("{}:{line}:{column}: {severity}: {}", source.path.display(), self.message)
    }
}

/// A file and its text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Source {
    /// Where it stands, as the user should read it.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

impl Source {
    /// A file's text without a byte order mark, which would shift the first line's columns.
    pub fn new(path: impl Into<PathBuf>, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        Self { path: path.into(), text }
    }

    /// Line and column of an offset, counted from 1; columns are characters.
    pub fn place(&self, at: usize) -> (usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(at)];
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
    }

    /// Where an error inside a scalar's text stands in the file.
    ///
    /// Exact when the scalar reads as it is written, quotes aside; else the whole scalar, since
    /// escapes and line breaks move what follows them.
    pub fn within(&self, scalar: &Node, error: &TextError) -> Span {
        let (raw, text) = (&self.text[scalar.span.clone()], scalar.text().unwrap_or_default());
        let inner = raw.len().checked_sub(1).and_then(|end| raw.get(1..end));
        let start = match inner {
            _ if raw == text => scalar.span.start,
            Some(inner) if inner == text => scalar.span.start + 1,
            _ => return scalar.span.clone(),
        };
        let from = text.floor_char_boundary(error.at);
        let to = text.ceil_char_boundary(error.at.saturating_add(error.len));
        start + from..start + to
    }

    /// Shows findings one below the other, each with its lines of the file.
    pub fn render(&self, found: &[Diagnostic], colour: bool) -> String {
        let hidden: Vec<_> = found.iter().filter_map(|one| one.hidden.clone()).collect();
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        let shown = found.iter().map(|one| renderer.render(&[self.group(one, &hidden)]));
        shown.collect::<Vec<_>>().join("\n\n")
    }

    fn group<'a>(&'a self, found: &'a Diagnostic, hidden: &[Span]) -> Group<'a> {
        let level = match found.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut title = level.primary_title(&found.message);
        if let Some(id) = found.id {
            title = title.id(id);
        }
        let path = self.path.to_string_lossy();
        let group = match &found.span {
            Some(span) => title.element(self.frame(span, found, hidden).path(path)),
            None => title.element(Origin::path(path)),
        };
        match &found.help {
            Some(help) => group.element(Level::HELP.message(help)),
            None => group,
        }
    }

    /// Only the lines that matter, since the renderer walks over all that it gets.
    fn frame<'a>(
        &self,
        span: &Span,
        found: &'a Diagnostic,
        hidden: &[Span],
    ) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
        let spans = || found.also.iter().map(|(span, _)| span).chain([span]);
        let first = spans().map(|span| span.start).min().unwrap_or(0);
        let last = spans().map(|span| self.first_line(span).end).max().unwrap_or(0);
        let from = self.text[..first].rfind('\n').map_or(0, |end| end + 1);
        let to = self.text[last..].find('\n').map_or(self.text.len(), |length| last + length);
        let shift = |span: &Span| {
            let span = self.first_line(span);
            span.start - from..span.end - from
        };
        let mut primary = AnnotationKind::Primary.span(shift(span));
        if let Some(label) = &found.label {
            primary = primary.label(label);
        }
        let also = found
            .also
            .iter()
            .map(|(span, label)| AnnotationKind::Context.span(shift(span)).label(label));
        Snippet::source(self.masked(from..to, hidden))
            .line_start(self.place(from).0)
            .annotation(primary)
            .annotations(also)
    }

    /// The span's part on its first line: enough to find it, and it keeps the frame short.
    fn first_line(&self, span: &Span) -> Span {
        let text = &self.text[span.clone()];
        let line = text.split(['\r', '\n']).next().unwrap_or_default();
        span.start..span.start + line.len()
    }

    /// Part of the text with stars for all that is hidden, octet by octet, so that places stay.
    fn masked(&self, part: Span, hidden: &[Span]) -> String {
        let star = |(at, c): (usize, char)| {
            let hide = hidden.iter().any(|span| span.contains(&(part.start + at)));
            let shown = if hide && c != '\n' { '*' } else { c };
            std::iter::repeat_n(shown, if shown == c { 1 } else { c.len_utf8() })
        };
        self.text[part.clone()].char_indices().flat_map(star).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::new("zones/x.yaml", text)
    }

    #[test]
    fn findings_look_like_a_compilers() {
        let source = source("zone: example.net\nmx: 300\nzone: example.org\n");
        let found = Diagnostic::error("`zone` is written twice")
            .at(26..30)
            .label("again")
            .also(0..4, "first")
            .help("take one out");
        let expected = "\
error: `zone` is written twice
 --> zones/x.yaml:3:1
  |
1 | zone: example.net
  | ---- first
2 | mx: 300
3 | zone: example.org
  | ^^^^ again
  |
  = help: take one out";
        assert_eq!(source.render(std::slice::from_ref(&found), false), expected);
        assert_eq!(found.line(&source), "zones/x.yaml:3:1: error: `zone` is written twice");
        assert!(source.render(&[found], true).contains("\x1b["));
    }

    #[test]
    fn a_finding_may_be_about_the_file() {
        let found = Diagnostic { id: Some("L001"), ..Diagnostic::warning("this file is empty") };
        let expected = "warning[L001]: this file is empty\n--> zones/x.yaml";
        assert_eq!(source("").render(&[found], false), expected);
    }

    #[test]
    fn places_count_characters() {
        let check = |text, at, place| assert_eq!(source(text).place(at), place, "{text:?} {at}");
        check("", 0, (1, 1));
        check("é: x", 4, (1, 4));
        check("a\r\nbc", 4, (2, 2));
        check("a\n", 2, (2, 1));
        check("\u{feff}ab", 1, (1, 2));
        check("é", 1, (1, 1));
        check("a", 99, (1, 2));
    }

    #[test]
    fn errors_inside_a_scalar_are_placed_exactly_where_that_can_be() {
        let check = |text: &str, at, len, raw: &str| {
            let source = source(text);
            let node = Node::parse(text).unwrap();
            let span = source.within(&node, &TextError::new(at, len, "bad"));
            assert_eq!(&text[span], raw, "{text:?}");
        };
        check("10 mail", 3, 4, "mail");
        check("\"10 mail\"", 3, 4, "mail");
        check("'10 mail'", 3, 4, "mail");
        check("'10 mail'", 7, 1, "");
        check("\"10\\u0020mail\"", 3, 4, "\"10\\u0020mail\"");
        check("10\n mail", 3, 4, "10\n mail");
        check("é x", 1, 1, "é");
    }

    #[test]
    fn a_secret_is_never_shown_by_any_finding() {
        let text = "tsig: {nmae: k., secret: hünter2}";
        let found = [
            Diagnostic::error("unknown key `nmae`").at(7..11),
            Diagnostic { hidden: Some(25..33), ..Diagnostic::error("a literal").at(25..33) },
        ];
        let shown = source(text).render(&found, false);
        assert!(shown.contains("secret: ********}") && !shown.contains("nter2"), "{shown}");
    }

    #[test]
    fn a_long_place_is_shown_by_its_first_line() {
        let text = "a:\r\n  - x\r\n  - y\r\n";
        let shown = source(text).render(&[Diagnostic::error("bad").at(6..16)], false);
        assert!(shown.contains("2 |   - x") && !shown.contains("- y"), "{shown}");
    }
}
