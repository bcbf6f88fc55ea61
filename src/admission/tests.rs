//! Whose word counts for which head, as a table of short histories: readings come in any order, and some lag behind.

use super::*;
use crate::calendar::Zone;
use crate::command::PREFIX;
use crate::config::RepoConfig;
use crate::config::freeze::{Exempt, FreezeConfig};
use crate::config::repo::TryBy;
use crate::facts::{Comment, HeadRepo, Labelled, Permission, Person, Pull, PullState, Rolls, Since};
use crate::ids::{BranchName, CommentId, Moment, PrNumber, Reading, RepoId, Sha, UserId};
use crate::queue::{Event, Priority};
use std::collections::BTreeSet;

pub(super) const PR: PrNumber = PrNumber::new(7);

pub(super) fn sha(digit: char) -> Sha {
    digit.to_string().repeat(40).parse().expect("forty hex digits")
}

fn ann() -> Person {
    Person { id: UserId::new(1), login: "ann".parse().expect("a login"), bot: false }
}

fn terms() -> Terms {
    let config = RepoConfig::default();
    Terms {
        repository: RepoId::new(1),
        trunk: "main".parse().expect("a branch"),
        label: "ready".into(),
        review_asks: false,
        configured: true,
        rules: config.rules,
        checks: config.checks,
        required: Vec::new(),
        names_reviewers: false,
        hotfix_label: None,
        freeze: config.freeze,
        stage_teams: BTreeSet::new(),
        try_by: TryBy::Write,
    }
}

/// One pull request, whose readings and comments are taken in second by second.
pub(super) struct Story {
    pub(super) desk: Desk,
    pub(super) terms: Terms,
    pub(super) grounds: Option<Grounds>,
    pub(super) retargeted_at: Option<Moment>,
    /// Who is in which team, as far as that is read of who asks.
    pub(super) rolls: Rolls,
    /// Who comments, and what they may do.
    pub(super) who: (Person, Permission),
    pub(super) pull: Pull,
    second: i64,
}

impl Story {
    pub(super) fn new() -> Self {
        let branch: BranchName = "topic".parse().expect("a branch");
        let home = HeadRepo { id: RepoId::new(1), name: "acme/widget".parse().expect("a name"), branch };
        let pull = Pull {
            number: PR,
            title: "A change".into(),
            author: ann(),
            state: PullState::Open,
            draft: false,
            base: "main".parse().expect("a branch"),
            head: sha('a'),
            head_repo: Some(home),
            maintainer_can_modify: false,
            labels: Vec::new(),
            body: String::new(),
            url: String::new(),
            updated_at: Moment::from_ms(0),
        };
        Self {
            desk: Desk::default(),
            terms: terms(),
            grounds: None,
            retargeted_at: None,
            rolls: Rolls::default(),
            who: (ann(), Permission::Write),
            pull,
            second: 0,
        }
    }

    fn now(&self) -> Moment {
        Moment::from_ms(self.second * 1_000)
    }

    fn next(&mut self) -> Reading {
        self.second += 10;
        Reading::new(u64::try_from(self.second).expect("time goes on"))
    }

    /// The pull request changes, and is not read yet.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Pull)) {
        self.second += 10;
        change(&mut self.pull);
        self.pull.updated_at = self.now();
    }

    pub(super) fn read(&mut self, pull: &Pull) -> Vec<Decision> {
        let reading = self.next();
        let labelled = Labelled { event: 1, by: ann(), at: Moment::from_ms(1_000), since: Since::Nothing };
        let labelled = (!pull.labels.is_empty()).then_some((labelled, Permission::Write));
        let reading = PullReading {
            reading,
            number: PR,
            pull: Some(pull.clone()),
            labelled,
            rolls: self.rolls.clone(),
            retargeted_at: self.retargeted_at,
            grounds: self.grounds.clone(),
        };
        read(&mut self.desk, &reading, Moment::from_ms(self.second * 1_000), &self.terms)
    }

    /// A comment written `ago` seconds ago is heard, with what a reading showed of the pull request.
    pub(super) fn hear(&mut self, said: &str, ago: i64, pull: &Pull, since: Since) -> Vec<Decision> {
        let reading = self.next();
        let created_at = Moment::from_ms((self.second - ago) * 1_000);
        let id = CommentId::new(reading.get());
        let body = format!("{PREFIX} {said}");
        let (by, permission) = self.who.clone();
        let comment = Comment { id, pull: PR, by, body, created_at, edited: false };
        let rolls = self.rolls.clone();
        let heard = Heard {
            reading,
            comment,
            pull: pull.clone(),
            permission,
            rolls,
            since,
            request: None,
            on_trial: false,
            unknown: BTreeSet::new(),
        };
        hear(&mut self.desk, &heard, Moment::from_ms(self.second * 1_000), &self.terms)
    }

    /// Somebody says something at this second, and it is heard now.
    fn say(&mut self, by: &Person, permission: Permission, said: &str, second: i64, freeze: &FreezeConfig) -> Answer {
        let reading = self.next();
        let id = CommentId::new(reading.get());
        let (body, created_at) = (format!("{PREFIX} {said}"), Moment::from_ms(second * 1_000));
        let comment = Comment { id, pull: PR, by: by.clone(), body, created_at, edited: false };
        let pull = self.pull.clone();
        let rolls = self.rolls.clone();
        let heard = Heard {
            reading,
            comment,
            pull,
            permission,
            rolls,
            since: Since::Nothing,
            request: None,
            on_trial: false,
            unknown: BTreeSet::new(),
        };
        let terms = Terms { freeze: freeze.clone(), ..self.terms.clone() };
        match hear(&mut self.desk, &heard, Moment::from_ms(self.second * 1_000), &terms).pop() {
            Some(Decision::Answer { mut answers, .. }) => answers.pop().expect("one command, one answer"),
            other => panic!("{said}: {other:?}"),
        }
    }

    pub(super) fn merge(&mut self, said: &str) -> Vec<Decision> {
        let pull = self.pull.clone();
        self.hear(said, 1, &pull, Since::Nothing)
    }
}

