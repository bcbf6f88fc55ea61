//! A reading of a pull request: does its approval still hold, and does its label ask for one?

use super::desk::{Approval, Decision, Desk, Record, Refusal, Via};
use super::reviews;
use super::rules::{Terms, against, outlawed, unfit, void};
use super::said::Said;
use super::stack::{self, Stack};
use super::weigh::{Grounds, Obstacle, approvers, weigh};
use crate::command::{Wish, described};
use crate::facts::{Labelled, Permission, Person, Pull, PullState, Rolls, Since};
use crate::ids::{Login, Moment, PrNumber, Reading, Sha};
use crate::queue::{EntryId, Event, LeaveWhy, Priority};
use serde::{Deserialize, Serialize};

/// A copy of the forge's that is behind for longer than this is believed after all: nothing may be shut out for ever.
pub(super) const LAG_MS: i64 = 60_000;

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
    /// Who of those who put the label on is in which team; read where that decides.
    #[serde(default)]
    pub rolls: Rolls,
    /// When the branch it goes to was changed last; read where a review may ask for landing.
    #[serde(default)]
    pub retargeted_at: Option<Moment>,
    /// What the rules are weighed by; read where somebody asks for landing or did.
    #[serde(default)]
    pub grounds: Option<Grounds>,
}

impl PullReading {
    /// A reading of the pull request alone.
    pub fn of(reading: Reading, number: PrNumber, pull: Option<Pull>) -> Self {
        Self { reading, number, pull, labelled: None, rolls: Rolls::default(), retargeted_at: None, grounds: None }
    }

    /// The description, if there is a pull request.
    pub(super) fn body(&self) -> &str {
        self.pull.as_ref().map_or("", |pull| pull.body.as_str())
    }

    /// Who is in which team, as far as that was read to weigh a request.
    pub fn rolls_of_grounds(&self) -> &Rolls {
        self.grounds.as_ref().map_or(&self.rolls, |grounds| &grounds.rolls)
    }
}

/// Takes in a reading; older ones than the last are ignored.
pub fn read(desk: &mut Desk, reading: &PullReading, now: Moment, terms: &Terms) -> Vec<Decision> {
    let known = desk.pulls.get(&reading.number);
    if known.is_some_and(|known| known.reading >= reading.reading) {
        return Vec::new();
    }
    let Some(pull) = reading.pull.clone().or_else(|| known.map(gone)) else { return Vec::new() };
    let before = known.map(|known| known.pull.state);
    let record = renew(desk, pull, reading.reading, now, terms);
    reviews::note(record, reading);
    let mut decisions = review(record, reading, terms);
    if record.approval.is_none() {
        decisions.extend(label(record, reading, now, terms));
    }
    if record.approval.is_none() {
        decisions.extend(reviews::follow(record, reading, now, terms));
    }
    let state = if record.has_landed() { PullState::Merged } else { record.pull.state };
    let below = stack::becomes(record, terms);
    decisions.extend(stack::note(desk, reading.number, below, terms));
    if before.is_some_and(|before| before != state) {
        let waits = |record: &&mut Record| record.waits().is_some() && record.said.awaited().contains(&reading.number);
        let waiting = desk.pulls.values_mut().filter(waits);
        decisions.extend(waiting.flat_map(|record| weigh_again(record, None, terms)));
    }
    decisions
}

/// A pull request that the forge no longer knows counts as closed.
fn gone(known: &Record) -> Pull {
    Pull { state: PullState::Closed, ..known.pull.clone() }
}

