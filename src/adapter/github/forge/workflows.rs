//! Workflows that deploy: started on a tag, found again by a word in their title, stopped. What their end means is decided elsewhere.

use super::checks::run_state;
use super::{GithubForge, done, json};
use crate::adapter::github::answer::Ask;
use crate::adapter::github::host::encoded;
use crate::ids::{Moment, WorkflowRunId};
use crate::port::workflows::{WorkflowRun, Workflows};
use crate::port::{Outcome, Trouble};
use crate::when;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const READ: &str = "Actions: read";
const WRITE: &str = "Actions: write";

#[derive(Debug, Deserialize)]
struct RunPage {
    workflow_runs: Vec<Run>,
}

#[derive(Debug, Deserialize)]
struct Run {
    id: u64,
    /// `.github/workflows/deploy.yml`, with or without `@` and a ref.
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    display_title: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    conclusion: Option<String>,
    #[serde(default)]
    html_url: Option<String>,
    #[serde(default)]
    updated_at: Option<String>,
}

impl Run {
    fn fact(self) -> WorkflowRun {
        let path = self.path.unwrap_or_default();
        let file = path.split('@').next().and_then(|path| path.rsplit('/').next());
        WorkflowRun {
            workflow: file.unwrap_or_default().to_owned(),
            id: WorkflowRunId::new(self.id),
            title: self.display_title.unwrap_or_default(),
            state: run_state(self.status.as_deref(), self.conclusion.as_deref()),
            url: self.html_url,
            moved_at: self.updated_at.as_deref().and_then(when::parse),
        }
    }
}

#[derive(Serialize)]
struct Dispatch<'a> {
    r#ref: &'a str,
    inputs: &'a BTreeMap<String, String>,
    /// Since 2026 GitHub says which run it starts if it is asked to; an older Enterprise Server answers 204.
    return_run_details: bool,
}

#[derive(Deserialize)]
struct Dispatched {
    workflow_run_id: u64,
}

impl Workflows for GithubForge {
    async fn dispatch(
        &self,
        workflow: &str,
        at: &str,
        inputs: &BTreeMap<String, String>,
    ) -> Result<Outcome<Option<WorkflowRunId>>, Trouble> {
        let rest = format!("actions/workflows/{}/dispatches", encoded(workflow));
        let body = Some(json(&Dispatch { r#ref: at, inputs, return_run_details: true }));
        let ask = Ask { body, ..self.change(Method::POST, &rest, WRITE) };
        Ok(match self.write(&ask).await? {
            // Whichever run it is, it is found by its title.
            Outcome::Done(answer) => Outcome::Done(
                serde_json::from_slice::<Dispatched>(&answer.body)
                    .ok()
                    .map(|run| WorkflowRunId::new(run.workflow_run_id)),
            ),
            Outcome::Rejected(why) => Outcome::Rejected(why),
            Outcome::Unknown(why) => Outcome::Unknown(why),
        })
    }

    async fn dispatched(&self, since: Moment) -> Result<Vec<WorkflowRun>, Trouble> {
        let since = encoded(&format!(">={}", when::print(since)));
        let rest = format!("actions/runs?event=workflow_dispatch&created={since}&per_page=100");
        let ask = self.ask(&rest, READ);
        let pages: Vec<RunPage> = self.pages(&ask).await?.map_err(|answer| answer.refusal(&ask))?;
        Ok(pages.into_iter().flat_map(|page| page.workflow_runs).map(Run::fact).collect())
    }

    async fn workflow_run(&self, id: WorkflowRunId) -> Result<Option<WorkflowRun>, Trouble> {
        Ok(self.read::<Run>(&format!("actions/runs/{id}"), READ).await?.map(Run::fact))
    }

    async fn stop_run(&self, id: WorkflowRunId) -> Result<Outcome<()>, Trouble> {
        // GitHub refuses to stop what has ended with this status.
        let fine = Some(StatusCode::CONFLICT);
        let ask = Ask { fine, ..self.change(Method::POST, &format!("actions/runs/{id}/cancel"), WRITE) };
        Ok(done(self.write(&ask).await?))
    }
}
