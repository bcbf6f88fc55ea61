//! What can be done to an issue or pull request alike: text, comments, closing and reopening.

use super::issue::{Comment, Issue, What};
use super::model::Role;
use super::time::now;
use super::{By, World, git};
use crate::sandbox::types::{Refused, SandboxEvent};
use serde_json::{Value, json};

/// GitHub's limit of a comment's text.
const LONGEST_BODY: usize = 65_536;

impl World {
    pub fn open_issue(&mut self, repo: u64, by: By, title: &str, body: &str) -> Result<u64, Refused> {
        let (id, at) = (self.id(), now());
        let of = self.repo_mut(repo)?;
        let number = of.next_number;
        of.next_number += 1;
        let issue = Issue {
            id,
            number,
            title: title.to_owned(),
            body: body.to_owned(),
            author: by.user,
            via_app: by.app,
            open: true,
            state_reason: None,
            locked: false,
            labels: Vec::new(),
            assignees: Vec::new(),
            created_at: at,
            updated_at: at,
            closed_at: None,
            closed_by: None,
            comments: Vec::new(),
            reactions: Vec::new(),
            timeline: Vec::new(),
            pull: None,
        };
        of.issues.insert(number, issue);
        Ok(number)
    }

    fn is_pull(&self, repo: u64, number: u64) -> bool {
        self.issue(repo, number).is_ok_and(|i| i.pull.is_some())
    }

    /// Tells as `pull_request` or as `issues`, whichever it is.
    pub(super) fn tell_either(&mut self, repo: u64, number: u64, action: &str, by: By, extra: Value) {
        if self.is_pull(repo, number) {
            self.tell_pull(repo, number, action, by, extra);
        } else {
            self.tell_issue(repo, number, action, by, extra);
        }
    }

    pub fn note(&mut self, repo: u64, number: u64, by: By, what: What) -> Result<(), Refused> {
        let id = self.id();
        self.issue_mut(repo, number)?.note(id, (by.user, by.app), now(), what);
        Ok(())
    }

    /// Closes it unmerged; nothing happens if it is closed already.
    pub fn close_issue(&mut self, repo: u64, number: u64, by: By) -> Result<(), Refused> {
        if !self.issue(repo, number)?.open {
            return Ok(());
        }
        self.note(repo, number, by, What::Closed)?;
        let issue = self.issue_mut(repo, number)?;
        (issue.open, issue.closed_at, issue.closed_by) = (false, Some(now()), Some(by.user));
        if issue.pull.is_none() {
            issue.state_reason.get_or_insert_with(|| "completed".into());
        }
        self.drop_merge_ref(repo, number);
        self.tell_either(repo, number, "closed", by, json!({}));
        Ok(())
    }

    /// Opens it again. A pull request only if its head branch exists and still has something the base has not.
    pub fn reopen_issue(&mut self, repo: u64, number: u64, by: By) -> Result<(), Refused> {
        let issue = self.issue(repo, number)?;
        if issue.open {
            return Ok(());
        }
        if let Some(pull) = issue.pull.clone() {
            let custom = |text: &str| Refused::custom("PullRequest", text);
            if pull.merged_at.is_some() {
                return Err(Refused::invalid("PullRequest", "state", "invalid"));
            }
            let head = pull.head_repo.and_then(|id| self.open_git(id).ok());
            let tip = head.and_then(|g| git::tip(&g, &format!("refs/heads/{}", pull.head_ref)));
            let Some(tip) = tip else { return Err(custom("state cannot be changed. The head branch was deleted.")) };
            let base = git::tip(&self.open_git(repo)?, &format!("refs/heads/{}", pull.base_ref));
            let Some(base) = base else { return Err(custom("state cannot be changed. The base branch was deleted.")) };
            if !git::reaches(&self.open_git(pull.head_repo.unwrap_or(repo))?, &tip, &pull.head_sha) {
                return Err(custom("state cannot be changed. The head branch was force-pushed or recreated."));
            }
            if git::reaches(&self.open_git(repo)?, &base, &tip) {
                return Err(custom("state cannot be changed. There are no new commits on the head branch."));
            }
            self.copy_head(repo, number)?;
            if let Some(pull) = &mut self.issue_mut(repo, number)?.pull {
                (pull.head_sha, pull.base_sha) = (tip, base);
                (pull.mergeable, pull.merge_commit_sha) = (None, None);
            }
        }
        self.note(repo, number, by, What::Reopened)?;
        let issue = self.issue_mut(repo, number)?;
        (issue.open, issue.closed_at, issue.closed_by, issue.state_reason) = (true, None, None, None);
        self.tell_either(repo, number, "reopened", by, json!({}));
        Ok(())
    }

