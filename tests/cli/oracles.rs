//! Schedules that somebody else computed: `tests/oracles/schedules.json`, to the second.
//!
//! Each number comes out of `plan --json`, through the zone files of the examples. Where an oracle
//! is about another case than the example, the zone file is edited as a user would.

use super::support::project::Project;
use cutover::dns::{Name, RrSet, Ttl, parse_rrset};
use cutover::plan::{Ledger, Scope, Timestamp, exposure};
use cutover::port::Answer;
use cutover::run::{Target, Verdict};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

/// One part of the oracle, and which of its numbers have been used.
struct Oracle {
    schedule: Value,
    inputs: Value,
    used: RefCell<BTreeSet<String>>,
}

impl Oracle {
    fn of(name: &str) -> Self {
        let all: Value = serde_json::from_str(include_str!("../oracles/schedules.json")).unwrap();
        let part = all[name].clone();
        let schedule = part.get("schedule").unwrap_or(&part).clone();
        Self { schedule, inputs: part["inputs"].clone(), used: RefCell::default() }
    }

    /// The oracle's time of this name is what was found.
    #[track_caller]
    fn says(&self, name: &str, found: &Value) {
        let wanted = &self.schedule[name];
        assert!(wanted.is_string(), "the oracle has no `{name}`");
        assert_eq!(found, wanted, "{name}");
        self.used.borrow_mut().insert(name.to_owned());
    }

    /// All of it has been used but this, for a reason that stands beside it.
    fn leaves(self, others: &[&str]) {
        let names = self.schedule.as_object().unwrap().keys();
        let used = self.used.into_inner();
        let left: Vec<_> = names.filter(|name| !used.contains(*name)).collect();
        assert_eq!(left, others);
    }
}

/// The plan of a zone at some time.
fn plan(project: &Project, zone: &str, at: &str, flags: &[&str]) -> Value {
    let args = [&["plan", zone, "--json", "--at", at], flags].concat();
    project.run(&args).json()
}

fn find<'a>(list: &'a Value, wanted: &[(&str, &str)]) -> &'a Value {
    let all = list.as_array().unwrap().iter();
    let mut fits = all.filter(|one| wanted.iter().all(|(key, value)| one[*key] == *value));
    fits.next().unwrap_or_else(|| panic!("no {wanted:?} in {list:#}"))
}

/// By when something must be done for a record.
fn due<'a>(plan: &'a Value, owner: &str, rtype: &str, what: &str) -> &'a Value {
    &find(&plan["deadlines"], &[("owner", owner), ("type", rtype), ("what", what)])["at"]
}

fn dead<'a>(plan: &'a Value, owner: &str, rtype: &str) -> &'a Value {
    &find(&plan["old_dead"], &[("owner", owner), ("type", rtype)])["at"]
}

fn phase<'a>(plan: &'a Value, stage: &str) -> &'a Value {
    find(&plan["phases"], &[("stage", stage)])
}

const A_FILE: &str = "zones/example.com.yaml";
const A_PREP: &str = "2027-01-14T09:00:00Z";

fn exchange() -> Project {
    Project::example("exchange-to-bystar")
}

