//! Somebody's clone, as far as an audit of the ledger asks. Reading needs no network and writes nothing there; only fetching
//! does, into `refs/greenline/`, with the settings and credentials of whoever runs it. It judges nothing.

use super::composer::{Composer, Identity};
use super::objects::{oid, sha};
use super::scratch::Scratch;
use super::verifying::VerifyingKeys;
use crate::ids::{BranchName, RefName, Sha};
use crate::ledger;
use crate::ledger::audit::{Again, Page, Signed, Tag, Witness};
use crate::message::Messages;
use crate::port::Trouble;
use crate::port::git::{Recipe, Recomputed, RemoteRef};
use git2::ObjectType;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where everything of the remote is fetched to: nothing of the clone's own is overwritten, and what is gone there goes here.
const FETCHED: &str = "refs/greenline/verify/";
/// Heads that no ref leads to are asked for by so many calls, at the most.
const CALLS_MAX: u32 = 64;
/// So many of them in one call.
const HEADS_MAX: usize = 500;

/// A clone that is audited.
#[derive(Debug)]
pub struct AuditedClone {
    clone: PathBuf,
    remote: String,
    composer: Composer,
    refs: BTreeMap<RefName, RemoteRef>,
    fetched: bool,
    /// Kept for as long as the composer reads there.
    _scratch: Scratch,
}

impl AuditedClone {
    /// Opens a clone; what `remote` has is what was fetched from it last. `Denied` for a shallow one.
    pub fn open(clone: &Path, remote: &str) -> Result<Self, Trouble> {
        Self::opened(clone, remote, false)
    }

    /// Fetches branches, tags, heads and the ledger first.
    pub fn fetch(clone: &Path, remote: &str) -> Result<Self, Trouble> {
        let into = |from: &str, to: &str| format!("+{from}:{FETCHED}{to}");
        let refspecs = [
            into("refs/heads/*", "heads/*"),
            into("refs/tags/*", "tags/*"),
            into("refs/pull/*/head", "pull/*"),
            // With a star it is no mistake if there is none.
            into(&format!("{}*", ledger::REF), "ledger*"),
        ];
        let refspecs: Vec<&str> = refspecs.iter().map(String::as_str).collect();
        if !fetch(clone, remote, &refspecs, Stdio::inherit())? {
            return Err(Trouble::busy(format!("git could not fetch from {remote}; what it said stands above")));
        }
        Self::opened(clone, remote, true)
    }

    fn opened(clone: &Path, remote: &str, fetched: bool) -> Result<Self, Trouble> {
        let scratch = Scratch::over(clone)?;
        if std::fs::metadata(scratch.git_dir().join("shallow")).is_ok_and(|file| file.len() > 0) {
            return Err(Trouble::Denied(format!(
                "{} is a shallow clone, in which most of what is to be verified is not there; run `git fetch --unshallow` in it",
                clone.display()
            )));
        }
        let composer = Composer::open(scratch.git_dir(), Identity::new("Nobody", "nobody@localhost"))?;
        let (refs, clone, remote) = (scratch.refs()?, clone.to_owned(), remote.to_owned());
        Ok(Self { clone, remote, composer, refs, fetched, _scratch: scratch })
    }

    /// What a person runs to have everything here that is looked at.
    pub fn fetching(&self) -> String {
        let remote = &self.remote;
        format!(
            "git -C {} fetch {remote} '+refs/heads/*:refs/remotes/{remote}/*' '+refs/tags/*:refs/tags/*' \
             '+refs/pull/*/head:refs/pull/*/head' {ledger}:{ledger}",
            self.clone.display(),
            ledger = ledger::REF
        )
    }

    /// Where a ref points to.
    pub fn at(&self, name: &RefName) -> Option<Sha> {
        self.refs.get(name).map(|found| found.target)
    }

    /// Makes the fetched ledger this clone's own, if it goes on from that; else what is wrong with it.
    pub fn take_over(&mut self) -> Result<Option<String>, Trouble> {
        let own = ledger::name();
        let fetched: RefName = format!("{FETCHED}ledger").parse().expect("it is a legal ref name");
        let (before, now) = (self.at(&own), self.at(&fetched));
        match (before, now) {
            (None, None) => return Ok(None),
            (Some(before), None) => {
                return Ok(Some(format!(
                    "{} has no ledger any more, and this clone has it until {before}",
                    self.remote
                )));
            }
            (Some(before), Some(now)) if self.is_ancestor(before, now)? != Some(true) => {
                return Ok(Some(format!(
                    "the ledger of {} is at {now}, which does not stand on {before}, as this clone knew it",
                    self.remote
                )));
            }
            (_, Some(now)) => {
                let mut git = git(&self.clone);
                let status = git.args(["update-ref", own.as_str(), &now.to_string()]).status();
                let moved = status.is_ok_and(|status| status.success());
                let cannot = || Trouble::Denied(format!("{own} could not be written in {}", self.clone.display()));
                moved.then_some(()).ok_or_else(cannot)?;
                self.refs.insert(own, RemoteRef { target: now, peeled: None });
            }
        }
        Ok(None)
    }

