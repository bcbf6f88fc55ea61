//! The webhook door over real connections: what is taken, what is refused, and that nobody can hold it shut.

#[path = "http/house.rs"]
mod house;
#[path = "http/odd.rs"]
mod odd;
#[path = "http/signing_in.rs"]
mod signing_in;
#[path = "http/windows.rs"]
mod windows;
#[path = "http/writes.rs"]
mod writes;

use greenline::http::Limits;
use greenline::ids::{PrNumber, QueueId, RepoId};
use greenline::port::Store;
use greenline::port::store::Hint;
use house::{Answer, House, Mood, SECRET, delivery, post, pull, sign};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const EVENT: &str = "X-GitHub-Event: pull_request";
const ID: &str = "X-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958";

#[tokio::test]
async fn a_signed_delivery_is_stored_and_the_engine_woken() {
    let house = House::usual().await;
    let answer = house.deliver("72d3162e-cc78-11e3-81ab-4c9367dc0958", &pull(12)).await;
    assert_eq!(answer.status, 202);
    let expected = serde_json::json!({"delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958", "stored": "new"});
    assert_eq!(answer.json(), expected);
    house.wake.notified().await;
    let rows = house.store.inbox(Some(&QueueId::of(RepoId::new(7))), 9).await.expect("rows");
    assert_eq!(rows.iter().map(|row| &row.hint).collect::<Vec<_>>(), [&Hint::Pull(PrNumber::new(12))]);
}

#[tokio::test]
async fn what_is_not_rightly_signed_is_refused_and_not_stored() {
    let house = House::usual().await;
    let body = pull(12);
    let right = sign(SECRET, &body);
    let refused = [
        vec![EVENT, ID],
        vec![EVENT, ID, "X-Hub-Signature: sha1=7d38cdd689735b008b3c702edd92eea23791c5f6"],
        vec![EVENT, ID, "X-Hub-Signature-256: "],
        vec![EVENT, ID, "X-Hub-Signature-256: sha256="],
        vec![EVENT, ID, &right[..right.len() - 2]],
        vec![EVENT, ID, &right, &right],
    ];
    let mut requests: Vec<_> = refused.iter().map(|headers| post(headers, &body)).collect();
    requests.push(post(&[EVENT, ID, &right.replace("sha256=", "")], &body));
    requests.push(post(&[EVENT, ID, &right], &pull(13)));
    requests.push(post(&[EVENT, ID, &sign("another secret", &body)], &body));
    for request in requests {
        let answer = house.send(&request).await;
        assert_eq!(answer.status, 401, "{}", String::from_utf8_lossy(&request));
        assert_eq!(answer.json()["error"], "unsigned");
    }
    assert_eq!(house.depth().await, 0);
    assert!(house.get("/metrics").await.text().contains("result=\"unsigned\"} 9"));
}

#[tokio::test]
async fn while_secrets_rotate_both_are_good() {
    let house = House::open(&["old", "new"], Limits::default()).await;
    for (id, secret, status) in [("a", "old", 202), ("b", "new", 202), ("c", "older", 401)] {
        let body = pull(12);
        assert_eq!(house.send(delivery("pull_request", id, &sign(secret, &body), &body)).await.status, status);
    }
    let later = House::open(&["new"], Limits::default()).await;
    for (id, secret, status) in [("d", "old", 401), ("e", "new", 202)] {
        let body = pull(12);
        let answer = later.send(delivery("pull_request", id, &sign(secret, &body), &body)).await;
        assert_eq!(answer.status, status, "when the change is over, only the new one is good");
    }
}

#[tokio::test]
async fn a_head_that_lacks_something_is_refused_and_a_bad_id_replaced() {
    let house = House::usual().await;
    let body = pull(12);
    let right = sign(SECRET, &body);
    for headers in [vec![EVENT, &right], vec![ID, &right], vec![EVENT, EVENT, ID, &right]] {
        let answer = house.send(post(&headers, &body)).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &"missing_header".into()));
    }
    assert_eq!(house.depth().await, 0);
    for stored in ["new", "again"] {
        let answer = house.deliver("not a delivery id!", &body).await.json();
        assert_eq!(answer["stored"], stored);
        assert!(answer["delivery"].as_str().is_some_and(|id| id.starts_with("body-")), "{answer}");
    }
}

#[tokio::test]
async fn a_redelivery_is_one_row_and_another_body_a_conflict() {
    let house = House::usual().await;
    for (number, stored) in [(12, "new"), (12, "again"), (13, "conflict"), (13, "again")] {
        let answer = house.deliver("a", &pull(number)).await;
        assert_eq!((answer.status, &answer.json()["stored"]), (202, &stored.into()));
    }
    assert_eq!(house.depth().await, 2);
}

#[tokio::test]
async fn what_we_do_not_use_is_counted_and_what_we_cannot_read_is_kept() {
    let house = House::usual().await;
    let star = br#"{"action": "created"}"#;
    assert_eq!(house.send(delivery("star", "a", &sign(SECRET, star), star)).await.status, 202);
    assert_eq!(house.depth().await, 0);
    let deep = "[".repeat(100_000);
    for (id, body) in [("b", &b"{"[..]), ("c", b"\xff\xfe"), ("d", b"[1]"), ("e", deep.as_bytes())] {
        assert_eq!(house.deliver(id, body).await.status, 202, "{id}");
    }
    assert_eq!((house.depth().await, house.store.unread_deliveries().await), (4, Ok(4)));
    let metrics = house.get("/metrics").await;
    assert!(metrics.text().contains("greenline_deliveries_total{event=\"other\",result=\"new\"} 1"));
    assert!(metrics.text().contains("greenline_unread_deliveries 4"));
}

