//! Brings a pull request's commits into the cache and composes them. Touches only the cache.

use crate::engine::fact::Fact;
use crate::engine::world::World;
use crate::port::git::{Composed, PullHead, Recipe};
use crate::port::{Git, Trouble};
use crate::queue::{Composition, EntryId, Event};

pub(super) async fn compose<W: World>(world: &W, entry: EntryId, recipe: &Recipe) -> Result<Vec<Fact>, Trouble> {
    let head = PullHead { number: entry.pr, head: entry.head };
    world.git().fetch(&[recipe.onto], &[head]).await?;
    let result = match world.git().compose(recipe).await? {
        Composed::Tip { tip, .. } => Composition::Tip(tip),
        Composed::Conflict { paths } => Composition::Conflict(paths),
        Composed::Nothing => Composition::Nothing,
        Composed::Refused { why } => Composition::Refused(why),
    };
    Ok(vec![Fact::Queue(Event::Composed { onto: recipe.onto, entry, result })])
}
