//! What stands between a pull request and its base branch: required checks, reviews, an up-to-date head, a linear history.
//! It reads protection and rulesets and decides; `merge` acts on it. Who may move the branch at all is in `protect`.

use super::issue::Pull;
use super::merge::Method;
use super::model::{Protection, Repo, Role};
use super::{World, git, rules_for};
use crate::sandbox::types::Actor;
use serde_json::Value;

/// All that protection and rulesets demand of a pull request onto a branch.
#[derive(Debug, Default)]
struct Demands<'a> {
    checks: Vec<(&'a str, Option<u64>)>,
    /// `None` demands no review; zero still forbids merging against a request for changes.
    approvals: Option<u64>,
    up_to_date: bool,
    linear: bool,
}

impl<'a> Demands<'a> {
    fn protection(&mut self, rule: &'a Protection) {
        self.checks.extend(rule.required_checks.iter().flatten().map(|c| (c.context.as_str(), c.app_id)));
        self.approvals = self.approvals.max(rule.required_approvals);
        self.up_to_date |= rule.strict && rule.required_checks.is_some();
        self.linear |= rule.required_linear_history;
    }

    fn rule(&mut self, rule: &'a Value) {
        let parameters = &rule["parameters"];
        match rule["type"].as_str().unwrap_or_default() {
            "required_status_checks" => {
                let checks = parameters["required_status_checks"].as_array().into_iter().flatten();
                self.checks
                    .extend(checks.map(|c| (c["context"].as_str().unwrap_or_default(), c["integration_id"].as_u64())));
                self.up_to_date |= parameters["strict_required_status_checks_policy"] == true;
            }
            "pull_request" => {
                let count = parameters["required_approving_review_count"].as_u64().unwrap_or(0);
                self.approvals = self.approvals.max(Some(count));
            }
            "required_linear_history" => self.linear = true,
            _ => {}
        }
    }
}

/// The first thing that forbids a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    Check(String),
    Approvals(u64),
    ChangesRequested,
    Behind,
    MergeCommit,
}

impl Obstacle {
    /// The message of GitHub's 405.
    pub fn text(&self) -> String {
        match self {
            Self::Check(name) => format!("Required status check \"{name}\" is expected."),
            Self::Approvals(1) => "At least 1 approving review is required by reviewers with write access.".to_owned(),
            Self::Approvals(n) => {
                format!("At least {n} approving reviews are required by reviewers with write access.")
            }
            Self::ChangesRequested => "Changes were requested by a reviewer with write access.".to_owned(),
            Self::Behind => "The head branch is not up to date with the base branch.".to_owned(),
            Self::MergeCommit => "This branch must not contain merge commits.".to_owned(),
        }
    }
}

impl World {
    fn demands<'a>(&self, repo: &'a Repo, branch: &'a str, actor: Option<&Actor>) -> Demands<'a> {
        let mut all = Demands::default();
        let spared =
            |rule: &Protection| !rule.enforce_admins && actor.is_some_and(|a| self.actor_role(a, repo) >= Role::Admin);
        if let Some(rule) = repo.protection.get(branch).filter(|rule| !spared(rule)) {
            all.protection(rule);
        }
        for (set, rule) in rules_for(repo, branch) {
            if !actor.is_some_and(|a| self.bypasses(repo, a, set)) {
                all.rule(rule);
            }
        }
        all
    }

    /// What forbids the actor to merge this way; without an actor, what a person without special rights would be told.
    pub fn obstacle(
        &self,
        repo: &Repo,
        pull: &Pull,
        actor: Option<&Actor>,
        method: Option<Method>,
    ) -> Option<Obstacle> {
        let demands = self.demands(repo, &pull.base_ref, actor);
        if demands.linear && method == Some(Method::Merge) {
            return Some(Obstacle::MergeCommit);
        }
        let missing = Self::missing_checks(repo, &pull.head_sha, demands.checks.into_iter());
        if let Some(first) = missing.into_iter().next() {
            return Some(Obstacle::Check(first));
        }
        if let Some(wanted) = demands.approvals {
            let said = self.opinions(repo, pull);
            if said.changes_requested {
                return Some(Obstacle::ChangesRequested);
            }
            if said.approvals < wanted {
                return Some(Obstacle::Approvals(wanted));
            }
        }
        (demands.up_to_date && self.is_behind(repo, pull)).then_some(Obstacle::Behind)
    }

    fn is_behind(&self, repo: &Repo, pull: &Pull) -> bool {
        let read = || {
            let git = self.open_git(repo.id).ok()?;
            let base = git::tip(&git, &format!("refs/heads/{}", pull.base_ref))?;
            Some(!git::reaches(&git, &pull.head_sha, &base))
        };
        read().unwrap_or(false)
    }

    /// The pull request's state in the API's words for `mergeable_state`.
    pub fn mergeable_state(&self, repo: u64, number: u64) -> &'static str {
        let Ok(issue) = self.issue(repo, number) else { return "unknown" };
        let (Some(pull), Ok(of)) = (&issue.pull, self.repo(repo)) else { return "unknown" };
        match pull.mergeable {
            None => "unknown",
            Some(false) => "dirty",
            Some(true) if pull.draft => "draft",
            Some(true) => match self.obstacle(of, pull, None, None) {
                Some(Obstacle::Behind) => "behind",
                Some(
                    Obstacle::Check(_) | Obstacle::Approvals(_) | Obstacle::ChangesRequested | Obstacle::MergeCommit,
                ) => "blocked",
                None if Self::all_green(of, &pull.head_sha) => "clean",
                None => "unstable",
            },
        }
    }
}
