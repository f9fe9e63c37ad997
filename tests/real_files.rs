//! Moves on real name servers that take no updates: by zone file, and by hand.

mod support;

#[path = "real_files/servers.rs"]
mod servers;

use std::fs;
use std::time::Duration;

use support::bind::Bind;
use support::dankolb::{self, NAME, STAGES, ZONE, foretold, meddle, published, served};
use support::server::{Server, eventually};

const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn bind_is_moved_by_its_zone_file() {
    let (bind, reload) = servers::bind();
    moves(&bind, &reload);
}

#[test]
fn knot_is_moved_by_its_zone_file() {
    let (knot, reload) = servers::knot();
    moves(&knot, &reload);
}

#[test]
fn nsd_is_moved_by_its_zone_file() {
    let (nsd, reload) = servers::nsd();
    moves(&nsd, &reload);
}

/// Moves the zone until its MX has moved, by the file that the server reads.
fn moves(server: &Server, reload: &str) {
    let path = server.dir().join("zone");
    let (file, published) = (path.display(), published(&[server.addr]));
    let provider = format!("version: 1\ndriver: zonefile\npath: {file}\n{reload}{published}");
    let project = dankolb::project(&provider);
    for stage in ["prepare", "delivery"] {
        let wanted = foretold(&project, stage);
        project.run(&["apply", "--yes", "--wait", "--through", stage]).exits(0);
        assert_eq!(served(server.addr), wanted, "after {stage}");
    }
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().collect();
    for line in ZONE.lines().filter(|line| is_nobodys_business(line)) {
        assert!(lines.contains(&line), "`{line}` is lost:\n{text}");
    }
}

/// Comments, and records that the move leaves alone.
fn is_nobodys_business(line: &str) -> bool {
    let heads = [";", "$TTL", "ns1 ", "mail ", "www ", "       IN NS", "       IN AAAA"];
    heads.iter().any(|head| line.starts_with(head))
}

#[test]
fn a_person_types_what_is_printed() {
    let bind = Bind::primary(NAME, ZONE, &dankolb::key(), &[]);
    let servers = [bind.addr];
    let end = foretold(&dankolb::project(&dankolb::rfc2136(bind.addr, &servers)), "retire-keys");
    let provider = format!("version: 1\ndriver: manual\n{}", published(&servers));
    let project = dankolb::project(&provider);

    let apply = project.start(&["apply", "--yes", "--wait"]);
    for (at, stage) in STAGES.into_iter().enumerate() {
        // What is to be typed is printed before this is journalled.
        let asks = || project.events(NAME, stage).contains(&"applied".to_owned());
        assert!(eventually(LIMIT, asks), "{stage}: {}", apply.stderr());
        let printed = apply.stdout();
        let orders: Vec<_> = printed.split("make these changes:").skip(1).collect();
        assert_eq!(orders.len(), at + 1, "{printed}");
        let lines = typed(orders[at]);
        meddle(bind.addr, &lines.iter().map(String::as_str).collect::<Vec<_>>());
    }
    apply.wait().exits(0);
    assert_eq!(served(bind.addr), end);
}

/// What nsupdate is told for a difference of zone files.
fn typed(order: &str) -> Vec<String> {
    let (_, difference) = order.split_once("difference of zone files:\n").unwrap();
    let lines = difference.lines().filter(|line| !line.starts_with("---"));
    let lines = lines.filter(|line| !line.starts_with("+++"));
    let records = lines.filter_map(|line| {
        let (sign, record) = line.split_at_checked(1)?;
        let (owner, rest) = record.split_once(' ')?;
        let (ttl, rest) = rest.split_once(" IN ")?;
        let owner = if owner == "@" { format!("{NAME}.") } else { format!("{owner}.{NAME}.") };
        match sign {
            "-" => Some(format!("del {owner} {rest}")),
            "+" => Some(format!("add {owner} {ttl} {rest}")),
            _ => None,
        }
    });
    let mut lines: Vec<_> = records.collect();
    // What goes, goes first: a name must be free for an alias.
    lines.sort_by_key(|line| line.starts_with("add"));
    lines
}
