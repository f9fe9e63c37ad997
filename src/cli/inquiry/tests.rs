//! What a check finds of that which only visits show, from project files to findings.

use super::super::propose::propose;
use super::*;
use crate::cli::Terminal;
use crate::cli::terminal::ColorChoice;
use crate::clock::SystemClock;
use crate::lab::Authority;
use async_trait::async_trait;
use std::fs;
use std::sync::{Arc, Mutex};

const LIVE: &str = "$TTL 3600\n@ SOA ns1 h 1 3600 600 604800 3600\n@ NS ns1\nns1 A 192.0.2.53\n\
    @ MX 10 mail\nmail A 192.0.2.1\n_25._tcp.mail TLSA 3 0 0 01\n\
    _mta-sts TXT \"v=STSv1; id=1\"\nmta-sts A 192.0.2.80\n\
    _smtp._tls TXT \"v=TLSRPTv1; rua=mailto:tls@example.org\"\n";
const FILE: &str = "version: 1\nzone: example.net\nprovider: primary\n\
    old:\n  mx: [10 mail]\n  records:\n    - _mta-sts 3600 TXT \"v=STSv1; id=1\"\n    \
    - _25._tcp.mail 3600 TLSA 3 0 0 01\n\
    new:\n  mx: [10 new]\n  records:\n    - _mta-sts 3600 TXT \"v=STSv1; id=2\"\n    \
    - _25._tcp.mail 3600 TLSA 3 0 0 02\n    - new 3600 A 192.0.2.2\n    \
    - _25._tcp.new 3600 TLSA 3 0 0 03\n";
/// Shows a policy that lists one host, and of each machine a certificate of one octet.
struct Fake {
    listed: &'static str,
    keys: [(&'static str, u8); 2],
    visits: Mutex<Vec<String>>,
}

#[async_trait]
impl Visitor for &'static Fake {
    async fn visit(&self, visit: &Visit) -> Shown {
        self.visits.lock().unwrap().push(visit.to_string());
        match visit {
            Visit::Policy { .. } => Shown::Document(format!(
                "version: STSv1\nmode: enforce\nmx: {}\nmax_age: 86400\n",
                self.listed
            )),
            Visit::Chain { at, .. } => {
                let key = self.keys.iter().find(|(of, _)| *of == at.to_string());
                key.map_or(Shown::Nothing, |(_, key)| Shown::Chain(vec![vec![*key]]))
            }
        }
    }
}

/// The findings about policies and certificates, and how many visits were made.
async fn found(
    may_ask: bool,
    listed: &'static str,
    keys: [(&'static str, u8); 2],
) -> (Vec<String>, usize) {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    // Somebody who knows nothing.
    let stranger = Authority::new("stranger", Arc::new(SystemClock));
    let stranger = stranger.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let resolver = format!("{{name: stranger, address: {}}}", stranger.address());
    let resolver = if may_ask { &*resolver } else { "" };
    write("cutover.yaml", &format!("version: 1\nresolvers: [{resolver}]\n"));
    write("db.example.net", LIVE);
    write("zones/example.net.yaml", FILE);
    write("providers/primary.yaml", "version: 1\ndriver: zonefile\npath: db.{zone}\n");
    let terminal = Terminal::new(ColorChoice::Never);
    let mut session =
        Session::open(dir.path(), &terminal).await.unwrap_or_else(|_| panic!("no project"));
    let fake: &Fake = Box::leak(Box::new(Fake { listed, keys, visits: Mutex::default() }));
    session.visitor = Some(Box::new(fake));
    let spec = &session.project.zones[0];
    let proposal = propose(&session, spec, "2027-01-16T00:00:00Z".parse().unwrap(), false).await;
    let findings = proposal.unwrap_or_else(|_| panic!("no proposal")).findings;
    let ours = findings.iter().filter(|one| ["ST01", "ST02", "DA02"].contains(&one.id));
    let told = ours.map(|one| format!("{} {}", one.id, one.owner));
    (told.collect(), fake.visits.lock().unwrap().len())
}

#[tokio::test]
async fn what_is_to_come_is_visited_where_it_will_be() {
    let good = [("192.0.2.1", 1), ("192.0.2.2", 3)];
    // The policy, the machine in use and the one to come, each once; the key that `mail` is given
    // later is not asked for now.
    assert_eq!(found(true, "*.example.net", good).await, (Vec::new(), 3));
    let sts = ["ST02 _mta-sts.example.net.".to_owned()];
    assert_eq!(found(true, "mail.example.net", good).await, (sts.to_vec(), 3));
    let wrong = [("192.0.2.1", 1), ("192.0.2.2", 4)];
    let new = ["DA02 _25._tcp.new.example.net.".to_owned()];
    assert_eq!(found(true, "*.example.net", wrong).await, (new.to_vec(), 3));
    let wrong = [("192.0.2.1", 2), ("192.0.2.2", 3)];
    let live = ["DA02 _25._tcp.mail.example.net.".to_owned()];
    assert_eq!(found(true, "*.example.net", wrong).await, (live.to_vec(), 3));
}

#[tokio::test]
async fn nobody_is_visited_where_nobody_may_be_asked() {
    assert_eq!(found(false, "x.example.net", [("192.0.2.1", 9); 2]).await, (Vec::new(), 0));
}
