//! One CI run: a fresh checkout of exactly one commit, the command in it, its output, its end. Decides nothing about
//! when it runs.

use super::super::git_program::{GitTrouble, answer, git, git_in};
use super::super::process_group::ProcessGroup;
use super::slots::Job;
use super::tail::Tail;
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::process::Command;
use tokio::sync::oneshot;

/// What of the output is reported with the check run.
const REPORT_BYTES_MAX: usize = 16 << 10;
/// What of the output is kept in the log file.
const LOG_BYTES_MAX: usize = 16 << 20;
/// How long output of left-over processes is still read after the command has ended.
const DRAIN: Duration = Duration::from_millis(300);

/// The same for every run of a runner.
#[derive(Debug, Clone)]
pub struct Rules {
    /// For `sh -c`.
    pub command: String,
    /// Longest time for checkout and command together.
    pub limit: Duration,
    /// Where log files go.
    pub logs: PathBuf,
    /// The bare repository.
    pub repo_dir: PathBuf,
    /// `owner/name`.
    pub full_name: String,
}

/// Why a run is to end before its command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Nobody needs it.
    Cancel,
    /// Somebody else needs its slot.
    Yield,
}

/// How a run ended.
#[derive(Debug)]
pub enum Outcome {
    /// Exit code 0.
    Passed(Tail),
    /// Anything else; in words.
    Failed(String, Tail),
    /// The limit was reached and everything killed.
    TimedOut(Tail),
    /// It was stopped.
    Cancelled,
    /// It was stopped, and is to begin again later.
    Yielded,
    /// It never began.
    Broken(String),
}

impl Outcome {
    /// The conclusion in GitHub's words, and a summary in Markdown.
    pub fn report(self, duration: Duration) -> (&'static str, String) {
        let took = format!("after {:.1} s", duration.as_secs_f64());
        match self {
            Self::Passed(tail) => ("success", format!("Passed {took}.\n\n{}", tail.fenced())),
            Self::Failed(how, tail) => ("failure", format!("Failed {took}: {how}.\n\n{}", tail.fenced())),
            Self::TimedOut(tail) => ("timed_out", format!("Killed {took}: the time limit.\n\n{}", tail.fenced())),
            Self::Cancelled | Self::Yielded => ("cancelled", format!("Cancelled {took}.")),
            Self::Broken(why) => ("failure", format!("The command was not run: {why}")),
        }
    }
}

/// Runs one job to its end. Nothing of it is left when this returns, or is dropped.
pub async fn carry_out(rules: &Rules, job: &Job, mut stop: oneshot::Receiver<Stop>) -> Outcome {
    let deadline = tokio::time::Instant::now() + rules.limit;
    let room = match tempfile::Builder::new().prefix("greenline-ci-").tempdir() {
        Ok(room) => room,
        Err(trouble) => return Outcome::Broken(format!("no temporary directory: {trouble}")),
    };
    let tree = room.path().join("checkout");
    let checked_out = tokio::select! {
        stop = &mut stop => return stopped(&stop),
        done = tokio::time::timeout_at(deadline, check_out(&rules.repo_dir, &tree, &job.sha)) => done,
    };
    let outcome = match checked_out {
        Err(_) => Outcome::Broken("the checkout took longer than the time limit".into()),
        Ok(Err(trouble)) => Outcome::Broken(format!("the checkout failed: {trouble}")),
        Ok(Ok(())) => match Execution::begin(rules, job, &tree) {
            Ok(execution) => execution.end(stop, deadline).await,
            Err(trouble) => Outcome::Broken(format!("`sh` could not be started: {trouble}")),
        },
    };
    // A large tree takes a while to delete, and nobody waits for that.
    tokio::task::spawn_blocking(move || drop(room));
    outcome
}

/// A sender that is gone means that the runner is: nobody needs the run.
fn stopped(stop: &Result<Stop, oneshot::error::RecvError>) -> Outcome {
    match stop {
        Ok(Stop::Yield) => Outcome::Yielded,
        Ok(Stop::Cancel) | Err(_) => Outcome::Cancelled,
    }
}

