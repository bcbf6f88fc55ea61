//! Reads what a request is weighed by beside the pull request itself, and nothing that no rule asks for.

use super::teams;
use crate::admission::owners::{self, Owned};
use crate::admission::{Grounds, PullReading, Said, Subject, Terms, approvers};
use crate::engine::fact::Fact;
use crate::engine::world::World;
use crate::facts::{Opinion, Permission, PullState, Review, Rolls};
use crate::ids::{BranchName, PrNumber};
use crate::port::{Forge, Trouble};
use futures_util::future::try_join_all;
use futures_util::try_join;
use std::collections::{BTreeMap, BTreeSet};

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
    Ok(vec![Fact::Pull(PullReading { grounds: Some(grounds), ..PullReading::of(reading, number, pull) })])
}

/// Everything the rules ask for about a pull request at an approved head, or one that may be.
pub(super) async fn grounds<W: World>(
    world: &W,
    terms: &Terms,
    number: PrNumber,
    subject: &Subject,
) -> Result<Grounds, Trouble> {
    let word = match &subject.rests_on {
        Some(login) => Some(world.forge().permission(login).await?),
        None => None,
    };
    let reviews = if terms.asks_reviews() { Some(reviews(world, number, &subject.said).await?) } else { None };
    let checks = if terms.asks_head(&subject.wish) { Some(world.forge().checks(subject.head).await?) } else { None };
    let awaited = subject.said.awaited();
    let depends = if awaited.is_empty() { None } else { Some(depends(world, &awaited).await?) };
    let owned = if terms.rules.code_owners { Some(owned(world, &terms.trunk, number).await?) } else { None };
    let asks = terms.rules.last_push_approved;
    let pusher = if asks { Some(world.forge().pusher(number, subject.head).await?) } else { None };
    let asks = terms.rules.conversations_resolved;
    let conversations = if asks { Some(world.forge().unresolved(number).await?) } else { None };
    let rolls = rolls(world, terms, subject, owned.as_ref(), reviews.as_deref()).await?;
    Ok(Grounds { word, reviews, checks, depends, owned, pusher, conversations, rolls })
}

/// Always by the file on trunk: nothing in a pull request changes how it is judged.
async fn owned<W: World>(world: &W, trunk: &BranchName, number: PrNumber) -> Result<Owned, Trouble> {
    let (file, changed) = try_join!(world.forge().owners(trunk), world.forge().changed(number))?;
    Ok(owners::owned(file.as_ref(), &changed))
}

/// The memberships that decide: of who asked, or may by a review, among those who may ask; of who approved, among the owners.
async fn rolls<W: World>(
    world: &W,
    terms: &Terms,
    subject: &Subject,
    owned: Option<&Owned>,
    reviews: Option<&[(Review, Permission)]>,
) -> Result<Rolls, Trouble> {
    let approvers: Vec<_> =
        approvers(None, subject.head, reviews.unwrap_or_default()).into_iter().map(|person| &person.login).collect();
    let by_review = approvers.iter().copied().filter(|_| terms.review_asks && subject.by.is_none());
    let askers = subject.by.iter().chain(by_review);
    let mut pairs: BTreeSet<_> =
        askers.flat_map(|who| terms.teams_for(who).map(|team| (team.clone(), who.clone()))).collect();
    pairs.extend(owned.map(|owned| owners::asks(owned, &approvers)).unwrap_or_default());
    teams::rolls(world, pairs).await
}

async fn depends<W: World>(
    world: &W,
    awaited: &BTreeSet<PrNumber>,
) -> Result<BTreeMap<PrNumber, Option<PullState>>, Trouble> {
    let pulls = try_join_all(awaited.iter().map(|number| world.forge().pull(*number))).await?;
    Ok(awaited.iter().copied().zip(pulls.into_iter().map(|pull| Some(pull?.state))).collect())
}

/// Reviews, and comments that count as such.
async fn reviews<W: World>(world: &W, number: PrNumber, said: &Said) -> Result<Vec<(Review, Permission)>, Trouble> {
    let mut reviews = world.forge().reviews(number).await?;
    reviews.extend(said.approvals().cloned());
    reviews.sort_by_key(|review| (review.opinion == Opinion::Approves, std::cmp::Reverse(review.at)));
    reviews.truncate(REVIEWERS_MAX);
    try_join_all(reviews.into_iter().map(|review| async {
        let may = world.forge().permission(&review.by.login).await?;
        Ok((review, may))
    }))
    .await
}
