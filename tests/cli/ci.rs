//! What `init --ci` writes: files that the hosts take, and steps that do what they say.

use super::support::bind::Bind;
use super::support::client;
use super::support::dankolb::{self, NAME, ZONE, key};
use super::support::project::Project;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, patch};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path as File;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

const HOSTS: [(&str, &str, &str); 3] = [
    ("github", ".github/workflows/cutover.yaml", "vendor.github-workflows"),
    ("forgejo", ".forgejo/workflows/cutover.yaml", "vendor.github-workflows"),
    ("gitlab", ".gitlab-ci.yml", "vendor.gitlab-ci"),
];

/// Runs bash as workflows do, in this folder.
fn bash(folder: &File, env: &[(&str, &str)], script: &str) -> Output {
    let binary = File::new(env!("CARGO_BIN_EXE_cutover")).parent().unwrap().to_owned();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let mut bash = Command::new("/bin/bash");
    bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(folder);
    bash.env("PATH", path).env("CUTOVER_TSIG_SECRET", key().secret_base64);
    bash.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    bash.envs(env.iter().copied()).output().unwrap()
}

#[track_caller]
fn works(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    let [out, err] = [out, err].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    out
}

/// The scripts of a job, each with its name.
fn steps(yaml: &str, job: &str) -> Vec<(String, String)> {
    let workflow: Value = serde_yaml::from_str(yaml).unwrap();
    let steps = workflow["jobs"][job]["steps"].as_array().unwrap();
    let text = |step: &Value, key| step[key].as_str().map(str::to_owned);
    steps.iter().filter_map(|step| text(step, "name").zip(text(step, "run"))).collect()
}

#[test]
fn hosts_take_the_workflows() {
    let judge = File::new(env!("CARGO_MANIFEST_DIR")).join("target/judges/bin/check-jsonschema");
    for (host, path, schema) in HOSTS {
        let project = Project::new();
        let made = project.run(&["init", "new", "--ci", host]).exits(0).stdout;
        assert!(made.contains(path), "{made}");
        let text = project.read(&format!("new/{path}"));
        assert!(!text.contains("@@"), "{text}");
        let valid = |text: &str| {
            project.write("workflow.yaml", text);
            let mut judge = Command::new(&judge);
            judge.args(["--builtin-schema", schema]).arg(project.path("workflow.yaml"));
            let output = judge.output().expect("`./test` makes target/judges");
            (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
        };
        let (is_valid, said) = valid(&text);
        assert!(is_valid, "{host}: {said}");
        let broken =
            text.replace("steps:", "stepz:").replace("stages: [plan", "stages: [{a: plan}");
        assert!(!valid(&broken).0, "{host}: the judge takes anything");
    }
}

/// What a host of pull requests keeps: comments, and who sent them.
#[derive(Clone, Default)]
struct Comments(Arc<Mutex<Vec<String>>>);

impl Comments {
    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Serves an API of the shape that GitHub, Gitea and Forgejo document, for request 7.
    fn serve(&self) -> SocketAddr {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/issues/7/comments", get(list).post(create))
            .route("/issues/comments/{id}", patch(edit))
            .with_state(self.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, router).await.unwrap();
            });
        });
        address
    }
}

async fn list(State(Comments(all)): State<Comments>) -> Json<Value> {
    let all = all.lock().unwrap().clone();
    Json(all.into_iter().enumerate().map(|(id, body)| json!({"id": id, "body": body})).collect())
}

async fn create(
    State(Comments(all)): State<Comments>,
    headers: HeaderMap,
    Json(comment): Json<Value>,
) -> StatusCode {
    if headers.get("authorization").is_none_or(|sent| sent != "Bearer let-me-in") {
        return StatusCode::UNAUTHORIZED;
    }
    all.lock().unwrap().push(comment["body"].as_str().unwrap().to_owned());
    StatusCode::CREATED
}

async fn edit(
    State(Comments(all)): State<Comments>,
    Path(id): Path<usize>,
    Json(comment): Json<Value>,
) {
    all.lock().unwrap()[id] = comment["body"].as_str().unwrap().to_owned();
}

