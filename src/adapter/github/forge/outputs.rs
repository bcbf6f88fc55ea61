//! Reads what a check run says of itself: its words, its annotations, and for a job of GitHub Actions the log around the first
//! error. It is for people only; whatever cannot be read is left out.

use super::GithubForge;
use crate::adapter::github::log::Window;
use crate::facts::CheckOutput;
use crate::port::Trouble;
use http::StatusCode;
use serde::Deserialize;

const NEEDS: &str = "Checks: read";
const LOGS: &str = "Actions: read";
/// Annotations asked for.
const ANNOTATIONS: usize = 10;

#[derive(Debug, Deserialize)]
struct Run {
    #[serde(default)]
    output: Option<Output>,
}

#[derive(Debug, Default, Deserialize)]
struct Output {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    summary: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    annotations_count: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Annotation {
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    start_line: Option<u64>,
    #[serde(default, rename = "annotation_level")]
    level: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

impl Annotation {
    fn words(self) -> Option<String> {
        let message = self.message.filter(|message| !message.trim().is_empty())?;
        // Actions annotates the workflow itself, at `.github`, with nothing but the exit code.
        let path = self.path.filter(|path| !path.is_empty() && path != ".github");
        Some(match (path, self.start_line) {
            (Some(path), Some(line)) => format!("{path}:{line}: {message}"),
            (Some(path), None) => format!("{path}: {message}"),
            (None, _) => message,
        })
    }
}

/// The job that a page of GitHub Actions shows (`…/actions/runs/RUN/job/JOB`).
fn job(url: &str) -> Option<u64> {
    let (_, rest) = url.split_once("/actions/runs/")?;
    let (_, job) = rest.split_once("/job/")?;
    job.split(['?', '#', '/']).next()?.parse().ok()
}

impl GithubForge {
    pub(super) async fn output_of(&self, id: u64, url: Option<&str>) -> Result<Option<CheckOutput>, Trouble> {
        let Some(run) = self.read::<Run>(&format!("check-runs/{id}"), NEEDS).await? else { return Ok(None) };
        let Output { title, summary, text, annotations_count } = run.output.unwrap_or_default();
        let annotations = match annotations_count {
            Some(1..) => self.annotations(id).await?,
            Some(0) | None => Vec::new(),
        };
        let log = match url.and_then(job) {
            Some(job) => self.log_of(job).await,
            None => None,
        };
        Ok(Some(CheckOutput { title, summary, text, annotations, log }))
    }

    async fn annotations(&self, id: u64) -> Result<Vec<String>, Trouble> {
        let rest = format!("check-runs/{id}/annotations?per_page={ANNOTATIONS}");
        let found: Vec<Annotation> = self.read(&rest, NEEDS).await?.unwrap_or_default();
        let failures = found.into_iter().filter(|of| of.level.as_deref() == Some("failure"));
        Ok(failures.filter_map(Annotation::words).collect())
    }

    async fn log_of(&self, job: u64) -> Option<String> {
        let ask = self.ask(&format!("actions/jobs/{job}/logs"), LOGS);
        let mut window = Window::default();
        match self.app.client().stream(self.who, &ask, |chunk| window.take(chunk)).await {
            Ok(StatusCode::OK) => window.lines(),
            Ok(status) => {
                tracing::debug!(repo = %self.repo, job, %status, "a job's log is not readable");
                None
            }
            Err(trouble) => {
                tracing::debug!(repo = %self.repo, job, %trouble, "a job's log is not readable");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_known_by_its_page() {
        assert_eq!(job("https://github.com/o/r/actions/runs/12/job/345?pr=1"), Some(345));
        assert_eq!(job("https://github.com/o/r/runs/345"), None);
        assert_eq!(job("https://ci.example/actions/runs/1/job/x"), None);
    }
}
