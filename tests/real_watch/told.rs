//! What `cutover report` tells of a move afterwards.

use std::net::SocketAddr;

use chrono::{DateTime, Utc};

use super::scene::{APEX, time};
use super::support::project::Project;
use super::support::server::Server;

/// A cache took in the old after publication: it is named with its times, and what the report
/// says of name servers is what the journal knows.
pub(crate) fn tells_of_the_late(
    project: &Project,
    late: &Server,
    servers: &[SocketAddr],
    published: DateTime<Utc>,
) {
    let journal = project.read(".cutover/example.net.jsonl");
    let report = project.run(&["report", "--json"]).exits(0).json();
    assert_eq!(project.read(".cutover/example.net.jsonl"), journal, "a report writes nothing");
    let who = format!("lost ({})", late.addr);
    assert_eq!(report["alarms"][0]["resolver"], who.as_str(), "{report:#}");
    assert_eq!(report["alarms"][0]["owner"], APEX);
    let phases = report["plans"][0]["phases"].as_array().unwrap();
    let delivery = phases.iter().find(|phase| phase["stage"] == "delivery").unwrap();
    let told = time(&delivery["published"]).unwrap();
    assert_eq!(told.timestamp(), published.timestamp());
    let followers = delivery["servers"].as_array().unwrap();
    let mut names: Vec<_> =
        followers.iter().map(|one| one["server"].as_str().unwrap().to_owned()).collect();
    names.sort();
    let mut expected: Vec<_> = servers.iter().map(ToString::to_string).collect();
    expected.sort();
    assert_eq!(names, expected);
    assert!(followers.iter().all(|one| time(&one["new"]).is_some()), "{delivery:#}");
    // `lost` is the only one that had the old, and was seen without it.
    let holders = delivery["observed"]["holders"].as_array().unwrap();
    let [holder] = &holders[..] else { panic!("{delivery:#}") };
    assert_eq!(holder["resolver"], who.as_str());
    let (last, new) = (time(&holder["old_last_seen"]).unwrap(), time(&holder["new_seen"]).unwrap());
    assert!(published < last && last < new, "{holder}");
    assert_eq!(delivery["observed"]["old_gone_by"], holder["new_seen"]);
    let text = project.run(&["report"]).exits(0).stdout;
    let alarm = format!("Alarm: `{who}` took in the old `{APEX} MX` after publication");
    assert!(text.contains(&alarm), "{text}");
    project.run(&["report", "--html", "--out", "after.html"]).exits(0);
    let html = project.read("after.html");
    assert!(html.contains("<polyline class=\"observed\""), "{html}");
}
