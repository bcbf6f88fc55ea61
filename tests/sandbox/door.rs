//! The door of the REST interface: who is let in, how refusals look, limits, pages and unchanged answers.

use crate::api::Api;
use axum::body::Body;
use serde_json::{Value, json};

#[tokio::test]
async fn refusals_have_githubs_shape() {
    let api = Api::open().await;
    let tokens = &api.who.tokens;
    let label = json!({"labels": ["x"]}).to_string();
    for (method, path, token, body, status, message) in [
        ("GET", "/user", "ghp_wrong", "", 401, "Bad credentials"),
        ("GET", "/user", "", "", 401, "Requires authentication"),
        ("GET", "/app", tokens.user.as_str(), "", 401, "A JSON web token could not be decoded"),
        ("GET", "/repos/acme/none", &tokens.user, "", 404, "Not Found"),
        ("GET", "/no/such/route", &tokens.user, "", 404, "Not Found"),
        ("POST", "/repos/acme/demo/issues", &tokens.user, "{", 400, "Problems parsing JSON"),
        ("POST", "/repos/acme/demo/issues", &tokens.user, "{}", 422, "Validation Failed"),
        ("POST", "/repos/acme/demo/git/refs", &tokens.outsider, "{}", 404, "Not Found"),
        (
            "POST",
            "/repos/acme/demo/issues/1/labels",
            &tokens.outsider,
            &label,
            403,
            "Must have admin rights to Repository.",
        ),
        ("GET", "/user", &tokens.ci, "", 403, "Resource not accessible by integration"),
    ] {
        let answer = api.send(method, &format!("/api/v3{path}"), token, &[], Body::from(body.to_owned())).await;
        let shown = answer.json();
        assert_eq!((answer.status, shown["message"].as_str()), (status, Some(message)), "{method} {path}");
        assert!(shown["documentation_url"].is_string(), "{shown}");
        assert!(status != 422 || shown["errors"][0]["code"] == "missing_field", "{shown}");
    }
    api.judge();
}

#[tokio::test]
async fn the_limit_is_counted_and_never_enforced() {
    let api = Api::open().await;
    let token = &api.who.tokens.outsider;
    let ask = || api.send("GET", "/api/v3/repos/acme/demo", token, &[], Body::empty());
    let first = ask().await;
    let left = |header: &str| header.parse::<u64>().expect("a number");
    assert_eq!(left(first.header("x-ratelimit-limit")), 5000);
    let before = left(first.header("x-ratelimit-remaining"));
    // GitHub's secondary limits (so many a minute) would strike long before this; the sandbox has faults for that.
    for _ in 0..200 {
        assert_eq!(ask().await.status, 200);
    }
    let last = ask().await;
    assert_eq!(left(last.header("x-ratelimit-remaining")), before - 201);
    assert!(left(last.header("x-ratelimit-reset")) > 0);
    assert_eq!(last.header("x-ratelimit-resource"), "core");
}

#[tokio::test]
async fn long_lists_come_in_pages_of_at_most_a_hundred() {
    let api = Api::open().await;
    for n in 0..105 {
        api.tell(201, "POST", "/labels", json!({"name": format!("l{n}")})).await;
    }
    let api = &api;
    let list = |query: &'static str| async move {
        let path = format!("/api/v3/repos/acme/demo/labels{query}");
        let page = api.send("GET", &path, "", &[], Body::empty()).await;
        (page.json().as_array().map(Vec::len), page.header("link").to_owned())
    };
    let (count, link) = list("?per_page=1000").await;
    assert_eq!(count, Some(100));
    assert!(link.contains("per_page=1000&page=2>; rel=\"next\"") && link.contains("page=2>; rel=\"last\""), "{link}");
    let (count, link) = list("?per_page=100&page=2").await;
    // 105 and the two a repository begins with.
    assert_eq!(count, Some(7));
    assert!(link.contains("rel=\"prev\"") && link.contains("rel=\"first\"") && !link.contains("next"), "{link}");
    assert_eq!(list("").await.0, Some(30));
    assert_eq!(list("?page=9&per_page=100").await.0, Some(0));
}

#[tokio::test]
async fn an_unchanged_pull_request_is_304_and_free() {
    let api = Api::open().await;
    let pull = api.pull("topic").await;
    api.state(&pull).await;
    let path = format!("/api/v3/repos/acme/demo{pull}");
    let token = &api.who.tokens.maintainer;
    let first = api.send("GET", &path, token, &[], Body::empty()).await;
    let known = [("if-none-match", first.header("etag"))];
    let again = api.send("GET", &path, token, &known, Body::empty()).await;
    assert_eq!((again.status, again.bytes.len()), (304, 0));
    assert_eq!(again.header("x-ratelimit-remaining"), first.header("x-ratelimit-remaining"));
    api.tell(200, "PATCH", &pull, json!({"title": "Another"})).await;
    let changed = api.send("GET", &path, token, &known, Body::empty()).await;
    assert_eq!((changed.status, &changed.json()["title"]), (200, &json!("Another")));
}

#[tokio::test]
async fn labels_are_renamed_and_deleted_wherever_they_are() {
    let api = Api::open().await;
    let pull = api.pull("topic").await;
    let issue = pull.replace("/pulls/", "/issues/");
    api.tell(200, "POST", &format!("{issue}/labels"), json!({"labels": ["soon"]})).await;
    api.tell(422, "PATCH", "/labels/soon", json!({"new_name": "bug"})).await;
    api.tell(200, "PATCH", "/labels/soon", json!({"new_name": "later", "color": "00ff00"})).await;
    assert_eq!(api.get(&issue).await["labels"][0]["name"], "later");
    api.tell(204, "DELETE", "/labels/later", Value::Null).await;
    assert_eq!(api.get(&issue).await["labels"], json!([]));
    let assigned =
        api.tell(201, "POST", &format!("{issue}/assignees"), json!({"assignees": ["user", "outsider"]})).await;
    assert_eq!(assigned["assignees"].as_array().map(Vec::len), Some(1), "whom it cannot assign it leaves out");
    api.judge();
}
