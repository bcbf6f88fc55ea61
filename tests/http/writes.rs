//! The doors through which programs ask: who may knock, what is understood, and that nothing counts twice or before it is stored.

use super::house::{Answer, House, Mood, SECRET};
use greenline::command::About;
use greenline::config::service::ApiToken;
use greenline::engine::board::Board;
use greenline::http::{Limits, tokens};
use greenline::ids::{Moment, PrNumber, QueueId, RepoId};
use greenline::port::Store;
use greenline::port::store::Hint;

const HEAD: &str = "757107ea0eb2509fc211221cce984b8a37570b6d";
const PLACE: &str = "/api/repos/octo/hello/queue/12";

fn token(name: &str, repositories: Option<&str>) -> ApiToken {
    ApiToken {
        name: name.into(),
        login: "ann".parse().expect("a login"),
        sha256: tokens::digest(&format!("token of {name}").into()),
        repositories: repositories.map(|name| vec![name.parse().expect("a repository")]),
    }
}

async fn house() -> House {
    let known = vec![token("all", None), token("other", Some("octo/other"))];
    let house = House::with_tokens(&[SECRET], known, Limits::default()).await;
    let (name, trunk) = ("octo/hello".parse().expect("a name"), "main".parse().expect("a branch"));
    let board = Board::empty(name, trunk, Moment::from_ms(0));
    house.boards.publish(QueueId::of(RepoId::new(7)), board);
    house
}

/// A request with these header lines.
async fn ask(house: &House, what: &str, headers: &[&str], body: &str) -> Answer {
    let head = headers.iter().fold(String::new(), |all, line| format!("{all}{line}\r\n"));
    let length = body.len();
    house
        .send(format!(
            "{what} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{head}\r\n{body}"
        ))
        .await
}

const ALL: &str = "Authorization: Bearer token of all";
const JSON: &str = "Content-Type: application/json";

async fn add(house: &House, body: &str) -> Answer {
    ask(house, &format!("POST {PLACE}"), &[ALL, JSON], body).await
}

