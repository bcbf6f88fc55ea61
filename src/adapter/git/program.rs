//! The git program: how it is started, what it may see, when it is stopped. It knows no command of git's, never
//! starts a shell, and never puts a secret where `ps` or a log could show it.

use crate::port::Trouble;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;

/// What the git program may inherit from us: where programs, proxies, certificates and temporary files are.
const KEPT: &[&str] = &[
    "PATH",
    "TMPDIR",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
];

/// Settings of every call: nobody is asked for a password, no hook and no housekeeping runs, a dead connection ends.
const SETTINGS: &[&str] = &[
    "credential.helper=",
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "submodule.recurse=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
];

/// More output than this from one call is refused.
const MAX_STDOUT: u64 = 64 << 20;
/// Of what the program says to people, this much is kept.
const MAX_STDERR: u64 = 64 << 10;

/// What a call that came to its own end left behind.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Its output.
    pub stdout: Vec<u8>,
    /// What it said to people, at most 64 KiB.
    pub stderr: String,
}

/// Why a call did not come to its own end.
#[derive(Debug)]
pub enum Stopped {
    /// It never ran.
    NotStarted(String),
    /// We ended it, or lost sight of it; what it did until then is not known.
    Midway(String),
}

impl From<Stopped> for Trouble {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::NotStarted(what) => Self::Denied(what),
            Stopped::Midway(what) => Self::busy(what),
        }
    }
}

impl Ran {
    /// The call exited with code 0.
    pub fn ok(&self) -> bool {
        self.code == Some(0)
    }

    /// The output as text, lossily decoded.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// The last words of the program, on one line, for an error of ours.
    pub fn complaint(&self) -> String {
        let lines: Vec<&str> = self.stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let from = lines.len().saturating_sub(6);
        let text = lines[from..].join("; ");
        if text.is_empty() { format!("git ended with {:?} and said nothing", self.code) } else { text }
    }
}

/// A git command with nothing of the machine's or the user's configuration in it.
pub fn bare_command() -> Command {
    let mut git = Command::new("git");
    git.env_clear();
    for name in KEPT {
        if let Some(value) = std::env::var_os(name) {
            git.env(name, value);
        }
    }
    git.env("LC_ALL", "C")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_ATTR_NOSYSTEM", "1")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_TERMINAL_PROMPT", "0");
    for setting in SETTINGS {
        git.args(["-c", setting]);
    }
    // A group of its own: git's transport helpers die with it, not after it.
    git.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    git
}

/// A git command on one bare repository.
pub fn command(git_dir: &Path) -> Command {
    let mut git = bare_command();
    git.env("GIT_DIR", git_dir).current_dir(git_dir);
    git
}

/// Ends a process and its children when dropped before it has ended by itself.
struct Group(Option<Pid>);

