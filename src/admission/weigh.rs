//! What keeps a request waiting: the repository's `[rules]` and the forge's own demands, weighed by what was read. Each obstacle
//! may pass without anybody asking again, and then the pull request enters the queue. Pure.

use super::desk::{Approval, Record};
use super::rules::Terms;
use crate::checks::{self, Evidence, Judgement, Named};
use crate::facts::{Check, Opinion, Permission, Pull, Review};
use crate::ids::{Moment, Sha};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What was read beside the pull request itself, as far as the rules ask for it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Grounds {
    /// Each reviewer's latest opinion, and what they may do here.
    pub reviews: Option<Vec<(Review, Permission)>>,
    /// The checks on its head.
    pub checks: Option<Vec<Check>>,
}

/// Something that keeps an approved pull request out of the queue and may pass by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// Nothing valid says which checks must pass.
    NotConfigured,
    /// It carries a label that keeps it out.
    BlockingLabel(String),
    /// Its title matches a pattern that keeps it out.
    BlockingTitle(String),
    /// Reviewers who may push want changes.
    ChangesWanted(Vec<String>),
    /// Too few people who may push approved exactly this head.
    Approvals {
        /// So many did.
        have: u8,
        /// So many must.
        need: u8,
        /// These approved another commit of it.
        outdated: Vec<String>,
    },
    /// Checks on its own head did not pass.
    HeadRed(Vec<String>),
    /// Checks on its own head have not passed yet.
    HeadOpen(Vec<String>),
    /// What the rules ask for was not read yet.
    Unread,
}

/// Everything that keeps the pull request out of the queue now, in the order it is told.
pub fn weigh(pull: &Pull, approval: &Approval, grounds: &Grounds, terms: &Terms) -> Vec<Obstacle> {
    let mut found = BTreeSet::new();
    if !terms.configured {
        found.insert(Obstacle::NotConfigured);
    }
    let blocks = |label: &&String| pull.labels.iter().any(|own| own.eq_ignore_ascii_case(label));
    found.extend(terms.rules.blocking_labels.iter().find(blocks).map(|label| Obstacle::BlockingLabel(label.clone())));
    let pattern = terms.rules.blocking_titles.iter().find(|pattern| pattern.matches(&pull.title));
    found.extend(pattern.map(|pattern| Obstacle::BlockingTitle(pattern.as_str().to_owned())));
    if terms.rules.approvals > 0 {
        match &grounds.reviews {
            Some(reviews) => found.extend(reviewed(pull, approval.head, reviews, terms.rules.approvals)),
            None => _ = found.insert(Obstacle::Unread),
        }
    }
    if terms.asks_head(&approval.wish) {
        match &grounds.checks {
            Some(seen) => found.extend(head(approval, seen, terms)),
            None => _ = found.insert(Obstacle::Unread),
        }
    }
    found.into_iter().collect()
}

/// What reviewers with a say think of exactly this head.
fn reviewed(pull: &Pull, head: Sha, reviews: &[(Review, Permission)], need: u8) -> Vec<Obstacle> {
    let heard = reviews.iter().filter(|(review, may)| *may >= Permission::Write && review.by.id != pull.author.id);
    let heard: Vec<&Review> = heard.map(|(review, _)| review).filter(|review| !review.by.bot).collect();
    let logins = |holds: &dyn Fn(&Review) -> bool| -> Vec<String> {
        heard.iter().filter(|review| holds(review)).map(|review| review.by.login.to_string()).collect()
    };
    let against = logins(&|review| review.opinion == Opinion::WantsChanges);
    let approved = logins(&|review| review.opinion == Opinion::Approves && review.head == head);
    let outdated = logins(&|review| review.opinion == Opinion::Approves && review.head != head);
    let have = u8::try_from(approved.len()).unwrap_or(u8::MAX);
    let missing = (have < need).then_some(Obstacle::Approvals { have, need, outdated });
    (!against.is_empty()).then_some(Obstacle::ChangesWanted(against)).into_iter().chain(missing).collect()
}

/// How the checks on the pull request's own head stand. Their time to start and end is not ours to keep.
fn head(approval: &Approval, seen: &[Check], terms: &Terms) -> Option<Obstacle> {
    let spent = BTreeSet::new();
    let evidence = Evidence { sha: approval.head, seen, spent: &spent, asked_at: None, now: Moment::from_ms(0) };
    let names = |checks: &[Named]| checks.iter().map(|check| check.name.to_string()).collect();
    match checks::judge(terms.before(), &terms.checks, evidence) {
        Judgement::Passed(_) => None,
        Judgement::Failed(red) | Judgement::Cancelled(red) => Some(Obstacle::HeadRed(names(&red))),
        Judgement::Pending { missing, running } => {
            Some(Obstacle::HeadOpen(missing.iter().chain(&running).map(ToString::to_string).collect()))
        }
        Judgement::NeverStarted(open) | Judgement::NeverFinished(open) => {
            Some(Obstacle::HeadOpen(open.iter().map(ToString::to_string).collect()))
        }
    }
}

impl Record {
    /// Its request waits outside of the queue.
    pub fn waits(&self) -> Option<&[Obstacle]> {
        self.approval.as_ref().map(|approval| approval.waits.as_slice()).filter(|waits| !waits.is_empty())
    }
}
