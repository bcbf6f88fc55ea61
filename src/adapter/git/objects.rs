//! Objects of one bare repository: trees and commits, read from it and kept while hot. What is made here stays in memory
//! until it is stored, which costs a file per object. It merges nothing and touches no ref.

use super::signing::SigningKey;
use super::tree::Tree;
use super::unsaved::{Made, Unsaved};
use crate::ids::Sha;
use crate::port::Trouble;
use git2::{ErrorCode, ObjectType, Oid, Repository};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

/// Parsed trees are kept up to this many bytes, then all forgotten at once.
const MAX_CACHED_BYTES: usize = 64 << 20;
/// New objects stay in memory up to this many bytes, then all are written at once, which is felt.
const MAX_UNSAVED_BYTES: usize = 16 << 20;

/// A commit, its author and message byte for byte.
#[derive(Debug, Clone)]
pub struct Commit {
    pub id: Oid,
    pub tree: Oid,
    pub parents: Vec<Oid>,
    /// The author line without the word: name, address, seconds, zone.
    pub author: Vec<u8>,
    /// Seconds since 1970.
    pub committed_s: i64,
    pub encoding: Option<Vec<u8>>,
    pub message: Vec<u8>,
}

/// A commit to be written.
#[derive(Debug)]
pub struct NewCommit<'a> {
    pub tree: Oid,
    pub parents: &'a [Oid],
    pub author: &'a [u8],
    pub committer: &'a [u8],
    pub encoding: Option<&'a [u8]>,
    pub message: &'a [u8],
    /// What signs it.
    pub key: Option<&'a SigningKey>,
}

/// The object store of one repository.
pub struct Objects {
    repo: Repository,
    trees: HashMap<Oid, Arc<Tree>>,
    cached_bytes: usize,
    unsaved: Unsaved,
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Objects").field("path", &self.repo.path()).finish_non_exhaustive()
    }
}

/// libgit2's id of one of ours.
pub fn oid(sha: Sha) -> Oid {
    Oid::from_bytes(sha.as_bytes()).expect("20 bytes are an object id")
}

/// Our id of one of libgit2's.
pub fn sha(oid: Oid) -> Sha {
    let bytes = oid.as_bytes().try_into().expect("a SHA-1 has 20 bytes");
    Sha::from_bytes(bytes).expect("no object has the id of all zeros")
}

impl Objects {
    /// Opens a bare repository.
    pub fn open(git_dir: &Path) -> Result<Self, Trouble> {
        let repo = Repository::open_bare(git_dir).map_err(|error| {
            Trouble::Denied(format!("{} cannot be opened as a bare repository: {}", git_dir.display(), error.message()))
        })?;
        Ok(Self { repo, trees: HashMap::new(), cached_bytes: 0, unsaved: Unsaved::default() })
    }

    /// The object is here, in memory or stored.
    pub fn has(&self, id: Oid) -> Result<bool, Trouble> {
        Ok(self.unsaved.get(id).is_some() || self.repo.odb().map_err(broken)?.exists(id))
    }

    /// A tree, from memory if it was asked for lately.
    pub fn tree(&mut self, id: Oid) -> Result<Arc<Tree>, Trouble> {
        if let Some(tree) = self.trees.get(&id) {
            return Ok(Arc::clone(tree));
        }
        if let Some(Made::Tree(tree)) = self.unsaved.get(id) {
            return Ok(Arc::clone(tree));
        }
        let raw = self.read(id, ObjectType::Tree, usize::MAX)?.expect("no tree is over the limit");
        let tree = Tree::parse(raw).ok_or_else(|| Trouble::Bug(format!("the tree {id} is malformed")))?;
        Ok(self.keep(id, tree))
    }

    /// Makes a tree of raw bytes, in memory.
    pub fn make_tree(&mut self, raw: Vec<u8>) -> Result<Oid, Trouble> {
        let id = Oid::hash_object(ObjectType::Tree, &raw).map_err(broken)?;
        let tree = Tree::parse(raw).expect("we wrote it well formed");
        let tree = self.keep(id, tree);
        self.unsaved.insert(id, Made::Tree(tree));
        Ok(id)
    }

    fn keep(&mut self, id: Oid, tree: Tree) -> Arc<Tree> {
        if self.cached_bytes > MAX_CACHED_BYTES {
            self.trees.clear();
            self.cached_bytes = 0;
        }
        self.cached_bytes += tree.bytes();
        let tree = Arc::new(tree);
        self.trees.insert(id, Arc::clone(&tree));
        tree
    }

