//! A GitHub Actions workflow as far as a queue cares: on which events and branches it runs, which checks its jobs report,
//! and what would stop its runs. It reads text, never files, and runs nothing.

mod advice;
mod checks;
mod concurrency;
mod expression;
mod matrix;
mod pattern;
mod trigger;

pub use crate::document::Broken;
pub use advice::Advice;
pub use checks::{CheckRun, Files, Reported};
pub use concurrency::{Cancels, Concurrency};
pub use pattern::Pattern;
pub use trigger::{Branches, Shape, Trigger, Triggers};

use crate::document::{Node, Value};
use matrix::Matrix;

/// The folder in which GitHub looks for workflows.
pub const FOLDER: &str = ".github/workflows";

/// One workflow file.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// What it runs on.
    pub on: Triggers,
    /// What its runs share, and whether they stop each other.
    pub concurrency: Option<Concurrency>,
    jobs: Vec<Job>,
}

#[derive(Debug, Clone, PartialEq)]
struct Job {
    key: String,
    line: usize,
    name: Option<String>,
    condition: Option<String>,
    matrix: Matrix,
    /// The workflow it calls, and what it hands over.
    uses: Option<(String, Vec<(String, String)>)>,
    concurrency: Option<Concurrency>,
}

impl Workflow {
    /// Reads a workflow file.
    /// Errors: what is no YAML, what is too large, and what lacks `on` or `jobs`.
    pub fn parse(text: &str) -> Result<Self, Broken> {
        let root = Node::yaml(text)?;
        let lacks = |key: &str| Broken { line: root.line, what: format!("it has no `{key}:`, so it is no workflow") };
        let on = root.entries().iter().find(|entry| entry.key == "on").ok_or_else(|| lacks("on"))?;
        let jobs = root.get("jobs").filter(|jobs| !jobs.entries().is_empty()).ok_or_else(|| lacks("jobs"))?;
        Ok(Self {
            name: root.get("name").and_then(Node::scalar),
            on: Triggers::read(on),
            concurrency: Concurrency::read(&root),
            jobs: jobs.entries().iter().map(|entry| Job::read(&entry.key, entry.line, &entry.node)).collect(),
        })
    }

    /// Whether a push to this branch starts it, changed paths aside.
    pub fn runs_on_push(&self, branch: &str) -> bool {
        self.on.push.as_ref().is_some_and(|push| push.includes(branch))
    }

    /// Whether a pull request onto this branch starts it, changed paths aside.
    pub fn runs_on_pull_request(&self, base: &str) -> bool {
        self.on.pull_request.as_ref().is_some_and(|trigger| trigger.includes(base))
    }

    /// Its own concurrency and that of its jobs.
    pub fn concurrencies(&self) -> impl Iterator<Item = &Concurrency> {
        self.concurrency.iter().chain(self.jobs.iter().filter_map(|job| job.concurrency.as_ref()))
    }
}

impl Job {
    fn read(key: &str, line: usize, node: &Node) -> Self {
        let handed = node.get("with").map(Node::entries).unwrap_or_default();
        let handed = handed.iter().filter_map(|entry| Some((entry.key.clone(), entry.node.scalar()?))).collect();
        let uses = node.get("uses").and_then(Node::text);
        Self {
            key: key.to_owned(),
            line,
            name: node.get("name").and_then(Node::scalar),
            condition: node.get("if").and_then(Node::scalar).and_then(|condition| expression::doubtful(&condition)),
            matrix: Matrix::read(node.get("strategy").and_then(|strategy| strategy.get("matrix"))),
            uses: uses.map(|path| (path.to_owned(), handed)),
            concurrency: Concurrency::read(node),
        }
    }
}

/// The texts of a list, or of a single text.
fn texts(node: &Node) -> Vec<String> {
    node.items().iter().filter_map(Node::scalar).collect()
}

/// Whether there is anything at all behind the colon.
fn said(node: &Node) -> bool {
    node.value != Value::Nothing
}

#[cfg(test)]
mod tests;
