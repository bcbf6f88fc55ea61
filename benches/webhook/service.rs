//! The doors and the store as a process of their own: this very program, started again.

use super::client::SECRET;
use greenline::adapter::clock::SystemClock;
use greenline::adapter::store::SqliteStore;
use greenline::engine::board::Boards;
use greenline::http::{Doors, Limits, Metrics, Readiness, doors, serve as serve_doors};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use tokio::sync::{Notify, watch};

/// A service process; it ends when this is dropped.
pub struct Child {
    process: std::process::Child,
    pub address: SocketAddr,
    pub idle_mib: u64,
}

impl Child {
    /// Starts it on a new database in `dir`.
    pub fn start(dir: &Path) -> Self {
        let program = std::env::current_exe().expect("our own path");
        let mut process = Command::new(program)
            .env("GREENLINE_BENCH_SERVE", dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut line = String::new();
        let stdout = process.stdout.as_mut().expect("its standard output");
        BufReader::new(stdout).read_line(&mut line).expect("says its address");
        let address = line.trim().parse().expect("an address");
        let idle_mib = memory_mib(process.id(), "VmRSS:");
        Self { process, address, idle_mib }
    }

    /// The most it ever had resident.
    pub fn peak_mib(&self) -> u64 {
        memory_mib(self.process.id(), "VmHWM:")
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.process.kill().and_then(|()| self.process.wait()).expect("it can be ended");
    }
}

/// As Linux tells it; 0 elsewhere.
fn memory_mib(process: u32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0) / 1024
}

/// What the process does: serve until it is killed.
pub fn serve(dir: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let store = SqliteStore::open(&dir.join("store.db")).await.expect("opens");
        let (_ready, is_ready) = watch::channel(Readiness::Ready);
        let limits = Limits::default();
        let router = doors(Doors {
            store: Arc::new(store),
            clock: SystemClock,
            wake: Arc::new(Notify::new()),
            boards: Boards::default(),
            secrets: vec![SECRET.to_owned().into()],
            tokens: Vec::new(),
            ready: is_ready,
            metrics: Arc::new(Metrics::default()),
            public_url: None,
            identity: None,
            forge_url: None,
            limits: limits.clone(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        println!("{}", listener.local_addr().expect("an address"));
        serve_doors(listener, router, &limits, std::future::pending()).await;
    });
}
