//! Brings a pull request's commits into the cache and composes them. Touches only the cache.

use super::outcome::Failed;
use super::restore::{has, restore};
use crate::admission::PullReading;
use crate::engine::fact::Fact;
use crate::engine::job::Descent;
use crate::engine::trials::TrialFact;
use crate::engine::world::World;
use crate::ids::{PrNumber, Sha};
use crate::port::git::{Composed, PullHead, Recipe};
use crate::port::{Clock, Forge, Git, Trouble};
use crate::queue::{Composition, EntryId, Event};

/// GitHub shows a new head some moments before `refs/pull/N/head` has it: pauses before it is asked for again.
const HEAD_PAUSES_MS: [u64; 4] = [1_000, 4_000, 15_000, 0];

/// Composes an entry on what is below it.
pub(super) async fn compose<W: World>(
    world: &W,
    entry: EntryId,
    recipe: &Recipe,
    below: &Descent,
) -> Result<Vec<Fact>, Failed> {
    if !restore(world, recipe.onto, below).await.map_err(Failed::of_last(&below.recipes))? {
        return Ok(vec![Fact::Queue(Event::Reshaped)]);
    }
    own(world, entry, recipe).await.map_err(Failed::of(entry.pr))
}

async fn own<W: World>(world: &W, entry: EntryId, recipe: &Recipe) -> Result<Vec<Fact>, Trouble> {
    let composed = |result| Fact::Queue(Event::Composed { onto: recipe.onto, entry, result });
    if !fetch_head(world, PullHead { number: entry.pr, head: entry.head }, recipe.onto).await? {
        // First what the forge says of it now: if it has moved on, that is what its people have to hear.
        return Ok(vec![read_again(world, entry).await?, composed(Composition::HeadMissing)]);
    }
    Ok(vec![composed(made(world, recipe).await?)])
}

/// Composes a head that is only tried, on trunk as it was when the trial began.
pub(super) async fn trial<W: World>(world: &W, pr: PrNumber, recipe: &Recipe) -> Result<Vec<Fact>, Trouble> {
    let Recipe { onto, head, .. } = *recipe;
    let composed = |result| vec![Fact::Trial(TrialFact::Composed { pr, onto, head, result })];
    // That trunk's own commit is not to be had is trouble, and nothing the head's people could mend.
    world.git().fetch(&[onto], &[]).await?;
    if !fetch_head(world, PullHead { number: pr, head }, onto).await? {
        return Ok(composed(Composition::HeadMissing));
    }
    Ok(composed(made(world, recipe).await?))
}

async fn made<W: World>(world: &W, recipe: &Recipe) -> Result<Composition, Trouble> {
    Ok(match world.git().compose(recipe).await? {
        Composed::Tip { tip, .. } => Composition::Tip(tip),
        Composed::Conflict { paths } => Composition::Conflict(paths),
        Composed::Nothing => Composition::Nothing,
        Composed::Refused { why } => Composition::Refused(why),
    })
}

/// Brings the head into the cache; false if the remote does not hand it out, however often it is asked.
async fn fetch_head<W: World>(world: &W, head: PullHead, onto: Sha) -> Result<bool, Trouble> {
    for pause in HEAD_PAUSES_MS {
        match world.git().fetch(&[], &[head]).await {
            Ok(()) => return Ok(true),
            Err(Trouble::Bug(why)) if has(world, onto).await => {
                tracing::warn!(pr = %head.number, head = %head.head, why, "a head is missing");
            }
            // A cache that cannot be read, or a remote that cannot be reached, says nothing about the head.
            Err(trouble) => return Err(trouble),
        }
        if pause > 0 {
            world.clock().sleep_ms(pause).await;
        }
    }
    Ok(false)
}

async fn read_again<W: World>(world: &W, entry: EntryId) -> Result<Fact, Trouble> {
    let (reading, number) = (world.readings().begin(), entry.pr);
    let pull = world.forge().pull(number).await?;
    Ok(Fact::Pull(PullReading::of(reading, number, pull)))
}
