//! How pull requests follow their branches: what closes them, what shows them merged, what opens them again.

use crate::api::Api;
use serde_json::{Value, json};

async fn shown(api: &Api, pull: &str) -> (String, bool) {
    let body = api.get(pull).await;
    (body["state"].as_str().expect("a word").to_owned(), body["merged"].as_bool().expect("a flag"))
}

fn closed(merged: bool) -> (String, bool) {
    ("closed".to_owned(), merged)
}

#[tokio::test]
async fn a_deleted_head_closes_and_a_restored_one_may_reopen() {
    let api = Api::open().await;
    let pull = api.pull("topic").await;
    let head = api.tip("topic").await;
    api.tell(204, "DELETE", "/git/refs/heads/topic", Value::Null).await;
    assert_eq!(shown(&api, &pull).await, closed(false));
    let refused = api.tell(422, "PATCH", &pull, json!({"state": "open"})).await;
    assert!(refused["errors"][0]["message"].as_str().expect("why").contains("head branch was deleted"), "{refused}");
    api.branch("topic", &head).await;
    assert_eq!(api.tell(200, "PATCH", &pull, json!({"state": "open"})).await["state"], "open");
    api.judge();
}

#[tokio::test]
async fn a_closed_pull_request_is_not_reopened_over_another_history() {
    let api = Api::open().await;
    let pull = api.pull("topic").await;
    api.tell(200, "PATCH", &pull, json!({"state": "closed"})).await;
    let former = api.get(&pull).await["head"]["sha"].clone();
    api.force("topic", &api.tip("main").await).await;
    api.file("topic", "other.txt", "other\n").await;
    assert_eq!(api.get(&pull).await["head"]["sha"], former, "a closed one does not follow its branch");
    let refused = api.tell(422, "PATCH", &pull, json!({"state": "open"})).await;
    assert!(refused["errors"][0]["message"].as_str().expect("why").contains("force-pushed"), "{refused}");
}

#[tokio::test]
async fn the_heads_commits_on_the_base_show_it_merged_for_ever() {
    let api = Api::open().await;
    let pull = api.pull("topic").await;
    api.state(&pull).await;
    let head = api.tip("topic").await;
    api.tell(200, "PATCH", "/git/refs/heads/main", json!({"sha": head})).await;
    let body = api.get(&pull).await;
    assert_eq!(
        (&body["merged"], &body["merge_commit_sha"], &body["mergeable"], &body["merged_by"]["login"]),
        (&json!(true), &json!(head), &Value::Null, &json!("maintainer"))
    );
    api.tell(422, "PATCH", &pull, json!({"state": "open"})).await;
    api.tell(204, "GET", &format!("{pull}/merge"), Value::Null).await;
    assert_eq!(api.get(&format!("/commits/{head}/pulls")).await[0]["state"], "closed");
    api.judge();
}

#[tokio::test]
async fn rebased_commits_on_the_base_leave_it_open() {
    let api = Api::open().await;
    let pull = api.pull("topic").await;
    // The same change on another parent: what landing without moving the head first comes to.
    api.file("main", "other.txt", "other\n").await;
    api.file("main", "topic.txt", "text\n").await;
    assert_eq!(shown(&api, &pull).await, ("open".to_owned(), false));
}

#[tokio::test]
async fn a_head_moved_to_what_the_base_has_is_closed_unmerged() {
    let api = Api::open().await;
    let pull = api.pull("topic").await;
    api.force("topic", &api.tip("main").await).await;
    assert_eq!(shown(&api, &pull).await, closed(false));
    let refused = api.tell(422, "PATCH", &pull, json!({"state": "open"})).await;
    assert!(refused["errors"][0]["message"].as_str().expect("why").contains("no new commits"), "{refused}");
}

#[tokio::test]
async fn a_deleted_base_closes_what_was_to_go_there() {
    let api = Api::open().await;
    api.branch("release", &api.tip("main").await).await;
    api.branch("fix", &api.tip("main").await).await;
    api.file("fix", "fix.txt", "fix\n").await;
    let pull = api.open_pull("fix", "release").await;
    api.tell(204, "DELETE", "/git/refs/heads/release", Value::Null).await;
    assert_eq!(shown(&api, &pull).await, closed(false));
    let refused = api.tell(422, "PATCH", &pull, json!({"state": "open"})).await;
    assert!(refused["errors"][0]["message"].as_str().expect("why").contains("base branch was deleted"), "{refused}");
}

#[tokio::test]
async fn what_was_stacked_on_a_merged_branch_follows_it_to_its_base() {
    let api = Api::open().await;
    let lower = api.pull("lower").await;
    api.branch("upper", &api.tip("lower").await).await;
    api.file("upper", "upper.txt", "upper\n").await;
    let upper = api.open_pull("upper", "lower").await;
    api.tell(200, "PUT", &format!("{lower}/merge"), json!({})).await;
    api.tell(204, "DELETE", "/git/refs/heads/lower", Value::Null).await;
    let body = api.get(&upper).await;
    assert_eq!((&body["state"], &body["base"]["ref"]), (&json!("open"), &json!("main")));
    api.judge();
}

#[tokio::test]
async fn a_deleted_fork_closes_its_pull_requests() {
    let api = Api::open().await;
    let user = &api.who.tokens.user;
    api.ask(202, "POST", "/forks", user, json!({})).await;
    let put = json!({"message": "Add f", "content": "Zgo=", "branch": "main"});
    let body = axum::body::Body::from(put.to_string());
    let made = api.send("PUT", "/api/v3/repos/user/demo/contents/f.txt", user, &[], body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let pull = api.open_pull("user:main", "main").await;
    let gone = api.send("DELETE", "/api/v3/repos/user/demo", user, &[], axum::body::Body::empty()).await;
    assert_eq!(gone.status, 204, "{}", gone.text());
    let body = api.get(&pull).await;
    // Not judged by the description, which forgets that a head's repository may be gone.
    assert_eq!((&body["state"], &body["head"]["repo"]), (&json!("closed"), &Value::Null));
}

#[tokio::test]
async fn a_new_base_must_leave_something_to_merge() {
    let api = Api::open().await;
    let pull = api.pull("topic").await;
    api.branch("other", &api.tip("topic").await).await;
    api.tell(422, "PATCH", &pull, json!({"base": "other"})).await;
    api.tell(422, "PATCH", &pull, json!({"base": "nowhere"})).await;
    api.branch("release", &api.tip("main").await).await;
    assert_eq!(api.tell(200, "PATCH", &pull, json!({"base": "release"})).await["base"]["ref"], "release");
    api.tell(200, "PATCH", &pull, json!({"state": "closed"})).await;
    api.tell(422, "PATCH", &pull, json!({"base": "main"})).await;
}
