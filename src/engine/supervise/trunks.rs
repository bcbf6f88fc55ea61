//! Decides which queues of a repository are to be opened beside that of its default branch, and whose deliveries nobody waits
//! for. It asks nobody.

use super::Found;
use crate::engine::trunks::Named;
use crate::ids::{QueueId, RepoId};
use std::collections::BTreeSet;

/// The queues that a default branch's loop asks for.
pub(super) fn missing(id: &QueueId, trunks: &Named, found: &Found) -> Vec<(QueueId, Found)> {
    let branches = trunks.iter().flatten().filter(|_| id.branch.is_none());
    branches.map(|branch| (QueueId { repo: id.repo, branch: Some(branch.clone()) }, found.clone())).collect()
}

/// Whether no loop will ever take in the deliveries that wait for a queue without one. A queue that is opened later reads
/// everything, so nothing is lost with them; any other were acknowledged, and are kept until it is open.
pub(super) fn nobodys(queue: &QueueId, served: &BTreeSet<RepoId>, list_holds: bool, trunks: &Named) -> bool {
    let given = !list_holds || served.contains(&queue.repo);
    match (&queue.branch, trunks) {
        (Some(branch), Some(trunks)) => !given || !trunks.contains(branch),
        (Some(_), None) | (None, _) => !given,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::BranchName;

    #[test]
    fn acknowledged_deliveries_go_only_where_a_list_that_holds_names_nobody() {
        let (named, other, served) = (RepoId::new(1), RepoId::new(2), BTreeSet::from([RepoId::new(1)]));
        let nobodys = |repo, list_holds| nobodys(&QueueId::of(repo), &served, list_holds, &None);
        assert!(!nobodys(named, true), "it could not be opened yet");
        assert!(!nobodys(other, false), "it may be on the next list");
        assert!(nobodys(other, true));
    }

    #[test]
    fn a_branch_that_is_not_named_has_nobody() {
        let branch = |name: &str| name.parse::<BranchName>().expect("a branch");
        let (repo, served) = (RepoId::new(1), BTreeSet::from([RepoId::new(1)]));
        let of = |name: &str| QueueId { repo, branch: Some(branch(name)) };
        let named = Some(BTreeSet::from([branch("next")]));
        assert!(!nobodys(&of("next"), &served, true, &named));
        assert!(nobodys(&of("gone"), &served, true, &named));
        assert!(!nobodys(&of("gone"), &served, true, &None), "the settings were not read yet");
    }
}
