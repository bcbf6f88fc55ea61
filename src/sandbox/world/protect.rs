//! What branch protection and rulesets say about moving a ref, in GitHub's words (GH006, GH013). It moves nothing.

use super::git::ABSENT;
use super::model::{Protection, Repo, Role};
use super::{World, git};
use crate::sandbox::types::{Actor, RefChange, RefVerdict};
use serde_json::Value;

impl World {
    pub fn judge_push(&self, repo: u64, actor: &Actor, changes: &[RefChange]) -> Vec<RefVerdict> {
        changes.iter().map(|change| self.judge_ref(repo, actor, change)).collect()
    }

    fn judge_ref(&self, repo: u64, actor: &Actor, change: &RefChange) -> RefVerdict {
        let Ok(repo) = self.repo(repo) else { return RefVerdict::Refused("Repository not found.".into()) };
        if repo.archived {
            return RefVerdict::Refused("This repository was archived so it is read-only.".into());
        }
        let Some(branch) = change.name.strip_prefix("refs/heads/") else {
            let writer = self.actor_role(actor, repo) >= Role::Write;
            let hidden = change.name.starts_with("refs/pull/");
            return match (hidden, writer) {
                (true, _) => RefVerdict::Refused("deny updating a hidden ref".into()),
                (false, true) => RefVerdict::Allowed,
                (false, false) => RefVerdict::Refused(denied(self, actor, repo)),
            };
        };
        let lent = self.actor_role(actor, repo) < Role::Write;
        if lent && (change.new == ABSENT || !self.lent_branches(actor, repo).iter().any(|b| b == branch)) {
            return RefVerdict::Refused(denied(self, actor, repo));
        }
        if change.new == ABSENT && branch == repo.default_branch {
            return RefVerdict::Refused(format!("refusing to delete the current branch: {}", change.name));
        }
        let classic = repo.protection.get(branch).map_or(RefVerdict::Allowed, |p| self.classic(repo, actor, p, change));
        match classic {
            RefVerdict::Refused(_) => classic,
            RefVerdict::Allowed | RefVerdict::FastForwardOnly(_) => match self.by_rulesets(repo, actor, branch, change)
            {
                RefVerdict::Allowed => classic,
                stricter @ (RefVerdict::Refused(_) | RefVerdict::FastForwardOnly(_)) => stricter,
            },
        }
    }

    fn classic(&self, repo: &Repo, actor: &Actor, rule: &Protection, change: &RefChange) -> RefVerdict {
        let gh006 =
            |why: &str| format!("error: GH006: Protected branch update failed for {}.\nerror: {why}", change.name);
        let admin = self.actor_role(actor, repo) >= Role::Admin && !rule.enforce_admins;
        if change.new == ABSENT && !rule.allow_deletions {
            return RefVerdict::Refused(gh006("Cannot delete this protected branch"));
        }
        if !admin {
            if rule.restrict_pushes.as_ref().is_some_and(|who| !self.listed(actor, &who.users, &who.apps)) {
                return RefVerdict::Refused(gh006(
                    "You're not authorized to push to this branch. Visit \
                    https://docs.github.com/articles/about-protected-branches/ for more information.",
                ));
            }
            if rule.required_approvals.is_some() && change.old != ABSENT {
                return RefVerdict::Refused(gh006("Changes must be made through a pull request."));
            }
            let required = rule.required_checks.iter().flatten().map(|c| (c.context.as_str(), c.app_id));
            let missing = Self::missing_checks(repo, &change.new, required);
            if change.new != ABSENT && !missing.is_empty() {
                return RefVerdict::Refused(gh006(&expected(&missing)));
            }
        }
        if rule.allow_force_pushes || change.old == ABSENT {
            return RefVerdict::Allowed;
        }
        RefVerdict::FastForwardOnly(gh006("Cannot force-push to this branch"))
    }

