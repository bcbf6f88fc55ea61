//! What green means: required checks against the checks seen on one commit. Unknown is never a pass and never a failure.

mod culprits;
mod retries;

pub use culprits::{unended, unpassed, unseen};
pub use retries::{Reds, forgive};

use crate::config::repo::ChecksConfig;
use crate::facts::{Check, CheckState, RequiredCheck};
use crate::ids::{AppId, CheckName, Moment, Sha};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A check as it is named to people and in tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its name.
    pub name: CheckName,
    /// Who reported it, if an App did.
    pub app: Option<AppId>,
    /// The forge's id of it.
    pub id: u64,
    /// How it ended.
    pub state: CheckState,
    /// A page that shows it.
    pub url: Option<String>,
}

/// What the checks on one commit say together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// Every required check passed; these.
    Passed(Vec<Named>),
    /// At least one required check failed; those.
    Failed(Vec<Named>),
    /// Somebody stopped required checks, and nothing else is to come.
    Cancelled(Vec<Named>),
    /// Not all have ended.
    Pending {
        /// Required checks of which there is no sign.
        missing: Vec<CheckName>,
        /// Required checks that have begun.
        running: Vec<CheckName>,
    },
    /// Checks of which there was no sign in time.
    NeverStarted(Vec<CheckName>),
    /// Checks that began and did not end in time.
    NeverFinished(Vec<CheckName>),
}

/// What is judged: the checks seen on a commit, and what is known of the run they belong to.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The commit.
    pub sha: Sha,
    /// Everything seen on it.
    pub seen: &'a [Check],
    /// Checks that an earlier run of the same commit has already been judged by.
    pub spent: &'a BTreeSet<u64>,
    /// When CI was asked; none while it has not been.
    pub asked_at: Option<Moment>,
    /// Now.
    pub now: Moment,
}

/// How one required check stands, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Failed,
    Missing,
    Running,
    Cancelled,
    Passed,
}

/// Judges a commit by what is required of it. Of same-named checks the worst counts.
pub fn judge(required: &[RequiredCheck], rules: &ChecksConfig, evidence: Evidence<'_>) -> Judgement {
    let mut by_standing: Vec<(Standing, &CheckName, Vec<Named>)> = required
        .iter()
        .map(|required| {
            let matching = matching(required, evidence);
            let standing = matching.iter().map(|check| standing(check, rules)).min().unwrap_or(Standing::Missing);
            let worst = matching.iter().filter(|check| self::standing(check, rules) == standing).map(|c| named(c));
            (standing, &required.name, worst.collect())
        })
        .collect();
    by_standing.sort_by_key(|(standing, ..)| *standing);
    let checks = |wanted| -> Vec<Named> {
        by_standing.iter().filter(|(s, ..)| *s == wanted).flat_map(|(_, _, checks)| checks.clone()).collect()
    };
    let names = |wanted| -> Vec<CheckName> {
        by_standing.iter().filter(|(s, ..)| *s == wanted).map(|(_, name, _)| (*name).clone()).collect()
    };
    let (missing, running) = (names(Standing::Missing), names(Standing::Running));
    if by_standing.iter().any(|(s, ..)| *s == Standing::Failed) {
        Judgement::Failed(checks(Standing::Failed))
    } else if required.iter().any(|of| missing.contains(&of.name) && no_sign(of, rules, evidence)) {
        never_started(missing, required, rules, evidence)
    } else if !(missing.is_empty() && running.is_empty()) {
        if late(evidence, rules.finish_deadline_ms) {
            Judgement::NeverFinished(missing.into_iter().chain(running).collect())
        } else {
            Judgement::Pending { missing, running }
        }
    } else if by_standing.iter().any(|(s, ..)| *s == Standing::Cancelled) {
        Judgement::Cancelled(checks(Standing::Cancelled))
    } else {
        Judgement::Passed(checks(Standing::Passed))
    }
}

