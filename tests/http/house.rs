//! A house with real doors on a real port, a store that can be held up or taken down, and a client that speaks bytes.

use bytes::Bytes;
use greenline::adapter::clock::SystemClock;
use greenline::adapter::store::MemoryStore;
use greenline::config::service::ApiToken;
use greenline::engine::board::Boards;
use greenline::http::{Doors, Limits, Metrics, Readiness, doors, serve};
use greenline::ids::{Moment, QueueId, RepoId};
use greenline::port::store::{Delivery, Epoch, InboxRow, JournalRow, Loaded, Received, Store, Turn, Written};
use greenline::port::{Clock, Identity, Trouble};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinHandle;

pub const SECRET: &str = "It's a Secret to Everybody";

/// How the store behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Well,
    Down,
    /// Deliveries are taken, and not answered until the mood changes.
    Held,
}

/// A store in memory with moods.
#[derive(Debug)]
pub struct Moody {
    inner: MemoryStore,
    pub mood: watch::Sender<Mood>,
    /// Deliveries handed to it so far, answered or not.
    pub handed_in: watch::Sender<usize>,
}

impl Store for Moody {
    async fn receive(&self, delivery: Delivery) -> Result<Received, Trouble> {
        self.handed_in.send_modify(|n| *n += 1);
        let mood = *self.mood.subscribe().wait_for(|mood| *mood != Mood::Held).await.expect("the sender is in self");
        if mood == Mood::Down { Err(Trouble::busy("the disk is full")) } else { self.inner.receive(delivery).await }
    }
    async fn inbox(&self, queue: Option<&QueueId>, limit: usize) -> Result<Vec<InboxRow>, Trouble> {
        self.inner.inbox(queue, limit).await
    }
    async fn waiting(&self) -> Result<Vec<QueueId>, Trouble> {
        self.inner.waiting().await
    }
    async fn depth(&self) -> Result<u64, Trouble> {
        self.inner.depth().await
    }
    async fn consume(&self, seqs: &[u64]) -> Result<(), Trouble> {
        self.inner.consume(seqs).await
    }
    async fn claim(&self, queue: &QueueId) -> Result<Epoch, Trouble> {
        self.inner.claim(queue).await
    }
    async fn retire(&self, queue: &QueueId) -> Result<(), Trouble> {
        self.inner.retire(queue).await
    }
    async fn claimed(&self, repo: RepoId) -> Result<Vec<QueueId>, Trouble> {
        self.inner.claimed(repo).await
    }
    async fn load(&self, queue: &QueueId) -> Result<Option<Loaded>, Trouble> {
        self.inner.load(queue).await
    }
    async fn write(&self, turn: Turn) -> Result<Written, Trouble> {
        self.inner.write(turn).await
    }
    async fn journal(&self, queue: &QueueId, limit: usize) -> Result<Vec<JournalRow>, Trouble> {
        self.inner.journal(queue, limit).await
    }
    async fn unread_deliveries(&self) -> Result<u64, Trouble> {
        self.inner.unread_deliveries().await
    }
}

/// The time, and as much more as a test says.
#[derive(Debug, Clone, Default)]
pub struct Ahead(Arc<AtomicI64>);

impl Ahead {
    pub fn by_minutes(&self, minutes: i64) {
        self.0.fetch_add(minutes * 60_000, Ordering::SeqCst);
    }
}

impl Clock for Ahead {
    fn now(&self) -> Moment {
        SystemClock.now().plus_ms(self.0.load(Ordering::SeqCst))
    }
    async fn sleep_ms(&self, ms: u64) {
        SystemClock.sleep_ms(ms).await;
    }
}