    /// Restrictions on who may move a branch hold for the merge button too.
    pub fn may_merge_into(&self, repo: &Repo, actor: &Actor, branch: &str) -> bool {
        let barred = |rule: &Protection| {
            let admin = self.actor_role(actor, repo) >= Role::Admin && !rule.enforce_admins;
            !admin && rule.restrict_pushes.as_ref().is_some_and(|who| !self.listed(actor, &who.users, &who.apps))
        };
        let locked = |set: &Value, rule: &Value| rule["type"] == "update" && !self.bypasses(repo, actor, set);
        !repo.protection.get(branch).is_some_and(barred)
            && !rules_for(repo, branch).any(|(set, rule)| locked(set, rule))
    }

    fn listed(&self, actor: &Actor, users: &[String], apps: &[String]) -> bool {
        let by = self.by(actor);
        match by.app.and_then(|id| self.apps.get(&id)) {
            Some(app) => apps.contains(&app.slug),
            None => users.iter().any(|u| u.eq_ignore_ascii_case(self.login(by.user))),
        }
    }

    fn by_rulesets(&self, repo: &Repo, actor: &Actor, branch: &str, change: &RefChange) -> RefVerdict {
        let gh013 = |why: &str| format!("error: GH013: Repository rule violations found for {}.\n- {why}", change.name);
        let mut verdict = RefVerdict::Allowed;
        for (ruleset, rule) in rules_for(repo, branch) {
            if self.bypasses(repo, actor, ruleset) {
                continue;
            }
            match rule["type"].as_str().unwrap_or_default() {
                "update" if change.old != ABSENT && change.new != ABSENT => {
                    return RefVerdict::Refused(gh013("Cannot update this protected ref."));
                }
                "creation" if change.old == ABSENT => {
                    return RefVerdict::Refused(gh013("Cannot create ref due to creations being restricted."));
                }
                "deletion" if change.new == ABSENT => {
                    return RefVerdict::Refused(gh013("Cannot delete this branch"));
                }
                "pull_request" if change.new != ABSENT && change.old != ABSENT => {
                    return RefVerdict::Refused(gh013("Changes must be made through a pull request."));
                }
                "required_status_checks" if change.new != ABSENT => {
                    let checks = rule["parameters"]["required_status_checks"].as_array();
                    let wanted = checks.into_iter().flatten();
                    let wanted =
                        wanted.map(|c| (c["context"].as_str().unwrap_or_default(), c["integration_id"].as_u64()));
                    let missing = Self::missing_checks(repo, &change.new, wanted);
                    if !missing.is_empty() {
                        return RefVerdict::Refused(gh013(&expected(&missing)));
                    }
                }
                "non_fast_forward" if change.old != ABSENT && change.new != ABSENT => {
                    verdict = RefVerdict::FastForwardOnly(gh013("Cannot force-push to this branch"));
                }
                _ => {}
            }
        }
        verdict
    }

    pub fn bypasses(&self, repo: &Repo, actor: &Actor, ruleset: &Value) -> bool {
        let by = self.by(actor);
        let role = self.actor_role(actor, repo);
        ruleset["bypass_actors"].as_array().into_iter().flatten().any(|who| {
            let id = who["actor_id"].as_u64();
            match who["actor_type"].as_str().unwrap_or_default() {
                "Integration" => by.app.is_some() && id == by.app,
                // GitHub's fixed ids of roles: 2 maintain, 4 write, 5 admin.
                "RepositoryRole" if by.app.is_none() => match id {
                    Some(2) => role >= Role::Maintain,
                    Some(4) => role >= Role::Write,
                    _ => role >= Role::Admin,
                },
                "OrganizationAdmin" => role >= Role::Admin,
                "User" => by.app.is_none() && id == Some(by.user),
                _ => false,
            }
        })
    }