    pub fn retitle(
        &mut self,
        repo: u64,
        number: u64,
        by: By,
        title: Option<&str>,
        body: Option<&str>,
    ) -> Result<(), Refused> {
        let issue = self.issue_mut(repo, number)?;
        let (old_title, old_body) = (issue.title.clone(), issue.body.clone());
        let mut changes = serde_json::Map::new();
        if let Some(title) = title.filter(|t| *t != old_title) {
            title.clone_into(&mut issue.title);
            changes.insert("title".into(), json!({"from": old_title}));
            self.note(repo, number, by, What::Renamed { from: old_title, to: title.to_owned() })?;
        }
        if let Some(body) = body.filter(|b| *b != old_body) {
            let issue = self.issue_mut(repo, number)?;
            (issue.body, issue.updated_at) = (body.to_owned(), now());
            changes.insert("body".into(), json!({"from": old_body}));
        }
        if !changes.is_empty() {
            self.tell_either(repo, number, "edited", by, json!({"changes": changes}));
        }
        Ok(())
    }

    pub fn comment(&mut self, repo: u64, number: u64, by: By, body: &str) -> Result<u64, Refused> {
        let issue = self.issue(repo, number)?;
        check_body(body)?;
        if issue.locked && self.role(by.user, self.repo(repo)?) < Role::Write && by.app.is_none() {
            return Err(Refused::new(403, "Unable to create comment because issue is locked."));
        }
        let (id, note, at) = (self.id(), self.id(), now());
        let issue = self.issue_mut(repo, number)?;
        let comment = Comment {
            id,
            author: by.user,
            via_app: by.app,
            body: body.to_owned(),
            created_at: at,
            updated_at: at,
            reactions: Vec::new(),
        };
        issue.comments.push(comment);
        issue.note(note, (by.user, by.app), at, What::Commented { comment: id });
        self.tell_comment(repo, id, by, "created", json!({}));
        Ok(id)
    }

    /// Issue number and place of a comment.
    pub fn find_comment(&self, repo: u64, id: u64) -> Result<(&Issue, &Comment), Refused> {
        let issues = self.repo(repo)?.issues.values();
        let mut found = issues.filter_map(|i| Some((i, i.comments.iter().find(|c| c.id == id)?)));
        found.next().ok_or_else(Refused::not_found)
    }

    pub(super) fn comment_mut(&mut self, repo: u64, id: u64) -> Result<&mut Comment, Refused> {
        let issues = self.repo_mut(repo)?.issues.values_mut();
        issues.flat_map(|i| i.comments.iter_mut()).find(|c| c.id == id).ok_or_else(Refused::not_found)
    }

    pub fn edit_comment(&mut self, repo: u64, id: u64, by: By, body: &str) -> Result<(), Refused> {
        check_body(body)?;
        let comment = self.comment_mut(repo, id)?;
        let from = std::mem::replace(&mut comment.body, body.to_owned());
        // GitHub's times have whole seconds; an edit within the second of the comment must still be seen as one.
        comment.updated_at = now().max(comment.created_at + 1000);
        self.tell_comment(repo, id, by, "edited", json!({"changes": {"body": {"from": from}}}));
        Ok(())
    }

    pub fn delete_comment(&mut self, repo: u64, id: u64, by: By) -> Result<(), Refused> {
        let number = self.find_comment(repo, id)?.0.number;
        self.tell_comment(repo, id, by, "deleted", json!({}));
        let issue = self.issue_mut(repo, number)?;
        issue.comments.retain(|c| c.id != id);
        issue.timeline.retain(|m| !matches!(m.what, What::Commented { comment } if comment == id));
        Ok(())
    }

    fn tell_comment(&mut self, repo: u64, id: u64, by: By, action: &str, extra: Value) {
        let Ok((issue, comment)) = self.find_comment(repo, id) else { return };
        let (number, text) = (issue.number, comment.body.clone());
        let mut body =
            json!({"issue": self.issue_json(repo, issue), "comment": self.comment_json(repo, issue, comment)});
        if let (Value::Object(into), Value::Object(extra)) = (&mut body, extra) {
            into.extend(extra);
        }
        let by_login = self.login(by.user).to_owned();
        self.event(SandboxEvent::Comment { repo, number, id, action: action.to_owned(), body: text, by: by_login });
        self.hook(repo, "issue_comment", Some(action), by, body);
    }
}

fn check_body(body: &str) -> Result<(), Refused> {
    if body.trim().is_empty() {
        return Err(Refused::invalid("IssueComment", "body", "missing_field"));
    }
    if body.chars().count() > LONGEST_BODY {
        return Err(Refused::custom("IssueComment", "body is too long (maximum is 65536 characters)"));
    }
    Ok(())
}
