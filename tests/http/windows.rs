//! What the doors show: the page, the boards as JSON and as events, health; and how the service closes.

use super::house::{Answer, House, Mood, SECRET, pull};
use greenline::engine::board::{Board, QueueRow};
use greenline::facts::Person;
use greenline::http::{Limits, Readiness};
use greenline::ids::{Moment, PrNumber, QueueId, RepoId, UserId};
use std::collections::BTreeMap;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

fn board(title: &str) -> Board {
    let author = Person { id: UserId::new(1), login: "octocat".parse().expect("a login"), bot: false };
    let head = "757107ea0eb2509fc211221cce984b8a37570b6d".parse().expect("a sha");
    let row = QueueRow {
        pull: PrNumber::new(12),
        title: title.into(),
        author,
        head,
        position: 1,
        status: "Waits for #11.".into(),
        since: Moment::from_ms(0),
        eta_ms: None,
    };
    let (name, trunk) = ("octo/hello".parse().expect("a name"), "main".parse().expect("a branch"));
    Board {
        queue: vec![row],
        counters: BTreeMap::from([("greenline_landed_total".into(), 5), ("not a metric\n".into(), 1)]),
        ..Board::empty(name, trunk, Moment::from_ms(0))
    }
}

/// Reads on until a line that begins with `start`.
async fn line(stream: &mut BufReader<TcpStream>, start: &str) -> String {
    loop {
        let mut line = String::new();
        assert_ne!(stream.read_line(&mut line).await.expect("reads"), 0, "ended before `{start}`");
        if line.starts_with(start) {
            return line;
        }
    }
}

async fn subscribe(house: &House) -> BufReader<TcpStream> {
    let mut stream = house.connect().await;
    stream.write_all(b"GET /api/events HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("writes");
    BufReader::new(stream)
}

#[tokio::test]
async fn the_page_shows_the_queue_as_text_and_allows_nothing_from_elsewhere() {
    let house = House::usual().await;
    assert!(house.get("/").await.text().contains("Install the GitHub App"));
    house.boards.publish(QueueId::of(RepoId::new(7)), board("<script>alert(1)</script>"));
    let page = house.get("/").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("id=\"repo-7-pull-12\""));
    assert!(page.text().contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !page.text().contains("<script>"));
    for header in ["default-src 'none'; script-src 'self'", "frame-ancestors 'none'", "x-content-type-options: nosniff"]
    {
        assert!(page.head.contains(header), "{}", page.head);
    }
    for (path, kind) in [("/static/live.js", "text/javascript"), ("/static/style.css", "text/css")] {
        let asset = house.get(path).await;
        assert!(asset.status == 200 && asset.head.contains(kind), "{}", asset.head);
    }
}

#[tokio::test]
async fn boards_come_as_json_at_once_and_on_each_change() {
    let house = House::usual().await;
    let mut events = subscribe(&house).await;
    line(&mut events, "event: board").await;
    assert_eq!(line(&mut events, "data:").await.trim(), "data: {}");
    house.boards.publish(QueueId::of(RepoId::new(7)), board("one"));
    let news = line(&mut events, "data:").await;
    let news: serde_json::Value = serde_json::from_str(news.trim_start_matches("data:")).expect("JSON");
    assert_eq!(news["7"]["queue"][0]["title"], "one");
    assert_eq!(house.get("/api/board").await.json(), news);
}

#[tokio::test]
async fn live_pages_have_a_bound() {
    let house = House::open(&[SECRET], Limits { streams: 1, ..Limits::default() }).await;
    let mut first = subscribe(&house).await;
    line(&mut first, "event: board").await;
    let answer = house.get("/api/events").await;
    assert_eq!((answer.status, &answer.json()["error"]), (503, &"too_many_streams".into()));
}

#[tokio::test]
async fn health_readiness_and_metrics_say_how_it_stands() {
    let house = House::usual().await;
    assert_eq!(house.get("/healthz").await.status, 200);
    let not_yet = house.get("/readyz").await;
    assert_eq!((not_yet.status, &not_yet.json()["why"]), (503, &"loading states".into()));
    house.ready.send_replace(Readiness::Ready);
    assert_eq!(house.get("/readyz").await.status, 200);
    house.boards.publish(QueueId::of(RepoId::new(7)), board("one"));
    assert_eq!(house.deliver("a", &pull(12)).await.status, 202);
    let metrics = house.get("/metrics").await;
    for sample in [
        "greenline_deliveries_total{event=\"pull_request\",result=\"new\"} 1",
        "greenline_ack_seconds_count 1",
        "greenline_inbox_rows 1",
        "greenline_queue_entries{repo=\"octo/hello\",trunk=\"main\"} 1",
        "greenline_landed_total{repo=\"octo/hello\",trunk=\"main\"} 5",
    ] {
        assert!(metrics.text().lines().any(|line| line == sample), "{sample}\n{}", metrics.text());
    }
    assert!(!metrics.text().contains("not a metric"));
}

#[tokio::test]
async fn every_refusal_has_one_shape() {
    let house = House::usual().await;
    for (path, status) in [("/nowhere", 404), ("/webhook", 405)] {
        let answer = house.get(path).await;
        assert_eq!(answer.status, status);
        for part in ["error", "why", "fix"] {
            assert!(answer.json()[part].as_str().is_some_and(|text| !text.is_empty()), "{path}: {part}");
        }
    }
}

#[tokio::test]
async fn closing_ends_live_pages_and_finishes_what_is_in_the_middle() {
    let house = House::usual().await;
    let mut events = subscribe(&house).await;
    line(&mut events, "event: board").await;
    house.store.mood.send_replace(Mood::Held);
    let body = pull(12);
    let mut sender = house.connect().await;
    let request = super::delivery("pull_request", "a", &super::sign(SECRET, &body), &body);
    sender.write_all(&request).await.expect("writes");
    house.store.handed_in.subscribe().wait_for(|n| *n == 1).await.expect("handed in");
    let store = std::sync::Arc::clone(&house.store);
    let closed = tokio::spawn(house.close());
    let mut rest = String::new();
    while events.read_line(&mut rest).await.expect("ends in order") != 0 {}
    store.mood.send_replace(Mood::Well);
    assert_eq!(Answer::read(&mut sender).await.status, 202);
    closed.await.expect("closes");
}
