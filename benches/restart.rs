//! How long `greenline serve` takes from its start until it says it is ready and until its board shows the whole queue, with
//! 10,000 entries and with none, and how much memory it holds then. The state is that of a real pull request, copied; GitHub
//! is the sandbox's look-alike.
//!
//! `cargo bench --bench restart`

#[path = "../tests/stories/driver/mod.rs"]
#[expect(dead_code, reason = "one pull request needs only some of what the stories can do")]
mod driver;
#[path = "../tests/support/openapi.rs"]
#[expect(dead_code, reason = "the driver judges exchanges when a story ends; nothing is judged here")]
mod openapi;

use driver::Stage;
use greenline::adapter::store::SqliteStore;
use greenline::engine::state::RepoState;
use greenline::ids::{PrNumber, QueueId, RepoId};
use greenline::port::Store;
use greenline::port::store::{Turn, Written};
use greenline::queue::Entry;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ENTRIES: u64 = 10_000;
const ROUNDS: usize = 7;
/// The doors are knocked at this often.
const LOOK: Duration = Duration::from_millis(1);
/// A service that takes so long does not come.
const PATIENCE: Duration = Duration::from_mins(1);
/// After this long without anything to do a service is idle.
const SETTLED: Duration = Duration::from_secs(3);

fn main() {
    let stage = Stage::empty();
    let pull = stage.ready("lamp");
    stage.tip(&[&pull]);
    let dir = PathBuf::from(stage.fact("/dir").as_str().expect("the introduction has it"));
    let repo = QueueId::of(RepoId::new(stage.fact("/repo/id").as_u64().expect("a number")));
    let home = tempfile::tempdir().expect("a temporary directory");
    let full = home.path().join("full.db");
    let kib = copied(&dir.join("greenline.db"), &repo, &full) / 1024;
    let (mut empty, mut queued) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let db = home.path().join(format!("{round}.db"));
        empty.push(Service::start(&dir, &db).measured(0));
        std::fs::copy(&full, db.with_extension("full")).expect("a copy");
        queued.push(Service::start(&dir, &db.with_extension("full")).measured(ENTRIES));
    }
    println!(
        "{ROUNDS} starts each, the queue stored as {kib} KiB of JSON; resident memory {} s after",
        SETTLED.as_secs()
    );
    for (name, of) in [("an empty queue", empty), (&*format!("{ENTRIES} entries queued"), queued)] {
        println!("{name}");
        print("  ready", "ms", of.iter().map(|of| of.ready_ms));
        print("  all on the board", "ms", of.iter().map(|of| of.shown_ms));
        print("  resident", "MiB", of.iter().map(|of| of.resident_mib));
    }
}

/// Writes a store whose queue is the one entry of another, many times over. Answers the state's size in bytes.
fn copied(from: &Path, queue: &QueueId, to: &Path) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let lived = SqliteStore::open(from).await.expect("the sandbox's store");
        let state = lived.load(queue).await.expect("can be read").expect("has lived").state;
        let mut state: RepoState = serde_json::from_slice(&state).expect("a state");
        multiply(&mut state);
        let state = serde_json::to_vec(&state).expect("a state can be stored");
        let bytes = state.len();
        let store = SqliteStore::open(to).await.expect("a new store");
        let epoch = store.claim(queue).await.expect("nobody else is there");
        let (events, consumed, at) = (Vec::new(), Vec::new(), greenline::ids::Moment::from_ms(0));
        let turn = Turn { queue: queue.clone(), epoch, version: 0, events, state, consumed, at };
        assert_eq!(store.write(turn).await, Ok(Written::Yes));
        store.close().await;
        bytes
    })
}

fn multiply(state: &mut RepoState) {
    let first = state.queue.order[0].clone();
    let record = state.desk.pulls[&first.id.pr].clone();
    let post = state.posts[&first.id.pr].clone();
    for number in 1..ENTRIES {
        let number = PrNumber::new(first.id.pr.get() + number);
        let mut record = record.clone();
        record.pull.number = number;
        let id = record.entry().expect("it is approved");
        let mut entry: Entry = first.clone();
        entry.id = id;
        state.queue.order.push(entry);
        state.desk.pulls.insert(number, record);
        state.posts.insert(number, post.clone());
    }
}

/// What is measured of one start.
struct Measured {
    ready_ms: f64,
    shown_ms: f64,
    resident_mib: f64,
}

/// A service of our own beside the sandbox's.
struct Service {
    process: Child,
    started: Instant,
    address: SocketAddr,
}

impl Service {
    /// Starts it with the sandbox's settings and a store of its own.
    fn start(sandbox: &Path, store: &Path) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.expect("a free port");
        let mut command = Command::new(env!("CARGO_BIN_EXE_greenline"));
        command.arg("serve").arg("--config").arg(sandbox.join("bot.toml"));
        command.env("GREENLINE__SERVER__LISTEN", address.to_string());
        command.env("GREENLINE__STORE__PATH", store);
        command.env("GREENLINE__GIT__CACHE_DIR", store.with_extension("cache"));
        command.env("GREENLINE__LOG__FILTER", "error");
        let started = Instant::now();
        Self { process: command.stdin(Stdio::null()).spawn().expect("the binary starts"), started, address }
    }

    /// Waits for all there is to measure; `entries` are to be on the board.
    fn measured(self, entries: u64) -> Measured {
        let ready_ms = self.until(|| self.get("/readyz").is_some_and(|answer| answer.contains(" 200 ")));
        let shown_ms = self.until(|| {
            let board = self.get("/api/board").unwrap_or_default();
            board.contains("\"queue\":") && board.matches("\"pull\":").count() as u64 >= entries
        });
        std::thread::sleep(SETTLED);
        Measured { ready_ms, shown_ms, resident_mib: resident_mib(self.process.id()) }
    }

    /// Milliseconds from the start until something is so.
    fn until(&self, so: impl Fn() -> bool) -> f64 {
        while !so() {
            assert!(self.started.elapsed() < PATIENCE, "the service does not come up");
            std::thread::sleep(LOOK);
        }
        self.started.elapsed().as_secs_f64() * 1000.0
    }

    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\nhost: bench\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.process.kill().and_then(|()| self.process.wait()).expect("it can be ended");
    }
}

/// As Linux tells it; 0 elsewhere.
fn resident_mib(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1024.0
}

fn print(what: &str, unit: &str, of: impl Iterator<Item = f64>) {
    let mut of: Vec<f64> = of.collect();
    of.sort_by(f64::total_cmp);
    println!("{what:<20} median {:>7.1} {unit}, max {:>7.1} {unit}", of[of.len() / 2], of[of.len() - 1]);
}
