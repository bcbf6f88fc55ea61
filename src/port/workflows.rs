//! What we ask of the forge's own CI where it deploys: to run a workflow, how that goes, to stop it.

use super::{Outcome, Trouble};
use crate::facts::CheckState;
use crate::ids::{Moment, WorkflowRunId};
use std::collections::BTreeMap;

/// A run of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowRun {
    /// The forge's.
    pub id: WorkflowRunId,
    /// Its workflow's file (`deploy.yml`); empty if the forge does not say.
    pub workflow: String,
    /// What it is called on its page, by the workflow's `run-name`.
    pub title: String,
    /// How it stands.
    pub state: CheckState,
    /// Its page.
    pub url: Option<String>,
    /// When it went on last; once it has ended, when it did.
    pub moved_at: Option<Moment>,
}

/// Workflows of one repository.
pub trait Workflows: Send + Sync + 'static {
    /// Starts a workflow (`deploy.yml`) as it stands at a branch or tag, by its short name. Done with its run, if the forge says
    /// which; a second call starts a second run.
    fn dispatch(
        &self,
        workflow: &str,
        at: &str,
        inputs: &BTreeMap<String, String>,
    ) -> impl Future<Output = Result<Outcome<Option<WorkflowRunId>>, Trouble>> + Send;
    /// Runs, of whatever workflow, that were dispatched since a moment.
    fn dispatched(&self, since: Moment) -> impl Future<Output = Result<Vec<WorkflowRun>, Trouble>> + Send;
    /// One run; `None` if there is none.
    fn workflow_run(&self, id: WorkflowRunId) -> impl Future<Output = Result<Option<WorkflowRun>, Trouble>> + Send;
    /// Asks a run to stop; `Done` if it has ended already.
    fn stop_run(&self, id: WorkflowRunId) -> impl Future<Output = Result<Outcome<()>, Trouble>> + Send;
}
