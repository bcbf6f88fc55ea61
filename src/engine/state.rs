//! Everything durable that is known of one queue, and what follows from it. Reading and deciding only; nothing is done here.

use crate::admission::owners::Seen;
use crate::admission::{Closure, Desk, Terms};
use crate::checks::{Named, Reds};
use crate::config::repo::{self, PlanConfig, RulesConfig};
use crate::config::{Places, RepoConfig};
use crate::delivery::approval::teams;
use crate::engine::board::{DepartureRow, LandingRow, RequestRow};
use crate::engine::delivery::Delivery;
use crate::engine::eta::History;
use crate::engine::gather::Came;
use crate::engine::proposals::Proposal;
use crate::engine::reports::Reported;
use crate::facts::{Demands, Repository, RequiredCheck};
use crate::ids::{Attempt, BranchName, CommentId, Moment, PrNumber, QueueId, Reading, RefName, RunId, Sha};
use crate::message::Trailer;
use crate::queue::{self, Interrupt, Plan, Policy};
use crate::trial::Trials;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// What holds where no file says otherwise.
static DEFAULTS: LazyLock<RepoConfig> = LazyLock::new(RepoConfig::default);

/// Everything durable that is known of one queue and its repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepoState {
    /// The repository as last read.
    pub repository: Repository,
    /// The branch its queue lands on, where that is not the default one.
    #[serde(default)]
    pub branch: Option<BranchName>,
    /// The queue of its trunk.
    pub queue: queue::State,
    /// Its pull requests.
    pub desk: Desk,
    /// What trunk and the forge say about how to judge.
    pub settings: Settings,
    /// CI runs that are asked for, or whose verdict is still needed.
    pub runs: BTreeMap<RunId, Run>,
    /// Checks by which a run was judged already; a later run of the same commit is not judged by them again.
    pub spent: BTreeMap<Sha, BTreeSet<u64>>,
    /// The checks that failed on tips, by which whoever is sent back can see why.
    #[serde(default)]
    pub failed: BTreeMap<Sha, Vec<Named>>,
    /// What those say of themselves; only from the reading to the word.
    #[serde(default)]
    pub evidence: BTreeMap<Sha, String>,
    /// The status comments.
    pub posts: BTreeMap<PrNumber, Post>,
    /// What is tried without landing, and how that went.
    #[serde(default)]
    pub trials: Trials,
    /// The comments about trials.
    #[serde(default)]
    pub trial_posts: BTreeMap<PrNumber, Post>,
    /// Our own check runs on the heads of pull requests.
    #[serde(default)]
    pub reports: BTreeMap<PrNumber, Vec<Reported>>,
    /// The heads of open pull requests, and whether they edit the settings.
    #[serde(default)]
    pub proposals: BTreeMap<PrNumber, Proposal>,
    /// What a person must change before our check runs can be written.
    #[serde(default)]
    pub reports_denied: Option<String>,
    /// Pull requests that are to go to trunk, for what they stood on has landed.
    #[serde(default)]
    pub retargets: BTreeSet<PrNumber>,
    /// Labels that are to be taken off.
    pub labels_off: BTreeSet<PrNumber>,
    /// Comments that are to be answered.
    pub answers: BTreeMap<CommentId, Reply>,
    /// Landed pull requests that the forge may not show as merged, and are then to be closed.
    pub closings: BTreeMap<PrNumber, Closing>,
    /// Branches of landed pull requests that are to be deleted.
    #[serde(default)]
    pub branches: BTreeMap<PrNumber, LeftBranch>,
    /// Refs of ours that may be there: branches of runs, and refs that stand in the lease of a landing.
    pub refs: BTreeSet<RefName>,
    /// Refs of revoked landings, which must stay as long as trunk is where they were revoked on.
    pub revoked: BTreeMap<RefName, Sha>,
    /// What is known of tips that landed and whose members have not been told yet.
    pub landed: BTreeMap<Sha, Landed>,
    /// Newest first.
    pub landings: Vec<LandingRow>,
    /// Newest first.
    pub departures: Vec<DepartureRow>,
    /// Requests through the API and their answers, newest first.
    #[serde(default)]
    pub requests: Vec<RequestRow>,
    /// What became of the last wish to land pull requests that are not queued.
    #[serde(default)]
    pub last_words: BTreeMap<PrNumber, LastWord>,
    /// When whoever is queued came, where groups wait for others.
    #[serde(default)]
    pub came: BTreeMap<PrNumber, Came>,
    /// How often checks failed on tips that were run again for that.
    #[serde(default)]
    pub forgiven: BTreeMap<Sha, Reds>,
    /// How long runs and landings took lately.
    #[serde(default)]
    pub history: History,
    /// Counters for metrics.
    pub counters: BTreeMap<String, u64>,
    /// Readings up to this one have been given out.
    pub readings: Reading,
    /// Comments written before this moment have been looked at.
    pub heard_until: Moment,
    /// But not those written on these pull requests since then, which could not be read.
    #[serde(default)]
    pub unheard: BTreeMap<PrNumber, Moment>,
    /// When trunk's red verdict was reached, if it stands.
    pub trunk_red_at: Option<Moment>,
    /// What keeps trunk where it is, as of the last turn.
    #[serde(default)]
    pub closed: Vec<Closure>,
    /// What becomes of what landed.
    #[serde(default)]
    pub delivery: Delivery,
}

