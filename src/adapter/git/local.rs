//! A person's own clone, as far as a first settings file asks: which branch is trunk, and how commits got there. It writes
//! nothing and asks no network.

use crate::port::Trouble;
use git2::{Repository, Sort};
use std::path::{Path, PathBuf};

/// Branches that are trunk in most repositories, for a clone that was never told.
const USUAL: [&str; 2] = ["main", "master"];

/// A clone with files in it.
pub struct LocalClone {
    repo: Repository,
    root: PathBuf,
}

impl LocalClone {
    /// Opens the clone that a folder is in. Errors: there is none, or it is bare.
    pub fn open(folder: &Path) -> Result<Self, Trouble> {
        let repo = Repository::discover(folder).map_err(|error| {
            Trouble::Denied(format!("{} is in no git clone: {}", folder.display(), error.message()))
        })?;
        let root = repo.workdir().map(Path::to_owned);
        let root = root.ok_or_else(|| Trouble::Denied(format!("{} is a bare repository", folder.display())))?;
        Ok(Self { repo, root })
    }

    /// Where its files are.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The branch that others' work goes to: what `origin` calls its default, a usual name, or what is checked out.
    pub fn trunk(&self) -> Option<String> {
        let origin = self.repo.find_reference("refs/remotes/origin/HEAD").ok();
        let target = origin.as_ref().and_then(|head| head.symbolic_target().ok().flatten());
        if let Some(name) = target.and_then(|target| target.strip_prefix("refs/remotes/origin/")) {
            return Some(name.to_owned());
        }
        let exists = |name: &&str| self.commit_of(name).is_some();
        if let Some(name) = USUAL.into_iter().find(exists) {
            return Some(name.to_owned());
        }
        let head = self.repo.find_reference("HEAD").ok()?;
        let checked_out = head.symbolic_target().ok().flatten()?;
        checked_out.strip_prefix("refs/heads/").map(str::to_owned)
    }

    fn commit_of(&self, branch: &str) -> Option<git2::Oid> {
        let known = [format!("refs/remotes/origin/{branch}"), format!("refs/heads/{branch}")];
        known.iter().find_map(|name| self.repo.refname_to_id(name).ok())
    }

    /// The latest commits of a branch by first parents, newest first, at most `count`: how many parents each has, and the
    /// first line of its message.
    pub fn latest(&self, branch: &str, count: usize) -> Vec<(usize, String)> {
        let walk = || {
            let mut walk = self.repo.revwalk()?;
            walk.set_sorting(Sort::TOPOLOGICAL)?;
            walk.simplify_first_parent()?;
            walk.push(self.commit_of(branch).ok_or_else(|| git2::Error::from_str("no such branch"))?)?;
            Ok::<_, git2::Error>(walk)
        };
        let commits = walk().into_iter().flatten().take(count);
        let commits = commits.filter_map(|id| self.repo.find_commit(id.ok()?).ok());
        let told = commits.map(|commit| {
            let message = String::from_utf8_lossy(commit.message_raw_bytes()).into_owned();
            (commit.parent_count(), message.trim_start().lines().next().unwrap_or_default().to_owned())
        });
        told.collect()
    }
}
