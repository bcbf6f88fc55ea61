//! What the sandbox itself has to tell beside the look-alike's events: CI, the service, the story. Data only.

use serde::Serialize;

/// One thing that happened in the sandbox but not in the look-alike.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Happening {
    /// The runner began to execute the CI command.
    CiStarted {
        /// Repository id.
        repo: u64,
        /// Workflow run id.
        run: u64,
        /// The branch whose push asked for it.
        branch: String,
        /// The commit.
        sha: String,
        /// CI commands begun since the sandbox started, this one included.
        started_total: u64,
    },
    /// The CI command was stopped to make room for something more urgent; it begins anew later.
    CiYielded {
        /// Repository id.
        repo: u64,
        /// Workflow run id.
        run: u64,
        /// The commit.
        sha: String,
    },
    /// The CI command ended, or was ended.
    CiEnded {
        /// Repository id.
        repo: u64,
        /// Workflow run id.
        run: u64,
        /// The commit.
        sha: String,
        /// `success`, `failure`, `cancelled`, `timed_out`.
        conclusion: String,
        /// From the start of the checkout to the end of the command.
        duration_ms: u64,
    },
    /// The service has a process.
    ServiceStarted {
        /// Its process id.
        service_pid: u32,
        /// How often it had to be started again.
        restarts: u64,
    },
    /// The service's process is gone, though nobody stopped it; it is started again.
    ServiceDied {
        /// The process id it had.
        service_pid: u32,
        /// How it ended.
        how: String,
    },
    /// Pull requests landed, by the service's own page.
    Landed {
        /// Their numbers.
        pulls: Vec<u64>,
        /// The commit trunk moved to.
        commit: String,
        /// The candidate tag on it.
        candidate: Option<String>,
    },
    /// A pull request left the queue without landing, by the service's own page.
    SentBack {
        /// Its number.
        pull: u64,
        /// The stable reason code.
        code: String,
        /// What its author was told.
        sentence: String,
    },
    /// The story is over.
    StoryEnded {
        /// Everything ended as it should.
        ok: bool,
        /// What did not, in sentences.
        complaints: Vec<String>,
    },
    /// Events came faster than they could be printed; this many are missing here.
    Missed {
        /// How many.
        count: u64,
    },
}