#[test]
fn exchange_to_bystar() {
    let a = Oracle::of("A_exchange_to_bystar");
    let plan = plan(&exchange(), "example.com", A_PREP, &[]);
    a.says("lower_by.MX", due(&plan, "example.com.", "MX", "lower_by"));
    a.says("lower_by.submit_A", due(&plan, "submit.example.com.", "A", "lower_by"));
    a.says("lower_by.imap_A", due(&plan, "imap.example.com.", "A", "lower_by"));
    let autodiscover = due(&plan, "autodiscover.example.com.", "CNAME", "lower_by");
    a.says("lower_by.autodiscover_CNAME", autodiscover);
    let spf = due(&plan, "example.com.", "TXT", "publish_by");
    a.says("spf_union_by (first mail from new host at submit cut)", spf);
    let key = due(&plan, "bystar2027._domainkey.example.com.", "TXT", "publish_by");
    a.says("dkim_new_selector_by", key);
    a.says("new_mx_host_A_by", due(&plan, "mx1.example.com.", "A", "publish_by"));
    a.says("prep_change_at (chosen)", &phase(&plan, "prepare")["not_before"]);
    a.says("prep.all_servers_by", &phase(&plan, "prepare")["published_by"]);
    a.says("prep.old_MX_ttl_exhausted", &phase(&plan, "prepare")["drained_by"]);
    a.says("cut.submit", &phase(&plan, "submission")["not_before"]);
    a.says("cut.submit.old_dead", dead(&plan, "submit.example.com.", "A"));
    a.says("cut.mx", &phase(&plan, "delivery")["not_before"]);
    a.says("cut.mx.old_dead", dead(&plan, "example.com.", "MX"));
    a.says("cut.imap", &phase(&plan, "retrieval")["not_before"]);
    a.says("cut.imap.old_dead", dead(&plan, "imap.example.com.", "A"));
    a.says("latest_dns_change_complete_in_window", &plan["last_change"]);
    a.says("last_rollback_decision", &plan["last_rollback"]);
    a.says("soak_until", &plan["soak_until"]);
    a.says("drain_satisfied", &plan["quiet_at"]);
    a.says("decommission_old_mta_earliest", &plan["decommission_at"]);
    a.says("dkim_old_remove_earliest", &plan["old_keys_until"]);
    a.says("dkim_old_remove_default(=soak+5d transit)", &plan["retire_keys_at"]);
    a.says("raise_ttl_at (24h after window end)", &phase(&plan, "restore-ttl")["not_before"]);
    a.says("repurpose_old_imap_submit (3 months, seed: a few months)", &plan["repurpose_at"]);
    assert_eq!(plan["propagation_s"], a.inputs["dprop_bound"]);
    assert_eq!(plan["negative_ttl"], a.inputs["neg_ttl"]);
    // Verified at 03:35, decided by 02:10: a conflict that must be told.
    find(&plan["findings"], &[("id", "PL04"), ("severity", "warning")]);

    let notified = exchange().edited(A_FILE, "margin: 1h", "margin: 1h\n  propagation: 60s");
    let plan = self::plan(&notified, "example.com", A_PREP, &[]);
    a.says("cut.mx.old_dead_if_NOTIFY_60s", dead(&plan, "example.com.", "MX"));
    assert_eq!(plan["findings"], serde_json::json!([]), "then both fit in");
    // What the zone file says, not the plan.
    a.leaves(&["example.last_legit_mail_on_old"]);
}

/// The example with nothing but an MX to move, so that no addition has to be waited for.
fn only_mx() -> Project {
    exchange()
        .file(
            "db.example.com",
            "$TTL 86400\n@ 3600 SOA ns1 h 1 3600 600 1209600 3600\n@ NS ns1\n\
            ns1 A 192.0.2.1\n@ MX 10 mail\nmail A 192.0.2.10\nmx1 A 192.0.2.21\n",
        )
        .file(
            A_FILE,
            "version: 1\nzone: example.com\nprovider: hand-written\n\
            old: {mx: [10 mail]}\nnew: {mx: [10 mx1]}\ntransition:\n  \
            window: {opens: 2027-01-16T22:00:00Z, length: 6h}\n  at: {delivery: +20m}\n",
        )
}

#[test]
fn an_mx_whose_ttl_comes_down_late() {
    let variants = Oracle::of("A_variants");
    let late = plan(&only_mx(), "example.com", "2027-01-16T12:00:00Z", &[]);
    assert_eq!(late["feasible"], false);
    variants.says("lowered_at", &phase(&late, "prepare")["not_before"]);
    variants.says("earliest_safe_cut", &phase(&late, "delivery")["not_before"]);

    let tail = plan(&only_mx(), "example.com", "2027-01-16T12:00:00Z", &["--accept-tail"]);
    assert_eq!(tail["feasible"], true);
    variants.says("mx_old_dead", dead(&tail, "example.com.", "MX"));
    let edges = Oracle::of("edges");
    let before_horizon = &edges.schedule["A.mx_cut_before_horizon"];
    assert_eq!(*dead(&tail, "example.com.", "MX"), before_horizon["expect_old_dead"]);
    assert_eq!(phase(&tail, "delivery")["not_before"], before_horizon["cut"]);

    let never = plan(&only_mx(), "example.com", "2027-01-16T22:20:00Z", &["--accept-tail"]);
    variants.says("mx_cut_without_lowering_old_dead", dead(&never, "example.com.", "MX"));
    for (hours, name) in [(1, "fraction_stale_1h_after_T_all"), (6, "fraction_stale_6h")] {
        let day = Ttl::from_secs(86_400);
        let stale = exposure(Duration::from_secs(hours * 3_600), day);
        assert!((stale - variants.schedule[name].as_f64().unwrap()).abs() < 1e-6);
    }
    variants.leaves(&["fraction_stale_1h_after_T_all", "fraction_stale_6h"]);
}

