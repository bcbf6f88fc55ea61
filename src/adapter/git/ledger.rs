//! Commits of the ledger: made on top of each other, with the files that change, and read from the newest to the first. What
//! stands in them is not looked at, and no ref is moved.

use super::composer::Composer;
use super::objects::{NewCommit, Objects, oid, sha};
use super::tree::{Item, Mode, Tree};
use crate::ids::Sha;
use crate::port::Trouble;
use crate::port::git::{LedgerCommit, LedgerPage};
use git2::{ObjectType, Oid};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Files by folder and name, as they are to be.
type Edits<'a> = BTreeMap<&'a str, BTreeMap<Vec<u8>, Option<Item>>>;

impl Composer {
    /// Makes a commit of the ledger; the same fields give the same one.
    pub(super) fn ledger_commit(&mut self, new: &LedgerCommit) -> Result<Sha, Trouble> {
        let parents: Vec<Oid> = new.parent.map(oid).into_iter().collect();
        let before = match parents.first() {
            Some(parent) => Some(self.objects.commit(*parent)?.tree),
            None => None,
        };
        let tree = match before {
            Some(tree) if new.files.is_empty() => tree,
            before => self.ledger_tree(before, &new.files)?,
        };
        let line = self.identity.line(new.at.ms().div_euclid(1000));
        let made = self.objects.make_commit(&NewCommit {
            tree,
            parents: &parents,
            author: &line,
            committer: &line,
            encoding: None,
            message: new.message.as_bytes(),
            key: self.identity.key(),
        })?;
        Ok(sha(made))
    }

    fn ledger_tree(&mut self, before: Option<Oid>, files: &BTreeMap<String, Option<Vec<u8>>>) -> Result<Oid, Trouble> {
        let mut edits = Edits::new();
        for (path, bytes) in files {
            let (folder, name) = split(path)?;
            let item = match bytes {
                Some(bytes) => Some(Item { mode: Mode::FILE, oid: self.objects.write(ObjectType::Blob, bytes)? }),
                None => None,
            };
            edits.entry(folder).or_default().insert(name.as_bytes().to_vec(), item);
        }
        let root = self.tree_or_empty(before)?;
        let mut top = edits.remove("").unwrap_or_default();
        for (folder, files) in edits {
            let there = root.get(folder.as_bytes()).filter(|item| item.mode.is_tree()).map(|item| item.oid);
            let raw = self.tree_or_empty(there)?.with(&files);
            let item =
                if raw.is_empty() { None } else { Some(Item { mode: Mode::TREE, oid: self.objects.make_tree(raw)? }) };
            top.insert(folder.as_bytes().to_vec(), item);
        }
        self.objects.make_tree(root.with(&top))
    }

    fn tree_or_empty(&mut self, id: Option<Oid>) -> Result<Arc<Tree>, Trouble> {
        id.map_or_else(|| Ok(Arc::new(Tree::default())), |id| self.objects.tree(id))
    }
}

/// The folder, if there is one, and the name of a path.
fn split(path: &str) -> Result<(&str, &str), Trouble> {
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
    let legal = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['/', '\\', '\0']);
    let fits = legal(name) && (!path.contains('/') || legal(folder));
    if fits { Ok((folder, name)) } else { Err(Trouble::Bug(format!("`{path}` is no path in the ledger"))) }
}

/// One commit; `None` if the object is none, or joins two histories.
pub(super) fn page(objects: &Objects, id: Sha) -> Result<Option<LedgerPage>, Trouble> {
    if objects.peel_to_commit(oid(id)) != Some(oid(id)) {
        return Ok(None);
    }
    let commit = objects.commit(oid(id))?;
    let parent = match commit.parents.as_slice() {
        [] => None,
        [parent] => Some(sha(*parent)),
        _ => return Ok(None),
    };
    Ok(Some(LedgerPage { id, parent, message: String::from_utf8_lossy(&commit.message).into_owned() }))
}

/// The commits from after `known`, or from the first, to `tip`, oldest first; `None` if `known` is none of them.
pub(super) fn pages(objects: &Objects, tip: Sha, known: Option<Sha>) -> Result<Option<Vec<LedgerPage>>, Trouble> {
    let mut pages = Vec::new();
    let mut next = Some(tip);
    while let Some(id) = next.filter(|id| Some(*id) != known) {
        let page = page(objects, id)?.ok_or_else(|| {
            Trouble::Denied(format!("{id} in the ledger is no commit with one parent: somebody else wrote to it"))
        })?;
        next = page.parent;
        pages.push(page);
    }
    if next != known {
        return Ok(None);
    }
    pages.reverse();
    Ok(Some(pages))
}
