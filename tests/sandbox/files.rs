//! Files changed through the API: commits like any other, told like any push.

use crate::api::Api;
use greenline::sandbox::SandboxEvent;
use serde_json::{Value, json};

#[tokio::test]
async fn a_file_is_made_changed_and_taken_away_by_one_commit_each() {
    let api = Api::open().await;
    api.branch("topic", &api.tip("main").await).await;
    let path = "/contents/some/deep/file.txt";
    let put = |text: &str, was: Value| json!({"message": "write", "content": text, "branch": "topic", "sha": was});
    let made = api.tell(201, "PUT", path, put("b25lCg==", Value::Null)).await;
    assert_eq!((&made["content"]["path"], &made["content"]["size"]), (&json!("some/deep/file.txt"), &json!(4)));
    assert_eq!(made["commit"]["sha"], api.tip("topic").await);
    api.tell(422, "PUT", path, put("dHdvCg==", Value::Null)).await;
    api.tell(409, "PUT", path, put("dHdvCg==", made["commit"]["sha"].clone())).await;
    api.tell(422, "PUT", path, put("no base64!", made["content"]["sha"].clone())).await;
    let changed = api.tell(200, "PUT", path, put("dHdvCg==", made["content"]["sha"].clone())).await;
    assert_eq!(changed["commit"]["parents"][0]["sha"], made["commit"]["sha"]);
    let rm = json!({"message": "remove", "branch": "topic", "sha": changed["content"]["sha"]});
    assert_eq!(api.tell(200, "DELETE", path, rm.clone()).await["content"], Value::Null);
    api.tell(404, "DELETE", path, rm).await;
    let left = api.get("/contents/?ref=topic").await;
    assert_eq!(left.as_array().map(Vec::len), Some(1), "no empty directory is left: {left}");
    let nowhere = json!({"message": "m", "content": "eA==", "branch": "nowhere"});
    api.tell(404, "PUT", path, nowhere).await;
    api.judge();
}

#[tokio::test]
async fn everybody_hears_of_it_as_of_a_push() {
    let api = Api::open().await;
    let pull = api.pull("topic").await;
    let mut news = api.look.subscribe();
    let commit = api.file("topic", "more.txt", "more\n").await;
    let mut told = Vec::new();
    while let Ok(event) = news.try_recv() {
        match event {
            SandboxEvent::Push { r#ref, after, by, .. } => {
                told.push(format!("push {} {by} {}", r#ref, after == commit));
            }
            SandboxEvent::Pull { action, head, .. } => told.push(format!("{action} {}", head == commit)),
            _ => {}
        }
    }
    assert_eq!(told, ["push refs/heads/topic maintainer true", "synchronize true"]);
    assert_eq!(api.get(&pull).await["head"]["sha"], json!(commit));
}

#[tokio::test]
async fn protection_is_asked_first() {
    let api = Api::open().await;
    let tip = api.tip("main").await;
    let body = json!({"message": "m", "content": "eA=="});
    // Only the App, the maintainer and the administrator may push to a new repository's trunk.
    let refused = api.ask(409, "PUT", "/contents/x.txt", &api.who.tokens.user, body.clone()).await;
    assert!(refused["message"].as_str().expect("why").starts_with("Could not create file: "), "{refused}");
    api.ask(404, "PUT", "/contents/x.txt", &api.who.tokens.outsider, body.clone()).await;
    api.protect(json!({"required_status_checks": {"strict": false, "contexts": ["ci"]}})).await;
    api.tell(409, "PUT", "/contents/x.txt", body).await;
    assert_eq!(api.tip("main").await, tip);
}

#[tokio::test]
async fn media_types_choose_how_a_thing_is_shown() {
    let api = Api::open().await;
    let pull = api.pull("topic").await;
    let head = api.tip("topic").await;
    for (path, kind, begins) in [
        ("/contents/README.md", "raw", "hello\n"),
        ("/readme", "raw+json", "hello\n"),
        (pull.as_str(), "diff", "diff --git a/topic.txt b/topic.txt\nnew file mode 100644\n"),
        (pull.as_str(), "v3.patch", "From "),
        ("/compare/main...topic", "diff", "diff --git a/topic.txt"),
        ("/commits/topic", "sha", head.as_str()),
        ("/commits/topic", "diff", "diff --git a/topic.txt"),
    ] {
        let accept = format!("application/vnd.github.{kind}");
        let path = format!("/api/v3/repos/acme/demo{path}");
        let token = &api.who.tokens.maintainer;
        let shown = api.send("GET", &path, token, &[("accept", &accept)], axum::body::Body::empty()).await;
        assert!(shown.text().starts_with(begins), "{path} {kind}: {}", shown.text());
    }
}
