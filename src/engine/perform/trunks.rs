//! Reads which of the branches that the default branch's settings mean to have a queue of their own are there.

use crate::config::BranchPattern;
use crate::engine::fact::Fact;
use crate::engine::world::World;
use crate::ids::{BranchName, RefName};
use crate::port::{Git, Trouble};
use std::collections::BTreeSet;

/// The branches that are there and meant, the default one not among them.
pub(super) async fn matching<W: World>(
    world: &W,
    patterns: &[BranchPattern],
    default: &BranchName,
) -> Result<Fact, Trouble> {
    if patterns.is_empty() {
        return Ok(Fact::Trunks(BTreeSet::new()));
    }
    let refs: Vec<RefName> = patterns.iter().map(BranchPattern::refs).collect();
    let there = world.git().remote_refs(&refs.iter().map(RefName::as_str).collect::<Vec<_>>()).await?;
    let branches = there.keys().filter_map(RefName::branch).filter(|branch| branch != default);
    Ok(Fact::Trunks(branches.filter(|branch| patterns.iter().any(|pattern| pattern.matches(branch))).collect()))
}
