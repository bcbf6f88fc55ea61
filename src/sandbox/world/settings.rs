//! What administrators change: names, default branch, archiving, roles, protection, suspended installations.

use super::model::{Protection, Role};
use super::time::now;
use super::{By, World};
use crate::sandbox::types::{Actor, Refused};
use serde_json::json;

impl World {
    /// Gives a repository a new name; the former one redirects from then on.
    pub fn rename_repository(&mut self, repo: u64, name: &str, by: By) -> Result<(), Refused> {
        let of = self.repo(repo)?;
        let owner = self.login(of.owner).to_owned();
        let (former, from, old_dir) = (of.name.clone(), self.full_name(of), self.git_dir(of));
        if former == name {
            return Ok(());
        }
        if format!("{owner}/{name}").parse::<crate::ids::RepoName>().is_err() {
            return Err(Refused::invalid("Repository", "name", "invalid"));
        }
        if self.repo_named(&owner, name).is_some() {
            return Err(Refused::custom("Repository", "name already exists on this account"));
        }
        let new_dir = old_dir.with_file_name(format!("{name}.git"));
        std::fs::rename(&old_dir, &new_dir).map_err(|e| Refused::new(500, format!("Server Error: {e}")))?;
        let of = self.repo_mut(repo)?;
        (of.name, of.updated_at) = (name.to_owned(), now());
        self.renames.insert(from.to_lowercase(), repo);
        self.renames.remove(&format!("{owner}/{name}").to_lowercase());
        self.hook(
            repo,
            "repository",
            Some("renamed"),
            by,
            json!({"changes": {"repository": {"name": {"from": former}}}}),
        );
        Ok(())
    }

    pub fn set_default_branch(&mut self, repo: u64, branch: &str, by: By) -> Result<(), Refused> {
        let git = self.open_git(repo)?;
        if git.refname_to_id(&format!("refs/heads/{branch}")).is_err() {
            return Err(Refused::invalid("Repository", "default_branch", "invalid"));
        }
        git.set_head(&format!("refs/heads/{branch}"))?;
        let from = std::mem::replace(&mut self.repo_mut(repo)?.default_branch, branch.to_owned());
        self.hook(repo, "repository", Some("edited"), by, json!({"changes": {"default_branch": {"from": from}}}));
        Ok(())
    }

    pub fn set_archived(&mut self, repo: u64, archived: bool, by: By) -> Result<(), Refused> {
        let of = self.repo_mut(repo)?;
        if of.archived != archived {
            of.archived = archived;
            let action = if archived { "archived" } else { "unarchived" };
            self.hook(repo, "repository", Some(action), by, json!({}));
        }
        Ok(())
    }

    /// Gives a person a role; `None` takes the person out.
    pub fn set_role(&mut self, repo: u64, login: &str, role: Role) -> Result<(), Refused> {
        let user = self.account(login).ok_or_else(Refused::not_found)?.id;
        let people = &mut self.repo_mut(repo)?.collaborators;
        if role == Role::None {
            people.remove(&user);
        } else {
            people.insert(user, role);
        }
        Ok(())
    }

    /// Protects a branch, or takes its protection away.
    pub fn set_protection(&mut self, repo: u64, branch: &str, rule: Option<Protection>) -> Result<(), Refused> {
        let by = By { user: self.cast.admin, app: None };
        let all = &mut self.repo_mut(repo)?.protection;
        let (action, rule) = match rule {
            Some(rule) => {
                let action = if all.insert(branch.to_owned(), rule.clone()).is_some() { "edited" } else { "created" };
                (action, Some(rule))
            }
            None => ("deleted", all.remove(branch)),
        };
        let Some(rule) = rule else { return Ok(()) };
        let checks = rule.required_checks.as_deref().unwrap_or_default();
        let names: Vec<_> = checks.iter().map(|c| c.context.clone()).collect();
        let body = json!({"rule": {"id": repo, "repository_id": repo, "name": branch,
            "required_status_checks": names, "admin_enforced": rule.enforce_admins,
            "strict_required_status_checks_policy": rule.strict}, "changes": {}});
        self.hook(repo, "branch_protection_rule", Some(action), by, body);
        Ok(())
    }

    /// Suspends or unsuspends our App's installation on an account. Its tokens stop to work.
    pub fn suspend(&mut self, installation: u64, suspended: bool) -> Result<(), Refused> {
        let of = self.installations.get_mut(&installation).ok_or_else(Refused::not_found)?;
        of.suspended_at = suspended.then(now);
        let action = if suspended { "suspend" } else { "unsuspend" };
        self.installation_hook(installation, "installation", action, json!({}));
        Ok(())
    }

    /// Ends every token that is exactly this one's like (`DELETE installation/token`).
    pub fn revoke(&mut self, actor: &Actor) {
        self.tokens.retain(|_, t| t.actor != *actor || t.expires_at.is_none());
    }

    /// Ends every token of installations that would end by itself, as an hour would.
    pub fn expire_tokens(&mut self) {
        self.tokens.retain(|_, t| t.expires_at.is_none());
    }

    /// A new personal token.
    pub fn personal_token(&mut self, user: u64) -> String {
        let token = format!("ghp_{}", super::secret(27));
        self.tokens.insert(token.clone(), super::model::Token { actor: Actor::User(user), expires_at: None });
        token
    }

    /// Takes a repository away. Pull requests from it are closed, and their head has no repository any more.
    pub fn delete_repository(&mut self, repo: u64, by: By) -> Result<(), Refused> {
        for (of, number) in self.open_pulls(|of, p| p.head_repo == Some(repo) && of != repo) {
            self.close_issue(of, number, by)?;
        }
        let dir = self.git_dir(self.repo(repo)?);
        self.repos.remove(&repo);
        let others = self.repos.values_mut();
        for pull in others.flat_map(|r| r.issues.values_mut()).filter_map(|i| i.pull.as_mut()) {
            pull.head_repo = pull.head_repo.filter(|id| *id != repo);
        }
        std::fs::remove_dir_all(dir).map_err(|e| Refused::new(500, format!("Server Error: {e}")))
    }
}
