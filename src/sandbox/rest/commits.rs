//! Commits as the REST interface shows them: list, one, what pull request brought it, comparison; and `POST merges`.

use super::Answer;
use super::call::Call;
use super::reply::Reply;
use super::route::{Need, Route, get, post};
use crate::sandbox::render::{commit_json, diff_text, files_json, mailbox};
use crate::sandbox::types::Refused;
use crate::sandbox::world::model::{Repo, Role};
use crate::sandbox::world::{World, git, time};
use git2::Oid;
use serde_json::{Value, json};

const READ: Need = Need::Repo(Role::Read, "contents");

pub(super) const ROUTES: &[Route] = &[
    get("/repos/{owner}/{repo}/commits", READ, list),
    get("/repos/{owner}/{repo}/commits/{+ref}/pulls", Need::Repo(Role::Read, "pull_requests"), pulls),
    get("/repos/{owner}/{repo}/commits/{commit_sha}/branches-where-head", READ, heads),
    get("/repos/{owner}/{repo}/commits/{commit_sha}/comments", READ, comments),
    get("/repos/{owner}/{repo}/compare/{+basehead}", READ, compare),
    post("/repos/{owner}/{repo}/merges", Need::Repo(Role::Write, "contents"), merge),
];

/// A last resort after the more exact `…/commits/{ref}/WORD` routes, so it stands in the table of contents.
pub(super) const SHOW: Route = get("/repos/{owner}/{repo}/commits/{+ref}", READ, show);

/// The commit that the path's `ref` names.
pub(super) fn commit_named(call: &Call, world: &World, repo: &Repo) -> Result<Oid, Refused> {
    let name = call.param("ref");
    let found = git::resolve(&world.open_git(repo.id)?, name);
    found.ok_or_else(|| Refused::new(422, format!("No commit found for SHA: {name}")))
}

fn list(call: &Call) -> Answer {
    call.read(|world, repo| {
        let git = world.open_git(repo.id)?;
        let name = call.query("sha").unwrap_or(&repo.default_branch);
        let Some(tip) = git::resolve(&git, name) else {
            return Err(if repo.refs.is_empty() {
                Refused::new(409, "Git Repository is empty.")
            } else {
                Refused::not_found()
            });
        };
        let mut walk = git.revwalk()?;
        walk.set_sorting(git2::Sort::TOPOLOGICAL | git2::Sort::TIME)?;
        walk.push(tip)?;
        let (since, until) = (call.query("since").and_then(time::parse), call.query("until").and_then(time::parse));
        let author = call.query("author");
        let path = call.query("path");
        let filtered = since.is_some() || until.is_some() || author.is_some() || path.is_some();
        let wanted = |commit: &git2::Commit<'_>| {
            let at = commit.committer().when().seconds() * 1000;
            since.is_none_or(|s| at >= s)
                && until.is_none_or(|u| at <= u)
                && author.is_none_or(|a| author_of(commit).iter().any(|b| b == a))
                && path.is_none_or(|path| touches(&git, commit, path))
        };
        let mut found = Vec::new();
        for oid in walk {
            let oid = oid?;
            // Long histories are read through only when something is asked about each commit.
            if !filtered || wanted(&git.find_commit(oid)?) {
                found.push(oid);
            }
        }
        Ok(call.page(&found, |oid| git.find_commit(*oid).map_or(Value::Null, |c| commit_json(world, repo, &c))))
    })
}

fn author_of(commit: &git2::Commit<'_>) -> [String; 2] {
    let who = commit.author();
    [who.name_bytes(), who.email_bytes()].map(|b| String::from_utf8_lossy(b).into_owned())
}

/// The commit changed something at or below the path, against its first parent.
fn touches(git: &git2::Repository, commit: &git2::Commit<'_>, path: &str) -> bool {
    let mut options = git2::DiffOptions::new();
    options.pathspec(path);
    let parent = commit.parent(0).ok().and_then(|p| p.tree().ok());
    let diff = git.diff_tree_to_tree(parent.as_ref(), commit.tree().ok().as_ref(), Some(&mut options));
    diff.is_ok_and(|d| d.deltas().len() > 0)
}

fn show(call: &Call) -> Answer {
    call.read(|world, repo| {
        let git = world.open_git(repo.id)?;
        let oid = commit_named(call, world, repo)?;
        let commit = git.find_commit(oid)?;
        if call.accepts("sha") {
            return Ok(Reply::text(200, "application/vnd.github.sha; charset=utf-8", oid.to_string()));
        }
        if call.accepts("diff") {
            let text = diff_text(&git, commit.parent_id(0).ok(), oid)?;
            return Ok(Reply::bytes_of(DIFF, &text));
        }
        if call.accepts("patch") {
            return Ok(Reply::bytes_of(PATCH, &mailbox(&git, &[oid])?));
        }
        let mut body = commit_json(world, repo, &commit);
        let (files, added, deleted) = files_json(world, repo, &git, commit.parent_id(0).ok(), oid)?;
        body["stats"] = json!({"total": added + deleted, "additions": added, "deletions": deleted});
        body["files"] = json!(files);
        Ok(Reply::ok(body))
    })
}

const DIFF: &str = "application/vnd.github.diff; charset=utf-8";
const PATCH: &str = "application/vnd.github.patch; charset=utf-8";

/// What lies between two commits as the `diff` or `patch` that was asked for.
pub(super) fn as_text(call: &Call, git: &git2::Repository, from: Oid, to: Oid) -> Answer {
    if call.accepts("diff") {
        return Ok(Reply::bytes_of(DIFF, &diff_text(git, Some(from), to)?));
    }
    let commits = git::between(git, &[from], to, 250)?;
    Ok(Reply::bytes_of(PATCH, &mailbox(git, &commits)?))
}

