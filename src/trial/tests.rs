//! Trials by what happens to them: room that comes and goes, pushes, verdicts, and time.

use super::*;
use crate::facts::Culprit;
use crate::queue::Composition;

fn sha(digit: u8) -> Sha {
    Sha::from_bytes([digit; 20]).expect("not zero")
}

fn at(ms: i64) -> Moment {
    Moment::from_ms(ms)
}

fn pr(number: u64) -> PrNumber {
    PrNumber::new(number)
}

fn asked(head: u8) -> Asked {
    Asked { head: sha(head), strategy: None, by: "ann".parse().expect("a login") }
}

fn room(free: usize, ms: i64) -> Room {
    Room { free, trunk: Some(sha(9)), now: at(ms) }
}

/// So many trials asked for one after another, with this much room.
fn trials(count: u8, free: usize) -> Trials {
    let mut trials = Trials::default();
    for n in 1..=count {
        trials.ask(pr(n.into()), asked(n), at(n.into()));
    }
    trials.settle(room(free, 100));
    trials
}

/// The head of that pull request became this commit, and CI was asked.
fn begun(trials: &mut Trials, number: u64, tip: u8) -> TrialNumber {
    let head = trials.by_pull[&pr(number)].asked.head;
    trials.composed(pr(number), (sha(9), head), &Composition::Tip(sha(tip)), at(101));
    let number = trials.number(pr(number)).expect("it is tested");
    trials.begun(number, at(102));
    number
}

fn end(trials: &Trials, number: u64) -> Option<&End> {
    if let Phase::Over { end, .. } = &trials.by_pull[&pr(number)].phase { Some(end) } else { None }
}

#[test]
fn a_trial_takes_only_what_the_queue_leaves_and_those_who_asked_first_go_first() {
    let mut trials = trials(3, 2);
    assert_eq!(trials.wants(), [Want::Compose(pr(1), sha(9)), Want::Compose(pr(2), sha(9))]);
    assert_eq!(trials.waiting(), [pr(3)]);
    let (first, second) = (begun(&mut trials, 1, 21), begun(&mut trials, 2, 22));
    trials.settle(room(1, 200));
    assert_eq!(trials.wants(), [Want::Stop(second, Tried(sha(22)))], "whoever asked last gives way");
    trials.judged(first, Verdict::Passed(vec!["ci".into()]), BTreeSet::new(), at(201));
    assert!(matches!(end(&trials, 1), Some(End::Green(on, _)) if on.tip == Tried(sha(21)) && on.onto == sha(9)));
    trials.settle(room(1, 202));
    assert_eq!(trials.waiting(), [pr(2), pr(3)], "a run that is being stopped still takes its place");
    trials.stopped(second);
    trials.settle(room(1, 203));
    assert_eq!(trials.wants(), [Want::Compose(pr(2), sha(9))]);
}

#[test]
fn every_wait_has_an_end() {
    let mut waits = trials(1, 0);
    assert_eq!(waits.next_change(), Some(at(1 + WAITS_MS)));
    waits.settle(room(0, WAITS_MS));
    assert_eq!(end(&waits, 1), None);
    waits.settle(room(0, 1 + WAITS_MS));
    assert_eq!((end(&waits, 1), waits.next_change()), (Some(&End::NoRoom), None));
    let mut put_off = trials(1, 1);
    for time in 0..PUT_OFF_MAX {
        assert_eq!(end(&put_off, 1), None, "put off {time} times");
        let number = begun(&mut put_off, 1, 21);
        put_off.settle(room(0, 200));
        put_off.stopped(number);
        put_off.settle(room(1, 201));
    }
    assert_eq!(end(&put_off, 1), Some(&End::NoRoom));
    let mut unasked = trials(1, 1);
    unasked.composed(pr(1), (sha(9), sha(1)), &Composition::Tip(sha(21)), at(101));
    assert_eq!(unasked.next_change(), Some(at(100 + WAITS_MS)));
    unasked.settle(room(1, 100 + WAITS_MS));
    assert_eq!((end(&unasked, 1), unasked.stopping.len()), (Some(&End::NotAsked), 1));
    let crowded = trials(u8::try_from(LIVE_MAX).expect("few") + 1, 0);
    assert_eq!(end(&crowded, u64::try_from(LIVE_MAX).expect("few") + 1), Some(&End::Crowded));
}

#[test]
fn a_trial_is_about_one_head_and_a_new_one_takes_its_place() {
    let mut trials = trials(1, 1);
    let number = begun(&mut trials, 1, 21);
    trials.ask(pr(1), asked(1), at(103));
    assert_eq!(trials.number(pr(1)), Some(number), "the same one goes on");
    let sight = |head, open| Sight { head: sha(head), open, other_base: None };
    trials.seen(pr(1), sight(1, true), at(104));
    assert_eq!(end(&trials, 1), None);
    trials.seen(pr(1), sight(2, true), at(105));
    assert_eq!(end(&trials, 1), Some(&End::NewHead(sha(2))));
    assert_eq!(trials.wants(), [Want::Stop(number, Tried(sha(21)))]);
    trials.judged(number, Verdict::Passed(Vec::new()), BTreeSet::new(), at(106));
    assert_eq!(end(&trials, 1), Some(&End::NewHead(sha(2))), "too late");
    trials.ask(pr(1), asked(2), at(107));
    trials.seen(pr(1), sight(2, false), at(108));
    assert_eq!(end(&trials, 1), Some(&End::Closed));
}

#[test]
fn what_somebody_else_stopped_is_tried_again_by_other_checks() {
    let mut trials = trials(1, 1);
    let number = begun(&mut trials, 1, 21);
    let stopped = || Verdict::Silent(Silence::Cancelled(vec![Culprit::plain("ci".parse().expect("a name"))]));
    trials.judged(number, stopped(), BTreeSet::from([7]), at(103));
    assert_eq!((end(&trials, 1), &trials.by_pull[&pr(1)].spent), (None, &BTreeSet::from([7])));
    for _ in 1..PUT_OFF_MAX {
        let running: Vec<TrialNumber> = trials.stopping.keys().copied().collect();
        for number in running {
            trials.stopped(number);
        }
        trials.settle(room(1, 104));
        let number = begun(&mut trials, 1, 21);
        trials.judged(number, stopped(), BTreeSet::new(), at(105));
    }
    assert!(matches!(end(&trials, 1), Some(End::Silent(_, Silence::Cancelled(_)))));
}

#[test]
fn what_cannot_be_put_on_trunk_is_over_and_the_old_are_forgotten() {
    let mut trials = trials(3, 3);
    let (conflict, same) = (Composition::Conflict(vec!["a.txt".into()]), Composition::Tip(sha(9)));
    trials.composed(pr(1), (sha(8), sha(1)), &conflict, at(1));
    assert_eq!(end(&trials, 1), None, "on another trunk");
    trials.composed(pr(1), (sha(9), sha(1)), &conflict, at(1));
    assert!(matches!(end(&trials, 1), Some(End::Unfit(_, Unfit::Conflict(_)))));
    trials.composed(pr(2), (sha(9), sha(2)), &same, at(2));
    assert_eq!(end(&trials, 2), Some(&End::Unfit(sha(9), Unfit::Nothing)));
    trials.unjudgeable(at(3));
    assert_eq!(end(&trials, 3), Some(&End::NoChecks));
    trials.forget(|gone| gone == pr(1));
    assert_eq!(trials.by_pull.keys().copied().collect::<Vec<_>>(), [pr(2), pr(3)]);
}
