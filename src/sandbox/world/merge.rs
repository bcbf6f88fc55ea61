//! Making commits out of two sides in a bare repository: merge, squash, rebase. It moves no ref except the test merge's.

use super::time::now;
use super::{By, World};
use crate::sandbox::types::{Actor, RefChange, Refused};
use git2::{Commit, Oid, Repository, Signature, Time};
use serde_json::json;

/// How `PUT pulls/N/merge` brings a pull request in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Merge,
    Squash,
    Rebase,
}

/// Combines `head` into `base`; `None` when they conflict.
pub fn combine(
    git: &Repository,
    base: Oid,
    head: Oid,
    method: Method,
    message: &str,
    who: &Signature<'_>,
) -> Result<Option<Oid>, git2::Error> {
    let (onto, of) = (git.find_commit(base)?, git.find_commit(head)?);
    if method == Method::Rebase {
        return rebase(git, onto, head, who);
    }
    let mut index = git.merge_commits(&onto, &of, None)?;
    if index.has_conflicts() {
        return Ok(None);
    }
    let tree = git.find_tree(index.write_tree_to(git)?)?;
    let parents: &[&Commit<'_>] = if method == Method::Merge { &[&onto, &of] } else { &[&onto] };
    let of_author = of.author();
    let author = if method == Method::Merge { who } else { &of_author };
    git.commit(None, author, who, message, &tree, parents).map(Some)
}

/// Copies each commit on top, as GitHub does: authors stay, the committer is new, merges are left out.
fn rebase(git: &Repository, onto: Commit<'_>, head: Oid, who: &Signature<'_>) -> Result<Option<Oid>, git2::Error> {
    let mut tip = onto;
    for oid in super::git::between(git, &[tip.id()], head, 100)? {
        let commit = git.find_commit(oid)?;
        if commit.parent_count() > 1 {
            continue;
        }
        let mut index = git.cherrypick_commit(&commit, &tip, 0, None)?;
        if index.has_conflicts() {
            return Ok(None);
        }
        let tree = git.find_tree(index.write_tree_to(git)?)?;
        let message = String::from_utf8_lossy(commit.message_raw_bytes()).into_owned();
        tip = git.find_commit(git.commit(None, &commit.author(), who, &message, &tree, &[&tip])?)?;
    }
    Ok(Some(tip.id()))
}

impl World {
    /// Author or committer for commits made on somebody's behalf.
    pub fn signature(&self, by: By) -> Result<Signature<'static>, Refused> {
        let account = self.accounts.get(&by.user).ok_or_else(Refused::not_found)?;
        Ok(Signature::new(&account.name, &account.email, &Time::new(now() / 1000, 0))?)
    }

    /// Computes whether a pull request merges cleanly, and moves `refs/pull/N/merge`. GitHub does this some time after it was asked.
    pub fn test_merge(&mut self, repo: u64, number: u64) -> Result<(), Refused> {
        let issue = self.issue(repo, number)?;
        let Some(pull) = issue.pull.as_ref().filter(|p| issue.open && p.mergeable.is_none()) else { return Ok(()) };
        let git = self.open_git(repo)?;
        let base = git.refname_to_id(&format!("refs/heads/{}", pull.base_ref))?;
        let head = Oid::from_str(&pull.head_sha)?;
        let who = self.signature(By { user: issue.author, app: None })?;
        let message = format!("Merge {head} into {base}");
        let made = combine(&git, base, head, Method::Merge, &message, &who)?;
        match made {
            Some(oid) => drop(git.reference(&format!("refs/pull/{number}/merge"), oid, true, "test merge")?),
            None => self.drop_merge_ref(repo, number),
        }
        if let Some(pull) = &mut self.issue_mut(repo, number)?.pull {
            pull.mergeable = Some(made.is_some());
            pull.merge_commit_sha = made.map(|oid| oid.to_string());
        }
        Ok(())
    }

    /// `PUT pulls/N/merge`: checks, combines, moves the base branch, and shows the pull request as merged. Answers the commit.
    pub fn merge_pull(
        &mut self,
        (repo, number): (u64, u64),
        actor: &Actor,
        method: Method,
        expected_head: Option<&str>,
        text: (Option<&str>, Option<&str>),
    ) -> Result<String, Refused> {
        let by = self.by(actor);
        let issue = self.issue(repo, number)?;
        let pull = issue.pull.clone().ok_or_else(Refused::not_found)?;
        if !issue.open || pull.draft {
            let why = if pull.draft { "Pull Request is still a draft" } else { "Pull Request is not mergeable" };
            return Err(Refused::new(405, why));
        }
        if expected_head.is_some_and(|sha| sha != pull.head_sha) {
            return Err(Refused::new(409, "Head branch was modified. Review and try the merge again."));
        }
        if let Some(obstacle) = self.obstacle(self.repo(repo)?, &pull, Some(actor), Some(method)) {
            return Err(Refused::new(405, obstacle.text()));
        }
        if !self.may_merge_into(self.repo(repo)?, actor, &pull.base_ref) {
            return Err(Refused::new(405, "You're not authorized to push to this branch."));
        }
        let title = format!("Merge pull request #{number} from {}/{}", self.login(pull.head_owner), pull.head_ref);
        let (title, body) = match method {
            Method::Squash => (format!("{} (#{number})", issue.title), issue.body.clone()),
            Method::Merge | Method::Rebase => (title, issue.title.clone()),
        };
        let (title, body) = (text.0.map_or(title, str::to_owned), text.1.map_or(body, str::to_owned));
        let message = if body.is_empty() { title } else { format!("{title}\n\n{body}") };
        let git = self.open_git(repo)?;
        let name = format!("refs/heads/{}", pull.base_ref);
        let base = git.refname_to_id(&name)?;
        let made = combine(&git, base, Oid::from_str(&pull.head_sha)?, method, &message, &self.signature(by)?)?;
        let made = made.ok_or_else(|| Refused::new(405, "Pull Request is not mergeable"))?;
        let change = RefChange { name: name.clone(), old: base.to_string(), new: made.to_string() };
        git.reference_matching(&name, made, true, base, "merge")?;
        // The base is told of first, so the pull request must be closed before `follow_base` looks at it.
        self.merged(repo, number, by, &change.new)?;
        self.pushed(repo, by, std::slice::from_ref(&change))?;
        Ok(change.new)
    }

    /// Merges the base into the head branch (`PUT pulls/N/update-branch`).
    pub fn update_branch(&mut self, repo: u64, number: u64, actor: &Actor) -> Result<(), Refused> {
        let by = self.by(actor);
        let pull = self.issue(repo, number)?.pull.clone().ok_or_else(Refused::not_found)?;
        let git = self.open_git(repo)?;
        let base = git.refname_to_id(&format!("refs/heads/{}", pull.base_ref))?;
        if super::git::reaches(&git, &pull.head_sha, &base.to_string()) {
            return Err(Refused::new(422, "There are no new commits on the base branch."));
        }
        let message = format!("Merge branch '{}' into {}", pull.base_ref, pull.head_ref);
        let head = Oid::from_str(&pull.head_sha)?;
        let made = combine(&git, head, base, Method::Merge, &message, &self.signature(by)?)?;
        let made = made.ok_or_else(|| Refused::new(422, "merge conflict between base and head"))?;
        let Some(head_repo) = pull.head_repo.filter(|id| *id == repo) else {
            return Err(Refused::new(403, "Resource not accessible by integration"));
        };
        let name = format!("refs/heads/{}", pull.head_ref);
        let change = RefChange { name: name.clone(), old: head.to_string(), new: made.to_string() };
        self.allow_ref(head_repo, actor, &change).map_err(|why| Refused::new(422, why))?;
        git.reference_matching(&name, made, true, head, "update branch")?;
        self.pushed(head_repo, by, &[change])
    }

    /// `POST merges`: merges `head` into the branch `base`. `None` if there was nothing to merge.
    pub fn merge_branch(
        &mut self,
        repo: u64,
        actor: &Actor,
        (base, head): (&str, &str),
        message: Option<&str>,
    ) -> Result<Option<String>, Refused> {
        let by = self.by(actor);
        let git = self.open_git(repo)?;
        let name = format!("refs/heads/{base}");
        let old = git.refname_to_id(&name).map_err(|_| Refused::new(404, "Base does not exist"))?;
        let of = super::git::resolve(&git, head).ok_or_else(|| Refused::new(404, "Head does not exist"))?;
        if super::git::reaches(&git, &old.to_string(), &of.to_string()) {
            return Ok(None);
        }
        let default = format!("Merge {head} into {base}");
        let made = combine(&git, old, of, Method::Merge, message.unwrap_or(&default), &self.signature(by)?)?;
        let made = made.ok_or_else(|| Refused::new(409, "Merge conflict"))?;
        let change = RefChange { name: name.clone(), old: old.to_string(), new: made.to_string() };
        self.allow_ref(repo, actor, &change).map_err(|why| Refused {
            errors: vec![json!({"resource": "Reference", "code": "custom", "message": why})],
            ..Refused::new(409, "You're not authorized to push to this branch.")
        })?;
        git.reference_matching(&name, made, true, old, "merge")?;
        self.pushed(repo, by, std::slice::from_ref(&change))?;
        Ok(Some(change.new))
    }
}