#[test]
fn what_must_not_be_accepted_is_waited_for() {
    // SPF of a day comes down as late as the MX: mail from the new hosts would fail.
    let late = ["example.com", "2027-01-16T12:00:00Z"];
    let tail = plan(&exchange(), late[0], late[1], &["--accept-tail"]);
    assert_eq!(tail["feasible"], false);
    let message = find(&tail["findings"], &[("id", "PL01")])["message"].as_str().unwrap();
    assert!(message.contains("open the window 15 h later"), "{message}");
    let refused = exchange().run(&["plan", "--at", late[1]]).exits(3);
    assert!(refused.stdout.contains("none by `--accept-tail`"), "{}", refused.stdout);
    let small = only_mx().run(&["plan", "--at", late[1]]).exits(3);
    assert!(small.stdout.contains("`--accept-tail`: an hour after delivery"), "{}", small.stdout);
}

#[test]
fn bystar_to_office_365() {
    let b = Oracle::of("B_bystar_to_o365");
    let project = Project::example("bystar-to-office365");
    let plan = plan(&project, "example.com", "2027-06-01T08:00:00Z", &[]);
    let key = due(&plan, "selector1._domainkey.example.com.", "CNAME", "publish_by");
    b.says("dkim_cname_publish_by (4d detection before first signed mail)", key);
    b.says("spf_union_by", due(&plan, "example.com.", "TXT", "publish_by"));
    b.says("lower_by.MX", due(&plan, "example.com.", "MX", "lower_by"));
    let sts = |what| due(&plan, "_mta-sts.example.com.", "TXT", what);
    b.says("mta_sts.policy_union_https_by", sts("policy_by"));
    b.says("mta_sts.id_bump_by (compliant-sender bound)", sts("publish_by"));
    b.says("prep_change_at (chosen)", &phase(&plan, "prepare")["not_before"]);
    for (stage, cut, owner, rtype) in [
        ("submission", "cut.submit", "submit.example.com.", "CNAME"),
        ("delivery", "cut.mx", "example.com.", "MX"),
        ("retrieval", "cut.imap", "imap.example.com.", "CNAME"),
    ] {
        b.says(cut, &phase(&plan, stage)["not_before"]);
        b.says(&format!("{cut}.old_dead"), dead(&plan, owner, rtype));
    }
    b.says("last_rollback_decision", &plan["last_rollback"]);
    b.says("m365_72h_wait_ends", &plan["mx_noticed_by"]);
    b.says("old_dkim_remove_earliest (qmail 7d + 5d)", &plan["old_keys_until"]);
    b.says("soak_until", &plan["soak_until"]);
    b.says("sts_remove_old_mx_from_policy_at", dead(&plan, "example.com.", "MX"));
    b.says("raise_ttl_at", &phase(&plan, "restore-ttl")["not_before"]);
    assert_eq!(plan["negative_ttl"], b.inputs["neg_ttl"]);

    b.says("mta_sts.id_bump_by (strict max_age bound)", sts("strict_by"));
    find(&plan["findings"], &[("id", "PL17"), ("severity", "warning")]);
    b.says("initial_imap_sync_start (chosen T-10d)", &plan["begin_by"][0]["at"]);
    // The proof stands in the RRset of SPF, which is due later; the keys are due with it.
    b.leaves(&["domain_verification_txt_by (with dkim)"]);
}

