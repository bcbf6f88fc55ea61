//! Drives every route of the look-alike in process and has each exchange judged by GitHub's own description. One violation
//! fails the test; so does a described route that was never answered well.

mod support;

use axum::body::{Body, to_bytes};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use greenline::sandbox::{Exchange, Identities, Lookalike, Options, RefChange, RepoSummary};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use support::openapi::Referee;
use tower::ServiceExt as _;

const ABSENT: &str = "0000000000000000000000000000000000000000";

/// Described operations without a route, and why.
const NO_ROUTE: [(&str, &str); 3] = [
    ("actions/review-custom-gates-for-run", "the sandbox's CI has no deployment gates"),
    ("apps/create-from-manifest", "Apps are made on a web page first; the sandbox has its own from the start"),
    ("repos/create-or-update-environment", "environments are those that deployments name"),
];

/// Described operations that answer, but only ever that there is no such thing.
const NEVER_THERE: [&str; 1] = ["repos/codeowners-errors"];

/// A look-alike with one repository, and the tokens to play every part.
struct Stand {
    look: Lookalike,
    router: axum::Router,
    who: Identities,
    repo: RepoSummary,
    app: String,
    seen: Arc<Mutex<Vec<Exchange>>>,
    _dir: tempfile::TempDir,
}

impl Stand {
    async fn open() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let look = Lookalike::open(dir.path(), Options::default()).expect("a new state");
        look.set_base_url("http://127.0.0.1:9");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&seen);
        look.set_recorder(move |exchange| keep.lock().expect("no panic while it is held").push(exchange.clone()));
        let repo = look.create_repository("acme", "demo", "main").expect("a new name");
        let (router, who) = (look.router(), look.identities());
        let mut stand = Self { look, router, who, repo, app: String::new(), seen, _dir: dir };
        stand.commit("refs/heads/main", &[], "README.md", "hello\n", "first");
        stand.look.set_webhook_url(Some("http://127.0.0.1:9/webhook"));
        let path = format!("/app/installations/{}/access_tokens", stand.who.installation);
        let minted = stand.ask("POST", &path, &stand.jwt(), &json!({})).await;
        assert_eq!(minted.0, 201, "{}", minted.1);
        minted.1["token"].as_str().expect("a token").clone_into(&mut stand.app);
        stand
    }

    fn jwt(&self) -> String {
        jwt(&self.who)
    }

    /// Commits one file on top of a parent and moves a ref there, as a finished push would.
    fn commit(&self, name: &str, parents: &[&str], path: &str, text: &str, message: &str) -> String {
        let git = git2::Repository::open_bare(&self.repo.dir).expect("the bare repository");
        let parents: Vec<_> =
            parents.iter().map(|p| git.find_commit(git2::Oid::from_str(p).expect("hex")).expect("a commit")).collect();
        let base = parents.first().map(|p| p.tree().expect("a tree"));
        let mut tree = git.treebuilder(base.as_ref()).expect("a tree");
        tree.insert(path, git.blob(text.as_bytes()).expect("a blob"), 0o100_644).expect("a legal name");
        let tree = git.find_tree(tree.write().expect("a tree")).expect("just written");
        let who = git2::Signature::now("A U Thor", "author@example.com").expect("legal");
        let parents: Vec<_> = parents.iter().collect();
        let made = git.commit(None, &who, &who, message, &tree, &parents).expect("a commit");
        let old = git.refname_to_id(name).map_or_else(|_| ABSENT.to_owned(), |oid| oid.to_string());
        git.reference(name, made, true, "test").expect("a legal name");
        let change = RefChange { name: name.to_owned(), old, new: made.to_string() };
        self.look.pushed(self.repo.id, &greenline::sandbox::Actor::Admin, &[change]);
        made.to_string()
    }

    async fn ask(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let mut request = http::Request::builder().method(method).uri(format!("/api/v3{path}"));
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let response = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("never fails");
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// Asks below the repository, expects this status, answers the body.
    async fn expect(&self, status: u16, method: &str, path: &str, token: &str, body: Value) -> Value {
        let path = format!("/repos/acme/demo{path}");
        let (got, answer) = self.ask(method, &path, token, &body).await;
        assert_eq!(got, status, "{method} {path}: {answer}");
        answer
    }

    async fn get(&self, path: &str) -> Value {
        self.expect(200, "GET", path, &self.app, Value::Null).await
    }

    /// Opens a pull request from a new branch with one commit; answers number and head.
    async fn pull(&self, branch: &str, from: &str) -> (u64, String) {
        let head = self.commit(&format!("refs/heads/{branch}"), &[from], &format!("{branch}.txt"), "text\n", branch);
        let body = json!({"title": format!("Add {branch}"), "head": branch, "base": "main", "body": "please"});
        let made = self.expect(201, "POST", "/pulls", &self.who.tokens.user, body).await;
        (made["number"].as_u64().expect("a number"), head)
    }

    /// Fails with every violation, and with every described operation that was never answered well.
    fn judge(&self, whole: bool) {
        let referee = Referee::new();
        let seen = self.seen.lock().expect("no panic while it is held");
        let faults: Vec<String> = seen.iter().flat_map(|e| referee.judge(e)).collect();
        assert!(faults.is_empty(), "{} violations:\n{}", faults.len(), faults.join("\n"));
        if whole {
            let good = seen.iter().filter(|e| e.status < 400);
            let done: BTreeSet<_> =
                good.filter_map(|e| referee.operation(&e.method, &e.path)).map(|o| o.id.as_str()).collect();
            let left: Vec<_> = referee.operations().map(|o| o.id.as_str()).filter(|id| !done.contains(id)).collect();
            let excused = |id: &&str| NEVER_THERE.contains(id) || NO_ROUTE.iter().any(|(of, _)| of == id);
            let left: Vec<_> = left.into_iter().filter(|id| !excused(id)).collect();
            assert!(left.is_empty(), "never answered well: {left:?}");
        }
    }
}

