//! Reads what a request is weighed by beside the pull request itself, and nothing that no rule asks for.

use crate::admission::{Grounds, PullReading, Said, Subject, Terms};
use crate::engine::fact::Fact;
use crate::engine::world::World;
use crate::facts::{Opinion, Permission, PullState, Review};
use crate::ids::PrNumber;
use crate::port::{Forge, Trouble};
use futures_util::future::try_join_all;
use futures_util::try_join;
use std::collections::BTreeMap;

/// Reviewers of one pull request that are asked about: those against it first, then the latest.
const REVIEWERS_MAX: usize = 100;

/// A pull request with what its request is weighed by.
pub(super) async fn weighed<W: World>(
    world: &W,
    number: PrNumber,
    subject: &Subject,
    terms: &Terms,
) -> Result<Vec<Fact>, Trouble> {
    let reading = world.readings().begin();
    let (pull, grounds) = try_join!(world.forge().pull(number), grounds(world, terms, number, subject))?;
    let grounds = Some(grounds);
    Ok(vec![Fact::Pull(PullReading { reading, number, pull, labelled: None, approver: None, grounds })])
}

/// Everything the rules ask for about a pull request at an approved head, or one that may be.
pub(super) async fn grounds<W: World>(
    world: &W,
    terms: &Terms,
    number: PrNumber,
    subject: &Subject,
) -> Result<Grounds, Trouble> {
    let reviews = if terms.asks_reviews() { Some(reviews(world, number, &subject.said).await?) } else { None };
    let checks = if terms.asks_head(&subject.wish) { Some(world.forge().checks(subject.head).await?) } else { None };
    let depends = if subject.said.depends.is_empty() { None } else { Some(depends(world, &subject.said).await?) };
    Ok(Grounds { reviews, checks, depends })
}

async fn depends<W: World>(world: &W, said: &Said) -> Result<BTreeMap<PrNumber, PullState>, Trouble> {
    let pulls = try_join_all(said.depends.iter().map(|number| world.forge().pull(*number))).await?;
    Ok(pulls.into_iter().flatten().map(|pull| (pull.number, pull.state)).collect())
}

/// Reviews, and comments that count as such.
async fn reviews<W: World>(world: &W, number: PrNumber, said: &Said) -> Result<Vec<(Review, Permission)>, Trouble> {
    let mut reviews = world.forge().reviews(number).await?;
    reviews.extend(said.approvals.iter().cloned());
    reviews.sort_by_key(|review| (review.opinion == Opinion::Approves, std::cmp::Reverse(review.at)));
    reviews.truncate(REVIEWERS_MAX);
    try_join_all(reviews.into_iter().map(|review| async {
        let may = world.forge().permission(&review.by.login).await?;
        Ok((review, may))
    }))
    .await
}
