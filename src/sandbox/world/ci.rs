//! What CI says, as data: check suites, check runs, statuses, workflow runs, deployments.

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CheckSuite {
    pub id: u64,
    pub app: u64,
    pub head_sha: String,
    pub head_branch: Option<String>,
    pub before: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CheckRun {
    pub id: u64,
    pub suite: u64,
    pub app: u64,
    pub name: String,
    pub head_sha: String,
    pub external_id: String,
    pub details_url: Option<String>,
    pub status: String,
    pub conclusion: Option<String>,
    pub started_at: Option<i64>,
    pub completed_at: Option<i64>,
    pub output: Output,
    pub actions: Vec<Value>,
    pub workflow_run: Option<u64>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Output {
    pub title: Option<String>,
    pub summary: Option<String>,
    pub text: Option<String>,
    pub annotations: Vec<Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Status {
    pub id: u64,
    pub sha: String,
    pub state: String,
    pub context: String,
    pub description: Option<String>,
    pub target_url: Option<String>,
    pub creator: u64,
    pub created_at: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WorkflowRun {
    pub id: u64,
    pub name: String,
    pub number: u64,
    pub attempt: u64,
    pub event: String,
    pub head_branch: String,
    pub head_sha: String,
    pub status: String,
    pub conclusion: Option<String>,
    pub suite: u64,
    pub check_run: u64,
    pub actor: u64,
    pub created_at: i64,
    pub updated_at: i64,
    /// What it is called where it has a name of its own.
    #[serde(default)]
    pub title: Option<String>,
    /// Its file, where it has one.
    #[serde(default)]
    pub path: Option<String>,
    /// What it runs in place of the runner's command.
    #[serde(default)]
    pub command: Option<String>,
}

impl WorkflowRun {
    /// The file it comes from, as GitHub shows it.
    pub fn file(&self) -> String {
        self.path.clone().unwrap_or_else(|| format!(".github/workflows/{}.yml", self.name))
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Deployment {
    pub id: u64,
    pub sha: String,
    pub r#ref: String,
    pub task: String,
    pub payload: Value,
    pub environment: String,
    pub description: Option<String>,
    pub transient: bool,
    pub production: bool,
    pub creator: u64,
    pub via_app: Option<u64>,
    pub created_at: i64,
    pub updated_at: i64,
    pub statuses: Vec<DeploymentStatus>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeploymentStatus {
    pub id: u64,
    pub state: String,
    pub description: String,
    pub log_url: String,
    pub environment_url: String,
    pub creator: u64,
    pub via_app: Option<u64>,
    pub created_at: i64,
}

/// The worst of a suite's runs decides it; `None` while one still works.
pub fn suite_state<'a>(runs: impl Iterator<Item = &'a CheckRun>) -> (&'static str, Option<&'static str>) {
    const WORST_FIRST: [&str; 8] =
        ["failure", "timed_out", "cancelled", "action_required", "stale", "success", "neutral", "skipped"];
    let (mut began, mut working, mut worst) = (false, false, WORST_FIRST.len());
    let mut any = false;
    for run in runs {
        any = true;
        began |= run.status != "queued";
        match &run.conclusion {
            None => working = true,
            Some(conclusion) => {
                let rank = WORST_FIRST.iter().position(|c| c == conclusion).unwrap_or(0);
                worst = worst.min(rank);
            }
        }
    }
    match (any, working) {
        (true, false) => ("completed", WORST_FIRST.get(worst).copied()),
        (true, true) if began => ("in_progress", None),
        (_, _) => ("queued", None),
    }
}
