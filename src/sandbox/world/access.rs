//! Who may see and do what: roles of people, reach of installations, tokens. It changes nothing.

use super::World;
use super::model::{Repo, Role};
use crate::sandbox::types::{Actor, GitAccess, Refused};
use base64::Engine as _;

impl World {
    /// A person's role in a repository; everybody may read a public one.
    pub fn role(&self, user: u64, repo: &Repo) -> Role {
        let floor = if repo.private { Role::None } else { Role::Read };
        if repo.owner == user || user == self.cast.admin {
            return Role::Admin;
        }
        repo.collaborators.get(&user).copied().unwrap_or(Role::None).max(floor)
    }

    /// The installation behind the token is on that repository (and the token is not narrowed to others).
    pub fn covers(&self, actor: &Actor, repo: &Repo) -> bool {
        match actor {
            Actor::Installation { installation, repositories, .. } => {
                let on = self.installations.get(installation).is_some_and(|i| i.account == repo.owner);
                on && repositories.as_ref().is_none_or(|only| only.contains(&repo.id))
            }
            Actor::Anonymous | Actor::User(_) | Actor::App(_) | Actor::Admin => false,
        }
    }

    /// The actor may know that the repository exists.
    pub fn sees(&self, actor: &Actor, repo: &Repo) -> bool {
        match actor {
            Actor::Anonymous => !repo.private,
            Actor::User(id) => self.role(*id, repo) >= Role::Read,
            Actor::App(app) => {
                !repo.private || self.installations.values().any(|i| i.app == *app && i.account == repo.owner)
            }
            Actor::Installation { .. } => !repo.private || self.covers(actor, repo),
            Actor::Admin => true,
        }
    }

    /// The role an actor's writes are judged by; an installation's permissions are asked for one by one.
    pub fn actor_role(&self, actor: &Actor, repo: &Repo) -> Role {
        match actor {
            Actor::Anonymous | Actor::App(_) if repo.private => Role::None,
            Actor::User(id) => self.role(*id, repo),
            Actor::Installation { .. } if Self::grants(actor, "contents", true) && self.covers(actor, repo) => {
                Role::Write
            }
            Actor::Installation { .. } | Actor::Anonymous | Actor::App(_) => Role::Read,
            Actor::Admin => Role::Admin,
        }
    }

    /// The installation token carries a permission (`write` includes `read`).
    pub fn grants(actor: &Actor, permission: &str, write: bool) -> bool {
        match actor {
            Actor::Installation { permissions, .. } => {
                permission == "metadata" && !write
                    || permissions.get(permission).is_some_and(|have| have == "write" || have == "admin" || !write)
            }
            Actor::Anonymous | Actor::User(_) | Actor::App(_) | Actor::Admin => false,
        }
    }

    /// Who a token is; a token that ended, was revoked or belongs to a suspended installation is refused.
    pub fn token_actor(&self, token: &str, now: i64) -> Result<Actor, Refused> {
        let bad = || Refused::new(401, "Bad credentials");
        let known = self.tokens.get(token).ok_or_else(bad)?;
        if known.expires_at.is_some_and(|end| end <= now) {
            return Err(bad());
        }
        if let Actor::Installation { installation, .. } = &known.actor
            && self.installations.get(installation).is_none_or(|i| i.suspended_at.is_some())
        {
            return Err(Refused::new(403, "This installation has been suspended"));
        }
        Ok(known.actor.clone())
    }

    /// Judges a git request: Basic auth whose password is a token (the user name does not matter, as on GitHub).
    pub fn git_access(&self, authorization: Option<&str>, full_name: &str, now: i64) -> GitAccess {
        let actor = match authorization {
            None => Actor::Anonymous,
            Some(header) => match basic_password(header).map(|token| self.token_actor(&token, now)) {
                Some(Ok(actor)) => actor,
                Some(Err(_)) | None => return GitAccess::Unauthorized,
            },
        };
        let found = full_name
            .split_once('/')
            .and_then(|(owner, name)| self.repo_named(owner, name))
            .or_else(|| self.renames.get(&full_name.to_lowercase()).and_then(|id| self.repos.get(id)));
        match found {
            Some(repo) if self.sees(&actor, repo) => {
                let can_write = !repo.archived && self.may_push_somewhere(&actor, repo);
                GitAccess::Allowed { actor, can_write, repo: repo.id, repo_dir: self.git_dir(repo) }
            }
            _ if actor == Actor::Anonymous => GitAccess::Unauthorized,
            _ => GitAccess::NotFound,
        }
    }

    fn may_push_somewhere(&self, actor: &Actor, repo: &Repo) -> bool {
        self.actor_role(actor, repo) >= Role::Write || !self.lent_branches(actor, repo).is_empty()
    }

    /// Head branches in a personal fork that maintainers of the base may push to ("allow edits from maintainers").
    /// An App's installation on the base may too, by git only: rust-lang/bors relies on it in production.
    pub fn lent_branches(&self, actor: &Actor, fork: &Repo) -> Vec<String> {
        let personal = self.accounts.get(&fork.owner).is_some_and(|a| a.kind == super::model::Kind::User);
        let Some(base) = fork.fork_of.and_then(|id| self.repos.get(&id)).filter(|_| personal) else {
            return Vec::new();
        };
        if self.actor_role(actor, base) < Role::Write {
            return Vec::new();
        }
        let pulls = base.issues.values().filter(|i| i.open).filter_map(|i| i.pull.as_ref());
        let lent = pulls.filter(|p| p.head_repo == Some(fork.id) && p.maintainer_can_modify);
        lent.map(|p| p.head_ref.clone()).collect()
    }
}

/// The password of a Basic header, or the token of a `Bearer`/`token` one.
fn basic_password(header: &str) -> Option<String> {
    let (scheme, rest) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Some(rest.trim().to_owned());
    }
    let raw = base64::engine::general_purpose::STANDARD.decode(rest.trim()).ok()?;
    let text = String::from_utf8(raw).ok()?;
    let (user, password) = text.split_once(':')?;
    // `https://TOKEN@host` and `https://TOKEN:x-oauth-basic@host` put the token where the user name goes.
    let token = if password.is_empty() || password == "x-oauth-basic" { user } else { password };
    Some(token.to_owned())
}
