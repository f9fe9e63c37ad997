//! Servers that answer as no server should: what they say counts for nothing, and above all not
//! for the new.

#[path = "hostile/check.rs"]
mod check;
#[path = "hostile/random.rs"]
mod random;
#[path = "hostile/records.rs"]
mod records;
#[path = "hostile/said.rs"]
mod said;
#[path = "hostile/server.rs"]
mod server;

use check::{TRUTH, check, one, tcp, udp};
use said::{NS, SOA, Said, Sent, Stream, TO_QUESTION, record, with};

/// What the poller says.
const SILENT: &str = "no answer came in time";
const UNREACHABLE: &str = "cannot be reached";
const UNUSABLE: &str = "the answer cannot be used";
const EMPTY: &str = "NOERROR None";

/// What is sent in place of the truth.
type Forgery = fn(&Said) -> Sent;

/// Good lies but for one thing, which shows that they answer something else.
const FORGERIES: [(&str, Forgery); 13] = [
    ("another id", |said| Sent::Here(with(&said.lie, 1, [!said.lie[1]]))),
    ("another name", |said| Sent::Here(with(&said.lie, 13, [b'_']))),
    ("another type", |said| Sent::Here(with(&said.lie, said.body() - 3, [99]))),
    ("another class", |said| Sent::Here(with(&said.lie, said.body() - 1, [3]))),
    ("a question", |said| Sent::Here(with(&said.lie, 2, [said.lie[2] & 0x7f]))),
    ("the question itself", |said| Sent::Here(said.request.clone())),
    ("another opcode", |said| Sent::Here(with(&said.lie, 2, [said.lie[2] | 0x20]))),
    ("two questions", |said| Sent::Here(with(&said.lie, 5, [2]))),
    ("no question", |said| Sent::Here(with(&said.lie, 5, [0]))),
    ("half a question", |said| Sent::Here(said.lie[..said.body() - 3].to_vec())),
    ("half a header", |said| Sent::Here(said.lie[..5].to_vec())),
    ("nothing at all", |_| Sent::Here(Vec::new())),
    ("from somebody else", |said| Sent::Elsewhere(said.lie.clone())),
];

#[tokio::test]
async fn what_answers_something_else_is_passed_over() {
    check(FORGERIES.map(|(name, forged)| udp(name, move |said| vec![forged(said)], SILENT))).await;
}

#[tokio::test]
async fn the_true_answer_counts_after_any_number_of_forged_ones() {
    let truth = |said: &Said| Sent::Here(said.truth.clone());
    check(FORGERIES.map(|(name, forged)| {
        udp(name, move |said| vec![forged(said), forged(said), truth(said)], TRUTH)
    }))
    .await;
    check([
        udp(
            "all of them",
            move |said| {
                let forged = FORGERIES.iter().map(|(_, forged)| forged(said));
                forged.chain([truth(said)]).collect()
            },
            TRUTH,
        ),
        udp("twice", move |said| vec![truth(said), truth(said)], TRUTH),
        udp("then a lie", move |said| vec![truth(said), Sent::Here(said.lie.clone())], TRUTH),
    ])
    .await;
}

#[tokio::test]
async fn what_is_cut_off_is_asked_for_over_tcp() {
    let message = |octets: &[u8]| Stream::Message(octets.to_vec());
    let short = |octets: &[u8]| Stream::Octets([&[1, 0], octets].concat());
    check([
        tcp("all of it", move |said| message(&said.truth), TRUTH),
        tcp("closed", |_| Stream::Octets(Vec::new()), UNREACHABLE),
        tcp("silent", |_| Stream::Silence, SILENT),
        tcp("half a length", |_| Stream::Octets(vec![0]), UNREACHABLE),
        tcp("less than it says", move |said| short(&said.lie[..40]), UNREACHABLE),
        tcp("no octets", move |_| message(&[]), UNUSABLE),
        tcp("noise", move |_| message(&[0xff; 300]), UNUSABLE),
        tcp("HTTP", |_| Stream::Octets(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()), UNREACHABLE),
        tcp("another id", move |said| message(&with(&said.lie, 0, [!said.lie[0]])), UNUSABLE),
        tcp("another name", move |said| message(&with(&said.lie, 13, [b'_'])), UNUSABLE),
        tcp("a question", move |said| message(&said.request), UNUSABLE),
        tcp("half of it", move |said| message(&said.truth[..said.truth.len() - 20]), UNUSABLE),
        tcp("cut off again", move |said| message(&with(&said.lie, 2, [0x87])), UNUSABLE),
    ])
    .await;
}

