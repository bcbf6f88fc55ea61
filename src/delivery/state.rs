//! The delivery of one trunk as a value: its candidates, what is on which stage, and what people said. It decides nothing.

use super::candidate::{Candidate, Change, Readiness, Uncut};
use super::deployment::{Deployment, Kind, Phase};
use super::history::Delivery;
use super::policy::{Mode, Policy, Promote, Stage, Tier};
use crate::ids::{CandidateSeq, DeploymentId, LockId, Login, Moment, PrNumber, Sha, StageName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The delivery of one trunk.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct State {
    /// What is asked of it, as trunk says now.
    pub policy: Policy,
    /// What landed and is no candidate yet, oldest first.
    pub uncut: Vec<Uncut>,
    /// When the last candidate was made.
    pub cut_at: Option<Moment>,
    /// Those that are still of use.
    pub candidates: BTreeMap<CandidateSeq, Candidate>,
    /// Those that are not over, and those that ended lately.
    pub deployments: BTreeMap<DeploymentId, Deployment>,
    /// How each stage stands.
    pub stages: BTreeMap<StageName, StageState>,
    /// What keeps things where they are.
    pub locks: BTreeMap<LockId, Lock>,
    /// Times in which production was not as it should be.
    pub incidents: Vec<Incident>,
    /// Why nothing may land, where trunk is red after a landing.
    pub red: Option<Red>,
    /// Commits whose failed checks are run again before they count.
    #[serde(default)]
    pub reruns: Vec<Rerun>,
    /// Changes that are to be taken back by a pull request, or were.
    #[serde(default)]
    pub reverts: Vec<Revert>,
    /// The last release.
    #[serde(default)]
    pub released: Option<Release>,
    /// What was brought to people of late.
    #[serde(default)]
    pub history: Vec<Delivery>,
    /// The last number of a deployment.
    pub last_deployment: u64,
    /// The last number of a lock.
    pub last_lock: u64,
    /// The moment of the last event; time does not go back.
    pub now: Option<Moment>,
}

/// How a stage stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StageState {
    /// What runs there, as far as we know.
    pub current: Option<CandidateSeq>,
    /// Since when.
    pub current_since: Option<Moment>,
    /// What was verified there last and is not rejected.
    pub stable: Option<CandidateSeq>,
    /// The deployment that has the stage to itself.
    pub active: Option<DeploymentId>,
    /// Nothing goes there by itself.
    pub hold: Option<Hold>,
    /// Whether what runs there is as it should be.
    pub health: Health,
    /// Rollbacks by themselves since the last success.
    pub auto_rollbacks: u8,
    /// So many deployments more wait for a person, whatever the switch says.
    pub demoted: u32,
    /// The commit its ref points at, where that is not what we put there.
    pub drift: Option<Sha>,
}

/// Whether what runs on a stage is as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Yes, as far as anybody looked.
    #[default]
    Healthy,
    /// No.
    Degraded,
    /// Nobody knows what runs there.
    Unknown,
}

/// Nothing goes to a stage by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Since when.
    pub since: Moment,
    /// Whose word it is; `None` if it came by itself.
    pub by: Option<Login>,
    /// Why.
    pub reason: String,
    /// The rollback it came with, if it did.
    pub rollback: Option<DeploymentId>,
}

/// Something that keeps things where they are until it is taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// What it is on.
    pub scope: Scope,
    /// Why.
    pub reason: String,
    /// Whose it is; `None` for one that came by itself.
    pub by: Option<Login>,
    /// Since when.
    pub since: Moment,
    /// It goes by itself then.
    pub until: Option<Moment>,
    /// Not even hotfixes and rollbacks pass.
    pub strict: bool,
}

/// What a lock is on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Landings on trunk.
    Merges,
    /// One stage.
    Stage(StageName),
    /// All stages.
    Stages,
}

/// Production was not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Where.
    pub stage: StageName,
    /// What brought it.
    pub caused_by: DeploymentId,
    /// When it was seen.
    pub opened_at: Moment,
    /// What ended it, and when.
    pub recovered: Option<(DeploymentId, Moment)>,
}

/// Trunk is red after a landing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Red {
    /// The commit.
    pub commit: Sha,
    /// What failed there.
    pub failed: Vec<String>,
    /// What landed with it.
    pub suspects: Vec<Change>,
    /// Since when.
    pub since: Moment,
    /// The lock on merges, where one was made.
    pub lock: Option<LockId>,
    /// Who mends it, if somebody said so.
    #[serde(default)]
    pub fixing: Option<Login>,
}

/// A commit whose failed checks are run again before they count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rerun {
    /// The commit.
    pub commit: Sha,
    /// What failed at first.
    pub failed: Vec<String>,
    /// They were asked to run again.
    pub asked: bool,
}

/// A change that is to be taken back by a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revert {
    /// What is to be taken back.
    pub pr: PrNumber,
    /// The rollback it follows; `None` for a red trunk.
    pub rollback: Option<DeploymentId>,
    /// It was proposed, or cannot be.
    pub proposed: bool,
}