#[tokio::test]
async fn every_route_keeps_githubs_contract() {
    let stand = Stand::open().await;
    let main = stand.commit("refs/heads/main", &[&tip(&stand)], "a.txt", "one\n", "second");
    apps(&stand).await;
    pulls(&stand, &main).await;
    issues(&stand).await;
    checks(&stand, &main).await;
    git_data(&stand, &main).await;
    repository(&stand).await;
    deployments(&stand).await;
    teams(&stand).await;
    stand.judge(true);
}

#[test]
fn every_described_operation_has_a_route_or_a_reason() {
    // Names of parameters are of no matter, nor is how many parts one may take.
    let shape = |pattern: &str| {
        let parts = pattern.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    let served: BTreeSet<_> =
        greenline::sandbox::routes().into_iter().map(|(method, pattern)| (method, shape(pattern))).collect();
    let referee = Referee::new();
    let missing = referee.operations().filter(|o| !served.contains(&(o.method.as_str(), shape(&o.pattern))));
    let missing: BTreeSet<_> = missing.map(|o| o.id.as_str()).collect();
    assert_eq!(missing, NO_ROUTE.iter().map(|(id, _)| *id).collect());
}

fn tip(stand: &Stand) -> String {
    let git = git2::Repository::open_bare(&stand.repo.dir).expect("the bare repository");
    git.refname_to_id("refs/heads/main").expect("trunk").to_string()
}

async fn apps(stand: &Stand) {
    let (jwt, none) = (stand.jwt(), Value::Null);
    for path in
        ["/app", "/app/installations", "/app/hook/config", "/repos/acme/demo/installation", "/meta", "/rate_limit"]
    {
        let (status, body) = stand.ask("GET", path, &jwt, &none).await;
        assert_eq!(status, 200, "{path}: {body}");
    }
    let path = format!("/app/installations/{}", stand.who.installation);
    assert_eq!(stand.ask("GET", &path, &jwt, &none).await.0, 200);
    assert_eq!(stand.ask("GET", "/app/installations/1", &jwt, &none).await.0, 404);
    assert_eq!(stand.ask("GET", "/app", "eyJh.eyJh.x", &none).await.0, 401);
    assert_eq!(stand.ask("GET", "/app", "nonsense", &none).await.0, 401);
    assert_eq!(stand.ask("GET", "/user", &stand.who.tokens.user, &none).await.0, 200);
    assert_eq!(stand.ask("GET", "/installation/repositories?per_page=1", &stand.app, &none).await.0, 200);
    let narrow = json!({"repositories": ["demo"], "permissions": {"contents": "read"}});
    let (status, body) = stand.ask("POST", &format!("{path}/access_tokens"), &jwt, &narrow).await;
    assert_eq!(status, 201, "{body}");
    let token = body["token"].as_str().expect("a token");
    assert_eq!(stand.ask("DELETE", "/installation/token", token, &none).await.0, 204);
    assert_eq!(stand.ask("GET", "/installation/repositories", token, &none).await.0, 401);
    // The hook's URL leads nowhere, so this delivery is soon logged as failed.
    stand.look.add_label("maintainer", stand.repo.id, 0, "none").expect_err("there is no such issue");
    stand.commit("refs/heads/hooked", &[&tip(stand)], "h.txt", "h\n", "hooked");
    let id = delivery(stand, &jwt).await;
    let path = format!("/app/hook/deliveries/{id}");
    assert_eq!(stand.ask("GET", &path, &jwt, &none).await.0, 200);
    assert_eq!(stand.ask("POST", &format!("{path}/attempts"), &jwt, &none).await.0, 202);
}

/// Waits until the log has a delivery, and answers its id.
async fn delivery(stand: &Stand, jwt: &str) -> u64 {
    let mut news = stand.look.subscribe();
    loop {
        let (status, body) =
            stand.ask("GET", "/app/hook/deliveries?status=failure&per_page=10", jwt, &Value::Null).await;
        assert_eq!(status, 200, "{body}");
        if let Some(id) = body[0]["id"].as_u64() {
            return id;
        }
        let wait = tokio::time::timeout(std::time::Duration::from_secs(30), news.recv()).await;
        wait.expect("a delivery is logged in time").expect("the look-alike lives");
    }
}

async fn pulls(stand: &Stand, main: &str) {
    let (one, head) = stand.pull("one", main).await;
    let at = format!("/pulls/{one}");
    let first = stand.get(&at).await;
    assert_eq!((&first["mergeable"], &first["head"]["sha"]), (&Value::Null, &json!(head)));
    assert_eq!(stand.get(&at).await["mergeable"], true);
    for path in ["/commits", "/files?per_page=100", "/reviews", "/requested_reviewers"] {
        stand.get(&format!("{at}{path}")).await;
    }
    stand.expect(404, "GET", &format!("{at}/merge"), &stand.app, Value::Null).await;
    stand.get("/pulls?state=all&head=acme:one&base=main&sort=updated&direction=asc").await;
    let review = json!({"event": "APPROVE", "body": "good"});
    stand.expect(200, "POST", &format!("{at}/reviews"), &stand.who.tokens.maintainer, review.clone()).await;
    stand.expect(422, "POST", &format!("{at}/reviews"), &stand.who.tokens.user, review).await;
    stand.get(&format!("{at}/reviews")).await;
    stand.expect(200, "PATCH", &at, &stand.app, json!({"title": "Better", "state": "closed"})).await;
    stand.expect(200, "PATCH", &at, &stand.app, json!({"state": "open"})).await;
    stand.expect(422, "PATCH", &at, &stand.app, json!({"base": "nowhere"})).await;
    stand.expect(409, "PUT", &format!("{at}/merge"), &stand.app, json!({"sha": main})).await;
    let merged = stand.expect(200, "PUT", &format!("{at}/merge"), &stand.app, json!({"merge_method": "rebase"})).await;
    assert_eq!(merged["merged"], true);
    stand.expect(204, "GET", &format!("{at}/merge"), &stand.app, Value::Null).await;
    stand.get(&format!("/commits/{}/pulls", merged["sha"].as_str().expect("a sha"))).await;
    let (two, _) = stand.pull("two", main).await;
    stand.expect(202, "PUT", &format!("/pulls/{two}/update-branch"), &stand.app, json!({})).await;
    stand.expect(405, "PUT", &format!("{at}/merge"), &stand.app, json!({})).await;
    let same = json!({"title": "Again", "head": "two", "base": "main"});
    stand.expect(422, "POST", "/pulls", &stand.who.tokens.user, same).await;
    stand.get(&format!("/issues/{one}/timeline?per_page=100")).await;
}

async fn issues(stand: &Stand) {
    let (user, app) = (&stand.who.tokens.user, &stand.app);
    let made = stand.expect(201, "POST", "/issues", user, json!({"title": "A question"})).await;
    let at = format!("/issues/{}", made["number"]);
    stand.get(&at).await;
    stand.get("/issues?state=all&labels=bug&sort=updated").await;
    stand.expect(200, "PATCH", &at, app, json!({"state": "closed", "state_reason": "not_planned"})).await;
    stand.expect(201, "POST", "/labels", app, json!({"name": "urgent", "color": "ff0000", "description": "now"})).await;
    stand.expect(422, "POST", "/labels", app, json!({"name": "urgent", "color": "ff0000"})).await;
    stand.expect(204, "POST", "/dispatches", app, json!({"event_type": "go", "client_payload": {}})).await;
    stand.expect(200, "POST", &format!("{at}/labels"), app, json!({"labels": ["urgent", "new one"]})).await;
    stand.expect(403, "POST", &format!("{at}/labels"), &stand.who.tokens.outsider, json!({"labels": ["bug"]})).await;
    stand.expect(200, "PUT", &format!("{at}/labels"), app, json!({"labels": ["bug"]})).await;
    stand.expect(200, "DELETE", &format!("{at}/labels/bug"), app, Value::Null).await;
    stand.expect(404, "DELETE", &format!("{at}/labels/bug"), app, Value::Null).await;
    let comment = stand.expect(201, "POST", &format!("{at}/comments"), user, json!({"body": "hello"})).await;
    stand.expect(422, "POST", &format!("{at}/comments"), user, json!({})).await;
    stand.get(&format!("{at}/comments?since=2011-01-26T19:01:12Z")).await;
    let one = format!("/issues/comments/{}", comment["id"]);
    stand.expect(200, "PATCH", &one, app, json!({"body": "hello again"})).await;
    stand.expect(201, "POST", &format!("{one}/reactions"), app, json!({"content": "+1"})).await;
    stand.expect(200, "POST", &format!("{one}/reactions"), app, json!({"content": "+1"})).await;
    stand.get(&format!("{at}/timeline")).await;
    stand.expect(204, "DELETE", &one, user, Value::Null).await;
}

async fn checks(stand: &Stand, sha: &str) {
    let ci = &stand.who.tokens.ci;
    let output = json!({"title": "Built", "summary": "fine", "annotations": [{"path": "a.txt", "start_line": 1,
        "end_line": 1, "annotation_level": "notice", "message": "look"}]});
    let new = json!({"name": "ci", "head_sha": sha, "status": "in_progress", "output": output});
    let run = stand.expect(201, "POST", "/check-runs", ci, new.clone()).await;
    stand.expect(403, "POST", "/check-runs", &stand.who.tokens.user, new).await;
    stand.expect(422, "POST", "/check-runs", ci, json!({"head_sha": sha})).await;
    let at = format!("/check-runs/{}", run["id"]);
    stand.expect(200, "PATCH", &at, ci, json!({"conclusion": "success"})).await;
    stand.expect(403, "PATCH", &at, &stand.app, json!({"conclusion": "failure"})).await;
    stand.get(&at).await;
    stand.get(&format!("{at}/annotations")).await;
    stand.expect(201, "POST", &format!("{at}/rerequest"), &stand.app, Value::Null).await;
    let suite = format!("/check-suites/{}", run["check_suite"]["id"]);
    stand.get(&format!("{suite}/check-runs?filter=all")).await;
    stand.expect(201, "POST", &format!("{suite}/rerequest"), &stand.app, Value::Null).await;
    let query = format!("check_name=ci&app_id={}&filter=latest&status=completed", stand.who.ci_app.id);
    let found = stand.get(&format!("/commits/{sha}/check-runs?{query}")).await;
    assert_eq!(found["total_count"], 1);
    stand.get(&format!("/commits/{sha}/check-suites")).await;
    for state in ["pending", "success"] {
        let body = json!({"state": state, "context": "lint", "description": "so so"});
        stand.expect(201, "POST", &format!("/statuses/{sha}"), ci, body).await;
    }
    assert_eq!(stand.get(&format!("/commits/{sha}/status")).await["state"], "success");
    stand.get(&format!("/commits/{sha}/statuses")).await;
    runs(stand, sha).await;
}

async fn runs(stand: &Stand, sha: &str) {
    let (look, repo) = (&stand.look, stand.repo.id);
    let run = look.queue_run(repo, "main", sha, "build").expect("the commit is there");
    look.begin_run(repo, run).expect("it is queued");
    let at = format!("/actions/runs/{}", run.run);
    stand.get(&format!("/actions/runs?head_sha={sha}&status=in_progress")).await;
    stand.get(&at).await;
    stand.expect(202, "POST", &format!("{at}/cancel"), &stand.app, Value::Null).await;
    look.end_run(repo, run, "cancelled", "stopped").expect("it runs");
    stand.expect(409, "POST", &format!("{at}/cancel"), &stand.app, Value::Null).await;
    stand.get(&format!("{at}/jobs")).await;
    let logs = format!("/actions/jobs/{}/logs", run.check_run);
    stand.expect(302, "GET", &logs, &stand.app, Value::Null).await;
    stand.get(&format!("{at}/pending_deployments")).await;
    let workflow = "on: { workflow_dispatch: { inputs: { x: {} } } }\njobs: { a: { steps: [run: \"true\"] } }\n";
    let body = json!({"message": "deploys", "content": STANDARD.encode(workflow), "branch": "main"});
    stand.expect(201, "PUT", "/contents/.github/workflows/deploy.yml", &stand.who.tokens.maintainer, body).await;
    let dispatches = "/actions/workflows/deploy.yml/dispatches";
    for (status, told) in [(204, false), (200, true)] {
        let body = json!({"ref": "main", "inputs": {"x": "1"}, "return_run_details": told});
        stand.expect(status, "POST", dispatches, &stand.app, body).await;
    }
    stand.expect(422, "POST", dispatches, &stand.app, json!({"ref": "main", "inputs": {"y": "1"}})).await;
    stand.expect(201, "POST", &format!("{at}/rerun-failed-jobs"), &stand.app, Value::Null).await;
}

async fn git_data(stand: &Stand, main: &str) {
    let app = &stand.app;
    let commit = stand.get(&format!("/git/commits/{main}")).await;
    let tree = commit["tree"]["sha"].as_str().expect("a tree");
    stand.get(&format!("/git/trees/{tree}?recursive=1")).await;
    let new = json!({"message": "by hand", "tree": tree, "parents": [main]});
    let made = stand.expect(201, "POST", "/git/commits", app, new).await["sha"].clone();
    stand.expect(201, "POST", "/git/refs", app, json!({"ref": "refs/heads/by/hand", "sha": made})).await;
    stand.expect(422, "POST", "/git/refs", app, json!({"ref": "refs/heads/by/hand", "sha": made})).await;
    stand.get("/git/ref/heads/by/hand").await;
    stand.expect(404, "GET", "/git/ref/heads/none", app, Value::Null).await;
    stand.get("/git/matching-refs/heads/b").await;
    stand.expect(422, "PATCH", "/git/refs/heads/by/hand", app, json!({"sha": main})).await;
    stand.expect(200, "PATCH", "/git/refs/heads/by/hand", app, json!({"sha": main, "force": true})).await;
    let merge = json!({"base": "by/hand", "head": "main", "commit_message": "together"});
    stand.expect(201, "POST", "/merges", app, merge.clone()).await;
    stand.expect(204, "POST", "/merges", app, merge).await;
    stand.expect(204, "DELETE", "/git/refs/heads/by/hand", app, Value::Null).await;
    stand
        .expect(422, "PATCH", "/git/refs/heads/main", &stand.who.tokens.user, json!({"sha": made, "force": true}))
        .await;
    let tag = json!({"tag": "v1", "message": "one", "object": main, "type": "commit"});
    let tag = stand.expect(201, "POST", "/git/tags", app, tag).await["sha"].clone();
    stand.expect(201, "POST", "/git/refs", app, json!({"ref": "refs/tags/v1", "sha": tag})).await;
    stand.get("/tags").await;
    stand.get("/commits?sha=main&per_page=2&path=a.txt").await;
    stand.get(&format!("/commits/{main}")).await;
    stand.get("/commits/heads/main").await;
    stand.get("/compare/v1...main").await;
    stand.get("/contents/README.md?ref=main").await;
    stand.get("/contents/").await;
    stand.get("/activity?ref=refs%2Fheads%2Fmain&per_page=5").await;
}

async fn repository(stand: &Stand) {
    let (app, tokens) = (&stand.app, &stand.who.tokens);
    stand.get("").await;
    stand.expect(204, "GET", "/collaborators/maintainer", app, Value::Null).await;
    stand.expect(404, "GET", "/collaborators/outsider", app, Value::Null).await;
    for (who, permission) in [("maintainer", "write"), ("user", "write"), ("outsider", "read")] {
        assert_eq!(stand.get(&format!("/collaborators/{who}/permission")).await["permission"], permission);
    }
    stand.get("/branches/main").await;
    stand.get("/branches/main/protection").await;
    stand.expect(404, "GET", "/branches/main/protection/required_status_checks", app, Value::Null).await;
    stand.expect(404, "GET", "/branches/two/protection", app, Value::Null).await;
    admin(
        stand,
        "protection",
        json!({"branch": "main", "protection": {"required_checks": [{"context": "ci", "app_id": 15368}]}}),
    )
    .await;
    stand.get("/branches/main/protection/required_status_checks").await;
    let rules = json!([{"rules": [{"type": "required_status_checks", "parameters": {"strict_required_status_checks_policy": false,
        "required_status_checks": [{"context": "ci", "integration_id": 15368}]}}, {"type": "non_fast_forward"}]}]);
    admin(stand, "rulesets", rules).await;
    assert_eq!(stand.get("/rules/branches/main").await[0]["type"], "required_status_checks");
    let set = stand.get("/rulesets").await[0]["id"].clone();
    stand.get(&format!("/rulesets/{set}")).await;
    stand.get("/rulesets/rule-suites").await;
    let release = json!({"tag_name": "v2", "target_commitish": "main", "name": "Two", "prerelease": true});
    let release = stand.expect(201, "POST", "/releases", app, release).await["id"].clone();
    stand.expect(200, "PATCH", &format!("/releases/{release}"), app, json!({"body": "text"})).await;
    stand.get("/releases/tags/v2").await;
    stand.expect(200, "POST", "/releases/generate-notes", app, json!({"tag_name": "v3"})).await;
    let (status, _) = stand.ask("GET", "/repos/acme/none", &tokens.user, &Value::Null).await;
    assert_eq!(status, 404);
    stand.expect(401, "POST", "/labels", "", json!({"name": "x"})).await;
}

async fn teams(stand: &Stand) {
    administer(stand, "teams", json!({"org": "acme", "team": "core", "members": ["user"]})).await;
    let none = Value::Null;
    for (path, status) in [("members", 200), ("memberships/user", 200), ("memberships/maintainer", 404)] {
        let (got, body) = stand.ask("GET", &format!("/orgs/acme/teams/Core/{path}"), &stand.app, &none).await;
        assert_eq!(got, status, "{path}: {body}");
    }
    assert_eq!(stand.ask("GET", "/orgs/acme/teams/other/members", &stand.app, &none).await.0, 404);
}

async fn admin(stand: &Stand, what: &str, body: Value) {
    administer(stand, &format!("repos/acme/demo/{what}"), body).await;
}

async fn administer(stand: &Stand, what: &str, body: Value) {
    let request = http::Request::put(format!("/_sandbox/{what}"))
        .header("authorization", format!("Bearer {}", stand.who.tokens.admin))
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()));
    let response = stand.router.clone().oneshot(request.expect("a request")).await.expect("never fails");
    assert_eq!(response.status(), 200, "{what}");
}

