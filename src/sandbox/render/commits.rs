//! Commits, refs and file differences as bodies, read from a bare repository.

use super::node_id;
use crate::sandbox::world::World;
use crate::sandbox::world::model::Repo;
use crate::sandbox::world::time::iso;
use git2::{Commit, Delta, Oid, Patch, Repository};
use serde_json::{Value, json};

/// GitHub lists at most this many files of a commit or comparison.
const MOST_FILES: usize = 300;
/// A longer patch is left out.
const LONGEST_PATCH: usize = 20_000;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn person(who: &git2::Signature<'_>) -> Value {
    json!({"name": text(who.name_bytes()), "email": text(who.email_bytes()), "date": iso(who.when().seconds() * 1000)})
}

fn unsigned() -> Value {
    json!({"verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null})
}

fn message(commit: &Commit<'_>) -> String {
    // git ends messages with a newline, GitHub's API does not.
    text(commit.message_bytes()).trim_end_matches('\n').to_owned()
}

/// `commit`, without files.
pub fn commit_json(world: &World, repo: &Repo, commit: &Commit<'_>) -> Value {
    let (api, html, sha) = (world.repo_api(repo), world.html(repo), commit.id().to_string());
    let account = |who: &git2::Signature<'_>| {
        let email = text(who.email_bytes());
        world.accounts.values().find(|a| a.email.eq_ignore_ascii_case(&email)).map(|a| world.user_json(a.id))
    };
    json!({
        "sha": sha, "node_id": node_id("Commit", &sha), "url": format!("{api}/commits/{sha}"),
        "html_url": format!("{html}/commit/{sha}"), "comments_url": format!("{api}/commits/{sha}/comments"),
        "commit": {
            "author": person(&commit.author()), "committer": person(&commit.committer()), "message": message(commit),
            "tree": {"sha": commit.tree_id().to_string(), "url": format!("{api}/git/trees/{}", commit.tree_id())},
            "url": format!("{api}/git/commits/{sha}"), "comment_count": 0, "verification": unsigned(),
        },
        "author": account(&commit.author()), "committer": account(&commit.committer()),
        "parents": parents(&api, &html, "commits", commit),
    })
}

fn parents(api: &str, html: &str, part: &str, commit: &Commit<'_>) -> Value {
    let parent = |oid: Oid| json!({"sha": oid.to_string(), "url": format!("{api}/{part}/{oid}"), "html_url": format!("{html}/commit/{oid}")});
    commit.parent_ids().map(parent).collect()
}

/// `git-commit`.
pub fn git_commit_json(world: &World, repo: &Repo, commit: &Commit<'_>) -> Value {
    let (api, html, sha) = (world.repo_api(repo), world.html(repo), commit.id().to_string());
    json!({
        "sha": sha, "node_id": node_id("Commit", &sha), "url": format!("{api}/git/commits/{sha}"),
        "html_url": format!("{html}/commit/{sha}"), "author": person(&commit.author()),
        "committer": person(&commit.committer()), "message": message(commit),
        "tree": {"sha": commit.tree_id().to_string(), "url": format!("{api}/git/trees/{}", commit.tree_id())},
        "parents": parents(&api, &html, "git/commits", commit), "verification": unsigned(),
    })
}

/// `git-ref`.
pub fn ref_json(world: &World, repo: &Repo, git: &Repository, name: &str, target: Oid) -> Value {
    let api = world.repo_api(repo);
    let kind = git.find_object(target, None).ok().and_then(|o| o.kind()).map_or("commit", |k| k.str());
    let part = format!("{kind}s");
    let short = name.trim_start_matches("refs/");
    json!({
        "ref": name, "node_id": node_id("Ref", name), "url": format!("{api}/git/refs/{short}"),
        "object": {"sha": target.to_string(), "type": kind, "url": format!("{api}/git/{part}/{target}")},
    })
}

/// `diff-entry` for each file that differs, and (added, deleted) lines in all.
pub fn files_json(
    world: &World,
    repo: &Repo,
    git: &Repository,
    from: Option<Oid>,
    to: Oid,
) -> Result<(Vec<Value>, usize, usize), git2::Error> {
    let tree = |oid| git.find_commit(oid).and_then(|c| c.tree());
    let old = from.map(tree).transpose()?;
    let mut diff = git.diff_tree_to_tree(old.as_ref(), Some(&tree(to)?), None)?;
    diff.find_similar(None)?;
    let (mut files, mut added, mut deleted) = (Vec::new(), 0, 0);
    for at in 0..diff.deltas().len() {
        let Some(patch) = Patch::from_diff(&diff, at)? else { continue };
        let (_, plus, minus) = patch.line_stats()?;
        added += plus;
        deleted += minus;
        if files.len() < MOST_FILES {
            files.push(file_json(world, repo, patch, (plus, minus), to)?);
        }
    }
    Ok((files, added, deleted))
}

fn file_json(
    world: &World,
    repo: &Repo,
    mut patch: Patch<'_>,
    lines: (usize, usize),
    to: Oid,
) -> Result<Value, git2::Error> {
    let name_of = |file: git2::DiffFile<'_>| file.path_bytes().map(text).unwrap_or_default();
    let delta = patch.delta();
    let (name, former, blob) = (name_of(delta.new_file()), name_of(delta.old_file()), delta.new_file().id());
    let status = match delta.status() {
        Delta::Added | Delta::Untracked => "added",
        Delta::Deleted => "removed",
        Delta::Renamed => "renamed",
        Delta::Copied => "copied",
        Delta::Unmodified
        | Delta::Modified
        | Delta::Ignored
        | Delta::Typechange
        | Delta::Unreadable
        | Delta::Conflicted => "modified",
    };
    let blob = if status == "removed" { delta.old_file().id() } else { blob };
    let (api, html) = (world.repo_api(repo), world.html(repo));
    let mut body = json!({
        "sha": blob.to_string(), "filename": name, "status": status, "additions": lines.0, "deletions": lines.1,
        "changes": lines.0 + lines.1, "blob_url": format!("{html}/blob/{to}/{name}"),
        "raw_url": format!("{html}/raw/{to}/{name}"), "contents_url": format!("{api}/contents/{name}?ref={to}"),
    });
    let written = patch.to_buf()?;
    let written = String::from_utf8_lossy(&written).into_owned();
    // The API's patch begins at the first hunk; git's header before it is left out.
    if let Some(from) = written.find("\n@@").filter(|_| written.len() <= LONGEST_PATCH) {
        body["patch"] = json!(written[from + 1..].trim_end_matches('\n'));
    }
    if status == "renamed" || status == "copied" {
        body["previous_filename"] = json!(former);
    }
    Ok(body)
}

impl World {
    /// A commit as a push webhook lists it.
    pub fn push_commit_json(&self, git: &Repository, oid: Oid) -> Option<Value> {
        let commit = git.find_commit(oid).ok()?;
        let who = |who: &git2::Signature<'_>| {
            let email = text(who.email_bytes());
            let login = self.accounts.values().find(|a| a.email == email).map(|a| a.login.clone());
            let mut body = json!({"name": text(who.name_bytes()), "email": email});
            if let Some(login) = login {
                body["username"] = json!(login);
            }
            body
        };
        let parent = commit.parent(0).ok().and_then(|p| p.tree().ok());
        let diff = git.diff_tree_to_tree(parent.as_ref(), commit.tree().ok().as_ref(), None).ok()?;
        let (mut added, mut removed, mut modified) = (Vec::new(), Vec::new(), Vec::new());
        for delta in diff.deltas().take(MOST_FILES) {
            let file = if delta.status() == Delta::Deleted { delta.old_file() } else { delta.new_file() };
            let path = file.path_bytes().map(text).unwrap_or_default();
            if delta.status() == Delta::Added {
                added.push(path);
            } else if delta.status() == Delta::Deleted {
                removed.push(path);
            } else {
                modified.push(path);
            }
        }
        Some(json!({
            "id": oid.to_string(), "tree_id": commit.tree_id().to_string(), "distinct": true, "message": message(&commit),
            "timestamp": iso(commit.committer().when().seconds() * 1000), "url": format!("{}/commit/{oid}", self.base),
            "author": who(&commit.author()), "committer": who(&commit.committer()),
            "added": added, "removed": removed, "modified": modified,
        }))
    }
}
