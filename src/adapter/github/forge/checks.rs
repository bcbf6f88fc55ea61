//! Reads the check runs and commit statuses on a commit. Whether they suffice is decided elsewhere; what we have no word
//! for stays `Unrecognised` and is never a pass.

use super::GithubForge;
use crate::adapter::github::answer::Ask;
use crate::facts::{Check, CheckState};
use crate::ids::{AppId, Sha};
use crate::port::Trouble;
use crate::port::report::MARK;
use crate::when;
use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
struct RunPage {
    check_runs: Vec<Run>,
}

#[derive(Debug, Deserialize)]
struct Run {
    id: u64,
    name: String,
    head_sha: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    conclusion: Option<String>,
    #[serde(default)]
    started_at: Option<String>,
    #[serde(default)]
    completed_at: Option<String>,
    #[serde(default)]
    html_url: Option<String>,
    #[serde(default)]
    details_url: Option<String>,
    #[serde(default)]
    app: Option<ByApp>,
    #[serde(default)]
    external_id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ByApp {
    id: u64,
}

/// GitHub's own summary (`state`) is not read: it is "pending" where there is no status at all.
#[derive(Debug, Deserialize)]
struct StatusPage {
    sha: String,
    statuses: Vec<Status>,
}

#[derive(Debug, Deserialize)]
struct Status {
    id: u64,
    context: String,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    target_url: Option<String>,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    updated_at: Option<String>,
}

impl Run {
    /// What we say ourselves is no evidence of anything.
    fn is_ours(&self, us: AppId) -> bool {
        let marked = self.external_id.as_deref().is_some_and(|id| id.starts_with(MARK));
        marked && self.app.as_ref().is_some_and(|app| app.id == us.get())
    }

    /// A check without a legal name or commit can be nobody's requirement, so it is left out.
    fn fact(self) -> Option<Check> {
        Some(Check {
            id: self.id,
            state: run_state(self.status.as_deref(), self.conclusion.as_deref()),
            app: self.app.map(|app| AppId::new(app.id)),
            name: self.name.parse().ok()?,
            sha: self.head_sha.parse().ok()?,
            url: self.html_url.or(self.details_url),
            moved_at: self.completed_at.or(self.started_at).as_deref().and_then(when::parse),
        })
    }
}

impl Status {
    fn fact(self, sha: Sha) -> Option<Check> {
        Some(Check {
            id: self.id,
            app: None,
            state: status_state(self.state.as_deref()),
            name: self.context.parse().ok()?,
            sha,
            url: self.target_url,
            moved_at: self.updated_at.or(self.created_at).as_deref().and_then(when::parse),
        })
    }
}

pub(super) fn run_state(status: Option<&str>, conclusion: Option<&str>) -> CheckState {
    match (status, conclusion) {
        (Some("queued" | "requested" | "waiting" | "pending"), _) => CheckState::Queued,
        (Some("in_progress"), _) => CheckState::InProgress,
        (Some("completed"), Some("success")) => CheckState::Success,
        (Some("completed"), Some("neutral")) => CheckState::Neutral,
        (Some("completed"), Some("skipped")) => CheckState::Skipped,
        (Some("completed"), Some("failure" | "startup_failure")) => CheckState::Failure,
        (Some("completed"), Some("timed_out")) => CheckState::TimedOut,
        (Some("completed"), Some("cancelled")) => CheckState::Cancelled,
        (Some("completed"), Some("action_required")) => CheckState::ActionRequired,
        (Some("completed"), Some("stale")) => CheckState::Stale,
        _ => CheckState::Unrecognised,
    }
}

fn status_state(state: Option<&str>) -> CheckState {
    match state {
        Some("success") => CheckState::Success,
        Some("failure" | "error") => CheckState::Failure,
        Some("pending") => CheckState::InProgress,
        _ => CheckState::Unrecognised,
    }
}

impl GithubForge {
    pub(super) async fn checks_on(&self, sha: Sha) -> Result<Vec<Check>, Trouble> {
        let runs = format!("commits/{sha}/check-runs?filter=latest&per_page=100");
        let runs: Vec<RunPage> = self.on_commit(self.ask(&runs, "Checks: read")).await?;
        let us = self.app.client().app();
        let runs = runs.into_iter().flat_map(|page| page.check_runs).filter(|run| !run.is_ours(us));
        let runs = runs.filter_map(Run::fact);
        // Pages may repeat items; a run is one by its id.
        let mut checks: Vec<Check> =
            runs.map(|check| (check.id, check)).collect::<BTreeMap<_, _>>().into_values().collect();

        let statuses = format!("commits/{sha}/status?per_page=100");
        let pages: Vec<StatusPage> = self.on_commit(self.ask(&statuses, "Commit statuses: read")).await?;
        let mut statuses = BTreeMap::new();
        for page in pages {
            let Ok(sha) = page.sha.parse() else { continue };
            statuses.extend(page.statuses.into_iter().filter_map(|s| s.fact(sha)).map(|check| (check.id, check)));
        }
        checks.extend(statuses.into_values());
        Ok(checks)
    }