/// Takes a reading into the record, unless it shows the pull request as it was before what is known of it: the forge answers
/// from copies, and some of them lag.
pub(super) fn renew<'d>(
    desk: &'d mut Desk,
    pull: Pull,
    reading: Reading,
    now: Moment,
    terms: &Terms,
) -> &'d mut Record {
    let number = pull.number;
    let under = stack::parent(desk, &pull, terms);
    let mut described = described(&pull.body, &pull.url);
    described.depends.retain(|on| !desk.has_landed(*on));
    let record = desk.pulls.entry(number).or_insert_with(|| Record {
        pull: Pull { body: String::new(), ..pull.clone() },
        reading,
        read_at: now,
        other_head_at: None,
        approval: None,
        last_rev: Reading::new(0),
        label_event: None,
        label_judged: None,
        over_until: None,
        landed: None,
        under: None,
        review: None,
        said: Said::default(),
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
    record.under = under;
    record.said.described = described;
    // Descriptions are long, and this is written down at every turn.
    record.pull = Pull { body: String::new(), ..pull };
    record
}

/// Another head was seen there after `moment`: whoever spoke then meant that one. GitHub tells moments in whole seconds.
pub(super) fn pushed_after(record: &Record, moment: Moment) -> bool {
    record.other_head_at.is_some_and(|seen| seen >= moment.plus_ms(1_000))
}

/// Ends an approval that no longer holds, and weighs anew what keeps one that does out of the queue.
fn review(record: &mut Record, reading: &PullReading, terms: &Terms) -> Vec<Decision> {
    let Some(approval) = &record.approval else { return Vec::new() };
    let why = fallen(approval, &record.moves, &record.pull, (terms, reading));
    let Some(why) = why else { return reweigh(record, reading.grounds.as_ref(), terms) };
    let mut decisions: Vec<_> = withdraw(record, why).into_iter().collect();
    if terms.labelled(&record.pull) && record.pull.state == PullState::Open {
        decisions.push(Decision::RemoveLabel { pr: record.pull.number });
    }
    decisions
}

/// Why an approval no longer holds by all that was read, if so; what was not read says nothing against it.
pub fn fallen(
    approval: &Approval,
    moves: &[Sha],
    pull: &Pull,
    (terms, reading): (&Terms, &PullReading),
) -> Option<LeaveWhy> {
    let word = reading.grounds.as_ref().and_then(|grounds| grounds.word);
    let lost = word.is_some_and(|may| may < Permission::Write);
    void(approval, moves, pull, terms)
        .or_else(|| lost.then(|| LeaveWhy::PermissionLost { by: approval.rests_on().to_string() }))
        .or_else(|| outlawed(approval, pull, terms, reading.rolls_of_grounds()))
}

/// The branch has no queue any more: nobody waits for it.
pub fn dismiss(desk: &mut Desk) -> Vec<Decision> {
    desk.pulls.values_mut().filter_map(|record| withdraw(record, LeaveWhy::NoQueue)).collect()
}

/// Ends an approval, whether it is queued or waits.
pub(super) fn withdraw(record: &mut Record, why: LeaveWhy) -> Option<Decision> {
    let pr = record.pull.number;
    let approval = record.approval.take()?;
    let entry = EntryId { pr, head: approval.head, rev: approval.rev };
    let queued = approval.waits.is_empty();
    Some(if queued {
        Decision::Queue(Event::Left { pr, rev: entry.rev, why })
    } else {
        Decision::Withdrawn { entry, why }
    })
}

/// What was not read says nothing against an approval that was weighed before.
fn reweigh(record: &mut Record, grounds: Option<&Grounds>, terms: &Terms) -> Vec<Decision> {
    let unread = grounds.is_none() && record.subject().is_none_or(|subject| subject.asks(terms));
    if unread { Vec::new() } else { weigh_again(record, grounds, terms) }
}

/// Weighs an approval by what was read, or by nothing, so that it waits until that was read.
pub(super) fn weigh_again(record: &mut Record, grounds: Option<&Grounds>, terms: &Terms) -> Vec<Decision> {
    let Some(approval) = &record.approval else { return Vec::new() };
    let waits = weigh(&record.pull, &record.said, approval, grounds, terms);
    let reviewed_by = reviewers(&record.pull, approval, grounds, terms);
    settle(record, waits, reviewed_by)
}

/// Whom the commits are to name, if they are to name anybody.
fn reviewers(pull: &Pull, approval: &Approval, grounds: Option<&Grounds>, terms: &Terms) -> Vec<Person> {
    let reviews = grounds.and_then(|grounds| grounds.reviews.as_ref()).filter(|_| terms.names_reviewers);
    let people = reviews.map(|reviews| approvers(Some(&pull.author), approval.head, reviews)).unwrap_or_default();
    people.into_iter().cloned().collect()
}

/// It cannot be read or composed, however often that is tried: those behind it go on without it, until it can be; and its people
/// hear what it waits for.
pub fn out_of_reach(desk: &mut Desk, pr: PrNumber, what: &str) -> Vec<Decision> {
    let lost = Obstacle::OutOfReach(what.to_owned());
    let Some(record) = desk.pulls.get_mut(&pr) else { return Vec::new() };
    let mut waits = record.waits().unwrap_or(&[Obstacle::Unread]).to_vec();
    let Some(unread) = waits.iter_mut().find(|wait| **wait == Obstacle::Unread) else { return Vec::new() };
    *unread = lost;
    settle(record, waits, Vec::new())
}

/// The rules changed: whatever waits is weighed again, by what is to be read anew.
pub fn reconsider(desk: &mut Desk, terms: &Terms) -> Vec<Decision> {
    let waiting = desk.pulls.values_mut().filter(|record| record.waits().is_some());
    waiting.flat_map(|record| weigh_again(record, None, terms)).collect()
}

/// A pull request landed: nothing has to wait for it any more, whatever the forge still shows.
pub fn awaken(desk: &mut Desk, landed: PrNumber, terms: &Terms) -> Vec<Decision> {
    let mut decisions = stack::note(desk, landed, PullState::Merged, terms);
    let dependent = desk.pulls.values_mut().filter(|record| record.said.awaited().contains(&landed));
    let weigh = |record: &mut Record| {
        record.said.forget_dependency(landed);
        if record.waits().is_some() { weigh_again(record, None, terms) } else { Vec::new() }
    };
    decisions.extend(dependent.flat_map(weigh));
    decisions
}

/// Takes an approved pull request into the queue, or out of it, as what keeps it out has come or gone.
fn settle(record: &mut Record, waits: Vec<Obstacle>, reviewed_by: Vec<Person>) -> Vec<Decision> {
    let pr = record.pull.number;
    let next = next_rev(record);
    let Some(approval) = &mut record.approval else { return Vec::new() };
    let (was_queued, queued) = (approval.waits.is_empty(), waits.is_empty());
    approval.waits = waits;
    let event = match (was_queued, queued) {
        (true, true) | (false, false) => return Vec::new(),
        // The approval goes on under another number, so that the entry's leaving does not end it.
        (true, false) => Event::Left { pr, rev: std::mem::replace(&mut approval.rev, next), why: LeaveWhy::SetAside },
        (false, true) => {
            approval.rev = next;
            approval.reviewed_by = reviewed_by;
            arrival(pr, approval)
        }
    };
    record.last_rev = next;
    vec![Decision::Queue(event)]
}

/// Readings only grow, so this holds even for a pull request that was forgotten and is seen again.
fn next_rev(record: &Record) -> Reading {
    record.last_rev.next().max(record.reading)
}

fn arrival(pr: PrNumber, approval: &Approval) -> Event {
    let entry = EntryId { pr, head: approval.head, rev: approval.rev };
    let wish = &approval.wish;
    Event::Arrived { entry, priority: priority(wish), alone: wish.alone }
}

fn priority(wish: &Wish) -> Priority {
    if wish.hotfix { Priority::HOTFIX } else { Priority(wish.priority.unwrap_or(0)) }
}

/// Follows or refuses a label event that was not acted on before.
fn label(record: &mut Record, reading: &PullReading, now: Moment, terms: &Terms) -> Vec<Decision> {
    let pr = record.pull.number;
    if !terms.labelled(&record.pull) {
        // GitHub tells moments in whole seconds: put on again within one, it is looked at again all the same.
        record.label_judged = None;
    }
    let Some((labelled, permission)) = &reading.labelled else { return Vec::new() };
    if !terms.labelled(&record.pull) || record.pull.state != PullState::Open {
        return Vec::new();
    }
    if record.label_event.is_some_and(|acted| acted >= labelled.event) {
        record.label_judged = Some(record.pull.updated_at);
        return Vec::new();
    }
    record.label_event = Some(labelled.event);
    record.label_judged = Some(record.pull.updated_at);
    if record.has_landed() || record.over_until.is_some_and(|over| labelled.at < over) {
        return vec![Decision::RemoveLabel { pr }];
    }
    let may = *permission >= Permission::Write;
    let delegated = record.said.delegated(&labelled.by.login).filter(|_| !may).cloned();
    let word_of = if may { Some(&labelled.by.login) } else { delegated.as_ref() };
    let moved = labelled.since == Since::Pushed || pushed_after(record, labelled.at);
    let refusal = unfit(&labelled.by, word_of, &record.pull, (terms, &reading.rolls))
        .or_else(|| {
            (labelled.since == Since::Retargeted).then(|| Refusal::Retargeted { base: record.pull.base.to_string() })
        })
        .or_else(|| moved.then_some(Refusal::PushedSince { head: record.pull.head }))
        .or_else(|| against(record, terms));
    if let Some(why) = refusal {
        return vec![Decision::RefuseLabel { pr, why }];
    }
    let (via, wish) = (Via::Label(labelled.event), &terms.wish(&Wish::default(), &record.pull));
    let (by, on_the_word_of, body) = (&labelled.by, delegated.as_ref(), reading.body());
    let asked = Permitted { by, on_the_word_of, via, wish, at: now, body };
    // What was read for a request that nobody had made yet leaves out what was said about it.
    let grounds = reading.grounds.as_ref().filter(|_| record.said.is_empty());
    approve(record, asked, grounds, terms).into_iter().collect()
}

/// A person's request, found to be theirs to make.
#[derive(Clone, Copy)]
pub(super) struct Permitted<'a> {
    pub by: &'a Person,
    /// Whose permission that rests on, where they may not push themselves.
    pub on_the_word_of: Option<&'a Login>,
    pub via: Via,
    pub wish: &'a Wish,
    pub at: Moment,
    /// The description that stood there.
    pub body: &'a str,
}

