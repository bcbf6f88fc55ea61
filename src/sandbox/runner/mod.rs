//! The runner: executes the CI command for pushed commits and reports as GitHub Actions does. What runs next is decided
//! in `slots`; this file only carries it out.

mod job;
mod slots;
mod tail;

use super::happening::Happening;
use super::types::{Refused, RepoSummary, SandboxEvent};
use super::{Lookalike, UnfinishedRun};
use job::{Outcome, Rules, Stop};
use slots::{Job, Slots, Urgency};
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::{broadcast, oneshot};
use tokio::task::{JoinHandle, JoinSet};

/// The name of the check the runner reports.
pub const CHECK_NAME: &str = "ci";
/// Branches whose every push is tested, at once: the service's runs.
const QUEUE_BRANCHES: &str = "greenline/";
const FULL: &str = "Cancelled: more runs wait than this runner can remember.";

/// What the runner runs, and how much at once.
#[derive(Debug, Clone)]
pub struct RunnerSettings {
    /// The repository it serves; forks do not run CI, as on GitHub.
    pub repo: RepoSummary,
    /// What CI is: a command for `sh -c`, in a fresh checkout.
    pub command: String,
    /// Commands at once, at the most.
    pub slots: usize,
    /// Longest time for one command.
    pub limit: Duration,
    /// Where the logs go, a file per run.
    pub logs: PathBuf,
}

/// A runner at work.
#[derive(Debug)]
pub struct Runner {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Runner {
    /// Begins to listen to `events`, which may hold pushes from before.
    pub fn start(
        forge: Lookalike,
        settings: RunnerSettings,
        events: broadcast::Receiver<SandboxEvent>,
        news: broadcast::Sender<Happening>,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        let rules = Rules {
            command: settings.command,
            limit: settings.limit,
            logs: settings.logs,
            repo_dir: settings.repo.dir.clone(),
            full_name: settings.repo.full_name.clone(),
        };
        let mut work = Work {
            forge,
            repo: settings.repo.id,
            rules,
            news,
            slots: Slots::new(settings.slots),
            stops: HashMap::new(),
            running: JoinSet::new(),
            started_total: 0,
        };
        work.take_up();
        Self { stop, task: tokio::spawn(work.until(events, stopped)) }
    }

