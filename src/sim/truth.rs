//! Commits whose truth is known: what is in them, whether they are red, how they compose. The bot sees only ids.

use super::dice::mix;
use crate::ids::{PrNumber, Sha};
use crate::port::git::Composed;
use std::collections::BTreeMap;

/// A file's place in a tree; 0 is the settings file.
pub type Path = u8;
/// A file's bytes, by number; 0 is "no such file".
pub type Blob = u32;
/// A tree, sorted by path.
pub type Content = BTreeMap<Path, Blob>;

/// A commit.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The one before it.
    pub parent: Option<Sha>,
    /// How many stand before it.
    pub depth: u32,
    /// Its tree.
    pub content: Content,
    /// The pull request it was composed from, at which head; none for people's commits.
    pub member: Option<(PrNumber, Sha)>,
}

/// A tree with all of `with` in it is red, unless `without` is in it too.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What does the harm together.
    pub with: (Blob, Option<Blob>),
    /// What would cure it.
    pub without: Option<Blob>,
}

/// All commits there are, and what makes trees red.
#[derive(Debug, Clone, Default)]
pub struct Truth {
    commits: BTreeMap<Sha, Commit>,
    rules: Vec<Rule>,
    blobs: Blob,
}

impl Truth {
    /// New bytes for a file.
    pub fn blob(&mut self) -> Blob {
        self.blobs += 1;
        // Small numbers are versions of the settings file.
        self.blobs + 1000
    }

    /// Makes trees red from now on; one of its blobs must be new, so that no verdict ever changes.
    pub fn rule(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    /// A commit, whose id follows from what is in it.
    pub fn commit(&mut self, parent: Option<Sha>, content: Content, member: Option<(PrNumber, Sha)>) -> Sha {
        let mut hash = parent.map_or(7, number);
        for (path, blob) in &content {
            hash = mix(hash ^ (u64::from(*path) << 40) ^ u64::from(*blob));
        }
        if let Some((pr, head)) = member {
            hash = mix(hash ^ mix(pr.get() ^ number(head).rotate_left(9)));
        }
        let sha = sha(hash);
        let depth = parent.map_or(0, |parent| self.commits[&parent].depth + 1);
        self.commits.entry(sha).or_insert(Commit { parent, depth, content, member });
        sha
    }

    /// A commit that is known to be there.
    pub fn get(&self, sha: Sha) -> &Commit {
        &self.commits[&sha]
    }

    /// The commit is there.
    pub fn has(&self, sha: Sha) -> bool {
        self.commits.contains_key(&sha)
    }

    /// The tree fails its checks.
    pub fn red(&self, content: &Content) -> bool {
        let has = |blob: Blob| content.values().any(|there| *there == blob);
        self.rules.iter().any(|rule| has(rule.with.0) && rule.with.1.is_none_or(has) && !rule.without.is_some_and(has))
    }

    /// The commit and all before it, newest first.
    pub fn line(&self, from: Sha) -> impl Iterator<Item = (Sha, &Commit)> {
        std::iter::successors(Some(from), |sha| self.get(*sha).parent).map(|sha| (sha, self.get(sha)))
    }

    /// One can be reached from the other, or is it.
    pub fn is_ancestor(&self, ancestor: Sha, of: Sha) -> bool {
        let depth = self.get(ancestor).depth;
        self.line(of).take_while(|(_, commit)| commit.depth >= depth).any(|(sha, _)| sha == ancestor)
    }

    fn merge_base(&self, a: Sha, b: Sha) -> Option<Sha> {
        self.line(a).map(|(sha, _)| sha).find(|sha| self.is_ancestor(*sha, b))
    }

    /// What a head makes of a tree: the tree afterwards, or the paths in conflict.
    pub fn merged(&self, onto: Sha, tree: &Content, head: Sha) -> Result<Content, Vec<Path>> {
        let nothing = Content::new();
        let base = self.merge_base(head, onto).map_or(&nothing, |base| &self.get(base).content);
        let theirs = &self.get(head).content;
        let mut merged = tree.clone();
        let mut conflicts = Vec::new();
        for path in base.keys().chain(theirs.keys()) {
            let at = |content: &Content| content.get(path).copied().unwrap_or(0);
            let (before, after, ours) = (at(base), at(theirs), at(tree));
            if after == before || after == ours {
                continue;
            }
            if ours == before {
                merged.insert(*path, after);
            } else if !conflicts.contains(path) {
                conflicts.push(*path);
            }
        }
        if conflicts.is_empty() { Ok(merged) } else { Err(conflicts) }
    }

    /// Composes as the bot's git does.
    pub fn compose(&mut self, onto: Sha, head: Sha, pr: PrNumber) -> Composed {
        let tree = self.get(onto).content.clone();
        match self.merged(onto, &tree, head) {
            Err(paths) => Composed::Conflict { paths: paths.iter().map(|path| format!("file-{path}")).collect() },
            Ok(merged) if merged == tree => Composed::Nothing,
            Ok(merged) => {
                let tip = self.commit(Some(onto), merged, Some((pr, head)));
                Composed::Tip { tip, tree: tip, commits: 1 }
            }
        }
    }

    /// The pull requests between two commits, oldest first: number, approved head, what it became.
    pub fn members(&self, old: Sha, new: Sha) -> Vec<(PrNumber, Sha, Sha)> {
        let between = self.line(new).take_while(|(sha, _)| *sha != old);
        let mut members: Vec<_> =
            between.filter_map(|(sha, commit)| commit.member.map(|(pr, head)| (pr, head, sha))).collect();
        members.reverse();
        members
    }
}

/// A commit id that says a number.
pub fn sha(number: u64) -> Sha {
    let mut bytes = [0xab; 20];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes[8..16].copy_from_slice(&mix(number).to_be_bytes());
    Sha::from_bytes(bytes).expect("its last bytes are not zero")
}

fn number(sha: Sha) -> u64 {
    u64::from_be_bytes(*sha.as_bytes().first_chunk().expect("a commit id has 20 bytes"))
}
