//! Issues, comments and reactions as bodies.

use super::node_id;
use crate::sandbox::world::World;
use crate::sandbox::world::issue::{Comment, Issue, Reaction};
use crate::sandbox::world::model::{Repo, Role};
use crate::sandbox::world::time::iso;
use serde_json::{Value, json};

impl World {
    /// How somebody stands to a repository.
    pub fn association(&self, repo: &Repo, user: u64) -> &'static str {
        if repo.owner == user || user == self.cast.admin {
            return "OWNER";
        }
        match repo.collaborators.get(&user) {
            Some(role) if *role >= Role::Read => "COLLABORATOR",
            _ => {
                let merged = repo
                    .issues
                    .values()
                    .any(|i| i.author == user && i.pull.as_ref().is_some_and(|p| p.merged_at.is_some()));
                if merged { "CONTRIBUTOR" } else { "NONE" }
            }
        }
    }

    pub fn labels_json(&self, repo: &Repo, issue: &Issue) -> Value {
        let found = issue.labels.iter().filter_map(|id| repo.labels.iter().find(|l| l.id == *id));
        found.map(|label| self.label_json(repo, label)).collect()
    }

    /// `issue`; a pull request has the member `pull_request`.
    pub fn issue_json(&self, repo: u64, issue: &Issue) -> Value {
        let Some(of) = self.repos.get(&repo) else { return Value::Null };
        let (api, html, number) = (self.repo_api(of), self.html(of), issue.number);
        let url = format!("{api}/issues/{number}");
        let page = if issue.pull.is_some() { "pull" } else { "issues" };
        let mut body = json!({
            "url": url, "repository_url": api, "labels_url": format!("{url}/labels{{/name}}"),
            "comments_url": format!("{url}/comments"), "events_url": format!("{url}/events"),
            "timeline_url": format!("{url}/timeline"), "html_url": format!("{html}/{page}/{number}"),
            "id": issue.id, "node_id": node_id("Issue", issue.id), "number": number, "title": issue.title,
            "user": self.user_json(issue.author), "labels": self.labels_json(of, issue),
            "state": if issue.open { "open" } else { "closed" }, "state_reason": issue.state_reason,
            "locked": issue.locked, "active_lock_reason": null, "assignee": issue.assignees.first().map(|id| self.user_json(*id)),
            "assignees": self.users_json(&issue.assignees), "milestone": null,
            "comments": issue.comments.len(), "created_at": iso(issue.created_at), "updated_at": iso(issue.updated_at),
            "closed_at": issue.closed_at.map(iso), "closed_by": issue.closed_by.map(|id| self.user_json(id)),
            "author_association": self.association(of, issue.author), "body": issue.body,
            "performed_via_github_app": self.maybe_app_json(issue.via_app),
            "reactions": Self::rollup_json(&url, &issue.reactions),
        });
        if let Some(pull) = &issue.pull {
            body["draft"] = json!(pull.draft);
            body["pull_request"] = json!({
                "url": format!("{api}/pulls/{number}"), "html_url": format!("{html}/pull/{number}"),
                "diff_url": format!("{html}/pull/{number}.diff"), "patch_url": format!("{html}/pull/{number}.patch"),
                "merged_at": pull.merged_at.map(iso),
            });
        }
        body
    }

    /// `issue-comment`.
    pub fn comment_json(&self, repo: u64, issue: &Issue, comment: &Comment) -> Value {
        let Some(of) = self.repos.get(&repo) else { return Value::Null };
        let url = format!("{}/issues/comments/{}", self.repo_api(of), comment.id);
        let page = if issue.pull.is_some() { "pull" } else { "issues" };
        json!({
            "url": url, "html_url": format!("{}/{page}/{}#issuecomment-{}", self.html(of), issue.number, comment.id),
            "issue_url": format!("{}/issues/{}", self.repo_api(of), issue.number),
            "id": comment.id, "node_id": node_id("IssueComment", comment.id), "user": self.user_json(comment.author),
            "created_at": iso(comment.created_at), "updated_at": iso(comment.updated_at),
            "author_association": self.association(of, comment.author), "body": comment.body,
            "reactions": Self::rollup_json(&url, &comment.reactions),
            "performed_via_github_app": self.maybe_app_json(comment.via_app),
        })
    }

    fn rollup_json(of: &str, reactions: &[Reaction]) -> Value {
        let count = |kind: &str| reactions.iter().filter(|r| r.content == kind).count();
        json!({
            "url": format!("{of}/reactions"), "total_count": reactions.len(), "+1": count("+1"), "-1": count("-1"),
            "laugh": count("laugh"), "hooray": count("hooray"), "confused": count("confused"), "heart": count("heart"),
            "rocket": count("rocket"), "eyes": count("eyes"),
        })
    }

    pub fn reaction_json(&self, reaction: &Reaction) -> Value {
        json!({
            "id": reaction.id, "node_id": node_id("Reaction", reaction.id), "user": self.user_json(reaction.user),
            "content": reaction.content, "created_at": iso(reaction.created_at),
        })
    }
}
