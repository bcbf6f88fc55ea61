//! What is in the sandbox when it opens: a repository with real commits, and pull requests. Decides what the story expects
//! of each; it never touches the queue.

mod history;
mod own;
mod project;

use super::Lookalike;
use super::git_program::{answer, git_in};
use super::trouble::SandboxTrouble;
use super::types::{NewPull, RepoSummary};
use base64::Engine as _;
use history::History;
pub use own::own_repository;
pub use project::CI_COMMAND;
use std::path::Path;

/// The account that owns the sandbox's repository.
pub const OWNER: &str = "example";
/// Who opens the pull requests from branches, and labels them.
const MAINTAINER: &str = "maintainer";
/// Who opens the pull request from a fork.
const CONTRIBUTOR: &str = "user";
/// The label that asks for the queue.
pub const LABEL: &str = "ready to merge";

/// How a pull request should end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// On trunk, in a commit that was tested.
    Lands,
    /// Out of the queue for this reason.
    SentBack {
        /// The stable reason code.
        code: &'static str,
    },
    /// Of the pull requests with the same `pair` exactly one lands, and the others are sent back for this reason.
    OneOf {
        /// Which of them belong together.
        pair: u8,
        /// The stable reason code.
        code: &'static str,
    },
    /// Either, as long as it ends.
    Ends,
}

/// A pull request of the story.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Its number in the look-alike.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// How it should end.
    pub expected: Expected,
}

/// A repository that is ready for the story.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Where it is.
    pub repo: RepoSummary,
    /// Its trunk.
    pub trunk: String,
    /// Its pull requests, in the order in which they are labelled.
    pub pulls: Vec<Planned>,
}

/// `.github/greenline.toml` of every sandbox repository.
pub fn settings(ci_app: u64) -> String {
    format!(
        "# What the merge queue asks of this repository. It is read from trunk only.\n\
         [queue]\n\
         label = \"{LABEL}\"      # the label that asks for the queue\n\
         strategy = \"pipeline\"      # each pull request is tested on top of those ahead of it\n\
         depth = 4\n\n\
         [checks]\n\
         required = [{{ name = \"{check}\", app = {ci_app} }}]\n",
        check = super::CHECK_NAME,
    )
}

/// Makes the example repository with its pull requests.
///
/// # Errors
/// When git or the look-alike refuses.
pub async fn example(forge: &Lookalike, base_url: &str) -> Result<Scene, SandboxTrouble> {
    let repo = forge.create_repository(OWNER, "teahouse", "main")?;
    let scratch = tempfile::tempdir()?;
    let ci_app = forge.identities().ci_app.id;
    History::write(scratch.path(), &project::commits(&settings(ci_app))).await?;
    let plans = project::pulls();
    let own = plans.iter().filter(|plan| !plan.from_fork);
    let branches: Vec<_> = std::iter::once("main").chain(own.map(|plan| plan.branch)).collect();
    push(forge, base_url, scratch.path(), &repo, &branches).await?;
    let mut scene = Scene { repo: repo.clone(), trunk: "main".into(), pulls: Vec::new() };
    for plan in plans {
        let (login, head_repo) = if plan.from_fork {
            let fork = forge.fork(repo.id, CONTRIBUTOR)?;
            push(forge, base_url, scratch.path(), &fork, &[plan.branch]).await?;
            (CONTRIBUTOR, fork.id)
        } else {
            (MAINTAINER, repo.id)
        };
        let new = NewPull {
            repo: repo.id,
            head_repo,
            head: plan.branch.into(),
            base: "main".into(),
            title: plan.title.into(),
            body: plan.body.into(),
            draft: false,
            maintainer_can_modify: true,
        };
        let number = open_pull(forge, login, new).await?;
        scene.pulls.push(Planned { number, title: plan.title.into(), expected: plan.expected });
    }
    Ok(scene)
}

/// Makes a repository with one commit and nothing else.
///
/// # Errors
/// When git or the look-alike refuses.
pub async fn empty(forge: &Lookalike, base_url: &str) -> Result<Scene, SandboxTrouble> {
    let repo = forge.create_repository(OWNER, "empty", "main")?;
    let scratch = tempfile::tempdir()?;
    History::write(scratch.path(), &project::only_commit(&settings(forge.identities().ci_app.id))).await?;
    push(forge, base_url, scratch.path(), &repo, &["main"]).await?;
    green(forge, repo.id, scratch.path()).await?;
    Ok(Scene { repo, trunk: "main".into(), pulls: Vec::new() })
}

/// Has CI's word that the first commit is green, as any living repository has it of its trunk: with trunk unknown, the first
/// red pull request would have to wait for a run of trunk itself.
async fn green(forge: &Lookalike, repo: u64, from: &Path) -> Result<(), SandboxTrouble> {
    let tip = git_in(from, &["rev-parse", "main"]).output().await?;
    let tip = String::from_utf8_lossy(&tip.stdout).trim().to_owned();
    let forge = forge.clone();
    let told = tokio::task::spawn_blocking(move || {
        let run = forge.queue_run(repo, "main", &tip, "ci")?;
        forge.begin_run(repo, run)?;
        forge.end_run(repo, run, "success", "The first commit has nothing to test.")
    });
    Ok(told.await.map_err(std::io::Error::other)??)
}

/// Labels a pull request, as its maintainer would.
///
/// # Errors
/// When the look-alike refuses.
pub async fn label(forge: &Lookalike, repo: u64, number: u64) -> Result<(), SandboxTrouble> {
    let forge = forge.clone();
    let labelled = tokio::task::spawn_blocking(move || forge.add_label(MAINTAINER, repo, number, LABEL));
    Ok(labelled.await.map_err(std::io::Error::other)??)
}

async fn open_pull(forge: &Lookalike, login: &'static str, new: NewPull) -> Result<u64, SandboxTrouble> {
    let forge = forge.clone();
    let opened = tokio::task::spawn_blocking(move || forge.open_pull(login, &new));
    Ok(opened.await.map_err(std::io::Error::other)??)
}

/// Pushes branches of a local repository through the look-alike's own door, so that it hears of them like of any push.
async fn push(
    forge: &Lookalike,
    base_url: &str,
    from: &Path,
    to: &RepoSummary,
    branches: &[&str],
) -> Result<(), SandboxTrouble> {
    let tokens = forge.identities().tokens;
    let token = if to.full_name.starts_with(CONTRIBUTOR) { tokens.user } else { tokens.maintainer };
    let credentials = base64::engine::general_purpose::STANDARD.encode(format!("x-access-token:{token}"));
    let url = format!("{base_url}/{}.git", to.full_name);
    let refspecs: Vec<_> = branches.iter().map(|branch| format!("refs/heads/{branch}:refs/heads/{branch}")).collect();
    let mut command = git_in(from, &["push", "--quiet", &url]);
    command.args(refspecs);
    super::git_program::isolate(
        &mut command,
        &[("http.extraHeader", &format!("Authorization: Basic {credentials}")), ("http.proxy", "")],
    );
    answer(command).await?;
    Ok(())
}