    /// Asks the remote for heads that no ref leads to any more, by their ids. It may not have them, or not hand them out.
    pub fn fetch_heads(&self, heads: impl IntoIterator<Item = Sha>) -> Result<(), Trouble> {
        let mut missing = Vec::new();
        for head in heads {
            if !self.composer.objects.has(oid(head))? {
                missing.push(head.to_string());
            }
        }
        let mut open: Vec<&[String]> = missing.chunks(HEADS_MAX).collect();
        let mut calls = 0;
        while let Some(heads) = open.pop().filter(|_| calls < CALLS_MAX) {
            calls += 1;
            let heads: &[String] = heads;
            let words: Vec<&str> = heads.iter().map(String::as_str).collect();
            // One that is not there spoils the whole call.
            if !fetch(&self.clone, &self.remote, &words, Stdio::null())? && heads.len() > 1 {
                let (one, other) = heads.split_at(heads.len() / 2);
                open.extend([one, other]);
            }
        }
        Ok(())
    }

    /// The ledger that ends with `tip`, its first commit first, each held against the keys if there are any.
    pub fn pages(&self, tip: Sha, keys: Option<&VerifyingKeys>) -> Result<Vec<Page>, Trouble> {
        let objects = &self.composer.objects;
        let (mut pages, mut next) = (Vec::new(), Some(oid(tip)));
        while let Some(id) = next {
            if !objects.has(id)? {
                let fetching = self.fetching();
                return Err(Trouble::Denied(format!("{id} of the ledger is not in this clone; run {fetching}")));
            }
            if objects.peel_to_commit(id) != Some(id) {
                return Err(Trouble::Denied(format!("{id} is no commit, so it is no part of a ledger of Greenline's")));
            }
            let commit = objects.commit(id)?;
            let raw = objects.read(id, ObjectType::Commit, usize::MAX)?.unwrap_or_default();
            let judged = |keys: &VerifyingKeys| keys.judge(&raw).map_or_else(Signed::No, |()| Signed::Yes);
            next = commit.parents.first().copied();
            pages.push(Page {
                id: sha(id),
                parents: commit.parents.into_iter().map(sha).collect(),
                message: String::from_utf8_lossy(&commit.message).into_owned(),
                signed: keys.map_or(Signed::Unasked, judged),
            });
        }
        pages.reverse();
        Ok(pages)
    }

    fn has(&self, commits: &[Sha]) -> Result<bool, Trouble> {
        for commit in commits {
            if !self.composer.objects.has(oid(*commit))? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Witness for AuditedClone {
    type Trouble = Trouble;

    fn is_ancestor(&mut self, ancestor: Sha, descendant: Sha) -> Result<Option<bool>, Trouble> {
        if !self.has(&[ancestor, descendant])? {
            return Ok(None);
        }
        self.composer.objects.is_ancestor(oid(ancestor), oid(descendant)).map(Some)
    }

    fn tree(&mut self, commit: Sha) -> Result<Option<Sha>, Trouble> {
        if self.has(&[commit])? { self.composer.tree_of(commit).map(Some) } else { Ok(None) }
    }

    fn tags(&mut self) -> Result<BTreeMap<String, Tag>, Trouble> {
        let place = if self.fetched { format!("{FETCHED}tags/") } else { "refs/tags/".to_owned() };
        let tag = |(name, found): (&RefName, &RemoteRef)| {
            let name = name.as_str().strip_prefix(&place)?.to_owned();
            Some((name, Tag { object: found.target, peeled: found.peeled }))
        };
        Ok(self.refs.iter().filter_map(tag).collect())
    }

    fn branch(&mut self, name: &BranchName) -> Result<Option<Sha>, Trouble> {
        let of_remote = format!("refs/remotes/{}/", self.remote);
        let tracks = self.refs.keys().any(|known| known.as_str().starts_with(&of_remote));
        let place = match (self.fetched, tracks) {
            (true, _) => format!("{FETCHED}heads/"),
            (false, true) => of_remote,
            // A mirror has the remote's branches as its own.
            (false, false) => "refs/heads/".to_owned(),
        };
        Ok(format!("{place}{name}").parse().ok().and_then(|name| self.at(&name)))
    }

    fn again(&mut self, member: &ledger::Member) -> Result<Again, Trouble> {
        if !self.has(&[member.head, member.onto, member.tip])? {
            return Ok(Again::Unable);
        }
        let ledger::Member { head, onto, strategy, inner_merges, .. } = *member;
        let recipe = Recipe { onto, head, pull: None, strategy, inner_merges, messages: Messages::default() };
        match self.composer.recompute(&recipe, member.tip) {
            Ok(Recomputed::Agrees) => Ok(Again::Same),
            Ok(Recomputed::Differs(how)) => Ok(Again::Other(how)),
            // A partial clone has the commits, and not what is in them.
            Err(Trouble::Bug(_)) => Ok(Again::Unable),
            Err(trouble) => Err(trouble),
        }
    }
}

/// Git in the clone, with whatever its owner has set up.
fn git(clone: &Path) -> Command {
    let mut git = Command::new("git");
    git.arg("-C").arg(clone).stdout(Stdio::null());
    git
}

/// Fetches; whether that went well. It ends when git ends: whoever runs it may be asked for a password, sees what it says, and
/// can stop it.
fn fetch(clone: &Path, remote: &str, wanted: &[&str], said: Stdio) -> Result<bool, Trouble> {
    let mut git = git(clone);
    git.args(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--prune", "--end-of-options", remote]);
    git.args(wanted).stderr(said);
    let status = git.status();
    status.map(|status| status.success()).map_err(|error| {
        Trouble::Denied(format!("the git program could not be started ({error}); install git 2.40 or newer"))
    })
}
