//! Records that go round, do not end, or are not there.

use super::check::{check, one};
use super::said::{CNAME, Said, TO_QUESTION, pointer, record, record_of, with};
use super::{EMPTY, UNUSABLE};

#[tokio::test]
async fn aliases_that_go_round_are_no_answer() {
    let (a, b) = (&b"\x01a\x07example\x03net\x00"[..], &b"\x01b\x07example\x03net\x00"[..]);
    let alias = |from: &[u8], to: &[u8]| record(from, CNAME, to);
    let to_itself = move |said: &Said| alias(&TO_QUESTION, said.owner());
    check([
        one("itself", move |said| said.reply([1, 0, 0], &to_itself(said)), UNUSABLE),
        one(
            "by a pointer",
            move |said| said.reply([1, 0, 0], &alias(&TO_QUESTION, &TO_QUESTION)),
            UNUSABLE,
        ),
        one(
            "in another case",
            move |said| {
                said.reply([1, 0, 0], &alias(&TO_QUESTION, &said.owner().to_ascii_uppercase()))
            },
            UNUSABLE,
        ),
        one(
            "by one",
            move |said| {
                let circle = [alias(&TO_QUESTION, a), alias(a, &TO_QUESTION)];
                said.reply([2, 0, 0], &circle.concat())
            },
            UNUSABLE,
        ),
        one(
            "further on",
            move |said| {
                let circle = [alias(&TO_QUESTION, a), alias(a, b), alias(b, a)];
                said.reply([3, 0, 0], &circle.concat())
            },
            UNUSABLE,
        ),
        one(
            "beside what is asked for",
            move |said| {
                said.reply([2, 0, 0], &[to_itself(said), said.record(b"\x00\x01\x00")].concat())
            },
            UNUSABLE,
        ),
    ])
    .await;
}

#[tokio::test]
async fn names_that_cannot_end_are_no_answer() {
    let owned = |said: &Said, owner: &[u8]| {
        said.reply([1, 0, 0], &record(owner, said.rtype(), b"\x00\x01\x00"))
    };
    let alias =
        |said: &Said, target: &[u8]| said.reply([1, 0, 0], &record(&TO_QUESTION, CNAME, target));
    let host =
        |said: &Said, host: &[u8]| said.reply([1, 0, 0], &said.record(&[&[0, 1], host].concat()));
    // Where a record's data begins, behind a pointer and ten octets.
    let data = |said: &Said| said.body() + 12;
    let endless = b"\x3faaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".repeat(5);
    let long = [&endless[..], &[0]].concat();
    check([
        one("itself", move |said| owned(said, &pointer(said.body())), UNUSABLE),
        one("beyond", move |said| owned(said, &pointer(0x3fff)), UNUSABLE),
        one("ahead", move |said| owned(said, &pointer(said.body() + 2)), UNUSABLE),
        one("half a pointer", move |said| said.reply([1, 0, 0], &[0xc0]), UNUSABLE),
        one("a label of kind 01", move |said| owned(said, &[0x41, b'a', 0]), UNUSABLE),
        one("a label of kind 10", move |said| owned(said, &[0x81, b'a', 0]), UNUSABLE),
        one("an alias to itself", move |said| alias(said, &pointer(data(said))), UNUSABLE),
        one("an alias ahead", move |said| alias(said, &pointer(data(said) + 1)), UNUSABLE),
        one("an alias without end", move |said| alias(said, b"\x3faa"), UNUSABLE),
        one("a host at itself", move |said| host(said, &pointer(data(said) + 2)), UNUSABLE),
        one("a host beyond", move |said| host(said, &pointer(0x3ffe)), UNUSABLE),
        one("over 255 octets", move |said| alias(said, &long), UNUSABLE),
    ])
    .await;
}

#[tokio::test]
async fn counts_and_lengths_that_lie_are_no_answer() {
    let counts = |said: &Said, at: usize, count: u16| with(&said.truth, at, count.to_be_bytes());
    let lies = |said: &Said, length: u16| {
        said.reply([1, 0, 0], &record_of(&TO_QUESTION, said.rtype(), length, b"\x00\x01\x00"))
    };
    let opt = |data: &[u8]| record(&[0], [0, 41], data);
    let with_opt = move |said: &Said, data: &[u8]| said.reply([0, 0, 1], &opt(data));
    check([
        one("65,535 answers", move |said| counts(said, 6, 0xffff), UNUSABLE),
        one("65,535 authorities", move |said| counts(said, 8, 0xffff), UNUSABLE),
        one("65,535 others", move |said| counts(said, 10, 0xffff), UNUSABLE),
        one("one more", move |said| counts(said, 10, 2), UNUSABLE),
        one("no answer, with one", move |said| with(&said.truth, 6, [0, 0, 0, 0, 0, 0]), EMPTY),
        one("one of two", move |said| with(&said.truth, 6, [0, 1, 0, 0, 0, 0]), "NOERROR Some"),
        one("records and no octets", move |said| said.reply([9, 9, 9], &[]), UNUSABLE),
        one("more data than there is", move |said| lies(said, 4), UNUSABLE),
        one("65,535 octets of data", move |said| lies(said, 0xffff), UNUSABLE),
        one("less data than the host", move |said| lies(said, 2), UNUSABLE),
        one("one octet", move |said| said.reply([1, 0, 0], &said.record(&[0])), UNUSABLE),
        one(
            "more than a host",
            move |said| said.reply([1, 0, 0], &said.record(b"\x00\x01\x00\x00")),
            UNUSABLE,
        ),
        one("an option without end", move |said| with_opt(said, &[0, 3, 0, 9, 1]), UNUSABLE),
        one("half an option", move |said| with_opt(said, &[0, 3, 0]), UNUSABLE),
        one("EDNS twice", move |said| said.reply([0, 0, 2], &opt(&[]).repeat(2)), UNUSABLE),
        one("EDNS as an answer", move |said| said.reply([1, 0, 0], &opt(&[])), UNUSABLE),
    ])
    .await;
}
