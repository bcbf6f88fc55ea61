//! Starts the real binary's sandbox, plays every part of it from outside, and holds it to GitHub's description at the end.
//! It knows addresses and refs only; nothing of the library takes part but the form of a recorded exchange.

mod api;
pub mod browser;
mod git;
mod http;
mod parts;
mod process;
mod seen;

pub use seen::Pull;

use crate::openapi::check_record;
use process::Process;
use serde_json::Value;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The longest any condition is waited for. Everything takes far less; a loaded machine may need it.
const PATIENCE: Duration = Duration::from_secs(40);

/// Calls a closure again and again until it answers something.
///
/// # Panics
/// When it does not in time.
pub fn until<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, what, ask)
}

/// The same for what takes Greenline itself a minute.
pub fn at_length<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE * 3, what, ask)
}

fn within<T>(patience: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + patience;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "waited {} s in vain: {what}", patience.as_secs());
        std::thread::sleep(Duration::from_millis(15));
    }
}

/// Waits until the clock shows another second.
pub fn another_second() {
    let second = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let now = second();
    until("time goes on", || (second() != now).then_some(()));
}

/// A sandbox with everybody in it.
pub struct Stage {
    home: tempfile::TempDir,
    args: Vec<String>,
    process: RefCell<Process>,
}

impl Stage {
    /// One commit on trunk, no pull requests, verdicts by whoever posts checks.
    pub fn empty() -> Self {
        Self::open(&["--empty", "--no-runner"])
    }

    /// With flags of the sandbox.
    pub fn open(flags: &[&str]) -> Self {
        let home = tempfile::tempdir().expect("a temporary directory");
        let args: Vec<_> = flags.iter().map(|&flag| flag.to_owned()).collect();
        let process = RefCell::new(Process::start(home.path(), &args));
        let stage = Self { home, args, process };
        stage.clone_repository();
        stage
    }

    /// Ends the whole sandbox and starts it again in the same directory.
    pub fn start_again(&self) {
        self.start_again_after(|_| {});
    }

    /// Kills the service, and deletes its git cache before it is started again.
    pub fn lose_cache(&self) {
        process::signal(self.service_pid(), rustix::process::Signal::KILL);
        self.start_again_after(|dir| std::fs::remove_dir_all(dir.join("cache")).expect("the cache is there"));
    }

    fn start_again_after(&self, change: impl FnOnce(&Path)) {
        assert!(self.process.borrow_mut().end().success(), "the sandbox ends well when asked to");
        change(&self.sandbox_dir());
        self.process.replace(Process::start(self.home.path(), &self.args));
    }

    /// A member of the introduction by JSON pointer.
    pub fn fact(&self, pointer: &str) -> Value {
        self.process.borrow().introduction.pointer(pointer).cloned().unwrap_or(Value::Null)
    }

    fn word(&self, pointer: &str) -> String {
        self.fact(pointer).as_str().unwrap_or_else(|| panic!("the introduction has {pointer}")).to_owned()
    }

    /// The service's process id as last told.
    pub fn service_pid(&self) -> i32 {
        self.process.borrow().service_pid()
    }

    /// Kills the service where it stands and waits for the next one. A process that is gone already is no trouble.
    pub fn kill_service(&self) {
        let dead = self.service_pid();
        process::signal(dead, rustix::process::Signal::KILL);
        until("the service is started again", || (self.service_pid() != dead).then_some(()));
    }

    /// Starts a second service on the same settings and database, at another address; its log goes to `log`.
    pub fn second_service(&self, log: &str) -> Child {
        let log = std::fs::File::create(self.home.path().join(log)).expect("a writable directory");
        let mut second = Command::new(env!("CARGO_BIN_EXE_greenline"));
        second.arg("serve").arg("--config").arg(self.sandbox_dir().join("bot.toml"));
        second.env("GREENLINE__SERVER__LISTEN", "127.0.0.1:0").env("NO_COLOR", "1").stdin(Stdio::null());
        second.stdout(Stdio::null()).stderr(log).spawn().expect("the binary starts")
    }

    /// The words of a log: `sandbox/service.log` is the service's own.
    pub fn log(&self, name: &str) -> String {
        std::fs::read_to_string(self.home.path().join(name)).unwrap_or_default()
    }

    /// Where the sandbox keeps everything; the service's settings are `bot.toml` there.
    pub fn sandbox_dir(&self) -> PathBuf {
        self.home.path().join("sandbox")
    }

    /// Ends the sandbox, and judges every exchange it had with anybody by GitHub's own description.
    pub fn end(self) {
        assert!(self.process.borrow_mut().end().success(), "the sandbox ends well when asked to");
        if let Err(faults) = check_record(&process::record(self.home.path())) {
            let faults: Vec<_> =
                faults.lines().filter(|fault| !by_people(fault) && !of_a_deleted_fork(fault)).collect();
            assert!(faults.is_empty(), "{}", faults.join("\n"));
        }
    }
}

/// What only the people of a story ask for is not in the subset, which has what Greenline asks for.
fn by_people(fault: &str) -> bool {
    let asked = fault.strip_suffix(" is not in the subset of GitHub's description");
    asked.is_some_and(|asked| {
        let made = asked.starts_with("POST /repos/")
            && ["/pulls", "/forks", "/rulesets"].iter().any(|end| asked.ends_with(end));
        made || (asked.starts_with("PUT /repos/") && asked.ends_with("/merge"))
    })
}

/// In GitHub's description of its REST interface a pull request's fork is always there; a deleted one is null (octokit's
/// webhook schemas say so).
fn of_a_deleted_fork(fault: &str) -> bool {
    fault.ends_with("response at `/head/repo`: null is not of type \"object\"")
}

/// Asks a process to end.
pub fn signal_end(pid: i32) {
    process::signal(pid, rustix::process::Signal::TERM);
}

impl Drop for Stage {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.account());
        }
    }
}