impl Group {
    fn of(id: Option<u32>) -> Self {
        Self(id.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw))
    }

    fn ended(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            // The group may be gone already; then there is nothing to end.
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

fn not_started(error: &std::io::Error) -> Stopped {
    Stopped::NotStarted(format!("the git program could not be started ({error}); install git 2.40 or newer"))
}

fn too_late(limit: Duration) -> Stopped {
    Stopped::Midway(format!("git was stopped after {} s without an end", limit.as_secs()))
}

fn too_much() -> Stopped {
    Stopped::Midway(format!("git was stopped after {} MiB of output", MAX_STDOUT >> 20))
}

/// Runs a command to its end, or ends it: after `limit`, after too much output, or when the future is dropped.
pub async fn run(command: Command, limit: Duration) -> Result<Ran, Stopped> {
    let mut command = tokio::process::Command::from(command);
    let mut child = command.kill_on_drop(true).spawn().map_err(|error| not_started(&error))?;
    let mut group = Group::of(child.id());
    let stdout = child.stdout.take().expect("stdout is piped by bare_command");
    let stderr = child.stderr.take().expect("stderr is piped by bare_command");
    let work = async {
        let out = async {
            let mut bytes = Vec::new();
            stdout.take(MAX_STDOUT + 1).read_to_end(&mut bytes).await.map(|_| bytes)
        };
        let (out, err) = tokio::try_join!(out, capped(stderr))?;
        let over = out.len() as u64 > MAX_STDOUT;
        let code = if over { None } else { child.wait().await?.code() };
        Ok::<_, std::io::Error>((over, Ran { code, stdout: out, stderr: err }))
    };
    match tokio::time::timeout(limit, work).await {
        Err(_) => Err(too_late(limit)),
        Ok(Err(error)) => Err(Stopped::Midway(format!("git's output was lost: {error}"))),
        Ok(Ok((true, _))) => Err(too_much()),
        Ok(Ok((false, ran))) => {
            group.ended();
            Ok(ran)
        }
    }
}

/// Keeps the beginning and reads the rest away, so that a talkative program is not blocked.
async fn capped(mut from: impl tokio::io::AsyncRead + Unpin) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    (&mut from).take(MAX_STDERR).read_to_end(&mut bytes).await?;
    tokio::io::copy(&mut from, &mut tokio::io::sink()).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// As [`run`], for a thread that may block.
pub fn run_blocking(mut command: Command, limit: Duration) -> Result<Ran, Stopped> {
    let until = Instant::now() + limit;
    let mut child = command.spawn().map_err(|error| not_started(&error))?;
    let mut group = Group::of(Some(child.id()));
    let result = drain(&mut child, until, limit);
    match result {
        Ok((stdout, stderr)) => {
            let status = child.wait().map_err(|error| Stopped::Midway(format!("git was lost: {error}")))?;
            group.ended();
            Ok(Ran { code: status.code(), stdout, stderr })
        }
        Err(stopped) => {
            drop(group);
            // Reaped so that no zombie stays; it was just killed, so this does not block.
            let _ = child.wait();
            Err(stopped)
        }
    }
}

fn drain(child: &mut Child, until: Instant, limit: Duration) -> Result<(Vec<u8>, String), Stopped> {
    let stdout = child.stdout.take().expect("stdout is piped by bare_command");
    let mut stderr = child.stderr.take().expect("stderr is piped by bare_command");
    let (said, out) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.take(MAX_STDOUT + 1).read_to_end(&mut bytes);
        // Nobody listens any more when the time was up.
        let _ = said.send(read.map(|_| bytes));
    });
    let (complained, err) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = (&mut stderr).take(MAX_STDERR).read_to_end(&mut bytes);
        let read = read.and_then(|_| std::io::copy(&mut stderr, &mut std::io::sink()));
        let _ = complained.send(read.map(|_| String::from_utf8_lossy(&bytes).into_owned()));
    });
    let lost = |error: std::io::Error| Stopped::Midway(format!("git's output was lost: {error}"));
    let left = || until.saturating_duration_since(Instant::now());
    let out = out.recv_timeout(left()).map_err(|_| too_late(limit))?.map_err(lost)?;
    if out.len() as u64 > MAX_STDOUT {
        return Err(too_much());
    }
    let err = err.recv_timeout(left()).map_err(|_| too_late(limit))?.map_err(lost)?;
    Ok((out, err))
}

/// The installed git's version, or a sentence about why it will not do.
pub fn git_version() -> Result<String, Trouble> {
    let mut git = bare_command();
    git.arg("version");
    let ran = run_blocking(git, Duration::from_secs(10))?;
    enough(&ran.text())
}

/// `git merge-tree --merge-base` came with 2.40.
fn enough(said: &str) -> Result<String, Trouble> {
    let version = said.trim().strip_prefix("git version ").and_then(|rest| rest.split_whitespace().next());
    let version = version.ok_or_else(|| {
        Trouble::Denied(format!("`git version` said {said:?}, which is no version; install git 2.40 or newer"))
    })?;
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let (major, minor) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if (major, minor) >= (2, 40) {
        return Ok(version.to_owned());
    }
    Err(Trouble::Denied(format!(
        "git {version} is installed, but its merge-tree is too old for Greenline; install git 2.40 or newer"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_git_is_refused_with_its_version() {
        assert_eq!(enough("git version 2.47.3\n"), Ok("2.47.3".into()));
        assert_eq!(enough("git version 2.40.1 (Apple Git-1)"), Ok("2.40.1".into()));
        assert!(enough("git version 3.0").is_ok());
        let Err(Trouble::Denied(why)) = enough("git version 2.39.5") else { panic!("2.39 is too old") };
        assert!(why.contains("2.39.5") && why.contains("2.40"), "{why}");
        assert!(enough("zsh: command not found").is_err());
    }

    #[tokio::test]
    async fn a_call_that_does_not_end_is_ended() {
        let mut sleepy = bare_command();
        sleepy.args(["-c", "alias.doze=!sleep 600", "doze"]);
        let began = Instant::now();
        let Err(Stopped::Midway(why)) = run(sleepy, Duration::from_millis(200)).await else { panic!("it ended") };
        assert!(why.contains("stopped"), "{why}");
        assert!(began.elapsed() < Duration::from_secs(30));
    }
}
