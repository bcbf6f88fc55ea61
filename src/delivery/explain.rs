//! How each candidate stands before each stage, and what would follow if somebody asked for something: the same gates and the same
//! moves as when it is done. It changes nothing and has no words.

use super::ask;
use super::candidate::Candidate;
use super::deployment::{Deployment, End, Kind, Phase};
use super::event::Ask;
use super::gate::{self, Gate};
use super::moves;
use super::notice::{Granted, Notice, Refusal};
use super::plan::{self, Move};
use super::policy::Stage;
use super::state::{Request, State};
use crate::ids::{CandidateSeq, DeploymentId, Moment, StageName};

/// Moves that are shown of what would follow, at the most.
const FORESEEN_MAX: usize = 100;

/// How a candidate stands before a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pass {
    /// It was not there and is not asked for; what would keep it from beginning now.
    NotYet(Vec<Gate>),
    /// It is asked for, and this keeps it from beginning.
    Waiting(DeploymentId, Vec<Gate>),
    /// It has the stage, and what it rests on is read once more.
    Confirming(DeploymentId),
    /// The driver is at work.
    Deploying(DeploymentId),
    /// The driver is to stop.
    Stopping(DeploymentId),
    /// Nobody knows how it stands: a person is to say.
    Unknown(DeploymentId),
    /// It is there and is looked at.
    Verifying {
        /// By which deployment.
        deployment: DeploymentId,
        /// How long it has run there, in milliseconds.
        soaked_ms: i64,
        /// How long it must.
        soak_ms: i64,
    },
    /// It was there and was as it should be.
    Verified {
        /// When.
        at: Moment,
        /// By which deployment.
        deployment: DeploymentId,
    },
    /// It came to no good end there.
    Failed(DeploymentId),
    /// Another one went instead.
    Superseded(DeploymentId),
    /// Somebody took it back before it began.
    Cancelled(DeploymentId),
    /// It must not go there.
    Rejected(String),
}

/// A candidate before a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Which stage.
    pub stage: StageName,
    /// How it stands.
    pub pass: Pass,
    /// It runs there now, as far as we know.
    pub current: bool,
    /// It was verified there last.
    pub stable: bool,
}

/// Each candidate before each stage, the newest first.
pub fn board(state: &State, now: Moment) -> Vec<(CandidateSeq, Vec<Cell>)> {
    let row = |candidate: &Candidate| state.policy.stages.iter().map(|s| cell(state, candidate, s, now)).collect();
    state.candidates.values().rev().map(|candidate| (candidate.seq, row(candidate))).collect()
}

/// One candidate before one stage.
pub fn cell(state: &State, candidate: &Candidate, stage: &Stage, now: Moment) -> Cell {
    let known = state.stage(&stage.name);
    let (current, stable) = (known.current == Some(candidate.seq), known.stable == Some(candidate.seq));
    Cell { stage: stage.name.clone(), pass: pass(state, candidate, stage, now), current, stable }
}

fn pass(state: &State, candidate: &Candidate, stage: &Stage, now: Moment) -> Pass {
    let mut all = state.on(&stage.name).filter(|deployment| deployment.candidate == candidate.seq);
    let last = all.next_back();
    if let Some(open) = last.filter(|deployment| !deployment.ended()) {
        return under_way(state, open, stage, now);
    }
    if let Some(rejection) = candidate.rejected.get(&stage.name) {
        return Pass::Rejected(rejection.reason.clone());
    }
    if let Some(pass) = candidate.passes.get(&stage.name) {
        return Pass::Verified { at: pass.at, deployment: pass.deployment };
    }
    match last.and_then(|last| last.end().map(|end| (last.id, end))) {
        Some((_, End::Superseded(by))) => Pass::Superseded(*by),
        Some((id, End::Cancelled(_) | End::Denied(_))) => Pass::Cancelled(id),
        Some((id, End::Failed { .. } | End::TimedOut | End::VerifyFailed(_) | End::Aborted(_))) => Pass::Failed(id),
        Some((_, End::Succeeded)) | None => Pass::NotYet(why_not(state, candidate, stage, now)),
    }
}

fn under_way(state: &State, deployment: &Deployment, stage: &Stage, now: Moment) -> Pass {
    let id = deployment.id;
    match deployment.phase {
        Phase::Waiting => Pass::Waiting(id, gate::closed(state, deployment, now)),
        Phase::Confirming => Pass::Confirming(id),
        Phase::Starting | Phase::Running => Pass::Deploying(id),
        Phase::Stopping { .. } => Pass::Stopping(id),
        Phase::Unknown { .. } => Pass::Unknown(id),
        Phase::Verifying => {
            let soaked_ms = deployment.done_at.map_or(0, |at| now.since_ms(at));
            let soak_ms = if deployment.kind.is_rollback() { 0 } else { stage.soak_ms };
            Pass::Verifying { deployment: id, soaked_ms: soaked_ms.min(soak_ms), soak_ms }
        }
        Phase::Ended(_) => Pass::Failed(id),
    }
}

/// What would keep a candidate from beginning on a stage by itself now.
pub fn why_not(state: &State, candidate: &Candidate, stage: &Stage, now: Moment) -> Vec<Gate> {
    let kind = if candidate.hotfix { Kind::Hotfix } else { Kind::Forward };
    let (name, reason) = (stage.name.clone(), String::new());
    let request = Request { stage: name, candidate: candidate.seq, kind, reason, by: None, overrides: None };
    gate::closed(state, &state.planned(request, now), now)
}

/// What would follow at once if somebody asked for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreseen {
    /// What they would be granted.
    pub granted: Granted,
    /// What would follow by itself, in this order.
    pub moves: Vec<Move>,
}

/// Plays a wish without granting it.
///
/// # Errors
/// The refusal that it would meet.
pub fn what_if(state: &State, asked: &Ask, now: Moment) -> Result<Foreseen, Refusal> {
    let mut state = state.clone();
    let mut answers = ask::ask(&mut state, asked, now).into_iter().filter_map(|notice| match notice {
        Notice::Answered(_, answer) => Some(answer),
        Notice::News(_) => None,
    });
    let granted = answers.next_back().unwrap_or(Ok(Granted::Done))?;
    let mut moves = Vec::new();
    while let Some(next) = plan::next(&state, now).filter(|_| moves.len() < FORESEEN_MAX) {
        moves.push(next.clone());
        moves::make(&mut state, next, now);
    }
    Ok(Foreseen { granted, moves })
}
