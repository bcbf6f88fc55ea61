//! Composition: what a pull request becomes on a commit, as new objects in a bare repository and nothing else. The same
//! recipe gives the same commit, byte for byte: no clock, no configuration, no working tree takes part.

use super::authority::{Authority, Verdict};
use super::autosquash::{Group, groups};
use super::lineage::{self, Lineage};
use super::objects::{Commit, NewCommit, Objects, oid, sha};
use super::signing::SigningKey;
use super::three_way::{self, Merged};
use crate::facts::Strategy;
use crate::ids::Sha;
use crate::port::Trouble;
use crate::port::git::{Composed, Recipe};
use git2::Oid;
use std::collections::BTreeSet;
use std::path::Path;

/// Who stands in the committer field of composed commits and the tagger field of tags, and signs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    name: String,
    email: String,
    key: Option<SigningKey>,
}

impl Identity {
    /// Takes a name and an address; what git could not write in such a line (`<`, `>`, control characters) is left out.
    pub fn new(name: &str, email: &str) -> Self {
        let clean = |text: &str| {
            let kept: String = text.chars().filter(|c| !c.is_control() && !"<>".contains(*c)).collect();
            kept.trim().to_owned()
        };
        Self { name: clean(name), email: clean(email), key: None }
    }

    /// The same, signing what is made with this key, if there is one.
    #[must_use]
    pub fn signing(self, key: Option<SigningKey>) -> Self {
        Self { key, ..self }
    }

    pub(super) fn key(&self) -> Option<&SigningKey> {
        self.key.as_ref()
    }

    /// The line git writes for it at a moment, always in UTC.
    pub(super) fn line(&self, seconds: i64) -> Vec<u8> {
        format!("{} <{}> {} +0000", self.name, self.email, seconds.max(0)).into_bytes()
    }
}

/// Composes in one bare repository; keeps what is hot between compositions.
#[derive(Debug)]
pub struct Composer {
    pub(super) objects: Objects,
    pub(super) authority: Authority,
    pub(super) identity: Identity,
}

/// Where the composition stands: the last commit and its tree. During a group the commit may still be unwritten.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub(super) commit: Option<Oid>,
    pub(super) tree: Oid,
}

enum Step {
    Made(Oid, Oid),
    Empty,
    Conflict(Vec<String>),
}

impl Composer {
    /// Opens the bare repository all objects are read from and stored in.
    pub fn open(git_dir: &Path, identity: Identity) -> Result<Self, Trouble> {
        Ok(Self { objects: Objects::open(git_dir)?, authority: Authority::new(git_dir.to_owned()), identity })
    }

    /// Composes. New objects are known to this composer only, and can be composed on; see [`Self::store`]. Trouble if a
    /// commit of the recipe is not there.
    pub fn compose(&mut self, recipe: &Recipe) -> Result<Composed, Trouble> {
        self.objects.make_room()?;
        match recipe.strategy {
            Strategy::Rebase => self.rebase(recipe).and_then(|composed| self.startable(composed)),
            Strategy::Merge => self.merge(recipe),
            Strategy::Squash => self.squash(recipe),
            Strategy::RebaseMerge => self.rebase_merge(recipe),
            Strategy::FastForward => self.fast_forward(recipe).and_then(|composed| self.startable(composed)),
        }
    }

    /// Writes a composed tip and all it leads to into the repository, where git and the next process find them. Trouble if
    /// the tip is not known here.
    pub fn store(&mut self, tip: Sha) -> Result<(), Trouble> {
        if !self.objects.has(oid(tip))? {
            return Err(Trouble::Bug(format!("{tip} is not in the cache; fetch or compose it first")));
        }
        self.objects.store(oid(tip))
    }

    /// Drops what was composed and not stored.
    pub fn forget(&mut self) {
        self.objects.forget();
    }

    /// The commit an object is or, as a tag, names; `None` if there is no such thing in the repository.
    pub fn commit_at(&self, object: Sha) -> Option<Sha> {
        self.objects.peel_to_commit(oid(object)).map(sha)
    }

    /// A commit's tree.
    pub fn tree_of(&self, commit: Sha) -> Result<Sha, Trouble> {
        self.objects.commit(oid(commit)).map(|commit| sha(commit.tree))
    }

