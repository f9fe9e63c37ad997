//! Trees as they are read, and what YAML makes of odd files.

use super::*;

/// The tree in a line: scalars as they are, quoted ones in quotes.
fn show(node: &Node) -> String {
    let join = |parts: Vec<String>| parts.join(", ");
    match &node.value {
        Value::Null => "~".to_owned(),
        Value::Scalar { text, quoted: true } => format!("{text:?}"),
        Value::Scalar { text, .. } => text.clone(),
        Value::List(items) => format!("[{}]", join(items.iter().map(show).collect())),
        Value::Map(entries) => {
            let entry = |(key, value): &(Node, Node)| format!("{}: {}", show(key), show(value));
            format!("{{{}}}", join(entries.iter().map(entry).collect()))
        }
    }
}

#[test]
fn scalars_keep_their_text() {
    let check = |text: &str, shown: &str| assert_eq!(show(&Node::parse(text).unwrap()), shown);
    for plain in ["1.10", "0x1f", "NO", "300", "010", "+10", "1_000", ".nan", "True", "1e3"] {
        check(plain, plain);
    }
    check("2026-12-05 22:00 America/Chicago", "2026-12-05 22:00 America/Chicago");
    check("99999999999999999999999", "99999999999999999999999");
    check("~", "~");
    check("", "~");
    check("# nothing", "~");
    check("''", "\"\"");
    check("\"300\"", "\"300\"");
    check("'it''s'", "\"it's\"");
    check("!!str 12", "12");
    check("!!int '12'", "\"12\"");
    check("a: |-\n  \"x\"", "{a: \"x\"}");
    check("a: >-\n  two\n  words", "{a: two words}");
}

#[test]
fn collections_keep_order_and_duplicates() {
    let check = |text: &str, shown: &str| assert_eq!(show(&Node::parse(text).unwrap()), shown);
    check("{b: 1, a: [x, y]}", "{b: 1, a: [x, y]}");
    check("a: 1\na: 2", "{a: 1, a: 2}");
    check("1: x\ntrue: y", "{1: x, true: y}");
    check("a:\nb: {}\nc: []", "{a: ~, b: {}, c: []}");
}

#[test]
fn aliases_and_merge_keys_work() {
    let check = |text: &str, shown: &str| assert_eq!(show(&Node::parse(text).unwrap()), shown);
    check("a: &x 1.10\nb: *x", "{a: 1.10, b: 1.10}");
    check("a: &x {k: 1}\nb: *x", "{a: {k: 1}, b: {k: 1}}");
    check("a: &x {k: 1, l: 2}\nb: {<<: *x, l: 3}", "{a: {k: 1, l: 2}, b: {l: 3, k: 1}}");
}

#[test]
fn every_node_knows_its_place() {
    let check = |text: &str, key: &str, raw: &str| {
        let node = Node::parse(text).unwrap();
        let Value::Map(entries) = &node.value else { panic!("{text:?} is no table") };
        let (_, value) = entries.iter().find(|(name, _)| name.text() == Some(key)).unwrap();
        assert_eq!(&text[value.span.clone()], raw, "{text:?}");
    };
    check("ü: é ü # c\nb: 1", "ü", "é ü");
    check("# é\r\na: 'é'\r\n", "a", "'é'");
    check("a: [x, {y: z}, ]\n", "a", "[x, {y: z}, ]");
    check("a: {}\nb: []\n", "a", "{}");
    check("a:\n  - x\n  - k: v\nb: c", "a", "- x\n  - k: v");
    check("a: &x [1]\nb: [*x, 2]\n", "b", "[*x, 2]");
    check("a: &x [1]\nb: *x\n", "b", "[1]");
}

#[test]
fn bad_yaml_is_told_with_place_and_hint() {
    let check = |text: &str, at: usize, message: &str, help: &str| {
        let found = Node::parse(text).unwrap_err();
        assert_eq!(found.span.clone().unwrap().start, at, "{text:?}: {found:?}");
        assert!(found.message.contains(message), "{text:?}: {found:?}");
        assert!(found.help.unwrap_or_default().contains(help), "{text:?}: {}", found.message);
    };
    check("mx: [@]", 5, "unexpected character", "write `\"@\"`");
    check("ü: @", 4, "unexpected character", "write `\"@\"`");
    check("a: *", 3, "alias", "write `\"*\"`");
    check("*: b", 0, "alias", "write `\"*\"`");
    check("a: *.example", 3, "alias", "write `\"*\"`");
    check("a: %x", 3, "unexpected character", "write `\"%\"`");
    check("a:\n\tb: c", 4, "tabs", "spaces");
    check("a: b: c", 4, "mapping values", "in quotes");
    check("a: 1\n---\nb: 1", 9, "one document", "`---`");
    check("a: !foo b", 8, "tag", "");
    check("a: [1", 3, "unclosed", "");
    check("a: &x [*x]", 7, "recursive", "");
}

#[test]
fn depth_and_aliases_are_limited() {
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    assert!(Node::parse(&deep).is_err());
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..9 {
        let aliases = vec![format!("*a{}", i - 1); 10].join(", ");
        bomb.push_str(&format!("a{i}: &a{i} [{aliases}]\n"));
    }
    assert!(Node::parse(&bomb).is_err());
}

#[test]
fn long_values_and_many_comments_are_no_trouble() {
    let long = "x".repeat(5_000);
    let text = format!("{}a:\n{}  - \"{long}\"\n", "# c\n".repeat(99), "  # c\n".repeat(99));
    assert!(show(&Node::parse(&text).unwrap()).contains(&long));
}

#[test]
fn a_line_that_may_hold_a_secret_is_hidden() {
    let text = "a: b\ntsig: {secret: hunter2: x}";
    let found = Node::parse(text).unwrap_err();
    assert_eq!(&text[found.hidden.unwrap()], " hunter2: x}");
}
