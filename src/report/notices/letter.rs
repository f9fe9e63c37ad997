//! One letter, as plain text and as Markdown.

use crate::plan::Timestamp;
use crate::report::When;
use crate::report::paper::escape;
use comfy_table::{ContentArrangement, Table, presets};

/// A letter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notice {
    /// `N3`.
    pub id: &'static str,
    /// What it is, in a word.
    pub name: &'static str,
    /// Whom it is for.
    pub to: String,
    /// When it is sent; none where that depends on how the night goes.
    pub send: Vec<Timestamp>,
    /// What it waits for, besides a time.
    pub once: Option<&'static str>,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub body: Vec<Block>,
}

/// A part of a letter, in plain words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// A list.
    Points(Vec<String>),
    /// A table: its head and its rows.
    Table(Vec<String>, Vec<Vec<String>>),
}

/// In which form letters are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// Plain text, for a mail.
    Text,
    /// Markdown, for a wiki.
    Markdown,
}

/// What mail programs show without breaking lines themselves (RFC 5322 §2.1.1 says 78 at most).
const WIDTH: usize = 76;

impl Notice {
    /// When it is sent, in words.
    pub fn sent(&self, when: &When) -> String {
        let times: Vec<_> = self.send.iter().map(|time| when.at(*time)).collect();
        match (times.is_empty(), self.once) {
            (true, Some(once)) => once.to_owned(),
            (false, Some(once)) => format!("{}, {once}", times.join("; ")),
            (_, None) => times.join("; "),
        }
    }

    /// The letter in a form.
    pub fn print(&self, form: Form, when: &When) -> String {
        match form {
            Form::Text => self.text(when),
            Form::Markdown => self.markdown(when),
        }
    }

    fn text(&self, when: &When) -> String {
        let head = [
            ("Notice", format!("{} {}", self.id, self.name)),
            ("To", self.to.clone()),
            ("Send", self.sent(when)),
            ("Subject", self.subject.clone()),
        ];
        let head = head.iter().map(|(key, value)| format!("{key}: {value}\n"));
        let body = self.body.iter().map(|block| format!("\n{}", block.text()));
        head.chain(body).collect()
    }

    fn markdown(&self, when: &When) -> String {
        let (to, sent) = (escape(&self.to), escape(&self.sent(when)));
        let mut out = format!("## {}\n\n", escape(&self.subject));
        out += &format!("*{} {}, to {to}; send {sent}*\n", self.id, self.name);
        self.body.iter().for_each(|block| out += &format!("\n{}", block.markdown()));
        out
    }
}

impl Block {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => filled(text, ""),
            Self::Points(all) => all.iter().map(|point| filled(point, "- ")).collect(),
            Self::Table(head, rows) => {
                let mut table = Table::new();
                table.load_style(presets::NOTHING);
                table.set_content_arrangement(ContentArrangement::Disabled);
                table.set_header(head).add_rows(rows);
                format!("{}\n", table.trim_fmt())
            }
        }
    }

    fn markdown(&self) -> String {
        let row = |cells: &[String]| {
            let cells: Vec<_> = cells.iter().map(|cell| escape(cell)).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        match self {
            Self::Text(text) => format!("{}\n", escape(text)),
            Self::Points(all) => all.iter().map(|one| format!("- {}\n", escape(one))).collect(),
            Self::Table(head, rows) => {
                let line = vec!["---".to_owned(); head.len()].join(" | ");
                let rows: String = rows.iter().map(|cells| row(cells)).collect();
                format!("{}| {line} |\n{rows}", row(head))
            }
        }
    }
}

/// Text in lines, the first behind a mark, the others below its text.
fn filled(text: &str, mark: &str) -> String {
    let mut out = mark.to_owned();
    let mut column = mark.chars().count();
    let indent = column;
    for (at, word) in text.split_whitespace().enumerate() {
        let width = word.chars().count();
        if at > 0 && column + 1 + width > WIDTH {
            out += &format!("\n{}", " ".repeat(indent));
            column = indent;
        } else if at > 0 {
            out.push(' ');
            column += 1;
        }
        out += word;
        column += width;
    }
    out + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_filled_and_points_hang() {
        let check = |text: &str, mark, expected: &str| assert_eq!(filled(text, mark), expected);
        check("a  b\nc", "", "a b c\n");
        let long = "word ".repeat(16);
        let first = "word ".repeat(15); // 2 + 15 * 5 - 1 columns
        check(&long, "- ", &format!("- {}\n  word\n", first.trim_end()));
        assert!(filled(&"x".repeat(90), "- ").starts_with("- xx"));
    }

    #[test]
    fn nothing_in_a_letter_is_markup() {
        let block = Block::Table(vec!["a|b".into()], vec![vec!["<b>*".into()]]);
        assert_eq!(block.markdown(), "| a\\|b |\n| --- |\n| \\<b\\>\\* |\n");
    }
}