/// What trunk and the forge say about how to judge.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Settings {
    /// The trunk commit `.github/greenline.toml` was last read at.
    pub read_at: Option<Sha>,
    /// The file as it was there.
    pub file: File,
    /// The last valid file, in force while the one on trunk is broken.
    pub good: Option<RepoConfig>,
    /// What branch protection and rulesets demand, our own check left out.
    #[serde(default)]
    pub demands: Demands,
    /// The owners' file as it was last seen, where owners have to approve.
    #[serde(default)]
    pub owners: Option<Seen>,
    /// Where the last valid file says what.
    #[serde(default)]
    pub places: Places,
    /// The trunk commit of that file.
    #[serde(default)]
    pub places_at: Option<Sha>,
    /// Branches beside the default one that have a queue, by the settings on that one; `None` before they were read.
    #[serde(default)]
    pub trunks: Option<BTreeSet<BranchName>>,
    /// Where our own check is required, which nothing can ever meet: sentences with the fix.
    #[serde(default)]
    pub waits_for_itself: Vec<String>,
}

impl Settings {
    /// The trunk commit that the settings in force are from.
    pub fn in_force_at(&self) -> Option<Sha> {
        match self.file {
            File::Broken(_) => self.places_at.or(self.read_at),
            File::Unread | File::Missing | File::Valid => self.read_at,
        }
    }
}

/// `.github/greenline.toml` on trunk.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum File {
    /// Not read yet.
    #[default]
    Unread,
    /// There is none.
    Missing,
    /// These are its problems, one line each.
    Broken(Vec<String>),
    /// It is in force.
    Valid,
}

/// A CI run of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The commit it tests.
    pub sha: Sha,
    /// When CI was asked; deadlines count from here.
    pub asked_at: Option<Moment>,
    /// The checks that made it green.
    pub green: Vec<Named>,
    /// A page that shows it.
    pub url: Option<String>,
}

/// Which of our comments on a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnComment {
    /// The status comment.
    #[default]
    Status,
    /// The one about trials.
    Trial,
}

/// One of our comments on a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Post {
    /// The comment, once it is there.
    pub comment: Option<CommentId>,
    /// What it is to say; `None` when it says so already.
    pub body: Option<String>,
    /// What it is about; a new text is written only when this changes.
    pub about: String,
}

/// An answer that is owed to a comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Where.
    pub pr: PrNumber,
    /// The text; `None` for a thumbs-up.
    pub body: Option<String>,
}

/// What became of a wish to land: why it was refused, or how the pull request left the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastWord {
    /// When.
    pub at: Moment,
    /// A stable reason code.
    pub code: String,
    /// What its people were told of why.
    pub sentence: String,
    /// What they were told to do; in older states that stands in the sentence.
    #[serde(default)]
    pub next: String,
}

/// A landed pull request whose end the forge has not shown yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// What it landed as.
    pub tip: Sha,
    /// Its head could not be moved, so it will never show as merged.
    pub unmoved: bool,
    /// Its head, if that landed as it is and was not moved under lease: another one there did not land.
    #[serde(default)]
    pub kept: Option<Sha>,
}

