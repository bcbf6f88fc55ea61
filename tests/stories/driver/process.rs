//! The sandbox as a process: started, listened to, ended, whatever becomes of the test.

use super::until;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

/// A running sandbox.
pub(super) struct Process {
    child: Child,
    /// The first line.
    pub(super) introduction: Value,
    /// All lines after it.
    events: Arc<Mutex<Vec<Value>>>,
}

/// Where exchanges are recorded.
pub(super) fn record(home: &Path) -> PathBuf {
    home.join("exchanges.jsonl")
}

pub(super) fn signal(pid: i32, signal: Signal) {
    // It may be gone already, which is what the signal is for.
    let _ = kill_process(Pid::from_raw(pid).expect("a process has a number"), signal);
}

impl Process {
    pub(super) fn start(home: &Path, flags: &[String]) -> Self {
        let errors = std::fs::File::options().create(true).append(true).open(home.join("stderr"));
        let mut child = Command::new(env!("CARGO_BIN_EXE_greenline"))
            .args(["sandbox", "--json", "--port", "0", "--dir"])
            .arg(home.join("sandbox"))
            .args(flags)
            .env("GREENLINE_SANDBOX_RECORD", record(home))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors.expect("a writable directory"))
            .spawn()
            .expect("the binary starts");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let events = Arc::new(Mutex::new(Vec::new()));
        let said = Arc::clone(&events);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let event = serde_json::from_str(&line).expect("one JSON object a line");
                said.lock().expect("no reader panics with the lock").push(event);
            }
        });
        let first = || {
            let ended = child.try_wait().expect("it can be asked");
            let words = || std::fs::read_to_string(home.join("stderr")).unwrap_or_default();
            assert!(ended.is_none(), "the sandbox ended: {}", words());
            let mut events = events.lock().expect("the listener does not panic");
            (!events.is_empty()).then(|| events.remove(0))
        };
        let introduction = until("the sandbox introduces itself", first);
        Self { child, introduction, events }
    }

    /// The process id the service was last started with.
    pub(super) fn service_pid(&self) -> i32 {
        let events = self.events.lock().expect("the listener does not panic");
        let started = events.iter().rev().find(|event| event["event"] == "service_started");
        let pid = started.unwrap_or(&self.introduction)["service_pid"].as_i64();
        pid.and_then(|pid| i32::try_from(pid).ok()).expect("a process has a number")
    }

    /// Asks it to end and waits for it, with an end: a sandbox that hangs is killed and fails the test.
    pub(super) fn end(&mut self) -> ExitStatus {
        signal(self.child.id().cast_signed(), Signal::TERM);
        until("the sandbox ends", || self.child.try_wait().expect("it can be asked"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            // Killing it outright would leave its service behind.
            signal(self.child.id().cast_signed(), Signal::TERM);
            let _ = self.child.wait();
        }
    }
}
