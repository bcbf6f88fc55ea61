//! Strategies by which a pull request lands as a whole: merged, squashed, rebased and then merged, or as it is. Each makes at
//! most one commit of ours, beside those that rebasing makes.

use super::authority::Verdict;
use super::composer::{At, Composer};
use super::lineage::{self, Lineage};
use super::message;
use super::objects::{Commit, NewCommit, oid, sha};
use crate::facts::InnerMerges;
use crate::message::{Place, skip_mark};
use crate::port::Trouble;
use crate::port::git::{Composed, Recipe};
use git2::Oid;

impl Composer {
    /// The merge of a whole pull request: its tree, or why there is none.
    fn whole(&mut self, recipe: &Recipe) -> Result<Result<(Commit, Commit, Oid), Composed>, Trouble> {
        let (onto, head) = (self.objects.commit(oid(recipe.onto))?, self.objects.commit(oid(recipe.head))?);
        let bases = self.objects.merge_bases(onto.id, head.id)?;
        let ours = At { commit: Some(onto.id), tree: onto.tree };
        let verdict = match bases.as_slice() {
            [] => return Ok(Err(Composed::Refused { why: lineage::unrelated(recipe) })),
            bases if bases.contains(&head.id) => return Ok(Err(Composed::Nothing)),
            [base] => {
                let base = self.objects.commit(*base)?;
                self.three_way(&base, ours, &head)?
            }
            // Several bases: git merges them first; no tree of ours stands for that.
            _ => self.authority.merge(&mut self.objects, None, onto.id, head.id)?,
        };
        Ok(match verdict {
            Verdict::Clean(tree) if tree == onto.tree => Err(Composed::Nothing),
            Verdict::Clean(tree) => Ok((onto, head, tree)),
            Verdict::Conflict(paths) => Err(Composed::Conflict { paths }),
        })
    }

    pub(super) fn merge(&mut self, recipe: &Recipe) -> Result<Composed, Trouble> {
        match self.whole(recipe)? {
            Ok((onto, head, tree)) => self.joined(recipe, &onto, &head, tree, 1),
            Err(composed) => Ok(composed),
        }
    }

    /// Semi-linear: the rebased commits stand on trunk, and trunk's first parents are pull requests.
    pub(super) fn rebase_merge(&mut self, recipe: &Recipe) -> Result<Composed, Trouble> {
        match self.rebase(recipe)? {
            Composed::Tip { tip, tree, commits } => {
                let (onto, last) = (self.objects.commit(oid(recipe.onto))?, self.objects.commit(oid(tip))?);
                self.joined(recipe, &onto, &last, oid(tree), commits + 1)
            }
            other @ (Composed::Conflict { .. } | Composed::Nothing | Composed::Refused { .. }) => Ok(other),
        }
    }

    /// A merge commit of trunk and what joins it.
    fn joined(
        &mut self,
        recipe: &Recipe,
        onto: &Commit,
        joins: &Commit,
        tree: Oid,
        commits: usize,
    ) -> Result<Composed, Trouble> {
        let message = self.merge_message(recipe)?;
        let line = self.identity.line(onto.committed_s.max(joins.committed_s));
        let tip = self.objects.make_commit(&NewCommit {
            tree,
            parents: &[onto.id, joins.id],
            author: &line,
            committer: &line,
            encoding: None,
            message: message.as_bytes(),
            key: self.identity.key(),
        })?;
        Ok(Composed::Tip { tip: sha(tip), tree: sha(tree), commits })
    }

    fn merge_message(&mut self, recipe: &Recipe) -> Result<String, Trouble> {
        if recipe.pull.is_none() || !recipe.messages.merge.uses(Place::Commits) {
            return Ok(message::of_merge(recipe, &[]));
        }
        // A history too long to be listed is merged all the same.
        let commits = match lineage::read(&mut self.objects, &self.authority, recipe, InnerMerges::Flatten)? {
            Lineage::Commits(commits) => commits,
            Lineage::Contained | Lineage::Refused(_) => Vec::new(),
        };
        Ok(message::of_merge(recipe, &commits.iter().collect::<Vec<_>>()))
    }

    pub(super) fn squash(&mut self, recipe: &Recipe) -> Result<Composed, Trouble> {
        // What it is made of decides only author and message, so merge commits inside do no harm.
        let commits = match lineage::read(&mut self.objects, &self.authority, recipe, InnerMerges::Flatten)? {
            Lineage::Commits(commits) => commits,
            Lineage::Contained => return Ok(Composed::Nothing),
            Lineage::Refused(why) => return Ok(Composed::Refused { why }),
        };
        let (onto, head, tree) = match self.whole(recipe)? {
            Ok(whole) => whole,
            Err(composed) => return Ok(composed),
        };
        let kept: Vec<&Commit> = commits.iter().filter(|commit| !lineage::is_fixup(commit)).collect();
        let kept = if kept.is_empty() { commits.iter().collect() } else { kept };
        let author = kept.first().map_or(&head.author, |first| &first.author);
        let tip = self.objects.make_commit(&NewCommit {
            tree,
            parents: &[onto.id],
            author,
            committer: &self.identity.line(onto.committed_s.max(head.committed_s)),
            encoding: None,
            message: message::of_squash(recipe, &kept).as_bytes(),
            key: self.identity.key(),
        })?;
        Ok(Composed::Tip { tip: sha(tip), tree: sha(tree), commits: 1 })
    }

    /// The head itself, if it stands on what it is to land on.
    pub(super) fn fast_forward(&mut self, recipe: &Recipe) -> Result<Composed, Trouble> {
        let (onto, head) = (self.objects.commit(oid(recipe.onto))?, self.objects.commit(oid(recipe.head))?);
        let bases = self.objects.merge_bases(onto.id, head.id)?;
        Ok(match bases.as_slice() {
            [] => Composed::Refused { why: lineage::unrelated(recipe) },
            bases if bases.contains(&head.id) || head.tree == onto.tree => Composed::Nothing,
            bases if bases.contains(&onto.id) => {
                Composed::Tip { tip: recipe.head, tree: sha(head.tree), commits: self.count(recipe)? }
            }
            _ => Composed::Refused { why: lineage::not_ahead(recipe) },
        })
    }

    /// How many commits are new, merge commits not counted; for print, so no more than are ever listed.
    fn count(&mut self, recipe: &Recipe) -> Result<usize, Trouble> {
        let (onto, head) = (oid(recipe.onto), oid(recipe.head));
        Ok(self.authority.commits(&mut self.objects, onto, head, lineage::MAX_COMMITS)?.len())
    }

    /// Refuses a tip whose message we must not change and CI would not start on: it could never be tested.
    pub(super) fn startable(&self, composed: Composed) -> Result<Composed, Trouble> {
        let Composed::Tip { tip, .. } = composed else { return Ok(composed) };
        let commit = self.objects.commit(oid(tip))?;
        Ok(match skip_mark(&String::from_utf8_lossy(&commit.message)) {
            Some(mark) => Composed::Refused { why: lineage::skips_ci(&commit, mark) },
            None => composed,
        })
    }
}
