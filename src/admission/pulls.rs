//! A reading of a pull request: does its approval still hold, and does its label ask for one?

use super::desk::{Approval, Decision, Desk, Record, Refusal, Via};
use super::rules::{Terms, against, void};
use crate::command::Wish;
use crate::facts::{Labelled, Permission, Pull, PullState};
use crate::ids::{Moment, PrNumber, Reading};
use crate::queue::{Event, LeaveWhy, Priority};
use serde::{Deserialize, Serialize};

/// A copy of the forge's that is behind for longer than this is believed after all: nothing may be shut out for ever.
const LAG_MS: i64 = 60_000;

/// Everything read about one pull request at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullReading {
    /// When the reading began.
    pub reading: Reading,
    /// Which.
    pub number: PrNumber,
    /// The pull request; `None` if the forge knows none by this number.
    pub pull: Option<Pull>,
    /// Who put the label on, and what they may do; read where the label is on.
    pub labelled: Option<(Labelled, Permission)>,
    /// What the approver may do now; read where there is an approval.
    pub approver: Option<Permission>,
}

/// Takes in a reading; older ones than the last are ignored.
pub fn read(desk: &mut Desk, reading: &PullReading, now: Moment, terms: Terms<'_>) -> Vec<Decision> {
    let known = desk.pulls.get(&reading.number);
    if known.is_some_and(|known| known.reading >= reading.reading) {
        return Vec::new();
    }
    let Some(pull) = reading.pull.clone().or_else(|| known.map(gone)) else { return Vec::new() };
    let record = renew(desk, pull, reading.reading, now);
    let mut decisions = review(record, reading, terms);
    if record.approval.is_none() {
        decisions.extend(label(record, reading, now, terms));
    }
    decisions
}

/// A pull request that the forge no longer knows counts as closed.
fn gone(known: &Record) -> Pull {
    Pull { state: PullState::Closed, ..known.pull.clone() }
}

/// Takes a reading into the record, unless it shows the pull request as it was before what is known of it: the forge answers
/// from copies, and some of them lag.
pub(super) fn renew(desk: &mut Desk, pull: Pull, reading: Reading, now: Moment) -> &mut Record {
    let number = pull.number;
    let record = desk.pulls.entry(number).or_insert_with(|| Record {
        pull: pull.clone(),
        reading,
        read_at: now,
        other_head_at: None,
        approval: None,
        last_rev: Reading::new(0),
        label_event: None,
        label_judged: None,
        over_until: None,
        landed: None,
        comments: std::collections::BTreeSet::new(),
        moves: Vec::new(),
        hold: super::Latest::default(),
    });
    record.reading = reading;
    let lags = pull.updated_at < record.pull.updated_at && now.since_ms(record.read_at) < LAG_MS;
    if lags {
        return record;
    }
    if record.pull.head != pull.head {
        record.other_head_at = Some(record.read_at);
    }
    record.read_at = now;
    record.pull = pull;
    record
}

/// Another head was seen there after `moment`: whoever spoke then meant that one. GitHub tells moments in whole seconds.
pub(super) fn pushed_after(record: &Record, moment: Moment) -> bool {
    record.other_head_at.is_some_and(|seen| seen >= moment.plus_ms(1_000))
}

/// Ends an approval that no longer holds.
fn review(record: &mut Record, reading: &PullReading, terms: Terms<'_>) -> Vec<Decision> {
    let Some(approval) = &record.approval else { return Vec::new() };
    let lost = reading.approver.is_some_and(|permission| permission < Permission::Write);
    let why = void(approval, &record.moves, &record.pull, terms)
        .or_else(|| lost.then(|| LeaveWhy::PermissionLost { by: approval.by.login.to_string() }));
    let Some(why) = why else { return Vec::new() };
    let rev = approval.rev;
    record.approval = None;
    let mut decisions = vec![Decision::Queue(Event::Left { pr: record.pull.number, rev, why })];
    if terms.labelled(&record.pull) && record.pull.state == PullState::Open {
        decisions.push(Decision::RemoveLabel { pr: record.pull.number });
    }
    decisions
}

/// Follows or refuses a label event that was not acted on before.
fn label(record: &mut Record, reading: &PullReading, now: Moment, terms: Terms<'_>) -> Vec<Decision> {
    let pr = record.pull.number;
    let Some((labelled, permission)) = &reading.labelled else { return Vec::new() };
    if !terms.labelled(&record.pull) || record.pull.state != PullState::Open {
        return Vec::new();
    }
    if record.label_event.is_some_and(|acted| acted >= labelled.event) {
        record.label_judged = Some(record.pull.updated_at);
        return Vec::new();
    }
    if record.has_landed() || record.over_until.is_some_and(|over| labelled.at < over) {
        (record.label_event, record.label_judged) = (Some(labelled.event), Some(record.pull.updated_at));
        return vec![Decision::RemoveLabel { pr }];
    }
    let refusal = if *permission < Permission::Write {
        Some(Refusal::NeedsWrite { login: labelled.by.login.to_string() })
    } else if labelled.pushed_since || pushed_after(record, labelled.at) {
        Some(Refusal::PushedSince { head: record.pull.head })
    } else {
        against(&record.pull, terms)
    };
    // Without settings nothing can be judged: the label waits, and is looked at again when they are there; its people hear of it.
    if refusal == Some(Refusal::NotConfigured) {
        return vec![Decision::LabelWaits { pr, why: Refusal::NotConfigured }];
    }
    record.label_event = Some(labelled.event);
    record.label_judged = Some(record.pull.updated_at);
    if let Some(why) = refusal {
        return vec![Decision::RefuseLabel { pr, why }];
    }
    let wish = terms.wish(&Wish::default(), &record.pull);
    vec![approve(record, labelled.by.clone(), Via::Label(labelled.event), &wish, now)]
}

/// Binds a person's word to the head as read now, and queues it.
pub(super) fn approve(record: &mut Record, by: crate::facts::Person, via: Via, wish: &Wish, at: Moment) -> Decision {
    // Readings only grow, so this holds even for a pull request that was forgotten and is seen again.
    let rev = record.last_rev.next().max(record.reading);
    record.last_rev = rev;
    let approval = Approval {
        head: record.pull.head,
        base: record.pull.base.clone(),
        by,
        at,
        via,
        title: record.pull.title.clone(),
        wish: Wish { head: None, ..wish.clone() },
        rev,
    };
    // A landing may be moving the branch of this very head while somebody asks for it in another way.
    if record.approval.as_ref().is_none_or(|before| before.head != approval.head) {
        record.moves.clear();
    }
    record.approval = Some(approval.clone());
    let entry = crate::queue::EntryId { pr: record.pull.number, head: approval.head, rev };
    let priority = if wish.hotfix { Priority::HOTFIX } else { Priority(wish.priority.unwrap_or(0)) };
    Decision::Queue(Event::Arrived { entry, priority, alone: wish.alone })
}
