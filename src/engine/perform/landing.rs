//! Moves trunk to a tested commit: everything is read again, head branches are moved first and seen, then trunk, the candidate
//! tag and the ledger move in one atomic push under lease, and what happened is read back from the refs.

mod candidate;
mod entry;
mod heads;
mod precheck;

use crate::checks::{Evidence, Judgement, Named, judge};
use crate::config::repo::TagTemplate;
use crate::engine::fact::Fact;
use crate::engine::job::{Bar, Landing, landing_ref};
use crate::engine::perform::ledger::ours;
use crate::engine::perform::outcome::Failed;
use crate::engine::state::Landed;
use crate::engine::world::World;
use crate::ids::{Attempt, BranchName, PrNumber, Reading, RefName, Sha};
use crate::ledger;
use crate::port::git::{Expect, Pushed, RefUpdate, RemoteRef};
use crate::port::{Clock, Forge, Git, Trouble};
use crate::queue::{Event, Refusal};
use futures_util::join;
use heads::Guard;
use std::collections::BTreeMap;

/// Right after a head branch was moved GitHub may refuse the push to trunk for moments: pauses before the next tries.
const PUSH_PAUSES_MS: [u64; 2] = [400, 1_500];

/// So often in a row somebody else may write to the ledger between our reading it and our push.
const OVERTAKEN_MAX: u8 = 8;

/// Before an unanswered push is called off the refs are looked at once more, after this long.
const UNANSWERED_PAUSE_MS: u64 = 2_000;

/// The remote's refs as read at one time.
struct Refs {
    reading: Reading,
    trunk: Sha,
    all: BTreeMap<RefName, RemoteRef>,
}

impl Refs {
    fn at(&self, name: &RefName) -> Option<Sha> {
        self.all.get(name).map(|found| found.target)
    }
}

/// A landing that is about to be pushed.
#[derive(Clone, Copy)]
struct Ready<'a> {
    landing: &'a Landing,
    /// The checks that are green on what lands.
    green: &'a [Named],
    /// Pull requests whose heads could not be moved.
    unmoved: &'a [PrNumber],
}

/// Everything that a landing needs no longer to be possible.
pub(super) struct Revocation<'a> {
    pub(super) trunk: &'a BranchName,
    pub(super) to: Sha,
    pub(super) attempt: Attempt,
    pub(super) tag: &'a TagTemplate,
    pub(super) bar: &'a Bar,
}

/// Tries to land; answers with what the refs say afterwards.
pub(super) async fn land<W: World>(world: &W, landing: &Landing) -> Result<Vec<Fact>, Failed> {
    if let Some(refusal) = called_off(landing) {
        return Ok(settle(world, landing, Vec::new(), refusal).await?);
    }
    let (refs, checked) = join!(read_refs(world, landing), precheck::precheck(world, landing));
    if let Ok(refs) = &refs
        && (refs.trunk != landing.from || landed(world, landing.to, refs.trunk).await?)
    {
        return Ok(settle(world, landing, Vec::new(), Refusal::TrunkMoved).await?);
    }
    let (mut refs, checked) = (refs?, checked?);
    if let Some(refusal) = checked.refusal {
        let mut facts = checked.facts;
        facts.push(answer(landing.attempt, &refs, Err(refusal)));
        return Ok(facts);
    }
    // Before any head branch is moved: nothing can land where the ledger cannot go on.
    ours(world, refs.at(&ledger::name())).await?;
    let (unmoved, guard) = match heads::move_heads(world, landing, &checked.pulls, &refs).await? {
        heads::Moved::All { except, guard } => {
            if guard == Guard::There {
                let there = RemoteRef { target: landing.to, peeled: None };
                refs.all.insert(landing_ref(&landing.trunk, landing.attempt), there);
            }
            (except, guard)
        }
        heads::Moved::Stopped(facts) => {
            return Ok(facts
                .into_iter()
                .chain([answer(landing.attempt, &refs, Err(Refusal::MemberChanged))])
                .collect());
        }
    };
    let ready = Ready { landing, green: &checked.green, unmoved: &unmoved };
    let refusal = try_pushing(world, ready, (refs, guard)).await?;
    Ok(settle(world, landing, unmoved, refusal).await?)
}

/// Why it is not even tried. Of a member without an approval nothing is read: perhaps that went because nothing can be.
fn called_off(landing: &Landing) -> Option<Refusal> {
    let withdrawn = landing.members.iter().any(|member| member.approval.is_none());
    landing.stopped.then_some(Refusal::Stopped).or_else(|| withdrawn.then_some(Refusal::MemberChanged))
}

