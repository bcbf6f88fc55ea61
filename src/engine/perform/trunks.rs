//! Reads which branches have a queue of their own: the default branch's settings say which may, and the remote which there are.

use super::read::{parse_settings, trunk_tip};
use crate::config::BranchPattern;
use crate::config::repo::SETTINGS_PATH;
use crate::engine::fact::Fact;
use crate::engine::world::World;
use crate::ids::{BranchName, RefName};
use crate::port::{Git, Trouble};
use std::collections::BTreeSet;

/// As the default branch says now; nothing is said while its settings are wrong, so that what was in force stays.
pub(super) async fn trunks<W: World>(world: &W, default: &BranchName) -> Result<Vec<Fact>, Trouble> {
    let tip = trunk_tip(world, default).await?;
    world.git().fetch(&[tip], &[]).await?;
    let patterns = match world.git().file(tip, SETTINGS_PATH).await?.map(|bytes| parse_settings(&bytes)) {
        None => Vec::new(),
        Some(Ok(config)) => config.queue.trunks,
        Some(Err(_)) => return Ok(Vec::new()),
    };
    matching(world, &patterns, default).await.map(|fact| vec![fact])
}

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
