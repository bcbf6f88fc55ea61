//! Reviews and who is asked for them.

use crate::api::Api;
use serde_json::{Value, json};

async fn review(api: &Api, pull: &str, token: &str, event: &str) -> Value {
    let body = json!({"event": event, "body": "as I see it"});
    api.ask(200, "POST", &format!("{pull}/reviews"), token, body).await["id"].clone()
}

#[tokio::test]
async fn required_approvals_are_those_of_people_who_may_write() {
    let api = Api::open().await;
    let tokens = &api.who.tokens;
    api.protect(json!({"required_pull_request_reviews": {"required_approving_review_count": 1}})).await;
    let pull = api.pull("topic").await;
    assert_eq!(api.state(&pull).await, "blocked");
    let why = api.refused_merge(405, &pull, json!({})).await;
    assert_eq!(why, "At least 1 approving review is required by reviewers with write access.");
    review(&api, &pull, &tokens.outsider, "APPROVE").await;
    assert_eq!(api.state(&pull).await, "blocked", "an outsider's approval is kind, and does not count");
    let own = json!({"event": "APPROVE"});
    api.ask(422, "POST", &format!("{pull}/reviews"), &tokens.user, own).await;
    review(&api, &pull, &tokens.maintainer, "APPROVE").await;
    assert_eq!(api.state(&pull).await, "clean");
    let objection = review(&api, &pull, &tokens.maintainer, "REQUEST_CHANGES").await;
    assert_eq!(api.state(&pull).await, "blocked", "the latest opinion counts");
    review(&api, &pull, &tokens.maintainer, "COMMENT").await;
    assert_eq!(api.state(&pull).await, "blocked", "a comment is no opinion");
    let at = format!("{pull}/reviews/{objection}/dismissals");
    assert_eq!(api.tell(200, "PUT", &at, json!({"message": "settled"})).await["state"], "DISMISSED");
    api.tell(422, "PUT", &at, json!({"message": "again"})).await;
    api.refused_merge(405, &pull, json!({})).await;
    review(&api, &pull, &tokens.maintainer, "APPROVE").await;
    api.tell(200, "PUT", &format!("{pull}/merge"), json!({})).await;
    api.judge();
}

#[tokio::test]
async fn a_review_without_a_verdict_is_pending_and_its_authors_own() {
    let api = Api::open().await;
    let pull = api.pull("topic").await;
    let reviews = format!("{pull}/reviews");
    let begun = api.tell(200, "POST", &reviews, json!({"body": "first thoughts"})).await;
    assert_eq!((&begun["state"], &begun["submitted_at"]), (&json!("PENDING"), &Value::Null));
    api.tell(422, "POST", &reviews, json!({"body": "a second"})).await;
    let seen = api.ask(200, "GET", &reviews, &api.who.tokens.user, Value::Null).await;
    assert_eq!(seen, json!([]));
    let at = format!("{reviews}/{}", begun["id"]);
    assert_eq!(api.tell(200, "PUT", &at, json!({"body": "better"})).await["body"], "better");
    let given = api.tell(200, "POST", &format!("{at}/events"), json!({"event": "APPROVE"})).await;
    assert_eq!(given["state"], "APPROVED");
    api.tell(422, "DELETE", &at, Value::Null).await;
    let other = api.tell(200, "POST", &reviews, json!({})).await;
    api.tell(200, "DELETE", &format!("{reviews}/{}", other["id"]), Value::Null).await;
    assert_eq!(api.get(&reviews).await.as_array().map(Vec::len), Some(1));
    api.judge();
}

#[tokio::test]
async fn reviewers_are_asked_and_their_review_answers() {
    let api = Api::open().await;
    let pull = api.pull("topic").await;
    let at = format!("{pull}/requested_reviewers");
    for (who, refused) in [("user", "pull request author"), ("outsider", "only be requested from collaborators")] {
        let why = api.tell(422, "POST", &at, json!({"reviewers": [who]})).await;
        assert!(why["message"].as_str().expect("why").contains(refused), "{why}");
    }
    let asked = api.tell(201, "POST", &at, json!({"reviewers": ["maintainer"]})).await;
    assert_eq!(asked["requested_reviewers"][0]["login"], "maintainer");
    api.tell(200, "DELETE", &at, json!({"reviewers": ["maintainer"]})).await;
    assert_eq!(api.get(&at).await["users"], json!([]));
    api.tell(201, "POST", &at, json!({"reviewers": ["maintainer"]})).await;
    review(&api, &pull, &api.who.tokens.maintainer, "APPROVE").await;
    assert_eq!(api.get(&at).await["users"], json!([]));
    let number = pull.trim_start_matches("/pulls/");
    let events = api.get(&format!("/issues/{number}/events")).await;
    let names: Vec<_> =
        events.as_array().expect("a list").iter().map(|e| e["event"].as_str().expect("a word")).collect();
    assert_eq!(names, ["review_requested", "review_request_removed", "review_requested"]);
    api.judge();
}
