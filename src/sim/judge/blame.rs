//! The judge of whether whoever is sent back is to blame, by what is truly in the commits.

use crate::config::RepoConfig;
use crate::config::repo::{Forks, MergeConfig};
use crate::engine::board::DepartureRow;
use crate::engine::state::RepoState;
use crate::facts::Strategy;
use crate::ids::{BranchName, PrNumber, Sha};
use crate::port::git::Composed;
use crate::queue::EntryId;
use crate::sim::ground::truth::Truth;
use crate::sim::ground::world::Ground;

/// From reading trunk to writing down who is ejected, at most, in milliseconds.
const EJECT_MS: i64 = 15_000;

impl Ground {
    /// How a pull request is composed by these settings, if somebody wishes for that.
    pub fn strategy(&self, pr: PrNumber, wished: Option<Strategy>, merge: &MergeConfig) -> Strategy {
        let wished = wished.unwrap_or(merge.strategy);
        let fixed = self.pulls.get(&pr).is_some_and(|f| f.fork.is_some() && !f.shown.maintainer_can_modify);
        let kept = fixed && merge.forks == Forks::MergeCommit && wished != Strategy::FastForward;
        if kept { Strategy::Merge } else { wished }
    }

    /// Whoever is sent back for its checks or a conflict must be to blame, on trunk and whoever stood ahead and was not.
    ///
    /// Always by the settings that stand on that trunk: nothing is composed, and nobody sent back, by any others.
    pub fn blamed(&mut self, trunk: &BranchName, before: &str, row: &DepartureRow) {
        let Ok(state) = serde_json::from_str::<RepoState>(before) else { return };
        let Some(at) = state.queue.order.iter().position(|entry| entry.id.pr == row.pull) else { return };
        let queued: Vec<Queued> = state.queue.order[..=at].iter().map(|entry| queued(&state, entry.id)).collect();
        self.oracle.sometimes("somebody was sent back with blame");
        let bases = self.oracle.tips_since(trunk, self.now.plus_ms(-EJECT_MS));
        let by_its_own = |base: &Sha| self.in_force(*base).into_iter().map(|by| (*base, by)).collect::<Vec<_>>();
        let judged: Vec<(Sha, RepoConfig)> = bases.iter().flat_map(by_its_own).collect();
        let innocent = judged.iter().all(|(base, by)| !self.guilty(*base, &queued, by, &row.code));
        if innocent {
            let what =
                format!("#{} was sent back ({}) although it is to blame on no trunk of late", row.pull, row.code);
            self.oracle.breaks("innocent", what);
        }
    }

    /// The last of those queued is to blame on this trunk, by these settings.
    fn guilty(&mut self, base: Sha, queued: &[Queued], by: &RepoConfig, code: &str) -> bool {
        let Some(((pr, head, wished), ahead)) = queued.split_last() else { return false };
        let mut base = base;
        for (pr, head, wished) in ahead {
            let strategy = self.strategy(*pr, *wished, &by.merge);
            base = good(&mut self.truth, base, (*pr, *head), strategy).unwrap_or(base);
        }
        let strategy = self.strategy(*pr, *wished, &by.merge);
        match self.truth.compose(base, *head, *pr, strategy) {
            Composed::Conflict { .. } | Composed::Nothing | Composed::Refused { .. } => true,
            Composed::Tip { tip, .. } if code == "checks-failed" => {
                // Only this one is flaky here.
                let forgiven = by.checks.retries.values().copied().max().unwrap_or(0);
                let red = |sha| self.truth.red(&self.truth.get(sha).content);
                let flaky = self.oracle.flakes.get(&tip).is_some_and(|flakes| *flakes >= by.queue.tries + forgiven);
                (red(tip) && !red(base)) || flaky
            }
            Composed::Tip { .. } => false,
        }
    }
}

/// A pull request of the queue, at this head, in the shape that was wished for it.
type Queued = (PrNumber, Sha, Option<Strategy>);

fn queued(state: &RepoState, entry: EntryId) -> Queued {
    let approval = state.desk.pulls.get(&entry.pr).and_then(|record| record.approval.as_ref());
    let wished = approval.filter(|approval| approval.rev == entry.rev).and_then(|approval| approval.wish.strategy);
    (entry.pr, entry.head, wished)
}

/// What an entry makes of a commit, if it composes and is green.
fn good(truth: &mut Truth, base: Sha, (pr, head): (PrNumber, Sha), strategy: Strategy) -> Option<Sha> {
    match truth.compose(base, head, pr, strategy) {
        Composed::Tip { tip, .. } => (!truth.red(&truth.get(tip).content)).then_some(tip),
        Composed::Conflict { .. } | Composed::Nothing | Composed::Refused { .. } => None,
    }
}