/// The branch of a landed pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftBranch {
    /// Its name.
    pub name: BranchName,
    /// The commits it may be at if nobody pushed to it.
    pub left_at: Vec<Sha>,
}

/// What is known of a landing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Landed {
    /// The candidate tag on it.
    pub candidate: Option<String>,
    /// The object of that tag.
    #[serde(default)]
    pub tag: Option<Sha>,
    /// The checks that were green on it.
    pub checks: Vec<Named>,
    /// Members whose head branch could not be moved.
    pub unmoved: Vec<PrNumber>,
}

impl RepoState {
    /// A repository never seen before, and the queue of its default branch.
    pub fn new(repository: Repository, now: Moment) -> Self {
        Self::of_branch(repository, None, now)
    }

    /// A queue never seen before, of a branch or of the default one.
    pub fn of_branch(repository: Repository, branch: Option<BranchName>, now: Moment) -> Self {
        Self {
            repository,
            branch,
            // A lost database must not bring back numbers of landings whose refs may still be there.
            queue: queue::State::numbering_from(Attempt::new(u64::try_from(now.ms() / 1_000).unwrap_or(1))),
            desk: Desk::default(),
            settings: Settings::default(),
            runs: BTreeMap::new(),
            spent: BTreeMap::new(),
            failed: BTreeMap::new(),
            evidence: BTreeMap::new(),
            posts: BTreeMap::new(),
            trials: Trials::default(),
            trial_posts: BTreeMap::new(),
            reports: BTreeMap::new(),
            proposals: BTreeMap::new(),
            reports_denied: None,
            retargets: BTreeSet::new(),
            labels_off: BTreeSet::new(),
            answers: BTreeMap::new(),
            closings: BTreeMap::new(),
            branches: BTreeMap::new(),
            refs: BTreeSet::new(),
            revoked: BTreeMap::new(),
            landed: BTreeMap::new(),
            landings: Vec::new(),
            departures: Vec::new(),
            requests: Vec::new(),
            last_words: BTreeMap::new(),
            came: BTreeMap::new(),
            forgiven: BTreeMap::new(),
            history: History::default(),
            counters: BTreeMap::new(),
            readings: Reading::new(0),
            heard_until: now,
            unheard: BTreeMap::new(),
            trunk_red_at: None,
            closed: Vec::new(),
            delivery: Delivery::default(),
        }
    }

    /// The branch the queue lands on.
    pub fn trunk(&self) -> &BranchName {
        self.branch.as_ref().unwrap_or(&self.repository.default_branch)
    }

    /// Which queue this is.
    pub fn id(&self) -> QueueId {
        QueueId { repo: self.repository.id, branch: self.branch.clone() }
    }

    /// Every branch that has a queue, as far as is known.
    pub fn trunks(&self) -> BTreeSet<BranchName> {
        let further = self.settings.trunks.iter().flatten();
        further.chain([self.trunk(), &self.repository.default_branch]).cloned().collect()
    }

    /// The settings in force are those of trunk as it is.
    pub fn knows_settings(&self) -> bool {
        self.queue.trunk.is_some_and(|trunk| self.settings.read_at == Some(trunk.tip))
    }

    /// The settings still give this branch a queue of its own, and it is there. Only what the default branch's loop says counts:
    /// by the same word a queue is opened again.
    pub fn is_served(&self) -> bool {
        let (Some(own), Some(trunks)) = (&self.branch, &self.settings.trunks) else { return true };
        trunks.contains(own)
    }

    /// What is asked about pull requests to this branch is answered here: each is answered by one queue. That of the default
    /// branch also answers for branches that have none.
    pub fn answers_for(&self, base: &BranchName) -> bool {
        match &self.branch {
            Some(own) => own == base,
            None => !self.others().contains(base),
        }
    }

    /// Branches whose pull requests other queues answer, where this is the default branch's.
    pub fn others(&self) -> BTreeSet<BranchName> {
        let named = self.settings.trunks.iter().flatten().filter(|_| self.branch.is_none());
        named.filter(|branch| **branch != self.repository.default_branch).cloned().collect()
    }

