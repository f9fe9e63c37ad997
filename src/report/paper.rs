//! A paper: written in Markdown, read on a screen, in a browser or from a printer.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// Text and pictures, in order.
#[derive(Clone, Debug)]
pub struct Paper {
    title: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    /// Markdown, a whole number of blocks.
    Text(String),
    /// A picture (SVG), and the same told in words, as Markdown.
    Figure(Markup, String),
}

/// What one heading leads to.
struct Entry {
    level: HeadingLevel,
    anchor: String,
    text: String,
}

const STYLE: &str = include_str!("paper.css");

impl Paper {
    /// A paper with a title, and nothing in it yet.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), parts: Vec::new() }
    }

    /// Adds blocks of Markdown. What comes from files or from the world goes through [`escape`] or
    /// [`code`] first.
    pub fn text(&mut self, markdown: impl Into<String>) {
        self.parts.push(Part::Text(markdown.into().trim_end().to_owned() + "\n"));
    }

    /// Adds a heading; the title is of level 1.
    pub fn heading(&mut self, level: usize, text: &str) {
        self.text(format!("{} {text}", "#".repeat(level.clamp(1, 6))));
    }

    /// Adds a table; nothing if it has no rows. Cells are Markdown without line ends.
    pub fn table(&mut self, head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let head: Vec<_> = head.iter().map(|&cell| cell.to_owned()).collect();
        let rows: String = rows.into_iter().map(|row| line(&row)).collect();
        if !rows.is_empty() {
            self.text(line(&head) + &line(&vec!["---".to_owned(); head.len()]) + &rows);
        }
    }

    /// Adds text that is shown as it is: records, commands, what they print. The language colours
    /// it where somebody can.
    pub fn verbatim(&mut self, language: &str, text: &str) {
        let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
        let fence = "`".repeat(3.max(longest + 1));
        self.text(format!("{fence}{language}\n{}\n{fence}", text.trim_end()));
    }

    /// Adds a picture, and the same in words for those who read Markdown.
    pub fn figure(&mut self, picture: Markup, words: impl Into<String>) {
        self.parts.push(Part::Figure(picture, words.into().trim_end().to_owned() + "\n"));
    }

    /// The paper as Markdown.
    pub fn markdown(&self) -> String {
        let title = format!("# {}\n", escape(&self.title));
        let parts = self.parts.iter().map(|part| match part {
            Part::Text(text) | Part::Figure(_, text) => text.clone(),
        });
        let parts = parts.filter(|part| !part.trim().is_empty());
        std::iter::once(title).chain(parts).collect::<Vec<_>>().join("\n")
    }

    /// The paper as one HTML page that needs nothing else, and prints well.
    pub fn html(&self) -> String {
        let mut entries = Vec::new();
        let parts: Vec<_> = self.parts.iter().map(|part| part.html(&mut entries)).collect();
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    main {
                        h1 { (self.title) }
                        @if entries.len() > 3 { (contents(&entries)) }
                        @for part in parts { (part) }
                    }
                }
            }
        };
        page.into_string()
    }
}

impl Part {
    fn html(&self, entries: &mut Vec<Entry>) -> Markup {
        match self {
            Self::Text(text) => rendered(text, entries),
            Self::Figure(picture, _) => html! { figure { (picture) } },
        }
    }
}

/// Markdown as HTML, its headings with anchors. HTML inside is text: it came from a file.
fn rendered(text: &str, entries: &mut Vec<Entry>) -> Markup {
    let options = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS;
    let mut events: Vec<_> = Parser::new_ext(text, options).collect();
    let mut heading = None;
    for at in 0..events.len() {
        match &events[at] {
            Event::Start(Tag::Heading { level, .. }) => heading = Some((at, *level, String::new())),
            Event::Text(text) | Event::Code(text) => {
                if let Some((_, _, words)) = &mut heading {
                    *words += text;
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some((start, level, text)) = heading.take() {
                    let anchor = format!("part-{}", entries.len() + 1);
                    if let Event::Start(Tag::Heading { id, .. }) = &mut events[start] {
                        *id = Some(CowStr::from(anchor.clone()));
                    }
                    entries.push(Entry { level, anchor, text });
                }
            }
            Event::Html(text) | Event::InlineHtml(text) => events[at] = Event::Text(text.clone()),
            // For a pen, and not for a mouse.
            Event::TaskListMarker(is_done) => {
                events[at] = Event::Text(CowStr::from(if *is_done { "☑ " } else { "☐ " }));
            }
            _ => (),
        }
    }
    let mut out = String::new();
    pulldown_cmark::html::push_html(&mut out, events.into_iter().flat_map(marked));
    PreEscaped(out)
}

/// Times, which no line end may part, and long code, which any may.
fn marked(event: Event<'_>) -> Vec<Event<'_>> {
    const LONG: usize = 40;
    let own = |markup: Markup| Event::InlineHtml(CowStr::from(markup.into_string()));
    match event {
        Event::Code(code) if code.chars().count() > LONG => {
            vec![own(html! { code.long { (&*code) } })]
        }
        Event::Text(text) if text.contains('T') => {
            let mut events = Vec::new();
            let mut rest = &*text;
            while let Some(at) = rest.find('T').and_then(|from| time_in(rest, from)) {
                let (before, time) = rest.split_at(at);
                let (time, behind) = time.split_at(TIME.len());
                events.push(own(html! { (before) time datetime=(time) { (time) } }));
                rest = behind;
            }
            events.push(Event::Text(CowStr::from(rest.to_owned())));
            events
        }
        other => vec![other],
    }
}

/// The form of a time in UTC: `d` is a digit.
const TIME: &[u8] = b"dddd-dd-ddTdd:dd:ddZ";

/// Where the first time stands whose `T` is not before `from`.
fn time_in(text: &str, from: usize) -> Option<usize> {
    let fits = |window: &[u8]| {
        let is_one =
            |(form, byte): (&u8, &u8)| form == byte || (*form == b'd' && byte.is_ascii_digit());
        TIME.iter().zip(window).all(is_one)
    };
    let start = from.saturating_sub(10); // the day before the `T`
    text.as_bytes()[start..].windows(TIME.len()).position(fits).map(|at| start + at)
}

/// Where to find the parts.
fn contents(entries: &[Entry]) -> Markup {
    let parts = entries.iter().filter(|entry| entry.level <= HeadingLevel::H2);
    html! {
        nav aria-label="Contents" {
            ol {
                @for entry in parts {
                    li { a href={ "#" (entry.anchor) } { (entry.text) } }
                }
            }
        }
    }
}

/// Text that means itself in Markdown, also in a table: nothing in it is markup or a new line.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            c => {
                if r"\`*_{}[]<>#|~&!+".contains(c) {
                    out.push('\\');
                }
                out.push(c);
            }
        }
    }
    out
}

