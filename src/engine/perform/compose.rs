//! Brings a pull request's commits into the cache and composes them. Touches only the cache.

use super::restore::restore;
use crate::engine::fact::Fact;
use crate::engine::job::Descent;
use crate::engine::world::World;
use crate::port::git::{Composed, PullHead, Recipe};
use crate::port::{Git, Trouble};
use crate::queue::{Composition, EntryId, Event};

/// Composes an entry on what is below it.
pub(super) async fn compose<W: World>(
    world: &W,
    entry: EntryId,
    recipe: &Recipe,
    below: &Descent,
) -> Result<Vec<Fact>, Trouble> {
    if !restore(world, recipe.onto, below).await? {
        return Ok(vec![Fact::Queue(Event::Reshaped)]);
    }
    world.git().fetch(&[], &[PullHead { number: entry.pr, head: entry.head }]).await?;
    let result = match world.git().compose(recipe).await? {
        Composed::Tip { tip, .. } => Composition::Tip(tip),
        Composed::Conflict { paths } => Composition::Conflict(paths),
        Composed::Nothing => Composition::Nothing,
        Composed::Refused { why } => Composition::Refused(why),
    };
    Ok(vec![Fact::Queue(Event::Composed { onto: recipe.onto, entry, result })])
}
