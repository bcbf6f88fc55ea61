//! What waits, enters, is set aside and enters again, as short histories of one approved pull request.

use super::tests::{PR, Story, queued, refused, sha};
use super::*;
use crate::config::Pattern;
use crate::facts::{
    Check, CheckState, Membership, Opinion, Permission, Person, PullState, Pusher, RequiredCheck, Review, Rolls, Since,
};
use crate::ids::{AppId, CommentId, Moment, PrNumber, Sha, UserId};
use crate::queue::{Event, LeaveWhy};

fn person(id: u64, login: &str) -> Person {
    Person { id: UserId::new(id), login: login.parse().expect("a login"), bot: false }
}

fn review(id: u64, opinion: Opinion, head: Sha) -> (Review, Permission) {
    let by = person(id, &format!("user{id}"));
    (Review { id: 100 + id, by, opinion, head, at: Moment::from_ms(1) }, Permission::Write)
}

fn grounds(reviews: &[(Review, Permission)]) -> Grounds {
    Grounds { reviews: Some(reviews.to_vec()), ..Grounds::default() }
}

impl Story {
    fn needing(approvals: u8) -> Self {
        let mut story = Self::new();
        story.terms.rules.approvals = approvals;
        story.grounds = Some(grounds(&[]));
        story
    }

    /// A command, and then the reading that it asks for.
    pub(super) fn ask(&mut self, said: &str) -> Vec<Decision> {
        let mut decisions = self.merge(said);
        decisions.extend(self.look());
        decisions
    }

    pub(super) fn look(&mut self) -> Vec<Decision> {
        let pull = self.pull.clone();
        self.read(&pull)
    }

    pub(super) fn waits(&self) -> Vec<Obstacle> {
        self.desk.pulls[&PR].waits().map(<[_]>::to_vec).unwrap_or_default()
    }
}

pub(super) fn left(decisions: &[Decision]) -> Option<&LeaveWhy> {
    decisions.iter().find_map(|decision| match decision {
        Decision::Queue(Event::Left { why, .. }) | Decision::Withdrawn { why, .. } => Some(why),
        _ => None,
    })
}

#[test]
fn it_waits_for_approvals_of_exactly_its_head_and_then_enters() {
    let mut story = Story::needing(1);
    let decisions = story.ask("merge");
    assert_eq!((queued(&decisions), refused(&decisions)), (None, None));
    assert_eq!(story.waits(), [Obstacle::Approvals { have: 0, need: 1, outdated: vec![] }]);
    story.grounds = Some(grounds(&[review(5, Opinion::Approves, sha('b'))]));
    assert_eq!(queued(&story.look()), None, "another commit of it was approved");
    assert_eq!(story.waits(), [Obstacle::Approvals { have: 0, need: 1, outdated: vec!["user5".into()] }]);
    story.grounds = Some(grounds(&[review(5, Opinion::Approves, sha('a'))]));
    assert_eq!(queued(&story.look()), Some(sha('a')));
    assert_eq!(story.waits(), []);
}

#[test]
fn authors_bots_and_readers_approve_nothing() {
    for spoil in [
        |(review, _): &mut (Review, Permission)| review.by.id = UserId::new(1),
        |(review, _): &mut (Review, Permission)| review.by.bot = true,
        |(_, may): &mut (Review, Permission)| *may = Permission::Read,
    ] {
        let mut story = Story::needing(1);
        let mut approving = review(5, Opinion::Approves, sha('a'));
        spoil(&mut approving);
        story.grounds = Some(grounds(&[approving]));
        assert_eq!(queued(&story.ask("merge")), None);
    }
}

