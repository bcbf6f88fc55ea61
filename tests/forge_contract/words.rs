//! What a failed check says of itself: its places, and its log where GitHub keeps that.

use super::hub::{Hub, Reply, json, refused};
use greenline::port::Forge;
use std::io::{Read, Write};

const LOG: &str = "one\n##[error]two\n";

/// A stranger's server for one request; it answers what it was asked.
fn stranger() -> (String, std::thread::JoinHandle<String>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = format!("http://{}/log", listener.local_addr().expect("it is bound"));
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a visitor");
        let mut request = vec![0; 8192];
        let length = stream.read(&mut request).expect("a request");
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{LOG}", LOG.len()).expect("it listens");
        String::from_utf8_lossy(&request[..length]).to_lowercase()
    });
    (at, served)
}

#[tokio::test]
async fn a_jobs_log_is_read_elsewhere_and_without_our_credential() {
    let (at, served) = stranger();
    let hub = Hub::open(move |_, seen| match seen.path.as_str() {
        "/repos/o/r/check-runs/5" => json(r#"{"id":5,"output":{"title":"t","summary":null,"annotations_count":3}}"#),
        "/repos/o/r/check-runs/5/annotations?per_page=10" => json(
            r#"[{"path":"a.rs","start_line":3,"annotation_level":"failure","message":"no"},
            {"path":".github","start_line":1,"annotation_level":"failure","message":"exit 1"},
            {"path":"a.rs","annotation_level":"warning","message":"hm"}]"#,
        ),
        "/repos/o/r/actions/jobs/5/logs" => Reply(302, vec![("location", at.clone())], String::new()),
        _ => refused(404, "Not Found"),
    })
    .await;
    let url = "https://github.example/o/r/actions/runs/1/job/5";
    let output = hub.forge().output(5, Some(url)).await.expect("readable").expect("there");
    assert_eq!((output.title.as_deref(), output.summary), (Some("t"), None));
    assert_eq!(output.annotations, ["a.rs:3: no", "exit 1"]);
    assert_eq!(output.log.as_deref(), Some(LOG.trim_end()));
    assert!(!served.join().expect("it served").contains("authorization"));
    assert_eq!(hub.forge().output(6, Some(url)).await, Ok(None), "a check that is gone says nothing");
}
