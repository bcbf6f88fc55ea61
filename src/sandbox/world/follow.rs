//! How open pull requests follow their branches: synchronize, closed, merged. Only here does a push end a pull request.
//!
//! GitHub's rules, as observed by merge bots in production: a push to the base that reaches the head's *current* tip shows the
//! pull request as merged; a head that is moved to what the base already has is closed unmerged (so head first, base second).

use super::git::{self, ABSENT};
use super::issue::{Pull, What};
use super::time::now;
use super::{By, World};
use crate::sandbox::types::{RefChange, Refused};
use serde_json::json;
use std::collections::HashSet;

impl World {
    pub(super) fn open_pulls(&self, wanted: impl Fn(u64, &Pull) -> bool) -> Vec<(u64, u64)> {
        let all = self.repos.values().flat_map(|r| r.issues.values().map(move |i| (r.id, i)));
        let open = all.filter(|(repo, i)| i.open && i.pull.as_ref().is_some_and(|p| wanted(*repo, p)));
        open.map(|(repo, i)| (repo, i.number)).collect()
    }

    /// The branch `branch` of `head_repo` moved: pull requests from it follow.
    pub(super) fn follow_head(
        &mut self,
        head_repo: u64,
        by: By,
        branch: &str,
        change: &RefChange,
    ) -> Result<(), Refused> {
        for (repo, number) in self.open_pulls(|_, p| p.head_repo == Some(head_repo) && p.head_ref == branch) {
            if change.new == ABSENT {
                let (id, at) = (self.id(), now());
                self.issue_mut(repo, number)?.note(id, (by.user, by.app), at, What::HeadRefDeleted);
                self.close_issue(repo, number, by)?;
                continue;
            }
            self.move_head(repo, number, by, change)?;
        }
        Ok(())
    }

    fn move_head(&mut self, repo: u64, number: u64, by: By, change: &RefChange) -> Result<(), Refused> {
        self.copy_head(repo, number)?;
        let git = self.open_git(repo)?;
        let pull = self.issue(repo, number)?.pull.clone().ok_or_else(Refused::not_found)?;
        let base = git::tip(&git, &format!("refs/heads/{}", pull.base_ref)).unwrap_or_default();
        let forced = super::is_forced(&git, change);
        let added = git::between(&git, &hidden(&base, &change.old, forced), git2::Oid::from_str(&change.new)?, 250)?;
        let at = now();
        let ids = (0..=added.len()).map(|_| self.id()).collect::<Vec<_>>();
        let issue = self.issue_mut(repo, number)?;
        let mut notes = Vec::new();
        if forced {
            // GitHub lists the commits the pull request has now, not those it once had.
            issue.timeline.retain(|m| !matches!(m.what, What::Committed { .. }));
            notes.push(What::HeadRefForcePushed { after: change.new.clone() });
        }
        notes.extend(added.iter().map(|oid| What::Committed { sha: oid.to_string() }));
        for (what, id) in notes.into_iter().zip(ids) {
            issue.note(id, (by.user, by.app), at, what);
        }
        if let Some(pull) = &mut issue.pull {
            pull.head_sha.clone_from(&change.new);
            pull.base_sha.clone_from(&base);
            (pull.mergeable, pull.merge_commit_sha) = (None, None);
        }
        issue.updated_at = at;
        let extra = json!({"before": change.old, "after": change.new});
        self.tell_pull(repo, number, "synchronize", by, extra);
        if git::reaches(&git, &base, &change.new) {
            self.close_issue(repo, number, by)?;
        }
        Ok(())
    }

    /// Brings the head's commits into the base repository and points `refs/pull/N/head` at them.
    pub(super) fn copy_head(&self, repo: u64, number: u64) -> Result<(), Refused> {
        let pull = self.issue(repo, number)?.pull.as_ref().ok_or_else(Refused::not_found)?;
        let git = self.open_git(repo)?;
        let (from, to) = (format!("refs/heads/{}", pull.head_ref), format!("refs/pull/{number}/head"));
        if pull.head_repo == Some(repo) {
            let oid = git.refname_to_id(&from)?;
            git.reference(&to, oid, true, "head moved")?;
        } else if let Some(head) = pull.head_repo {
            let url = self.git_dir(self.repo(head)?).to_string_lossy().into_owned();
            git.remote_anonymous(&url)?.fetch(&[format!("+{from}:{to}")], None, None)?;
        }
        Ok(())
    }