/// The head that was let in.
pub(super) fn queued(decisions: &[Decision]) -> Option<Sha> {
    decisions.iter().find_map(|decision| match decision {
        Decision::Queue(Event::Arrived { entry, .. }) => Some(entry.head),
        _ => None,
    })
}

pub(super) fn refused(decisions: &[Decision]) -> Option<&Refusal> {
    decisions.iter().find_map(|decision| match decision {
        Decision::Answer { answers, .. } => answers.iter().find_map(|answer| match answer {
            Answer::Refused { why, .. } => Some(why),
            _ => None,
        }),
        _ => None,
    })
}

#[test]
fn a_bare_merge_speaks_for_the_head_before_it() {
    let mut story = Story::new();
    assert_eq!(queued(&story.merge("merge")), Some(sha('a')));
    let mut story = Story::new();
    let pull = story.pull.clone();
    let decisions = story.hear("merge", 5, &pull, Since::Pushed);
    assert_eq!(refused(&decisions), Some(&Refusal::PushedSince { head: sha('a') }));
}

#[test]
fn a_later_reading_with_another_head_makes_a_bare_merge_doubtful() {
    let mut story = Story::new();
    let before = story.pull.clone();
    story.change(|pull| pull.head = sha('b'));
    let after = story.pull.clone();
    story.read(&after);
    let decisions = story.hear("merge", 1, &before, Since::Nothing);
    assert_eq!(refused(&decisions), Some(&Refusal::PushedSince { head: sha('b') }));
}

#[test]
fn a_named_commit_is_the_head_or_nothing_is_done() {
    let mut story = Story::new();
    let pull = story.pull.clone();
    let decisions = story.hear(&format!("merge {}", sha('b')), 1, &pull, Since::Nothing);
    assert_eq!(refused(&decisions), Some(&Refusal::OtherHead { head: sha('a') }));
    let decisions = story.hear("merge aaaaaaaaaaa", 1, &pull, Since::Nothing);
    assert_eq!(refused(&decisions), Some(&Refusal::OtherHead { head: sha('a') }), "eleven digits");
    let decisions = story.hear("merge aaaaaaaaaaaa", 5, &pull, Since::Pushed);
    assert_eq!(queued(&decisions), Some(sha('a')), "named, so no push since makes it doubtful");
}

#[test]
fn asking_again_changes_nothing_unless_it_is_asked_for_otherwise() {
    let mut story = Story::new();
    story.merge("merge");
    assert_eq!(queued(&story.merge("merge")), None);
    let again = story.merge("merge priority=3 alone");
    let [Decision::Queue(Event::Arrived { priority, alone: true, .. }), ..] = again.as_slice() else {
        panic!("{again:?}")
    };
    assert_eq!(priority.0, 3);
    assert_eq!(queued(&story.merge("merge priority=3 alone")), None);
}

#[test]
fn a_reading_that_lags_behind_what_is_known_changes_nothing() {
    let mut story = Story::new();
    let open = story.pull.clone();
    story.change(|pull| pull.state = PullState::Closed);
    let closed = story.pull.clone();
    story.read(&closed);
    let decisions = story.hear("merge", 1, &open, Since::Nothing);
    assert_eq!(refused(&decisions), Some(&Refusal::NotOpen));
    story.second += 60;
    let decisions = story.hear("merge", 1, &open, Since::Nothing);
    assert_eq!(queued(&decisions), Some(sha('a')), "what lags for so long is believed after all");
}

#[test]
fn what_landed_is_not_asked_for_again_by_label_or_comment() {
    let mut story = Story::new();
    story.merge("merge");
    let now = story.now();
    story.desk.settle(PR, sha('a'), now);
    story.desk.pulls.get_mut(&PR).expect("it is known").approval = None;
    assert_eq!(refused(&story.merge("merge")), Some(&Refusal::Landed));
    story.change(|pull| pull.labels.push("ready".into()));
    let labelled = story.pull.clone();
    assert_eq!(story.read(&labelled), [Decision::RemoveLabel { pr: PR }]);
    story.change(|pull| pull.head = sha('c'));
    assert_eq!(queued(&story.merge("merge")), Some(sha('c')), "new work is new");
}