    /// Names of required checks that are not green on a commit. Success, neutral and skipped pass, as GitHub documents; if a
    /// check and a status share a name, both must pass.
    pub fn missing_checks<'a>(
        repo: &Repo,
        sha: &str,
        required: impl Iterator<Item = (&'a str, Option<u64>)>,
    ) -> Vec<String> {
        let green = |c: &Option<String>| matches!(c.as_deref(), Some("success" | "neutral" | "skipped"));
        required
            .filter(|(name, app)| {
                let runs = super::checks::latest(repo, sha);
                let mut runs =
                    runs.into_iter().filter(|r| r.name == *name && app.is_none_or(|a| a == r.app)).peekable();
                let status = repo.statuses.iter().rev().find(|s| s.sha == sha && s.context.eq_ignore_ascii_case(name));
                let status = status.filter(|_| app.is_none());
                let none = runs.peek().is_none() && status.is_none();
                none || runs.any(|r| !green(&r.conclusion)) || status.is_some_and(|s| s.state != "success")
            })
            .map(|(name, _)| name.to_owned())
            .collect()
    }

    /// Every check and status on a commit, required or not, has passed; so has a commit without any.
    pub fn all_green(repo: &Repo, sha: &str) -> bool {
        let runs = super::checks::latest(repo, sha);
        let statuses = repo.statuses.iter().filter(|s| s.sha == sha).map(|s| s.context.as_str());
        let names = runs.iter().map(|r| r.name.as_str()).chain(statuses);
        Self::missing_checks(repo, sha, names.map(|name| (name, None))).is_empty()
    }

    /// The verdict as one API request needs it: `Err` with the text when the ref must not move.
    pub fn allow_ref(&self, repo: u64, actor: &Actor, change: &RefChange) -> Result<(), String> {
        match self.judge_ref(repo, actor, change) {
            RefVerdict::Allowed => Ok(()),
            RefVerdict::Refused(why) => Err(why),
            RefVerdict::FastForwardOnly(why) => {
                let git = self.open_git(repo).map_err(|e| e.message)?;
                if change.new != ABSENT && git::reaches(&git, &change.new, &change.old) { Ok(()) } else { Err(why) }
            }
        }
    }
}

/// Active rules that apply to a branch, with their rulesets.
pub fn rules_for<'a>(repo: &'a Repo, branch: &'a str) -> impl Iterator<Item = (&'a Value, &'a Value)> {
    let full = format!("refs/heads/{branch}");
    let active = repo.rulesets.iter().filter(move |set| {
        let names = &set["conditions"]["ref_name"];
        let matches = |list: &Value| {
            list.as_array().into_iter().flatten().filter_map(Value::as_str).any(|pattern| match pattern {
                "~ALL" => true,
                "~DEFAULT_BRANCH" => branch == repo.default_branch,
                _ => fnmatch(pattern, &full),
            })
        };
        set["target"] == "branch"
            && set["enforcement"] == "active"
            && matches(&names["include"])
            && !matches(&names["exclude"])
    });
    active.flat_map(|set| set["rules"].as_array().into_iter().flatten().map(move |rule| (set, rule)))
}

/// `*` within one path part, `**` across parts; that much of Ruby's fnmatch the look-alike understands.
fn fnmatch(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => {
            let Some(rest) = text.strip_prefix(before) else { return false };
            let (after, deep) = after.strip_prefix('*').map_or((after, false), |a| (a, true));
            (0..=rest.len())
                .filter(|&i| rest.is_char_boundary(i))
                .any(|i| (deep || !rest[..i].contains('/')) && fnmatch(after, &rest[i..]))
        }
    }
}

fn expected(missing: &[String]) -> String {
    match missing {
        [one] => format!("Required status check \"{one}\" is expected."),
        many => format!("{} of {} required status checks are expected.", many.len(), many.len()),
    }
}

fn denied(world: &World, actor: &Actor, repo: &Repo) -> String {
    format!("Permission to {}.git denied to {}.", world.full_name(repo), world.login(world.by(actor).user))
}

#[cfg(test)]
mod tests {
    #[test]
    fn patterns_are_globs_by_path_part() {
        for (pattern, name, holds) in [
            ("refs/heads/main", "refs/heads/main", true),
            ("refs/heads/*", "refs/heads/main", true),
            ("refs/heads/*", "refs/heads/a/b", false),
            ("refs/heads/release/**", "refs/heads/release/1/0", true),
        ] {
            assert_eq!(super::fnmatch(pattern, name), holds, "{pattern} {name}");
        }
    }
}
