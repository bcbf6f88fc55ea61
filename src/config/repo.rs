//! `.github/greenline.toml`: what a repository asks of its queue. Read from trunk only.

use super::branches::BranchPattern;
use super::freeze::FreezeConfig;
use super::pattern::Pattern;
use crate::delivery::Policy;
use crate::facts::{InnerMerges, RequiredCheck, Strategy};
use crate::ids::{CheckName, Party};
use crate::message::Messages;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Where a repository has its settings, on trunk.
pub const SETTINGS_PATH: &str = ".github/greenline.toml";

/// A repository's settings, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepoConfig {
    /// `[queue]`
    pub queue: QueueConfig,
    /// `[rules]`
    #[serde(default)]
    pub rules: RulesConfig,
    /// `[checks]`
    pub checks: ChecksConfig,
    /// `[merge]`
    pub merge: MergeConfig,
    /// `[candidate]`
    pub candidate: CandidateConfig,
    /// `[freeze]`
    #[serde(default)]
    pub freeze: FreezeConfig,
    /// `[delivery]`, `[[stage]]`, `[hotfix]`, `[red]` and `[trust]`
    #[serde(default)]
    pub delivery: Policy,
}

/// Which groups are tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "strategy", rename_all = "lowercase")]
pub enum PlanConfig {
    /// One pull request at a time.
    Serial,
    /// Each pull request on top of those ahead of it, up to `depth` at once.
    Pipeline {
        /// Groups tested at once, at the most.
        depth: u32,
    },
    /// Up to `size` pull requests tested as one, halved when red.
    Batch {
        /// Pull requests in a group, at the most.
        size: u32,
    },
}

/// `[queue]`: how one gets in, and in which groups one is tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueConfig {
    /// The label that puts a pull request into the queue.
    pub label: String,
    /// Which groups are tested.
    pub plan: PlanConfig,
    /// CI runs at once, at the most, those being cancelled and trunk's own included.
    pub budget: u32,
    /// How long a batch that is not full waits for others after its first entry came, in milliseconds; 0 for not at all.
    #[serde(default)]
    pub gather_ms: i64,
    /// Red runs of the same tip before it counts as red.
    pub tries: u8,
    /// Every commit on trunk that ends a pull request was itself tested, not only the last of a group.
    #[serde(alias = "every_commit")]
    pub every_tip: bool,
    /// An approving review asks for landing, too.
    #[serde(default)]
    pub review_asks: bool,
    /// Whether whoever goes ahead of others ends the runs that these have.
    #[serde(default)]
    pub interrupt: Interrupt,
    /// The label that makes a pull request a hotfix when it is approved, if one does.
    #[serde(default)]
    pub hotfix_label: Option<String>,
    /// Branches that have a queue of their own, with the settings that stand on them; counts in the default branch's file only.
    #[serde(default)]
    pub trunks: Vec<BranchPattern>,
    /// Who may have a pull request tried without landing.
    #[serde(default)]
    pub try_by: TryBy,
}

/// Who may have a pull request tried without landing. Each includes those before. CI on a branch of the repository mostly gets
/// its secrets, and a trial hands them to whatever the pull request makes of its scripts: hence write permission by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TryBy {
    /// Whoever may push, or ask for landing on the word of somebody who may.
    #[default]
    Write,
    /// Its author, too.
    Author,
    /// Whoever may read the repository, which is everybody where that is public.
    Read,
}

/// Who, by going ahead of others, ends the runs that these have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interrupt {
    /// Everybody who goes ahead.
    #[default]
    Higher,
    /// Hotfixes; a priority goes behind what is being tested.
    Hotfix,
    /// Nobody; a hotfix, too, goes behind what is being tested.
    Never,
}

/// `[rules]`: who may ask for landing, and what must hold before a pull request enters the queue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "the file has as many switches")]
pub struct RulesConfig {
    /// Approvals of exactly this head by people with write permission, the author's own not counted.
    pub approvals: u8,
    /// Somebody else than its author has to ask for landing.
    pub no_self_merge: bool,
    /// People and teams that may ask for landing; empty means whoever may push.
    pub mergers: Vec<Party>,
    /// Approvals of exactly this head by owners of what it changes, as `CODEOWNERS` on trunk names them.
    pub code_owners: bool,
    /// An approval of exactly this head by somebody else than whoever pushed it.
    pub last_push_approved: bool,
    /// Every conversation on it resolved.
    pub conversations_resolved: bool,
    /// Labels that keep a pull request out.
    pub blocking_labels: Vec<String>,
    /// Titles that keep a pull request out.
    pub blocking_titles: Vec<Pattern>,
}