/// Whether a missing check should have begun by now. While its App is at work on the commit it may still come: a job that needs
/// others has no check run before they have ended, so the deadline begins anew with each sign of them.
fn no_sign(required: &RequiredCheck, rules: &ChecksConfig, evidence: Evidence<'_>) -> bool {
    let of_app = |check: &&Check| {
        let app = required.app.is_none() || check.app == required.app;
        app && check.sha == evidence.sha && !evidence.spent.contains(&check.id)
    };
    let works = |check: &Check| matches!(check.state, CheckState::Queued | CheckState::InProgress);
    let others = || evidence.seen.iter().filter(of_app);
    let Some(asked) = evidence.asked_at else { return false };
    if others().any(works) {
        return false;
    }
    // The forge's clock may be ahead of ours.
    let last = others().filter_map(|check| check.moved_at).max().unwrap_or(asked).min(evidence.now);
    evidence.now.since_ms(last.max(asked)) > rules.start_deadline_ms
}

/// Where a check of an earlier run of the same commit still hangs, that says more than this run's silence.
fn never_started(
    missing: Vec<CheckName>,
    required: &[RequiredCheck],
    rules: &ChecksConfig,
    evidence: Evidence<'_>,
) -> Judgement {
    let anew = BTreeSet::new();
    let everything = Evidence { spent: &anew, ..evidence };
    let hangs = |name: &CheckName| {
        let of_name = required.iter().filter(|required| required.name == *name);
        of_name.flat_map(|of| matching(of, everything)).any(|check| standing(check, rules) == Standing::Running)
    };
    let hung: Vec<_> = missing.iter().filter(|name| hangs(name)).cloned().collect();
    if hung.is_empty() { Judgement::NeverStarted(missing) } else { Judgement::NeverFinished(hung) }
}

fn late(evidence: Evidence<'_>, deadline_ms: i64) -> bool {
    evidence.asked_at.is_some_and(|asked| evidence.now.since_ms(asked) > deadline_ms)
}

fn matching<'a>(required: &RequiredCheck, evidence: Evidence<'a>) -> Vec<&'a Check> {
    let of_app = |check: &Check| required.app.is_none() || check.app == required.app;
    evidence
        .seen
        .iter()
        .filter(|check| check.sha == evidence.sha && check.name == required.name && of_app(check))
        .filter(|check| !evidence.spent.contains(&check.id))
        .collect()
}

fn standing(check: &Check, rules: &ChecksConfig) -> Standing {
    let passes = |allowed: bool| if allowed { Standing::Passed } else { Standing::Failed };
    match check.state {
        CheckState::Success => Standing::Passed,
        CheckState::Neutral => passes(rules.neutral_passes.contains(&check.name)),
        CheckState::Skipped => passes(rules.skipped_passes.contains(&check.name)),
        CheckState::Failure | CheckState::TimedOut => Standing::Failed,
        CheckState::Cancelled | CheckState::Stale => Standing::Cancelled,
        // A person may still act, or a word we do not know may still change: the deadline ends the wait.
        CheckState::Queued | CheckState::InProgress | CheckState::ActionRequired | CheckState::Unrecognised => {
            Standing::Running
        }
    }
}

