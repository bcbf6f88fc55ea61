//! The branches that have a queue: the default one, and in some worlds another that its settings name. Which refs belong to whom.

use crate::ids::{BranchName, QueueId, RefName, Sha};
use crate::sim::ground::world::Ground;

/// The default branch.
pub const MAIN: &str = "main";
/// The other branch with a queue, where there is one.
pub const NEXT: &str = "next";
/// A branch that never has one.
pub const OTHER: &str = "other";

/// A branch by a name that is known to be legal.
pub fn branch(name: &str) -> BranchName {
    name.parse().expect("a legal name")
}

/// The branch of a queue.
pub fn branch_of(queue: &QueueId) -> BranchName {
    queue.branch.clone().unwrap_or_else(|| branch(MAIN))
}

/// What a ref is to the queue it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ours {
    /// Trunk itself.
    Trunk,
    /// The branch of a run, by its number.
    Run(String),
    /// The branch of a trial.
    Trial,
    /// The ref in the lease of a landing, by its attempt.
    Guard(u64),
}

impl Ground {
    /// Every branch that may have a queue.
    pub fn trunks(&self) -> Vec<BranchName> {
        let further = self.customs.branched.then(|| branch(NEXT));
        std::iter::once(branch(MAIN)).chain(further).collect()
    }

    /// One of them.
    pub fn any_trunk(&mut self) -> BranchName {
        let next = self.customs.branched && self.dice.one_in(3);
        branch(if next { NEXT } else { MAIN })
    }

    /// Where such a branch is.
    pub fn tip_of(&self, trunk: &BranchName) -> Sha {
        self.refs[&trunk.to_ref()]
    }

    /// Where they all are.
    pub fn tips(&self) -> Vec<Sha> {
        self.trunks().iter().map(|trunk| self.tip_of(trunk)).collect()
    }

    /// Whose ref this is, and what, if it is a queue's.
    pub fn owner_of(&self, name: &RefName) -> Option<(BranchName, Ours)> {
        self.trunks().into_iter().find_map(|trunk| {
            let rest = |prefix: &str| name.as_str().strip_prefix(prefix)?.strip_prefix(trunk.as_str());
            let run =
                || rest("refs/heads/greenline/")?.strip_prefix("/run-").map(|number| Ours::Run(number.to_owned()));
            let trial = || rest("refs/heads/greenline/")?.strip_prefix("/try-").map(|_| Ours::Trial);
            let guard = || rest("refs/greenline/landing/")?.strip_prefix('/')?.parse().ok().map(Ours::Guard);
            let own = (*name == trunk.to_ref()).then_some(Ours::Trunk).or_else(run).or_else(trial).or_else(guard)?;
            Some((trunk, own))
        })
    }
}
