//! Reads what a request is weighed by beside the pull request itself, and nothing that no rule asks for.

use super::{all, teams};
use crate::admission::owners::{self, Owned, Sorting};
use crate::admission::{Grounds, PullReading, Said, Subject, Terms, approvers};
use crate::engine::fact::Fact;
use crate::engine::memory::Costly;
use crate::engine::world::World;
use crate::facts::{Changed, Opinion, Permission, Pull, PullState, Review, Rolls};
use crate::ids::{PrNumber, Reading, Sha};
use crate::port::{Clock, Forge, Git, Trouble};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::task::yield_now;

/// Reviewers of one pull request that are asked about: those against it first, then the latest.
const REVIEWERS_MAX: usize = 100;
/// Paths that are held against the owners' rules before others get a turn: with thousands of rules that takes some milliseconds.
const PATHS_AT_ONCE: usize = 32;

/// A request that is to be weighed.
#[derive(Clone, Copy)]
pub(super) struct Weighing<'a> {
    /// Its pull request as read just now.
    pub(super) pull: &'a Pull,
    /// When that reading began.
    pub(super) reading: Reading,
    /// What must be read.
    pub(super) subject: &'a Subject,
    /// The rules it is weighed by.
    pub(super) terms: &'a Terms,
    /// The commit of trunk that these rules are from.
    pub(super) by: Option<Sha>,
    /// What takes many requests may be as it was read lately.
    pub(super) recall: bool,
}

/// A pull request with what its request is weighed by.
pub(super) async fn weighed<W: World>(
    world: &W,
    number: PrNumber,
    (subject, terms): (&Subject, &Terms),
    by: Option<Sha>,
) -> Result<Vec<Fact>, Trouble> {
    let reading = world.readings().begin();
    let pull = world.forge().pull(number).await?;
    let grounds = match &pull {
        Some(pull) => Some(grounds(world, Weighing { pull, reading, subject, terms, by, recall: false }).await?),
        None => None,
    };
    Ok(vec![Fact::Pull(PullReading { grounds, ..PullReading::of(reading, number, pull) })])
}

/// Everything the rules ask for about a pull request at an approved head, or one that may be.
pub(super) async fn grounds<W: World>(world: &W, weighing: Weighing<'_>) -> Result<Grounds, Trouble> {
    let Weighing { subject, terms, .. } = weighing;
    let number = weighing.pull.number;
    let may = match &subject.rests_on {
        Some(login) => Some(world.forge().permission(login).await?),
        None => None,
    };
    let reviews = if terms.asks_reviews() { Some(reviews(world, number, &subject.said).await?) } else { None };
    let checks = if terms.asks_head(&subject.wish) { Some(world.forge().checks(subject.head).await?) } else { None };
    let awaited = subject.said.awaited();
    let depends = if awaited.is_empty() { None } else { Some(depends(world, &awaited).await?) };
    let asks = terms.rules.last_push_approved;
    let pusher = if asks { Some(world.forge().pusher(number, subject.head).await?) } else { None };
    let Costly { changed, conversations } = costly(world, weighing).await?;
    let owned = match (weighing.by, changed) {
        (Some(trunk), Some(changed)) => Some(owned(world, trunk, &changed).await?),
        (_, None) | (None, _) => None,
    };
    let rolls = rolls(world, terms, subject, owned.as_ref(), reviews.as_deref()).await?;
    Ok(Grounds { word: may, reviews, checks, depends, owned, pusher, conversations, rolls })
}

async fn costly<W: World>(world: &W, weighing: Weighing<'_>) -> Result<Costly, Trouble> {
    let Weighing { pull, reading, terms, .. } = weighing;
    let (asks_owners, asks_talks) = (terms.rules.code_owners, terms.rules.conversations_resolved);
    if !(asks_owners || asks_talks) {
        return Ok(Costly::default());
    }
    let (now, memory) = (world.clock().now(), world.memory());
    let whole =
        |known: &Costly| (known.changed.is_some() || !asks_owners) && (known.conversations.is_some() || !asks_talks);
    if let Some(known) = memory.recall(pull, now).filter(|known| weighing.recall && whole(known)) {
        return Ok(known);
    }
    let changed = if asks_owners { Some(Arc::new(world.forge().changed(pull.number).await?)) } else { None };
    let conversations = if asks_talks { Some(world.forge().unresolved(pull.number).await?) } else { None };
    let costly = Costly { changed, conversations };
    memory.keep(pull, reading, costly.clone(), now);
    Ok(costly)
}

/// Always by the file on trunk: nothing in a pull request changes how it is judged.
async fn owned<W: World>(world: &W, trunk: Sha, changed: &Changed) -> Result<Owned, Trouble> {
    world.git().fetch(&[trunk], &[]).await?;
    let Some(file) = world.git().owners(trunk).await? else { return Ok(Owned::default()) };
    let Some(text) = &file.text else { return Ok(Owned::TooLarge(file.path)) };
    let mut sorting = Sorting::new(text);
    for (n, path) in changed.paths.iter().enumerate() {
        if n % PATHS_AT_ONCE == PATHS_AT_ONCE - 1 {
            yield_now().await;
        }
        sorting.add(path);
    }
    Ok(sorting.done(changed.whole))
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
    let pulls = all(awaited.iter().map(|number| world.forge().pull(*number))).await?;
    Ok(awaited.iter().copied().zip(pulls.into_iter().map(|pull| Some(pull?.state))).collect())
}

/// Reviews, and comments that count as such.
async fn reviews<W: World>(world: &W, number: PrNumber, said: &Said) -> Result<Vec<(Review, Permission)>, Trouble> {
    let mut reviews = world.forge().reviews(number).await?;
    reviews.extend(said.approvals().cloned());
    reviews.sort_by_key(|review| (review.opinion == Opinion::Approves, std::cmp::Reverse(review.at)));
    reviews.truncate(REVIEWERS_MAX);
    all(reviews.into_iter().map(|review| async {
        let may = world.forge().permission(&review.by.login).await?;
        Ok((review, may))
    }))
    .await
}