    /// The branch `branch` of `repo` moved: pull requests onto it are merged, closed, or must be looked at anew.
    pub(super) fn follow_base(
        &mut self,
        repo: u64,
        by: By,
        branch: &str,
        change: &RefChange,
        git: &git2::Repository,
    ) -> Result<(), Refused> {
        let onto = self.open_pulls(|of, p| of == repo && p.base_ref == branch);
        if onto.is_empty() {
            return Ok(());
        }
        if change.new == ABSENT {
            return self.base_deleted(repo, by, branch, &onto);
        }
        let hide: Vec<_> =
            git2::Oid::from_str(&change.old).into_iter().filter(|o| git.find_commit(*o).is_ok()).collect();
        let arrived = git::between(git, &hide, git2::Oid::from_str(&change.new)?, usize::MAX)?;
        let arrived: HashSet<String> = arrived.iter().map(ToString::to_string).collect();
        for (repo, number) in onto {
            let Some(pull) = self.issue(repo, number)?.pull.clone() else { continue };
            if arrived.contains(&pull.head_sha) && self.head_stands(&pull) {
                self.merged(repo, number, by, &change.new)?;
            } else if let Some(pull) = &mut self.issue_mut(repo, number)?.pull {
                (pull.mergeable, pull.merge_commit_sha) = (None, None);
            }
        }
        Ok(())
    }

    /// Pull requests onto a branch that is gone are closed; but if the branch itself was merged by a pull request, they go where
    /// that one went, as GitHub documents for branches deleted after their merge.
    fn base_deleted(&mut self, repo: u64, by: By, branch: &str, onto: &[(u64, u64)]) -> Result<(), Refused> {
        let from = |p: &Pull| p.merged_at.is_some() && p.head_repo == Some(repo) && p.head_ref == branch;
        let merged = self.repo(repo)?.issues.values().filter_map(|i| i.pull.as_ref()).filter(|p| from(p));
        let onward = merged.max_by_key(|p| p.merged_at).map(|p| p.base_ref.clone());
        for &(repo, number) in onto {
            let Some(pull) = self.issue(repo, number)?.pull.clone() else { continue };
            let moved = onward.as_ref().is_some_and(|base| self.retarget(repo, number, by, &pull, base).is_ok());
            if !moved {
                self.close_issue(repo, number, by)?;
            }
        }
        Ok(())
    }

    /// The head branch is still where the pull request says it is.
    fn head_stands(&self, pull: &Pull) -> bool {
        let git = pull.head_repo.and_then(|id| self.open_git(id).ok());
        git.and_then(|g| git::tip(&g, &format!("refs/heads/{}", pull.head_ref))).as_ref() == Some(&pull.head_sha)
    }

    /// Shows a pull request as merged by `commit`, and tells.
    pub fn merged(&mut self, repo: u64, number: u64, by: By, commit: &str) -> Result<(), Refused> {
        let (first, second, at) = (self.id(), self.id(), now());
        let issue = self.issue_mut(repo, number)?;
        issue.note(first, (by.user, by.app), at, What::Merged { commit: commit.to_owned() });
        issue.note(second, (by.user, by.app), at, What::Closed);
        (issue.open, issue.closed_at, issue.closed_by) = (false, Some(at), Some(by.user));
        if let Some(pull) = &mut issue.pull {
            (pull.merged_at, pull.merged_by) = (Some(at), Some(by.user));
            (pull.merge_commit_sha, pull.mergeable) = (Some(commit.to_owned()), None);
        }
        self.drop_merge_ref(repo, number);
        self.tell_pull(repo, number, "closed", by, json!({}));
        Ok(())
    }

    /// The test merge goes when the pull request is no longer open; `refs/pull/N/head` stays for ever.
    pub(super) fn drop_merge_ref(&self, repo: u64, number: u64) {
        if let Ok(git) = self.open_git(repo)
            && let Ok(mut found) = git.find_reference(&format!("refs/pull/{number}/merge"))
        {
            // It can only fail if it is gone already.
            let _ = found.delete();
        }
    }
}

/// What the list of new commits leaves out: the base, and the old head if the branch moved forward.
fn hidden(base: &str, old: &str, forced: bool) -> Vec<git2::Oid> {
    let known = if forced { vec![base] } else { vec![base, old] };
    known.into_iter().filter_map(|sha| git2::Oid::from_str(sha).ok()).filter(|o| !o.is_zero()).collect()
}
