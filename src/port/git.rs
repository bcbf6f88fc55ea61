//! What we ask of git: the remote's refs, the local cache, composition and its independent recomputation.

use super::Trouble;
use crate::facts::{InnerMerges, OwnersFile, Strategy};
use crate::ids::{Moment, PrNumber, RefName, RepoName, Sha};
use crate::message::{About, Messages};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything a composition depends on; the same recipe gives the same commit, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// The commit to compose on.
    pub onto: Sha,
    /// The pull request's approved head.
    pub head: Sha,
    /// What the messages of merge and squash commits say of it; `None` outside a forge.
    pub pull: Option<About>,
    /// How its commits become commits on trunk.
    pub strategy: Strategy,
    /// What to do with merge commits inside it when rebasing.
    pub inner_merges: InnerMerges,
    /// How the messages of merge and squash commits read.
    pub messages: Messages,
}

/// What a pull request becomes on a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Composed {
    /// New commits.
    Tip {
        /// The last of them.
        tip: Sha,
        /// Its tree.
        tree: Sha,
        /// How many.
        commits: usize,
    },
    /// Does not apply.
    Conflict {
        /// The paths in conflict, sorted; lossily decoded for print.
        paths: Vec<String>,
    },
    /// Everything in it is on trunk already, or it changes nothing.
    Nothing,
    /// Not a thing we compose: merge commits inside, unrelated history, an orphan fixup, too many commits, a head that does
    /// not stand on trunk and is not to be rewritten, a message by which CI would not start.
    Refused {
        /// Why, and what the author can do about it.
        why: String,
    },
}

/// What git's own merge machinery says to a composition of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recomputed {
    /// The same tree.
    Agrees,
    /// Another tree, or a conflict; landing it would be wrong.
    Differs(String),
}

/// What must be true of a ref for an update to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expect {
    /// The ref must not exist.
    Absent,
    /// The ref must point here.
    At(Sha),
}

/// One leased change of one remote ref; never forced, always compared first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefUpdate {
    /// The full name.
    pub name: RefName,
    /// What must be there before.
    pub expect: Expect,
    /// What shall be there after; `None` deletes.
    pub to: Option<Sha>,
}

/// What became of one ref in a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// The remote said it is done.
    Done,
    /// The remote, or our lease, refused; nothing happened to this ref.
    Rejected(String),
    /// No answer; read the ref.
    Unknown(String),
}

/// An annotated tag, all of whose bytes follow from these fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagObject {
    /// The tag's short name (`candidate/000123`).
    pub name: String,
    /// The commit it names.
    pub target: Sha,
    /// The whole message.
    pub message: String,
    /// The tagger's date; a fact of the landing, not of the clock.
    pub at: Moment,
}

/// A commit of the ledger, all of whose bytes follow from these fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerCommit {
    /// The one before; none for the first.
    pub parent: Option<Sha>,
    /// The whole message.
    pub message: String,
    /// Files that are to be other than in the parent: their bytes, or `None` for gone. Paths have at most one folder.
    pub files: BTreeMap<String, Option<Vec<u8>>>,
    /// Author's and committer's date: when what it records happened.
    pub at: Moment,
}

/// A commit of the ledger, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerPage {
    /// Its id.
    pub id: Sha,
    /// The one before; none for the first.
    pub parent: Option<Sha>,
    /// The whole message.
    pub message: String,
}

/// A tag as it stands in the remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteRef {
    /// What the ref points to: a commit, or a tag object.
    pub target: Sha,
    /// The commit behind a tag object.
    pub peeled: Option<Sha>,
}

/// A pull request's head to be brought into the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PullHead {
    /// Whose.
    pub number: PrNumber,
    /// The commit that must be there afterwards.
    pub head: Sha,
}

/// Git for one repository: a bare cache of ours, and the remote it mirrors. Nothing is ever checked out.
pub trait Git: Send + Sync + 'static {
    /// The remote's refs whose names start with one of `prefixes`, read now.
    fn remote_refs(
        &self,
        prefixes: &[&str],
    ) -> impl Future<Output = Result<BTreeMap<RefName, RemoteRef>, Trouble>> + Send;
    /// Brings the trunk commit and the pull requests' heads into the cache; what is there already costs nothing.
    /// A commit the remote no longer has is trouble (`Bug`).
    fn fetch(&self, commits: &[Sha], heads: &[PullHead]) -> impl Future<Output = Result<(), Trouble>> + Send;
    /// Composes in memory on the cache. A tip that is answered can be composed on and pushed. Before it is pushed it may be
    /// lost with this process: what follows from its recipe alone is composed again, not kept.
    fn compose(&self, recipe: &Recipe) -> impl Future<Output = Result<Composed, Trouble>> + Send;
    /// Recomputes the tree of `tip` from its recipe with the git program's own merge machinery.
    fn recompute(&self, recipe: &Recipe, tip: Sha) -> impl Future<Output = Result<Recomputed, Trouble>> + Send;
    /// `ancestor` can be reached from `descendant` (or is it).
    fn is_ancestor(&self, ancestor: Sha, descendant: Sha) -> impl Future<Output = Result<bool, Trouble>> + Send;
    /// A file's bytes in a commit; `None` if there is no such file, trouble if it is over 64 KiB.
    fn file(&self, commit: Sha, path: &str) -> impl Future<Output = Result<Option<Vec<u8>>, Trouble>> + Send;
    /// The `CODEOWNERS` that the forge goes by on a commit, if there is one.
    fn owners(&self, commit: Sha) -> impl Future<Output = Result<Option<OwnersFile>, Trouble>> + Send;
    /// The commit's committer date.
    fn committed_at(&self, commit: Sha) -> impl Future<Output = Result<Moment, Trouble>> + Send;
    /// The commit's tree.
    fn tree(&self, commit: Sha) -> impl Future<Output = Result<Sha, Trouble>> + Send;
    /// Writes a tag object into the cache and says its id; the same fields give the same id.
    fn tag_object(&self, tag: &TagObject) -> impl Future<Output = Result<Sha, Trouble>> + Send;
    /// Writes a commit of the ledger into the cache and says its id; the same fields give the same id.
    fn ledger_commit(&self, commit: &LedgerCommit) -> impl Future<Output = Result<Sha, Trouble>> + Send;
    /// One commit of the ledger, from the cache; `None` if that object is no commit with at most one parent.
    fn ledger_page(&self, id: Sha) -> impl Future<Output = Result<Option<LedgerPage>, Trouble>> + Send;
    /// The commits of the ledger from after `known` (or from the first) to `tip`, oldest first, from the cache; `None` if `known`
    /// is none of them.
    fn ledger_pages(
        &self,
        tip: Sha,
        known: Option<Sha>,
    ) -> impl Future<Output = Result<Option<Vec<LedgerPage>>, Trouble>> + Send;
    /// Pushes to the repository (`None`) or to a fork, each ref under its lease; with `atomic` all or none.
    /// The answers stand in the order of the updates.
    fn push(
        &self,
        fork: Option<&RepoName>,
        updates: &[RefUpdate],
        atomic: bool,
    ) -> impl Future<Output = Result<Vec<Pushed>, Trouble>> + Send;
}
