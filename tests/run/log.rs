//! What a long run has logged as JSON, and where it left each zone.

use serde_json::Value;
use std::collections::BTreeMap;

/// The whole lines of a log; each is an object.
pub(crate) fn lines(text: &str) -> Vec<Value> {
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let line = |line: &str| -> Value {
        let value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(matches!(value, Value::Object(_)), "{line}");
        value
    };
    whole.map(line).collect()
}

/// The last that was told of each zone.
pub(crate) fn last(text: &str) -> BTreeMap<String, Value> {
    let zones = lines(text).into_iter();
    zones.filter_map(|line| Some((line["zone"].as_str()?.to_owned(), line.clone()))).collect()
}

/// The lines of this event.
pub(crate) fn of(text: &str, event: &str) -> Vec<Value> {
    lines(text).into_iter().filter(|line| line["event"] == event).collect()
}
