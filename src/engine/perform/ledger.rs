//! Adds an entry to the ledger where it ends: the commit is made here, and pushed by whoever records something, together with
//! what it records. It decides nothing about what is recorded.

use crate::engine::world::World;
use crate::ids::{Moment, Sha};
use crate::ledger::{self, Entry};
use crate::port::git::{Expect, LedgerCommit, RefUpdate};
use crate::port::{Git, Trouble};
use std::collections::BTreeMap;

/// The update that adds an entry after `tip`, where the ledger was read to end. The lease on it makes the chain: who was
/// overtaken reads again and makes another commit. `files` are to be other than they are there.
pub(super) async fn append<W: World>(
    world: &W,
    tip: Option<Sha>,
    entry: &Entry,
    (at, files): (Moment, BTreeMap<String, Option<Vec<u8>>>),
) -> Result<RefUpdate, Trouble> {
    ours(world, tip).await?;
    let commit = LedgerCommit { parent: tip, message: entry.message(), files, at };
    let to = world.git().ledger_commit(&commit).await?;
    Ok(RefUpdate { name: ledger::name(), expect: tip.map_or(Expect::Absent, Expect::At), to: Some(to) })
}

/// The ledger is yet to begin, or ends with an entry. Anything else there was written by somebody else: to go on from it would
/// vouch for it.
pub(super) async fn ours<W: World>(world: &W, tip: Option<Sha>) -> Result<(), Trouble> {
    let Some(tip) = tip else { return Ok(()) };
    world.git().fetch(&[tip], &[]).await?;
    let read = world.git().ledger_page(tip).await?.map(|page| Entry::read(&page.message));
    let why = match read {
        Some(Ok(_)) => return Ok(()),
        Some(Err(why)) => why.to_string(),
        None => "it is no commit with one parent".to_owned(),
    };
    let name = ledger::REF;
    Err(Trouble::Denied(format!(
        "{name} is at {tip}, which is no entry of Greenline's: {why}. Nothing lands before that is mended: find out who \
         pushed it, and put {name} back to the last entry before; if there is none, delete it, and a new ledger begins"
    )))
}
