//! A sender of deliveries over one kept connection, with as little work of its own as can be.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The secret both sides know.
pub const SECRET: &str = "bench";

/// A readable pull request event of `bytes` bytes.
pub fn body(bytes: usize) -> Vec<u8> {
    let head = r#"{"action":"synchronize","number":12,"repository":{"id":7,"name":"hello","full_name":"octo/hello"},"pull_request":{"number":12,"body":""#;
    let mut body = head.as_bytes().to_vec();
    body.resize(bytes - 3, b'x');
    body.extend_from_slice(br#""}}"#);
    body
}

/// A sender.
pub struct Client {
    address: SocketAddr,
    stream: Option<TcpStream>,
    head: String,
    body: Vec<u8>,
}

impl Client {
    /// Signs the body once: only the delivery id changes.
    pub fn new(address: SocketAddr, body: &[u8]) -> Self {
        let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key will do").chain_update(body);
        let signature = hex::encode(mac.finalize().into_bytes());
        let head = format!(
            "POST /webhook HTTP/1.1\r\nHost: bench\r\nX-GitHub-Event: pull_request\r\n\
             X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {}\r\nX-GitHub-Delivery: ",
            body.len()
        );
        Self { address, stream: None, head, body: body.to_vec() }
    }

    /// Sends one delivery and waits for its 202.
    pub async fn deliver(&mut self, id: &str) {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => {
                let stream = TcpStream::connect(self.address).await.expect("connects");
                stream.set_nodelay(true).expect("a socket option");
                none.insert(stream)
            }
        };
        let mut request = format!("{}{id}\r\n\r\n", self.head).into_bytes();
        // Short bodies go in one piece with the head; long ones are not copied.
        let long = self.body.len() > 1 << 20;
        if !long {
            request.extend_from_slice(&self.body);
        }
        stream.write_all(&request).await.expect("writes");
        if long {
            stream.write_all(&self.body).await.expect("writes");
        }
        let mut answer = Vec::new();
        while !answer.ends_with(b"\"}") {
            assert_ne!(stream.read_buf(&mut answer).await.expect("reads"), 0, "{}", String::from_utf8_lossy(&answer));
        }
        assert!(answer.starts_with(b"HTTP/1.1 202"), "{}", String::from_utf8_lossy(&answer));
    }
}
