//! Holds every entry of the ledger against what a repository has, by the invariants' own names (ARCHITECTURE.md). What is in
//! the repository is asked of a `Witness`; what is found is a value. Nothing is printed and nothing changed.

mod gaps;
mod landings;
mod report;
#[cfg(test)]
mod tests;

pub use report::{Counts, Finding, Report, Rule};

use super::{Entry, Landing, Line, Member};
use crate::ids::{BranchName, PrNumber, Sha};
use gaps::Gap;
use std::collections::{BTreeMap, BTreeSet};

/// A commit of the ledger as it is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its id.
    pub id: Sha,
    /// All of its parents; one, or none for the first.
    pub parents: Vec<Sha>,
    /// The whole message.
    pub message: String,
    /// Who signed it.
    pub signed: Signed,
}

/// What a signature says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signed {
    /// Nobody asked: there is no key to hold it against.
    Unasked,
    /// By one of the keys.
    Yes,
    /// Not, and how.
    No(String),
}

/// A tag as it stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    /// What it points to: a tag object, or a commit.
    pub object: Sha,
    /// The commit behind a tag object.
    pub peeled: Option<Sha>,
}

/// What came of making a member's commit again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Again {
    /// The same.
    Same,
    /// Another, and how.
    Other(String),
    /// It cannot be made again here: its head is not at hand.
    Unable,
}

/// What is in the repository.
pub trait Witness {
    /// Why it could not say.
    type Trouble;
    /// One commit can be reached from another, or is it; `None` where one of them is not there.
    fn is_ancestor(&mut self, ancestor: Sha, descendant: Sha) -> Result<Option<bool>, Self::Trouble>;
    /// A commit's tree, if the commit is there.
    fn tree(&mut self, commit: Sha) -> Result<Option<Sha>, Self::Trouble>;
    /// All tags by their short names.
    fn tags(&mut self) -> Result<BTreeMap<String, Tag>, Self::Trouble>;
    /// Where a branch is, if it is there.
    fn branch(&mut self, name: &BranchName) -> Result<Option<Sha>, Self::Trouble>;
    /// Makes again what a member became.
    fn again(&mut self, member: &Member) -> Result<Again, Self::Trouble>;
}

/// Which entry something is said of.
#[derive(Debug, Clone)]
struct At {
    entry: Sha,
    subject: String,
}

/// What is remembered of one trunk on the way.
#[derive(Debug)]
struct Trunk {
    /// Where it was before the first landing.
    first: Sha,
    /// Where the last landing left it.
    last: Sha,
    /// The entry of that.
    at: At,
    /// Where each pull request landed, at which head.
    landed: BTreeMap<(PrNumber, Sha), Sha>,
    /// Whether the branch is there at all.
    there: bool,
}

struct Audit<'w, W> {
    witness: &'w mut W,
    report: Report,
    tags: BTreeMap<String, Tag>,
    trunks: BTreeMap<BranchName, Trunk>,
    /// Tags that some entry made.
    made: BTreeSet<String>,
    gaps: Vec<Gap>,
}

/// The approved heads that a ledger speaks of.
pub fn heads(pages: &[Page]) -> BTreeSet<Sha> {
    let lines = pages.iter().filter_map(|page| Entry::read(&page.message).ok()).flat_map(|entry| entry.lines);
    let of_line = |line| match line {
        Line::Landed(landing) => landing.members.iter().map(|member| member.head).collect(),
        Line::Delivery(_) | Line::Unknown(_) => Vec::new(),
    };
    lines.flat_map(of_line).collect()
}

/// Audits a ledger, its first commit first; `progress` hears how many commits of how many are done.
pub fn audit<W: Witness>(
    pages: &[Page],
    witness: &mut W,
    mut progress: impl FnMut(usize, usize),
) -> Result<Report, W::Trouble> {
    let tags = witness.tags()?;
    let (trunks, made) = (BTreeMap::new(), BTreeSet::new());
    let mut audit = Audit { witness, report: Report::default(), tags, trunks, made, gaps: Vec::new() };
    let mut before = None;
    for (page, done) in pages.iter().zip(1..) {
        audit.page(page, before)?;
        before = Some(page.id);
        progress(done, pages.len());
    }
    audit.ends()?;
    audit.unrecorded()?;
    Ok(audit.report)
}

impl<W: Witness> Audit<'_, W> {
    fn page(&mut self, page: &Page, before: Option<Sha>) -> Result<(), W::Trouble> {
        self.report.counts.entries += 1;
        let subject = page.message.lines().next().unwrap_or_default().to_owned();
        let at = At { entry: page.id, subject };
        if page.parents.as_slice() != before.as_slice() {
            let parents: Vec<String> = page.parents.iter().map(Sha::to_string).collect();
            let what = format!("its parents are {parents:?} instead of the entry before it alone");
            self.report.found(Rule::Ledger, &at, what);
        }
        if let Signed::No(how) = &page.signed {
            self.report.found(Rule::Signature, &at, how.clone());
        }
        let entry = match Entry::read(&page.message) {
            Ok(entry) => entry,
            Err(why) => {
                self.report.found(Rule::Ledger, &at, format!("it is no entry of Greenline's: {why}"));
                return Ok(());
            }
        };
        for line in &entry.lines {
            match line {
                Line::Landed(landing) => self.landing(&at, landing)?,
                Line::Delivery(_) => self.report.counts.delivery += 1,
                Line::Unknown(_) => self.report.counts.unknown += 1,
            }
        }
        Ok(())
    }

    fn landing(&mut self, at: &At, landing: &Landing) -> Result<(), W::Trouble> {
        self.report.counts.landings += 1;
        self.report.counts.pulls += landing.members.len();
        self.checks(at, landing);
        self.approvals(at, landing);
        self.onward(at, landing)?;
        self.once(at, landing)?;
        self.candidate(at, landing);
        self.trees(at, landing)?;
        if let Some(trunk) = self.trunks.get_mut(&landing.trunk) {
            (trunk.last, trunk.at) = (landing.to, at.clone());
            trunk.landed.extend(landing.members.iter().map(|member| ((member.pr, member.head), landing.to)));
        }
        Ok(())
    }
}