/// A project in a repository with an upstream, as a workflow checks it out.
fn repository(server: SocketAddr) -> Project {
    let project = dankolb::project(&dankolb::rfc2136(server, &[server]));
    project.run(&["init", "new", "--ci", "github"]).exits(0);
    let script = "
        mv new/.github new/.gitignore . && rm -r new
        git init --quiet --bare upstream.git && git init --quiet --initial-branch main
        git add --all -- . ':!upstream.git'
        git -c user.name=t -c user.email=t@localhost commit --quiet --message all
        git remote add origin \"$PWD/upstream.git\" && git push --quiet origin main
        git clone --quiet --branch main upstream.git work";
    works(&bash(&project.path("."), &[], script));
    project
}

#[test]
fn a_pull_request_has_one_comment_with_the_plan() {
    let bind = Bind::primary(NAME, ZONE, &key(), &[]);
    let project = repository(bind.addr);
    let work = project.path("work");
    let comments = Comments::default();
    comments.0.lock().unwrap().push("A remark by somebody.".to_owned());
    let api = format!("http://{}/issues", comments.serve());
    let (of_request, of_all) = (format!("{api}/7/comments"), format!("{api}/comments"));
    let env = |token| {
        [
            ("COMMENTS", &*of_request),
            ("COMMENT", &*of_all),
            ("EDIT", "PATCH"),
            ("AUTHORIZATION", token),
        ]
    };
    let plan = |token| {
        let steps = steps(&project.read(".github/workflows/cutover.yaml"), "plan");
        let mut done: Vec<_> =
            steps.iter().map(|(_, script)| bash(&work, &env(token), script)).collect();
        let last = done.pop().unwrap();
        works(&bash(&work, &[], "git worktree remove --force .cutover; test ! -e .header"));
        last
    };
    let good = "Authorization: Bearer let-me-in";
    assert!(works(&plan(good)).contains("### delivery"));
    let all = comments.all();
    assert_eq!(all.len(), 2);
    assert!(all[1].starts_with("<!-- cutover plan -->\n<details open><summary>dankolb.net: 2 to"));
    // The next commit is planned in the same comment.
    let path = "work/zones/dankolb.net.yaml";
    project.write(path, &project.read(path).replace("1 ASPMX", "2 ASPMX"));
    works(&plan(good));
    assert_eq!(comments.all().len(), 2);
    assert!(comments.all()[1].contains("IN MX 2 ASPMX.L.GOOGLE.COM."));
    // A plan that is refused is commented on, and fails.
    project.write(path, &project.read(path).replace("google.com ~all", "google.com +all"));
    assert_eq!(plan(good).status.code(), Some(3));
    assert!(comments.all()[1].contains("- **Refused** `SPF08`: "), "{}", comments.all()[1]);
    comments.0.lock().unwrap().clear();
    assert!(!plan("Authorization: Bearer wrong").status.success());
}

#[test]
fn journals_are_carried_from_run_to_run() {
    let bind = Bind::primary(NAME, ZONE, &key(), &[]);
    let project = repository(bind.addr);
    let steps = steps(&project.read(".github/workflows/cutover.yaml"), "apply");
    let names: Vec<_> = steps.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Restore journals", "Apply", "Save journals", "Look for drift"]);
    // Each run is a machine of its own.
    let run = |folder: &str| {
        let clone = format!("git clone --quiet --branch main upstream.git {folder}");
        works(&bash(&project.path("."), &[], &clone));
        let folder = project.path(folder);
        steps.iter().map(|(_, script)| bash(&folder, &[], script)).collect::<Vec<_>>()
    };
    let journal = |folder: &str| project.read(&format!("{folder}/.cutover/dankolb.net.jsonl"));
    run("one").iter().for_each(|step| drop(works(step)));
    let first = journal("one");
    assert!(first.contains("\"published\""), "{first}");
    run("two").iter().for_each(|step| drop(works(step)));
    assert!(journal("two").starts_with(&first), "the second run did not go on with the first");
    assert_eq!(journal("two").matches("\"planned\"").count(), 1);

    client::nsupdate(bind.addr, NAME, &key(), &["add dankolb.net. 2 MX 99 elsewhere.example."])
        .unwrap();
    let drift = run("three").pop().unwrap();
    assert_eq!(drift.status.code(), Some(4));

    // That the upstream does not answer is no sign that there was never a journal.
    works(&bash(&project.path("."), &[], "git clone --quiet --branch main upstream.git four"));
    std::fs::rename(project.path("upstream.git"), project.path("gone.git")).unwrap();
    assert!(!bash(&project.path("four"), &[], &steps[0].1).status.success());
}
