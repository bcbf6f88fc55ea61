//! Opening and editing pull requests. How they follow pushes is in `follow`, how they are merged in `merge`.

use super::issue::{Pull, What};
use super::{By, World, git};
use crate::sandbox::types::{NewPull, Refused};
use serde_json::json;

/// What may change about an open pull request; `None` leaves it.
#[derive(Debug, Default)]
pub struct PullChange {
    pub title: Option<String>,
    pub body: Option<String>,
    pub open: Option<bool>,
    pub base: Option<String>,
    pub maintainer_can_modify: Option<bool>,
    pub draft: Option<bool>,
}

impl World {
    pub fn open_pull(&mut self, by: By, new: &NewPull) -> Result<u64, Refused> {
        let into = self.repo(new.repo)?;
        let head_owner = self.repo(new.head_repo)?.owner;
        let related = new.head_repo == new.repo
            || self.repo(new.head_repo)?.fork_of == Some(new.repo)
            || into.fork_of == Some(new.head_repo);
        let base = git::tip(&self.open_git(new.repo)?, &format!("refs/heads/{}", new.base));
        let head = git::tip(&self.open_git(new.head_repo)?, &format!("refs/heads/{}", new.head));
        let base = base.ok_or_else(|| Refused::invalid("PullRequest", "base", "invalid"))?;
        let head = head.filter(|_| related).ok_or_else(|| Refused::invalid("PullRequest", "head", "invalid"))?;
        let label = format!("{}:{}", self.login(head_owner), new.head);
        let same = |p: &Pull| p.head_repo == Some(new.head_repo) && p.head_ref == new.head && p.base_ref == new.base;
        if into.issues.values().any(|i| i.open && i.pull.as_ref().is_some_and(same)) {
            return Err(Refused::custom("PullRequest", &format!("A pull request already exists for {label}.")));
        }
        let number = self.open_issue(new.repo, by, &new.title, &new.body)?;
        let pull = Pull {
            id: self.id(),
            head_repo: Some(new.head_repo),
            head_owner,
            head_ref: new.head.clone(),
            head_sha: head.clone(),
            base_ref: new.base.clone(),
            base_sha: base.clone(),
            draft: new.draft,
            maintainer_can_modify: new.maintainer_can_modify && new.head_repo != new.repo,
            merged_at: None,
            merged_by: None,
            merge_commit_sha: None,
            mergeable: None,
            reviews: Vec::new(),
            threads: Vec::new(),
            requested: Vec::new(),
        };
        self.issue_mut(new.repo, number)?.pull = Some(pull);
        if let Err(refused) = self.first_commits(new, number, by, &base, &head) {
            // The number is spent, as on GitHub after a failed creation; the half-made issue is not shown.
            self.repo_mut(new.repo)?.issues.remove(&number);
            return Err(refused);
        }
        self.tell_pull(new.repo, number, "opened", by, json!({}));
        Ok(number)
    }

    fn first_commits(&mut self, new: &NewPull, number: u64, by: By, base: &str, head: &str) -> Result<(), Refused> {
        self.copy_head(new.repo, number)?;
        let git = self.open_git(new.repo)?;
        if git::reaches(&git, base, head) {
            if let Ok(mut made) = git.find_reference(&format!("refs/pull/{number}/head")) {
                made.delete()?;
            }
            let text = format!("No commits between {} and {}", new.base, new.head);
            return Err(Refused::custom("PullRequest", &text));
        }
        let commits = git::between(&git, &[git2::Oid::from_str(base)?], git2::Oid::from_str(head)?, 250)?;
        for oid in commits {
            self.note(new.repo, number, by, What::Committed { sha: oid.to_string() })?;
        }
        Ok(())
    }

    pub fn update_pull(&mut self, repo: u64, number: u64, by: By, change: &PullChange) -> Result<(), Refused> {
        let pull = self.issue(repo, number)?.pull.clone().ok_or_else(Refused::not_found)?;
        self.retitle(repo, number, by, change.title.as_deref(), change.body.as_deref())?;
        if let Some(base) = change.base.as_deref().filter(|b| *b != pull.base_ref) {
            self.retarget(repo, number, by, &pull, base)?;
        }
        if let (Some(may), Some(pull)) = (change.maintainer_can_modify, &mut self.issue_mut(repo, number)?.pull) {
            pull.maintainer_can_modify = may && pull.head_repo != Some(repo);
        }
        match change.open {
            Some(true) => self.reopen_issue(repo, number, by)?,
            Some(false) => self.close_issue(repo, number, by)?,
            None => {}
        }
        if let Some(draft) = change.draft.filter(|d| *d != pull.draft) {
            self.set_draft(repo, number, by, draft)?;
        }
        Ok(())
    }

    pub(super) fn retarget(&mut self, repo: u64, number: u64, by: By, pull: &Pull, base: &str) -> Result<(), Refused> {
        if !self.issue(repo, number)?.open {
            return Err(Refused::custom("PullRequest", "Cannot change the base branch of a closed pull request."));
        }
        let git = self.open_git(repo)?;
        let tip = git::tip(&git, &format!("refs/heads/{base}"));
        let tip = tip.ok_or_else(|| Refused::invalid("PullRequest", "base", "invalid"))?;
        if git::reaches(&git, &tip, &pull.head_sha) {
            let text =
                format!("There are no new commits between base branch '{base}' and head branch '{}'", pull.head_ref);
            return Err(Refused::custom("PullRequest", &text));
        }
        self.note(repo, number, by, What::BaseRefChanged)?;
        let from = (pull.base_ref.clone(), pull.base_sha.clone());
        if let Some(pull) = &mut self.issue_mut(repo, number)?.pull {
            (pull.base_ref, pull.base_sha) = (base.to_owned(), tip);
            (pull.mergeable, pull.merge_commit_sha) = (None, None);
        }
        let changes = json!({"changes": {"base": {"ref": {"from": from.0}, "sha": {"from": from.1}}}});
        self.tell_pull(repo, number, "edited", by, changes);
        Ok(())
    }

    pub fn set_draft(&mut self, repo: u64, number: u64, by: By, draft: bool) -> Result<(), Refused> {
        let issue = self.issue_mut(repo, number)?;
        let pull = issue.pull.as_mut().ok_or_else(Refused::not_found)?;
        if pull.draft == draft {
            return Ok(());
        }
        pull.draft = draft;
        let (what, action) = if draft {
            (What::ConvertToDraft, "converted_to_draft")
        } else {
            (What::ReadyForReview, "ready_for_review")
        };
        self.note(repo, number, by, what)?;
        self.tell_pull(repo, number, action, by, json!({}));
        Ok(())
    }
}
