//! What we ask of the forge (GitHub) about one repository, and the few things we ask it to do.

use super::report::Report;
use super::{Outcome, Trouble};
use crate::facts::{
    Changed, Check, CheckOutput, Comment, Demands, Labelled, Membership, Permission, Person, Pull, Pusher, Repository,
    Review, Since, Unresolved,
};
use crate::ids::{AppId, BranchName, CheckRunId, CommentId, Login, Moment, PrNumber, Sha, TeamName};

/// The forge, asked about one repository. Every answer may be stale; the refs decide.
pub trait Forge: Send + Sync + 'static {
    /// The repository as it is now.
    fn repository(&self) -> impl Future<Output = Result<Repository, Trouble>> + Send;
    /// One pull request; `None` if there is none by that number.
    fn pull(&self, number: PrNumber) -> impl Future<Output = Result<Option<Pull>, Trouble>> + Send;
    /// All open pull requests, or those onto `base`.
    fn open_pulls(&self, base: Option<&BranchName>) -> impl Future<Output = Result<Vec<Pull>, Trouble>> + Send;
    /// Who last put `label` on the pull request; `None` if the timeline has no such event.
    fn labelled(&self, number: PrNumber, label: &str)
    -> impl Future<Output = Result<Option<Labelled>, Trouble>> + Send;
    /// By the timeline, what was changed about the pull request after the comment was written.
    fn since(&self, comment: &Comment) -> impl Future<Output = Result<Since, Trouble>> + Send;
    /// By the timeline, when the branch that the pull request goes to was changed last.
    fn retargeted_at(&self, number: PrNumber) -> impl Future<Output = Result<Option<Moment>, Trouble>> + Send;
    /// Pull requests, open or not, that changed or were commented on at or after `since`, oldest change first.
    fn changed_since(&self, since: Moment) -> impl Future<Output = Result<Vec<PrNumber>, Trouble>> + Send;
    /// What a person may do here, read now.
    fn permission(&self, login: &Login) -> impl Future<Output = Result<Permission, Trouble>> + Send;
    /// A person by login, with what they may do here, read now; `None` if the forge knows nobody by it.
    fn collaborator(&self, login: &Login)
    -> impl Future<Output = Result<Option<(Person, Permission)>, Trouble>> + Send;
    /// Comments on the pull request made at or after `since`, oldest first, ours included.
    fn comments(&self, number: PrNumber, since: Moment) -> impl Future<Output = Result<Vec<Comment>, Trouble>> + Send;
    /// Every check run (latest attempt of each suite and name, duplicates kept) and every status (latest of each context) on a
    /// commit, our own reports left out.
    fn checks(&self, sha: Sha) -> impl Future<Output = Result<Vec<Check>, Trouble>> + Send;
    /// The latest opinion of each reviewer of the pull request.
    fn reviews(&self, number: PrNumber) -> impl Future<Output = Result<Vec<Review>, Trouble>> + Send;
    /// Whether a person is in a team, read now.
    fn membership(&self, team: &TeamName, login: &Login) -> impl Future<Output = Result<Membership, Trouble>> + Send;
    /// The paths the pull request changes.
    fn changed(&self, number: PrNumber) -> impl Future<Output = Result<Changed, Trouble>> + Send;
    /// Who pushed `head` to where the pull request comes from.
    fn pusher(&self, number: PrNumber, head: Sha) -> impl Future<Output = Result<Pusher, Trouble>> + Send;
    /// Conversations on the pull request that nobody resolved.
    fn unresolved(&self, number: PrNumber) -> impl Future<Output = Result<Unresolved, Trouble>> + Send;
    /// What branch protection and rulesets demand of pull requests onto `branch`.
    fn demands(&self, branch: &BranchName) -> impl Future<Output = Result<Demands, Trouble>> + Send;
    /// What a check run says of itself, its page being at `url`; `None` if there is none by this id.
    fn output(
        &self,
        check: u64,
        url: Option<&str>,
    ) -> impl Future<Output = Result<Option<CheckOutput>, Trouble>> + Send;
    /// A small file's bytes on a commit that need not be fetched; `None` if there is no such file or commit, `Bug` if it is none.
    fn file(&self, commit: Sha, path: &str) -> impl Future<Output = Result<Option<Vec<u8>>, Trouble>> + Send;
    /// Our own comment on the pull request that carries `marker`, if there is one.
    fn own_comment(
        &self,
        number: PrNumber,
        marker: &str,
    ) -> impl Future<Output = Result<Option<CommentId>, Trouble>> + Send;
    /// Writes a new comment.
    fn comment(&self, number: PrNumber, body: &str)
    -> impl Future<Output = Result<Outcome<CommentId>, Trouble>> + Send;
    /// Replaces the text of our comment. `Rejected` when it is gone.
    fn edit_comment(&self, id: CommentId, body: &str) -> impl Future<Output = Result<Outcome<()>, Trouble>> + Send;
    /// The App we are: what it reports is its own word, and never evidence.
    fn app(&self) -> AppId;
    /// Our own check run of this topic and pull request on its head, if there is one.
    fn own_report(&self, report: &Report) -> impl Future<Output = Result<Option<CheckRunId>, Trouble>> + Send;
    /// Makes a check run of ours (`None`), or replaces what it says. `Rejected` when it, or its commit, is gone.
    fn report(
        &self,
        id: Option<CheckRunId>,
        report: &Report,
    ) -> impl Future<Output = Result<Outcome<CheckRunId>, Trouble>> + Send;
    /// Acknowledges a person's comment with a thumbs-up; a second time changes nothing.
    fn acknowledge(&self, id: CommentId) -> impl Future<Output = Result<Outcome<()>, Trouble>> + Send;
    /// Takes a label off; `Done` if it was not there.
    fn remove_label(&self, number: PrNumber, label: &str) -> impl Future<Output = Result<Outcome<()>, Trouble>> + Send;
    /// Closes a pull request without merging; `Done` if it is closed already.
    fn close(&self, number: PrNumber) -> impl Future<Output = Result<Outcome<()>, Trouble>> + Send;
    /// Protection or a ruleset guards this branch.
    fn is_protected(&self, branch: &BranchName) -> impl Future<Output = Result<bool, Trouble>> + Send;
    /// Open pull requests that come from this branch of the repository itself.
    fn open_pulls_from(&self, branch: &BranchName) -> impl Future<Output = Result<Vec<PrNumber>, Trouble>> + Send;
    /// Sends an open pull request to another base.
    fn retarget(
        &self,
        number: PrNumber,
        base: &BranchName,
    ) -> impl Future<Output = Result<Outcome<()>, Trouble>> + Send;
    /// Asks CI to stop every workflow run that still works on a commit; `Done` if there is none.
    fn cancel_runs(&self, sha: Sha) -> impl Future<Output = Result<Outcome<()>, Trouble>> + Send;
}
