//! Everything a landing rests on, read again right before it: approvals, permissions, heads, checks, and the tree itself.

use crate::admission::{PullReading, Terms, fallen, weigh};
use crate::checks::{Evidence, Judgement, Named, judge};
use crate::engine::fact::Fact;
use crate::engine::job::{Descent, LandMember, Landing};
use crate::engine::perform::all;
use crate::engine::perform::grounds::{Weighing, grounds};
use crate::engine::perform::outcome::Failed;
use crate::engine::perform::restore::restore;
use crate::engine::world::World;
use crate::facts::Pull;
use crate::port::git::Recomputed;
use crate::port::{Clock, Forge, Git, Trouble};
use crate::queue::{Event, Refusal};
use futures_util::{TryFutureExt, try_join};

/// What the readings say together.
pub(super) struct Checked {
    /// The checks that are green on the tip.
    pub(super) green: Vec<Named>,
    /// The members' pull requests as they are.
    pub(super) pulls: Vec<Pull>,
    /// Why it must not land, if so.
    pub(super) refusal: Option<Refusal>,
    /// What was read that the queue has to know.
    pub(super) facts: Vec<Fact>,
}

pub(super) async fn precheck<W: World>(world: &W, landing: &Landing) -> Result<Checked, Failed> {
    let recipes = landing.members.iter().map(|member| member.recipe.clone()).collect();
    let descent = Descent { from: landing.from, recipes };
    if !restore(world, landing.to, &descent).await.map_err(Failed::of_last(&descent.recipes))? {
        return Ok(gone());
    }
    let about = |member: &LandMember| Failed::of(member.member.entry.pr);
    let members = all(landing.members.iter().map(|m| member_reading(world, m, landing).map_err(about(m))));
    let trees = all(landing.members.iter().map(|m| recompute(world, m).map_err(about(m))));
    let (checks, onward) = (world.forge().checks(landing.to).err_into(), onward(world, landing).err_into());
    let (readings, seen, trees, onward) = try_join!(members, checks, trees, onward)?;
    let mut facts = Vec::new();
    let mut pulls = Vec::new();
    let mut refusal = None;
    for (member, reading) in landing.members.iter().zip(readings) {
        if !still_approved(member, &reading, &landing.terms) {
            refusal = Some(Refusal::MemberChanged);
            facts.push(Fact::Pull(reading.clone()));
        }
        pulls.extend(reading.pull);
    }
    let now = world.clock().now();
    let evidence = Evidence { sha: landing.to, seen: &seen, spent: &landing.bar.spent, asked_at: None, now };
    let green = match judge(&landing.bar.required, &landing.bar.rules, evidence) {
        Judgement::Passed(green) => green,
        Judgement::Failed(_)
        | Judgement::Cancelled(_)
        | Judgement::Pending { .. }
        | Judgement::NeverStarted(_)
        | Judgement::NeverFinished(_) => {
            refusal = refusal.or(Some(Refusal::ChecksChanged));
            Vec::new()
        }
    };
    let backward = (!onward).then(|| backward(landing));
    refusal = refusal.or(backward).or(trees.into_iter().flatten().next());
    Ok(Checked { green, pulls, refusal, facts })
}

/// What is to land is lost: this attempt ends, and what stands in the queue is composed and tested anew.
fn gone() -> Checked {
    let facts = vec![Fact::Queue(Event::Reshaped)];
    Checked { green: Vec::new(), pulls: Vec::new(), refusal: Some(Refusal::Lost), facts }
}

/// What is to land stands on trunk.
async fn onward<W: World>(world: &W, landing: &Landing) -> Result<bool, Trouble> {
    world.git().fetch(&[landing.from], &[]).await?;
    world.git().is_ancestor(landing.from, landing.to).await
}

/// A lease alone would let trunk go back, for to git a leased push is a forced one.
fn backward(landing: &Landing) -> Refusal {
    let (trunk, from, to) = (&landing.trunk, landing.from, landing.to);
    tracing::error!(%trunk, %from, %to, "what is to land does not stand on trunk; not landing it");
    Refusal::Unsound(format!("commit {to} does not stand on {from}, where {trunk} is, so {trunk} would lose commits"))
}

async fn member_reading<W: World>(world: &W, member: &LandMember, landing: &Landing) -> Result<PullReading, Trouble> {
    let reading = world.readings().begin();
    let number = member.member.entry.pr;
    let pull = world.forge().pull(number);
    let Some(approval) = &member.approval else { return Ok(PullReading::of(reading, number, pull.await?)) };
    let (pull, subject) = (pull.await?, &approval.subject(&member.said));
    let grounds = match &pull {
        Some(pull) => {
            let (terms, by) = (&landing.terms, Some(landing.from));
            Some(grounds(world, Weighing { pull, reading, subject, terms, by, recall: false }).await?)
        }
        None => None,
    };
    Ok(PullReading { grounds, ..PullReading::of(reading, number, pull) })
}

fn still_approved(member: &LandMember, reading: &PullReading, terms: &Terms) -> bool {
    let (Some(approval), Some(pull)) = (&member.approval, &reading.pull) else { return false };
    reading.grounds.as_ref().is_some_and(|grounds| grounds.word.is_some())
        && fallen(approval, &member.moves, pull, (terms, reading)).is_none()
        && weigh(pull, &member.said, approval, reading.grounds.as_ref(), terms).is_empty()
}

/// The second engine's word on a member; a difference refuses and is loud.
async fn recompute<W: World>(world: &W, member: &LandMember) -> Result<Option<Refusal>, Trouble> {
    let (pr, tip) = (member.member.entry.pr, member.member.tip);
    match world.git().recompute(&member.recipe, tip).await? {
        Recomputed::Agrees => Ok(None),
        Recomputed::Differs(how) => {
            tracing::error!(%pr, %tip, how, "engines disagree: git computes another tree than we did; not landing it");
            Ok(Some(Refusal::Unsound(format!("git itself computes another result for #{pr} than commit {tip}: {how}"))))
        }
    }
}
