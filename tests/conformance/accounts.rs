//! `cutover providers`: what is found out about accounts without writing.

use super::cloudflare::Cloudflare;
use super::fake::{Fake, Fault, Reply};
use super::story::{APEX, SECRET, Story, ZONE};
use super::support::bind::Bind;
use super::support::dankolb;
use super::support::project::Project;
use cutover::dns::Name;
use cutover::port::ProviderError;
use serde_json::{Value, json};
use std::sync::Arc;

const SPEC: &str = "version: 1\nzone: example.net\nprovider: primary\nold: {mx: [10 mail]}\n\
    new: {mx: [10 mail]}\n";

/// What the command says of one account, and how it ends.
async fn told(project: &Arc<Project>, code: i32) -> Value {
    let project = project.clone();
    let run = move || {
        project.run(&["providers"]).exits(code);
        project.run(&["providers", "--json"]).exits(code).json()["providers"][0].clone()
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn fields(found: &Value, names: [&str; 4]) -> Value {
    json!(names.map(|name| &found[name]))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_tried_without_writing() {
    let fake = Fake::start(Cloudflare::new(APEX, ZONE)).await;
    let yaml = format!(
        "version: 1\ndriver: cloudflare\nendpoint: http://{}\ntoken: file:secret\nrate: 20/s\n\
         published: [127.0.0.1]\n",
        fake.addr
    );
    let project = |spec: &str, secret: &str| {
        Arc::new(Project::new().zone(spec).provider(&yaml).file("secret", secret))
    };
    let well = told(&project(SPEC, SECRET), 0).await;
    assert_eq!(fields(&well, ["driver", "may_write", "ttl_floor", "guard"]), {
        json!(["cloudflare", true, 60, "ids"])
    });
    let names = ["reachable", "authorised", "zone_found", "may_write"];
    let other = SPEC.replace("example.net", "example.org");
    let nowhere = told(&project(&other, SECRET), 1).await;
    assert_eq!(fields(&nowhere, names), json!([true, true, false, null]));
    let stranger = told(&project(SPEC, "wrong"), 1).await;
    assert_eq!(fields(&stranger, names), json!([true, false, null, null]));
    assert!(!stranger["error"].as_str().unwrap().contains("wrong"), "{stranger}");
    for _ in 0..20 {
        fake.fault(false, Fault::Instead(Reply::text(503, "text/html", "<h1>Down</h1>"))).await;
    }
    let down = told(&project(SPEC, SECRET), 1).await;
    assert_eq!(fields(&down, names), json!([false, null, null, null]));
    assert_eq!(fake.writes().await, [""; 0]);
}

#[tokio::test]
async fn all_zones_of_an_account_leave_a_host_alone() {
    let host = Cloudflare::new(APEX, ZONE);
    let story = Story::open("driver: cloudflare\nendpoint: {endpoint}\ntoken: file:secret\n", host);
    let story = story.await;
    let busy = Reply::json(429, &json!({})).with("retry-after", "3600");
    story.fake.fault(false, Fault::Instead(busy)).await;
    for (zone, asked) in [(APEX, 1), ("other.example.", 0), (APEX, 0)] {
        let why = story.driver.zone(&Name::parse(zone).unwrap()).await.unwrap_err();
        assert!(matches!(why, ProviderError::Busy(_)), "{why:?}");
        assert!(why.to_string().contains("left alone until 20"), "{why}");
        assert_eq!(story.fake.requests().await.len(), asked, "{zone}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_server_says_who_may_update() {
    let key = dankolb::key();
    let bind = Bind::primary(dankolb::NAME, dankolb::ZONE, &key, &[]);
    let names = ["reachable", "zone_found", "may_write", "guard"];
    let yaml = dankolb::rfc2136(bind.addr, &[bind.addr]);
    let project = Arc::new(dankolb::project(&yaml));
    let well = told(&project, 0).await;
    assert_eq!(fields(&well, names), json!([true, true, true, "values"]));
    let forged = dankolb::project(&yaml).env("CUTOVER_TSIG_SECRET", &key.forged().secret_base64);
    let stranger = told(&Arc::new(forged), 1).await;
    assert_eq!(stranger["authorised"], false, "{stranger}");
}
