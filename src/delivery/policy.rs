//! What a repository asks of its delivery, checked: when candidates are made, through which stages they go, who is asked.
//! How it is written stands in `config`; what follows from it in the files beside this one.

use crate::calendar::Window;
use crate::facts::{Permission, RequiredCheck};
use crate::ids::{BranchName, CheckName, Login, Party, RefName, StageName};
use serde::{Deserialize, Serialize};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// The whole of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The one switch: what stages of production wait for where they do not say so themselves.
    pub mode: Mode,
    /// When candidates are made.
    pub cut: Cut,
    /// How releases are numbered.
    pub version: VersionScheme,
    /// In the order in which a change passes them: each stands behind those it comes after.
    pub stages: Vec<Stage>,
    /// The short way for what cannot wait.
    pub hotfix: Hotfix,
    /// What happens when trunk is red after a landing.
    pub red: RedTrunk,
    /// When the tests of a stage may be trusted without a person.
    pub trust: Trust,
}

/// Whether production waits for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nothing is delivered; candidates are made and nothing more.
    Off,
    /// Continuous delivery: everything up to the button goes by itself.
    #[default]
    Delivery,
    /// Continuous deployment: no button.
    Deployment,
}

/// When a landed commit becomes a candidate, and when it is ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// With the landing, or later.
    pub when: CutWhen,
    /// Checks that must be green on trunk after the landing before a candidate is ready; none, it is ready at once.
    pub post_merge: Vec<RequiredCheck>,
    /// How long after a landing these may take, in milliseconds.
    pub post_merge_timeout_ms: i64,
    /// Between two candidates at least, in milliseconds; counts where candidates are made after the landing.
    pub min_interval_ms: i64,
    /// Candidates are made only when somebody asks for one; counts where they are made after the landing.
    pub manual: bool,
}

/// When a candidate is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CutWhen {
    /// In the same atomic push that lands the commit.
    #[default]
    Landed,
    /// When its checks after the landing are green.
    PostMergeGreen,
}

/// How releases are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VersionScheme {
    /// No releases are made.
    #[default]
    None,
    /// `v1.2.3`: labels `release:major|minor|patch`, else what the titles say by the convention of `feat:` and `fix:`.
    Semver,
    /// `v2026.11.2`: year, month, and the count of releases in it.
    Calver,
    /// `release/7`: the count of releases.
    Sequence,
}

/// A step on the way to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// What it is called.
    pub name: StageName,
    /// How near it is to people.
    pub tier: Tier,
    /// Stages that must have verified a candidate before this one gets it.
    pub after: Vec<StageName>,
    /// Whether one of these is enough.
    pub need: Need,
    /// What is waited for, where the stage says it itself.
    pub promote: Option<Promote>,
    /// What becomes of candidates that wait while a newer one comes.
    pub supersede: Supersede,
    /// Stages of the same group never deploy at the same time, in whatever repository they are.
    pub group: Option<String>,
    /// How a candidate gets there.
    pub driver: Driver,
    /// How long that may take, in milliseconds.
    pub timeout_ms: i64,
    /// After this long without news of it nobody knows how it stands, in milliseconds.
    pub lost_ms: i64,
    /// How often a deployment that failed for a passing reason is begun again.
    pub retries: u8,
    /// What is looked at once it is there.
    pub verify: Vec<Verify>,
    /// How long it must have run there before it counts as verified, in milliseconds.
    pub soak_ms: i64,
    /// When deployments may begin. Where any allows, one must be open; what denies wins.
    pub windows: Vec<Opening>,
    /// Who must agree, where somebody must.
    pub approval: ApprovalRule,
    /// What happens when a deployment or its verification fails.
    pub on_failure: OnFailure,
    /// Automatic rollbacks before one that succeeded, at the most.
    pub auto_rollbacks: u8,
    /// A rollback proposes a pull request that takes the change back.
    pub revert: bool,
    /// Where people see it.
    pub url: Option<String>,
}

/// How near a stage is to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Like production, for tests.
    Staging,
    /// What people use.
    Production,
    /// Something else.
    Other,
}

/// Whether all of several must hold, or one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// All.
    #[default]
    All,
    /// One.
    Any,
}

/// What a candidate waits for before a stage: the ladder from a request by hand to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Promote {
    /// Nobody offers it; somebody asks for it and somebody approves.
    Manual,
    /// It is offered, and somebody approves.
    Approve,
    /// It goes after this many milliseconds, unless somebody rejects it before.
    VetoAfter(i64),
    /// It goes.
    Auto,
}

