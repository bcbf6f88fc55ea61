//! Moves the members' head branches to what they land as, under lease, and waits until the forge has noticed: only then does
//! a rebased pull request show as merged.

use super::Refs;
use crate::admission::PullReading;
use crate::engine::fact::Fact;
use crate::engine::job::{LandMember, Landing, landing_ref};
use crate::engine::perform::outcome::Failed;
use crate::engine::world::World;
use crate::facts::{Pull, Reach, Strategy};
use crate::ids::{PrNumber, RepoName};
use crate::port::git::{Expect, Pushed, RefUpdate};
use crate::port::{Clock, Forge, Git, Trouble};

/// The forge is asked this often, in milliseconds, whether it has noticed.
const LOOK_MS: u64 = 100;

/// What became of the heads.
pub(super) enum Moved {
    /// All that can be moved are moved; these cannot.
    All {
        /// Their pull requests will not show as merged.
        except: Vec<PrNumber>,
        /// The ref in the landing's lease.
        guard: Guard,
    },
    /// Somebody pushed to one meanwhile; what was read of it.
    Stopped(Vec<Fact>),
}

/// How it stands with the ref in the landing's lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Guard {
    /// It is seen to be there.
    There,
    /// It has to be read again.
    Unseen,
    /// The remote did not take it; its words.
    Refused(String),
}

pub(super) async fn move_heads<W: World>(
    world: &W,
    landing: &Landing,
    pulls: &[Pull],
    refs: &Refs,
) -> Result<Moved, Failed> {
    let mut except = Vec::new();
    // Their heads stand in what lands, as the forge will see; no lease tells whether they were pushed to.
    let mut staying = Vec::new();
    let mut moving = Vec::new();
    let mut updates = Vec::new();
    let mut forks = Vec::new();
    let name = landing_ref(&landing.trunk, landing.attempt);
    let mut guard = if refs.at(&name) == Some(landing.to) { Guard::There } else { Guard::Unseen };
    if refs.at(&name).is_none() {
        updates.push((None, RefUpdate { name, expect: Expect::Absent, to: Some(landing.to) }));
    }
    for (member, pull) in landing.members.iter().zip(pulls) {
        let update = head_update(member, pull);
        if stands_in_it(world, member, pull).await? {
            staying.push(pull.number);
            continue;
        }
        match (pull.reach(&landing.repository, &landing.trunks), update) {
            (_, None) => {}
            (Reach::Nowhere, Some(_)) => except.push(pull.number),
            (Reach::Here, Some(update)) => updates.push((Some(pull.number), update)),
            (Reach::Fork(name), Some(update)) => forks.push((pull.number, name, update)),
        }
    }
    let plain: Vec<RefUpdate> = updates.iter().map(|(_, update)| update.clone()).collect();
    let outcomes = if plain.is_empty() { Vec::new() } else { world.git().push(None, &plain, false).await? };
    for ((pr, _), outcome) in updates.iter().zip(outcomes) {
        match (pr, outcome) {
            (Some(pr), Pushed::Done) => moving.push(*pr),
            (Some(pr), Pushed::Rejected(_)) => except.push(*pr),
            (Some(pr), Pushed::Unknown(why)) => return Err(Failed::of(*pr)(unanswered(*pr, &why))),
            (None, Pushed::Done) => guard = Guard::There,
            (None, Pushed::Rejected(why)) => guard = Guard::Refused(why),
            (None, Pushed::Unknown(_)) => {}
        }
    }
    for (pr, name, update) in forks {
        if push_to_fork(world, pr, &name, update).await.map_err(Failed::of(pr))? {
            moving.push(pr);
        } else {
            except.push(pr);
        }
    }
    let unleased: Vec<PrNumber> = except.iter().chain(&staying).copied().collect();
    let stopped = pushed_meanwhile(world, landing, &unleased).await?;
    if !stopped.is_empty() {
        return Ok(Moved::Stopped(stopped));
    }
    see(world, landing, &moving).await?;
    Ok(Moved::All { except, guard })
}

