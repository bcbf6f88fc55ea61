//! Which of the pull requests that a comment names as dependencies are there at all. It reads, and judges nothing.

use super::all;
use crate::command::Command;
use crate::engine::world::World;
use crate::ids::PrNumber;
use crate::port::{Forge, Trouble};
use std::collections::BTreeSet;

/// Those that the forge does not know.
pub(super) async fn unknown<'a, W: World>(
    world: &W,
    commands: impl Iterator<Item = &'a Command>,
) -> Result<BTreeSet<PrNumber>, Trouble> {
    let on = |command: &'a Command| if let Command::Depends(on) = command { Some(on) } else { None };
    let named: BTreeSet<PrNumber> = commands.filter_map(on).flatten().copied().collect();
    let looks = named.iter().map(|on| async { Ok((*on, world.forge().pull(*on).await?.is_some())) });
    let known = all(looks).await?;
    Ok(known.into_iter().filter(|(_, known)| !known).map(|(on, _)| on).collect())
}
