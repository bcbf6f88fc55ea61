//! Trials within a repository's state: by which checks each is judged.

use super::*;
use crate::facts::{CheckState, Repository, RequiredCheck};
use crate::ids::RepoId;

fn sha(digit: u8) -> Sha {
    Sha::from_bytes([digit; 20]).expect("not zero")
}

fn at(ms: i64) -> Moment {
    Moment::from_ms(ms)
}

/// A repository where the check `ci` has to pass.
fn repository() -> RepoState {
    let (name, default_branch) = ("acme/widget".parse().expect("a name"), "main".parse().expect("a branch"));
    let repository = Repository { id: RepoId::new(1), name, default_branch, archived: false };
    let mut state = RepoState::new(repository, at(0));
    state.settings.demands.checks = vec![RequiredCheck { name: "ci".parse().expect("a name"), app: None }];
    state
}

/// A trial of this pull request, whose head is everybody's, became commit 3 and CI was asked about it.
fn begun(state: &mut RepoState, pr: PrNumber) -> TrialNumber {
    ask(state, pr, Asked { head: sha(1), strategy: None, by: "ann".parse().expect("a login") }, at(1));
    state.trials.settle(Room { free: 9, trunk: Some(sha(2)), now: at(2) });
    let result = Composition::Tip(sha(3));
    take(state, &TrialFact::Composed { pr, onto: sha(2), head: sha(1), result }, at(3));
    let number = state.trials.number(pr).expect("it is tested");
    take(state, &TrialFact::Begun { number }, at(4));
    number
}

fn check(id: u64, state: CheckState) -> Check {
    let name = "ci".parse().expect("a name");
    Check { id, app: None, name, state, sha: sha(3), url: None, moved_at: None }
}

#[test]
fn of_two_trials_of_one_commit_each_is_judged_by_its_own_checks() {
    let mut state = repository();
    let (first, second) = (begun(&mut state, PrNumber::new(1)), begun(&mut state, PrNumber::new(2)));
    take(&mut state, &TrialFact::Spent { number: first, checks: BTreeSet::from([7]) }, at(5));
    let seen = vec![check(7, CheckState::Success)];
    for number in [first, second] {
        take(&mut state, &TrialFact::Checks { number, seen: seen.clone() }, at(6));
    }
    let green = |pr| matches!(&state.trials.by_pull[&PrNumber::new(pr)].phase, Phase::Over { end: End::Green(..), .. });
    assert_eq!((green(1), green(2)), (false, true), "what the first has spent is nothing to the second");
}