#[test]
fn a_withdrawn_approval_sets_it_aside_and_a_new_one_brings_it_back() {
    let mut story = Story::needing(1);
    story.grounds = Some(grounds(&[review(5, Opinion::Approves, sha('a'))]));
    assert_eq!(queued(&story.ask("merge")), Some(sha('a')));
    let first = story.desk.pulls[&PR].entry().expect("it is approved").rev;
    story.grounds = Some(grounds(&[review(5, Opinion::WantsChanges, sha('a'))]));
    let decisions = story.look();
    let [Decision::Queue(Event::Left { rev, why: LeaveWhy::SetAside, .. })] = decisions.as_slice() else {
        panic!("{decisions:?}")
    };
    assert_eq!(*rev, first, "the entry that is queued leaves");
    assert_eq!(story.waits().len(), 2, "changes are wanted, and an approval is missing");
    story.grounds = Some(grounds(&[review(5, Opinion::Approves, sha('a'))]));
    let decisions = story.look();
    let [Decision::Queue(Event::Arrived { entry, .. })] = decisions.as_slice() else { panic!("{decisions:?}") };
    assert!(entry.rev > first, "another entry enters");
}

#[test]
fn what_was_not_read_neither_lets_in_nor_sets_aside() {
    let mut story = Story::needing(1);
    story.grounds = None;
    story.merge("merge");
    assert_eq!(story.waits(), [Obstacle::Unread]);
    story.grounds = Some(grounds(&[review(5, Opinion::Approves, sha('a'))]));
    assert_eq!(queued(&story.look()), Some(sha('a')));
    story.grounds = None;
    assert_eq!(story.look(), []);
}

#[test]
fn whoever_cannot_be_read_or_composed_for_long_is_set_aside_until_the_next_reading() {
    let mut story = Story::needing(1);
    let lost = |story: &mut Story| out_of_reach(&mut story.desk, PR, "502");
    assert_eq!(lost(&mut story), [], "nobody asked for it");
    story.grounds = None;
    story.merge("merge");
    assert_eq!((lost(&mut story), story.waits()), (Vec::new(), vec![Obstacle::OutOfReach("502".into())]));
    story.grounds = Some(grounds(&[review(5, Opinion::Approves, sha('a'))]));
    assert_eq!(queued(&story.look()), Some(sha('a')));
    assert_eq!(left(&lost(&mut story)), Some(&LeaveWhy::SetAside));
    assert_eq!(story.waits(), [Obstacle::OutOfReach("502".into())]);
    story.grounds = Some(grounds(&[]));
    assert_eq!(queued(&story.look()), None);
    let waits = story.waits();
    assert_eq!(waits, [Obstacle::Approvals { have: 0, need: 1, outdated: vec![] }]);
    assert_eq!((lost(&mut story), story.waits()), (Vec::new(), waits), "what it truly waits for says more");
}

#[test]
fn labels_and_titles_block_until_they_change() {
    let mut story = Story::new();
    story.terms.rules.blocking_labels = vec!["do not merge".into()];
    story.terms.rules.blocking_titles = vec![Pattern::try_from(r"(?i)^wip\b".to_owned()).expect("a pattern")];
    story.change(|pull| {
        pull.labels = vec!["Do Not Merge".into()];
        pull.title = "wip: a change".into();
    });
    story.ask("merge");
    let label = Obstacle::BlockingLabel("do not merge".into());
    assert_eq!(story.waits(), [label, Obstacle::BlockingTitle(r"(?i)^wip\b".into())]);
    story.change(|pull| pull.labels.clear());
    assert_eq!(queued(&story.look()), None);
    story.change(|pull| pull.title = "A change".into());
    assert_eq!(queued(&story.look()), Some(sha('a')));
}

#[test]
fn what_waits_leaves_for_the_reasons_that_what_is_queued_does() {
    let mut story = Story::needing(1);
    story.ask("merge");
    story.change(|pull| pull.head = sha('b'));
    assert_eq!(left(&story.look()), Some(&LeaveWhy::NewHead { head: sha('b') }));
    story.ask("merge");
    assert_eq!(left(&story.merge("cancel")), Some(&LeaveWhy::Cancelled { by: "ann".into() }));
    assert_eq!(story.desk.pulls[&PR].approval, None);
}