    pub(super) fn rebase(&mut self, recipe: &Recipe) -> Result<Composed, Trouble> {
        let commits = match lineage::read(&mut self.objects, &self.authority, recipe, recipe.inner_merges)? {
            Lineage::Commits(commits) => commits,
            Lineage::Contained => return Ok(Composed::Nothing),
            Lineage::Refused(why) => return Ok(Composed::Refused { why }),
        };
        let groups = match groups(&commits) {
            Ok(groups) => groups,
            Err(orphan) => return Ok(Composed::Refused { why: lineage::orphan(orphan.0) }),
        };
        let onto = self.objects.commit(oid(recipe.onto))?;
        let (mut tip, mut tree, mut made) = (onto.id, onto.tree, 0);
        let mut landed = None;
        for group in &groups {
            match self.group(recipe, &onto, group, (tip, tree), &mut landed)? {
                Step::Made(commit, its_tree) => (tip, tree, made) = (commit, its_tree, made + 1),
                Step::Empty => {}
                Step::Conflict(paths) => return Ok(Composed::Conflict { paths }),
            }
        }
        if tree == onto.tree {
            return Ok(Composed::Nothing);
        }
        Ok(Composed::Tip { tip: sha(tip), tree: sha(tree), commits: made })
    }

    fn group(
        &mut self,
        recipe: &Recipe,
        onto: &Commit,
        group: &Group<'_>,
        (tip, tree): (Oid, Oid),
        landed: &mut Option<BTreeSet<Oid>>,
    ) -> Result<Step, Trouble> {
        let mut at = At { commit: Some(tip), tree };
        for commit in std::iter::once(group.pick).chain(group.follow.iter().map(|(_, commit)| *commit)) {
            match self.pick(at, commit)? {
                Verdict::Clean(tree) if tree == at.tree => {}
                Verdict::Clean(tree) => at = At { commit: None, tree },
                Verdict::Conflict(paths) => {
                    let landed = match landed {
                        Some(landed) => landed,
                        None => landed.insert(self.authority.landed(&mut self.objects, onto.id, oid(recipe.head))?),
                    };
                    // Its patch is on trunk, and trunk went on from there: nothing is left to apply.
                    if !landed.contains(&commit.id) {
                        return Ok(Step::Conflict(paths));
                    }
                }
            }
        }
        if at.tree == tree {
            return Ok(Step::Empty);
        }
        // A commit that stands where it stood stays as it is, with its signature.
        if group.follow.is_empty() && group.pick.parents == [tip] {
            return Ok(Step::Made(group.pick.id, group.pick.tree));
        }
        let commit = self.objects.make_commit(&NewCommit {
            tree: at.tree,
            parents: &[tip],
            author: &group.pick.author,
            committer: &self.identity.line(onto.committed_s.max(group.committed_s())),
            encoding: group.pick.encoding.as_deref(),
            message: &group.message(),
            key: self.identity.key(),
        })?;
        Ok(Step::Made(commit, at.tree))
    }

    /// The change of one commit, applied to where we stand.
    fn pick(&mut self, at: At, commit: &Commit) -> Result<Verdict, Trouble> {
        let parent = commit.parents.first().ok_or_else(|| Trouble::Bug(format!("{} has no parent", commit.id)))?;
        let parent = self.objects.commit(*parent)?;
        self.three_way(&parent, at, commit)
    }

    /// Merges by trees, and by git where trees do not say.
    pub(super) fn three_way(&mut self, base: &Commit, ours: At, theirs: &Commit) -> Result<Verdict, Trouble> {
        match three_way::merge(&mut self.objects, base.tree, ours.tree, theirs.tree)? {
            Merged::Clean(tree) => Ok(Verdict::Clean(tree)),
            Merged::Declined(_) => {
                let ours = self.as_commit(ours)?;
                self.authority.merge(&mut self.objects, Some(base.id), ours, theirs.id)
            }
        }
    }

    /// `git merge-tree` before 2.45 takes commits only: a tree gets a commit nobody will ever point to.
    pub(super) fn as_commit(&mut self, at: At) -> Result<Oid, Trouble> {
        if let Some(commit) = at.commit {
            return Ok(commit);
        }
        let line = self.identity.line(0);
        self.objects.make_commit(&NewCommit {
            tree: at.tree,
            parents: &[],
            author: &line,
            committer: &line,
            encoding: None,
            message: b"an intermediate state of a composition\n",
            key: None,
        })
    }
}