/// A served house.
pub struct House {
    pub address: SocketAddr,
    pub store: Arc<Moody>,
    pub wake: Arc<Notify>,
    pub boards: Boards,
    pub ready: watch::Sender<Readiness>,
    pub clock: Ahead,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl House {
    /// Opens the doors with these secrets and limits.
    pub async fn open(secrets: &[&str], limits: Limits) -> Self {
        Self::with_tokens(secrets, Vec::new(), limits).await
    }

    /// The same with tokens for those who write.
    pub async fn with_tokens(secrets: &[&str], tokens: Vec<ApiToken>, limits: Limits) -> Self {
        Self::with(secrets, tokens, None, limits).await
    }

    /// The same where people may sign in.
    pub async fn with_identity(identity: Arc<dyn Identity>) -> Self {
        Self::with(&[SECRET], Vec::new(), Some(identity), Limits::default()).await
    }

    async fn with(
        secrets: &[&str],
        tokens: Vec<ApiToken>,
        identity: Option<Arc<dyn Identity>>,
        limits: Limits,
    ) -> Self {
        let clock = Ahead::default();
        let inner = MemoryStore::default();
        let store = Arc::new(Moody { inner, mood: watch::Sender::new(Mood::Well), handed_in: watch::Sender::new(0) });
        let (wake, boards) = (Arc::new(Notify::new()), Boards::default());
        let (ready, is_ready) = watch::channel(Readiness::NotReady("loading states".into()));
        let router = doors(Doors {
            store: Arc::clone(&store),
            clock: clock.clone(),
            wake: Arc::clone(&wake),
            boards: boards.clone(),
            secrets: secrets.iter().map(|secret| (*secret).to_owned().into()).collect(),
            tokens,
            ready: is_ready,
            metrics: Arc::new(Metrics::default()),
            public_url: Some("https://queue.example/".into()),
            identity,
            forge_url: Some("https://forge.example".into()),
            limits: limits.clone(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(async move {
            serve(listener, router, &limits, async { drop(stopped.await) }).await;
        });
        Self { address, store, wake, boards, ready, clock, stop, served }
    }

    /// Opens the doors as the service would.
    pub async fn usual() -> Self {
        Self::open(&[SECRET], Limits::default()).await
    }

    /// Asks the service to stop and waits until it has.
    pub async fn close(self) {
        self.stop.send(()).expect("it is serving");
        self.served.await.expect("it ends well");
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("connects")
    }

    /// Sends bytes on a connection of their own and reads the answer to its end.
    pub async fn send(&self, request: impl AsRef<[u8]>) -> Answer {
        let mut stream = self.connect().await;
        // A refusal may come, and the connection end, before all of it is written.
        let _partly = stream.write_all(request.as_ref()).await;
        Answer::read(&mut stream).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await
    }

    /// A pull request event, rightly signed.
    pub async fn deliver(&self, id: &str, body: &[u8]) -> Answer {
        self.send(delivery("pull_request", id, &sign(SECRET, body), body)).await
    }

    pub async fn depth(&self) -> u64 {
        self.store.depth().await.expect("memory answers")
    }
}

/// The signature GitHub would send.
pub fn sign(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do").chain_update(body);
    format!("X-Hub-Signature-256: sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// A request to the webhook door with these header lines.
pub fn post(headers: &[&str], body: &[u8]) -> Vec<u8> {
    let head = format!("POST /webhook HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{}\r\n", headers.join("\r\n"));
    let mut request = format!("{head}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    request.extend_from_slice(body);
    request
}

/// A whole delivery.
pub fn delivery(event: &str, id: &str, signature: &str, body: &[u8]) -> Vec<u8> {
    post(&[&format!("X-GitHub-Event: {event}"), &format!("X-GitHub-Delivery: {id}"), signature], body)
}

/// The body of a pull request event.
pub fn pull(number: u64) -> Vec<u8> {
    let repository = serde_json::json!({"id": 7, "full_name": "octo/hello", "name": "hello"});
    serde_json::json!({"action": "opened", "number": number, "repository": repository, "pull_request": {"number": number}})
        .to_string()
        .into_bytes()
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Bytes,
}

impl Answer {
    pub async fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        // A reset after the answer is how a connection with an unread body ends.
        let _reset = stream.read_to_end(&mut bytes).await;
        let end = bytes.windows(4).position(|at| at == b"\r\n\r\n").unwrap_or(bytes.len());
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let status = head.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0);
        Self { status, head, body: Bytes::copy_from_slice(bytes.get(end + 4..).unwrap_or_default()) }
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }
}