/// Moves a head in a fork; false if it stays. A fork may refuse for many reasons, its owner's settings among them; then the
/// pull request is closed instead.
async fn push_to_fork<W: World>(world: &W, pr: PrNumber, name: &RepoName, update: RefUpdate) -> Result<bool, Trouble> {
    match world.git().push(Some(name), &[update], false).await {
        Ok(outcomes) => match outcomes.first() {
            Some(Pushed::Done) => Ok(true),
            Some(Pushed::Rejected(_)) => Ok(false),
            Some(Pushed::Unknown(why)) => Err(unanswered(pr, why)),
            None => Err(Trouble::Bug(format!("the push to the fork of #{pr} has no outcome"))),
        },
        Err(Trouble::Denied(_) | Trouble::Bug(_)) => Ok(false),
        Err(busy @ Trouble::Busy { .. }) => Err(busy),
    }
}

/// It may have moved: taken for unmoved, its pull request would be closed although it is about to show as merged.
fn unanswered(pr: PrNumber, why: &str) -> Trouble {
    Trouble::busy(format!("moving the head branch of #{pr} was not answered ({why})"))
}

/// The head stands in what lands beside other commits, so that the forge sees by itself that it is merged: always where
/// heads are merged as they are, and where rebasing had nothing to do before the merge.
async fn stands_in_it<W: World>(world: &W, member: &LandMember, pull: &Pull) -> Result<bool, Trouble> {
    match member.recipe.strategy {
        Strategy::Merge | Strategy::FastForward => Ok(true),
        Strategy::RebaseMerge => world.git().is_ancestor(pull.head, member.member.tip).await,
        Strategy::Rebase | Strategy::Squash => Ok(false),
    }
}

/// The move a head needs; `None` when it is there already.
fn head_update(member: &LandMember, pull: &Pull) -> Option<RefUpdate> {
    let branch = pull.head_repo.as_ref().map(|head| head.branch.to_ref())?;
    let to = member.member.tip;
    (pull.head != to).then_some(RefUpdate { name: branch, expect: Expect::At(pull.head), to: Some(to) })
}

/// Of the heads that are not moved under lease, those that are no longer where they were approved.
async fn pushed_meanwhile<W: World>(world: &W, landing: &Landing, unleased: &[PrNumber]) -> Result<Vec<Fact>, Trouble> {
    let mut facts = Vec::new();
    for member in landing.members.iter().filter(|member| unleased.contains(&member.member.entry.pr)) {
        let reading = world.readings().begin();
        let number = member.member.entry.pr;
        let pull = world.forge().pull(number).await?;
        let head = pull.as_ref().map(|pull| pull.head);
        if head.is_none_or(|head| head != member.member.entry.head && !member.moves.contains(&head)) {
            facts.push(Fact::Pull(PullReading::of(reading, number, pull)));
        }
    }
    Ok(facts)
}

/// Waits, within bounds, until the forge shows every moved head where it was moved to.
async fn see<W: World>(world: &W, landing: &Landing, moved: &[PrNumber]) -> Result<(), Trouble> {
    let began = world.clock().now();
    let limit = i64::try_from(world.head_seen_ms()).unwrap_or(i64::MAX);
    for member in landing.members.iter().filter(|member| moved.contains(&member.member.entry.pr)) {
        loop {
            let pull = world.forge().pull(member.member.entry.pr).await?;
            if pull.is_some_and(|pull| pull.head == member.member.tip) {
                break;
            }
            if world.clock().now().since_ms(began) >= limit {
                tracing::warn!(pr = %member.member.entry.pr, "the forge has not noticed the moved head in time; landing all the same");
                return Ok(());
            }
            world.clock().sleep_ms(LOOK_MS).await;
        }
    }
    Ok(())
}
