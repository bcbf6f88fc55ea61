//! What people ask of stages and of trunk: that nothing moves, or that it may again, and that a candidate is made now.

use super::{Answer, done, known, said};
use crate::delivery::candidate::{PostMerge, Readiness};
use crate::delivery::event::Ask;
use crate::delivery::notice::{Granted, News, Refusal};
use crate::delivery::red;
use crate::delivery::state::{Health, Hold, Lock, Scope, State};
use crate::ids::{CandidateSeq, LockId, Moment, StageName};

pub(super) fn hold(state: &mut State, asked: &Ask, (name, reason): (&StageName, &str), now: Moment) -> Answer {
    known(state, name)?;
    let reason = said(reason)?;
    let stage = state.stage_mut(name);
    if stage.hold.is_some() {
        return Err(Refusal::AlreadySo);
    }
    stage.hold = Some(Hold { since: now, by: Some(asked.by.clone()), reason, rollback: None });
    Ok(done(vec![News::Held(name.clone())]))
}

pub(super) fn resume(state: &mut State, name: &StageName) -> Answer {
    known(state, name)?;
    let stage = state.stage_mut(name);
    let unknown = stage.health == Health::Unknown && stage.active.is_none();
    if stage.hold.take().is_none() && !unknown {
        return Err(Refusal::AlreadySo);
    }
    if unknown {
        stage.health = Health::Healthy;
    }
    Ok(done(vec![News::Resumed(name.clone())]))
}

pub(super) fn lock_up(state: &mut State, lock: Lock) -> Answer {
    if let Scope::Stage(name) = &lock.scope {
        known(state, name)?;
    }
    state.last_lock += 1;
    let id = LockId::new(state.last_lock);
    state.locks.insert(id, lock);
    Ok((Granted::Locked(id), vec![News::Locked(id)]))
}

/// One's own lock, or one that came by itself; somebody else's takes more.
pub(super) fn unlock(state: &mut State, asked: &Ask, id: LockId) -> Answer {
    let lock = state.locks.get(&id).ok_or(Refusal::NoSuchLock(id))?;
    let own = lock.by.as_ref().is_none_or(|by| by.is(&asked.by));
    if !own && !asked.rights.administers() {
        return Err(Refusal::MayNotAdminister);
    }
    state.locks.remove(&id);
    Ok(done(vec![News::Unlocked(id)]))
}

pub(super) fn cut(state: &mut State) -> Answer {
    let newest = state.uncut.iter_mut().rev().find(|uncut| uncut.verdict == PostMerge::Green);
    let newest = newest.ok_or(Refusal::NothingToCut)?;
    if newest.asked {
        return Err(Refusal::AlreadySo);
    }
    newest.asked = true;
    Ok(done(Vec::new()))
}

/// What stands in the tag's place is overwritten: that takes more than writing.
pub(super) fn restore_tag(state: &mut State, asked: &Ask, seq: CandidateSeq) -> Answer {
    if !asked.rights.administers() {
        return Err(Refusal::MayNotAdminister);
    }
    let candidate = state.candidates.get_mut(&seq).ok_or(Refusal::NoSuchCandidate(seq))?;
    match &mut candidate.state {
        Readiness::Tampered { restoring, .. } if !*restoring => *restoring = true,
        Readiness::Tampered { .. } | Readiness::Pending | Readiness::Ready | Readiness::NotReleasable { .. } => {
            return Err(Refusal::AlreadySo);
        }
    }
    Ok(done(Vec::new()))
}

pub(super) fn fixing(state: &mut State, asked: &Ask) -> Answer {
    if red::fixing(state, &asked.by) { Ok(done(Vec::new())) } else { Err(Refusal::AlreadySo) }
}