#[test]
fn without_settings_it_waits_and_enters_with_them() {
    let mut story = Story::new();
    story.terms.configured = false;
    story.ask("merge");
    assert_eq!(story.waits(), [Obstacle::NotConfigured]);
    story.terms.configured = true;
    let terms = story.terms.clone();
    assert_eq!(queued(&reconsider(&mut story.desk, &terms)), Some(sha('a')));
}

#[test]
fn merge_when_green_waits_for_the_checks_of_its_own_head() {
    let mut story = Story::new();
    let required = RequiredCheck { name: "ci".parse().expect("a name"), app: Some(AppId::new(7)) };
    story.terms.required = vec![required.clone()];
    let seen = |state| {
        let (name, app) = (required.name.clone(), required.app);
        let check = Check { id: 1, app, name, state, sha: sha('a'), url: None, moved_at: None };
        Some(Grounds { checks: Some(vec![check]), ..Grounds::default() })
    };
    story.grounds = seen(CheckState::InProgress);
    story.ask("merge when green");
    assert_eq!(story.waits(), [Obstacle::HeadOpen(vec!["ci".into()])]);
    story.grounds = seen(CheckState::Failure);
    story.look();
    assert_eq!(story.waits(), [Obstacle::HeadRed(vec!["ci".into()])]);
    story.grounds = seen(CheckState::Success);
    assert_eq!(queued(&story.look()), Some(sha('a')));
}

#[test]
fn who_may_ask_can_be_narrowed() {
    let mut story = Story::new();
    story.terms.rules.mergers = vec!["bob".parse().expect("a login")];
    assert_eq!(refused(&story.ask("merge")), Some(&Refusal::NotListed { login: "ann".into() }));
    let mut story = Story::new();
    story.terms.rules.no_self_merge = true;
    assert_eq!(refused(&story.ask("merge")), Some(&Refusal::OwnWork { login: "ann".into() }));
}

#[test]
fn an_approving_review_asks_where_the_settings_say_so() {
    let mut story = Story::new();
    story.terms.review_asks = true;
    story.grounds = Some(grounds(&[review(5, Opinion::Approves, sha('b'))]));
    assert_eq!(queued(&story.look()), None, "another commit was approved");
    story.grounds = Some(grounds(&[review(5, Opinion::Approves, sha('a'))]));
    assert_eq!(queued(&story.look()), Some(sha('a')));
    story.merge("cancel");
    assert_eq!(queued(&story.look()), None, "the same review asks once");
}

#[test]
fn an_approval_by_comment_asks_for_reading_what_counts() {
    let mut story = Story::needing(1);
    story.ask("merge");
    story.pull.author = person(9, "zoe");
    story.ask(&format!("approve {}", sha('b')));
    assert_eq!(story.desk.pulls[&PR].said.approvals().count(), 0, "that is not its head");
    story.merge("approve");
    assert_eq!(story.waits(), [Obstacle::Unread]);
    story.grounds = Some(grounds(&[review(5, Opinion::Approves, sha('a'))]));
    assert_eq!(queued(&story.look()), Some(sha('a')));
    assert_eq!(queued(&story.merge("approve")), None);
    assert_eq!(story.waits(), [], "one more approval takes nobody out");
    let said: Vec<_> = story.desk.pulls[&PR].said.approvals().collect();
    assert_eq!((said.len(), said[0].head), (1, sha('a')));
    story.merge("unapprove");
    assert_eq!(story.desk.pulls[&PR].said.approvals().count(), 0);
}

#[test]
fn nobody_approves_their_own_work_by_comment() {
    let mut story = Story::needing(1);
    assert_eq!(refused(&story.merge("approve")), Some(&Refusal::OwnApproval));
}