async fn deployments(stand: &Stand) {
    let app = &stand.app;
    let new = json!({"ref": "main", "environment": "staging", "auto_merge": false, "required_contexts": [],
        "payload": {"why": "test"}, "description": "try"});
    let made = stand.expect(201, "POST", "/deployments", app, new).await;
    let at = format!("/deployments/{}", made["id"]);
    let status =
        json!({"state": "success", "log_url": "http://127.0.0.1/log", "description": "done", "auto_inactive": true});
    stand.expect(201, "POST", &format!("{at}/statuses"), app, status).await;
    stand.expect(422, "POST", &format!("{at}/statuses"), app, json!({"state": "odd"})).await;
    stand.get(&at).await;
    stand.get("/deployments?environment=staging").await;
    stand.get(&format!("{at}/statuses")).await;
    stand.get("/environments").await;
    stand.get("/environments/staging").await;
    stand.expect(204, "DELETE", &at, app, Value::Null).await;
}

#[tokio::test]
async fn lists_come_in_pages_and_unchanged_answers_are_free() {
    let stand = Stand::open().await;
    for n in 0..5 {
        stand.expect(201, "POST", "/labels", &stand.app, json!({"name": format!("l{n}")})).await;
    }
    let get = |path: &str, etag: Option<&str>| {
        let mut request =
            http::Request::get(format!("/api/v3{path}")).header("authorization", format!("token {}", stand.app));
        if let Some(etag) = etag {
            request = request.header("if-none-match", etag);
        }
        stand.router.clone().oneshot(request.body(Body::empty()).expect("a request"))
    };
    let first = get("/repos/acme/demo/labels?per_page=3", None).await.expect("never fails");
    let header = |name: &str| first.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(
        header("link"),
        "<http://127.0.0.1:9/api/v3/repos/acme/demo/labels?per_page=3&page=2>; rel=\"next\", \
         <http://127.0.0.1:9/api/v3/repos/acme/demo/labels?per_page=3&page=3>; rel=\"last\""
    );
    let again = get("/repos/acme/demo/labels?per_page=3", Some(&header("etag"))).await.expect("never fails");
    assert_eq!(again.status(), 304);
    assert_eq!(again.headers()["x-ratelimit-remaining"], header("x-ratelimit-remaining").as_str());
    stand.judge(false);
}

