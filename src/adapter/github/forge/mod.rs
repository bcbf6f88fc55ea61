//! The forge port over GitHub's REST API, for one repository. Each question stands in a file of its own; here is what they
//! share: the repository's present name, and one write at a time. It decides nothing.

mod branches;
mod checks;
mod comments;
mod files;
mod outputs;
mod owners;
mod people;
mod pulls;
mod pushes;
mod records;
mod releases;
mod reports;
mod reviews;
pub(super) mod rules;
mod runs;
mod threads;
mod timeline;
mod views;
mod workflows;

use super::answer::{Answer, Ask};
use super::app::App;
use super::client::{Walked, Who};
use super::model::RepositoryAnswer;
use crate::facts::{
    Changed, Check, CheckOutput, Comment, Demands, Labelled, Membership, Permission, Person, Pull, Pusher, Repository,
    Review, Since, Unresolved,
};
use crate::ids::{
    AppId, BranchName, CheckRunId, CommentId, InstallationId, Login, Malformed, Moment, PrNumber, RepoId, RepoName,
    Sha, TeamName,
};
use crate::port::report::Report;
use crate::port::{Forge, Outcome, Trouble};
use http::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ops::ControlFlow;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex as AsyncMutex;

/// GitHub, asked about one repository as one installation of our App.
pub struct GithubForge {
    app: App,
    who: Who,
    repo: RepoId,
    /// Only for paths; identity is `repo`.
    name: RwLock<RepoName>,
    /// GitHub asks for one write at a time ("Best practices for using the REST API").
    writing: AsyncMutex<()>,
}

impl GithubForge {
    pub(super) fn new(app: App, installation: InstallationId, repo: RepoId, name: RepoName) -> Self {
        let who = Who::Installation(installation);
        Self { app, who, repo, name: RwLock::new(name), writing: AsyncMutex::default() }
    }

    /// The repository's name as last learned.
    pub fn name(&self) -> RepoName {
        self.name.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn path(&self, rest: &str) -> String {
        format!("/repos/{}/{rest}", self.name())
    }

    fn ask(&self, rest: &str, needs: &'static str) -> Ask {
        Ask::get(self.path(rest), needs)
    }

    /// Reads something under the repository; `None` if GitHub has none.
    async fn read<T: DeserializeOwned>(&self, rest: &str, needs: &'static str) -> Result<Option<T>, Trouble> {
        let ask = self.ask(rest, needs);
        let answer = self.app.client().get(self.who, &ask).await?;
        self.note(answer.moved).await;
        if answer.status == StatusCode::NOT_FOUND { Ok(None) } else { answer.json(&ask).map(Some) }
    }

    /// Reads all pages of a list under the repository, or why there is none.
    async fn pages<P: DeserializeOwned + Send>(&self, ask: &Ask) -> Result<Result<Vec<P>, Arc<Answer>>, Trouble> {
        let mut pages = Vec::new();
        let each = |page| {
            pages.push(page);
            ControlFlow::Continue(())
        };
        let Walked { refused, moved } = self.app.client().walk(self.who, ask.clone(), each).await?;
        self.note(moved).await;
        Ok(refused.map_or(Ok(pages), Err))
    }

    /// Reads a list under the repository that must be there.
    async fn list<T: DeserializeOwned + Send>(&self, rest: &str, needs: &'static str) -> Result<Vec<T>, Trouble> {
        let ask = self.ask(rest, needs);
        let pages: Result<Vec<Vec<T>>, _> = self.pages(&ask).await?;
        Ok(pages.map_err(|answer| answer.refusal(&ask))?.into_iter().flatten().collect())
    }

    /// A write under the repository.
    fn change(&self, method: Method, rest: &str, needs: &'static str) -> Ask {
        Ask { method, path: self.path(rest), body: None, fine: None, needs }
    }

    /// Writes once, and only after every earlier write of this repository has ended.
    async fn write(&self, ask: &Ask) -> Result<Outcome<Answer>, Trouble> {
        let _one_at_a_time = self.writing.lock().await;
        self.app.client().write(self.who, ask).await
    }

    /// Learns the new name after a redirect; if that fails, the redirect goes on working.
    async fn note(&self, moved: bool) {
        if moved && let Err(why) = self.look_up().await {
            tracing::debug!(repo = %self.repo, %why, "the repository's new name is not known yet");
        }
    }

    /// Reads the repository by name, and by id if that name is gone or has come to mean another repository.
    async fn look_up(&self) -> Result<Repository, Trouble> {
        const NEEDS: &str = "Metadata: read";
        let client = self.app.client();
        let by_name = Ask::get(format!("/repos/{}", self.name()), NEEDS);
        let answer = client.get(self.who, &by_name).await?;
        let mut found = if answer.status == StatusCode::NOT_FOUND { None } else { Some(answer.json(&by_name)?) };
        if found.as_ref().is_none_or(|f: &RepositoryAnswer| f.id != self.repo.get()) {
            let by_id = Ask::get(format!("/repositories/{}", self.repo), NEEDS);
            found = Some(client.get(self.who, &by_id).await?.json(&by_id)?);
        }
        let fact = found.expect("set above").fact().map_err(|why| malformed("the repository", &why))?;
        if fact.id != self.repo {
            return Err(Trouble::Bug(format!("GitHub answers for repository {} with {}", self.repo, fact.id)));
        }
        *self.name.write().unwrap_or_else(PoisonError::into_inner) = fact.name.clone();
        Ok(fact)
    }

    /// An answer under our name that belongs to another repository: the name was taken over after a rename.
    async fn belongs(&self, repo: u64) -> Result<(), Trouble> {
        if repo == self.repo.get() {
            return Ok(());
        }
        let old = self.name();
        let new = self.look_up().await?.name;
        Err(Trouble::busy(format!(
            "`{old}` is another repository now; ours is called `{new}` and is asked from now on"
        )))
    }
}

fn malformed(what: &str, why: &Malformed) -> Trouble {
    Trouble::Bug(format!("GitHub's answer about {what} cannot be used: {why}"))
}

fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).expect("our bodies are plain structs of texts")
}

