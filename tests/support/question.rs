//! The one DNS query the harness writes itself, to see whether a server is up.
//!
//! It is sent once, over UDP, and only the code of the answer is read: what the answer says is for
//! dig, in [`client`](super::client).

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

/// What a server is asked to learn whether it is up.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    name: &'a str,
    kind: u16,
    class: u16,
}

impl<'a> Question<'a> {
    /// The SOA of a zone: answered by an authoritative server once the zone is loaded.
    pub fn soa(zone: &'a str) -> Self {
        Question { name: zone, kind: 6, class: 1 }
    }

    /// The name servers of the root: what a resolver learns before anything else.
    pub fn root() -> Self {
        Question { name: ".", kind: 2, class: 1 }
    }

    fn encode(self, id: u16) -> Vec<u8> {
        let mut query = id.to_be_bytes().to_vec();
        query.extend([0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        for label in self.name.split('.').filter(|label| !label.is_empty()) {
            query.push(u8::try_from(label.len()).unwrap());
            query.extend(label.as_bytes());
        }
        query.push(0);
        query.extend(self.kind.to_be_bytes());
        query.extend(self.class.to_be_bytes());
        query
    }

    /// Whether the server at `addr` answers, now and over UDP, with NOERROR.
    pub fn is_answered(self, addr: SocketAddr) -> bool {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        // Connected, so that a closed port is an error at once and not a wait.
        socket.connect(addr).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let query = self.encode(socket.local_addr().unwrap().port());
        let mut reply = [0; 512];
        let length = socket.send(&query).and_then(|_| socket.recv(&mut reply)).unwrap_or(0);
        let is_response = reply[2] & 0x80 != 0;
        let is_noerror = reply[3] & 0x0f == 0;
        length >= 12 && reply[..2] == query[..2] && is_response && is_noerror
    }
}