#[test]
fn a_delegate_asks_on_the_word_of_whoever_named_them() {
    let mut story = Story::new();
    story.merge("delegate @Zoe");
    story.who = (person(9, "zoe"), Permission::Read);
    assert_eq!(refused(&story.merge("delegate @tom")), Some(&Refusal::NeedsWrite { login: "zoe".into() }));
    assert_eq!(queued(&story.merge("merge")), None);
    assert_eq!(story.waits(), [Obstacle::Unread], "who delegated may be gone by now");
    let approval = story.desk.pulls[&PR].approval.as_ref().expect("it is approved");
    assert_eq!(approval.rests_on().as_str(), "ann");
    let word = |may| Some(Grounds { word: Some(may), ..Grounds::default() });
    story.grounds = word(Permission::Write);
    assert_eq!(queued(&story.look()), Some(sha('a')));
    story.grounds = word(Permission::Read);
    assert_eq!(left(&story.look()), Some(&LeaveWhy::PermissionLost { by: "ann".into() }));
}

#[test]
fn what_was_said_before_it_was_sent_here_was_said_to_another_queue() {
    let mut story = Story::new();
    let pull = story.pull.clone();
    let elsewhere = Refusal::Retargeted { base: "main".into() };
    for said in ["merge", &format!("merge {}", sha('a')), "hold", "freeze because it burns"] {
        assert_eq!(refused(&story.hear(said, 5, &pull, Since::Retargeted)), Some(&elsewhere), "{said}");
    }
    assert_eq!(refused(&story.hear("status", 5, &pull, Since::Retargeted)), None);
    story.terms.review_asks = true;
    story.pull.author = person(9, "zoe");
    story.grounds = Some(grounds(&[review(5, Opinion::Approves, sha('a'))]));
    story.retargeted_at = Some(Moment::from_ms(2));
    story.change(|_| {});
    assert_eq!(queued(&story.look()), None, "it was approved for another branch");
    story.retargeted_at = Some(Moment::from_ms(0));
    story.change(|_| {});
    assert_eq!(queued(&story.look()), Some(sha('a')));
}

#[test]
fn what_nobody_looked_at_is_not_tried() {
    let mut story = Story::new();
    story.terms.required = vec![RequiredCheck { name: "ci".parse().expect("a name"), app: None }];
    let pull = story.pull.clone();
    let pushed = Refusal::PushedSince { head: sha('a') };
    assert_eq!(refused(&story.hear("try", 5, &pull, Since::Pushed)), Some(&pushed));
    let tries = |decisions: &[Decision]| decisions.iter().any(|decision| matches!(decision, Decision::Try { .. }));
    assert!(tries(&story.hear(&format!("try {}", sha('a')), 5, &pull, Since::Pushed)));
    story.merge("delegate @zoe");
    story.who = (person(9, "zoe"), Permission::Read);
    assert!(!tries(&story.merge("try")), "CI may hold secrets that a delegate's word does not open");
}

#[test]
fn what_depends_on_another_wakes_when_that_lands() {
    let mut story = Story::new();
    assert_eq!(refused(&story.merge("depends on #7")), Some(&Refusal::OnItself));
    story.merge("depends on #8");
    let open = [(PrNumber::new(8), Some(PullState::Open))].into();
    story.grounds = Some(Grounds { depends: Some(open), ..Grounds::default() });
    story.ask("merge");
    assert_eq!(story.waits(), [Obstacle::Depends { on: PrNumber::new(8), state: Some(PullState::Open) }]);
    let terms = story.terms.clone();
    assert_eq!(queued(&awaken(&mut story.desk, PrNumber::new(8), &terms)), Some(sha('a')));
}

fn rolls(login: &str, membership: Membership) -> Rolls {
    let (team, login) = ("acme/core".parse().expect("a team"), login.parse().expect("a login"));
    Rolls::from_iter([(team, login, membership)])
}

