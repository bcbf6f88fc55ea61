//! Reading bare repositories with libgit2: ancestry, commits between, where a name points. It moves nothing.

use git2::{Oid, Repository, Sort};
use std::collections::BTreeMap;
use std::path::Path;

/// Git's word for "absent".
pub const ABSENT: &str = "0000000000000000000000000000000000000000";

pub fn open(dir: &Path) -> Result<Repository, git2::Error> {
    Repository::open_bare(dir)
}

/// The commit a full ref name points at (annotated tags are peeled).
pub fn tip(git: &Repository, full_ref: &str) -> Option<String> {
    Some(git.find_reference(full_ref).ok()?.peel_to_commit().ok()?.id().to_string())
}

/// What a branch, tag, full or short ref or (abbreviated) commit id means: a commit.
pub fn resolve(git: &Repository, name: &str) -> Option<Oid> {
    if name.len() == 40
        && let Ok(oid) = Oid::from_str(name)
    {
        return git.find_commit(oid).ok().map(|c| c.id());
    }
    let short = name.strip_prefix("refs/").unwrap_or(name);
    let guesses = [format!("refs/heads/{name}"), format!("refs/tags/{name}"), format!("refs/{short}")];
    guesses.iter().find_map(|full| git.find_reference(full).ok()?.peel_to_commit().ok()).map(|c| c.id()).or_else(|| {
        let hex = (7..40).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_hexdigit());
        if name == "HEAD" || hex { git.revparse_single(name).ok()?.peel_to_commit().ok().map(|c| c.id()) } else { None }
    })
}

/// `ancestor` is `of` or reachable from it.
pub fn reaches(git: &Repository, of: &str, ancestor: &str) -> bool {
    of == ancestor
        || matches!((Oid::from_str(of), Oid::from_str(ancestor)), (Ok(of), Ok(ancestor)) if git.graph_descendant_of(of, ancestor).unwrap_or(false))
}

/// Commits reachable from `to` and from none of `from`, parents first, at most `limit`.
pub fn between(git: &Repository, from: &[Oid], to: Oid, limit: usize) -> Result<Vec<Oid>, git2::Error> {
    let mut walk = git.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::REVERSE)?;
    walk.push(to)?;
    for oid in from {
        walk.hide(*oid)?;
    }
    walk.take(limit).collect()
}

/// Branches and tags with the object ids they hold.
pub fn refs(git: &Repository) -> Result<BTreeMap<String, String>, git2::Error> {
    let mut all = BTreeMap::new();
    for found in git.references()? {
        let found = found?;
        let (Ok(name), Some(target)) = (found.name(), found.target()) else { continue };
        if name.starts_with("refs/heads/") || name.starts_with("refs/tags/") {
            all.insert(name.to_owned(), target.to_string());
        }
    }
    Ok(all)
}

/// Protection's text for `git push`, as one sentence for the API.
pub fn plain(why: &str) -> &str {
    why.lines().next_back().unwrap_or_default().trim_start_matches("error: ").trim_start_matches("- ")
}
