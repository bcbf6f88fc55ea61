//! A three-way merge of trees that reads only the directories that differ, and no file. It never guesses: wherever git's
//! merge could look at content, at renames, or at kinds of files, it declines, and git is asked.
//!
//! What it answers is what git's `ort` answers, by this argument. Taking the changed side of a path is ort's own rule
//! unless rename detection moves the path. A rename matters only if the other side touched its source (the source is then
//! gone on one side and changed, or gone too, on the other), or its target (both sides have the path and the base has
//! not), or a directory that is gone on one side (and changed on the other). All three are declined.

use super::objects::Objects;
use super::tree::{Change, Item, Tree};
use crate::port::Trouble;
use git2::Oid;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Deeper trees are left to git.
const MAX_DEPTH: usize = 256;

/// What came of the merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merged {
    /// This tree, exactly as git would write it.
    Clean(Oid),
    /// Not to be decided by looking at trees.
    Declined(&'static str),
}

/// A directory's merge: the item for the parent, gone, or declined.
enum Directory {
    Is(Oid),
    Empty,
    Declined(&'static str),
}

/// Merges three trees by id.
pub fn merge(objects: &mut Objects, base: Oid, ours: Oid, theirs: Oid) -> Result<Merged, Trouble> {
    if ours == base || theirs == base {
        return Ok(Merged::Clean(if ours == base { theirs } else { ours }));
    }
    let trees = [objects.tree(base)?, objects.tree(ours)?, objects.tree(theirs)?];
    if root_is_emptied(&trees[0], &trees[1]) || root_is_emptied(&trees[0], &trees[2]) {
        return Ok(Merged::Declined("one side moved everything out of the top directory"));
    }
    Ok(match directory(objects, Some(base), ours, theirs, 0)? {
        Directory::Is(tree) => Merged::Clean(tree),
        Directory::Empty => Merged::Declined("nothing is left"),
        Directory::Declined(why) => Merged::Declined(why),
    })
}

/// All files of the top directory are gone: ort may then see the top directory itself as renamed.
fn root_is_emptied(base: &Tree, side: &Tree) -> bool {
    let mut files = base.iter().filter(|(_, item)| !item.mode.is_tree()).peekable();
    files.peek().is_some() && files.all(|(name, _)| side.get(name).is_none_or(|item| item.mode.is_tree()))
}

fn directory(
    objects: &mut Objects,
    base: Option<Oid>,
    ours: Oid,
    theirs: Oid,
    depth: usize,
) -> Result<Directory, Trouble> {
    if base == Some(ours) || base == Some(theirs) {
        return Ok(Directory::Is(if base == Some(ours) { theirs } else { ours }));
    }
    if depth > MAX_DEPTH {
        return Ok(Directory::Declined("the directories are too deep"));
    }
    let old = base.map_or_else(|| Ok(Arc::new(Tree::default())), |base| objects.tree(base))?;
    let (our_tree, their_tree) = (objects.tree(ours)?, objects.tree(theirs)?);
    if old.is_unusual() || our_tree.is_unusual() || their_tree.is_unusual() {
        return Ok(Directory::Declined("a tree is written in a way git no longer writes"));
    }
    let our_changes = our_tree.changes_since(&old);
    let mut edits: BTreeMap<Vec<u8>, Option<Item>> = BTreeMap::new();
    for (name, their) in their_tree.changes_since(&old) {
        let Some(our) = our_changes.get(name) else {
            edits.insert(name.to_vec(), their.after);
            continue;
        };
        match both(objects, *our, their, depth)? {
            Both::Ours => {}
            Both::Edit(item) => {
                edits.insert(name.to_vec(), item);
            }
            Both::Declined(why) => return Ok(Directory::Declined(why)),
        }
    }
    let raw = our_tree.with(&edits);
    if raw.is_empty() {
        return Ok(Directory::Empty);
    }
    Ok(Directory::Is(if edits.is_empty() { ours } else { objects.make_tree(raw)? }))
}

/// What becomes of a name both sides changed.
enum Both {
    Ours,
    Edit(Option<Item>),
    Declined(&'static str),
}

fn both(objects: &mut Objects, our: Change, their: Change, depth: usize) -> Result<Both, Trouble> {
    let (Some(ours), Some(theirs)) = (our.after, their.after) else {
        return Ok(Both::Declined("a path is gone on one side and changed on the other"));
    };
    let base_is_tree = our.before.map(|before| before.mode.is_tree());
    if ours.mode.is_tree() && theirs.mode.is_tree() && base_is_tree != Some(false) {
        let base = our.before.map(|before| before.oid);
        return Ok(match directory(objects, base, ours.oid, theirs.oid, depth + 1)? {
            Directory::Is(oid) if oid == ours.oid => Both::Ours,
            Directory::Is(oid) => Both::Edit(Some(Item { mode: ours.mode, oid })),
            Directory::Empty => Both::Edit(None),
            Directory::Declined(why) => Both::Declined(why),
        });
    }
    Ok(match base_is_tree {
        Some(false) if ours == theirs && !ours.mode.is_tree() => Both::Ours,
        None if ours == theirs => Both::Declined("both sides added the same path, which may be a rename on one"),
        None => Both::Declined("both sides added a path differently"),
        Some(_) => Both::Declined("both sides changed a path differently"),
    })
}