/// `[checks]`: what green means here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecksConfig {
    /// Checks that must pass; empty means: ask branch protection and rulesets.
    pub required: Vec<RequiredCheck>,
    /// Checks that must pass on a pull request's own head before it enters the queue.
    #[serde(default)]
    pub before: Vec<RequiredCheck>,
    /// Names of required checks for which `skipped` passes.
    pub skipped_passes: BTreeSet<CheckName>,
    /// Names of required checks for which `neutral` passes.
    pub neutral_passes: BTreeSet<CheckName>,
    /// How often checks may fail on the same tip before that counts, by name; those that are not here may not.
    #[serde(default)]
    pub retries: BTreeMap<CheckName, u8>,
    /// Nothing need pass: said in so many words, or it is an error to require nothing.
    pub allow_no_checks: bool,
    /// From the push of a tip to the first sign of each required check, in milliseconds. What never started is tried once
    /// more, for a push that CI did not hear of is nobody's fault; then it is sent back as `ci-never-started`.
    pub start_deadline_ms: i64,
    /// From the push of a tip to the end of its last required check, in milliseconds. What hangs is not tried again but
    /// sent back as `ci-never-finished`: it has cost this long already, and everybody behind it too.
    pub finish_deadline_ms: i64,
}

/// `[merge]`: what lands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeConfig {
    /// How a pull request's commits become commits on trunk.
    pub strategy: Strategy,
    /// Merge commits inside a pull request, when rebasing.
    pub inner_merges: InnerMerges,
    /// How the messages of merge and squash commits read.
    #[serde(default)]
    pub messages: Messages,
    /// What becomes of pull requests from forks whose branch cannot be moved.
    #[serde(default)]
    pub forks: Forks,
    /// Branches of landed pull requests are deleted.
    #[serde(default)]
    pub delete_branch: bool,
}

impl MergeConfig {
    /// Only what decides which commits land.
    #[must_use]
    pub fn shape(&self) -> Self {
        Self { delete_branch: false, ..self.clone() }
    }
}

/// What becomes of a pull request whose branch cannot be moved to what it lands as: without that, GitHub does not show it as
/// merged. Letting GitHub itself rebase it is no choice, for that lands commits that nobody tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Forks {
    /// It lands like any other and is closed, with a sentence that names the commit.
    #[default]
    Close,
    /// It lands by a merge commit, in which its own head stands, and so shows as merged.
    MergeCommit,
}

/// `[candidate]`: how green trunk commits are tagged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateConfig {
    /// The tag's name with one `{seq}` in it.
    pub tag: TagTemplate,
}

/// A candidate tag's name around its number: `candidate/` + six digits by default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagTemplate {
    /// What stands before the number.
    pub prefix: String,
    /// The number is padded with zeros to this many digits.
    pub width: u8,
    /// What stands after the number.
    pub suffix: String,
}

impl TagTemplate {
    /// The tag name of a candidate.
    pub fn name(&self, seq: crate::ids::CandidateSeq) -> String {
        format!("{}{:0width$}{}", self.prefix, seq.get(), self.suffix, width = usize::from(self.width))
    }

    /// The candidate whose tag name this is.
    pub fn parse(&self, name: &str) -> Option<crate::ids::CandidateSeq> {
        let digits = name.strip_prefix(self.prefix.as_str())?.strip_suffix(self.suffix.as_str())?;
        let seq =
            crate::ids::CandidateSeq::new(digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())??);
        (self.name(seq) == name).then_some(seq)
    }
}

impl Default for TagTemplate {
    fn default() -> Self {
        Self { prefix: "candidate/".into(), width: 6, suffix: String::new() }
    }
}

impl Default for RepoConfig {
    fn default() -> Self {
        Self {
            queue: QueueConfig {
                label: "ready to merge".into(),
                plan: PlanConfig::Pipeline { depth: 4 },
                budget: 4,
                gather_ms: 0,
                tries: 1,
                every_tip: false,
                interrupt: Interrupt::Higher,
                hotfix_label: None,
                try_by: TryBy::Write,
                review_asks: false,
                trunks: Vec::new(),
            },
            rules: RulesConfig::default(),
            checks: ChecksConfig {
                required: Vec::new(),
                before: Vec::new(),
                skipped_passes: BTreeSet::new(),
                neutral_passes: BTreeSet::new(),
                retries: BTreeMap::new(),
                allow_no_checks: false,
                start_deadline_ms: 10 * 60_000,
                finish_deadline_ms: 120 * 60_000,
            },
            merge: MergeConfig {
                strategy: Strategy::Rebase,
                inner_merges: InnerMerges::Refuse,
                messages: Messages::default(),
                forks: Forks::Close,
                delete_branch: false,
            },
            candidate: CandidateConfig { tag: TagTemplate::default() },
            freeze: FreezeConfig::default(),
            delivery: Policy::default(),
        }
    }
}