/// Pushes trunk, a few times if the forge refuses while trunk stays where it was; why it was refused last.
async fn try_pushing<W: World>(world: &W, ready: Ready<'_>, (first, guard): (Refs, Guard)) -> Result<Refusal, Trouble> {
    let landing = ready.landing;
    let (mut pauses, mut overtaken) = (PUSH_PAUSES_MS.into_iter(), 0);
    let mut refusal = Refusal::NoAnswer;
    let mut known = Some(first).filter(|_| guard == Guard::There);
    loop {
        // What was read before still serves once: the leases judge it.
        let refs = match known.take() {
            Some(refs) => refs,
            None => read_refs(world, landing).await?,
        };
        if refs.trunk != landing.from {
            return Ok(refusal);
        }
        if let Some(missing) = without_guard(landing, &refs, &guard)? {
            return Ok(missing);
        }
        refusal = match push_trunk(world, ready, &refs).await? {
            None => return Ok(refusal),
            Some(Refusal::NoAnswer) => return Ok(Refusal::NoAnswer),
            Some(refusal) => refusal,
        };
        let now = read_refs(world, landing).await?;
        if now.at(&ledger::name()) != refs.at(&ledger::name()) {
            // Another queue wrote to the ledger first, which is no refusal of what lands here.
            overtaken += 1;
            if overtaken > OVERTAKEN_MAX {
                return Err(Trouble::busy(format!("{} was written to by others each time", ledger::REF)));
            }
            known = Some(now);
            continue;
        }
        let Some(pause) = pauses.next() else { return Ok(refusal) };
        world.clock().sleep_ms(pause).await;
    }
}

/// What it comes to if the ref in the landing's lease is not where it must be: nothing may land without it.
fn without_guard(landing: &Landing, refs: &Refs, guard: &Guard) -> Result<Option<Refusal>, Trouble> {
    let name = landing_ref(&landing.trunk, landing.attempt);
    match (refs.at(&name), guard) {
        (Some(at), _) if at == landing.to => Ok(None),
        (Some(at), _) => Ok(Some(Refusal::Refused(format!("{name} is taken by commit {at}")))),
        // Not a refusal to be called off: calling off needs this very ref.
        (None, Guard::Refused(why)) => Err(Trouble::Denied(format!(
            "{name} was refused: {why}. Let the App create, update and delete refs/greenline/*"
        ))),
        // Somebody took it away, or the push that made it was not answered.
        (None, Guard::There | Guard::Unseen) => Err(Trouble::busy(format!("{name} is not there yet"))),
    }
}

/// Says what the refs say now, whatever was answered before; `refusal` counts if trunk is where it was.
async fn settle<W: World>(
    world: &W,
    landing: &Landing,
    unmoved: Vec<PrNumber>,
    refusal: Refusal,
) -> Result<Vec<Fact>, Trouble> {
    let mut refs = read_refs(world, landing).await?;
    if refusal == Refusal::NoAnswer && refs.trunk == landing.from {
        // The push may still be on its way, and whatever swallows answers is not asked at once again.
        world.clock().sleep_ms(UNANSWERED_PAUSE_MS).await;
        refs = read_refs(world, landing).await?;
    }
    if landed(world, landing.to, refs.trunk).await? {
        return conclude(world, landing, refs, unmoved).await;
    }
    let refusal = if refs.trunk == landing.from { refusal } else { Refusal::TrunkMoved };
    Ok(vec![answer(landing.attempt, &refs, Err(refusal))])
}

/// Pushes trunk, the candidate tag and the ledger, and takes the group's refs away, all or nothing; why not, if it was refused.
async fn push_trunk<W: World>(world: &W, ready: Ready<'_>, refs: &Refs) -> Result<Option<Refusal>, Trouble> {
    let Ready { landing, green, .. } = ready;
    let guard = landing_ref(&landing.trunk, landing.attempt);
    let tag = if landing.cuts { Some(candidate::tag(world, landing, green, &refs.all).await?) } else { None };
    let entry = entry::update(world, ready, tag.as_ref(), refs).await?;
    let mut updates = vec![
        RefUpdate { name: landing.trunk.to_ref(), expect: Expect::At(landing.from), to: Some(landing.to) },
        entry,
        RefUpdate { name: guard, expect: Expect::At(landing.to), to: None },
    ];
    updates.extend(tag.map(|(name, object)| RefUpdate { name, expect: Expect::Absent, to: Some(object) }));
    if let Some(at) = refs.at(&landing.branch) {
        updates.push(RefUpdate { name: landing.branch.clone(), expect: Expect::At(at), to: None });
    }
    let pushed = world.git().push(None, &updates, true).await?;
    // Of an atomic push every ref is refused; trunk stands first, for the reason that says most is the one about it.
    let rejected = pushed.iter().find_map(|outcome| match outcome {
        Pushed::Rejected(why) => Some(Refusal::Refused(why.clone())),
        Pushed::Done | Pushed::Unknown(_) => None,
    });
    let done = pushed.iter().all(|outcome| *outcome == Pushed::Done);
    Ok(rejected.or((!done).then_some(Refusal::NoAnswer)))
}

async fn read_refs<W: World>(world: &W, landing: &Landing) -> Result<Refs, Trouble> {
    let tags = format!("refs/tags/{}", landing.tag.prefix);
    let guard = landing_ref(&landing.trunk, landing.attempt);
    read(world, &landing.trunk, &[&tags, guard.as_str(), landing.branch.as_str(), ledger::REF]).await
}

