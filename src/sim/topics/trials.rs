//! Trials: people who ask for them and end them, and the judge of what they may take and must tell. That nothing lands by one is
//! judged where trunk moves.

use crate::engine::state::RepoState;
use crate::ids::PrNumber;
use crate::port::git::RefUpdate;
use crate::queue::{Phase, TrunkVerdict};
use crate::sim::ground::world::Ground;
use crate::sim::judge::oracle::Violation;
use crate::text::trial::MARKER;
use crate::trial;

/// A comment of ours is about trials.
pub fn tells(body: &str) -> bool {
    body.starts_with(MARKER)
}

impl Ground {
    /// Somebody wants to know what would become of it, or no longer.
    pub fn try_it(&mut self, pr: crate::ids::PrNumber) {
        let command = self.dice.pick(&["try", "try", "try as squash", "try cancel"]);
        self.comment(pr, command);
    }

    /// A trial's branch is made or goes.
    pub fn trial_accepted(&mut self, update: &RefUpdate) {
        if let Some(tip) = update.to {
            self.oracle.tried.insert(tip);
            self.oracle.sometimes("something was tried");
        }
    }

    /// L5: trials take no run that the queue has use for.
    pub fn trials_fit(&mut self, state: &str) {
        // Reading a state takes long, and mostly nothing is tried.
        if !state.contains("\"testing\":{\"number\":") {
            return;
        }
        let Ok(state) = serde_json::from_str::<RepoState>(state) else { return };
        // What is written there counts, not what the bot made of it.
        let written = state.settings.places_at.and_then(|at| self.settings_at(at)).unwrap_or_else(|| state.config());
        let budget = usize::try_from(written.queue.budget).unwrap_or(usize::MAX);
        let trials = state.trials.by_pull.values();
        let trying = trials.filter(|trial| matches!(trial.phase, trial::Phase::Testing { .. })).count();
        let testing = state.queue.tree.iter().filter(|(_, node)| matches!(node.phase, Phase::Testing(..))).count();
        let trunk = state.queue.trunk.is_some_and(|trunk| matches!(trunk.verdict, TrunkVerdict::Testing { .. }));
        let queue = testing + state.queue.cancelling.len() + usize::from(trunk);
        if queue > 0 {
            self.oracle.sometimes("something was tried beside the queue");
        }
        if trying + queue > budget {
            let what = format!("{trying} trials beside {queue} runs of the queue, and {budget} may be under way");
            self.oracle.breaks("L5", what);
        }
    }

    /// L2: whoever asked for a trial was told how it ended.
    pub fn untold_trial(&self) -> Option<Violation> {
        let own = self.comments.values().filter(|note| note.own() && tells(&note.comment.body));
        let is_open = |body: &str| ["Trial: waits.", "Trial: under way."].iter().any(|words| body.contains(words));
        let (open, over): (Vec<_>, Vec<_>) = own.partition(|note| is_open(&note.comment.body));
        // Where one process takes over from another, what the other was about to write may come after all: a second comment, which
        // nobody knows.
        let told = |pr: PrNumber| over.iter().any(|note| note.comment.pull == pr);
        let pr = open.iter().map(|note| note.comment.pull).find(|pr| !told(*pr))?;
        Some(Violation { invariant: "L2", what: format!("nobody was told how the trial of #{pr} ended") })
    }

    /// Counts what the last states tell of the way there.
    pub fn sum_up(&mut self) {
        let states: Vec<RepoState> = self.all_durable().filter_map(|state| serde_json::from_str(state).ok()).collect();
        for state in states {
            let ends = state.trials.by_pull.values().map(|trial| &trial.phase);
            for end in ends {
                match end {
                    trial::Phase::Over { end: trial::End::Green(..), .. } => self.oracle.sometimes("a trial was green"),
                    trial::Phase::Over { end: trial::End::Red(..), .. } => self.oracle.sometimes("a trial was red"),
                    trial::Phase::Over { end: trial::End::Cancelled { .. }, .. } => {
                        self.oracle.sometimes("a trial was cancelled");
                    }
                    trial::Phase::Over { .. }
                    | trial::Phase::Waiting { .. }
                    | trial::Phase::Composing { .. }
                    | trial::Phase::Testing { .. } => {}
                }
            }
            if state.counters.keys().any(|counter| counter.starts_with("greenline_check_retries_total")) {
                self.oracle.sometimes("a check that may fail was run again");
            }
        }
    }
}
