//! What delivery owes the world, as jobs that say everything their performer needs.

use super::record::Entry;
use crate::config::repo::{ChecksConfig, TagTemplate};
use crate::delivery::candidate::Tag;
use crate::delivery::event::Report;
use crate::facts::RequiredCheck;
use crate::ids::{BranchName, CandidateSeq, DeploymentId, Login, Moment, PrNumber, RefName, Sha, TeamName};
use crate::port::deploy::{Handle, Look, Order};
use std::collections::BTreeSet;

/// Something that delivery owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryJob {
    /// Write into the ledger what it does not know yet, and move the refs that this is about.
    Record(Box<Recording>),
    /// Read how a landed commit's checks fare.
    Judge {
        /// The commit.
        commit: Sha,
        /// What must be green there.
        required: Vec<RequiredCheck>,
        /// How checks are read.
        rules: ChecksConfig,
        /// When it landed.
        landed_at: Moment,
    },
    /// Make a candidate's tag.
    Cut {
        /// Of which commit.
        commit: Sha,
        /// How candidates are named.
        template: TagTemplate,
        /// What landed with it: numbers and titles.
        pulls: Vec<(PrNumber, String)>,
        /// When it landed.
        landed_at: Moment,
    },
    /// Put a candidate's tag back.
    Restore {
        /// Which candidate.
        candidate: CandidateSeq,
        /// Its tag.
        tag: Tag,
    },
    /// Read who wrote a change.
    ReadChange(PrNumber),
    /// Read a candidate's tag, and whether its approvers still may.
    Confirm {
        /// Which deployment.
        deployment: DeploymentId,
        /// Its candidate.
        candidate: CandidateSeq,
        /// The tag's ref, and the object that must be there.
        tag: (RefName, Sha),
        /// Who approved, with the teams that their word rests on.
        approvers: Vec<(Login, BTreeSet<TeamName>)>,
    },
    /// Ask a driver to begin.
    Start {
        /// Which deployment.
        deployment: DeploymentId,
        /// Which time.
        attempt: u16,
        /// What is asked.
        order: Box<Order>,
    },
    /// Ask a driver how it stands.
    Watch {
        /// Which deployment.
        deployment: DeploymentId,
        /// Which time.
        attempt: u16,
        /// What was asked.
        order: Box<Order>,
        /// What the driver calls it.
        handle: Option<Handle>,
        /// What is known already: the same again is no news.
        known: Option<Report>,
    },
    /// Ask a driver to stop.
    Stop {
        /// Which deployment.
        deployment: DeploymentId,
        /// Which time.
        attempt: u16,
        /// What was asked.
        order: Box<Order>,
        /// What the driver calls it.
        handle: Option<Handle>,
    },
    /// Look at something on a stage.
    Sample {
        /// Of which deployment.
        deployment: DeploymentId,
        /// Its place in the list.
        check: usize,
        /// Not before.
        due: Moment,
        /// What is looked at.
        look: Box<Look>,
    },
}

/// What is written into the ledger at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Whose delivery.
    pub trunk: BranchName,
    /// What the ledger does not know yet; may be none where only refs are to be moved.
    pub entries: Vec<Entry>,
    /// The last commit of the ledger that was seen.
    pub known: Option<Sha>,
    /// The value after all of it, as a file.
    pub snapshot: Vec<u8>,
    /// Refs that are moved in the same push.
    pub moves: Vec<StageMove>,
    /// Not before: nothing waits for it, and what follows soon may go in the same push.
    pub due: Moment,
}

/// A stage's ref goes to a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageMove {
    /// Which deployment.
    pub deployment: DeploymentId,
    /// Which time.
    pub attempt: u16,
    /// The ref.
    pub name: RefName,
    /// Where it must be: none, if nothing of ours was there before.
    pub from: Option<Sha>,
    /// Where it goes.
    pub to: Sha,
}

/// What a job of delivery is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryKey {
    /// The ledger.
    Record,
    /// A landed commit's checks.
    Judge(Sha),
    /// A candidate's tag, by the commit or by the tag's object.
    Tag(Sha),
    /// Who wrote a change.
    Change(PrNumber),
    /// A deployment's last look before it begins.
    Confirm(DeploymentId),
    /// A deployment's driver.
    Driver(DeploymentId),
    /// Something on a stage.
    Sample(DeploymentId, usize),
}

impl DeliveryJob {
    /// It begins something outside, and so waits until the ledger knows of it.
    pub fn begins(&self) -> bool {
        match self {
            Self::Cut { .. } | Self::Restore { .. } | Self::Start { .. } | Self::Stop { .. } => true,
            Self::Record(_)
            | Self::Judge { .. }
            | Self::ReadChange(_)
            | Self::Confirm { .. }
            | Self::Watch { .. }
            | Self::Sample { .. } => false,
        }
    }

    /// What it is about.
    pub fn key(&self) -> DeliveryKey {
        match self {
            Self::Record(_) => DeliveryKey::Record,
            Self::Judge { commit, .. } => DeliveryKey::Judge(*commit),
            Self::Cut { commit, .. } => DeliveryKey::Tag(*commit),
            Self::Restore { tag, .. } => DeliveryKey::Tag(tag.object),
            Self::ReadChange(pr) => DeliveryKey::Change(*pr),
            Self::Confirm { deployment, .. } => DeliveryKey::Confirm(*deployment),
            Self::Start { deployment, .. } | Self::Watch { deployment, .. } | Self::Stop { deployment, .. } => {
                DeliveryKey::Driver(*deployment)
            }
            Self::Sample { deployment, check, .. } => DeliveryKey::Sample(*deployment, *check),
        }
    }
}
