//! What the doors may show of a repository: a picture of its queue after each turn, published, never read back.

use crate::facts::Person;
use crate::ids::{BranchName, Moment, PrNumber, RepoId, RepoName, RunId, Sha};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

/// One repository's queue as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    /// The repository's present name.
    pub name: RepoName,
    /// The branch the queue lands on.
    pub trunk: BranchName,
    /// Where it points, as last read.
    pub tip: Option<Sha>,
    /// What went wrong and is not mended yet, in sentences with the fix; empty when all is well.
    pub troubles: Vec<String>,
    /// What keeps trunk where it is now: freezes by people and by the calendar.
    #[serde(default)]
    pub closures: Vec<ClosureRow>,
    /// Pull requests that are held back, by arrival.
    #[serde(default)]
    pub held: Vec<HeldRow>,
    /// Pull requests in the queue, in order.
    pub queue: Vec<QueueRow>,
    /// Groups under composition or test, as a tree in reading order.
    pub groups: Vec<GroupRow>,
    /// Newest landings first, at most 20.
    pub landings: Vec<LandingRow>,
    /// Newest departures without landing first, at most 20.
    pub departures: Vec<DepartureRow>,
    /// Counters since the database was made (`greenline_landed_total` and the like), for metrics.
    pub counters: BTreeMap<String, u64>,
    /// When this picture was made.
    pub at: Moment,
}

/// A pull request in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueRow {
    /// Its number.
    pub pull: PrNumber,
    /// Its title; untrusted text.
    pub title: String,
    /// Who wrote it.
    pub author: Person,
    /// The approved head.
    pub head: Sha,
    /// 1 is first.
    pub position: usize,
    /// What happens to it now, or why it waits: one sentence.
    pub status: String,
    /// When it entered.
    pub since: Moment,
}

/// Something that keeps trunk where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosureRow {
    /// Who froze the queue; nobody, if it is the calendar.
    pub by: Option<Person>,
    /// Why; untrusted text.
    pub reason: String,
    /// Until when, as far as that is known.
    pub until: Option<Moment>,
    /// All of it, and what is exempt, in sentences.
    pub sentence: String,
}

/// A pull request that is held back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRow {
    /// Its number.
    pub pull: PrNumber,
    /// Its title; untrusted text.
    pub title: String,
    /// Who wrote it.
    pub author: Person,
    /// The approved head.
    pub head: Sha,
    /// Who holds it, why, and how it goes on.
    pub status: String,
    /// Since when it is held.
    pub since: Moment,
}

/// A group of pull requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRow {
    /// Its members in order.
    pub pulls: Vec<PrNumber>,
    /// What it composed to.
    pub tip: Option<Sha>,
    /// One word: `wanted`, `composing`, `composed`, `testing`, `green`, `red`, `landing`, `revoking`, `ejecting`, or why it
    /// cannot be composed: `conflict`, `already-in`, `not-composable`, `head-missing`.
    pub phase: String,
    /// Its CI run, while it has one.
    pub run: Option<RunId>,
    /// Where the run's checks can be seen.
    pub url: Option<String>,
}

/// Trunk moved to a tested tip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LandingRow {
    /// When.
    pub at: Moment,
    /// The commit trunk moved to.
    pub commit: Sha,
    /// What landed with it, in order.
    pub pulls: Vec<PrNumber>,
    /// The candidate tag on that commit.
    pub candidate: Option<String>,
    /// The checks that were green on exactly that commit, as `name (id)`.
    pub checks: Vec<String>,
}

/// A pull request left the queue without landing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartureRow {
    /// When.
    pub at: Moment,
    /// Which.
    pub pull: PrNumber,
    /// A stable reason code (`conflict`, `checks-failed`, `new-head`, …).
    pub code: String,
    /// The sentence its author was told.
    pub sentence: String,
}

/// All boards, with news of changes.
#[derive(Debug, Clone)]
pub struct Boards(Arc<watch::Sender<BTreeMap<RepoId, Arc<Board>>>>);

impl Boards {
    /// Replaces a repository's board.
    pub fn publish(&self, repo: RepoId, board: Board) {
        self.0.send_modify(|boards| {
            boards.insert(repo, Arc::new(board));
        });
    }

    /// Takes a repository's board away.
    pub fn withdraw(&self, repo: RepoId) {
        self.0.send_if_modified(|boards| boards.remove(&repo).is_some());
    }

    /// All boards as they are now.
    pub fn now(&self) -> BTreeMap<RepoId, Arc<Board>> {
        self.0.borrow().clone()
    }

    /// Wakes at every change.
    pub fn subscribe(&self) -> watch::Receiver<BTreeMap<RepoId, Arc<Board>>> {
        self.0.subscribe()
    }
}

impl Default for Boards {
    fn default() -> Self {
        Self(Arc::new(watch::channel(BTreeMap::new()).0))
    }
}
