//! A very small HTTP client for the service's own pages on this machine: one GET, and a stream of server-sent events.
//! Never leaves loopback, follows nothing, keeps nothing.

use crate::engine::board::Board;
use crate::ids::RepoId;
use axum::body::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// All boards of the service, as it publishes them.
pub type AllBoards = BTreeMap<RepoId, Board>;

const ANSWER_MAX: Duration = Duration::from_secs(5);
/// A service that has nothing to say sends a comment now and then; after this long we ask again.
const SILENCE_MAX: Duration = Duration::from_mins(2);
const RETRY: Duration = Duration::from_millis(200);
const EVENT_BYTES_MAX: usize = 16 << 20;

async fn get(at: SocketAddr, path: &str) -> io::Result<http::Response<Incoming>> {
    let ask = async {
        let stream = TcpStream::connect(at).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        tokio::spawn(connection);
        let request = http::Request::get(path)
            .header(http::header::HOST, at.to_string())
            .body(Empty::<Bytes>::new())
            .map_err(io::Error::other)?;
        sender.send_request(request).await.map_err(io::Error::other)
    };
    tokio::time::timeout(ANSWER_MAX, ask).await?
}

/// Whether a GET is answered 2xx now.
pub async fn is_ok(at: SocketAddr, path: &str) -> bool {
    get(at, path).await.is_ok_and(|response| response.status().is_success())
}

/// Follows the service's boards until the receiver is gone; connects again whenever the service has died.
pub async fn follow_boards(at: SocketAddr, boards: mpsc::Sender<AllBoards>) {
    while !boards.is_closed() {
        // However the stream ended, the next one begins with the whole truth.
        let _ = follow_once(at, &boards).await;
        tokio::select! {
            () = boards.closed() => return,
            () = tokio::time::sleep(RETRY) => {}
        }
    }
}

async fn follow_once(at: SocketAddr, boards: &mpsc::Sender<AllBoards>) -> io::Result<()> {
    let mut body = get(at, "/api/events").await?.into_body();
    let mut events = EventReader::default();
    loop {
        let Some(frame) = tokio::time::timeout(SILENCE_MAX, body.frame()).await? else { return Ok(()) };
        let Ok(bytes) = frame.map_err(io::Error::other)?.into_data() else { continue };
        for data in events.take(&bytes)? {
            let Ok(news) = serde_json::from_str(&data) else { continue };
            if boards.send(news).await.is_err() {
                return Ok(());
            }
        }
    }
}

/// The data of server-sent events, from a stream cut anywhere.
#[derive(Debug, Default)]
struct EventReader {
    line: Vec<u8>,
    data: String,
}

impl EventReader {
    fn take(&mut self, bytes: &[u8]) -> io::Result<Vec<String>> {
        let mut events = Vec::new();
        for byte in bytes {
            if *byte != b'\n' {
                self.line.push(*byte);
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches('\r');
            if line.is_empty() {
                events.extend(Some(std::mem::take(&mut self.data)).filter(|data| !data.is_empty()));
            } else if let Some(data) = line.strip_prefix("data:") {
                self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
                self.data.push('\n');
            }
        }
        if self.line.len() + self.data.len() > EVENT_BYTES_MAX {
            return Err(io::Error::other("the service sent an event of absurd size"));
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_however_the_stream_is_cut() {
        let text = b": hello\n\nevent: board\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\ndata:x\n\n";
        for size in [1, 4, 100] {
            let mut reader = EventReader::default();
            let events: Vec<_> = text.chunks(size).flat_map(|chunk| reader.take(chunk).expect("is small")).collect();
            assert_eq!(events, ["{\"a\":\n1}\n", "x\n"]);
        }
    }
}
