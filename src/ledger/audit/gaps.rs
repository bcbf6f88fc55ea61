//! Where trunk moved without an entry. People may push past the queue; but a candidate tag in such a place was made by a
//! landing, whose entry is missing, or by hand.

use super::report::Rule;
use super::{At, Audit, Witness};
use crate::ids::{BranchName, Sha};
use std::collections::BTreeSet;

/// Commits that came to a trunk without an entry.
#[derive(Debug)]
pub(super) struct Gap {
    pub(super) trunk: BranchName,
    /// Where the entry before ends.
    pub(super) after: Sha,
    /// Where the next one begins, or the branch is now.
    pub(super) until: Sha,
    /// The entry behind it, or before it if it is the last.
    pub(super) at: At,
}

impl<W: Witness> Audit<'_, W> {
    /// S3 at the end: each branch is where its last entry left it, or further on.
    pub(super) fn ends(&mut self) -> Result<(), W::Trouble> {
        let ends: Vec<_> =
            self.trunks.iter().map(|(name, trunk)| (name.clone(), trunk.last, trunk.at.clone())).collect();
        for (name, last, at) in ends {
            let Some(now) = self.witness.branch(&name)? else {
                self.report.noted(&at, format!("{name} is not in this clone, so nothing shows where it is now"));
                continue;
            };
            if now == last {
                continue;
            }
            if self.witness.is_ancestor(last, now)? == Some(true) {
                self.report.noted(&at, format!("after this, {name} went to {now} by pushes that no entry records"));
                self.gaps.push(Gap { trunk: name, after: last, until: now, at });
            } else {
                let what = format!("{name} is at {now}, which does not stand on {last}, where its last landing put it");
                self.report.found(Rule::Forward, &at, what);
            }
        }
        Ok(())
    }

    /// S14: where no entry is, there is no candidate either.
    pub(super) fn unrecorded(&mut self) -> Result<(), W::Trouble> {
        let shapes: BTreeSet<String> = self.made.iter().map(|tag| shape(tag)).collect();
        let known = |tag: &str| self.made.contains(tag) || !shapes.contains(&shape(tag));
        let others = self.tags.iter().filter(|(tag, _)| !known(tag));
        let others: Vec<(String, Sha)> = others.filter_map(|(tag, now)| Some((tag.clone(), now.peeled?))).collect();
        for (tag, commit) in others {
            if let Some(gap) = self.gap_of(commit)? {
                let gap = &self.gaps[gap];
                let what = format!(
                    "no entry records how {} went from {} to {}, and {tag}, as only landings make it, is on {commit} in between",
                    gap.trunk, gap.after, gap.until
                );
                self.report.found(Rule::Gap, &gap.at, what);
            }
        }
        Ok(())
    }

    /// The gap that a commit came in by. What is older than the ledger is in none.
    fn gap_of(&mut self, commit: Sha) -> Result<Option<usize>, W::Trouble> {
        for trunk in self.trunks.values() {
            if self.witness.is_ancestor(commit, trunk.first)? == Some(true) {
                return Ok(None);
            }
        }
        for (at, gap) in self.gaps.iter().enumerate() {
            let within = self.witness.is_ancestor(commit, gap.until)? == Some(true);
            if within && self.witness.is_ancestor(commit, gap.after)? == Some(false) {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }
}

/// A tag's name with each number in it as one sign: what candidates by one template have in common.
fn shape(tag: &str) -> String {
    let mut shape = String::new();
    for letter in tag.chars() {
        let letter = if letter.is_ascii_digit() { '0' } else { letter };
        if !(letter == '0' && shape.ends_with('0')) {
            shape.push(letter);
        }
    }
    shape
}