/// The look-alike has no comments on commits.
fn comments(_: &Call) -> Answer {
    Ok(Reply::ok(json!([])))
}

/// Branches whose tip a commit is.
fn heads(call: &Call) -> Answer {
    let sha = call.param("commit_sha");
    call.read(|world, repo| {
        let at = repo.refs.iter().filter(|(_, tip)| *tip == sha);
        let url = format!("{}/commits/{sha}", world.repo_api(repo));
        let shown = at.filter_map(|(name, _)| name.strip_prefix("refs/heads/")).map(|name| {
            json!({"name": name, "commit": {"sha": sha, "url": url}, "protected": repo.protection.contains_key(name)})
        });
        Ok(Reply::ok(shown.collect()))
    })
}

/// The merged pull request that brought a commit into its base; for one that is on no base, the open ones that have it.
fn pulls(call: &Call) -> Answer {
    call.read(|world, repo| {
        let git = world.open_git(repo.id)?;
        let sha = commit_named(call, world, repo)?.to_string();
        let all = repo.issues.values().filter_map(|i| Some((i, i.pull.as_ref()?)));
        let found: Vec<_> = all
            .filter(|(i, p)| i.open || p.merged_at.is_some())
            .filter(|(_, p)| {
                let of_head = git::reaches(&git, &p.head_sha, &sha) && !git::reaches(&git, &p.base_sha, &sha);
                of_head || p.merged_at.is_some() && p.merge_commit_sha.as_ref() == Some(&sha)
            })
            .map(|(i, _)| i)
            .collect();
        Ok(call.page(&found, |i| world.pull_simple_json(repo.id, i)))
    })
}

/// A side of a comparison: `ref`, or `owner:ref` of a repository in the same network.
fn side(world: &World, repo: &Repo, git: &git2::Repository, name: &str) -> Result<Oid, Refused> {
    if let Some(oid) = git::resolve(git, name) {
        return Ok(oid);
    }
    let (owner, name) = name.split_once(':').ok_or_else(Refused::not_found)?;
    let family = |r: &&Repo| r.id == repo.id || r.fork_of == Some(repo.id) || repo.fork_of == Some(r.id);
    let other = world.repos.values().filter(family).find(|r| world.login(r.owner).eq_ignore_ascii_case(owner));
    let other = other.ok_or_else(Refused::not_found)?;
    let oid = git::resolve(&world.open_git(other.id)?, name).ok_or_else(Refused::not_found)?;
    if git.find_commit(oid).is_err() {
        let url = world.git_dir(other).to_string_lossy().into_owned();
        git.remote_anonymous(&url)?.fetch(&[format!("{oid}:refs/network/{oid}")], None, None)?;
    }
    Ok(oid)
}

fn compare(call: &Call) -> Answer {
    call.read(|world, repo| {
        let git = world.open_git(repo.id)?;
        let (base, head) = call.param("basehead").split_once("...").ok_or_else(Refused::not_found)?;
        let (from, to) = (side(world, repo, &git, base)?, side(world, repo, &git, head)?);
        let common = git.merge_base(from, to)?;
        if call.accepts("diff") || call.accepts("patch") {
            return as_text(call, &git, common, to);
        }
        let (ahead, behind) = git.graph_ahead_behind(to, from)?;
        let status = match (ahead, behind) {
            (0, 0) => "identical",
            (_, 0) => "ahead",
            (0, _) => "behind",
            (_, _) => "diverged",
        };
        let commits = git::between(&git, &[from], to, 10_000)?;
        let commits: Vec<_> = commits.into_iter().filter_map(|oid| git.find_commit(oid).ok()).collect();
        // Without paging GitHub lists the newest 250 commits.
        let reply = if call.query("page").is_some() || call.query("per_page").is_some() {
            call.page(&commits, |c| commit_json(world, repo, c))
        } else {
            Reply::ok(
                commits[commits.len().saturating_sub(250)..].iter().map(|c| commit_json(world, repo, c)).collect(),
            )
        };
        let listed = reply.json().cloned().unwrap_or_default();
        let (files, _, _) = files_json(world, repo, &git, Some(common), to)?;
        let one = |oid: Oid| git.find_commit(oid).map_or(Value::Null, |c| commit_json(world, repo, &c));
        let html = format!("{}/compare/{base}...{head}", world.html(repo));
        let body = json!({
            "url": call.url, "html_url": html, "permalink_url": format!("{}/compare/{from}...{to}", world.html(repo)),
            "diff_url": format!("{html}.diff"), "patch_url": format!("{html}.patch"), "base_commit": one(from),
            "merge_base_commit": one(common), "status": status, "ahead_by": ahead, "behind_by": behind,
            "total_commits": ahead, "commits": listed, "files": files,
        });
        Ok(reply.with_body(body))
    })
}

fn merge(call: &Call) -> Answer {
    let (base, head) = (call.need("Merge", "base")?, call.need("Merge", "head")?);
    let message = call.text("commit_message")?;
    let made = call.change(|world, _| world.merge_branch(call.repo, &call.actor, (base, head), message))?;
    let Some(sha) = made else { return Ok(Reply::empty(204)) };
    call.read(|world, repo| {
        let git = world.open_git(repo.id)?;
        let commit = git.find_commit(Oid::from_str(&sha)?)?;
        Ok(Reply::created(commit_json(world, repo, &commit)))
    })
}
