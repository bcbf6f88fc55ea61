//! What keeps a request waiting: the repository's `[rules]` and the forge's own demands, weighed by what was read. Each obstacle
//! may pass without anybody asking again, and then the pull request enters the queue. Pure.

use super::desk::{Approval, Record};
use super::owners::{self, Owned, Skipped};
use super::rules::{Listed, Terms, listed};
use super::said::Said;
use crate::checks::{self, Evidence, Judgement, Named};
use crate::facts::{Check, Opinion, Permission, Person, Pull, PullState, Pusher, Review, Rolls, Unresolved};
use crate::ids::{Login, Moment, PrNumber, Sha};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What was read beside the pull request itself, as far as the rules ask for it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Grounds {
    /// What whoever the request rests on may do now.
    pub word: Option<Permission>,
    /// Each reviewer's latest opinion, and what they may do here.
    pub reviews: Option<Vec<(Review, Permission)>>,
    /// The checks on its head.
    pub checks: Option<Vec<Check>>,
    /// What it depends on, as far as the forge knows it.
    pub depends: Option<BTreeMap<PrNumber, Option<PullState>>>,
    /// Who has to approve as owner of what it changes.
    pub owned: Option<Owned>,
    /// Who pushed its head.
    pub pusher: Option<Pusher>,
    /// Conversations on it that nobody resolved.
    pub conversations: Option<Unresolved>,
    /// Who is in which team, of those teams that decide something here.
    pub rolls: Rolls,
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
    /// Nobody but perhaps whoever pushed it approved exactly this head.
    LastPush {
        /// Who pushed it; `None` if the forge does not say. Then two have to approve, of whom one did not push it.
        pusher: Option<String>,
    },
    /// Nobody who owns these changed paths approved exactly this head.
    Owners {
        /// The first of the paths; none where the forge does not list them all.
        paths: Vec<String>,
        /// So many more.
        more: usize,
        /// Any one of these can: `@login`, `@org/team` or an address. Never its author.
        owners: Vec<String>,
        /// Lines of the owners' file that cannot be used.
        skipped: Skipped,
    },
    /// The owners' file at this path is too large to say who owns what.
    OwnersTooLarge(String),
    /// By these teams it may be allowed, but the forge does not show us who is in them.
    TeamsUnread(Vec<String>),
    /// Conversations on it are not resolved.
    Conversations(Unresolved),
    /// Checks on its own head did not pass.
    HeadRed(Vec<String>),
    /// Checks on its own head have not passed yet.
    HeadOpen(Vec<String>),
    /// This has to land before.
    Depends {
        /// Which.
        on: PrNumber,
        /// How it is; `None` if there is no such pull request.
        state: Option<PullState>,
    },
    /// It goes to the branch of this one, which has to land before; or has landed, and it is still to be sent to trunk.
    Stacked {
        /// Which.
        on: PrNumber,
        /// How that one is: `Merged` when it has landed, `Closed` also when only another branch has it.
        state: PullState,
    },
    /// Its description says what it depends on in words that name no pull request here.
    Unclear(String),
    /// Its description says that it depends on a pull request of another repository.
    Elsewhere(String),
    /// It could not be read or composed, however often that was tried; what stood in the way. It is over with the next reading.
    OutOfReach(String),
    /// What the rules ask for was not read yet, and is read next.
    Unread,
}

/// Of nothing it was read how it is.
static NOTHING: BTreeMap<PrNumber, Option<PullState>> = BTreeMap::new();

/// Everything that keeps the pull request out of the queue now, in the order it is told.
pub fn weigh(pull: &Pull, said: &Said, approval: &Approval, grounds: Option<&Grounds>, terms: &Terms) -> Vec<Obstacle> {
    let nothing = Grounds::default();
    let grounds = grounds.unwrap_or(&nothing);
    let mut found = BTreeSet::new();
    if !terms.configured {
        found.insert(Obstacle::NotConfigured);
    }
    found.extend(
        terms
            .rules
            .blocking_labels
            .iter()
            .find(|label| pull.carries(label))
            .map(|label| Obstacle::BlockingLabel(label.clone())),
    );
    let pattern = terms.rules.blocking_titles.iter().find(|pattern| pattern.matches(&pull.title));
    found.extend(pattern.map(|pattern| Obstacle::BlockingTitle(pattern.as_str().to_owned())));
    if approval.on_the_word_of.is_some() && grounds.word.is_none() {
        found.insert(Obstacle::Unread);
    }
    found.extend(entitled(&approval.by.login, grounds, terms));
    match &grounds.reviews {
        None if terms.weighs_reviews() || terms.names_reviewers => _ = found.insert(Obstacle::Unread),
        Some(reviews) if terms.weighs_reviews() => {
            found.extend(reviewed(pull, approval.head, reviews, (grounds, terms)));
        }
        None | Some(_) => {}
    }
    if terms.rules.conversations_resolved {
        match &grounds.conversations {
            Some(open) if open.count > 0 => _ = found.insert(Obstacle::Conversations(open.clone())),
            Some(_) => {}
            None => _ = found.insert(Obstacle::Unread),
        }
    }
    if terms.asks_head(&approval.wish) {
        match &grounds.checks {
            Some(seen) => found.extend(head(approval, seen, terms)),
            None => _ = found.insert(Obstacle::Unread),
        }
    }
    let known = grounds.depends.as_ref().unwrap_or(&NOTHING);
    found.extend(said.awaited().into_iter().filter_map(|on| awaited(on, known.get(&on))));
    found.extend(said.described.unclear.clone().map(Obstacle::Unclear));
    found.extend(said.described.elsewhere.clone().map(Obstacle::Elsewhere));
    let below = approval.stack.as_ref().filter(|stack| stack.state != PullState::Merged || pull.base != terms.trunk);
    found.extend(below.map(|stack| Obstacle::Stacked { on: stack.on, state: stack.state }));
    found.into_iter().collect()
}

