//! How fast deliveries are acknowledged, each on disk first, and how much memory that takes. The service's doors and
//! its SQLite store run in a process of their own, so that its memory is measured and not the load's.
//!
//! `cargo bench --bench webhook`

#[path = "webhook/client.rs"]
mod client;
#[path = "webhook/service.rs"]
mod service;

use client::Client;
use greenline::adapter::store::SqliteStore;
use greenline::ids::{Moment, PrNumber, RepoId};
use greenline::port::Store;
use greenline::port::store::{Delivery, Hint};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const SECONDS: u64 = 15;
const PER_SECOND: u64 = 1_000;
const CONNECTIONS: u64 = 64;

fn main() {
    if let Some(dir) = std::env::var_os("GREENLINE_BENCH_SERVE") {
        service::serve(Path::new(&dir));
        return;
    }
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(store_alone(dir.path()));
    for large in [false, true] {
        let dir = tempfile::tempdir_in(dir.path()).expect("a directory");
        let service = service::Child::start(dir.path());
        runtime.block_on(load(&service, large));
    }
}

/// One transaction for each delivery against many sharing one, on the same disk in the same run.
async fn store_alone(dir: &Path) {
    let store = Arc::new(SqliteStore::open(&dir.join("alone.db")).await.expect("opens"));
    let alone = rate(&store, 1, 1_500).await;
    println!("store: one transaction per delivery      {alone:>8.0} deliveries/s");
    for callers in [64, 256] {
        let grouped = rate(&store, callers, 30_000).await;
        println!(
            "store: group commit, {callers:>3} callers at once {grouped:>8.0} deliveries/s, {:.1} times",
            grouped / alone
        );
    }
}

async fn rate(store: &Arc<SqliteStore>, callers: u64, deliveries: u64) -> f64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let started = Instant::now();
    let callers: Vec<_> = (0..callers)
        .map(|_| {
            let store = Arc::clone(store);
            tokio::spawn(async move {
                for _ in 0..deliveries / callers {
                    store.receive(delivery(NEXT.fetch_add(1, Ordering::Relaxed))).await.expect("is stored");
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.expect("no panic");
    }
    f64::from(u32::try_from(deliveries).expect("fits")) / started.elapsed().as_secs_f64()
}

fn delivery(n: u64) -> Delivery {
    Delivery {
        id: format!("alone-{n}").parse().expect("an id"),
        event: "pull_request".into(),
        repo: Some((RepoId::new(7), "octo/hello".parse().expect("a name"))),
        installation: None,
        hint: Some(Hint::Pull(PrNumber::new(n))),
        digest: [7; 32],
        unread: None,
        received_at: Moment::from_ms(1_000),
    }
}

/// A fixed number of deliveries a second, each timed from when it was due, so that a stall is counted for all it delays.
async fn load(service: &service::Child, large: bool) {
    let began = Instant::now() + Duration::from_millis(200);
    let small: Vec<_> = (0..CONNECTIONS)
        .map(|connection| {
            let mut client = Client::new(service.address, &client::body(12 << 10));
            tokio::spawn(async move {
                let mut took = Vec::new();
                for n in (connection..SECONDS * PER_SECOND).step_by(usize::try_from(CONNECTIONS).expect("fits")) {
                    let due = began + Duration::from_micros(n * 1_000_000 / PER_SECOND);
                    tokio::time::sleep_until(due.into()).await;
                    client.deliver(&format!("small-{n}")).await;
                    took.push(due.elapsed());
                }
                took
            })
        })
        .collect();
    let large = large.then(|| tokio::spawn(large_ones(service.address, began)));
    let mut took = Vec::new();
    for connection in small {
        took.extend(connection.await.expect("every delivery is acknowledged"));
    }
    let name = if large.is_some() { "with 25 MiB bodies in the mix" } else { "12 KiB bodies only" };
    report(&format!("{PER_SECOND}/s for {SECONDS} s, {name}"), took);
    if let Some(large) = large {
        report("  the 25 MiB bodies among them", large.await.expect("every large one is acknowledged"));
    }
    println!("  service: peak resident {} MiB, idle before {} MiB", service.peak_mib(), service.idle_mib);
}

/// Singles, then three at once, then one that cannot be read and is kept whole.
async fn large_ones(address: std::net::SocketAddr, began: Instant) -> Vec<Duration> {
    let body = client::body(25 << 20);
    let mut unreadable = body.clone();
    unreadable.pop();
    let due = |ms| (began + Duration::from_millis(ms)).into();
    let send = |id: &'static str, at: u64, body: &[u8]| {
        let mut client = Client::new(address, body);
        async move {
            tokio::time::sleep_until(due(at)).await;
            let started = Instant::now();
            client.deliver(id).await;
            started.elapsed()
        }
    };
    let (a, b) = (send("large-1", 1_000, &body), send("large-2", 3_000, &body));
    let three = [send("large-3", 6_000, &body), send("large-4", 6_000, &body), send("large-5", 6_000, &body)];
    let kept = send("large-unreadable", 10_000, &unreadable);
    let three = futures_util::future::join_all(three);
    let (a, b, three, kept) = tokio::join!(a, b, three, kept);
    [vec![a, b], three, vec![kept]].concat()
}

fn report(name: &str, mut took: Vec<Duration>) {
    took.sort();
    let at = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)].as_secs_f64() * 1000.0;
    println!(
        "{name}: {} acknowledged; ms p50 {:.1}, p90 {:.1}, p99 {:.1}, max {:.1}",
        took.len(),
        at(50),
        at(90),
        at(99),
        at(100)
    );
}
