//! Git's own word on a merge: `git merge-tree`, and the few questions about history that only the git program answers as
//! `git rebase` would. What git is asked about is stored first. It never looks into trees itself, and reads no configuration of the machine or a person.

use super::objects::Objects;
use super::program::{self, Ran};
use crate::port::Trouble;
use git2::Oid;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::time::Duration;

const LIMIT: Duration = Duration::from_mins(1);
/// Answers are kept up to this many, then all forgotten at once.
const MAX_KEPT: usize = 4096;

/// What git says to a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Clean, with this tree.
    Clean(Oid),
    /// Paths in conflict, sorted, lossily decoded.
    Conflict(Vec<String>),
}

/// Base (none: git finds it), our side, their side.
type Question = (Option<Oid>, Oid, Oid);

/// The git program as the judge of merges in one repository.
#[derive(Debug)]
pub struct Authority {
    git_dir: PathBuf,
    kept: HashMap<Question, Verdict>,
}

impl Authority {
    /// Asks in this bare repository.
    pub fn new(git_dir: PathBuf) -> Self {
        Self { git_dir, kept: HashMap::new() }
    }

    /// Merges commit `theirs` into commit `ours`; an answer given once is remembered.
    pub fn merge(
        &mut self,
        objects: &mut Objects,
        base: Option<Oid>,
        ours: Oid,
        theirs: Oid,
    ) -> Result<Verdict, Trouble> {
        if let Some(verdict) = self.kept.get(&(base, ours, theirs)) {
            return Ok(verdict.clone());
        }
        let verdict = self.merge_afresh(objects, base, ours, theirs)?;
        if self.kept.len() >= MAX_KEPT {
            self.kept.clear();
        }
        self.kept.insert((base, ours, theirs), verdict.clone());
        Ok(verdict)
    }

    /// As [`Self::merge`], from nothing.
    pub fn merge_afresh(
        &self,
        objects: &mut Objects,
        base: Option<Oid>,
        ours: Oid,
        theirs: Oid,
    ) -> Result<Verdict, Trouble> {
        for id in base.into_iter().chain([ours, theirs]) {
            objects.store(id)?;
        }
        let mut git = program::command(&self.git_dir);
        // Merge attributes are those of the side merged into, as in a checkout of it; git before 2.41 knows no such thing.
        git.env("GIT_ATTR_SOURCE", ours.to_string());
        git.args(["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"]);
        if let Some(base) = base {
            git.arg(format!("--merge-base={base}"));
        }
        git.args([ours.to_string(), theirs.to_string()]);
        let ran = program::run_blocking(git, LIMIT)?;
        verdict(&ran)
            .ok_or_else(|| Trouble::Bug(format!("git could not merge {theirs} into {ours}: {}", ran.complaint())))
    }

    /// The commits of `head` that are not in `onto`, oldest first, merge commits left out, in `git rebase`'s order;
    /// at most `limit`, the newest.
    pub fn commits(&self, objects: &mut Objects, onto: Oid, head: Oid, limit: usize) -> Result<Vec<Oid>, Trouble> {
        objects.store(onto)?;
        objects.store(head)?;
        let limit = format!("--max-count={limit}");
        let text = self
            .rev_list(&["--topo-order", "--reverse", "--no-merges", &limit], &[head.to_string(), format!("^{onto}")])?;
        Ok(text.lines().filter_map(|line| Oid::from_str(line.trim()).ok()).collect())
    }

    /// The commits of `head` whose patch is in `onto` already, by git's patch ids.
    pub fn landed(&self, objects: &mut Objects, onto: Oid, head: Oid) -> Result<BTreeSet<Oid>, Trouble> {
        objects.store(onto)?;
        objects.store(head)?;
        let both = [format!("{onto}...{head}")];
        let text = self.rev_list(&["--cherry-mark", "--right-only", "--no-merges"], &both)?;
        Ok(text.lines().filter_map(|line| Oid::from_str(line.strip_prefix('=')?.trim()).ok()).collect())
    }

    /// `ancestor` can be reached from `descendant`, or is it.
    pub fn is_ancestor(&self, objects: &mut Objects, ancestor: Oid, descendant: Oid) -> Result<bool, Trouble> {
        objects.store(ancestor)?;
        objects.store(descendant)?;
        let text = self.rev_list(&["--max-count=1"], &[ancestor.to_string(), format!("^{descendant}")])?;
        Ok(text.trim().is_empty())
    }

    fn rev_list(&self, options: &[&str], revisions: &[String]) -> Result<String, Trouble> {
        let mut git = program::command(&self.git_dir);
        git.arg("rev-list").args(options).arg("--end-of-options").args(revisions).arg("--");
        let ran = program::run_blocking(git, LIMIT)?;
        if ran.ok() { Ok(ran.text()) } else { Err(Trouble::Bug(format!("git rev-list failed: {}", ran.complaint()))) }
    }
}

/// Reads `merge-tree -z --name-only`: the tree's id, then the paths in conflict, each ended by a zero byte.
fn verdict(ran: &Ran) -> Option<Verdict> {
    let mut fields = ran.stdout.split(|byte| *byte == 0);
    let tree = Oid::from_str(std::str::from_utf8(fields.next()?).ok()?.trim()).ok()?;
    match ran.code {
        Some(0) => Some(Verdict::Clean(tree)),
        Some(1) => {
            let paths = fields.filter(|path| !path.is_empty()).map(|path| String::from_utf8_lossy(path).into_owned());
            Some(Verdict::Conflict(paths.collect::<BTreeSet<_>>().into_iter().collect()))
        }
        Some(_) | None => None,
    }
}