/// Who does not listen to how much we take sends more.
#[tokio::test]
async fn long_answers_are_read_whole() {
    let stuffed = |said: &Said, records: u16, length: usize| {
        let noise = record(&TO_QUESTION, [0xff, 0], &vec![7; length]);
        let counted = with(&said.truth, 10, (1 + records).to_be_bytes());
        [counted, noise.repeat(records.into())].concat()
    };
    check([
        one("4,096 octets and more", move |said| stuffed(said, 10, 500), TRUTH),
        one("as much as fits", move |said| stuffed(said, 100, 600), TRUTH),
        one("a long record", move |said| stuffed(said, 1, 60_000), TRUTH),
        tcp("over TCP", move |said| Stream::Message(stuffed(said, 1, 65_000)), TRUTH),
    ])
    .await;
}

/// Even with all the records in it.
#[tokio::test]
async fn a_failure_says_nothing_about_records() {
    let code = |code: u8| move |said: &Said| with(&said.truth, 3, [said.truth[3] & 0xf0 | code]);
    check([
        one("FORMERR", code(1), "FORMERR"),
        one("SERVFAIL", code(2), "SERVFAIL"),
        one("NXDOMAIN with records", code(3), UNUSABLE),
        one("NOTIMP", code(4), "NOTIMP"),
        one("REFUSED", code(5), "REFUSED"),
        one("YXDOMAIN", code(6), "YXDOMAIN"),
        one("NOTAUTH", code(9), "NOTAUTH"),
        one("RCODE11", code(11), "RCODE11"),
        one("RCODE15", code(15), "RCODE15"),
    ])
    .await;
}

/// That there is no record is proved by the zone's SOA, and by nothing less.
#[tokio::test]
async fn an_empty_answer_is_no_absence() {
    let root = [&[0][..], &[0; 20]].concat();
    let soa = [&b"\x02ns\x00"[..], b"\x00", &[0, 0, 0, 60].repeat(5)].concat();
    let above = |owner: &[u8]| record(owner, SOA, &soa.clone());
    let (top, net, beside) = (above(&[0]), above(b"\x03net\x00"), above(b"\x03org\x00"));
    let upward = record(&[0], NS, b"\x01a\x0croot-servers\x03net\x00");
    let nxdomain = [0x81, 0x83];
    check([
        one("lame", |said| said.reply_by([0x80, 0], [0; 3], &[]), EMPTY),
        one("by a resolver", |said| said.reply_by([0x81, 0x80], [0; 3], &[]), EMPTY),
        one("with authority", |said| said.reply([0; 3], &[]), EMPTY),
        one("no such name", move |said| said.reply_by(nxdomain, [0; 3], &[]), "NXDOMAIN None"),
        one("says the root", move |said| said.reply_by(nxdomain, [0, 1, 0], &top), "NXDOMAIN"),
        one("says net", move |said| said.reply_by(nxdomain, [0, 1, 0], &net), "NXDOMAIN"),
        one("says org", move |said| said.reply_by(nxdomain, [0, 1, 0], &beside), "NXDOMAIN"),
        one(
            "upward",
            {
                let upward = upward.clone();
                move |said| said.reply_by([0x80, 0], [0, 1, 0], &upward)
            },
            EMPTY,
        ),
        one(
            "upward, by a resolver",
            move |said| said.reply_by([0x81, 0x80], [0, 1, 0], &upward),
            EMPTY,
        ),
        one(
            "a SOA cut short",
            move |said| said.reply([0, 1, 0], &record(&TO_QUESTION, SOA, &root)),
            UNUSABLE,
        ),
    ])
    .await;
}