/// What becomes of candidates that wait while a newer one comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Supersede {
    /// The newest goes, those between do not.
    #[default]
    Latest,
    /// Each goes, in order.
    Each,
}

/// How a candidate gets to a stage. Each is begun under a key and never twice under the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Driver {
    /// A ref is moved; whoever deploys watches it.
    Ref {
        /// Which; none for `refs/deploy/` and the stage's name.
        name: Option<RefName>,
        /// Done only when this address answers with the commit; none, when the ref stands.
        observe: Option<String>,
    },
    /// A program on the service's own machine, as far as its settings allow that.
    Command {
        /// The program and its arguments; no shell.
        argv: Vec<String>,
    },
    /// An HTTP address is told, and tells back.
    Webhook {
        /// The address.
        url: String,
    },
    /// Only GitHub's record of a deployment is made; somebody listens to it and posts its states.
    GithubDeployment {
        /// GitHub's name of the environment; none for the stage's.
        environment: Option<String>,
        /// Logins whose states count, besides those of the App that is named here; empty for whoever may write.
        by: Vec<Login>,
    },
    /// A workflow of GitHub Actions is started.
    Actions {
        /// Its file (`deploy.yml`).
        workflow: String,
    },
    /// The commit is pushed to a branch of another remote.
    Push {
        /// Its address.
        remote: String,
        /// Its branch.
        branch: BranchName,
    },
    /// A person does it and says so.
    Manual,
}

/// Something that is looked at once a candidate is on a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verify {
    /// What it is called.
    pub name: String,
    /// What is looked at.
    pub probe: Probe,
    /// Its result is shown and counts for nothing.
    pub dry_run: bool,
    /// How long it may take, in milliseconds.
    pub timeout_ms: i64,
}

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probe {
    /// An address answers.
    Http {
        /// The address, or its path behind the stage's.
        url: String,
        /// With this status.
        expect: u16,
        /// And this in its body.
        contains: Option<String>,
        /// It is asked so often before it counts as failed.
        tries: u16,
        /// With pauses of so many milliseconds.
        every_ms: i64,
    },
    /// A check on the candidate's commit is green.
    Check(RequiredCheck),
    /// A program on the service's machine ends well, as far as its settings allow that.
    Command {
        /// The program and its arguments; no shell.
        argv: Vec<String>,
    },
    /// A number stays within its bounds.
    Metric {
        /// The address that gives it as JSON.
        url: String,
        /// Where in the answer it stands: names and numbers with dots between (`data.result.0.value.1`).
        path: String,
        /// A reading beyond this is bad.
        fail_if: Bound,
        /// Readings.
        count: u16,
        /// Between them, in milliseconds.
        every_ms: i64,
        /// So many bad ones are borne.
        fail_limit: u16,
    },
}

/// A bound that a number must not cross. The number is in millionths, so that it has no rounding and can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Bad if above.
    Above(i64),
    /// Bad if below.
    Below(i64),
}

/// When deployments may begin, or may not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// When.
    pub window: Window,
    /// Whether it allows or denies.
    pub allows: bool,
    /// Why, where it denies.
    pub reason: String,
}

/// Who must agree before a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRule {
    /// Whose word counts.
    pub who: Eyes,
    /// How many, at the least.
    pub min: u8,
    /// Only these may; empty for whoever has `permission`.
    pub from: Vec<Party>,
    /// One of these must be among them, where any is named.
    pub required: Vec<Party>,
    /// What one must be allowed to do in the repository.
    pub permission: Permission,
    /// After this long an approval counts no more, in milliseconds.
    pub expires_ms: i64,
}

/// Whose word counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Eyes {
    /// Anybody's who may.
    Any,
    /// Not that of whoever asked for the deployment.
    NotRequester,
    /// For each change, that of somebody who did not write it.
    FourEyes,
    /// Only that of somebody who wrote none of the changes.
    Outsider,
}

/// What happens when a deployment or its verification fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// Back to what was verified there last; nothing goes by itself until somebody resumes.
    Rollback,
    /// Nothing goes by itself until somebody resumes.
    Hold,
    /// The next candidate may go.
    Notify,
}

/// The short way for what cannot wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hotfix {
    /// Stages that must have verified it all the same.
    pub through: Vec<StageName>,
    /// Approvals that it needs.
    pub approvals: u8,
}

/// What happens when trunk is red after a landing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedTrunk {
    /// Failed checks are run again once before they count.
    pub rerun_once: bool,
    /// A pull request that takes the suspect back is proposed.
    pub revert: bool,
    /// Nothing lands until trunk is green, but what mends it.
    pub lock: bool,
}

