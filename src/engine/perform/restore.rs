//! Composes again what the cache does not have: it may be deleted at any time, and until a push it holds commits in memory
//! only. Touches only the cache, and decides nothing; a commit that does not come back is the caller's to tell.

use crate::engine::job::Descent;
use crate::engine::world::World;
use crate::ids::Sha;
use crate::port::git::{Composed, PullHead, Recipe};
use crate::port::{Git, Trouble};

/// Has a commit of the queue in the cache, composed again if need be. False: it will not come back, because a head is gone
/// from the remote, or because it would become another commit today.
pub(super) async fn restore<W: World>(world: &W, tip: Sha, descent: &Descent) -> Result<bool, Trouble> {
    if has(world, tip).await {
        return Ok(true);
    }
    tracing::info!(%tip, "a commit of the queue was not written yet, or is lost; composing it again");
    if !fetch(world, descent).await? {
        return Ok(false);
    }
    let mut at = descent.from;
    for recipe in &descent.recipes {
        if recipe.onto != at {
            return Ok(false);
        }
        match world.git().compose(recipe).await? {
            Composed::Tip { tip, .. } => at = tip,
            Composed::Conflict { .. } | Composed::Nothing | Composed::Refused { .. } => return Ok(false),
        }
    }
    Ok(at == tip)
}

/// The cache has this commit.
pub(super) async fn has<W: World>(world: &W, commit: Sha) -> bool {
    world.git().committed_at(commit).await.is_ok()
}

async fn fetch<W: World>(world: &W, descent: &Descent) -> Result<bool, Trouble> {
    let of_pull = |recipe: &Recipe| Some(PullHead { number: recipe.pull.as_ref()?.number, head: recipe.head });
    let heads: Vec<_> = descent.recipes.iter().filter_map(of_pull).collect();
    match world.git().fetch(&[descent.from], &heads).await {
        Err(Trouble::Bug(why)) => tracing::warn!(why, "a head has moved; asking for the commits themselves"),
        fetched => return fetched.map(|()| true),
    }
    // A head that a landing has moved already is what no ref leads to any more; GitHub hands it out by its id.
    let commits: Vec<_> = std::iter::once(descent.from).chain(heads.iter().map(|pull| pull.head)).collect();
    match world.git().fetch(&commits, &[]).await {
        // Where even trunk is gone composing anew is no better; it is the refs that have to be read again.
        Err(Trouble::Bug(why)) if has(world, descent.from).await => {
            tracing::warn!(why, "a commit of the queue will not come back; everything is composed anew");
            Ok(false)
        }
        fetched => fetched.map(|()| true),
    }
}
