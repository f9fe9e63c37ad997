//! YAML as a person would write it: plain where that is safe, quoted where it is not.

/// The longest comment that fits into a line of 100.
const COMMENT_WIDTH: usize = 90;

/// Lines of a file, at one of two depths.
#[derive(Debug, Default)]
pub(super) struct Block {
    text: String,
    depth: usize,
    /// Where the table that is open begins: what stays empty is written `{}`.
    since: usize,
}

impl Block {
    /// Begins a table.
    pub(super) fn open(&mut self, key: &str) {
        self.text += &format!("\n{key}:\n");
        (self.depth, self.since) = (2, self.text.len());
    }

    /// Ends it.
    pub(super) fn close(&mut self) {
        let content = &self.text[self.since..];
        let is_empty = content.lines().all(|line| line.trim_start().starts_with('#'));
        if self.depth > 0 && is_empty {
            self.text += "  {}\n";
        }
        self.depth = 0;
    }

    /// All lines.
    pub(super) fn finish(mut self) -> String {
        self.close();
        self.text
    }

    /// A line as it is.
    pub(super) fn line(&mut self, line: &str) {
        self.text += &format!("{:1$}{line}\n", "", self.depth);
    }

    /// A comment, in as many lines as it takes.
    pub(super) fn comment(&mut self, text: &str) {
        let (mut line, mut indent) = (String::new(), "");
        for word in text.split(' ') {
            if line.len() + word.len() > COMMENT_WIDTH && !line.is_empty() {
                self.line(&format!("#{indent} {}", line.trim_end()));
                (line, indent) = (String::new(), "  ");
            }
            line += word;
            line.push(' ');
        }
        self.line(&format!("#{indent} {}", line.trim_end()));
    }

    /// What a person must decide.
    pub(super) fn question(&mut self, text: &str) {
        self.comment(&format!("decide: {text}"));
    }

    /// A key with its value.
    pub(super) fn pair(&mut self, key: &str, value: &str) {
        self.line(&format!("{key}: {}", scalar(value, false)));
    }

    /// A key with a list; an empty one only where it must be said.
    pub(super) fn list(&mut self, key: &str, items: Vec<String>, must: bool) {
        match items.is_empty() {
            true if must => self.line(&format!("{key}: []")),
            true => (),
            false => {
                self.line(&format!("{key}:"));
                items.iter().for_each(|item| self.line(&format!("  - {}", scalar(item, false))));
            }
        }
    }

    /// A key with a table of values that are YAML already: one, or a list.
    pub(super) fn table(&mut self, key: &str, rows: Vec<(String, Vec<String>)>, must: bool) {
        match rows.is_empty() {
            true if must => self.line(&format!("{key}: {{}}")),
            true => (),
            false => self.line(&format!("{key}:")),
        }
        for (name, values) in rows {
            let name = scalar(&name, false);
            match values.as_slice() {
                [one] => self.line(&format!("  {name}: {one}")),
                many => {
                    self.line(&format!("  {name}:"));
                    many.iter().for_each(|value| self.line(&format!("    - {value}")));
                }
            }
        }
    }
}

/// A scalar that reads as this text; in a flow collection, more must be quoted.
pub(super) fn scalar(text: &str, flow: bool) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_-./+=@~ ;".contains(c);
    let mut chars = text.chars().peekable();
    let mut is_plain = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && !text.ends_with([' ', ':'])
        && !text.contains("  ")
        && !["null", "true", "false"].contains(&text.to_ascii_lowercase().as_str());
    while let Some(c) = chars.next() {
        // A colon within a word is text; before a space it would make a table.
        let is_inner = c == ':' && !flow && chars.peek().is_some_and(|next| *next != ' ');
        is_plain &= is_inner || is_word(c);
    }
    if is_plain {
        return text.to_owned();
    }
    if !text.is_empty() && text.chars().all(|c| matches!(c, ' '..='~') && c != '\'') {
        return format!("'{text}'");
    }
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        ' '..='~' => c.to_string(),
        c if u32::from(c) <= 0xffff => format!("\\u{:04X}", u32::from(c)),
        c => format!("\\U{:08X}", u32::from(c)),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::super::super::Node;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_quoted_where_it_must_be() {
        let check = |text, written: &str| assert_eq!(scalar(text, false), written);
        check("v=spf1 include:a.example -all", "v=spf1 include:a.example -all");
        check(
            "v=DMARC1; p=none; rua=mailto:a@b.example",
            "v=DMARC1; p=none; rua=mailto:a@b.example",
        );
        check("10 mail", "10 mail");
        check("2001:db8::1", "2001:db8::1");
        check(r#"_mta-sts IN TXT "v=STSv1; id=1""#, r#"'_mta-sts IN TXT "v=STSv1; id=1"'"#);
        check("*", "'*'");
        check("a: b", "'a: b'");
        check("it's", "\"it's\"");
        check("null", "'null'");
        check("", "\"\"");
        check("é", "\"\\u00E9\"");
        assert_eq!(scalar("a:b", true), "'a:b'");
    }

    #[test]
    fn long_comments_are_broken() {
        let mut block = Block::default();
        block.question(&"word ".repeat(30));
        let lines: Vec<_> = block.text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.starts_with("# ") && line.len() <= 100), "{lines:?}");
    }

    proptest! {
        #[test]
        fn any_text_reads_back_the_same(text in "\\PC{0,20}|[ -~]{0,20}|[\\x00-\\x7f]{0,9}") {
            let [block, flow] = [false, true].map(|is_flow| scalar(&text, is_flow));
            let written = format!("a: {block}\nb: {{c: {flow}}}\n");
            let node = Node::parse(&written).unwrap();
            let expected = format!("{{\"a\": {text:?}, \"b\": {{\"c\": {text:?}}}}}");
            prop_assert_eq!(node.outline(), expected, "{}", written);
        }
    }
}
