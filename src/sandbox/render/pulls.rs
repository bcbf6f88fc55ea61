//! Pull requests and reviews as bodies.

use super::node_id;
use crate::sandbox::world::issue::{Issue, Pull, Review};
use crate::sandbox::world::model::Repo;
use crate::sandbox::world::time::iso;
use crate::sandbox::world::{PENDING, World, git};
use serde_json::{Value, json};

impl World {
    /// `pull-request-simple`, as in lists.
    pub fn pull_simple_json(&self, repo: u64, issue: &Issue) -> Value {
        let (Some(of), Some(pull)) = (self.repos.get(&repo), &issue.pull) else { return Value::Null };
        let (api, html, number) = (self.repo_api(of), self.html(of), issue.number);
        let (url, page) = (format!("{api}/pulls/{number}"), format!("{html}/pull/{number}"));
        let issue_url = format!("{api}/issues/{number}");
        let statuses = format!("{api}/statuses/{}", pull.head_sha);
        let links = json!({
            "self": {"href": url}, "html": {"href": page}, "issue": {"href": issue_url},
            "comments": {"href": format!("{issue_url}/comments")}, "statuses": {"href": statuses},
            "review_comments": {"href": format!("{url}/comments")}, "commits": {"href": format!("{url}/commits")},
            "review_comment": {"href": format!("{api}/pulls/comments{{/number}}")},
        });
        json!({
            "url": url, "id": pull.id, "node_id": node_id("PullRequest", pull.id), "html_url": page,
            "diff_url": format!("{page}.diff"), "patch_url": format!("{page}.patch"), "issue_url": issue_url,
            "commits_url": format!("{url}/commits"), "review_comments_url": format!("{url}/comments"),
            "review_comment_url": format!("{api}/pulls/comments{{/number}}"),
            "comments_url": format!("{issue_url}/comments"), "statuses_url": statuses,
            "number": number, "state": if issue.open { "open" } else { "closed" }, "locked": issue.locked,
            "title": issue.title, "user": self.user_json(issue.author), "body": issue.body,
            "labels": self.labels_json(of, issue), "milestone": null, "active_lock_reason": null,
            "created_at": iso(issue.created_at), "updated_at": iso(issue.updated_at),
            "closed_at": issue.closed_at.map(iso), "merged_at": pull.merged_at.map(iso),
            "merge_commit_sha": pull.merge_commit_sha,
            "assignee": issue.assignees.first().map(|id| self.user_json(*id)),
            "assignees": self.users_json(&issue.assignees),
            "requested_reviewers": self.users_json(&pull.requested), "requested_teams": [],
            "head": self.head_json(pull), "base": self.base_json(of, pull),
            "_links": links, "author_association": self.association(of, issue.author), "auto_merge": null, "draft": pull.draft,
        })
    }

    fn head_json(&self, pull: &Pull) -> Value {
        let head = pull.head_repo.and_then(|id| self.repos.get(&id));
        json!({
            "label": format!("{}:{}", self.login(pull.head_owner), pull.head_ref), "ref": pull.head_ref,
            "sha": pull.head_sha, "user": self.user_json(pull.head_owner), "repo": head.map(|r| self.repository_json(r)),
        })
    }

    fn base_json(&self, of: &Repo, pull: &Pull) -> Value {
        json!({
            "label": format!("{}:{}", self.login(of.owner), pull.base_ref), "ref": pull.base_ref, "sha": pull.base_sha,
            "user": self.user_json(of.owner), "repo": self.repository_json(of),
        })
    }

    /// `pull-request`, with what must be counted.
    pub fn pull_json(&self, repo: u64, issue: &Issue) -> Value {
        let mut body = self.pull_simple_json(repo, issue);
        let Some(pull) = &issue.pull else { return body };
        let (commits, changed, additions, deletions) = self.size(repo, pull).unwrap_or_default();
        let more = json!({
            "merged": pull.merged_at.is_some(), "mergeable": pull.mergeable, "rebaseable": pull.mergeable,
            "mergeable_state": self.mergeable_state(repo, issue.number),
            "merged_by": pull.merged_by.map(|id| self.user_json(id)), "comments": issue.comments.len(),
            "review_comments": 0, "maintainer_can_modify": pull.maintainer_can_modify, "commits": commits,
            "additions": additions, "deletions": deletions, "changed_files": changed,
        });
        if let (Value::Object(into), Value::Object(more)) = (&mut body, more) {
            into.extend(more);
        }
        body
    }

    /// Commits, files, added and deleted lines between the merge base and the head.
    fn size(&self, repo: u64, pull: &Pull) -> Option<(usize, usize, usize, usize)> {
        let git = self.open_git(repo).ok()?;
        let (base, head) = pull_range(&git, pull)?;
        let commits = git::between(&git, &[base], head, 250).ok()?.len();
        let tree = |oid| git.find_commit(oid).and_then(|c| c.tree()).ok();
        let stats = git.diff_tree_to_tree(Some(&tree(base)?), Some(&tree(head)?), None).ok()?.stats().ok()?;
        Some((commits, stats.files_changed(), stats.insertions(), stats.deletions()))
    }

    /// `pull-request-review`.
    pub fn review_json(&self, repo: u64, issue: &Issue, review: &Review) -> Value {
        let Some(of) = self.repos.get(&repo) else { return Value::Null };
        let pull = format!("{}/pulls/{}", self.repo_api(of), issue.number);
        let page = format!("{}/pull/{}#pullrequestreview-{}", self.html(of), issue.number, review.id);
        let mut body = json!({
            "id": review.id, "node_id": node_id("PullRequestReview", review.id), "user": self.user_json(review.author),
            "body": review.body, "state": review.state, "html_url": page, "pull_request_url": pull,
            "author_association": self.association(of, review.author), "commit_id": review.commit_id, "_links": {"html": {"href": page}, "pull_request": {"href": pull}},
        });
        if review.state != PENDING {
            body["submitted_at"] = json!(iso(review.submitted_at));
        }
        body
    }
}

/// From where to where a pull request goes: the merge base (for a merged one, of the base as it was) and the head.
pub fn pull_range(git: &git2::Repository, pull: &Pull) -> Option<(git2::Oid, git2::Oid)> {
    let head = git2::Oid::from_str(&pull.head_sha).ok()?;
    let live = || git.refname_to_id(&format!("refs/heads/{}", pull.base_ref)).ok();
    let kept = || git2::Oid::from_str(&pull.base_sha).ok();
    let base = if pull.merged_at.is_some() { kept() } else { live().or_else(kept) }?;
    let base = git.merge_base(base, head).ok()?;
    // When the base has all of the head (closed without merging), the base as it was tells more than nothing.
    let base = if base == head { git.merge_base(kept()?, head).ok()? } else { base };
    Some((base, head))
}