fn named(check: &Check) -> Named {
    Named { name: check.name.clone(), app: check.app, id: check.id, state: check.state, url: check.url.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RepoConfig;

    fn check(name: &str, app: u64, state: CheckState) -> Check {
        let name = name.parse().expect("a name");
        Check { id: 7, app: Some(AppId::new(app)), name, state, sha: sha(1), url: None, moved_at: None }
    }

    fn sha(n: u8) -> Sha {
        Sha::from_bytes([n; 20]).expect("not zero")
    }

    fn verdict(seen: &[Check], waited_ms: i64) -> Judgement {
        verdict_after(&BTreeSet::new(), seen, waited_ms)
    }

    fn verdict_after(spent: &BTreeSet<u64>, seen: &[Check], waited_ms: i64) -> Judgement {
        let required = [RequiredCheck { name: "ci".parse().expect("a name"), app: Some(AppId::new(1)) }];
        let asked_at = Some(Moment::from_ms(0));
        let evidence = Evidence { sha: sha(1), seen, spent, asked_at, now: Moment::from_ms(waited_ms) };
        judge(&required, &RepoConfig::default().checks, evidence)
    }

    #[test]
    fn only_success_of_the_named_app_on_this_commit_passes() {
        use CheckState::{Cancelled, Failure, InProgress, Neutral, Skipped, Success, Unrecognised};
        assert!(matches!(verdict(&[check("ci", 1, Success)], 0), Judgement::Passed(_)));
        assert!(matches!(verdict(&[check("ci", 2, Success)], 0), Judgement::Pending { .. }));
        assert!(matches!(verdict(&[check("CI", 1, Success)], 0), Judgement::Pending { .. }));
        let elsewhere = Check { sha: sha(2), ..check("ci", 1, Success) };
        assert!(matches!(verdict(&[elsewhere], 0), Judgement::Pending { .. }));
        for bad in [Failure, Neutral, Skipped] {
            assert!(matches!(verdict(&[check("ci", 1, bad)], 0), Judgement::Failed(_)), "{bad:?}");
        }
        for open in [InProgress, Unrecognised] {
            assert!(matches!(verdict(&[check("ci", 1, open)], 0), Judgement::Pending { .. }), "{open:?}");
        }
        assert!(matches!(verdict(&[check("ci", 1, Cancelled)], 0), Judgement::Cancelled(_)));
        let both = [check("ci", 1, Success), check("ci", 1, Failure)];
        assert!(matches!(verdict(&both, 0), Judgement::Failed(_)), "the worst of same-named checks counts");
    }

    #[test]
    fn silence_has_two_deadlines() {
        let rules = RepoConfig::default().checks;
        assert!(matches!(verdict(&[], rules.start_deadline_ms + 1), Judgement::NeverStarted(_)));
        let begun = [check("ci", 1, CheckState::InProgress)];
        assert!(matches!(verdict(&begun, rules.start_deadline_ms + 1), Judgement::Pending { .. }));
        assert!(matches!(verdict(&begun, rules.finish_deadline_ms + 1), Judgement::NeverFinished(_)));
        let done = [check("ci", 1, CheckState::Success)];
        assert!(
            matches!(verdict(&done, rules.finish_deadline_ms + 1), Judgement::Passed(_)),
            "done counts before late"
        );
    }

    #[test]
    fn a_check_that_needs_others_is_waited_for_while_they_run() {
        let rules = RepoConfig::default().checks;
        let (start, finish) = (rules.start_deadline_ms, rules.finish_deadline_ms);
        let other = |app, state, moved_ms| Check {
            id: 8,
            moved_at: Some(Moment::from_ms(moved_ms)),
            ..check("test", app, state)
        };
        let never = |seen: Check, waited_ms| matches!(verdict(&[seen], waited_ms), Judgement::NeverStarted(_));
        assert!(!never(other(1, CheckState::InProgress, 0), start + 1), "it is still at work");
        assert!(!never(other(1, CheckState::Success, start), start + 1), "it has just ended");
        assert!(never(other(1, CheckState::Success, 5), start + 6), "it ended long ago");
        assert!(never(other(2, CheckState::InProgress, 0), start + 1), "another App says nothing about it");
        let hung = verdict(&[other(1, CheckState::InProgress, 0)], finish + 1);
        assert!(matches!(hung, Judgement::NeverFinished(_)), "that has an end, too: {hung:?}");
        assert!(never(other(1, CheckState::Success, finish), start.max(finish) + start + 1));
    }

    #[test]
    fn a_check_that_hung_before_is_not_called_never_started() {
        let late = RepoConfig::default().checks.start_deadline_ms + 1;
        let spent = BTreeSet::from([7]);
        let of = |state| [check("ci", 1, state)];
        assert!(matches!(verdict_after(&spent, &of(CheckState::InProgress), 0), Judgement::Pending { .. }));
        assert!(matches!(verdict_after(&spent, &of(CheckState::InProgress), late), Judgement::NeverFinished(_)));
        assert!(matches!(verdict_after(&spent, &of(CheckState::Failure), late), Judgement::NeverStarted(_)));
    }
}
