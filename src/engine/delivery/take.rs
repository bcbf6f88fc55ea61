//! Takes what happened to a delivery in: the core decides, and what changed is noted for the ledger. No I/O.

use crate::delivery::candidate::{Change, Tag};
use crate::delivery::event::Event;
use crate::delivery::policy::Mode;
use crate::delivery::{self, Notice};
use crate::engine::state::{File, Landed, RepoState};
use crate::ids::{Moment, PrNumber, Sha};
use serde::{Deserialize, Serialize};

/// What the engine hears about a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Something happened to it.
    Happened(Event),
    /// The ledger has everything up to an entry.
    Recorded {
        /// The commit that says so.
        tip: Sha,
        /// The entry.
        upto: u64,
    },
}

/// Takes a fact in.
pub fn take(state: &mut RepoState, fact: &Fact, now: Moment) {
    match fact {
        Fact::Happened(event) => _ = advance(state, event.clone(), now),
        Fact::Recorded { tip, upto } => state.delivery.record.written(*tip, *upto),
    }
}

/// Trunk's settings may ask for something else, and time may have brought something.
pub fn settle(state: &mut RepoState, now: Moment) {
    if state.settings.file == File::Unread {
        return;
    }
    let mut policy = state.config().delivery.clone();
    if state.branch.is_some() {
        // Stages are the default branch's: two trunks that deliver to the same one would take it from each other.
        policy.mode = Mode::Off;
    }
    if state.delivery.value.policy != policy {
        advance(state, Event::Adopted(Box::new(policy)), now);
    }
    let value = &state.delivery.value;
    let due = value.now.and_then(|last| delivery::next_change(value, last)).is_some_and(|at| at <= now);
    if due {
        advance(state, Event::Ticked, now);
    }
}

/// One step of the core; what changed is noted for the ledger.
pub(super) fn advance(state: &mut RepoState, event: Event, now: Moment) -> Vec<Notice> {
    let own = &mut state.delivery;
    let before = own.value.clone();
    let (value, notices) = delivery::step(std::mem::take(&mut own.value), now, &event);
    // The time of the last event alone is no change: else the ledger would grow by looking.
    let same = delivery::State { now: value.now, ..before } == value;
    own.value = value;
    if !same {
        own.record.note(now, event);
    }
    notices
}

/// A tip has landed: with its candidate, if one was made, and with what every member changed.
pub fn landed(state: &mut RepoState, tip: Sha, known: &Landed, now: Moment) {
    let template = &state.config().candidate.tag;
    let candidate = known
        .candidate
        .as_ref()
        .zip(known.tag)
        .and_then(|(name, object)| Some((template.parse(name)?, Tag { name: name.clone(), object })));
    let settling = state.queue.tree.settling().filter(|id| state.queue.tree.get(*id).tip() == Some(tip));
    let members = settling.map(|id| state.queue.tree.path(id)).unwrap_or_default();
    let changes = members.iter().filter_map(|(_, entry)| change(state, entry.pr, now)).collect();
    advance(state, Event::Landed { commit: tip, candidate, changes }, now);
}

fn change(state: &RepoState, pr: PrNumber, now: Moment) -> Option<Change> {
    let record = state.desk.pulls.get(&pr)?;
    Some(Change {
        pr,
        title: record.pull.title.clone(),
        authors: None,
        labels: record.pull.labels.clone(),
        first_commit_at: None,
        opened_at: None,
        queued_at: record.approval.as_ref().map(|approval| approval.at),
        landed_at: now,
    })
}
