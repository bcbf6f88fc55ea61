//! Commits made through the API: one file put or taken away at the tip of a branch, as GitHub's web editor does it. The branch
//! moves as by a push, so protection is asked first and everything that follows a push follows.

use super::git::ABSENT;
use super::{World, git};
use crate::sandbox::types::{Actor, RefChange, Refused};
use git2::{Index, IndexEntry, IndexTime, Oid, Repository, Signature};

/// One file at the tip of a branch: what it is to hold, and what it held.
pub struct FileChange<'a> {
    pub branch: &'a str,
    pub path: &'a str,
    /// `None` deletes.
    pub content: Option<&'a [u8]>,
    /// The blob the caller believes is there.
    pub was: Option<&'a str>,
    pub message: &'a str,
    pub author: Signature<'a>,
    pub committer: Signature<'a>,
}

/// What came of it.
#[derive(Debug)]
pub struct FileChanged {
    pub commit: Oid,
    /// There was no such file before.
    pub created: bool,
}

impl World {
    /// Commits the change and moves the branch. An empty repository gets its first commit this way.
    pub fn change_file(&mut self, repo: u64, actor: &Actor, change: &FileChange<'_>) -> Result<FileChanged, Refused> {
        let git = self.open_git(repo)?;
        let name = format!("refs/heads/{}", change.branch);
        let tip = git.refname_to_id(&name).ok();
        let of = self.repo(repo)?;
        if tip.is_none() && !(of.refs.is_empty() && change.branch == of.default_branch) {
            return Err(Refused::new(404, format!("Branch {} not found", change.branch)));
        }
        let parent = tip.map(|oid| git.find_commit(oid)).transpose()?;
        let mut files = Index::new()?;
        if let Some(parent) = &parent {
            files.read_tree(&parent.tree()?)?;
        }
        let known = files.get_path(change.path.as_ref(), 0);
        expect(change, known.as_ref())?;
        put(&git, &mut files, change, known.as_ref())?;
        let tree = git.find_tree(files.write_tree_to(&git)?)?;
        let parents: Vec<_> = parent.iter().collect();
        let commit = git.commit(None, &change.author, &change.committer, change.message, &tree, &parents)?;
        let old = tip.map_or_else(|| ABSENT.to_owned(), |oid| oid.to_string());
        let moved = RefChange { name: name.clone(), old, new: commit.to_string() };
        let verb = match (change.content, &known) {
            (None, _) => "delete",
            (Some(_), Some(_)) => "update",
            (Some(_), None) => "create",
        };
        let barred = |why: String| Refused::new(409, format!("Could not {verb} file: {}", git::plain(&why)));
        self.allow_ref(repo, actor, &moved).map_err(barred)?;
        match tip {
            Some(old) => git.reference_matching(&name, commit, true, old, verb)?,
            None => git.reference(&name, commit, false, verb)?,
        };
        self.pushed(repo, self.by(actor), &[moved])?;
        Ok(FileChanged { commit, created: known.is_none() })
    }
}

/// The caller must have seen the file it changes, and there must be one to delete.
fn expect(change: &FileChange<'_>, known: Option<&IndexEntry>) -> Result<(), Refused> {
    match (known, change.was) {
        (None, _) if change.content.is_none() => Err(Refused::not_found()),
        (None, None) => Ok(()),
        (Some(_), None) => Err(Refused::new(422, "Invalid request.\n\n\"sha\" wasn't supplied.")),
        (Some(entry), Some(was)) if entry.id.to_string() == was => Ok(()),
        (_, Some(was)) => Err(Refused::new(409, format!("{} does not match {was}", change.path))),
    }
}

fn put(
    git: &Repository,
    files: &mut Index,
    change: &FileChange<'_>,
    known: Option<&IndexEntry>,
) -> Result<(), Refused> {
    let malformed = |_| Refused::new(422, "path contains a malformed path component");
    let Some(content) = change.content else {
        return files.remove_path(change.path.as_ref()).map_err(malformed);
    };
    let entry = IndexEntry {
        ctime: IndexTime::new(0, 0),
        mtime: IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode: known.map_or(0o100_644, |e| e.mode),
        uid: 0,
        gid: 0,
        file_size: 0,
        id: git.blob(content)?,
        flags: 0,
        flags_extended: 0,
        path: change.path.as_bytes().to_vec(),
    };
    files.add(&entry).map_err(malformed)
}
