//! The look-alike's REST interface in process, as clients see it. Every exchange is judged by GitHub's description when a test
//! is over. It tests nothing itself.

use crate::openapi::Referee;
use axum::body::{Body, to_bytes};
use greenline::sandbox::{Exchange, Identities, Lookalike, Options};
use http::HeaderMap;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tower::ServiceExt as _;

/// A look-alike with the repository `acme/demo` and one commit on `main`.
pub struct Api {
    pub look: Lookalike,
    pub who: Identities,
    router: axum::Router,
    seen: Arc<Mutex<Vec<Exchange>>>,
    _dir: tempfile::TempDir,
}

/// An answer as it came.
pub struct Answered {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answered {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Api {
    pub async fn open() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let look = Lookalike::open(dir.path(), Options::default()).expect("a new state");
        look.set_base_url("http://127.0.0.1:9");
        look.create_repository("acme", "demo", "main").expect("a new name");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&seen);
        look.set_recorder(move |exchange| keep.lock().expect("no panic while it is held").push(exchange.clone()));
        let api = Self { who: look.identities(), router: look.router(), look, seen, _dir: dir };
        api.file("main", "README.md", "hello\n").await;
        api
    }

    pub async fn send(&self, method: &str, path: &str, token: &str, headers: &[(&str, &str)], body: Body) -> Answered {
        let mut request = http::Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("never fails");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a body").to_vec();
        Answered { status: parts.status.as_u16(), headers: parts.headers, bytes }
    }

    /// Asks below the repository and expects this status.
    pub async fn ask(&self, status: u16, method: &str, path: &str, token: &str, body: Value) -> Value {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let path = format!("/api/v3/repos/acme/demo{path}");
        let answer = self.send(method, &path, token, &[], body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        answer.json()
    }

    /// The maintainer asks, with a body.
    pub async fn tell(&self, status: u16, method: &str, path: &str, body: Value) -> Value {
        self.ask(status, method, path, &self.who.tokens.maintainer, body).await
    }

    pub async fn get(&self, path: &str) -> Value {
        self.tell(200, "GET", path, Value::Null).await
    }

    /// Commits one new file on a branch through the API; answers the commit.
    pub async fn file(&self, branch: &str, path: &str, text: &str) -> String {
        use base64::Engine as _;
        let content = base64::engine::general_purpose::STANDARD.encode(text);
        let body = json!({"message": format!("Add {path}"), "content": content, "branch": branch});
        let made = self.tell(201, "PUT", &format!("/contents/{path}"), body).await;
        made["commit"]["sha"].as_str().expect("a commit id").to_owned()
    }

    pub async fn tip(&self, branch: &str) -> String {
        let found = self.get(&format!("/git/ref/heads/{branch}")).await;
        found["object"]["sha"].as_str().expect("a commit id").to_owned()
    }

    pub async fn branch(&self, name: &str, at: &str) {
        let body = json!({"ref": format!("refs/heads/{name}"), "sha": at});
        self.tell(201, "POST", "/git/refs", body).await;
    }

    /// Moves a branch, forced.
    pub async fn force(&self, name: &str, to: &str) {
        let body = json!({"sha": to, "force": true});
        self.tell(200, "PATCH", &format!("/git/refs/heads/{name}"), body).await;
    }

    /// Opens a pull request of `user` from a branch onto another.
    pub async fn open_pull(&self, head: &str, base: &str) -> String {
        let body = json!({"title": format!("Add {head}"), "head": head, "base": base});
        let made = self.ask(201, "POST", "/pulls", &self.who.tokens.user, body).await;
        format!("/pulls/{}", made["number"])
    }

    /// A new branch from main with one commit, and a pull request of `user` for it; answers its path.
    pub async fn pull(&self, branch: &str) -> String {
        self.branch(branch, &self.tip("main").await).await;
        self.file(branch, &format!("{branch}.txt"), "text\n").await;
        self.open_pull(branch, "main").await
    }

    /// `mergeable_state` once it is computed.
    pub async fn state(&self, pull: &str) -> String {
        self.get(pull).await;
        self.get(pull).await["mergeable_state"].as_str().expect("a word").to_owned()
    }

    /// Tries to merge and expects a refusal; answers its message.
    pub async fn refused_merge(&self, status: u16, pull: &str, body: Value) -> String {
        let answer = self.tell(status, "PUT", &format!("{pull}/merge"), body).await;
        answer["message"].as_str().expect("a message").to_owned()
    }

    /// Protects main: by these members instead of the empty ones GitHub requires.
    pub async fn protect(&self, members: Value) {
        let mut body = json!({"required_status_checks": null, "enforce_admins": true,
            "required_pull_request_reviews": null, "restrictions": null});
        body.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
        self.ask(200, "PUT", "/branches/main/protection", &self.who.tokens.admin, body).await;
    }

    /// CI's verdict on a commit.
    pub async fn check(&self, sha: &str, conclusion: &str) {
        let body = json!({"name": "ci", "head_sha": sha, "status": "completed", "conclusion": conclusion});
        self.ask(201, "POST", "/check-runs", &self.who.tokens.ci, body).await;
    }

    /// Fails with every violation of GitHub's description.
    pub fn judge(&self) {
        let referee = Referee::new();
        let seen = self.seen.lock().expect("no panic while it is held");
        let faults: Vec<String> = seen.iter().flat_map(|e| referee.judge(e)).collect();
        assert!(faults.is_empty(), "{} violations:\n{}", faults.len(), faults.join("\n"));
    }
}
