//! What an audit found, in sentences for people: which entry, what is wrong with it, and what that means.

use super::At;
use crate::ids::Sha;
use crate::wording::shown;
use std::fmt;

/// Findings that are kept; the first ones say most.
const FINDINGS_MAX: usize = 1_000;
/// Of what is said of one so many characters are kept: some of them may be anybody's.
const WHAT_MAX: usize = 600;

/// What was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// S1.
    Checks,
    /// S2.
    Approval,
    /// S3.
    Forward,
    /// S4.
    Once,
    /// S5.
    Tag,
    /// S6.
    Tree,
    /// S14: the chain itself.
    Ledger,
    /// S14: who wrote it.
    Signature,
    /// S14: what it leaves out.
    Gap,
}

impl Rule {
    /// The invariant's name in ARCHITECTURE.md.
    pub fn name(self) -> &'static str {
        match self {
            Self::Checks => "S1",
            Self::Approval => "S2",
            Self::Forward => "S3",
            Self::Once => "S4",
            Self::Tag => "S5",
            Self::Tree => "S6",
            Self::Ledger | Self::Signature | Self::Gap => "S14",
        }
    }

    /// What it means when it is broken.
    pub fn means(self) -> &'static str {
        match self {
            Self::Checks => "what landed was not green by its own record",
            Self::Approval => "nobody's recorded word stands for what landed",
            Self::Forward => "the branch lost commits by a forced push, or the ledger was written anew",
            Self::Once => "the same change was landed a second time",
            Self::Tag => "whoever delivers by this tag gets something else than what landed",
            Self::Tree => "what landed is not what its pull requests make of trunk",
            Self::Ledger => "somebody else than Greenline wrote to the ledger",
            Self::Signature => "whoever wrote this entry did not have the key",
            Self::Gap => "an entry was taken out of the ledger, or somebody made this tag by hand",
        }
    }
}

/// Something that is wrong, or worth knowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it breaks; nothing, and it is only worth knowing.
    pub rule: Option<Rule>,
    /// The commit of the ledger.
    pub entry: Sha,
    /// Its subject.
    pub subject: String,
    /// What is so.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.rule.map_or("note", Rule::name);
        write!(f, "{name:<4} {} \"{}\": {}", self.entry.short(), shown(&self.subject), self.what)?;
        self.rule.map_or(Ok(()), |rule| write!(f, " – {}", rule.means()))
    }
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Commits of the ledger.
    pub entries: usize,
    /// Landings.
    pub landings: usize,
    /// Pull requests that landed.
    pub pulls: usize,
    /// Of these, those that git made again.
    pub recomputed: usize,
    /// Of these, those whose heads are not at hand: only their trees' ids were compared.
    pub unmade: usize,
    /// Landings on branches that are gone, whose commits are gone as well.
    pub absent: usize,
    /// Lines about what became of candidates.
    pub delivery: usize,
    /// Lines that only a newer version understands.
    pub unknown: usize,
}

/// What came of an audit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// What is wrong, in the order of the entries, up to a bound; what is missing stands at the end.
    pub findings: Vec<Finding>,
    /// What is worth knowing.
    pub notes: Vec<Finding>,
    /// How many of either were left out because there are so many.
    pub left_out: usize,
    /// How much was looked at.
    pub counts: Counts,
}

impl Report {
    /// Something is wrong.
    pub(super) fn found(&mut self, rule: Rule, at: &At, what: impl AsRef<str>) {
        self.keep(Some(rule), at, what.as_ref());
    }

    /// Something is worth knowing.
    pub(super) fn noted(&mut self, at: &At, what: impl AsRef<str>) {
        self.keep(None, at, what.as_ref());
    }

    fn keep(&mut self, rule: Option<Rule>, at: &At, what: &str) {
        let list = if rule.is_some() { &mut self.findings } else { &mut self.notes };
        if list.len() < FINDINGS_MAX {
            let harmless = |letter: char| if letter.is_control() { '?' } else { letter };
            let what = what.chars().take(WHAT_MAX).map(harmless).collect();
            list.push(Finding { rule, entry: at.entry, subject: at.subject.clone(), what });
        } else {
            self.left_out += 1;
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let entries = if self.entries == 1 { "1 entry".to_owned() } else { format!("{} entries", self.entries) };
        write!(f, "{entries}, {}, {}", of(self.landings, "landing"), of(self.pulls, "pull request"))?;
        write!(f, "; {} made again by git", self.recomputed)?;
        if self.unmade > 0 {
            write!(f, ", {} not, for their heads are not in this clone", self.unmade)?;
        }
        if self.absent > 0 {
            write!(f, "; {} on branches that are gone", of(self.absent, "landing"))?;
        }
        if self.delivery > 0 {
            write!(f, "; {} about deliveries", of(self.delivery, "line"))?;
        }
        if self.unknown > 0 {
            write!(f, "; {} that only a newer version understands", of(self.unknown, "line"))?;
        }
        Ok(())
    }
}
