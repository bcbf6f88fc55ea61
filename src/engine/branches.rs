//! Which branches of landed pull requests are to be deleted. No I/O; whether somebody still needs one is looked at when its turn
//! comes.

use super::state::{LeftBranch, RepoState};
use crate::facts::Reach;
use crate::ids::{PrNumber, Sha};

/// What begins so is ours and has rules of its own.
const OURS: &str = "greenline/";

/// Notes that the branch of a pull request that landed as `tip`, and is shown as merged, is to go; if the settings say so.
pub(super) fn leave(state: &mut RepoState, pr: PrNumber, tip: Sha) {
    if !state.config().merge.delete_branch {
        return;
    }
    let Some(record) = state.desk.pulls.get(&pr) else { return };
    let home = record.pull.head_repo.as_ref().map(|head| head.branch.clone());
    let here = record.pull.reach(&state.repository, &state.trunks()) == Reach::Here;
    let Some(name) = home.filter(|branch| here && !branch.as_str().starts_with(OURS)) else { return };
    // Moved to what it landed as, or left at the head that landed.
    let left_at = [Some(tip), record.landed].into_iter().flatten().collect();
    state.branches.insert(pr, LeftBranch { name, left_at });
}
