//! A pull request onto another's branch: it may be asked for while that one is, waits until that has landed, and is then sent to
//! trunk. Pure.

use super::desk::{Decision, Desk, Record};
use super::pulls::{PullReading, weigh_again};
use super::rules::Terms;
use crate::facts::{Pull, PullState};
use crate::ids::PrNumber;
use serde::{Deserialize, Serialize};

/// What a pull request stands on that goes to another's branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stack {
    /// The pull request from that branch.
    pub on: PrNumber,
    /// How that one is: `Merged` when it has landed, `Closed` also when only another branch has it.
    pub state: PullState,
}

/// The approved pull request from the branch that this one goes to. A fork's branch is nobody's base.
pub(super) fn parent(desk: &Desk, pull: &Pull, terms: &Terms) -> Option<PrNumber> {
    let from = |record: &&Record| {
        let open = record.pull.state == PullState::Open && record.approval.is_some();
        let head = record.pull.head_repo.as_ref();
        open && head.is_some_and(|head| head.id == terms.repository && head.branch == pull.base)
    };
    let from = desk.pulls.values().find(from).map(|record| record.pull.number);
    from.filter(|_| pull.base != terms.trunk)
}

/// What those that stand on a pull request take it for: merged is only what is on trunk, whatever other branch has it.
pub(super) fn becomes(below: &Record, terms: &Terms) -> PullState {
    match below.pull.state {
        _ if below.has_landed() => PullState::Merged,
        PullState::Merged if below.pull.base != terms.trunk => PullState::Closed,
        state => state,
    }
}

/// A pull request goes to a branch with a queue of its own, and those that stand on it here wait for what does not come here.
pub fn elsewhere(desk: &mut Desk, reading: &PullReading, terms: &Terms) -> Vec<Decision> {
    let state = reading.pull.as_ref().map(|pull| pull.state);
    let open = state == Some(PullState::Open);
    note(desk, reading.number, if open { PullState::Open } else { PullState::Closed }, terms)
}

/// What became of a pull request is noted by those that stand on it: when it has landed they are sent to trunk.
pub(super) fn note(desk: &mut Desk, below: PrNumber, state: PullState, terms: &Terms) -> Vec<Decision> {
    let mut decisions = Vec::new();
    for record in desk.pulls.values_mut() {
        let Some(stack) = record.approval.as_mut().and_then(|approval| approval.stack.as_mut()) else { continue };
        if stack.on != below || [PullState::Merged, state].contains(&stack.state) {
            continue;
        }
        stack.state = state;
        if state == PullState::Merged {
            decisions.push(Decision::Retarget { pr: record.pull.number });
        }
        decisions.extend(weigh_again(record, None, terms));
    }
    decisions
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PR, Story, queued, refused, sha};
    use super::super::waiting_tests::left;
    use super::super::*;
    use super::*;
    use crate::ids::{Moment, Reading};
    use crate::queue::LeaveWhy;

    fn below(story: &mut Story) {
        let mut other = Story::new();
        other.pull.number = PrNumber::new(8);
        other.pull.head_repo.as_mut().expect("it has one").branch = "below".parse().expect("a branch");
        other.merge("merge");
        story.desk.pulls.extend(other.desk.pulls);
    }

    #[test]
    fn what_goes_to_anothers_branch_waits_for_it_and_is_sent_to_trunk() {
        let mut story = Story::new();
        story.change(|pull| pull.base = "below".parse().expect("a branch"));
        assert!(matches!(refused(&story.merge("merge")), Some(Refusal::OtherBase { .. })), "nobody asked for that one");
        below(&mut story);
        assert_eq!(refused(&story.merge("merge")), None);
        assert_eq!(story.waits(), [Obstacle::Stacked { on: PrNumber::new(8), state: PullState::Open }]);
        assert_eq!(story.look(), [], "its base is what was approved");
        story.change(|pull| pull.base = "main".parse().expect("a branch"));
        assert_eq!(story.look(), [], "sent to trunk too early it waits all the same");
        story.change(|pull| pull.base = "below".parse().expect("a branch"));
        assert_eq!(story.look(), []);
        let terms = story.terms.clone();
        assert_eq!(awaken(&mut story.desk, PrNumber::new(8), &terms), [Decision::Retarget { pr: PR }]);
        assert_eq!(story.waits(), [Obstacle::Stacked { on: PrNumber::new(8), state: PullState::Merged }]);
        story.change(|pull| pull.base = "main".parse().expect("a branch"));
        assert_eq!(queued(&story.look()), Some(sha('a')));
    }

    #[test]
    fn what_becomes_of_the_one_below_in_another_way_is_noted_too() {
        let mut story = Story::new();
        below(&mut story);
        story.change(|pull| pull.base = "below".parse().expect("a branch"));
        story.merge("merge");
        let becomes = |story: &mut Story, state| {
            let number = PrNumber::new(8);
            let pull = Pull { state, ..story.desk.pulls[&number].pull.clone() };
            let reading =
                PullReading::of(Reading::new(1_000 + story.desk.pulls[&number].reading.get()), number, Some(pull));
            read(&mut story.desk, &reading, Moment::from_ms(1_000_000), &story.terms)
        };
        becomes(&mut story, PullState::Closed);
        assert_eq!(story.waits(), [Obstacle::Stacked { on: PrNumber::new(8), state: PullState::Closed }]);
        becomes(&mut story, PullState::Open);
        assert_eq!(story.waits(), [Obstacle::Stacked { on: PrNumber::new(8), state: PullState::Open }]);
        assert!(becomes(&mut story, PullState::Merged).contains(&Decision::Retarget { pr: PR }), "merged by hand");
        story.change(|pull| pull.base = "main".parse().expect("a branch"));
        assert_eq!(queued(&story.look()), Some(sha('a')));
    }

    #[test]
    fn what_was_merged_into_another_branch_has_not_landed() {
        let mut story = Story::new();
        below(&mut story);
        story.change(|pull| pull.base = "below".parse().expect("a branch"));
        story.merge("merge");
        let number = PrNumber::new(8);
        let base = "lowest".parse().expect("a branch");
        let pull = Pull { state: PullState::Merged, base, ..story.desk.pulls[&number].pull.clone() };
        let reading = PullReading::of(Reading::new(1_000), number, Some(pull));
        let decisions = read(&mut story.desk, &reading, Moment::from_ms(1_000_000), &story.terms);
        assert!(!decisions.contains(&Decision::Retarget { pr: PR }));
        assert_eq!(story.waits(), [Obstacle::Stacked { on: number, state: PullState::Closed }]);
    }

    #[test]
    fn whoever_sends_a_stacked_one_to_trunk_asks_anew() {
        let mut story = Story::new();
        below(&mut story);
        story.change(|pull| pull.base = "below".parse().expect("a branch"));
        story.merge("merge");
        story.change(|pull| pull.base = "main".parse().expect("a branch"));
        story.look();
        assert_eq!(queued(&story.merge("merge")), Some(sha('a')), "with the commits of the one below, as they say");
    }

    #[test]
    fn a_stacked_one_sent_anywhere_else_is_no_longer_what_was_approved() {
        let mut story = Story::new();
        below(&mut story);
        story.change(|pull| pull.base = "below".parse().expect("a branch"));
        story.merge("merge");
        story.change(|pull| pull.base = "next".parse().expect("a branch"));
        assert!(matches!(left(&story.look()), Some(LeaveWhy::BaseChanged { .. })));
    }
}
