//! Reads what a request is weighed by beside the pull request itself, and nothing that no rule asks for.

use crate::admission::{Grounds, Terms};
use crate::command::Wish;
use crate::engine::world::World;
use crate::facts::{Permission, Review};
use crate::ids::{PrNumber, Sha};
use crate::port::{Forge, Trouble};
use futures_util::future::try_join_all;

/// Reviewers of one pull request that are asked about, the latest ones; more never decide.
const REVIEWERS_MAX: usize = 30;

/// Everything the rules ask for about a pull request at an approved head, or one that may be.
pub(super) async fn grounds<W: World>(
    world: &W,
    terms: &Terms,
    (number, head): (PrNumber, Sha),
    wish: &Wish,
) -> Result<Grounds, Trouble> {
    let reviews = if terms.asks_reviews() { Some(reviews(world, number).await?) } else { None };
    let checks = if terms.asks_head(wish) { Some(world.forge().checks(head).await?) } else { None };
    Ok(Grounds { reviews, checks })
}

async fn reviews<W: World>(world: &W, number: PrNumber) -> Result<Vec<(Review, Permission)>, Trouble> {
    let mut reviews = world.forge().reviews(number).await?;
    reviews.sort_by_key(|review| std::cmp::Reverse(review.at));
    reviews.truncate(REVIEWERS_MAX);
    try_join_all(reviews.into_iter().map(|review| async {
        let may = world.forge().permission(&review.by.login).await?;
        Ok((review, may))
    }))
    .await
}
