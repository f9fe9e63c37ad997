//! Requests and answers over one TCP connection, signed when there is a key.

use super::{Chain, Connection, TsigKey, WireError, message};
use crate::port::Clock;
use hickory_proto::op::{Message, MessageType};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

/// How many requests are under way at once: few enough for their answers' socket buffers, so that
/// neither side ever waits for the other to read.
const WINDOW: usize = 32;

/// A connection with the key and the clock that sign what goes over it.
pub(crate) struct Session<'a> {
    connection: Connection,
    key: Option<&'a TsigKey>,
    clock: &'a dyn Clock,
    next_id: u16,
}

impl<'a> Session<'a> {
    /// Connects.
    pub(crate) async fn open(
        server: SocketAddr,
        key: Option<&'a TsigKey>,
        clock: &'a dyn Clock,
        patience: Duration,
    ) -> Result<Self, WireError> {
        let connection = Connection::open(server, patience).await?;
        Ok(Self { connection, key, clock, next_id: rand::random() })
    }

    /// Seconds since 1970, as TSIG counts them.
    fn now(&self) -> u64 {
        u64::try_from(self.clock.now().timestamp()).unwrap_or(0)
    }

    /// Sends a request, whose id is chosen here.
    pub(crate) async fn send(
        &mut self,
        mut request: Message,
    ) -> Result<(u16, Option<Chain>), WireError> {
        let id = self.next_id;
        self.next_id = id.wrapping_add(1);
        request.metadata.id = id;
        let octets = message::encode(&request)?;
        let (octets, chain) = match self.key {
            None => (octets, None),
            Some(key) => {
                let (octets, chain) = Chain::ask(key, octets, self.now())?;
                (octets, Some(chain))
            }
        };
        self.connection.send(&octets).await?;
        Ok((id, chain))
    }

    /// Receives one message, not yet checked.
    pub(crate) async fn receive(&mut self) -> Result<(Message, Vec<u8>), WireError> {
        let octets = self.connection.receive().await?;
        let message = message::decode(&octets)?;
        if message.metadata.message_type != MessageType::Response {
            return Err(WireError::garbled("it is not a response"));
        }
        Ok((message, octets))
    }

    /// Checks the signature of one message of an answer.
    pub(crate) fn check(
        &self,
        chain: &mut Option<Chain>,
        octets: &[u8],
        message: &Message,
    ) -> Result<(), WireError> {
        match chain {
            None => Ok(()),
            Some(chain) => Ok(chain.check(octets, message, self.now())?),
        }
    }

    /// One request, one answer.
    pub(crate) async fn request(&mut self, request: Message) -> Result<Message, WireError> {
        let mut answers = self.pipeline(vec![request]).await?;
        answers.pop().ok_or(WireError::Silent)
    }

    /// Many requests under way at once; the answers come in the order of the requests.
    pub(crate) async fn pipeline(
        &mut self,
        requests: Vec<Message>,
    ) -> Result<Vec<Message>, WireError> {
        let mut answers = vec![None; requests.len()];
        let mut waiting = HashMap::new();
        let mut requests = requests.into_iter().enumerate();
        loop {
            while waiting.len() < WINDOW
                && let Some((place, request)) = requests.next()
            {
                let (id, chain) = self.send(request).await?;
                waiting.insert(id, (place, chain));
            }
            if waiting.is_empty() {
                return Ok(answers.into_iter().flatten().collect());
            }
            let (answer, octets) = self.receive().await?;
            let Some((place, mut chain)) = waiting.remove(&answer.metadata.id) else {
                return Err(WireError::garbled("nothing of that id was asked"));
            };
            self.check(&mut chain, &octets, &answer)?;
            if let Some(slot) = answers.get_mut(place) {
                *slot = Some(answer);
            }
        }
    }
}
