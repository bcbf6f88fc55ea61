//! Writes into the ledger what it does not know yet, in one push with the refs of stages that this is about. What the remote says
//! afterwards is the answer: whatever was written before a crash is found there and not written twice.

use super::happened;
use crate::delivery::Event;
use crate::delivery::event::StartAnswer;
use crate::engine::delivery::Entry;
use crate::engine::delivery::job::{Recording, StageMove};
use crate::engine::delivery::take;
use crate::engine::fact::Fact;
use crate::engine::perform::ledger::append;
use crate::engine::world::World;
use crate::ids::{Moment, RefName, Sha};
use crate::ledger::{self, Delivered, Line, REF};
use crate::port::git::{Expect, Pushed, RefUpdate, RemoteRef};
use crate::port::{Git, Trouble};
use std::collections::BTreeMap;

type Refs = BTreeMap<RefName, RemoteRef>;

/// Writes and moves; a move that cannot be is told, and does not keep the rest.
pub(super) async fn record<W: World>(world: &W, recording: &Recording) -> Result<Vec<Fact>, Trouble> {
    let mut names: Vec<&str> = vec![REF];
    names.extend(recording.moves.iter().map(|one| one.name.as_str()));
    let refs = world.git().remote_refs(&names).await?;
    let ledger = ledger::name();
    let tip = refs.get(&ledger).map(|found| found.target);
    let written = written(world, recording, tip).await?;
    let entries: Vec<&Entry> = recording.entries.iter().filter(|entry| entry.n > written).collect();
    let (moves, mut facts) = sort(recording, &refs);
    let mut updates: Vec<RefUpdate> = moves.iter().map(|(one, at)| update(one, *at)).collect();
    let mut new = tip;
    if !entries.is_empty() {
        let update = page(world, recording, tip, &entries).await?;
        new = update.to;
        updates.push(update);
    }
    if !updates.is_empty() {
        for pushed in world.git().push(None, &updates, true).await? {
            match pushed {
                Pushed::Done => {}
                Pushed::Rejected(why) | Pushed::Unknown(why) => {
                    return Err(Trouble::busy(format!("the ledger could not be written ({why})")));
                }
            }
        }
    }
    facts.extend(moves.iter().map(|(one, _)| answered(one, StartAnswer::Done)));
    if let (Some(tip), Some(last)) = (new, recording.entries.last()) {
        facts.insert(0, Fact::Delivery(take::Fact::Recorded { tip, upto: last.n }));
    }
    Ok(facts)
}

/// The last of our entries that the ledger has already.
async fn written<W: World>(world: &W, recording: &Recording, tip: Option<Sha>) -> Result<u64, Trouble> {
    let Some(tip) = tip.filter(|tip| Some(*tip) != recording.known) else { return Ok(0) };
    world.git().fetch(&[tip], &[]).await?;
    let pages = world.git().ledger_pages(tip, recording.known).await?;
    let Some(pages) = pages else {
        return Err(Trouble::Denied(format!(
            "{REF} was moved by somebody else: it no longer contains {}. Find out who did that, and put it back with \
             `git push --force origin {}:{REF}`",
            recording.known.map(|known| known.to_string()).unwrap_or_default(),
            recording.known.map(|known| known.to_string()).unwrap_or_default(),
        )));
    };
    let ours = |line: &Line| match line {
        Line::Delivery(line) if line.trunk == recording.trunk => Some(line.n),
        Line::Delivery(_) | Line::Landed(_) | Line::Unknown(_) => None,
    };
    let read = pages.iter().filter_map(|page| ledger::Entry::read(&page.message).ok());
    Ok(read.filter_map(|entry| entry.lines.iter().filter_map(ours).max()).max().unwrap_or(0))
}

/// Which moves can be made, and which are made already or cannot be.
fn sort<'r>(recording: &'r Recording, refs: &Refs) -> (Vec<(&'r StageMove, Option<Sha>)>, Vec<Fact>) {
    let (mut can, mut facts) = (Vec::new(), Vec::new());
    for one in &recording.moves {
        let at = refs.get(&one.name).map(|found| found.target);
        if at == Some(one.to) {
            facts.push(answered(one, StartAnswer::Done));
        } else if at.is_some() && one.from.is_some() && at != one.from {
            let at = at.map(|at| at.short()).unwrap_or_default();
            let why = format!(
                "{} is at {at}, where somebody else moved it; put it back to {}, and try again",
                one.name,
                one.from.map(|from| from.short()).unwrap_or_default()
            );
            facts.push(answered(one, StartAnswer::Refused(why)));
        } else {
            can.push((one, at));
        }
    }
    (can, facts)
}

fn answered(one: &StageMove, answer: StartAnswer) -> Fact {
    happened(Event::Started { deployment: one.deployment, attempt: one.attempt, answer })
}

fn expect(at: Option<Sha>) -> Expect {
    at.map_or(Expect::Absent, Expect::At)
}

fn update(one: &StageMove, at: Option<Sha>) -> RefUpdate {
    RefUpdate { name: one.name.clone(), expect: expect(at), to: Some(one.to) }
}

/// The ledger's next commit.
async fn page<W: World>(
    world: &W,
    recording: &Recording,
    parent: Option<Sha>,
    entries: &[&Entry],
) -> Result<RefUpdate, Trouble> {
    let trunk = &recording.trunk;
    let lines = entries.iter().map(|Entry { n, at, event }| {
        let (trunk, event) = (trunk.clone(), event.clone());
        Line::Delivery(Box::new(Delivered { trunk, n: *n, at: *at, event }))
    });
    let (first, last) = (entries.first().map_or(0, |e| e.n), entries.last().map_or(0, |e| e.n));
    let subject = if first == last {
        format!("Delivery of {trunk}: entry {first}")
    } else {
        format!("Delivery of {trunk}: entries {first} to {last}")
    };
    let entry = ledger::Entry { subject, lines: lines.collect() };
    let name = format!("delivery/{}.json", trunk.as_str().replace('/', "%2F"));
    let files = BTreeMap::from([(name, Some(recording.snapshot.clone()))]);
    let at = entries.last().map_or(Moment::from_ms(0), |entry| entry.at);
    append(world, parent, &entry, (at, files)).await
}