#[test]
fn an_institute_to_its_centre() {
    let c = Oracle::of("C_iwi_to_cit");
    let project = Project::example("iwi-to-central");
    let at = "2027-01-29T08:00:00Z";
    let pilot = plan(&project, "seminar.example", at, &[]);
    c.says("lower_by.MX.pilot", due(&pilot, "seminar.example.", "MX", "lower_by"));
    c.says("pilot.old_dead", dead(&pilot, "seminar.example.", "MX"));
    for zone in ["institute", "informatics", "mathematics", "logic"] {
        let apex = format!("{zone}.example.");
        let plan = plan(&project, &apex, at, &[]);
        c.says("lower_by.MX.bulk", due(&plan, &apex, "MX", "lower_by"));
        c.says("prep_change_at (chosen, all domains)", &phase(&plan, "prepare")["not_before"]);
        c.says("prep.exhausted", &phase(&plan, "prepare")["drained_by"]);
        c.says("bulk.old_dead", dead(&plan, &apex, "MX"));
        c.says("soak_min(14d) after bulk", &plan["soak_until"]);
        c.says("imap_pop_off_old", &phase(&plan, "retrieval")["not_before"]);
        c.says("drain_satisfied", &plan["quiet_at"]);
        c.says("switch_to_relocated (local delivery off)", &plan["decommission_at"]);
        c.says("port25_off", &plan["repurpose_at"]);
        assert_eq!(plan["propagation_s"], c.inputs["dprop_bound"]);
    }
    c.leaves(&["example.last_legit_mail_on_iwi200"]);
}

#[test]
fn linode_to_google() {
    let d = Oracle::of("D_linode_to_google");
    let file = "zones/dankolb.net.yaml";
    let (apex, key, at) =
        ("dankolb.net.", "google._domainkey.dankolb.net.", "2027-02-20T09:00:00Z");
    let example = || Project::example("linode-to-google");
    let short = || {
        let db = example().read("db.dankolb.net").replace("          3600  IN MX", "  IN MX");
        example().file("db.dankolb.net", &db)
    };
    let plan = plan(&short(), apex, at, &[]);
    d.says("signup_by (seed: two days)", due(&plan, key, "TXT", "publish_by"));
    d.says("spf_union_by", due(&plan, apex, "TXT", "publish_by"));
    d.says("cut.mx", &phase(&plan, "delivery")["not_before"]);
    d.says("cut.mx.old_dead", dead(&plan, apex, "MX"));
    d.says("seed_minimum_keep_old (TTL of previous record)", dead(&plan, apex, "MX"));
    d.says("old_dkim_remove_earliest (postfix 5d + 5d)", &plan["old_keys_until"]);
    d.says("decommission_earliest (14d soak)", &plan["soak_until"]);
    d.says("decommission_earliest (14d soak)", &plan["decommission_at"]);
    let lead = |lead: &str| {
        let to = format!("platform: google-workspace\n  dkim-lead: {lead}");
        let project = short().edited(file, "platform: google-workspace", &to);
        due(&self::plan(&project, apex, at, &[]), key, "TXT", "publish_by").clone()
    };
    d.says("signup_and_domain_verify_by (72h upper bound + publish)", &lead("72h"));
    d.says("dkim_txt_publish_by", &lead("0s"));
    let quiet = "  margin: 10m\n  quiet-since: 2027-03-03T21:00:00Z";
    let quiet = short().edited(file, "  margin: 10m", quiet);
    d.says("drain_satisfied", &self::plan(&quiet, apex, at, &[])["quiet_at"]);
    let day = short().file(
        "db.dankolb.net",
        &short().read("db.dankolb.net").replacen("  IN MX", "86400 IN MX", 1),
    );
    let tail = self::plan(&day, apex, "2027-03-03T18:00:00Z", &["--accept-tail"]);
    d.says("variant_24h_ttl.old_dead", dead(&tail, apex, "MX"));
    d.leaves(&["example.last_legit_mail_on_linode"]);
}

