//! Writes check runs of our own and finds them again. What they say is decided elsewhere.

use super::{GithubForge, json};
use crate::adapter::github::answer::Ask;
use crate::ids::CheckRunId;
use crate::port::report::{Ending, Note, Report};
use crate::port::{Outcome, Trouble};
use http::Method;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

const READ: &str = "Checks: read";
const WRITE: &str = "Checks: write";

#[derive(Debug, Deserialize)]
struct RunPage {
    check_runs: Vec<Run>,
}

#[derive(Debug, Deserialize)]
struct Run {
    id: u64,
    #[serde(default)]
    external_id: Option<String>,
}

#[derive(Deserialize)]
struct Made {
    id: u64,
}

#[derive(Serialize)]
struct Body<'a> {
    name: Cow<'static, str>,
    /// Only when it is made: a check run stays where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    head_sha: Option<String>,
    external_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    details_url: Option<&'a str>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    conclusion: Option<&'static str>,
    output: Output<'a>,
}

#[derive(Serialize)]
struct Output<'a> {
    title: &'a str,
    summary: &'a str,
    /// GitHub adds them to those that are there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Annotation<'a>>,
}

#[derive(Serialize)]
struct Annotation<'a> {
    path: &'a str,
    start_line: usize,
    end_line: usize,
    #[serde(rename = "annotation_level")]
    level: &'static str,
    message: &'a str,
}

impl<'a> From<&'a Note> for Annotation<'a> {
    fn from(note: &'a Note) -> Self {
        let Note { path, line, message } = note;
        Self { path, start_line: *line, end_line: *line, level: "failure", message }
    }
}

fn body(report: &Report, made: bool) -> Body<'_> {
    Body {
        name: report.name(),
        head_sha: (!made).then(|| report.head.to_string()),
        external_id: report.external_id(),
        details_url: report.details.as_deref(),
        // A check run that is set back to work has no conclusion any more.
        status: if report.ending.is_some() { "completed" } else { "in_progress" },
        conclusion: report.ending.map(|ending| match ending {
            Ending::Success => "success",
            Ending::Failure => "failure",
            Ending::Neutral => "neutral",
        }),
        output: Output {
            title: &report.title,
            summary: &report.summary,
            annotations: report.notes.iter().filter(|_| !made).map(Annotation::from).collect(),
        },
    }
}

impl GithubForge {
    pub(super) async fn our_check_run(&self, report: &Report) -> Result<Option<CheckRunId>, Trouble> {
        let (name, app) = (crate::adapter::github::host::encoded(&report.name()), self.app.client().app());
        let head = report.head;
        // Two pull requests may have the same head, so there may be more than the latest.
        let rest = format!("commits/{head}/check-runs?check_name={name}&app_id={app}&filter=all&per_page=100");
        let ask = self.ask(&rest, READ);
        // A commit that GitHub does not know has no check run; whether one can be made is the write's to hear.
        let pages: Vec<RunPage> = self.pages(&ask).await?.unwrap_or_default();
        let wanted = report.external_id();
        let runs = pages.into_iter().flat_map(|page| page.check_runs);
        let ours = runs.filter(|run| run.external_id.as_deref() == Some(&wanted));
        Ok(ours.map(|run| run.id).max().map(CheckRunId::new))
    }

    pub(super) async fn write_check_run(
        &self,
        id: Option<CheckRunId>,
        report: &Report,
    ) -> Result<Outcome<CheckRunId>, Trouble> {
        let text = Some(json(&body(report, id.is_some())));
        let (method, rest) = match id {
            Some(id) => (Method::PATCH, format!("check-runs/{id}")),
            None => (Method::POST, "check-runs".to_owned()),
        };
        let ask = Ask { body: text, ..self.change(method, &rest, WRITE) };
        Ok(match self.write(&ask).await? {
            Outcome::Done(answer) => match (id, serde_json::from_slice::<Made>(&answer.body)) {
                (Some(id), _) => Outcome::Done(id),
                (None, Ok(made)) => Outcome::Done(CheckRunId::new(made.id)),
                (None, Err(why)) => Outcome::Unknown(format!("GitHub took a check run but does not say its id: {why}")),
            },
            Outcome::Rejected(why) => Outcome::Rejected(why),
            Outcome::Unknown(why) => Outcome::Unknown(why),
        })
    }
}
