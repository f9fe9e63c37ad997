//! What a host says is wrong, in its own words, from whatever shape it answers in.

use serde_json::Value;

/// Characters of a host's words at most: enough for a sentence or two.
const LIMIT: usize = 240;

/// The host's words behind a colon; nothing where it says nothing.
pub(super) fn complaint(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let words = match serde_json::from_slice::<Value>(body) {
        Ok(value) => {
            let mut found = Vec::new();
            collect(&value, &mut found);
            found.join("; ")
        }
        Err(_) if text.trim_start().starts_with('<') => markup(&text),
        Err(_) => text.into_owned(),
    };
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(LIMIT) {
        _ if words.is_empty() => String::new(),
        Some((end, _)) => format!(": {}...", &words[..end]),
        None => format!(": {words}"),
    }
}

/// Keys under which hosts put words for people, from the outside in.
const WORDS: [&str; 13] = [
    "message",
    "msg",
    "longmessage",
    "detail",
    "error",
    "error_description",
    "errors",
    "reason",
    "cause",
    "field",
    "code",
    "statuscode",
    "details",
];

/// Every text under such keys; below `errors` any key may be the name of a field.
fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if !found.contains(text) => found.push(text.clone()),
        Value::Number(number) => found.push(number.to_string()),
        Value::Array(all) => all.iter().for_each(|one| collect(one, found)),
        Value::Object(all) => {
            let known = WORDS.iter().filter_map(|key| all.get(*key)).collect::<Vec<_>>();
            match known.is_empty() {
                false => known.into_iter().for_each(|one| collect(one, found)),
                true => all.iter().for_each(|(key, one)| {
                    let mut below = Vec::new();
                    collect(one, &mut below);
                    if !below.is_empty() {
                        found.push(format!("{key}: {}", below.join(", ")));
                    }
                }),
            }
        }
        _ => (),
    }
}

/// The text between tags: a title says enough of a page.
fn markup(text: &str) -> String {
    let title = text.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    if let Some((title, _)) = title {
        return format!("a page that says `{}`", title.trim());
    }
    let mut words = String::new();
    for piece in text.split('<').filter_map(|piece| piece.split_once('>')) {
        words.push_str(piece.1);
        words.push(' ');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_say_it_in_many_shapes() {
        let check = |body: &str, expected: &str| assert_eq!(complaint(body.as_bytes()), expected);
        check("", "");
        check("Not Found", ": Not Found");
        check(r#"{"error":"RRset is bad"}"#, ": RRset is bad");
        check(
            r#"{"success":false,"errors":[{"code":81058,"message":"It exists."}]}"#,
            ": It exists.; 81058",
        );
        check(r#"{"errors":[{"field":"ttl_sec","reason":"too low"}]}"#, ": too low; ttl_sec");
        check(r#"{"message":"Validation failed","errors":{"ttl":["is low"]}}"#, {
            ": Validation failed; ttl: is low"
        });
        check(r#"[{},{"ttl":["at least 3600"]}]"#, ": ttl: at least 3600");
        check(r#"{"error":"invalid_grant","error_description":"expired"}"#, {
            ": invalid_grant; expired"
        });
        check(r#"{"error":{"code":409,"message":"exists"}}"#, ": exists; 409");
        check(
            "<html><title>502 Bad\n Gateway</title></html>",
            ": a page that says `502 Bad Gateway`",
        );
        check(r#"{"code":2303,"msg":"No such object","svTRID":"7"}"#, ": No such object; 2303");
        check("<E><Code>Throttling</Code><Message>Rate</Message></E>", ": Throttling Rate");
        assert!(complaint("x".repeat(1_000).as_bytes()).len() < 260);
    }
}
