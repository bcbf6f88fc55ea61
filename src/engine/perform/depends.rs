//! Which of the pull requests that a comment names as dependencies are there at all. It reads, and judges nothing.

use super::ASKED_AT_ONCE;
use crate::command::Command;
use crate::engine::world::World;
use crate::ids::PrNumber;
use crate::port::Forge;
use futures_util::StreamExt;
use futures_util::stream;
use std::collections::BTreeSet;

/// Those that the forge does not know. One that cannot be read may be there: nobody is kept without an answer for it.
pub(super) async fn unknown<'a, W: World>(
    world: &W,
    commands: impl Iterator<Item = &'a Command>,
) -> BTreeSet<PrNumber> {
    let on = |command: &'a Command| if let Command::Depends(on) = command { Some(on) } else { None };
    let named: BTreeSet<PrNumber> = commands.filter_map(on).flatten().copied().collect();
    let looks = named.into_iter().map(|on| async move { (on, world.forge().pull(on).await) });
    let found: Vec<_> = stream::iter(looks.collect::<Vec<_>>()).buffered(ASKED_AT_ONCE).collect().await;
    found.into_iter().filter(|(_, found)| *found == Ok(None)).map(|(on, _)| on).collect()
}