    /// GitHub may not know a commit yet that was just pushed.
    async fn on_commit<P: DeserializeOwned + Send>(&self, ask: Ask) -> Result<Vec<P>, Trouble> {
        self.pages(&ask).await?.map_err(|answer| match answer.status {
            StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY => {
                Trouble::busy(format!("GitHub does not know the commit of {} yet ({})", ask.name(), answer.message()))
            }
            _ => answer.refusal(&ask),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "757107ea0eb2509fc211221cce984b8a37570b6d";

    #[test]
    fn every_word_of_github_has_one_meaning_and_new_words_pass_nothing() {
        for (status, conclusion, state) in [
            (Some("queued"), None, CheckState::Queued),
            (Some("waiting"), None, CheckState::Queued),
            (Some("in_progress"), Some("success"), CheckState::InProgress),
            (Some("completed"), Some("success"), CheckState::Success),
            (Some("completed"), Some("skipped"), CheckState::Skipped),
            (Some("completed"), Some("neutral"), CheckState::Neutral),
            (Some("completed"), Some("startup_failure"), CheckState::Failure),
            (Some("completed"), Some("splendid"), CheckState::Unrecognised),
            (Some("completed"), None, CheckState::Unrecognised),
            (Some("dreaming"), Some("success"), CheckState::Unrecognised),
            (None, Some("success"), CheckState::Unrecognised),
        ] {
            assert_eq!(run_state(status, conclusion), state, "{status:?} {conclusion:?}");
        }
        assert_eq!(status_state(Some("error")), CheckState::Failure);
        assert_eq!(status_state(Some("great")), CheckState::Unrecognised);
        assert_eq!(status_state(None), CheckState::Unrecognised);
    }

    #[test]
    fn a_run_is_read_with_its_app_and_commit() {
        let text = format!(
            r#"{{"total_count":3,"check_runs":[
            {{"id":1,"name":"ci","head_sha":"{SHA}","status":"completed","conclusion":"success","started_at":"2026-01-01T00:00:00Z",
              "completed_at":"2026-01-01T00:00:09Z","app":{{"id":7,"slug":"x"}},"html_url":null,"details_url":"https://ci/1"}},
            {{"id":2,"name":"ci","head_sha":"{SHA}","status":"queued","conclusion":null,"started_at":null,"app":null}},
            {{"id":3,"name":" ","head_sha":"{SHA}","status":"queued"}}]}}"#
        );
        let page: RunPage = serde_json::from_str(&text).expect("it has all we ask for");
        let checks: Vec<Check> = page.check_runs.into_iter().filter_map(Run::fact).collect();
        assert_eq!(checks.len(), 2);
        assert_eq!((checks[0].app, checks[0].url.as_deref()), (Some(AppId::new(7)), Some("https://ci/1")));
        assert_eq!((checks[1].app, checks[1].state, checks[1].moved_at), (None, CheckState::Queued, None));
        assert_eq!(checks[0].moved_at, when::parse("2026-01-01T00:00:09Z"));
    }

    #[test]
    fn no_status_at_all_is_no_check() {
        let text = format!(r#"{{"state":"pending","sha":"{SHA}","total_count":0,"statuses":[]}}"#);
        let page: StatusPage = serde_json::from_str(&text).expect("it has all we ask for");
        assert!(page.statuses.is_empty());
    }
}
