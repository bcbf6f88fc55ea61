//! Conversations on the changes of a pull request, and teams of an organization: what people make of both, and who is told.

use super::issue::Thread;
use super::model::{Kind, Team};
use super::{By, World};
use crate::sandbox::types::Refused;
use serde_json::json;

impl World {
    /// A comment on a file begins a conversation; as on GitHub, it comes as a review that only comments.
    pub fn open_thread(
        &mut self,
        (repo, number): (u64, u64),
        by: By,
        (path, body): (&str, &str),
    ) -> Result<u64, Refused> {
        let review = self.review((repo, number), by, Some("COMMENT"), body, None)?;
        let id = self.id();
        let pull = self.issue_mut(repo, number)?.pull.as_mut().ok_or_else(Refused::not_found)?;
        pull.threads.push(Thread { id, review, author: by.user, path: path.to_owned(), resolved: false });
        Ok(id)
    }

    /// Resolves a conversation, or takes that back.
    pub fn resolve_thread(
        &mut self,
        (repo, number): (u64, u64),
        by: By,
        id: u64,
        resolved: bool,
    ) -> Result<(), Refused> {
        let pull = self.issue_mut(repo, number)?.pull.as_mut().ok_or_else(Refused::not_found)?;
        let thread = pull.threads.iter_mut().find(|thread| thread.id == id).ok_or_else(Refused::not_found)?;
        if std::mem::replace(&mut thread.resolved, resolved) == resolved {
            return Ok(());
        }
        let issue = self.issue(repo, number)?;
        let node = crate::sandbox::render::node_id("PullRequestReviewThread", id);
        let body = json!({"pull_request": self.pull_simple_json(repo, issue),
            "thread": {"node_id": node, "comments": []}});
        let action = if resolved { "resolved" } else { "unresolved" };
        self.hook(repo, "pull_request_review_thread", Some(action), by, body);
        Ok(())
    }

    /// Makes a team with exactly these members.
    pub fn set_team(&mut self, org: &str, slug: &str, members: &[String]) -> Result<(), Refused> {
        let known = self.account(org).filter(|account| account.kind == Kind::Organization);
        let org = known.ok_or_else(Refused::not_found)?.id;
        let people = members.iter().map(|login| Ok(self.account(login).ok_or_else(Refused::not_found)?.id));
        let members = people.collect::<Result<_, Refused>>()?;
        self.teams.retain(|team| team.org != org || !team.slug.eq_ignore_ascii_case(slug));
        self.teams.push(Team { org, slug: slug.to_owned(), members });
        Ok(())
    }

    /// A team by the names in its address.
    pub fn team(&self, org: &str, slug: &str) -> Option<&Team> {
        let org = self.account(org)?.id;
        self.teams.iter().find(|team| team.org == org && team.slug.eq_ignore_ascii_case(slug))
    }
}
