//! The timeline of an issue or pull request as bodies; each kind of entry has its own shape at GitHub.

use super::node_id;
use crate::sandbox::world::World;
use crate::sandbox::world::issue::{Issue, Moment, What};
use crate::sandbox::world::time::iso;
use serde_json::{Value, json};

impl World {
    pub fn moment_json(&self, repo: u64, issue: &Issue, moment: &Moment) -> Value {
        let plain =
            |event: &str, commit: Option<&str>, extra: Value| self.event_json(repo, moment, event, commit, extra);
        let me = || self.user_json(moment.actor);
        match &moment.what {
            What::Labeled { name, color } => plain("labeled", None, json!({"label": {"name": name, "color": color}})),
            What::Unlabeled { name, color } => {
                plain("unlabeled", None, json!({"label": {"name": name, "color": color}}))
            }
            What::Renamed { from, to } => plain("renamed", None, json!({"rename": {"from": from, "to": to}})),
            What::HeadRefForcePushed { after } => plain("head_ref_force_pushed", Some(after), json!({})),
            What::HeadRefDeleted => plain("head_ref_deleted", None, json!({})),
            What::BaseRefChanged => plain("base_ref_changed", None, json!({})),
            What::ConvertToDraft => plain("convert_to_draft", None, json!({})),
            What::ReadyForReview => plain("ready_for_review", None, json!({})),
            What::Merged { commit } => plain("merged", Some(commit), json!({})),
            What::Closed => plain("closed", None, json!({"state_reason": null})),
            What::Reopened => plain("reopened", None, json!({"state_reason": null})),
            What::Assigned { who } => {
                plain("assigned", None, json!({"assignee": self.user_json(*who), "assigner": me()}))
            }
            What::Unassigned { who } => {
                plain("unassigned", None, json!({"assignee": self.user_json(*who), "assigner": me()}))
            }
            What::ReviewRequested { who } => {
                let people = json!({"review_requester": me(), "requested_reviewer": self.user_json(*who)});
                plain("review_requested", None, people)
            }
            What::ReviewRequestRemoved { who } => {
                let people = json!({"review_requester": me(), "requested_reviewer": self.user_json(*who)});
                plain("review_request_removed", None, people)
            }
            What::ReviewDismissed { review, was, message } => {
                let review = json!({"state": was, "review_id": review, "dismissal_message": message});
                plain("review_dismissed", None, json!({"dismissed_review": review}))
            }
            What::Committed { sha } => self.committed_json(repo, sha),
            What::Commented { comment } => {
                let found = issue.comments.iter().find(|c| c.id == *comment);
                let mut body = found.map_or(Value::Null, |c| self.comment_json(repo, issue, c));
                body["event"] = json!("commented");
                body["actor"] = self.user_json(moment.actor);
                body
            }
            What::Reviewed { review } => {
                let found = issue.pull.as_ref().and_then(|p| p.reviews.iter().find(|r| r.id == *review));
                let mut body = found.map_or(Value::Null, |r| self.review_json(repo, issue, r));
                body["state"] = json!(body["state"].as_str().unwrap_or_default().to_lowercase());
                body["event"] = json!("reviewed");
                body
            }
        }
    }

    /// The form most entries share.
    fn event_json(&self, repo: u64, moment: &Moment, event: &str, commit: Option<&str>, extra: Value) -> Value {
        let Some(of) = self.repos.get(&repo) else { return Value::Null };
        let api = self.repo_api(of);
        let mut body = json!({
            "id": moment.id, "node_id": node_id("Event", moment.id), "event": event, "actor": self.user_json(moment.actor),
            "url": format!("{api}/issues/events/{}", moment.id), "commit_id": commit,
            "commit_url": commit.map(|sha| format!("{api}/commits/{sha}")), "created_at": iso(moment.at),
            "performed_via_github_app": self.maybe_app_json(moment.via_app),
        });
        if let (Value::Object(into), Value::Object(extra)) = (&mut body, extra) {
            into.extend(extra);
        }
        body
    }

    /// A `committed` entry is the commit itself, without id, actor or time of its own.
    fn committed_json(&self, repo: u64, sha: &str) -> Value {
        let read = || {
            let (of, git) = (self.repos.get(&repo)?, self.open_git(repo).ok()?);
            let commit = git.find_commit(git2::Oid::from_str(sha).ok()?).ok()?;
            Some(super::git_commit_json(self, of, &commit))
        };
        let mut body = read().unwrap_or_else(|| json!({"sha": sha}));
        body["event"] = json!("committed");
        body
    }
}
