//! What fits on a terminal, so that the next look can take the place of this one.

/// Rows and columns of a terminal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Screen {
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl Screen {
    /// How many rows text takes, those included that are wider than the screen.
    pub(super) fn height(self, text: &str) -> usize {
        text.lines().map(|line| self.wraps(line)).sum()
    }

    fn wraps(self, line: &str) -> usize {
        // All signs that we print are one column wide.
        let width = anstream::adapter::strip_str(line).to_string().chars().count();
        width.div_ceil(self.columns.max(1)).max(1)
    }

    /// The text with as many lines of its tables as there is room for; `render` is told how many
    /// may be in each, of so many tables.
    pub(super) fn fit(self, tables: usize, render: impl Fn(Option<usize>) -> String) -> String {
        // The cursor stands in a row of its own.
        let room = self.rows.saturating_sub(1);
        let whole = render(None);
        if self.height(&whole) <= room {
            return whole;
        }
        let least = render(Some(0));
        let left = room.saturating_sub(self.height(&least)) / tables.max(1);
        let fitting = (1..=left).rev().map(|most| render(Some(most)));
        fitting
            .into_iter()
            .find(|text| self.height(text) <= room)
            .unwrap_or_else(|| self.cut(&least, room))
    }

    /// The first lines, and how many more there are.
    fn cut(self, text: &str, room: usize) -> String {
        if self.height(text) <= room {
            return text.to_owned();
        }
        let (mut out, mut taken, mut left) = (String::new(), 0, text.lines().count());
        for line in text.lines() {
            taken += self.wraps(line);
            // The last row is for the number.
            if room <= taken {
                break;
            }
            out += line;
            out.push('\n');
            left -= 1;
        }
        out + &format!("… {left} more lines\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A head, some lines of a table, and how many are left out.
    fn table(lines: usize, most: Option<usize>) -> String {
        let shown = most.unwrap_or(lines).min(lines);
        let rest =
            if shown < lines { format!("… {} more\n", lines - shown) } else { String::new() };
        format!("head\n{}{rest}", "line\n".repeat(shown))
    }

    #[test]
    fn what_is_shown_fits() {
        let check = |rows: usize, lines: usize, expected: &str| {
            let screen = Screen { rows, columns: 80 };
            let shown = screen.fit(1, |most| table(lines, most));
            assert_eq!(shown, expected);
            assert!(screen.height(&shown) < rows, "the cursor has no row: {shown}");
        };
        check(10, 3, "head\nline\nline\nline\n");
        check(5, 3, "head\nline\nline\nline\n");
        check(5, 4, "head\nline\nline\n… 2 more\n");
        check(3, 9, "head\n… 9 more\n");
        check(2, 9, "… 2 more lines\n");
    }

    #[test]
    fn wide_lines_take_several_rows() {
        let check = |text: &str, rows: usize| {
            assert_eq!(Screen { rows: 24, columns: 10 }.height(text), rows, "{text}");
        };
        check("", 0);
        check("\n", 1);
        check("ten signs.\n", 1);
        check("eleven sign\n", 2);
        check("\u{1b}[32m● ten sig.\u{1b}[0m\n", 1);
    }

    #[test]
    fn many_tables_share_the_room() {
        let screen = Screen { rows: 12, columns: 80 };
        let shown = screen.fit(2, |most| table(20, most) + &table(20, most));
        assert_eq!(shown.matches("line").count(), 6, "{shown}");
    }
}