/// Text that means itself, but for words between backquotes, which are code.
pub fn prose(text: &str) -> String {
    // A backquote without its like is a backquote.
    if text.matches('`').count() % 2 == 1 {
        return escape(text);
    }
    let parts = text.split('`').enumerate();
    parts.map(|(at, part)| if at % 2 == 0 { escape(part) } else { code(part) }).collect()
}

/// Text in the type of code, also in a table.
pub fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ").replace('|', r"\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    match longest {
        0 => format!("`{text}`"),
        most => format!("{0} {text} {0}", "`".repeat(most + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paper(fill: impl Fn(&mut Paper)) -> Paper {
        let mut paper = Paper::new("A move & more");
        fill(&mut paper);
        paper
    }

    #[test]
    fn a_paper_is_markdown_and_html() {
        let paper = paper(|paper| {
            paper.heading(2, "Records");
            paper.table(&["name", "value"], [vec![code("a|b`c"), escape("<b>*x*</b>")]]);
            paper.table(&["nothing"], []);
            paper.figure(html! { svg {} }, "In words.");
        });
        let expected = "# A move \\& more\n\n## Records\n\n| name | value |\n| --- | --- |\n\
            | `` a\\|b`c `` | \\<b\\>\\*x\\*\\</b\\> |\n\nIn words.\n";
        assert_eq!(paper.markdown(), expected);
        let html = paper.html();
        let check = |part: &str| assert!(html.contains(part), "`{part}` is not in\n{html}");
        check("<title>A move &amp; more</title>");
        check("<h2 id=\"part-1\">Records</h2>");
        check("<td><code>a|b`c</code></td><td>&lt;b&gt;*x*&lt;/b&gt;</td>");
        check("<figure><svg></svg></figure>");
    }

    #[test]
    fn nothing_in_a_text_is_markup() {
        for hostile in ["<script>alert(1)</script>", "a\n\n<img src=x onerror=y>", "[x](y)", "1. `"]
        {
            let html = paper(|paper| paper.text(escape(hostile))).html();
            let body = html.split("<h1>").nth(1).unwrap_or_default();
            assert!(!["<script", "<img", "<a ", "<code"].iter().any(|tag| body.contains(tag)));
        }
        let html = paper(|paper| paper.text("so <b>bold</b>\n\n<script>x</script>")).html();
        assert!(!html.contains("<b>") && !html.contains("<script"), "{html}");
    }

    #[test]
    fn times_hold_together_and_long_code_does_not() {
        let html = paper(|paper| {
            paper.text("To do by 2027-01-16T22:00:00Z, or 2027-01-17T02:10:00Z.");
            paper.text(code(&"x".repeat(50)));
            paper.text(prose("a `b` *d* ` e"));
            paper.text(prose("a `b` *d*"));
        });
        let html = html.html();
        let check = |part: &str| assert!(html.contains(part), "`{part}` is not in\n{html}");
        check("by <time datetime=\"2027-01-16T22:00:00Z\">2027-01-16T22:00:00Z</time>, or <time");
        check("02:10:00Z</time>.</p>");
        check("<code class=\"long\">xxx");
        check("<p>a `b` *d* ` e</p>");
        check("<p>a <code>b</code> *d*</p>");
    }

    #[test]
    fn a_fence_is_longer_than_any_inside() {
        let text = paper(|paper| paper.verbatim("dns", "a ``` b\n")).markdown();
        assert!(text.ends_with("````dns\na ``` b\n````\n"), "{text}");
    }
}