#[tokio::test]
async fn a_body_at_the_limit_is_taken_and_one_over_it_never_read() {
    let house = House::open(&[SECRET], Limits { body_bytes: 1 << 20, ..Limits::default() }).await;
    let mut body = pull(12);
    body.resize(1 << 20, b' ');
    assert_eq!(house.deliver("a", &body).await.status, 202);

    let mut stream = house.connect().await;
    let head =
        format!("POST /webhook HTTP/1.1\r\nHost: x\r\n{EVENT}\r\n{ID}\r\nContent-Length: {}\r\n\r\n", (1 << 20) + 1);
    stream.write_all(head.as_bytes()).await.expect("writes");
    let answer = Answer::read(&mut stream).await;
    assert_eq!((answer.status, &answer.json()["error"]), (413, &"too_large".into()), "before any of the body came");

    let mut stream = house.connect().await;
    let right = sign(SECRET, &body);
    let head = format!(
        "POST /webhook HTTP/1.1\r\nHost: x\r\n{EVENT}\r\n{ID}\r\n{right}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("writes");
    let chunk = [format!("{:x}\r\n", 1 << 16).into_bytes(), vec![b' '; 1 << 16], b"\r\n".to_vec()].concat();
    let (mut from, mut to) = stream.into_split();
    let endless = tokio::spawn(async move { while to.write_all(&chunk).await.is_ok() {} });
    let mut answer = [0; 12];
    from.read_exact(&mut answer).await.expect("an answer while the body goes on");
    assert_eq!(&answer, b"HTTP/1.1 413");
    drop(from);
    endless.await.expect("the connection is closed");
}

#[tokio::test]
async fn those_who_dribble_are_closed_and_delay_nobody() {
    let limits = Limits { header_ms: 400, body_ms: 400, small_bytes: 64 << 10, ..Limits::default() };
    let house = House::open(&[SECRET], limits).await;
    let mut slow = Vec::new();
    let head = format!("POST /webhook HTTP/1.1\r\nHost: x\r\n{EVENT}\r\n{ID}\r\n{}\r\n", sign(SECRET, b""));
    for n in 0..300 {
        let mut stream = house.connect().await;
        let start = if n % 2 == 0 { head[..40].to_owned() } else { format!("{head}Content-Length: 200000\r\n\r\n ") };
        stream.write_all(start.as_bytes()).await.expect("writes");
        slow.push(stream);
    }
    let quick = tokio::time::timeout(Duration::from_secs(1), house.deliver("a", &pull(12))).await;
    assert_eq!(quick.expect("within a second").status, 202);
    for (n, mut stream) in slow.into_iter().enumerate() {
        let answer = Answer::read(&mut stream).await;
        assert_eq!(answer.status, if n % 2 == 0 { 0 } else { 408 }, "{n}: {}", answer.head);
    }
}

#[tokio::test]
async fn large_bodies_wait_for_memory_and_small_ones_do_not_wait_behind_them() {
    let limits = Limits { large_bytes: 1 << 20, memory_wait_ms: 200, ..Limits::default() };
    let house = House::open(&[SECRET], limits).await;
    let mut body = pull(12);
    body.resize(1 << 20, b' ');
    let mut holder = house.connect().await;
    let right = sign(SECRET, &body);
    let expecting = post(&[EVENT, ID, &right, "Expect: 100-continue"], &body);
    let (head, rest) = expecting.split_at(expecting.len() - body.len());
    holder.write_all(head).await.expect("writes");
    let mut go_on = [0; 25];
    holder.read_exact(&mut go_on).await.expect("it has its memory and asks for the body");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    let (waiter, small) = tokio::join!(house.deliver("b", &body), async { house.deliver("c", &pull(13)).await });
    assert_eq!((waiter.status, small.status), (503, 202));
    assert_eq!(waiter.json()["error"], "busy");
    holder.write_all(rest).await.expect("writes");
    assert_eq!(Answer::read(&mut holder).await.status, 202);
}

#[tokio::test]
async fn while_the_store_is_down_nothing_is_acknowledged() {
    let house = House::usual().await;
    house.store.mood.send_replace(Mood::Down);
    let answer = house.deliver("a", &pull(12)).await;
    assert_eq!((answer.status, &answer.json()["error"]), (503, &"not_stored".into()));
    assert!(answer.text().contains("the disk is full"), "{}", answer.text());
    house.store.mood.send_replace(Mood::Well);
    assert_eq!(house.deliver("a", &pull(12)).await.json()["stored"], "new");
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_not_waited_for_beyond_githubs_patience() {
    let house = House::open(&[SECRET], Limits { store_ms: 100, ..Limits::default() }).await;
    house.store.mood.send_replace(Mood::Held);
    assert_eq!(house.deliver("a", &pull(12)).await.status, 503);
    house.store.mood.send_replace(Mood::Well);
    house.wake.notified().await;
    assert_eq!(house.deliver("a", &pull(12)).await.json()["stored"], "again", "it was stored all the same");
}

#[tokio::test]
async fn a_sender_that_hangs_up_half_way_leaves_its_row_and_wakes_the_engine() {
    let house = House::usual().await;
    house.store.mood.send_replace(Mood::Held);
    let body = pull(12);
    let mut stream = house.connect().await;
    stream.write_all(&delivery("pull_request", "a", &sign(SECRET, &body), &body)).await.expect("writes");
    house.store.handed_in.subscribe().wait_for(|n| *n == 1).await.expect("handed in");
    drop(stream);
    house.store.mood.send_replace(Mood::Well);
    house.wake.notified().await;
    assert_eq!(house.depth().await, 1);
}
