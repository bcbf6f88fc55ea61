//! What follows from refs having moved: webhooks push, create and delete, check suites, and pull requests that follow.

use super::git::{self, ABSENT};
use super::model::Activity;
use super::time::now;
use super::{By, World};
use crate::sandbox::types::{RefChange, Refused, SandboxEvent};
use serde_json::{Value, json};

/// A push with more tags than this sends no webhooks for tags, on GitHub too.
const MOST_TAGS_TOLD: usize = 3;
/// GitHub keeps its record for longer.
const ACTIVITIES_KEPT: usize = 1_000;

impl World {
    /// Refs of a repository moved; tells everybody and lets pull requests follow, in the order of the changes.
    pub fn pushed(&mut self, repo: u64, by: By, changes: &[RefChange]) -> Result<(), Refused> {
        let git = self.open_git(repo)?;
        let tags = changes.iter().filter(|c| c.name.starts_with("refs/tags/")).count();
        for change in changes.iter().filter(|c| c.old != c.new) {
            let at = now();
            let of = self.repo_mut(repo)?;
            of.pushed_at = at;
            if change.new == ABSENT {
                of.refs.remove(&change.name);
            } else {
                of.refs.insert(change.name.clone(), change.new.clone());
            }
            self.note_activity(repo, by, change, &git)?;
            let event = SandboxEvent::Push {
                repo,
                full_name: self.repo(repo).map(|r| self.full_name(r))?,
                r#ref: change.name.clone(),
                before: change.old.clone(),
                after: change.new.clone(),
                by: self.login(by.user).to_owned(),
            };
            self.event(event);
            let branch = change.name.strip_prefix("refs/heads/");
            let is_tag = change.name.starts_with("refs/tags/");
            if branch.is_some() || is_tag && tags <= MOST_TAGS_TOLD {
                self.tell_push(repo, by, change, &git)?;
            }
            if let Some(branch) = branch {
                self.follow_head(repo, by, branch, change)?;
                self.follow_base(repo, by, branch, change, &git)?;
            }
        }
        Ok(())
    }

    /// Keeps in mind who did that to a branch.
    fn note_activity(&mut self, repo: u64, by: By, change: &RefChange, git: &git2::Repository) -> Result<(), Refused> {
        if !change.name.starts_with("refs/heads/") {
            return Ok(());
        }
        let kind = match (change.old == ABSENT, change.new == ABSENT) {
            (true, _) => "branch_creation",
            (_, true) => "branch_deletion",
            _ if is_forced(git, change) => "force_push",
            _ => "push",
        };
        let (id, at) = (self.id(), now());
        let (before, after, name) = (change.old.clone(), change.new.clone(), change.name.clone());
        let activity = Activity { id, before, after, name, at, kind: kind.to_owned(), actor: by.user };
        let kept = &mut self.repo_mut(repo)?.activities;
        kept.push(activity);
        let excess = kept.len().saturating_sub(ACTIVITIES_KEPT);
        kept.drain(..excess);
        Ok(())
    }

    fn tell_push(&mut self, repo: u64, by: By, change: &RefChange, git: &git2::Repository) -> Result<(), Refused> {
        let of = self.repo(repo)?;
        let (short, kind) = match change.name.strip_prefix("refs/heads/") {
            Some(branch) => (branch, "branch"),
            None => (change.name.trim_start_matches("refs/tags/"), "tag"),
        };
        let (created, deleted) = (change.old == ABSENT, change.new == ABSENT);
        let from = if created {
            git::tip(git, &format!("refs/heads/{}", of.default_branch))
        } else {
            Some(change.old.clone())
        };
        let commits = if deleted { Vec::new() } else { self.push_commits(git, from.as_deref(), &change.new) };
        let html = self.html(of);
        let pusher = self.accounts.get(&by.user);
        let body = json!({
            "ref": change.name, "before": change.old, "after": change.new, "base_ref": null,
            "created": created, "deleted": deleted, "forced": is_forced(git, change),
            "compare": if created { format!("{html}/commit/{}", &change.new[..12]) }
                else { format!("{html}/compare/{}...{}", &change.old[..12], &change.new[..12]) },
            "commits": commits, "head_commit": commits.last(),
            "pusher": {"name": self.login(by.user), "email": pusher.map(|p| p.email.clone())},
            "repository": self.pushed_repository_json(of),
        });
        let more = json!({"ref": short, "ref_type": kind, "pusher_type": "user"});
        let made = json!({"ref": short, "ref_type": kind, "pusher_type": "user",
            "master_branch": of.default_branch, "description": of.description});
        if created {
            self.hook(repo, "create", None, by, made);
        }
        if deleted {
            self.hook(repo, "delete", None, by, more);
        }
        self.hook(repo, "push", None, by, body);
        Ok(())
    }

    /// The commits a push lists, oldest first; GitHub lists at most 2048.
    fn push_commits(&self, git: &git2::Repository, from: Option<&str>, to: &str) -> Vec<Value> {
        let oid = |sha: &str| git2::Oid::from_str(sha).ok();
        let Some(to) = oid(to).filter(|o| git.find_commit(*o).is_ok()) else { return Vec::new() };
        let hide: Vec<_> = from.and_then(oid).into_iter().filter(|o| git.find_commit(*o).is_ok()).collect();
        let listed = git::between(git, &hide, to, 2048).unwrap_or_default();
        // A push of a whole history is not told commit by commit here; nobody downstream reads more than the newest.
        let skip = listed.len().saturating_sub(200);
        listed.iter().skip(skip).filter_map(|oid| self.push_commit_json(git, *oid)).collect()
    }

    /// Compares branches and tags with what was last seen and lets the world follow what moved meanwhile (a crash between git's
    /// write and ours).
    pub fn catch_up(&mut self) -> Result<(), Refused> {
        for id in self.repos.keys().copied().collect::<Vec<_>>() {
            let now = git::refs(&self.open_git(id)?)?;
            let seen = &self.repo(id)?.refs;
            let names: std::collections::BTreeSet<&String> = now.keys().chain(seen.keys()).collect();
            let value = |side: &std::collections::BTreeMap<String, String>, name: &String| {
                side.get(name).cloned().unwrap_or_else(|| ABSENT.to_owned())
            };
            let change =
                |name: &String| RefChange { name: name.clone(), old: value(seen, name), new: value(&now, name) };
            let moved: Vec<_> = names.into_iter().map(change).filter(|c| c.old != c.new).collect();
            let by = By { user: self.cast.admin, app: None };
            self.pushed(id, by, &moved)?;
        }
        Ok(())
    }
}

/// The branch did not move forward.
pub fn is_forced(git: &git2::Repository, change: &RefChange) -> bool {
    change.old != ABSENT && change.new != ABSENT && !git::reaches(git, &change.new, &change.old)
}