/// What keeps it out for who asked: whether they may was known when they did, and is read anew.
fn entitled(by: &Login, grounds: &Grounds, terms: &Terms) -> Option<Obstacle> {
    match listed(by, terms, &grounds.rolls) {
        // Who is not listed is thrown out, and waits for nothing.
        Listed::Yes | Listed::No => None,
        Listed::Unreadable(hidden) => Some(Obstacle::TeamsUnread(hidden)),
        Listed::Unread => Some(Obstacle::Unread),
    }
}

/// What a dependency means that was read like this, or not yet.
fn awaited(on: PrNumber, read: Option<&Option<PullState>>) -> Option<Obstacle> {
    match read {
        Some(Some(PullState::Merged)) => None,
        Some(state) => Some(Obstacle::Depends { on, state: *state }),
        None => Some(Obstacle::Unread),
    }
}

/// The last word of each reviewer with a say.
fn counted<'a>(author: Option<&Person>, reviews: &'a [(Review, Permission)]) -> Vec<&'a Review> {
    let mut reviews: Vec<_> = reviews.iter().collect();
    // Of somebody who reviewed and commented, the last word counts.
    reviews.sort_by_key(|(review, _)| (review.by.id, std::cmp::Reverse(review.at)));
    reviews.dedup_by_key(|(review, _)| review.by.id);
    let own = |review: &Review| author.is_some_and(|author| author.id == review.by.id);
    let counted = reviews.iter().filter(|(review, may)| *may >= Permission::Write && !own(review));
    counted.map(|(review, _)| review).filter(|review| !review.by.bot).collect()
}

/// Reviewers who may push and whose last word approves exactly this head. Its author's counts for nothing; who that is may not be
/// known yet.
pub fn approvers<'a>(author: Option<&Person>, head: Sha, reviews: &'a [(Review, Permission)]) -> Vec<&'a Person> {
    let approving = |review: &&Review| review.opinion == Opinion::Approves && review.head == head;
    counted(author, reviews).into_iter().filter(approving).map(|review| &review.by).collect()
}

/// What reviewers with a say think of exactly this head.
fn reviewed(
    pull: &Pull,
    head: Sha,
    reviews: &[(Review, Permission)],
    (grounds, terms): (&Grounds, &Terms),
) -> Vec<Obstacle> {
    let need = terms.rules.approvals;
    let counted = counted(Some(&pull.author), reviews);
    let logins = |holds: &dyn Fn(&Review) -> bool| -> Vec<String> {
        counted.iter().filter(|review| holds(review)).map(|review| review.by.login.to_string()).collect()
    };
    let against = logins(&|review| review.opinion == Opinion::WantsChanges);
    let outdated = logins(&|review| review.opinion == Opinion::Approves && review.head != head);
    let approving = approvers(Some(&pull.author), head, reviews);
    let pusher = grounds.pusher.as_ref().filter(|_| terms.rules.last_push_approved);
    let by_them = |person: &Person| matches!(pusher, Some(Pusher::Known(known)) if known.id == person.id);
    let approved: Vec<&Login> =
        approving.into_iter().filter(|person| !by_them(person)).map(|person| &person.login).collect();
    let have = u8::try_from(approved.len()).unwrap_or(u8::MAX);
    let mut found: Vec<_> = (!against.is_empty()).then_some(Obstacle::ChangesWanted(against)).into_iter().collect();
    found.extend((have < need).then_some(Obstacle::Approvals { have, need, outdated }));
    if terms.rules.last_push_approved {
        found.extend(last_push(pusher, approved.len()));
    }
    if terms.rules.code_owners {
        match &grounds.owned {
            Some(owned) => found.extend(owners::missing(owned, &approved, &pull.author, &grounds.rolls)),
            None => found.push(Obstacle::Unread),
        }
    }
    found
}

/// What so many approvals by others than a known pusher leave open.
fn last_push(pusher: Option<&Pusher>, approvals: usize) -> Option<Obstacle> {
    match pusher {
        None => Some(Obstacle::Unread),
        Some(Pusher::Known(pusher)) if approvals == 0 => {
            Some(Obstacle::LastPush { pusher: Some(pusher.login.to_string()) })
        }
        // Of two people one at least did not push it.
        Some(Pusher::Unknown) if approvals < 2 => Some(Obstacle::LastPush { pusher: None }),
        Some(Pusher::Known(_) | Pusher::Unknown) => None,
    }
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