    /// A commit.
    pub fn commit(&self, id: Oid) -> Result<Commit, Trouble> {
        let malformed = || Trouble::Bug(format!("the commit {id} is malformed"));
        if let Some(Made::Commit(raw)) = self.unsaved.get(id) {
            return parse_commit(id, raw).ok_or_else(malformed);
        }
        let raw = self.read(id, ObjectType::Commit, usize::MAX)?.expect("no commit is over the limit");
        parse_commit(id, &raw).ok_or_else(malformed)
    }

    /// The commit an object is or, as a tag, names; `None` if there is no such thing here.
    pub fn peel_to_commit(&self, id: Oid) -> Option<Oid> {
        if let Some(Made::Commit(_)) = self.unsaved.get(id) {
            return Some(id);
        }
        let object = self.repo.find_object(id, None).ok()?;
        object.peel_to_commit().ok().map(|commit| commit.id())
    }

    /// Makes a commit, in memory.
    pub fn make_commit(&mut self, new: &NewCommit<'_>) -> Result<Oid, Trouble> {
        let mut raw = format!("tree {}\n", new.tree).into_bytes();
        for parent in new.parents {
            raw.extend_from_slice(format!("parent {parent}\n").as_bytes());
        }
        let encoding = new.encoding.map(|encoding| (&b"encoding"[..], encoding));
        for (word, value) in
            [(&b"author"[..], new.author), (&b"committer"[..], new.committer)].into_iter().chain(encoding)
        {
            raw.extend_from_slice(word);
            raw.push(b' ');
            raw.extend_from_slice(value);
            raw.push(b'\n');
        }
        let headers = raw.len();
        raw.push(b'\n');
        raw.extend_from_slice(new.message);
        if let Some(key) = new.key {
            // Git signs the commit without this header, and puts it last.
            let signature = format!("gpgsig {}\n", key.sign(&raw).replace('\n', "\n "));
            raw.splice(headers..headers, signature.into_bytes());
        }
        let id = Oid::hash_object(ObjectType::Commit, &raw).map_err(broken)?;
        self.unsaved.insert(id, Made::Commit(Arc::new(raw)));
        Ok(id)
    }

    /// Writes an object and all it leads to, as far as they are only in memory; git sees it afterwards. What leads to an
    /// object is written after it, so that breaking off leaves nothing that points nowhere.
    pub fn store(&mut self, id: Oid) -> Result<(), Trouble> {
        let mut todo = vec![(id, false)];
        while let Some((id, leads_nowhere)) = todo.pop() {
            let Some(made) = self.unsaved.get(id).cloned() else { continue };
            if leads_nowhere {
                match &made {
                    Made::Tree(tree) => self.write(ObjectType::Tree, tree.raw())?,
                    Made::Commit(raw) => self.write(ObjectType::Commit, raw)?,
                };
                self.unsaved.remove(id);
                continue;
            }
            todo.push((id, true));
            match made {
                Made::Tree(tree) => todo.extend(tree.directories().map(|id| (id, false))),
                Made::Commit(_) => {
                    let commit = self.commit(id)?;
                    todo.push((commit.tree, false));
                    todo.extend(commit.parents.into_iter().map(|id| (id, false)));
                }
            }
        }
        Ok(())
    }

    /// Stores everything if there is too much of it.
    pub fn make_room(&mut self) -> Result<(), Trouble> {
        if self.unsaved.bytes() > MAX_UNSAVED_BYTES {
            for id in self.unsaved.ids() {
                self.store(id)?;
            }
        }
        Ok(())
    }

    /// Drops what was made and not stored.
    pub fn forget(&mut self) {
        self.unsaved.clear();
    }

    /// Writes an object of any kind to the object directory.
    pub fn write(&self, kind: ObjectType, raw: &[u8]) -> Result<Oid, Trouble> {
        let odb = self.repo.odb().map_err(broken)?;
        odb.write(kind, raw).map_err(|error| {
            Trouble::busy(format!("{} cannot be written to: {}", self.repo.path().display(), error.message()))
        })
    }

