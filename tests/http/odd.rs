//! Deliveries that are rightly signed and odd: each is answered 202, none is lost, and what cannot be read is kept as such.

use super::house::{House, SECRET, delivery, pull, sign};
use greenline::ids::{QueueId, RepoId};
use greenline::port::Store;
use greenline::port::store::Hint;

#[tokio::test]
async fn a_signature_in_capitals_is_the_same_signature() {
    let house = House::usual().await;
    let body = pull(12);
    let (name, digits) = sign(SECRET, &body).split_once('=').map(|(n, d)| (n.to_owned(), d.to_uppercase())).expect("=");
    assert_eq!(house.send(delivery("pull_request", "a", &format!("{name}={digits}"), &body)).await.status, 202);
    assert_eq!(house.depth().await, 1);
}

#[tokio::test]
async fn a_ping_or_an_event_nobody_knows_is_answered_and_leaves_nothing() {
    let house = House::usual().await;
    let long = "x".repeat(500);
    for (id, event, body) in [
        ("a", "ping", br#"{"zen": "Keep it logically awesome.", "hook_id": 1}"#.to_vec()),
        ("b", "from_the_future", pull(12)),
        ("c", &long, pull(12)),
    ] {
        let answer = house.send(delivery(event, id, &sign(SECRET, &body), &body)).await;
        assert_eq!(answer.status, 202, "{event:.40}: {}", answer.text());
    }
    assert_eq!((house.depth().await, house.store.unread_deliveries().await), (0, Ok(0)));
    assert!(!house.get("/metrics").await.text().contains("from_the_future"), "strangers' words are no labels");
}

#[tokio::test]
async fn what_is_signed_and_cannot_be_read_has_its_repository_looked_at() {
    let house = House::usual().await;
    let repository = r#""repository": {"id": 7, "full_name": "octo/hello"}"#;
    let bodies = [
        format!(r#"{{"pull_request": {{"number": 18446744073709551616}}, {repository}}}"#),
        format!(r#"{{"pull_request": {{"number": 1}}, "pull_request": {{"number": 2}}, {repository}}}"#),
        format!(r#"{{"pull_request": "none", {repository}}}"#),
        format!("{{{repository}"),
    ];
    for (n, body) in bodies.iter().enumerate() {
        assert_eq!(house.deliver(&format!("id-{n}"), body.as_bytes()).await.status, 202, "{body}");
    }
    let rows = house.store.inbox(Some(&QueueId::of(RepoId::new(7))), 9).await.expect("memory answers");
    assert_eq!(rows.iter().map(|row| &row.hint).collect::<Vec<_>>(), [&Hint::Unreadable; 4]);
}

#[tokio::test]
async fn an_action_nobody_knows_still_says_where_to_look() {
    let house = House::usual().await;
    let body = String::from_utf8(pull(12)).expect("text").replace("opened", "enchanted");
    assert_eq!(house.deliver("a", body.as_bytes()).await.status, 202);
    assert_eq!(house.depth().await, 1);
}
