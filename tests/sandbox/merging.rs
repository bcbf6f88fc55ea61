//! `mergeable`, `mergeable_state` and the merge button: what they say and what the button honours.

use crate::api::Api;
use serde_json::{Value, json};

#[tokio::test]
async fn mergeable_is_computed_when_asked_and_anew_after_each_move() {
    let api = Api::open().await;
    let pull = api.pull("topic").await;
    assert_eq!(api.get(&pull).await["mergeable"], Value::Null, "the first answer only makes it be computed");
    let body = api.get(&pull).await;
    assert_eq!((&body["mergeable"], &body["mergeable_state"]), (&json!(true), &json!("clean")));
    let trial = body["merge_commit_sha"].as_str().expect("a test merge");
    assert_eq!(api.get(&format!("/git/commits/{trial}")).await["parents"].as_array().map(Vec::len), Some(2));
    api.file("main", "topic.txt", "something else\n").await;
    assert_eq!(api.get(&pull).await["mergeable"], Value::Null, "the base moved");
    let body = api.get(&pull).await;
    assert_eq!((&body["mergeable"], &body["mergeable_state"]), (&json!(false), &json!("dirty")));
    assert_eq!(api.refused_merge(405, &pull, json!({})).await, "Pull Request is not mergeable");
    api.judge();
}

#[tokio::test]
async fn each_method_makes_its_own_kind_of_commit() {
    let api = Api::open().await;
    for (method, parents, message) in [
        ("merge", 2, "Merge pull request #1 from acme/merge\n\nAdd merge"),
        ("squash", 1, "Add squash (#2)"),
        ("rebase", 1, "Add rebase.txt"),
    ] {
        let pull = api.pull(method).await;
        api.file("main", &format!("before-{method}.txt"), "x\n").await;
        let merged = api.tell(200, "PUT", &format!("{pull}/merge"), json!({"merge_method": method})).await;
        let sha = merged["sha"].as_str().expect("a commit id");
        assert_eq!(api.tip("main").await, sha);
        let commit = api.get(&format!("/git/commits/{sha}")).await;
        assert_eq!(commit["parents"].as_array().map(Vec::len), Some(parents), "{method}");
        assert_eq!(commit["message"], message);
        let body = api.get(&pull).await;
        assert_eq!((&body["merged"], &body["merge_commit_sha"]), (&json!(true), &json!(sha)));
    }
    api.judge();
}

#[tokio::test]
async fn a_stale_head_a_draft_and_an_odd_method_are_refused() {
    let api = Api::open().await;
    let pull = api.pull("topic").await;
    let stale = api.refused_merge(409, &pull, json!({"sha": api.tip("main").await})).await;
    assert_eq!(stale, "Head branch was modified. Review and try the merge again.");
    api.tell(422, "PUT", &format!("{pull}/merge"), json!({"merge_method": "sideways"})).await;
    api.branch("draft", &api.tip("topic").await).await;
    let body = json!({"title": "Draft", "head": "draft", "base": "main", "draft": true});
    let draft = api.tell(201, "POST", "/pulls", body).await;
    let draft = format!("/pulls/{}", draft["number"]);
    assert_eq!(api.state(&draft).await, "draft");
    assert_eq!(api.refused_merge(405, &draft, json!({})).await, "Pull Request is still a draft");
    api.tell(200, "PUT", &format!("{pull}/merge"), json!({"sha": api.tip("topic").await})).await;
    api.refused_merge(405, &pull, json!({})).await;
}

#[tokio::test]
async fn required_checks_hold_it_until_their_own_app_says_green() {
    let api = Api::open().await;
    let ci = api.who.ci_app.id;
    api.protect(json!({"required_status_checks": {"strict": false, "checks": [{"context": "ci", "app_id": ci}]}}))
        .await;
    let pull = api.pull("topic").await;
    let head = api.tip("topic").await;
    assert_eq!(api.state(&pull).await, "blocked");
    assert_eq!(api.refused_merge(405, &pull, json!({})).await, "Required status check \"ci\" is expected.");
    for vague in ["topic", &head[..10]] {
        api.tell(422, "POST", &format!("/statuses/{vague}"), json!({"state": "success", "context": "ci"})).await;
    }
    // A status of the same name says nothing of the check the App must make.
    api.tell(201, "POST", &format!("/statuses/{head}"), json!({"state": "success", "context": "ci"})).await;
    assert_eq!(api.state(&pull).await, "blocked");
    api.check(&head, "failure").await;
    assert_eq!(api.state(&pull).await, "blocked");
    api.check(&head, "success").await;
    assert_eq!(api.state(&pull).await, "clean");
    api.tell(200, "PUT", &format!("{pull}/merge"), json!({})).await;
    api.judge();
}

