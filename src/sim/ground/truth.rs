//! Commits whose truth is known: what is in them, whether they are red, how they compose. The bot sees only ids.

use crate::facts::Strategy;
use crate::ids::{PrNumber, Sha};
use crate::port::git::Composed;
use crate::sim::ground::dice::mix;
use std::collections::{BTreeMap, BTreeSet};

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
    /// What was merged into that, if it is a merge.
    pub merged: Option<Sha>,
    /// More than any of its parents have.
    pub depth: u32,
    /// Its tree.
    pub content: Content,
    /// The pull request it was composed from, at which head; none for people's commits, even where they land as they are.
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
        self.commit_with((parent, None), content, member)
    }

    fn commit_with(
        &mut self,
        (parent, merged): (Option<Sha>, Option<Sha>),
        content: Content,
        member: Option<(PrNumber, Sha)>,
    ) -> Sha {
        let mut hash = parent.map_or(7, number) ^ merged.map_or(0, |merged| mix(number(merged)));
        for (path, blob) in &content {
            hash = mix(hash ^ (u64::from(*path) << 40) ^ u64::from(*blob));
        }
        if let Some((pr, head)) = member {
            hash = mix(hash ^ mix(pr.get() ^ number(head).rotate_left(9)));
        }
        let sha = sha(hash);
        let above = parent.into_iter().chain(merged).map(|parent| self.commits[&parent].depth + 1).max();
        let depth = above.unwrap_or(0);
        self.commits.entry(sha).or_insert(Commit { parent, merged, depth, content, member });
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

    /// The commit and all before it, newest first; of a merge, what it was merged into.
    pub fn line(&self, from: Sha) -> impl Iterator<Item = (Sha, &Commit)> {
        std::iter::successors(Some(from), |sha| self.get(*sha).parent).map(|sha| (sha, self.get(sha)))
    }

    /// One can be reached from the other, or is it.
    pub fn is_ancestor(&self, ancestor: Sha, of: Sha) -> bool {
        let depth = self.get(ancestor).depth;
        let mut open = vec![of];
        let mut seen = BTreeSet::new();
        while let Some(sha) = open.pop() {
            if sha == ancestor {
                return true;
            }
            let commit = self.get(sha);
            if commit.depth > depth && seen.insert(sha) {
                open.extend(commit.parent.into_iter().chain(commit.merged));
            }
        }
        false
    }

    /// The commits of a head that another commit does not have, oldest first, and the one that both have.
    fn own_commits(&self, head: Sha, onto: Sha) -> (Option<Sha>, Vec<Sha>) {
        let mut own = Vec::new();
        for (sha, _) in self.line(head) {
            if self.is_ancestor(sha, onto) {
                own.reverse();
                return (Some(sha), own);
            }
            own.push(sha);
        }
        own.reverse();
        (None, own)
    }

    fn content(&self, commit: Option<Sha>) -> Content {
        commit.map(|commit| self.get(commit).content.clone()).unwrap_or_default()
    }

    /// Composes as the bot's git does.
    pub fn compose(&mut self, onto: Sha, head: Sha, pr: PrNumber, strategy: Strategy) -> Composed {
        let (base, own) = self.own_commits(head, onto);
        let tree = self.get(onto).content.clone();
        let whole = applied(&tree, &self.content(base), &self.get(head).content);
        let member = Some((pr, head));
        let tip = match strategy {
            _ if own.is_empty() => return Composed::Nothing,
            Strategy::FastForward if base == Some(onto) => Ok(head),
            Strategy::FastForward => return Composed::Refused { why: "it does not stand on trunk".to_owned() },
            Strategy::Rebase => self.rebased(onto, base, &own, (pr, head)),
            Strategy::Squash => whole.map(|merged| self.on(onto, merged, (pr, head))),
            Strategy::Merge => whole.map(|merged| {
                if merged == tree { onto } else { self.commit_with((Some(onto), Some(head)), merged, member) }
            }),
            Strategy::RebaseMerge => self.rebased(onto, base, &own, (pr, head)).map(|last| {
                let content = self.get(last).content.clone();
                if last == onto { onto } else { self.commit_with((Some(onto), Some(last)), content, member) }
            }),
        };
        match tip {
            Err(paths) => Composed::Conflict { paths: paths.iter().map(|path| format!("file-{path}")).collect() },
            Ok(tip) if tip == onto => Composed::Nothing,
            Ok(tip) => Composed::Tip { tip, tree: tip, commits: own.len() },
        }
    }

    /// The paths that a head changes beside what another commit has.
    pub fn changed(&self, head: Sha, onto: Sha) -> BTreeSet<Path> {
        let (base, _) = self.own_commits(head, onto);
        let (before, after) = (self.content(base), self.content(Some(head)));
        let paths: BTreeSet<Path> = before.keys().chain(after.keys()).copied().collect();
        paths.into_iter().filter(|path| before.get(path) != after.get(path)).collect()
    }

    /// A merge of a head by somebody's hand, if that works and is of any use.
    pub fn merge(&mut self, onto: Sha, head: Sha) -> Option<Sha> {
        let (base, own) = self.own_commits(head, onto);
        let merged = applied(&self.get(onto).content, &self.content(base), &self.get(head).content).ok()?;
        (!own.is_empty()).then(|| self.commit_with((Some(onto), Some(head)), merged, None))
    }

    /// One more commit, unless it would change nothing.
    fn on(&mut self, onto: Sha, content: Content, member: (PrNumber, Sha)) -> Sha {
        if content == self.get(onto).content { onto } else { self.commit(Some(onto), content, Some(member)) }
    }

    /// Each commit again on top, those that change nothing left out.
    fn rebased(
        &mut self,
        onto: Sha,
        base: Option<Sha>,
        own: &[Sha],
        member: (PrNumber, Sha),
    ) -> Result<Sha, Vec<Path>> {
        let (mut at, mut before) = (onto, self.content(base));
        for sha in own {
            let after = self.get(*sha).content.clone();
            let tree = applied(&self.get(at).content, &before, &after)?;
            at = self.on(at, tree, member);
            before = after;
        }
        Ok(at)
    }
}

/// What a change from one tree to another makes of a third, or the paths in conflict.
fn applied(tree: &Content, before: &Content, after: &Content) -> Result<Content, Vec<Path>> {
    let mut merged = tree.clone();
    let mut conflicts = Vec::new();
    for path in before.keys().chain(after.keys()) {
        let at = |content: &Content| content.get(path).copied().unwrap_or(0);
        let (before, after, ours) = (at(before), at(after), at(tree));
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
