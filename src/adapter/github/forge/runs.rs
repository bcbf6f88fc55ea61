//! Stops workflow runs on a commit that nobody waits for any more. It only saves money, so it never stands in the way.

use super::GithubForge;
use crate::adapter::github::answer::Ask;
use crate::ids::Sha;
use crate::port::{Outcome, Trouble};
use http::{Method, StatusCode};
use serde::Deserialize;

const NEEDS: &str = "Actions: write";

#[derive(Debug, Deserialize)]
struct RunPage {
    workflow_runs: Vec<Run>,
}

#[derive(Debug, Deserialize)]
struct Run {
    id: u64,
    #[serde(default)]
    head_sha: Option<String>,
    #[serde(default)]
    status: Option<String>,
}

impl Run {
    fn works_on(&self, sha: &str) -> bool {
        self.head_sha.as_deref() == Some(sha) && self.status.as_deref() != Some("completed")
    }
}

impl GithubForge {
    pub(super) async fn cancel_runs_on(&self, sha: Sha) -> Result<Outcome<()>, Trouble> {
        let ask = self.ask(&format!("actions/runs?head_sha={sha}&per_page=100"), "Actions: read");
        let pages: Vec<RunPage> = match self.pages(&ask).await? {
            Ok(pages) => pages,
            Err(answer) => {
                tracing::debug!(repo = %self.repo, said = answer.message(), "workflow runs are not readable, so none is stopped");
                return Ok(Outcome::Done(()));
            }
        };
        let commit = sha.to_string();
        let runs = pages.iter().flat_map(|page| &page.workflow_runs).filter(|run| run.works_on(&commit));
        let mut unknown = None;
        for run in runs {
            let rest = format!("actions/runs/{}/cancel", run.id);
            // It may have ended meanwhile.
            let ask = Ask { fine: Some(StatusCode::CONFLICT), ..self.change(Method::POST, &rest, NEEDS) };
            match self.write(&ask).await {
                Ok(Outcome::Done(_)) => {}
                Ok(Outcome::Rejected(why)) | Err(Trouble::Denied(why)) => {
                    tracing::debug!(repo = %self.repo, run = run.id, why, "a workflow run is not stopped");
                }
                Ok(Outcome::Unknown(why)) => unknown = Some(why),
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(unknown.map_or(Outcome::Done(()), Outcome::Unknown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unfinished_runs_of_this_commit_are_stopped() {
        let page: RunPage = serde_json::from_str(
            r#"{"total_count":4,"workflow_runs":[{"id":1,"head_sha":"a","status":"in_progress"},{"id":2,"head_sha":"a","status":"completed"},
            {"id":3,"head_sha":"b","status":"queued"},{"id":4,"head_sha":"a","status":"a_new_one"}]}"#,
        )
        .expect("it has all we ask for");
        let works: Vec<u64> = page.workflow_runs.iter().filter(|run| run.works_on("a")).map(|run| run.id).collect();
        assert_eq!(works, [1, 4]);
    }
}
