//! CI: what is pushed is checked, truthfully unless a fault says otherwise. It never looks at the queue.

use crate::facts::{Check, CheckState};
use crate::ids::{AppId, Sha};
use crate::port::store::Hint;
use crate::sim::ground::world::{Due, Ground};
use crate::sim::people::intents::Intent;

/// The App whose checks count, and another that reports under the same names.
pub const CI_APP: AppId = AppId::new(1);
const OTHER_APP: AppId = AppId::new(2);

/// What will become of a suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Truth,
    Flaky,
    NeverStarts,
    NeverEnds,
    Cancelled,
}

/// One run of CI on one commit: the latest attempt of each check.
#[derive(Debug, Clone)]
pub struct Suite {
    /// Its checks.
    pub checks: Vec<Check>,
    fate: Fate,
}

impl Suite {
    fn open(&self) -> bool {
        self.checks.iter().any(|check| matches!(check.state, CheckState::Queued | CheckState::InProgress))
    }

    fn green(&self) -> bool {
        let counts = |check: &&Check| check.app == Some(CI_APP);
        self.checks.iter().any(|check| counts(&check))
            && self.checks.iter().filter(counts).all(|check| check.state == CheckState::Success)
    }
}

impl Ground {
    /// CI hears of a commit.
    pub fn check(&mut self, sha: Sha) {
        let fate = if self.fault(|f| f.ci_silent) {
            if self.dice.one_in(2) { Fate::NeverStarts } else { Fate::NeverEnds }
        } else if self.fault(|f| f.ci_flaky) {
            Fate::Flaky
        } else if self.fault(|f| f.ci_cancelled) {
            Fate::Cancelled
        } else {
            Fate::Truth
        };
        let suites = self.checks.entry(sha).or_default();
        let at = suites.len();
        suites.push(Suite { checks: Vec::new(), fate });
        let ms = self.dice.ms(1, 3_000);
        self.after(ms, Due::Ci(sha, at));
    }

    /// The next step of a suite: it begins, or it ends.
    pub fn ci_step(&mut self, sha: Sha, at: usize) {
        let Some(suite) = self.checks.get(&sha).and_then(|suites| suites.get(at)) else { return };
        let fate = suite.fate;
        if suite.checks.is_empty() {
            if fate == Fate::NeverStarts {
                self.oracle.sometimes("CI never started");
                return;
            }
            let checks = ["ci", "lint"].map(|name| self.announced(sha, name));
            let mut checks = checks.to_vec();
            if self.dice.one_in(6) {
                checks.push(Check { app: Some(OTHER_APP), state: CheckState::Success, ..self.announced(sha, "ci") });
            }
            self.set(sha, at, checks);
            let ms = self.dice.ms(300, 15_000);
            self.after(ms, Due::Ci(sha, at));
        } else if suite.open() {
            self.ci_end(sha, at, fate);
        }
    }

    fn ci_end(&mut self, sha: Sha, at: usize, fate: Fate) {
        let red = self.truth.red(&self.truth.get(sha).content);
        let (ci, lint) = match fate {
            Fate::NeverStarts => return,
            Fate::NeverEnds => {
                self.oracle.sometimes("CI never ended");
                return;
            }
            Fate::Cancelled => {
                self.oracle.sometimes("CI was cancelled by others");
                (CheckState::Cancelled, CheckState::Success)
            }
            Fate::Flaky if !red => {
                self.oracle.flake(sha);
                (CheckState::Failure, CheckState::Success)
            }
            Fate::Truth | Fate::Flaky => {
                if red && self.wished.is_some() {
                    self.intend(4, (20, 800), Intent::Cure);
                }
                (if red { CheckState::Failure } else { CheckState::Success }, CheckState::Success)
            }
        };
        self.finish(sha, at, &[("ci", ci), ("lint", lint)]);
    }

    fn finish(&mut self, sha: Sha, at: usize, ends: &[(&str, CheckState)]) {
        let Some(suite) = self.checks.get(&sha).and_then(|suites| suites.get(at)) else { return };
        let mut checks = suite.checks.clone();
        for check in checks.iter_mut().filter(|check| check.app == Some(CI_APP)) {
            if let Some((_, state)) = ends.iter().find(|(name, _)| *name == check.name.as_str()) {
                check.state = *state;
            }
        }
        self.set(sha, at, checks);
    }

    fn set(&mut self, sha: Sha, at: usize, checks: Vec<Check>) {
        if let Some(suite) = self.checks.get_mut(&sha).and_then(|suites| suites.get_mut(at)) {
            suite.checks = checks;
        }
        let green = self.checks.get(&sha).is_some_and(|suites| suites.iter().any(Suite::green));
        self.oracle.green_is(sha, green, self.now);
        self.mail(Hint::Checks(sha));
    }

    fn announced(&mut self, sha: Sha, name: &str) -> Check {
        let state = if self.dice.one_in(2) { CheckState::Queued } else { CheckState::InProgress };
        Check {
            id: self.id(),
            app: Some(CI_APP),
            name: name.parse().expect("a legal name"),
            state,
            sha,
            url: None,
            moved_at: Some(self.now),
        }
    }

    /// Somebody has the last suite of a commit run again.
    pub fn rerun(&mut self, sha: Sha) {
        let Some(at) = self.checks.get(&sha).and_then(|suites| suites.len().checked_sub(1)) else { return };
        if self.checks[&sha][at].open() || self.checks[&sha][at].checks.is_empty() {
            return;
        }
        let checks = ["ci", "lint"].map(|name| self.announced(sha, name)).to_vec();
        if let Some(suite) = self.checks.get_mut(&sha).and_then(|suites| suites.get_mut(at)) {
            suite.fate = Fate::Truth;
        }
        self.oracle.sometimes("CI was run again");
        self.set(sha, at, checks);
        let ms = self.dice.ms(300, 15_000);
        self.after(ms, Due::Ci(sha, at));
    }

    /// The bot asks to stop what runs on a commit.
    pub fn stop_ci(&mut self, sha: Sha) {
        let open: Vec<usize> = self.checks.get(&sha).map_or_else(Vec::new, |suites| {
            suites.iter().enumerate().filter(|(_, suite)| suite.open()).map(|(at, _)| at).collect()
        });
        for at in open {
            self.finish(sha, at, &[("ci", CheckState::Cancelled), ("lint", CheckState::Cancelled)]);
        }
    }

    /// What the forge says of a commit's checks.
    pub fn seen_checks(&self, sha: Sha) -> Vec<Check> {
        let suites = self.checks.get(&sha).map(Vec::as_slice).unwrap_or_default();
        suites.iter().flat_map(|suite| suite.checks.clone()).collect()
    }

    /// Every suite of a commit is green, if it has any.
    pub fn all_green(&self, sha: Sha) -> bool {
        self.checks.get(&sha).is_none_or(|suites| suites.iter().all(Suite::green))
    }

    /// Commits that CI has heard of.
    pub fn checked_commits(&self) -> Vec<Sha> {
        self.checks.keys().copied().collect()
    }
}