fn said(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["error"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_request_is_stored_before_it_is_accepted_and_can_be_looked_up() {
    let house = house().await;
    let body = format!(r#"{{"commit": "{HEAD}", "as": "squash", "priority": 3, "alone": true}}"#);
    let accepted = add(&house, &body).await;
    assert_eq!((accepted.status, &accepted.json()["stored"]), (202, &"new".into()));
    house.wake.notified().await;
    let rows = house.store.inbox(Some(&QueueId::of(RepoId::new(7))), 10).await.expect("memory answers");
    let Some(Hint::Request(request)) = rows.first().map(|row| row.hint.clone()) else { panic!("{rows:?}") };
    assert_eq!(
        (&request.about, request.login.as_str(), request.token.as_str()),
        (&About::Pull(PrNumber::new(12)), "ann", "all")
    );
    assert_eq!(request.words(), format!("merge {HEAD} as squash priority=3 alone"));
    let look = accepted.json()["look"].as_str().expect("a place").to_owned();
    assert!(accepted.head.to_lowercase().contains(&format!("location: {look}")), "{}", accepted.head);
    let waits = house.get(&look).await.json();
    assert_eq!((&waits["answered"], &waits["request"]), (&false.into(), &accepted.json()["request"]));
    let unknown = house.get(&format!("/api/repos/octo/hello/requests/{}", "0".repeat(32))).await;
    assert_eq!(said(&unknown), (404, "unknown_request".into()));
}

#[tokio::test]
async fn who_has_no_token_or_not_for_this_is_told_so_and_leaves_nothing() {
    let house = house().await;
    let body = format!(r#"{{"commit": "{HEAD}"}}"#);
    for headers in [
        &[JSON][..],
        &[JSON, "Authorization: Bearer wrong"],
        &[JSON, "Authorization: Basic token of all"],
        &[JSON, ALL, ALL],
    ] {
        let answer = ask(&house, &format!("POST {PLACE}"), headers, &body).await;
        assert_eq!(said(&answer), (401, "unauthorized".into()), "{headers:?}");
        assert!(answer.head.to_lowercase().contains("www-authenticate: bearer"));
    }
    let other = [JSON, "Authorization: Bearer token of other"];
    assert_eq!(said(&ask(&house, &format!("POST {PLACE}"), &other, &body).await), (403, "forbidden".into()));
    assert_eq!(said(&ask(&house, &format!("DELETE {PLACE}"), &other, "").await), (403, "forbidden".into()));
    let nowhere = ask(&house, "DELETE /api/repos/octo/nowhere/queue/12", &[ALL], "").await;
    assert_eq!(said(&nowhere), (404, "unknown_repository".into()));
    let preflight = ask(&house, &format!("OPTIONS {PLACE}"), &["Origin: https://evil.example"], "").await;
    assert_eq!(said(&preflight), (405, "method_not_allowed".into()));
    assert!(!preflight.head.to_lowercase().contains("access-control"), "{}", preflight.head);
    assert_eq!(house.depth().await, 0);
}

#[tokio::test]
async fn what_is_not_understood_is_refused_with_what_to_send() {
    let house = house().await;
    for (body, status, error) in [
        ("{}", 422, "wrong_fields"),
        (r#"{"commit": "757107ea"}"#, 422, "wrong_fields"),
        (&format!(r#"{{"commit": "{HEAD}", "priority": 101}}"#), 422, "wrong_fields"),
        (&format!(r#"{{"commit": "{HEAD}", "as": "octopus"}}"#), 422, "wrong_fields"),
        (&format!(r#"{{"commit": "{HEAD}", "force": true}}"#), 422, "wrong_fields"),
        ("not JSON", 400, "not_json"),
        ("", 400, "not_json"),
        (&" ".repeat(5_000), 413, "too_large"),
    ] {
        let answer = add(&house, body).await;
        assert_eq!(said(&answer), (status, error.to_owned()), "{body:.80}");
        assert_ne!(answer.json()["fix"], "", "{body:.80}");
    }
    let form = ask(&house, &format!("POST {PLACE}"), &[ALL, "Content-Type: text/plain"], "{}").await;
    assert_eq!(said(&form), (415, "not_json".into()));
    for number in ["0", "x", "-1", "+1", "99999999999999999999"] {
        let answer = ask(&house, &format!("DELETE /api/repos/octo/hello/queue/{number}"), &[ALL], "").await;
        assert_eq!(said(&answer), (404, "no_such_pull".into()), "{number}");
    }
    assert_eq!(house.depth().await, 0);
}

#[tokio::test]
async fn what_stops_and_what_tries_is_stored_in_the_words_of_a_comment() {
    let house = house().await;
    let try_words = format!("try {HEAD} as squash");
    let try_body = format!(r#"{{"commit": "{HEAD}", "as": "squash"}}"#);
    for (what, body, about, words) in [
        ("POST queue/12/trial", "", "#12", "try"),
        ("POST queue/12/trial", try_body.as_str(), "#12", try_words.as_str()),
        ("DELETE queue/12/trial", "", "#12", "try cancel"),
        ("POST queue/12/hold", "", "#12", "hold"),
        ("POST queue/12/hold", r#"{"because": "of a\ndoubt"}"#, "#12", "hold because of a doubt"),
        ("DELETE queue/12/hold", "", "#12", "release"),
        ("POST freeze", r#"{"because": "it burns"}"#, "main", "freeze because it burns"),
        ("POST freeze", r#"{"because": "b", "for": "90m"}"#, "main", "freeze for 1h30m because b"),
        ("POST freeze", r#"{"because": "b", "until": "mon 8:00"}"#, "main", "freeze until mon 08:00 because b"),
        ("DELETE freeze?trunk=main", "", "main", "thaw"),
    ] {
        let (method, place) = what.split_once(' ').expect("two words");
        let answer = ask(&house, &format!("{method} /api/repos/octo/hello/{place}"), &[ALL, JSON], body).await;
        assert_eq!(answer.status, 202, "{what} {body} {}", answer.text());
        let rows = house.store.inbox(Some(&QueueId::of(RepoId::new(7))), 99).await.expect("memory answers");
        let Some(Hint::Request(request)) = rows.last().map(|row| row.hint.clone()) else { panic!("{rows:?}") };
        assert_eq!((request.about.to_string().as_str(), request.words().as_str()), (about, words));
    }
    for (place, body, error) in [
        ("freeze", "", "not_json"),
        ("freeze", r#"{"until": "18:00"}"#, "wrong_fields"),
        ("freeze", r#"{"because": " "}"#, "wrong_fields"),
        ("freeze", r#"{"because": "b", "until": "soon"}"#, "wrong_fields"),
        ("freeze", r#"{"because": "b", "until": "18:00", "for": "2h"}"#, "wrong_fields"),
        ("freeze?trunk=elsewhere", r#"{"because": "b"}"#, "unknown_trunk"),
        ("queue/12/hold", r#"{"why": "b"}"#, "wrong_fields"),
        ("queue/12/trial", r#"{"priority": 3}"#, "wrong_fields"),
    ] {
        let answer = ask(&house, &format!("POST /api/repos/octo/hello/{place}"), &[ALL, JSON], body).await;
        assert_eq!(answer.json()["error"], error, "{place} {body} {}", answer.text());
        assert_ne!(answer.json()["fix"], "", "{place} {body}");
    }
    assert_eq!(house.depth().await, 10);
}

#[tokio::test]
async fn a_key_makes_a_repeated_request_the_same_and_another_one_a_mistake() {
    let house = house().await;
    let key = "Idempotency-Key: one";
    let (asked, other) = (format!("DELETE {PLACE}"), "DELETE /api/repos/octo/hello/queue/13");
    let first = ask(&house, &asked, &[ALL, key], "").await;
    let again = ask(&house, &asked, &[ALL, key], "").await;
    assert_eq!((first.status, again.status, &again.json()["stored"]), (202, 202, &"again".into()));
    assert_eq!(first.json()["request"], again.json()["request"]);
    for _ in 0..2 {
        assert_eq!(said(&ask(&house, other, &[ALL, key], "").await), (409, "key_used".into()));
    }
    assert_eq!((house.depth().await, house.store.unread_deliveries().await), (1, Ok(0)), "it leaves nothing behind");
    assert_eq!(ask(&house, other, &[ALL, "Idempotency-Key: two"], "").await.status, 202);
    assert_eq!(said(&ask(&house, &asked, &[ALL, "Idempotency-Key:"], "").await), (422, "wrong_key".into()));
    assert_eq!(house.depth().await, 2);
}

#[tokio::test]
async fn what_cannot_be_stored_is_not_accepted() {
    let house = house().await;
    house.store.mood.send_replace(Mood::Down);
    let answer = ask(&house, &format!("DELETE {PLACE}"), &[ALL, "Idempotency-Key: one"], "").await;
    assert_eq!(said(&answer), (503, "not_stored".into()));
    assert!(answer.text().contains("same Idempotency-Key"), "{}", answer.text());
}

#[tokio::test]
async fn what_nobody_has_heard_of_has_an_answer_too() {
    let house = house().await;
    let why = house.get(PLACE).await.json();
    assert_eq!((&why["state"], &why["code"]), (&"unknown".into(), &"unknown".into()));
    let page = house.get("/repos/Octo/Hello/pulls/12").await;
    assert!(page.status == 200 && page.text().contains("nobody has asked for it to land"), "{}", page.text());
    assert_eq!(house.get("/api/repos/octo/hello/queue").await.json()["queue"], serde_json::json!([]));
    assert_eq!(said(&house.get("/api/repos/octo/nowhere/queue").await), (404, "unknown_repository".into()));
}