#[test]
fn edges() {
    let edges = Oracle::of("edges").schedule;
    let notified = exchange().edited(A_FILE, "margin: 1h", "margin: 1h\n  propagation: 60s");
    let measured = plan(&notified, "example.com", A_PREP, &[]);
    assert_eq!(measured["last_rollback"], edges["A.T_rb_with_measured_D60"]);

    // A host that takes no TTL below an hour.
    let provider = "providers/hand-written.yaml";
    let floor = "version: 1\nttl-floor: 3600";
    let dear = plan(&exchange().edited(provider, "version: 1", floor), "example.com", A_PREP, &[]);
    let wanted = &edges["A.provider_floor_3600"];
    assert_eq!(*dead(&dear, "imap.example.com.", "A"), wanted["imap_old_dead"]);
    assert_eq!(dear["last_rollback"], wanted["T_rb"]);

    // A cache behind a cache, the second with a floor of its own.
    let chain = &edges["floor_chain"];
    let minute = exchange().edited(A_FILE, "ttl: 10m", "ttl: 60");
    let floor = format!("  margin: 1h\n  cache-floor: {}", chain["second_min"]);
    let found = plan(&minute.edited(A_FILE, "  margin: 1h", &floor), "example.com", A_PREP, &[]);
    let cut = phase(&found, "delivery")["published_by"].as_str().unwrap();
    let cut: Timestamp = cut.parse().unwrap();
    let bound = Duration::from_secs(chain["bound"].as_u64().unwrap());
    let dies = (cut + bound).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    assert_eq!(*dead(&found, "example.com.", "MX"), dies);

    for case in edges["never_raise"].as_array().unwrap() {
        let project = only_mx()
            .edited("db.example.com", "@ MX", &format!("@ {} MX", case["ttl_old"]))
            .edited(A_FILE, "transition:", &format!("transition:\n  ttl: {}", case["ttl_low"]))
            .edited(provider, "version: 1", &format!("version: 1\nttl-floor: {}", case["floor"]));
        let plan = plan(&project, "example.com", A_PREP, &[]);
        let change = &phase(&plan, "delivery")["changes"][0];
        assert_eq!(change["after"]["ttl"], case["expect"], "{case}");
    }
}

#[test]
fn units() {
    let units = Oracle::of("unit").schedule;
    for case in units["neg_ttl"].as_array().unwrap() {
        let soa = format!("@ {} SOA ns1 h 1 3600 600 1209600 {}", case["soa_ttl"], case["minimum"]);
        let known = "@ 3600 SOA ns1 h 1 3600 600 1209600 3600";
        let project = only_mx().edited("db.example.com", known, &soa);
        let plan = plan(&project, "example.com", A_PREP, &[]);
        assert_eq!(plan["negative_ttl"], case["expect"], "{case}");
    }
    let mut ledger = Ledger::default();
    for version in units["horizon_history"]["versions"].as_array().unwrap() {
        let served = mx(&version["ttl"], "old");
        ledger.observe(served.key(), Answer::Found(served.clone()), time(&version["last_served"]));
    }
    let wanted = mx(&Value::from(3_600), "new");
    let horizon = ledger.horizon(wanted.key(), |served| served.rrset() == Some(&wanted));
    assert_eq!(horizon, Some(time(&units["horizon_history"]["expect"])));
}

/// What a remaining TTL proves (T-18): when the answer was taken in, and what that means.
#[test]
fn births() {
    let birth = &Oracle::of("unit").schedule["birth"];
    let published = time(&birth[0]["T_all"]);
    let target = |ttls: &[u32]| Target {
        key: mx(&Value::from(600), "new").key().clone(),
        new: Some(mx(&Value::from(600), "new")),
        old: ttls.iter().map(|ttl| Some(mx(&Value::from(*ttl), "old"))).collect(),
        scope: Scope::Whole,
        negative_ttl: Ttl::from_secs(300),
        published: Some(published),
        safe: ttls.iter().map(|ttl| published + Duration::from_secs((*ttl).into())).max(),
    };
    let verdict = |case: &Value, ttls: &[u32]| {
        let answer = Answer::Found(mx(&case["remaining"], "old"));
        target(ttls).judge_resolver(&answer, false, time(&case["t"]))
    };
    assert_eq!(verdict(&birth[0], &[600]), Verdict::Late(time(&birth[0]["dies"])), "taken in late");
    assert_eq!(verdict(&birth[1], &[600]), Verdict::Old(time(&birth[1]["dies"])), "before the cut");
    let dies = time(&Value::from("2027-01-17T04:21:00Z"));
    let unlowered = verdict(&birth[2], &[86_400, 600]);
    assert_eq!(unlowered, Verdict::Unlowered(dies), "{}", birth[2]["verdict"]);
}

fn time(text: &Value) -> Timestamp {
    text.as_str().unwrap().parse().unwrap()
}

fn mx(ttl: &Value, host: &str) -> RrSet {
    let apex = Name::parse("example.com.").unwrap();
    parse_rrset(&format!("@ {ttl} MX 10 {host}"), &apex).unwrap().0
}