fn done(outcome: Outcome<Answer>) -> Outcome<()> {
    match outcome {
        Outcome::Done(_) => Outcome::Done(()),
        Outcome::Rejected(why) => Outcome::Rejected(why),
        Outcome::Unknown(why) => Outcome::Unknown(why),
    }
}

impl Forge for GithubForge {
    async fn repository(&self) -> Result<Repository, Trouble> {
        self.look_up().await
    }

    async fn pull(&self, number: PrNumber) -> Result<Option<Pull>, Trouble> {
        self.one_pull(number).await
    }

    async fn open_pulls(&self, base: Option<&BranchName>) -> Result<Vec<Pull>, Trouble> {
        self.pulls_listed(base).await
    }

    async fn labelled(&self, number: PrNumber, label: &str) -> Result<Option<Labelled>, Trouble> {
        self.last_labelled(number, label).await
    }

    async fn since(&self, comment: &Comment) -> Result<Since, Trouble> {
        self.changed_after(comment).await
    }

    async fn retargeted_at(&self, number: PrNumber) -> Result<Option<Moment>, Trouble> {
        self.last_retargeted(number).await
    }

    async fn changed_since(&self, since: Moment) -> Result<Vec<PrNumber>, Trouble> {
        self.pulls_changed_since(since).await
    }

    async fn permission(&self, login: &Login) -> Result<Permission, Trouble> {
        self.permission_of(login).await
    }

    async fn collaborator(&self, login: &Login) -> Result<Option<(Person, Permission)>, Trouble> {
        self.collaborator_by(login).await
    }

    async fn comments(&self, number: PrNumber, since: Moment) -> Result<Vec<Comment>, Trouble> {
        self.comments_since(number, since).await
    }

    async fn checks(&self, sha: Sha) -> Result<Vec<Check>, Trouble> {
        self.checks_on(sha).await
    }

    async fn reviews(&self, number: PrNumber) -> Result<Vec<Review>, Trouble> {
        self.reviews_of(number).await
    }

    async fn membership(&self, team: &TeamName, login: &Login) -> Result<Membership, Trouble> {
        self.membership_of(team, login).await
    }

    async fn changed(&self, number: PrNumber) -> Result<Changed, Trouble> {
        self.changed_by(number).await
    }

    async fn pusher(&self, number: PrNumber, head: Sha) -> Result<Pusher, Trouble> {
        self.pusher_of(number, head).await
    }

    async fn unresolved(&self, number: PrNumber) -> Result<Unresolved, Trouble> {
        self.unresolved_on(number).await
    }

    async fn demands(&self, branch: &BranchName) -> Result<Demands, Trouble> {
        self.demands_on(branch).await
    }

    async fn output(&self, check: u64, url: Option<&str>) -> Result<Option<CheckOutput>, Trouble> {
        self.output_of(check, url).await
    }

    async fn file(&self, commit: Sha, path: &str) -> Result<Option<Vec<u8>>, Trouble> {
        self.file_of(commit, path).await
    }

    async fn own_comment(&self, number: PrNumber, marker: &str) -> Result<Option<CommentId>, Trouble> {
        self.our_comment(number, marker).await
    }

    async fn comment(&self, number: PrNumber, body: &str) -> Result<Outcome<CommentId>, Trouble> {
        self.new_comment(number, body).await
    }

    async fn edit_comment(&self, id: CommentId, body: &str) -> Result<Outcome<()>, Trouble> {
        self.change_comment(id, body).await
    }

    fn app(&self) -> AppId {
        self.app.client().app()
    }

    async fn own_report(&self, report: &Report) -> Result<Option<CheckRunId>, Trouble> {
        self.our_check_run(report).await
    }

    async fn report(&self, id: Option<CheckRunId>, report: &Report) -> Result<Outcome<CheckRunId>, Trouble> {
        self.write_check_run(id, report).await
    }

    async fn acknowledge(&self, id: CommentId) -> Result<Outcome<()>, Trouble> {
        self.thumbs_up(id).await
    }

    async fn remove_label(&self, number: PrNumber, label: &str) -> Result<Outcome<()>, Trouble> {
        self.take_label_off(number, label).await
    }

    async fn close(&self, number: PrNumber) -> Result<Outcome<()>, Trouble> {
        self.close_pull(number).await
    }

    async fn is_protected(&self, branch: &BranchName) -> Result<bool, Trouble> {
        self.is_guarded(branch).await
    }

    async fn open_pulls_from(&self, branch: &BranchName) -> Result<Vec<PrNumber>, Trouble> {
        self.pulls_from(branch).await
    }

    async fn retarget(&self, number: PrNumber, base: &BranchName) -> Result<Outcome<()>, Trouble> {
        self.send_to(number, base).await
    }

    async fn cancel_runs(&self, sha: Sha) -> Result<Outcome<()>, Trouble> {
        self.cancel_runs_on(sha).await
    }
}
