//! What the people, CI and the administrator of a story do.

use super::{Pull, Stage, http};
use serde_json::{Value, json};

/// The label that asks for the queue.
const LABEL: &str = "ready%20to%20merge";

impl Stage {
    /// `owner/name` of the repository.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.word("/repo/owner"), self.word("/repo/name"))
    }

    /// Asks the REST interface below the repository, as `who` (a member of `tokens`).
    pub fn ask(&self, who: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}/repos/{}{path}", self.word("/api"), self.full_name());
        http::ask(method, &url, &self.word(&format!("/tokens/{who}")), body)
    }

    /// Does something that must succeed.
    pub fn act(&self, who: &str, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.ask(who, method, path, body);
        assert!((200..300).contains(&status), "{method} {path} as {who}: {status} {answer}");
        answer
    }

    /// Knocks at the webhook door with a body that nobody signed; answers the status.
    pub fn knock(&self, body: &Value) -> u16 {
        http::ask("POST", &self.word("/webhook"), "", body).0
    }

    /// The service says that it is ready. A service that is not there does not.
    pub fn says_ready(&self) -> bool {
        let answer = http::try_ask("GET", &format!("{}/readyz", self.word("/dashboard")), "", &Value::Null);
        answer.is_ok_and(|(status, _)| status == 200)
    }

    /// The owner of the fork that a pull request comes from deletes it.
    pub fn delete_fork(&self, pull: &Pull) {
        let fork = self.shown(pull)["head"]["repo"]["full_name"].as_str().expect("it comes from a fork").to_owned();
        let url = format!("{}/repos/{fork}", self.word("/api"));
        let (status, answer) = http::ask("DELETE", &url, &self.word("/tokens/user"), &Value::Null);
        assert_eq!(status, 204, "{answer}");
    }

    /// Has the administrator do something.
    pub fn admin(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = http::ask(method, &(self.word("/admin") + path), &self.word("/tokens/admin"), body);
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }

    /// A branch with one file of that name on top of the first commit, and a pull request for it.
    pub fn pull(&self, name: &str) -> Pull {
        self.pull_with(name, &format!("{name}.txt"), &format!("{name}\n"))
    }

    /// A branch with one file, and a pull request for it.
    pub fn pull_with(&self, branch: &str, file: &str, text: &str) -> Pull {
        let head = self.push(branch, "origin/main", file, text);
        self.open_pull("user", branch, head)
    }

    /// A pull request for a branch that is there.
    pub fn open_pull(&self, who: &str, branch: &str, head: String) -> Pull {
        let body = json!({"title": format!("The {branch}"), "head": branch, "base": "main",
            "maintainer_can_modify": false});
        let made = self.act(who, "POST", "/pulls", &body);
        Pull { number: made["number"].as_u64().expect("a number"), branch: branch.to_owned(), head }
    }

    /// Puts the label on.
    pub fn label(&self, pull: &Pull) {
        let body = json!({"labels": ["ready to merge"]});
        self.act("maintainer", "POST", &format!("/issues/{}/labels", pull.number), &body);
    }

    /// Takes the label off.
    pub fn unlabel(&self, pull: &Pull) {
        self.act("maintainer", "DELETE", &format!("/issues/{}/labels/{LABEL}", pull.number), &Value::Null);
    }

    /// A pull request with the label on.
    pub fn ready(&self, name: &str) -> Pull {
        let pull = self.pull(name);
        self.label(&pull);
        pull
    }

    /// A comment; answers its id.
    pub fn comment(&self, who: &str, pull: &Pull, text: &str) -> u64 {
        let made = self.act(who, "POST", &format!("/issues/{}/comments", pull.number), &json!({"body": text}));
        made["id"].as_u64().expect("an id")
    }

    /// CI's App says how the required check ended.
    pub fn conclude(&self, commit: &str, conclusion: &str) {
        self.check("ci", commit, conclusion);
    }

    /// CI's App says how a check ended.
    pub fn check(&self, name: &str, commit: &str, conclusion: &str) {
        let body = json!({"name": name, "head_sha": commit, "status": "completed", "conclusion": conclusion,
            "output": {"title": conclusion, "summary": "by the story"}});
        self.act("ci", "POST", "/check-runs", &body);
    }

    /// CI's App says that the required check is red here and green on trunk, so that trunk is not to blame.
    pub fn blame(&self, commit: &str) {
        self.conclude(&self.trunk(), "success");
        self.conclude(commit, "failure");
    }

    /// Replaces the repository's settings on trunk, by a push of the maintainer.
    pub fn configure(&self, settings: &str) {
        self.push("main", "origin/main", ".github/greenline.toml", settings);
        let url = self.remote(&self.word("/tokens/maintainer"), &self.full_name());
        self.git(&["fetch", "--quiet", &url, "+main:refs/remotes/origin/main"]);
    }
}
