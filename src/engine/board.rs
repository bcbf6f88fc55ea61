//! What the doors may show of a repository: a picture of its queue after each turn, published, never read back.

use super::why::Why;
use crate::command::About;
use crate::facts::Person;
use crate::ids::{BranchName, Login, Moment, PrNumber, QueueId, RepoId, RepoName, RequestId, RunId, Sha};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    /// Approved pull requests that wait outside of the queue, oldest approval first.
    #[serde(default)]
    pub waiting: Vec<WaitingRow>,
    /// What is or was tried without landing, those that asked first first.
    #[serde(default)]
    pub trials: Vec<TrialRow>,
    /// Groups under composition or test, as a tree in reading order.
    pub groups: Vec<GroupRow>,
    /// Newest landings first, at most 20.
    pub landings: Vec<LandingRow>,
    /// Newest departures without landing first, at most 20.
    pub departures: Vec<DepartureRow>,
    /// How long a green run takes lately, in milliseconds; `None` before three were seen.
    #[serde(default)]
    pub run_ms: Option<i64>,
    /// How long a pull request waits lately from approval to landing, in milliseconds; `None` before three were seen.
    #[serde(default)]
    pub wait_ms: Option<i64>,
    /// Counters since the database was made (`greenline_landed_total` and the like), for metrics.
    pub counters: BTreeMap<String, u64>,
    /// When this picture was made.
    pub at: Moment,
    /// Answers to single questions; asked for one by one, not shown with the rest.
    #[serde(skip)]
    pub answers: Answers,
}

/// What is answered about one pull request or one request at a time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answers {
    /// Why each known pull request stands where it stands.
    pub whys: BTreeMap<PrNumber, Why>,
    /// Requests through the API, newest first.
    pub requests: Vec<RequestRow>,
}

/// A request through the API and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRow {
    /// Which.
    pub request: RequestId,
    /// When it was answered.
    pub at: Moment,
    /// About what: `pull` with a number, or `trunk` with a branch.
    #[serde(flatten)]
    pub about: About,
    /// What was asked, in a comment's words.
    pub asked: String,
    /// In whose name.
    pub login: Login,
    /// Under which token.
    pub token: String,
    /// It was followed, or was so already.
    pub done: bool,
    /// `done`, or a stable reason code.
    pub code: String,
    /// The answer.
    pub sentence: String,
}

impl Board {
    /// A board with nothing on it.
    pub fn empty(name: RepoName, trunk: BranchName, at: Moment) -> Self {
        Self {
            name,
            trunk,
            tip: None,
            troubles: Vec::new(),
            closures: Vec::new(),
            queue: Vec::new(),
            held: Vec::new(),
            waiting: Vec::new(),
            trials: Vec::new(),
            groups: Vec::new(),
            landings: Vec::new(),
            departures: Vec::new(),
            run_ms: None,
            wait_ms: None,
            counters: BTreeMap::new(),
            at,
            answers: Answers::default(),
        }
    }
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
    /// Until it should land if all is green, in milliseconds from the board's `at`; `None` where nothing can be said yet.
    #[serde(default)]
    pub eta_ms: Option<i64>,
}

/// An approved pull request outside of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingRow {
    /// Its number.
    pub pull: PrNumber,
    /// Its title; untrusted text.
    pub title: String,
    /// Who wrote it.
    pub author: Person,
    /// The approved head.
    pub head: Sha,
    /// Stable codes of what it waits for (`approvals-missing`, `blocking-label`, …).
    pub codes: Vec<String>,
    /// The same in sentences, with what to do.
    pub status: String,
    /// When it was approved.
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

/// A pull request that is or was tried without landing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialRow {
    /// Its number.
    pub pull: PrNumber,
    /// Its title; untrusted text.
    pub title: String,
    /// Who asked.
    pub by: Login,
    /// The head that is tried.
    pub head: Sha,
    /// What that became on trunk.
    pub tip: Option<Sha>,
    /// One word: `waiting`, `composing`, `testing`, `green`, `red`, `silent`, or why it ended without a verdict:
    /// `not-composable`, `cancelled`, `new-head`, `base-changed`, `closed`, `no-room`, `not-asked`, `not-configured`.
    pub phase: String,
    /// All of it in sentences.
    pub status: String,
    /// When it was asked.
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
    /// The checks that had failed on that commit and were run again for it, with how often.
    #[serde(default)]
    pub retried: Vec<String>,
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

/// Last boards of queues that have closed, at the most.
const CLOSED_KEPT: usize = 50;

/// The last boards of queues that have closed, newest last.
type Closed = VecDeque<(QueueId, Arc<Board>)>;

/// All boards, with news of changes.
#[derive(Debug, Clone)]
pub struct Boards {
    shown: Arc<watch::Sender<BTreeMap<QueueId, Arc<Board>>>>,
    /// Whoever asks why something did not land may ask when its queue has closed.
    closed: Arc<Mutex<Closed>>,
}

impl Boards {
    /// Replaces a queue's board.
    pub fn publish(&self, queue: QueueId, board: Board) {
        self.closed().retain(|(known, _)| *known != queue);
        self.shown.send_modify(|boards| {
            boards.insert(queue, Arc::new(board));
        });
    }

    /// Takes a queue's board away.
    pub fn withdraw(&self, queue: &QueueId) {
        self.shown.send_if_modified(|boards| boards.remove(queue).is_some());
    }

    /// Takes the board of a queue away whose branch has none any more, and remembers what it said last.
    pub fn close(&self, queue: &QueueId) {
        let mut closed = self.closed();
        closed.extend(self.now().remove(queue).map(|board| (queue.clone(), board)));
        let excess = closed.len().saturating_sub(CLOSED_KEPT);
        closed.drain(..excess);
        drop(closed);
        self.withdraw(queue);
    }

    /// What the closed queues of a repository said last, newest last.
    pub fn closed_of(&self, repo: RepoId) -> Vec<Arc<Board>> {
        self.closed().iter().filter(|(queue, _)| queue.repo == repo).map(|(_, board)| Arc::clone(board)).collect()
    }

    fn closed(&self) -> MutexGuard<'_, Closed> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All boards as they are now.
    pub fn now(&self) -> BTreeMap<QueueId, Arc<Board>> {
        self.shown.borrow().clone()
    }

    /// Wakes at every change.
    pub fn subscribe(&self) -> watch::Receiver<BTreeMap<QueueId, Arc<Board>>> {
        self.shown.subscribe()
    }
}

impl Default for Boards {
    fn default() -> Self {
        Self { shown: Arc::new(watch::channel(BTreeMap::new()).0), closed: Arc::default() }
    }
}