fn dora() -> Person {
    Person { id: UserId::new(2), login: "dora".parse().expect("a login"), bot: false }
}

#[test]
fn the_queue_is_frozen_by_whoever_may_and_the_word_written_last_counts() {
    let (mut story, usual) = (Story::new(), FreezeConfig::default());
    let strict = FreezeConfig { by: Permission::Admin, ..FreezeConfig::default() };
    story.second = 100;
    let said = "freeze for 1m because it burns";
    let answer = story.say(&dora(), Permission::Read, said, 90, &usual);
    assert!(matches!(answer, Answer::Refused { why: Refusal::NeedsWrite { .. }, .. }), "{answer:?}");
    let answer = story.say(&ann(), Permission::Write, said, 91, &strict);
    assert!(matches!(answer, Answer::Stop { came: Stopped::NeedsAdmin { .. }, .. }), "{answer:?}");
    let answer = story.say(&ann(), Permission::Write, said, 92, &usual);
    assert!(matches!(answer, Answer::Stop { came: Stopped::Frozen(_), .. }), "{answer:?}");
    let closed = |story: &Story, second: i64| {
        let now = Moment::from_ms(second * 1_000);
        (
            !closures(story.desk.freeze.standing.as_ref(), &usual, now).is_empty(),
            changes_at(story.desk.freeze.standing.as_ref(), &usual, now),
        )
    };
    assert_eq!(closed(&story, 151), (true, Some(Moment::from_ms(152_000))), "a minute from when it was said");
    assert_eq!(closed(&story, 152), (false, None), "to the moment");
    let late = story.say(&ann(), Permission::Write, "thaw", 91, &usual);
    assert!(matches!(late, Answer::Refused { why: Refusal::SaidOtherwise, .. }), "it was written before: {late:?}");
    assert!(closed(&story, 100).0);
    let answer = story.say(&ann(), Permission::Write, "thaw", 99, &usual);
    assert_eq!(answer, Answer::Stop { word: "thaw", came: Stopped::Thawed(Vec::new()) });
    assert!(!closed(&story, 100).0);
    let over = story.say(&ann(), Permission::Write, "freeze for 1s because it burns", 98, &usual);
    assert!(matches!(over, Answer::Stop { came: Stopped::NoEnd, .. }), "{over:?}");
}

#[test]
fn only_what_every_closure_exempts_passes() {
    let mut story = Story::new();
    story.merge("merge");
    let record = story.desk.pulls.get_mut(&PR).expect("it is known");
    record.pull.labels.push("Security".into());
    let record = record.clone();
    let exempt = |labels: &[&str], users: &[&str], priority| Exempt {
        labels: labels.iter().map(ToString::to_string).collect(),
        users: users.iter().map(|user| user.parse().expect("a login")).collect(),
        priority,
        hotfix: false,
    };
    let closed = |exempt: Exempt| Closure { by: None, reason: "x".into(), until: None, zone: Zone::default(), exempt };
    let passes = |exempts: &[Exempt], priority| {
        passes(&exempts.iter().cloned().map(closed).collect::<Vec<_>>(), &record, Priority(priority))
    };
    assert!(passes(&[], 0));
    assert!(!passes(&[exempt(&["other"], &["dora"], Some(5))], 4));
    assert!(passes(&[exempt(&["security"], &[], None)], 0));
    assert!(passes(&[exempt(&[], &["Ann"], None)], 0), "who asked for it");
    assert!(passes(&[exempt(&[], &[], Some(5))], 5));
    assert!(!passes(&[exempt(&["security"], &[], None), exempt(&[], &[], None)], 0), "not of the second");
    assert!(!passes(&[exempt(&[], &[], None)], Priority::HOTFIX.0) && passes(&[Exempt::default()], Priority::HOTFIX.0));
}

#[test]
fn a_pull_request_is_held_by_its_people_and_released_by_them() {
    let (mut story, usual) = (Story::new(), FreezeConfig::default());
    story.second = 100;
    let answer = story.say(&dora(), Permission::Read, "hold", 90, &usual);
    assert!(matches!(answer, Answer::Refused { why: Refusal::NeedsWrite { .. }, .. }), "{answer:?}");
    story.pull.author = dora();
    story.merge("merge");
    assert_eq!(story.say(&dora(), Permission::Read, "hold because of a doubt", 91, &usual), Answer::Done, "its author");
    let hold = story.desk.pulls[&PR].hold.standing.clone().expect("it stands");
    assert_eq!((hold.by, hold.reason.as_deref()), (dora(), Some("of a doubt")));
    let eve = Person { id: UserId::new(3), login: "eve".parse().expect("a login"), bot: false };
    let answer = story.say(&eve, Permission::Read, "release", 92, &usual);
    assert!(matches!(answer, Answer::Refused { .. }), "{answer:?}");
    assert_eq!(story.say(&dora(), Permission::Read, "release", 93, &usual), Answer::Done, "whoever held it");
    let answer = story.say(&ann(), Permission::Write, "release", 94, &usual);
    assert_eq!(answer, Answer::Stop { word: "release", came: Stopped::NotHeld });
}