/// A repository of its own that borrows the objects: as fresh as a clone, without copying history.
async fn check_out(repo: &Path, tree: &Path, sha: &str) -> Result<(), GitTrouble> {
    let mut init = git(["init", "--quiet", "--template="]);
    init.arg(tree);
    answer(init).await?;
    let alternates = tree.join(".git/objects/info/alternates");
    let objects = std::path::absolute(repo).unwrap_or_else(|_| repo.to_owned()).join("objects");
    let write = || {
        std::fs::create_dir_all(alternates.parent().expect("joined above"))?;
        std::fs::write(&alternates, format!("{}\n", objects.display()))
    };
    write().map_err(GitTrouble::Absent)?;
    answer(git_in(tree, &["checkout", "--quiet", "--force", "--detach", sha])).await.map(drop)
}

struct Execution {
    child: tokio::process::Child,
    /// Kills what is left when it goes.
    group: ProcessGroup,
    output: pipe::Receiver,
    log: Option<File>,
}

impl Execution {
    fn begin(rules: &Rules, job: &Job, tree: &Path) -> std::io::Result<Self> {
        let (reader, writer) = std::io::pipe()?;
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(job.command.as_ref().unwrap_or(&rules.command))
            .current_dir(tree)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command.stdout(writer.try_clone()?).stderr(writer);
        set_environment(&mut command, rules, job, tree);
        let (child, group) = ProcessGroup::spawn(&mut command)?;
        // The command holds the writing end too; ours must go, or the output never ends.
        drop(command);
        let output = pipe::Receiver::from_owned_fd(OwnedFd::from(reader))?;
        Ok(Self { child, group, output, log: File::create(rules.logs.join(format!("run-{}.log", job.run.run))).ok() })
    }

    async fn end(mut self, stop: oneshot::Receiver<Stop>, deadline: tokio::time::Instant) -> Outcome {
        let mut tail = Tail::new(REPORT_BYTES_MAX);
        let mut kept = 0;
        let mut chunk = vec![0; 16 << 10];
        let mut open = true;
        tokio::pin!(stop);
        let status = loop {
            tokio::select! {
                stop = &mut stop => return stopped(&stop),
                () = tokio::time::sleep_until(deadline) => return Outcome::TimedOut(tail),
                status = self.child.wait() => break status,
                read = self.output.read(&mut chunk), if open => {
                    let length = read.unwrap_or(0);
                    open = length > 0;
                    self.keep(&chunk[..length], &mut tail, &mut kept);
                }
            }
        };
        let Self { group, mut output, log, .. } = self;
        drop(group);
        let mut rest = Vec::new();
        // Errors and time out alike: what has been read by then is what there is.
        let _ = tokio::time::timeout(DRAIN, (&mut output).take(1 << 20).read_to_end(&mut rest)).await;
        tail.push(&rest);
        log.and_then(|mut log| log.write_all(&rest).ok());
        verdict(status, tail)
    }

    fn keep(&mut self, chunk: &[u8], tail: &mut Tail, kept: &mut usize) {
        tail.push(chunk);
        *kept += chunk.len();
        // The log is a courtesy: when the disk is full the run still counts.
        if *kept > LOG_BYTES_MAX || self.log.as_mut().is_some_and(|log| log.write_all(chunk).is_err()) {
            self.log = None;
        }
    }
}

fn verdict(status: std::io::Result<ExitStatus>, tail: Tail) -> Outcome {
    match status {
        Ok(status) if status.success() => Outcome::Passed(tail),
        Ok(status) => Outcome::Failed(status.to_string(), tail),
        Err(trouble) => Outcome::Failed(format!("its exit was not seen ({trouble})"), tail),
    }
}

/// What GitHub Actions promises its steps, as far as it means anything here.
fn set_environment(command: &mut Command, rules: &Rules, job: &Job, tree: &Path) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("GIT_") || name.starts_with("GITHUB_") || name.starts_with("GREENLINE_") {
            command.env_remove(&*name);
        }
    }
    let full_ref =
        if job.branch.starts_with("refs/") { job.branch.clone() } else { format!("refs/heads/{}", job.branch) };
    command
        .env("CI", "true")
        .env("GREENLINE_SANDBOX", "1")
        .env("GITHUB_SHA", &job.sha)
        .env("GITHUB_REF", full_ref)
        .env("GITHUB_REF_NAME", &job.branch)
        .env("GITHUB_REPOSITORY", &rules.full_name)
        .env("GITHUB_RUN_ID", job.run.run.to_string())
        .env("GITHUB_EVENT_NAME", if job.command.is_some() { "workflow_dispatch" } else { "push" })
        .env("GITHUB_WORKSPACE", tree);
}
