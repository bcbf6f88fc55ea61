//! What we ask of durable storage: an inbox of deliveries, and one state per queue written under a version and an epoch.

use super::Trouble;
use crate::command::Request;
use crate::facts::Comment;
use crate::ids::{DeliveryId, InstallationId, Moment, PrNumber, QueueId, RefName, RepoId, RepoName, Sha};
use serde::{Deserialize, Serialize};

/// What a webhook is worth: where to look again. What counts is read; only a comment's own text, author and date are taken
/// from its signed body, because they can be edited before anybody reads them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// Something about a pull request changed.
    Pull(PrNumber),
    /// A person wrote a new comment on a pull request. Also found by reading; counted once by its id.
    Comment(Comment),
    /// A program asks something through our API; nothing else tells of it, so it is kept until it is answered.
    Request(Request),
    /// Something about the checks or statuses on a commit changed.
    Checks(Sha),
    /// A ref moved.
    Pushed(RefName),
    /// The repository was renamed, transferred, archived, or its rules changed.
    Repository,
    /// The App was installed, removed, suspended or given other repositories.
    Installations,
    /// A signed body we could not read: look at everything in that repository again.
    Unreadable,
}

/// One delivery whose signature held, reduced to what we need of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// GitHub's id of the delivery.
    pub id: DeliveryId,
    /// GitHub's name of the event.
    pub event: String,
    /// The repository it is about, with the name the payload gave; `None` for the service as a whole.
    pub repo: Option<(RepoId, RepoName)>,
    /// The installation that sent it.
    pub installation: Option<InstallationId>,
    /// What to look at; `None` for an event we do not use, which is kept only so that it is counted once.
    pub hint: Option<Hint>,
    /// SHA-256 of the raw body, to tell a redelivery from another body under the same id.
    pub digest: [u8; 32],
    /// The raw body or its beginning, kept only where we could not read it.
    pub unread: Option<Vec<u8>>,
    /// When it came.
    pub received_at: Moment,
}

impl Delivery {
    /// What to look at when its id is known with another body. A request under a used key is refused to whoever sent it
    /// and leaves nothing behind; of a webhook nobody knows which of the two is true.
    pub fn contested(&self) -> Option<Hint> {
        match self.hint {
            Some(Hint::Request(_)) => None,
            Some(_) | None => Some(Hint::Unreadable),
        }
    }
}

/// What the inbox made of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// A row was written and is durable.
    New,
    /// The same id and body were there already.
    Again,
    /// The id was there with another body; kept as well, as [`Delivery::contested`] says.
    Conflict,
}

/// A row waiting in the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxRow {
    /// Order of arrival.
    pub seq: u64,
    /// The installation that sent it.
    pub installation: Option<InstallationId>,
    /// The repository's name as the payload gave it.
    pub name: Option<RepoName>,
    /// What to look at.
    pub hint: Hint,
    /// When it came.
    pub received_at: Moment,
}

/// The right to write a queue's state; a newer claim makes an older one worthless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch(pub u64);

/// A queue's state as last written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// Counts the writes.
    pub version: u64,
    /// The serialized state.
    pub state: Vec<u8>,
}

/// Everything one turn of a queue writes, in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Whose.
    pub queue: QueueId,
    /// The claim it is written under.
    pub epoch: Epoch,
    /// The version that must still be there; the write makes it this plus one.
    pub version: u64,
    /// What happened, one JSON object each, for the journal.
    pub events: Vec<String>,
    /// The state afterwards, serialized.
    pub state: Vec<u8>,
    /// Inbox rows this turn has taken in.
    pub consumed: Vec<u64>,
    /// When.
    pub at: Moment,
}

/// Whether a turn was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a fenced turn must not be acted on"]
pub enum Written {
    /// Durable.
    Yes,
    /// Another process has claimed the queue, or written a version; nothing was written, and we must stop.
    Fenced,
}

/// Something that is recorded in durable storage. Only [`Store::commit`] makes one, so acting before recording does not compile.
#[derive(Debug)]
#[must_use = "recorded effects are to be performed"]
pub struct Committed<T>(T);

impl<T> Committed<T> {
    /// What was recorded.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// One line of a queue's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// Order.
    pub seq: u64,
    /// When.
    pub at: Moment,
    /// What happened, as one JSON object.
    pub event: String,
}

/// Durable storage.
pub trait Store: Send + Sync + 'static {
    /// Puts a delivery into the inbox, a row for each queue of its repository that was claimed and not retired since, and for
    /// that of its default branch; when it returns, they survive a power cut. Many callers at once share one commit.
    fn receive(&self, delivery: Delivery) -> impl Future<Output = Result<Received, Trouble>> + Send;
    /// The oldest waiting rows of a queue, or of the service as a whole (`None`).
    fn inbox(
        &self,
        queue: Option<&QueueId>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<InboxRow>, Trouble>> + Send;
    /// Queues that have rows waiting.
    fn waiting(&self) -> impl Future<Output = Result<Vec<QueueId>, Trouble>> + Send;
    /// How many rows wait, of every queue and of the service as a whole together.
    fn depth(&self) -> impl Future<Output = Result<u64, Trouble>> + Send;
    /// Drops rows that no turn will take in: of the service as a whole, or of a queue we do not serve.
    fn consume(&self, seqs: &[u64]) -> impl Future<Output = Result<(), Trouble>> + Send;
    /// Makes us the one writer of a queue's state.
    fn claim(&self, queue: &QueueId) -> impl Future<Output = Result<Epoch, Trouble>> + Send;
    /// Nobody serves this branch any more: until it is claimed again, nothing is put into the inbox for it.
    fn retire(&self, queue: &QueueId) -> impl Future<Output = Result<(), Trouble>> + Send;
    /// Queues of a repository beside that of its default branch that were claimed and not retired since.
    fn claimed(&self, repo: RepoId) -> impl Future<Output = Result<Vec<QueueId>, Trouble>> + Send;
    /// The state as last written; `None` for a queue never seen.
    fn load(&self, queue: &QueueId) -> impl Future<Output = Result<Option<Loaded>, Trouble>> + Send;
    /// Writes a turn in one transaction, or nothing.
    fn write(&self, turn: Turn) -> impl Future<Output = Result<Written, Trouble>> + Send;
    /// The newest journal rows of a queue, newest first.
    fn journal(&self, queue: &QueueId, limit: usize) -> impl Future<Output = Result<Vec<JournalRow>, Trouble>> + Send;
    /// Deliveries that came with a readable signature and an unreadable body, or twice with different bodies.
    fn unread_deliveries(&self) -> impl Future<Output = Result<u64, Trouble>> + Send;

    /// Writes a turn and hands back what may now be done; `None` when we were fenced.
    fn commit<T: Send>(
        &self,
        turn: Turn,
        then: T,
    ) -> impl Future<Output = Result<Option<Committed<T>>, Trouble>> + Send {
        async move {
            Ok(match self.write(turn).await? {
                Written::Yes => Some(Committed(then)),
                Written::Fenced => None,
            })
        }
    }
}
