//! The second opinion before a landing: the recipe is played again with nothing but `git merge-tree`, from git's own list of
//! commits, and what came out must be what was composed. It shares no merging with the composer and makes no tip.

use super::authority::Verdict;
use super::autosquash::{Group, groups};
use super::composer::{At, Composer};
use super::lineage::MAX_COMMITS;
use super::objects::{Commit, oid};
use crate::facts::Strategy;
use crate::port::Trouble;
use crate::port::git::{Recipe, Recomputed};
use git2::Oid;
use std::collections::BTreeSet;

/// What the replay expects of one commit between trunk and the tip.
struct Expected {
    author: Vec<u8>,
    message: Vec<u8>,
}

enum Replayed {
    To(Oid, Vec<Expected>),
    Not(String),
}

fn differs(why: impl Into<String>) -> Recomputed {
    Recomputed::Differs(why.into())
}

impl Composer {
    /// Recomputes what `tip` should be and compares.
    pub fn recompute(&mut self, recipe: &Recipe, tip: crate::ids::Sha) -> Result<Recomputed, Trouble> {
        let tip = self.objects.commit(oid(tip))?;
        match recipe.strategy {
            Strategy::Rebase => self.recompute_rebase(recipe, tip),
            Strategy::Merge => self.recompute_whole(recipe, &tip, &[oid(recipe.onto), oid(recipe.head)]),
            Strategy::Squash => self.recompute_whole(recipe, &tip, &[oid(recipe.onto)]),
            Strategy::RebaseMerge => self.recompute_rebase_merge(recipe, &tip),
            Strategy::FastForward => self.recompute_fast_forward(recipe, &tip),
        }
    }

    fn recompute_rebase_merge(&mut self, recipe: &Recipe, tip: &Commit) -> Result<Recomputed, Trouble> {
        let [first, last] = tip.parents.as_slice() else {
            return Ok(differs(format!("{} has {} parents instead of two", tip.id, tip.parents.len())));
        };
        if *first != oid(recipe.onto) {
            return Ok(differs(format!("{} does not stand on the commit it should stand on", tip.id)));
        }
        let last = self.objects.commit(*last)?;
        match compare(last.tree, tip) {
            Recomputed::Agrees => self.recompute_rebase(recipe, last),
            differs @ Recomputed::Differs(_) => Ok(differs),
        }
    }

    fn recompute_fast_forward(&mut self, recipe: &Recipe, tip: &Commit) -> Result<Recomputed, Trouble> {
        if tip.id != oid(recipe.head) {
            return Ok(differs(format!("{} is not the approved head", tip.id)));
        }
        let ahead = self.authority.is_ancestor(&mut self.objects, oid(recipe.onto), tip.id)?;
        Ok(if ahead { Recomputed::Agrees } else { differs(format!("{} does not stand on {}", tip.id, recipe.onto)) })
    }

    fn recompute_whole(&mut self, recipe: &Recipe, tip: &Commit, parents: &[Oid]) -> Result<Recomputed, Trouble> {
        if tip.parents != parents {
            return Ok(differs(format!("{} does not stand on the commits it should stand on", tip.id)));
        }
        match self.authority.merge_afresh(&mut self.objects, None, oid(recipe.onto), oid(recipe.head))? {
            Verdict::Clean(tree) => Ok(compare(tree, tip)),
            Verdict::Conflict(paths) => Ok(differs(format!("git sees a conflict in {}", paths.join(", ")))),
        }
    }

    fn recompute_rebase(&mut self, recipe: &Recipe, tip: Commit) -> Result<Recomputed, Trouble> {
        let onto = self.objects.commit(oid(recipe.onto))?;
        let ids = self.authority.commits(&mut self.objects, onto.id, oid(recipe.head), MAX_COMMITS + 1)?;
        let commits = ids.into_iter().map(|id| self.objects.commit(id)).collect::<Result<Vec<_>, _>>()?;
        let groups = match groups(&commits) {
            Ok(groups) => groups,
            Err(orphan) => return Ok(differs(format!("the fixup {} has no target", orphan.0.id))),
        };
        let (tree, expected) = match self.replay(recipe, &onto, &groups)? {
            Replayed::To(tree, expected) => (tree, expected),
            Replayed::Not(why) => return Ok(differs(why)),
        };
        if let Recomputed::Differs(why) = compare(tree, &tip) {
            return Ok(differs(why));
        }
        self.compare_chain(onto.id, tip, &expected)
    }

    fn replay(&mut self, recipe: &Recipe, onto: &Commit, groups: &[Group<'_>]) -> Result<Replayed, Trouble> {
        let mut at = At { commit: Some(onto.id), tree: onto.tree };
        let mut expected = Vec::new();
        let mut landed: Option<BTreeSet<Oid>> = None;
        for group in groups {
            let before = at.tree;
            for commit in std::iter::once(group.pick).chain(group.follow.iter().map(|(_, commit)| *commit)) {
                let ours = self.as_commit(at)?;
                let Some(parent) = commit.parents.first() else {
                    return Ok(Replayed::Not(format!("{} has no parent", commit.id)));
                };
                match self.authority.merge_afresh(&mut self.objects, Some(*parent), ours, commit.id)? {
                    Verdict::Clean(tree) => at = At { commit: (tree == at.tree).then_some(ours), tree },
                    Verdict::Conflict(paths) => {
                        let landed = match &mut landed {
                            Some(landed) => landed,
                            None => {
                                landed.insert(self.authority.landed(&mut self.objects, onto.id, oid(recipe.head))?)
                            }
                        };
                        if !landed.contains(&commit.id) {
                            let why = format!("git sees a conflict of {} in {}", commit.id, paths.join(", "));
                            return Ok(Replayed::Not(why));
                        }
                    }
                }
            }
            if at.tree != before {
                expected.push(Expected { author: group.pick.author.clone(), message: group.message() });
            }
        }
        Ok(Replayed::To(at.tree, expected))
    }

    /// From the tip down to trunk there are exactly the expected commits, with their authors and messages.
    fn compare_chain(&self, onto: Oid, tip: Commit, expected: &[Expected]) -> Result<Recomputed, Trouble> {
        let mut here = tip;
        for wanted in expected.iter().rev() {
            if here.author != wanted.author || here.message != wanted.message {
                return Ok(differs(format!(
                    "{} has another author or message than the commit it was made of",
                    here.id
                )));
            }
            let [parent] = here.parents.as_slice() else {
                return Ok(differs(format!("{} has {} parents instead of one", here.id, here.parents.len())));
            };
            here = self.objects.commit(*parent)?;
        }
        Ok(if here.id == onto {
            Recomputed::Agrees
        } else {
            differs(format!("after {} commits one stands on {} instead of {onto}", expected.len(), here.id))
        })
    }
}

fn compare(tree: Oid, tip: &Commit) -> Recomputed {
    if tree == tip.tree {
        return Recomputed::Agrees;
    }
    Recomputed::Differs(format!("git merges to the tree {tree}, but {} has the tree {}", tip.id, tip.tree))
}