/// A release that people have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Its version, as its tag says.
    pub version: String,
    /// The candidate it was, if it was one.
    pub candidate: Option<CandidateSeq>,
}

impl State {
    /// What a candidate waits for before a stage: after a rollback a person, for a while.
    pub fn promote(&self, stage: &Stage) -> Promote {
        let set = self.policy.promote(stage);
        let demoted = self.stages.get(&stage.name).is_some_and(|known| known.demoted > 0);
        if demoted && stage.tier == Tier::Production && matches!(set, Promote::Auto | Promote::VetoAfter(_)) {
            return Promote::Approve;
        }
        set
    }

    /// How a stage stands; one never used is empty.
    pub fn stage(&self, name: &StageName) -> &StageState {
        static EMPTY: StageState = StageState {
            current: None,
            current_since: None,
            stable: None,
            active: None,
            hold: None,
            health: Health::Healthy,
            auto_rollbacks: 0,
            demoted: 0,
            drift: None,
        };
        self.stages.get(name).unwrap_or(&EMPTY)
    }

    /// The changes that go when `to` takes the place of `from`, oldest candidate first.
    pub fn range(&self, from: Option<CandidateSeq>, to: CandidateSeq) -> Vec<&Change> {
        let above = |seq: &CandidateSeq| from.is_none_or(|from| *seq > from);
        self.candidates.range(..=to).filter(|(seq, _)| above(seq)).flat_map(|(_, c)| &c.changes).collect()
    }

    /// The changes that go away when `to` takes the place of `from`.
    pub fn taken_back(&self, from: CandidateSeq, to: CandidateSeq) -> Vec<&Change> {
        self.range(Some(to), from)
    }

    /// Deployments to a stage, oldest first.
    pub fn on<'s>(&'s self, stage: &'s StageName) -> impl DoubleEndedIterator<Item = &'s Deployment> + 's {
        self.deployments.values().filter(move |deployment| deployment.stage == *stage)
    }

    /// The deployment that has a stage to itself.
    pub fn active(&self, stage: &StageName) -> Option<&Deployment> {
        self.deployments.get(&self.stage(stage).active?)
    }

    /// Locks on a stage that are in force.
    pub fn locks_on<'s>(&'s self, stage: &'s StageName) -> impl Iterator<Item = (LockId, &'s Lock)> + 's {
        let on = move |lock: &Lock| match &lock.scope {
            Scope::Stage(name) => name == stage,
            Scope::Stages => true,
            Scope::Merges => false,
        };
        self.locks.iter().filter(move |(_, lock)| on(lock)).map(|(id, lock)| (*id, lock))
    }

    /// Something of this kind is delivered at all.
    pub fn delivers(&self) -> bool {
        self.policy.mode != Mode::Off
    }

    /// What was verified on a stage before, and may be gone back to from `bad`.
    pub fn way_back(&self, stage: &StageName, bad: CandidateSeq) -> Option<CandidateSeq> {
        let fit = |candidate: &&Candidate| {
            candidate.passes.contains_key(stage)
                && !candidate.rejected.contains_key(stage)
                && !matches!(candidate.state, Readiness::Tampered { .. })
        };
        self.candidates.range(..bad).map(|(_, candidate)| candidate).rfind(fit).map(|c| c.seq)
    }

    pub(super) fn stage_mut(&mut self, name: &StageName) -> &mut StageState {
        self.stages.entry(name.clone()).or_default()
    }

    /// A new deployment that waits.
    pub(super) fn request(&mut self, new: Request, now: Moment) -> DeploymentId {
        let deployment = self.planned(new, now);
        let id = deployment.id;
        self.last_deployment = id.get();
        self.deployments.insert(id, deployment);
        id
    }

    /// A deployment that would wait, were it asked for.
    pub(super) fn planned(&self, new: Request, now: Moment) -> Deployment {
        let from = self.stage(&new.stage).current;
        new.deployment(DeploymentId::new(self.last_deployment).next(), from, now)
    }
}

/// What is asked for.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) stage: StageName,
    pub(super) candidate: CandidateSeq,
    pub(super) kind: Kind,
    pub(super) reason: String,
    pub(super) by: Option<Login>,
    pub(super) overrides: Option<String>,
}

impl Request {
    /// A deployment that waits.
    fn deployment(self, id: DeploymentId, from: Option<CandidateSeq>, now: Moment) -> Deployment {
        Deployment {
            id,
            stage: self.stage,
            candidate: self.candidate,
            kind: self.kind,
            from,
            reason: self.reason,
            by: self.by,
            overrides: self.overrides,
            phase: Phase::Waiting,
            attempt: 0,
            approvals: Vec::new(),
            handle: None,
            note: None,
            log: None,
            checks: Vec::new(),
            judged: None,
            requested_at: now,
            shadow_at: None,
            begun_at: None,
            news_at: None,
            done_at: None,
            ended_at: None,
            rolled_back_by: None,
        }
    }
}