    /// The settings in force: the file's, or the last valid ones, or the defaults.
    pub fn config(&self) -> &RepoConfig {
        self.settings.good.as_ref().unwrap_or_else(|| &DEFAULTS)
    }

    /// The checks that must pass: the file's, else what the forge requires.
    pub fn required(&self) -> &[RequiredCheck] {
        let own = &self.config().checks.required;
        if own.is_empty() { &self.settings.demands.checks } else { own }
    }

    /// Something says what green means.
    pub fn configured(&self) -> bool {
        let allowed = self.settings.good.as_ref().is_some_and(|config| config.checks.allow_no_checks);
        self.settings.file != File::Unread && (allowed || !self.required().is_empty())
    }

    /// What stands in the way of the queue, in sentences with the fix.
    pub fn troubles(&self) -> Vec<String> {
        let mut troubles = Vec::new();
        if let File::Broken(problems) = &self.settings.file {
            let kept = if self.settings.good.is_some() {
                "The last valid settings stay in force."
            } else {
                "Nothing is queued."
            };
            troubles.push(format!(
                ".github/greenline.toml on {} is wrong: {}. {kept}",
                self.trunk(),
                problems.join("; ")
            ));
        } else if self.settings.file != File::Unread && !self.configured() {
            troubles.push(format!(
                "Nothing says which checks must pass: add .github/greenline.toml to {} with [checks] required, or require status \
                 checks in branch protection.",
                self.trunk()
            ));
        }
        if matches!(self.queue.trunk, Some(queue::Trunk { verdict: queue::TrunkVerdict::Red, .. })) {
            troubles.push(format!(
                "{} is red, or its CI gives no answer: nobody in the queue is sent back for being red on it.",
                self.trunk()
            ));
        }
        troubles.extend(self.settings.waits_for_itself.iter().cloned());
        troubles.extend(self.reports_denied.clone());
        troubles.extend(super::owners::trouble(self));
        if self.repository.archived {
            troubles.push("The repository is archived: nothing can land.".into());
        }
        troubles
    }

    /// The queue's settings.
    pub fn policy(&self) -> Policy {
        let config = self.config();
        let plan = match config.queue.plan {
            PlanConfig::Serial => Plan::Serial,
            PlanConfig::Pipeline { depth } => Plan::Pipeline(depth),
            PlanConfig::Batch { size } => Plan::Batch(size),
        };
        let (budget, tries, every_tip) = (config.queue.budget, config.queue.tries, config.queue.every_tip);
        let gather = config.queue.gather_ms > 0;
        let interrupt = match config.queue.interrupt {
            repo::Interrupt::Higher => Interrupt::Higher,
            repo::Interrupt::Hotfix => Interrupt::Hotfix,
            repo::Interrupt::Never => Interrupt::Never,
        };
        let unread = !self.knows_settings();
        Policy { plan, budget, tries, every_tip, gather, unread, interrupt, ..Policy::default() }
    }

    /// The rules of admission: the file's, and what the forge demands beyond them.
    pub fn terms(&self) -> Terms {
        let config = self.config();
        let demands = &self.settings.demands;
        let rules = RulesConfig {
            approvals: config.rules.approvals.max(demands.approvals),
            code_owners: config.rules.code_owners || demands.code_owners,
            last_push_approved: config.rules.last_push_approved || demands.last_push,
            conversations_resolved: config.rules.conversations_resolved || demands.conversations,
            ..config.rules.clone()
        };
        Terms {
            repository: self.repository.id,
            trunk: self.trunk().clone(),
            label: config.queue.label.clone(),
            review_asks: config.queue.review_asks,
            configured: self.configured(),
            rules,
            checks: config.checks.clone(),
            required: self.required().to_vec(),
            names_reviewers: config.merge.messages.trailers.contains(&Trailer::ReviewedBy),
            hotfix_label: config.queue.hotfix_label.clone(),
            freeze: config.freeze.clone(),
            try_by: config.queue.try_by,
            stage_teams: config.delivery.stages.iter().flat_map(|stage| teams(&stage.approval)).cloned().collect(),
        }
    }

    /// Counts something.
    pub fn count(&mut self, counter: &str) {
        *self.counters.entry(counter.to_owned()).or_default() += 1;
    }
}