/// Whoever asked for what is queued asks for another rank and for nothing else: it is the same entry, and so is its commit.
fn rank(record: &mut Record, asked: Permitted<'_>) -> Option<Decision> {
    let head = record.pull.head;
    let approval = record.approval.as_mut().filter(|approval| approval.waits.is_empty() && approval.head == head)?;
    let same = approval.by.id == asked.by.id && approval.on_the_word_of.as_ref() == asked.on_the_word_of;
    let wish = Wish { head: None, ..asked.wish.clone() };
    let other = Wish { priority: wish.priority, hotfix: wish.hotfix, ..approval.wish.clone() };
    if !same || other != wish {
        return None;
    }
    (approval.wish, approval.via, approval.at) = (wish, asked.via, asked.at);
    let entry = EntryId { pr: record.pull.number, head, rev: approval.rev };
    Some(Decision::Queue(Event::Ranked { entry, priority: priority(&approval.wish) }))
}

/// Binds a person's word to the head as read now; it is queued, or waits for what keeps it out.
pub(super) fn approve(
    record: &mut Record,
    asked: Permitted<'_>,
    grounds: Option<&Grounds>,
    terms: &Terms,
) -> Option<Decision> {
    if let Some(ranked) = rank(record, asked) {
        return Some(ranked);
    }
    let rev = next_rev(record);
    record.last_rev = rev;
    let mut approval = Approval {
        head: record.pull.head,
        base: record.pull.base.clone(),
        by: asked.by.clone(),
        on_the_word_of: asked.on_the_word_of.cloned(),
        at: asked.at,
        via: asked.via,
        title: record.pull.title.clone(),
        read: Some(Box::new(Pull { body: asked.body.to_owned(), ..record.pull.clone() })),
        wish: Wish { head: None, ..asked.wish.clone() },
        reviewed_by: Vec::new(),
        stack: record.under.map(|on| Stack { on, state: PullState::Open }),
        waits: Vec::new(),
        rev,
    };
    approval.waits = weigh(&record.pull, &record.said, &approval, grounds, terms);
    approval.reviewed_by = reviewers(&record.pull, &approval, grounds, terms);
    // A landing may be moving the branch of this very head while somebody asks for it in another way.
    if record.approval.as_ref().is_none_or(|before| before.head != approval.head) {
        record.moves.clear();
    }
    let pr = record.pull.number;
    let was_queued = record.approval.as_ref().is_some_and(|before| before.waits.is_empty());
    let event = if approval.waits.is_empty() {
        Some(arrival(pr, &approval))
    } else {
        was_queued.then_some(Event::Left { pr, rev, why: LeaveWhy::SetAside })
    };
    record.approval = Some(approval);
    event.map(Decision::Queue)
}