    /// Ends every command; what was running or waiting is reported as cancelled.
    pub async fn stop(self) {
        // Either may be gone already: then there is nothing to stop.
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

struct Ended {
    job: Job,
    outcome: Outcome,
    duration: Duration,
}

struct Work {
    forge: Lookalike,
    repo: u64,
    rules: Rules,
    news: broadcast::Sender<Happening>,
    slots: Slots,
    stops: HashMap<u64, oneshot::Sender<Stop>>,
    running: JoinSet<Ended>,
    started_total: u64,
}

impl Work {
    async fn until(mut self, mut events: broadcast::Receiver<SandboxEvent>, mut stopped: oneshot::Receiver<()>) {
        loop {
            tokio::select! {
                _ = &mut stopped => break,
                event = events.recv() => match event {
                    Ok(event) => self.hear(&event),
                    Err(broadcast::error::RecvError::Lagged(count)) => {
                        let _ = self.news.send(Happening::Missed { count });
                    }
                    Err(broadcast::error::RecvError::Closed) => break,
                },
                Some(ended) = self.running.join_next() => self.close(ended),
            }
            self.fill();
        }
        self.wind_up().await;
    }

    /// Runs that an earlier life of this sandbox left behind begin anew.
    fn take_up(&mut self) {
        let left = self.forge.unfinished_runs().into_iter().filter(|left| left.repo == self.repo);
        for UnfinishedRun { started, branch, sha, command, .. } in left.collect::<Vec<_>>() {
            let urgency = if command.is_some() { Urgency::Queue } else { urgency(&branch) };
            self.line_up(Job { branch, sha, urgency, run: started, command });
        }
        self.fill();
    }

    fn hear(&mut self, event: &SandboxEvent) {
        match event {
            SandboxEvent::Push { repo, r#ref, after, .. } if *repo == self.repo => {
                let Some(branch) = r#ref.strip_prefix("refs/heads/") else { return };
                self.forget_waiting(branch);
                if after.bytes().any(|byte| byte != b'0') {
                    self.want(branch, after);
                } else {
                    self.stop_running(branch);
                }
            }
            SandboxEvent::Pull { repo, number, action, head, .. }
                if *repo == self.repo && matches!(action.as_str(), "opened" | "reopened" | "synchronize") =>
            {
                self.want(&format!("refs/pull/{number}/head"), head);
            }
            SandboxEvent::Dispatched { repo, started, r#ref, sha, command } if *repo == self.repo => {
                let (branch, sha, command) = (r#ref.clone(), sha.clone(), Some(command.clone()));
                self.line_up(Job { branch, sha, urgency: Urgency::Queue, run: *started, command });
            }
            SandboxEvent::CancelRequested { repo, run } if *repo == self.repo => {
                for job in self.slots.withdraw(|job| job.run.run == *run) {
                    self.report(&job, "cancelled", "Cancelled before it began.");
                }
                self.stop(*run, Stop::Cancel);
            }
            SandboxEvent::RerunRequested { repo, check_run, sha } if *repo == self.repo => {
                let branch = self.slots.branch_of(*check_run).unwrap_or("refs/heads/greenline/rerun").to_owned();
                self.announce(&branch, sha, Urgency::Queue);
            }
            SandboxEvent::Push { .. }
            | SandboxEvent::Pull { .. }
            | SandboxEvent::Dispatched { .. }
            | SandboxEvent::CancelRequested { .. }
            | SandboxEvent::RerunRequested { .. }
            | SandboxEvent::Comment { .. }
            | SandboxEvent::Check { .. }
            | SandboxEvent::Status { .. }
            | SandboxEvent::Delivery { .. } => {}
        }
    }

    fn want(&mut self, branch: &str, sha: &str) {
        let urgency = urgency(branch);
        if self.slots.is_news(branch, sha, urgency) {
            self.announce(branch, sha, urgency);
        }
    }

    fn announce(&mut self, branch: &str, sha: &str, urgency: Urgency) {
        match self.forge.queue_run(self.repo, branch, sha, CHECK_NAME) {
            Ok(run) => {
                self.line_up(Job { branch: branch.into(), sha: sha.into(), urgency, run, command: None });
            }
            Err(refused) => self.complain(&refused),
        }
    }

    fn line_up(&mut self, job: Job) {
        if let Err(job) = self.slots.add(job) {
            self.report(&job, "cancelled", FULL);
        }
    }

    /// What waits for a commit that its branch has left need not begin.
    fn forget_waiting(&mut self, branch: &str) {
        for job in self.slots.withdraw(|job| job.branch == branch) {
            self.report(&job, "cancelled", "Cancelled before it began: the branch was deleted or moved on.");
        }
    }

    fn stop_running(&mut self, branch: &str) {
        for run in self.slots.running_for(branch) {
            self.stop(run, Stop::Cancel);
        }
    }

    fn stop(&mut self, run: u64, stop: Stop) {
        if let Some(sender) = self.stops.remove(&run) {
            // The command may have ended by itself in this moment.
            let _ = sender.send(stop);
        }
    }

    fn fill(&mut self) {
        while let Some(job) = self.slots.begin() {
            self.begin(job);
        }
        for run in self.slots.in_the_way() {
            self.stop(run, Stop::Yield);
        }
    }

    fn begin(&mut self, job: Job) {
        if let Err(refused) = self.forge.begin_run(self.repo, job.run) {
            self.complain(&refused);
        }
        self.started_total += 1;
        let _ = self.news.send(Happening::CiStarted {
            repo: self.repo,
            run: job.run.run,
            branch: job.branch.clone(),
            sha: job.sha.clone(),
            started_total: self.started_total,
        });
        let (stop, stopped) = oneshot::channel();
        self.stops.insert(job.run.run, stop);
        let rules = self.rules.clone();
        self.running.spawn(async move {
            let begun = Instant::now();
            let outcome = job::carry_out(&rules, &job, stopped).await;
            Ended { job, outcome, duration: begun.elapsed() }
        });
    }

    fn close(&mut self, ended: Result<Ended, tokio::task::JoinError>) {
        let Ended { job, outcome, duration } = match ended {
            Ok(ended) => ended,
            Err(broken) => std::panic::resume_unwind(broken.into_panic()),
        };
        self.stops.remove(&job.run.run);
        let again = matches!(outcome, Outcome::Yielded);
        self.slots.end(job.run.run, again);
        if again {
            let _ = self.news.send(Happening::CiYielded { repo: self.repo, run: job.run.run, sha: job.sha });
            return;
        }
        let (conclusion, summary) = outcome.report(duration);
        self.report(&job, conclusion, &summary);
        let _ = self.news.send(Happening::CiEnded {
            repo: self.repo,
            run: job.run.run,
            sha: job.sha,
            conclusion: conclusion.into(),
            duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        });
    }

    fn report(&self, job: &Job, conclusion: &str, summary: &str) {
        if let Err(refused) = self.forge.end_run(self.repo, job.run, conclusion, summary) {
            self.complain(&refused);
        }
    }

    fn complain(&self, refused: &Refused) {
        tracing::warn!(repo = self.repo, %refused, "the look-alike did not take the runner's report");
    }

    async fn wind_up(mut self) {
        for job in self.slots.withdraw(|_| true) {
            self.report(&job, "cancelled", "Cancelled: the sandbox was stopped.");
        }
        for (_, stop) in std::mem::take(&mut self.stops) {
            let _ = stop.send(Stop::Cancel);
        }
        while let Some(ended) = self.running.join_next().await {
            self.close(ended);
        }
    }
}

fn urgency(branch: &str) -> Urgency {
    if branch.starts_with(QUEUE_BRANCHES) { Urgency::Queue } else { Urgency::Head }
}
