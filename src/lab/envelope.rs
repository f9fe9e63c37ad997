//! What is around an answer, whoever gives it.

use crate::wire::{Rcode, WireError, message};
use hickory_proto::op::{Message, OpCode, ResponseCode};
use hickory_proto::rr::rdata::opt::EdnsCode;

/// An answer's header, question and EDNS; the server says who it is to those who ask.
pub(super) fn head(question: &Message, nsid: &str) -> Message {
    let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
    answer.metadata.recursion_desired = question.metadata.recursion_desired;
    answer.add_queries(question.queries.iter().cloned());
    if let Some(edns) = &question.edns {
        let asked = edns.option(EdnsCode::NSID).is_some();
        answer.set_edns(message::edns(asked.then_some(nsid)));
    }
    answer
}

/// How many octets the answer may have.
pub(super) fn limit(question: &Message, tcp: bool) -> usize {
    let limit = match (&question.edns, tcp) {
        (_, true) => u16::MAX,
        (None, false) => 512, // RFC 1035 §4.2.1
        (Some(edns), false) => edns.max_payload().clamp(512, message::UDP_PAYLOAD),
    };
    limit.into()
}

/// The message with this response code.
pub(super) fn with_rcode(mut message: Message, rcode: Rcode) -> Message {
    message.metadata.response_code = rcode.0.into();
    message
}

/// FORMERR under the id of what cannot be read.
pub(super) fn unreadable(request: &[u8]) -> Option<Vec<u8>> {
    let &[a, b, flags, ..] = request.first_chunk::<12>()?;
    let id = u16::from_be_bytes([a, b]);
    let answer = Message::error_msg(id, OpCode::Query, ResponseCode::FormErr);
    let is_response = flags & 0x80 != 0;
    if is_response { None } else { message::encode(&answer).ok() }
}

/// The message if it is short enough, else its head with TC (RFC 2181 §9).
pub(super) fn fit(answer: &Message, limit: usize) -> Result<Vec<u8>, WireError> {
    match message::encode(answer) {
        Ok(octets) if octets.len() <= limit => Ok(octets),
        Ok(_) | Err(WireError::TooBig) => message::encode(&answer.truncate()),
        Err(error) => Err(error),
    }
}