#[test]
fn a_team_decides_who_may_ask_and_when_unreadable_neither_lets_in_nor_throws_out() {
    let mut story = Story::new();
    story.terms.rules.mergers = vec!["@acme/core".parse().expect("a team")];
    story.rolls = rolls("ann", Membership::Outsider);
    assert!(matches!(refused(&story.merge("merge")), Some(Refusal::NotListed { .. })));
    story.rolls = rolls("ann", Membership::Unreadable);
    assert!(matches!(refused(&story.merge("merge")), Some(Refusal::TeamsUnread { .. })));
    story.rolls = rolls("ann", Membership::Member);
    assert_eq!(queued(&story.merge("merge")), None);
    assert_eq!(story.waits(), [Obstacle::Unread], "that is read anew before it enters");
    let read = |membership| Some(Grounds { rolls: rolls("ann", membership), ..Grounds::default() });
    story.grounds = read(Membership::Member);
    assert_eq!(queued(&story.look()), Some(sha('a')));
    story.grounds = None;
    assert_eq!(story.look(), [], "nothing was read");
    story.grounds = read(Membership::Unreadable);
    assert_eq!(left(&story.look()), Some(&LeaveWhy::SetAside));
    assert_eq!(story.waits(), [Obstacle::TeamsUnread(vec!["acme/core".into()])]);
    story.grounds = read(Membership::Member);
    assert_eq!(queued(&story.look()), Some(sha('a')));
    story.grounds = read(Membership::Outsider);
    assert!(matches!(left(&story.look()), Some(LeaveWhy::MayNotAsk { .. })));
}

#[test]
fn a_label_put_on_in_the_moment_of_the_last_change_is_not_missed_where_reviews_ask() {
    let mut story = Story::new();
    story.terms.review_asks = true;
    story.grounds = Some(grounds(&[]));
    story.change(|_| {});
    story.look();
    assert_eq!(story.desk.pulls[&PR].label_judged, None, "more may have happened in that second");
    (0..6).for_each(|_| _ = story.look());
    assert_eq!(story.desk.pulls[&PR].label_judged, Some(story.pull.updated_at), "not read again for ever");
}

#[test]
fn a_description_names_what_lands_before_and_may_be_edited() {
    let mut story = Story::new();
    let open = [(PrNumber::new(8), Some(PullState::Open))].into();
    story.grounds = Some(Grounds { depends: Some(open), ..Grounds::default() });
    story.change(|pull| pull.body = "Depends-On: #8".into());
    story.ask("merge");
    assert_eq!(story.waits(), [Obstacle::Depends { on: PrNumber::new(8), state: Some(PullState::Open) }]);
    story.change(|pull| pull.body = "It depends on nothing.".into());
    assert_eq!(queued(&story.look()), Some(sha('a')));
    story.change(|pull| pull.body = "Depends-On: #9".into());
    assert_eq!(left(&story.look()), Some(&LeaveWhy::SetAside), "it is read how #9 is before it enters again");
    assert_eq!(story.waits(), [Obstacle::Unread]);
    story.change(|pull| pull.body = "Depends-On: seven".into());
    story.look();
    assert_eq!(story.waits(), [Obstacle::Unclear("Depends-On: seven".into())]);
    story.change(|pull| pull.body = "Depends-On: acme/other#7".into());
    story.look();
    assert_eq!(story.waits(), [Obstacle::Elsewhere("Depends-On: acme/other#7".into())]);
}

/// Another pull request, whose branch is `below`, and which somebody asked for.
#[test]
fn an_approval_by_comment_never_asks_for_landing() {
    let mut story = Story::new();
    story.terms.review_asks = true;
    story.pull.author = person(9, "zoe");
    story.change(|pull| pull.labels.push("ready".into()));
    assert_eq!(queued(&story.look()), Some(sha('a')));
    story.merge("approve");
    let said: Vec<_> = story.desk.pulls[&PR].said.approvals().cloned().collect();
    assert_eq!(said.len(), 1);
    let reviews = said.into_iter().map(|review| (review, Permission::Write)).collect();
    story.grounds = Some(Grounds { reviews: Some(reviews), ..Grounds::default() });
    story.change(|pull| pull.labels.clear());
    assert_eq!(queued(&story.look()), None, "its label is gone, and nobody else asked");
}