#[tokio::test]
async fn what_is_not_required_only_makes_it_unstable() {
    let api = Api::open().await;
    let pull = api.pull("topic").await;
    let head = api.tip("topic").await;
    api.tell(201, "POST", &format!("/statuses/{head}"), json!({"state": "pending", "context": "lint"})).await;
    assert_eq!(api.state(&pull).await, "unstable");
    api.tell(201, "POST", &format!("/statuses/{head}"), json!({"state": "success", "context": "lint"})).await;
    assert_eq!(api.state(&pull).await, "clean");
}

#[tokio::test]
async fn a_strict_base_wants_the_head_up_to_date() {
    let api = Api::open().await;
    let pull = api.pull("topic").await;
    api.file("main", "later.txt", "later\n").await;
    api.protect(json!({"required_status_checks": {"strict": true, "contexts": []}})).await;
    assert_eq!(api.state(&pull).await, "behind");
    api.refused_merge(405, &pull, json!({})).await;
    let head = api.tip("topic").await;
    let stale = json!({"expected_head_sha": api.tip("main").await});
    api.tell(422, "PUT", &format!("{pull}/update-branch"), stale).await;
    api.tell(202, "PUT", &format!("{pull}/update-branch"), json!({"expected_head_sha": head})).await;
    assert_eq!(api.state(&pull).await, "clean");
    assert_eq!(api.get(&pull).await["head"]["sha"], api.tip("topic").await, "the pull request followed");
    api.judge();
}

#[tokio::test]
async fn a_linear_history_takes_no_merge_commit() {
    let api = Api::open().await;
    api.protect(json!({"required_linear_history": true})).await;
    let pull = api.pull("topic").await;
    let why = api.refused_merge(405, &pull, json!({"merge_method": "merge"})).await;
    assert_eq!(why, "This branch must not contain merge commits.");
    api.tell(200, "PUT", &format!("{pull}/merge"), json!({"merge_method": "squash"})).await;
}

#[tokio::test]
async fn administrators_are_spared_unless_they_are_bound() {
    let api = Api::open().await;
    let pull = api.pull("topic").await;
    api.protect(json!({"required_status_checks": {"strict": false, "contexts": ["ci"]}})).await;
    let (merge, admin) = (format!("{pull}/merge"), &api.who.tokens.admin);
    api.ask(405, "PUT", &merge, admin, json!({})).await;
    api.ask(204, "DELETE", "/branches/main/protection/enforce_admins", admin, Value::Null).await;
    api.tell(405, "PUT", &merge, json!({})).await;
    api.ask(200, "PUT", &merge, admin, json!({})).await;
    api.judge();
}

#[tokio::test]
async fn rulesets_hold_it_as_protection_does() {
    let api = Api::open().await;
    let pull = api.pull("topic").await;
    let rules = json!([{"type": "pull_request", "parameters": {"required_approving_review_count": 1,
        "dismiss_stale_reviews_on_push": false, "require_code_owner_review": false,
        "require_last_push_approval": false, "required_review_thread_resolution": false}}]);
    let set = json!({"name": "reviewed", "target": "branch", "enforcement": "active", "rules": rules,
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}}});
    let admin = &api.who.tokens.admin;
    let made = api.ask(201, "POST", "/rulesets", admin, set).await;
    assert_eq!(api.state(&pull).await, "blocked");
    api.refused_merge(405, &pull, json!({})).await;
    let at = format!("/rulesets/{}", made["id"]);
    api.ask(200, "PUT", &at, admin, json!({"enforcement": "disabled"})).await;
    assert_eq!(api.state(&pull).await, "clean");
    api.ask(204, "DELETE", &at, admin, Value::Null).await;
    api.ask(404, "GET", &at, admin, Value::Null).await;
    api.judge();
}
