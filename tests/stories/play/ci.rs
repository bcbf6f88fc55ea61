//! What CI says in a case, and of which commits: of a tip that is waited for, of one that was remembered, of trunk, of a head.

use super::form::Tip;
use super::player::Player;
use crate::driver::until;
use std::collections::BTreeSet;

impl Player {
    /// The commit that is meant.
    pub(super) fn commit(&self, tip: &Tip) -> String {
        match tip {
            Tip::Named(name) if name == "trunk" => self.stage.trunk(),
            Tip::Named(name) => {
                let kept = self.tips.borrow().get(name).cloned();
                kept.unwrap_or_else(|| self.heads.borrow()[name].clone())
            }
            Tip::Holding(names) => self.tip(names),
        }
    }

    /// Waits for the tip under test that has exactly these more than trunk.
    pub(super) fn tip(&self, names: &[String]) -> String {
        until(&format!("{names:?} are tested on trunk"), || {
            let trunk = self.stage.trunk();
            let wanted: BTreeSet<&str> =
                self.marks(&trunk).into_iter().chain(names.iter().map(String::as_str)).collect();
            let tips = self.stage.runs().into_iter().map(|(_, tip)| tip);
            tips.filter(|tip| self.stage.holds(tip, &trunk)).find(|tip| self.marks(tip) == wanted)
        })
    }

    /// Which pull requests' own files are in a commit.
    pub(super) fn marks(&self, commit: &str) -> BTreeSet<&str> {
        let files = self.stage.files(commit);
        let names = self.pulls.iter().map(|(name, _)| name.as_str());
        names.filter(|name| files.contains(&format!("{name}.txt"))).collect()
    }

    pub(super) fn say(&self, check: &str, commit: &str, conclusion: &str) {
        self.say_any(commit, check, conclusion, conclusion == "success");
    }

    pub(super) fn say_any(&self, commit: &str, check: &str, conclusion: &str, passes: bool) {
        if passes {
            self.allow(commit.to_owned());
        }
        self.stage.check(check, commit, conclusion);
    }

    /// Red there and green on trunk, so that trunk is not to blame.
    pub(super) fn blame(&self, tip: &Tip) {
        let tip = self.commit(tip);
        self.say("ci", &self.stage.trunk(), "success");
        self.say("ci", &tip, "failure");
    }

    /// CI judges whatever is asked of it until nothing is queued; each run once.
    pub(super) fn judge_all(&self, red: &[String]) {
        let mut judged = BTreeSet::new();
        self.say("ci", &self.stage.trunk(), "success");
        until("everything was judged", || {
            for (run, tip) in self.stage.runs() {
                if judged.insert(run) {
                    let bad = self.marks(&tip).into_iter().any(|name| red.iter().any(|red| red == name));
                    self.say("ci", &tip, if bad { "failure" } else { "success" });
                }
            }
            self.pulls.iter().all(|(_, pull)| !self.stage.queued(pull)).then_some(())
        });
    }
}