#[test]
fn what_landed_and_shows_as_closed_is_waited_for_by_nobody() {
    let mut story = Story::needing(0);
    story.ask("merge");
    let record = story.desk.pulls[&PR].clone();
    let landed = Record { landed: Some(record.pull.head), ..record.clone() };
    let pushed_to_since = Record { landed: Some(sha('c')), ..record };
    story.desk.pulls.insert(PrNumber::new(3), landed);
    story.desk.pulls.insert(PrNumber::new(4), pushed_to_since);
    story.ask("depends on #3 #4");
    let depends: Vec<_> = story.desk.pulls[&PR].said.awaited().into_iter().collect();
    assert_eq!(depends, [PrNumber::new(4)]);
}

#[test]
fn of_several_words_the_one_written_last_counts_in_whatever_order_they_are_heard() {
    let mut story = Story::new();
    story.who = (person(9, "zoe"), Permission::Write);
    let pull = story.pull.clone();
    let late = |story: &mut Story, said: &str| refused(&story.hear(said, 15, &pull, Since::Nothing)).cloned();
    story.merge("unapprove");
    assert_eq!(late(&mut story, "approve"), Some(Refusal::SaidOtherwise));
    assert_eq!(story.desk.pulls[&PR].said.approvals().count(), 0);
    story.merge("depends on #9");
    assert_eq!(late(&mut story, "depends on #8"), Some(Refusal::SaidOtherwise));
    assert_eq!(story.desk.pulls[&PR].said.awaited(), [PrNumber::new(9)].into());
    story.merge("depends on nothing");
    story.merge("merge");
    let record = story.desk.pulls.get_mut(&PR).expect("it was asked for");
    record.approval.as_mut().expect("it is asked for").via = Via::Comment(CommentId::new(u64::MAX));
    assert_eq!(refused(&story.merge("merge as squash")), Some(&Refusal::SaidOtherwise));
}

#[test]
fn an_approval_by_whoever_pushed_it_last_counts_for_nothing() {
    let mut story = Story::needing(1);
    story.terms.rules.last_push_approved = true;
    let by = |ids: &[u64], pusher| {
        let reviews: Vec<_> = ids.iter().map(|id| review(*id, Opinion::Approves, sha('a'))).collect();
        Some(Grounds { pusher: Some(pusher), ..grounds(&reviews) })
    };
    let five = || Pusher::Known(person(5, "user5"));
    story.grounds = by(&[5], five());
    assert_eq!(queued(&story.ask("merge")), None);
    let last_push = Obstacle::LastPush { pusher: Some("user5".into()) };
    assert_eq!(story.waits(), [Obstacle::Approvals { have: 0, need: 1, outdated: vec![] }, last_push]);
    story.grounds = by(&[5, 6], five());
    assert_eq!(queued(&story.look()), Some(sha('a')), "somebody else has approved it, too");
    story.grounds = by(&[6], Pusher::Unknown);
    story.look();
    assert_eq!(story.waits(), [Obstacle::LastPush { pusher: None }], "it may be their own push");
    story.grounds = by(&[5, 6], Pusher::Unknown);
    assert_eq!(queued(&story.look()), Some(sha('a')), "one of two has not pushed it");
    story.terms.rules.approvals = 0;
    story.grounds = by(&[], Pusher::Known(person(1, "ann")));
    story.look();
    assert_eq!(
        story.waits(),
        [Obstacle::LastPush { pusher: Some("ann".into()) }],
        "one is needed, whatever `approvals` says"
    );
}

#[test]
fn another_rank_is_no_other_entry() {
    let mut story = Story::new();
    story.merge("merge");
    let before = story.desk.pulls[&PR].entry();
    story.pull.body = "Said since.".into();
    let ranked = story.merge("merge priority=3");
    assert!(matches!(ranked[0], Decision::Queue(Event::Ranked { entry, .. }) if Some(entry) == before), "{ranked:?}");
    let read = |story: &Story| story.desk.pulls[&PR].approval.as_ref().and_then(|known| known.read.clone());
    assert_eq!(read(&story).expect("it was read").body, "", "what lands follows from what stood there then");
    assert_eq!(queued(&story.merge("merge as squash priority=3")), Some(sha('a')), "that makes another commit");
}