/// A JSON web token of the App, as it would sign one.
fn jwt(who: &Identities) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let claims = json!({"iat": now - 60, "exp": now + 540, "iss": who.app.id.to_string()});
    let key = jsonwebtoken::EncodingKey::from_rsa_pem(who.private_key_pem.as_bytes()).expect("an RSA key");
    jsonwebtoken::encode(&jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256), &claims, &key).expect("signs")
}

#[tokio::test]
async fn a_record_on_disk_is_judged_too() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("exchanges.jsonl");
    let look = Lookalike::open(dir.path(), Options { record: Some(file.clone()) }).expect("a new state");
    look.set_base_url("http://127.0.0.1:9");
    look.create_repository("acme", "demo", "main").expect("a new name");
    let (labels, ours) = ("/repos/acme/demo/labels?odd=1", jwt(&look.identities()));
    for (path, token, judged) in
        [("/repos/acme/demo", "", Ok(1)), (labels, "", Ok(2)), (labels, ours.as_str(), Err(()))]
    {
        let mut request = http::Request::get(format!("/api/v3{path}"));
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        look.router().oneshot(request.body(Body::empty()).expect("a request")).await.expect("never fails");
        assert_eq!(support::openapi::check_record(&file).map_err(drop), judged, "{path} {token}");
    }
}
