//! Which commits a pull request consists of, seen from the commit it is to stand on, and the sentences for those we do not
//! compose. It reads history and writes nothing.

use super::authority::Authority;
use super::autosquash::is_marked;
use super::message::subject;
use super::objects::{Commit, Objects, oid};
use crate::facts::InnerMerges;
use crate::port::Trouble;
use crate::port::git::Recipe;

/// A pull request may have so many commits; GitHub lists no more than these either.
pub const MAX_COMMITS: usize = 250;

/// A pull request's commits.
#[derive(Debug)]
pub enum Lineage {
    /// Oldest first, none of them a merge.
    Commits(Vec<Commit>),
    /// All of it is on trunk.
    Contained,
    /// Not one we compose; the sentence says why and what to do.
    Refused(String),
}

/// Reads the commits of `recipe.head` that are not in `recipe.onto`.
pub fn read(
    objects: &mut Objects,
    authority: &Authority,
    recipe: &Recipe,
    inner_merges: InnerMerges,
) -> Result<Lineage, Trouble> {
    let (onto, head) = (oid(recipe.onto), oid(recipe.head));
    let bases = objects.merge_bases(onto, head)?;
    if bases.is_empty() {
        return Ok(Lineage::Refused(unrelated(recipe)));
    }
    if bases.contains(&head) {
        return Ok(Lineage::Contained);
    }
    let mut commits = Vec::new();
    let mut next = head;
    while !bases.contains(&next) {
        let commit = objects.commit(next)?;
        let [parent] = commit.parents.as_slice() else {
            return match inner_merges {
                InnerMerges::Refuse => Ok(Lineage::Refused(inner_merge(&commit))),
                InnerMerges::Flatten => flattened(objects, authority, recipe),
            };
        };
        if commits.len() == MAX_COMMITS {
            return Ok(Lineage::Refused(too_many()));
        }
        next = *parent;
        commits.push(commit);
    }
    commits.reverse();
    Ok(Lineage::Commits(commits))
}

fn flattened(objects: &mut Objects, authority: &Authority, recipe: &Recipe) -> Result<Lineage, Trouble> {
    let ids = authority.commits(objects, oid(recipe.onto), oid(recipe.head), MAX_COMMITS + 1)?;
    if ids.len() > MAX_COMMITS {
        return Ok(Lineage::Refused(too_many()));
    }
    let commits = ids.into_iter().map(|id| objects.commit(id)).collect::<Result<Vec<_>, _>>()?;
    Ok(match commits.iter().find(|commit| commit.parents.is_empty()) {
        Some(root) => Lineage::Refused(format!(
            "It brings in another history that begins with {}; only commits that grew on trunk can be composed.",
            short(root)
        )),
        None => Lineage::Commits(commits),
    })
}

/// The commit is to be melted into another.
pub fn is_fixup(commit: &Commit) -> bool {
    is_marked(&subject(&commit.message))
}

/// The sentence for a history that shares nothing with trunk.
pub fn unrelated(recipe: &Recipe) -> String {
    format!(
        "{} and {} share no history, so there is nothing to compose; branch off trunk and apply the change there.",
        recipe.head.short(),
        recipe.onto.short()
    )
}

/// The sentence for a fixup without its target.
pub fn orphan(commit: &Commit) -> String {
    format!(
        "Commit {} is called \"{}\", but no commit of this pull request before it is its target; squash or rename it.",
        short(commit),
        title(commit)
    )
}

/// The sentence for a head that is to land as it is, and cannot.
pub fn not_ahead(recipe: &Recipe) -> String {
    format!(
        "It is to land by fast-forward, as the commit it is, and {} does not stand on {}, where it would land. Rebase the branch, or ask \
         for `as rebase` or `as merge`.",
        recipe.head.short(),
        recipe.onto.short()
    )
}

/// The sentence for a last commit by whose message CI would not start.
pub fn skips_ci(commit: &Commit, mark: &str) -> String {
    format!(
        "Its last commit (\"{}\") has `{mark}` in its message, so CI would not start on it, and what is not tested does not land. \
         Take that out with `git commit --amend`, or ask for `as squash` or `as merge`, whose messages are written here.",
        title(commit)
    )
}

fn inner_merge(commit: &Commit) -> String {
    if commit.parents.is_empty() {
        return format!("Its history begins with {}, which is not on trunk; rebase it on trunk.", short(commit));
    }
    format!(
        "Commit {} (\"{}\") is a merge commit, and this queue rebases; rebase the branch on trunk instead of merging trunk \
         into it, or set inner_merges = \"flatten\".",
        short(commit),
        title(commit)
    )
}

fn too_many() -> String {
    format!("It has more than {MAX_COMMITS} commits; squash some, or split it into several pull requests.")
}

fn title(commit: &Commit) -> String {
    String::from_utf8_lossy(&subject(&commit.message)).chars().take(80).collect()
}

fn short(commit: &Commit) -> String {
    commit.id.to_string()[..10].to_owned()
}
