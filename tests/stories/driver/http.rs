//! A request and its answer over a plain connection, as `curl` would do it. One connection each, HTTP/1.0, so that the
//! answer ends where the connection ends.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Asks `url` (`http://HOST:PORT/PATH`); answers the status and the body, null if it had none or is no JSON.
pub(super) fn ask(method: &str, url: &str, token: &str, body: &Value) -> (u16, Value) {
    try_ask(method, url, token, body).unwrap_or_else(|trouble| panic!("{method} {url}: {trouble}"))
}

/// The same, of somebody who may just not be there.
pub(super) fn try_ask(method: &str, url: &str, token: &str, body: &Value) -> std::io::Result<(u16, Value)> {
    let (host, path) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("an address");
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = format!(
        "{method} /{path} HTTP/1.0\r\nhost: {host}\r\nauthorization: Bearer {token}\r\nuser-agent: story\r\n\
         accept: application/vnd.github+json\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = exchange(host, &request)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.unwrap_or_else(|| panic!("{method} {url}: not an answer: {head:?}"));
    Ok((status, serde_json::from_str(body).unwrap_or(Value::Null)))
}

/// Sends a request as it is; answers head and body as they come.
pub(super) fn exchange(host: &str, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    // What is too large is answered, and the connection closed, before all of it is sent.
    let sent = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    if answer.is_empty() {
        sent?;
        read?;
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