    /// An object's bytes; `None` when they are more than `limit`.
    pub fn read(&self, id: Oid, kind: ObjectType, limit: usize) -> Result<Option<Vec<u8>>, Trouble> {
        let odb = self.repo.odb().map_err(broken)?;
        let missing = |error: git2::Error| {
            if error.code() == ErrorCode::NotFound {
                Trouble::Bug(format!("{id} is not in {}; it must be fetched first", self.repo.path().display()))
            } else {
                broken(error)
            }
        };
        if limit < usize::MAX && odb.read_header(id).map_err(missing)?.0 > limit {
            return Ok(None);
        }
        let object = odb.read(id).map_err(missing)?;
        if object.kind() != kind {
            return Err(Trouble::Bug(format!("{id} is a {}, not a {kind}", object.kind())));
        }
        Ok(Some(object.data().to_vec()))
    }

    /// The stored commits one comes to first on the way down from `id`, and whether `wanted` is on the way.
    fn stored_below(&self, id: Oid, wanted: Oid) -> Result<(Vec<Oid>, bool), Trouble> {
        let (mut below, mut passed, mut todo, mut met) = (Vec::new(), BTreeSet::new(), vec![id], false);
        while let Some(id) = todo.pop() {
            met |= id == wanted;
            if !passed.insert(id) {
                continue;
            }
            if self.unsaved.get(id).is_some() {
                todo.extend(self.commit(id)?.parents);
            } else {
                below.push(id);
            }
        }
        Ok((below, met))
    }

    /// All best common ancestors; none for unrelated histories.
    ///
    /// libgit2 does not see what is in memory, and need not: no stored commit leads there, so the common ancestors of
    /// `two` and an unsaved `one` are those of `two` and all the stored commits `one` stands on.
    pub fn merge_bases(&mut self, one: Oid, two: Oid) -> Result<Vec<Oid>, Trouble> {
        self.store(two)?;
        let mut commits = vec![two];
        commits.extend(self.stored_below(one, two)?.0);
        match self.repo.merge_bases_many(&commits) {
            Ok(bases) => Ok(bases.iter().copied().collect()),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(Vec::new()),
            Err(error) => Err(broken(error)),
        }
    }

    /// `ancestor` can be reached from `descendant`, or is it.
    pub fn is_ancestor(&self, ancestor: Oid, descendant: Oid) -> Result<bool, Trouble> {
        let (below, met) = self.stored_below(descendant, ancestor)?;
        if met || self.unsaved.get(ancestor).is_some() {
            return Ok(met);
        }
        // The cache holds whole histories, so a commit that is not in it at all is nobody's ancestor; as an error that would
        // stop a queue whose cache was lost for good.
        match self.repo.find_commit(ancestor) {
            Ok(_) => {}
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(false),
            Err(error) => return Err(broken(error)),
        }
        for commit in below {
            if self.repo.graph_descendant_of(commit, ancestor).map_err(broken)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "so that it can be passed to map_err")]
fn broken(error: git2::Error) -> Trouble {
    Trouble::Bug(format!("the local repository could not be read: {}", error.message()))
}

/// Reads a commit object. Multi-line headers (`gpgsig`, `mergetag`) go on with a space and are skipped.
fn parse_commit(id: Oid, raw: &[u8]) -> Option<Commit> {
    let end = raw.windows(2).position(|pair| pair == b"\n\n").map_or(raw.len(), |at| at + 1);
    let message = raw.get(end + 1..).unwrap_or_default().to_vec();
    let (mut tree, mut parents, mut author, mut committer, mut encoding) = (None, Vec::new(), None, None, None);
    for line in raw[..end].split(|byte| *byte == b'\n') {
        let (word, value) = line.split_at(line.iter().position(|byte| *byte == b' ').unwrap_or(line.len()));
        let value = value.get(1..).unwrap_or_default();
        let hex = || std::str::from_utf8(value).ok().and_then(|text| Oid::from_str(text).ok());
        match word {
            b"tree" if tree.is_none() => tree = Some(hex()?),
            b"parent" => parents.push(hex()?),
            b"author" if author.is_none() => author = Some(value.to_vec()),
            b"committer" if committer.is_none() => committer = Some(value.to_vec()),
            b"encoding" if encoding.is_none() => encoding = Some(value.to_vec()),
            _ => {}
        }
    }
    let committed_s = seconds(&committer?);
    Some(Commit { id, tree: tree?, parents, author: author?, committed_s, encoding, message })
}

/// The seconds of an author or committer line; 0 for a broken one, as git reads it.
fn seconds(line: &[u8]) -> i64 {
    let after = line.iter().rposition(|byte| *byte == b'>').map_or(&line[..0], |at| &line[at + 1..]);
    let text = std::str::from_utf8(after).unwrap_or_default();
    text.split_whitespace().next().and_then(|seconds| seconds.parse::<i64>().ok()).unwrap_or(0).max(0)
}
