//! Who is assigned to an issue or pull request, and who was asked to review. GitHub leaves out of assignees whom it cannot
//! assign without a word; of reviewers it refuses the whole request.

use super::issue::{Issue, What};
use super::model::Role;
use super::{By, World};
use crate::sandbox::types::Refused;
use serde_json::json;

/// GitHub's limit of assignees.
const MOST_ASSIGNEES: usize = 10;

impl World {
    fn may_be_assigned(&self, repo: u64, issue: &Issue, user: u64) -> bool {
        let had_a_say = issue.author == user || issue.comments.iter().any(|c| c.author == user);
        had_a_say || self.repo(repo).is_ok_and(|of| self.role(user, of) >= Role::Triage)
    }

    pub fn assign(&mut self, (repo, number): (u64, u64), by: By, logins: &[String]) -> Result<(), Refused> {
        for login in logins {
            let issue = self.issue(repo, number)?;
            let Some(user) = self.account(login).map(|a| a.id) else { continue };
            let full = issue.assignees.len() >= MOST_ASSIGNEES;
            if full || issue.assignees.contains(&user) || !self.may_be_assigned(repo, issue, user) {
                continue;
            }
            self.issue_mut(repo, number)?.assignees.push(user);
            self.note(repo, number, by, What::Assigned { who: user })?;
            let extra = json!({"assignee": self.user_json(user)});
            self.tell_either(repo, number, "assigned", by, extra);
        }
        Ok(())
    }

    pub fn unassign(&mut self, (repo, number): (u64, u64), by: By, logins: &[String]) -> Result<(), Refused> {
        for login in logins {
            let Some(user) = self.account(login).map(|a| a.id) else { continue };
            if !self.issue(repo, number)?.assignees.contains(&user) {
                continue;
            }
            self.issue_mut(repo, number)?.assignees.retain(|id| *id != user);
            self.note(repo, number, by, What::Unassigned { who: user })?;
            let extra = json!({"assignee": self.user_json(user)});
            self.tell_either(repo, number, "unassigned", by, extra);
        }
        Ok(())
    }

    /// Makes these the assignees.
    pub fn set_assignees(&mut self, at: (u64, u64), by: By, logins: &[String]) -> Result<(), Refused> {
        let have = self.issue(at.0, at.1)?.assignees.iter().map(|id| self.login(*id).to_owned());
        let gone: Vec<_> = have.filter(|h| !logins.iter().any(|l| l.eq_ignore_ascii_case(h))).collect();
        self.unassign(at, by, &gone)?;
        self.assign(at, by, logins)
    }

    pub fn request_reviews(&mut self, (repo, number): (u64, u64), by: By, logins: &[String]) -> Result<(), Refused> {
        let of = self.repo(repo)?;
        let issue = self.issue(repo, number)?;
        let mut asked = Vec::new();
        for login in logins {
            let user = self.account(login).filter(|a| of.owner == a.id || of.collaborators.contains_key(&a.id));
            let user = user.map(|a| a.id).ok_or_else(|| {
                Refused::new(
                    422,
                    format!(
                        "Reviews may only be requested from collaborators. One or more of the users or teams you \
                        specified is not a collaborator of the {} repository.",
                        self.full_name(of)
                    ),
                )
            })?;
            if user == issue.author {
                return Err(Refused::new(422, "Review cannot be requested from pull request author."));
            }
            asked.push(user);
        }
        for user in asked {
            let pull = self.issue_mut(repo, number)?.pull.as_mut().ok_or_else(Refused::not_found)?;
            if pull.requested.contains(&user) {
                continue;
            }
            pull.requested.push(user);
            self.note(repo, number, by, What::ReviewRequested { who: user })?;
            let extra = json!({"requested_reviewer": self.user_json(user)});
            self.tell_pull(repo, number, "review_requested", by, extra);
        }
        Ok(())
    }

    pub fn unrequest_reviews(&mut self, (repo, number): (u64, u64), by: By, logins: &[String]) -> Result<(), Refused> {
        for login in logins {
            let user = self.account(login).map_or(0, |a| a.id);
            let pull = self.issue_mut(repo, number)?.pull.as_mut().ok_or_else(Refused::not_found)?;
            if !pull.requested.contains(&user) {
                continue;
            }
            pull.requested.retain(|id| *id != user);
            self.note(repo, number, by, What::ReviewRequestRemoved { who: user })?;
            let extra = json!({"requested_reviewer": self.user_json(user)});
            self.tell_pull(repo, number, "review_request_removed", by, extra);
        }
        Ok(())
    }
}