async fn read<W: World>(world: &W, trunk: &BranchName, others: &[&str]) -> Result<Refs, Trouble> {
    let reading = world.readings().begin();
    let name = trunk.to_ref();
    let prefixes: Vec<&str> = others.iter().copied().chain([name.as_str()]).collect();
    let all = world.git().remote_refs(&prefixes).await?;
    let tip = all.get(&name).map(|found| found.target);
    let trunk = tip.ok_or_else(|| Trouble::Denied(format!("{trunk} is not there any more: restore it")))?;
    Ok(Refs { reading, trunk, all })
}

/// Landed means: trunk, or an ancestor of trunk.
async fn landed<W: World>(world: &W, to: Sha, trunk: Sha) -> Result<bool, Trouble> {
    if to == trunk {
        return Ok(true);
    }
    world.git().fetch(&[trunk], &[]).await?;
    world.git().is_ancestor(to, trunk).await
}

fn answer(attempt: Attempt, refs: &Refs, landed: Result<(), Refusal>) -> Fact {
    Fact::Queue(Event::LandingAnswered { attempt, reading: refs.reading, trunk: refs.trunk, landed })
}

async fn conclude<W: World>(
    world: &W,
    landing: &Landing,
    refs: Refs,
    unmoved: Vec<PrNumber>,
) -> Result<Vec<Fact>, Trouble> {
    let known = known(world, landing.to, &landing.tag, &landing.bar, &refs).await?;
    let known = Landed { unmoved, ..known };
    Ok(vec![Fact::Landed { tip: landing.to, landed: known }, answer(landing.attempt, &refs, Ok(()))])
}

/// What can be read of a tip that has landed: its tag and its green checks.
async fn known<W: World>(world: &W, to: Sha, tag: &TagTemplate, bar: &Bar, refs: &Refs) -> Result<Landed, Trouble> {
    let tagged = |(name, found): (&RefName, &RemoteRef)| {
        let name = name.as_str().strip_prefix("refs/tags/")?;
        (found.peeled == Some(to) && tag.parse(name).is_some()).then(|| (name.to_owned(), found.target))
    };
    let seen = world.forge().checks(to).await?;
    let now = world.clock().now();
    let evidence = Evidence { sha: to, seen: &seen, spent: &bar.spent, asked_at: None, now };
    let checks = match judge(&bar.required, &bar.rules, evidence) {
        Judgement::Passed(green) => green,
        Judgement::Failed(_)
        | Judgement::Cancelled(_)
        | Judgement::Pending { .. }
        | Judgement::NeverStarted(_)
        | Judgement::NeverFinished(_) => Vec::new(),
    };
    let found = refs.all.iter().find_map(tagged);
    let (candidate, tag) = found.map_or((None, None), |(name, object)| (Some(name), Some(object)));
    Ok(Landed { candidate, tag, checks, unmoved: Vec::new() })
}

/// Puts another commit where the landing's lease asks for its own; after that, what the refs say is final.
///
/// Deleting the ref would not do: the push that made it may have been tried twice, and the one that was not answered can
/// still arrive, make it again, and so let a late push of the landing succeed. It goes only when trunk has moved on.
pub(super) async fn revoke<W: World>(world: &W, revocation: &Revocation<'_>) -> Result<Vec<Fact>, Trouble> {
    let guard = landing_ref(revocation.trunk, revocation.attempt);
    let tags = format!("refs/tags/{}", revocation.tag.prefix);
    let prefixes = [guard.as_str(), tags.as_str()];
    let mut refs = read(world, revocation.trunk, &prefixes).await?;
    let open = |at: Option<Sha>| at.is_none_or(|at| at == revocation.to);
    if open(refs.at(&guard)) && !landed(world, revocation.to, refs.trunk).await? {
        let expect = refs.at(&guard).map_or(Expect::Absent, Expect::At);
        let update = RefUpdate { name: guard.clone(), expect, to: Some(refs.trunk) };
        for pushed in world.git().push(None, &[update], true).await? {
            match pushed {
                Pushed::Done => {}
                Pushed::Rejected(why) | Pushed::Unknown(why) => {
                    return Err(Trouble::busy(format!("{guard} could not be put on another commit ({why})")));
                }
            }
        }
        refs = read(world, revocation.trunk, &prefixes).await?;
        if open(refs.at(&guard)) && !landed(world, revocation.to, refs.trunk).await? {
            return Err(Trouble::busy(format!("{guard} is there again")));
        }
    }
    let landed = landed(world, revocation.to, refs.trunk).await?;
    let mut facts = Vec::new();
    if landed {
        let known = known(world, revocation.to, revocation.tag, revocation.bar, &refs).await?;
        facts.push(Fact::Landed { tip: revocation.to, landed: known });
    }
    let (attempt, reading, trunk) = (revocation.attempt, refs.reading, refs.trunk);
    facts.push(Fact::Queue(Event::Revoked { attempt, reading, trunk, landed }));
    Ok(facts)
}