/// When the tests of a stage may be trusted without a person, and when not any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    /// Deployments in a row without a rollback.
    pub deployments: u32,
    /// Over at least so many days.
    pub days: u32,
    /// Of a hundred deployments so many may fail.
    pub failures_percent: u8,
    /// After a rollback so many deployments wait for a person; 0 for none.
    pub demote_for: u32,
}

impl Policy {
    /// A stage by its name.
    pub fn stage(&self, name: &StageName) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == *name)
    }

    /// What a candidate waits for before a stage, by what the stage says and by the one switch, which alone can say `off`.
    pub fn promote(&self, stage: &Stage) -> Promote {
        match (stage.tier, self.mode) {
            (_, Mode::Off) => Promote::Manual,
            (Tier::Production, Mode::Delivery) => stage.promote.unwrap_or(Promote::Approve),
            (Tier::Production, Mode::Deployment) | (Tier::Staging | Tier::Other, _) => {
                stage.promote.unwrap_or(Promote::Auto)
            }
        }
    }

    /// Stages that come after this one, near or far, this one included.
    pub fn downstream<'p>(&'p self, stage: &'p StageName) -> Vec<&'p StageName> {
        let mut found = vec![stage];
        for next in &self.stages {
            if next.after.iter().any(|before| found.contains(&before)) && !found.contains(&&next.name) {
                found.push(&next.name);
            }
        }
        found
    }
}

impl Stage {
    /// A stage of which nothing is said but its name and its tier.
    pub fn usual(name: StageName, tier: Tier) -> Self {
        let production = tier == Tier::Production;
        Self {
            name,
            tier,
            after: Vec::new(),
            need: Need::All,
            promote: None,
            supersede: Supersede::Latest,
            group: None,
            driver: Driver::Ref { name: None, observe: None },
            timeout_ms: 60 * MINUTE_MS,
            lost_ms: 15 * MINUTE_MS,
            retries: 1,
            verify: Vec::new(),
            soak_ms: 0,
            windows: Vec::new(),
            approval: ApprovalRule::usual(tier),
            on_failure: if production { OnFailure::Rollback } else { OnFailure::Hold },
            auto_rollbacks: 1,
            revert: production,
            url: None,
        }
    }

    /// The ref that says what runs on the stage.
    pub fn deploy_ref(&self) -> RefName {
        match &self.driver {
            Driver::Ref { name: Some(name), .. } => name.clone(),
            Driver::Ref { name: None, .. }
            | Driver::Command { .. }
            | Driver::Webhook { .. }
            | Driver::GithubDeployment { .. }
            | Driver::Actions { .. }
            | Driver::Push { .. }
            | Driver::Manual => format!("refs/deploy/{}", self.name).parse().expect("a stage's name is legal in a ref"),
        }
    }
}

impl ApprovalRule {
    /// What holds where a stage says nothing.
    pub fn usual(tier: Tier) -> Self {
        let who = if tier == Tier::Production { Eyes::FourEyes } else { Eyes::Any };
        let (from, required) = (Vec::new(), Vec::new());
        Self { who, min: 1, from, required, permission: Permission::Write, expires_ms: DAY_MS }
    }
}

impl Probe {
    /// What it is called where nobody gave it a name.
    pub fn usual_name(&self) -> String {
        match self {
            Self::Http { url, .. } => format!("http {url}"),
            Self::Check(RequiredCheck { name, .. }) => CheckName::as_str(name).to_owned(),
            Self::Command { argv } => argv.first().cloned().unwrap_or_default(),
            Self::Metric { path, .. } => format!("metric {path}"),
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        let name = |text: &str| text.parse::<StageName>().expect("it is a stage's name");
        let staging = Stage { soak_ms: 10 * MINUTE_MS, ..Stage::usual(name("staging"), Tier::Staging) };
        let production = Stage { after: vec![name("staging")], ..Stage::usual(name("production"), Tier::Production) };
        Self {
            mode: Mode::Delivery,
            cut: Cut {
                when: CutWhen::Landed,
                post_merge: Vec::new(),
                post_merge_timeout_ms: 120 * MINUTE_MS,
                min_interval_ms: 0,
                manual: false,
            },
            version: VersionScheme::None,
            stages: vec![staging, production],
            hotfix: Hotfix { through: vec![name("staging")], approvals: 1 },
            red: RedTrunk { rerun_once: true, revert: true, lock: true },
            trust: Trust { deployments: 20, days: 14, failures_percent: 5, demote_for: 5 },
        }
    }
}
