//! The check runs that a workflow's jobs report, by name, as far as its files tell. What they do not tell is said to be
//! unknown, with the reason, and never guessed: a check that nobody reports would be waited for.

use super::expression::{Known, expanded, has_expression};
use super::matrix::{Leaf, Matrix, suffix};
use super::{Job, Workflow};
use crate::wording::shown;
use std::collections::BTreeMap;

/// Workflows that call workflows: GitHub allows no more levels than this (GitHub Docs, *Reusing workflow configurations*).
const LEVELS_MAX: usize = 10;

/// Checks of one workflow, at the most.
const CHECKS_MAX: usize = 1000;

/// A longer name of a matrix job is shortened by GitHub, and how is not documented.
const NAME_MAX: usize = 100;

/// The workflows of a repository by path (`.github/workflows/ci.yml`).
pub type Files = BTreeMap<String, Workflow>;

/// A check run that a job reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRun {
    /// The job's key in its file.
    pub job: String,
    /// The line of the job in the workflow that was asked, from 1.
    pub line: usize,
    /// Under which name it is reported.
    pub name: Reported,
    /// The job's `if`, unless it is one that always holds: when it does not hold, the check is reported as skipped.
    pub condition: Option<String>,
}

/// A check's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reported {
    /// Exactly this.
    As(String),
    /// The files do not tell.
    Unknown {
        /// What is written there, for a person to recognize.
        written: String,
        /// Why the name is not known.
        why: String,
    },
}

impl Workflow {
    /// The checks it reports when it runs, in the order of its file, each name once. `files` are the workflows of the same
    /// repository, where those that it calls are looked up.
    pub fn checks(&self, files: &Files) -> Vec<CheckRun> {
        let mut checks: Vec<CheckRun> = Vec::new();
        for job in &self.jobs {
            let condition = job.condition.as_deref();
            for (name, condition) in job.reports(files, &self.on.inputs, condition, LEVELS_MAX) {
                if checks.len() < CHECKS_MAX && !checks.iter().any(|check| check.name == name) {
                    checks.push(CheckRun { job: job.key.clone(), line: job.line, name, condition });
                }
            }
        }
        checks
    }
}

type Named = (Reported, Option<String>);

impl Job {
    fn reports(
        &self,
        files: &Files,
        inputs: &[(String, String)],
        condition: Option<&str>,
        levels: usize,
    ) -> Vec<Named> {
        let condition = condition.or(self.condition.as_deref());
        let mut named = Vec::new();
        for (name, leaves) in self.instances(inputs) {
            match &self.uses {
                None => named.push((name, condition.map(str::to_owned))),
                Some((path, handed)) => {
                    named.extend(called(&name, path, &handed_over(handed, &leaves), files, condition, levels));
                }
            }
            if named.len() > CHECKS_MAX {
                break;
            }
        }
        named
    }

    /// Each combination's name and what its expressions may refer to.
    fn instances(&self, inputs: &[(String, String)]) -> Vec<(Reported, Vec<Leaf>)> {
        let inputs: Vec<Leaf> =
            inputs.iter().map(|(key, value)| Leaf { path: format!("inputs.{key}"), value: value.clone() }).collect();
        let with = |combination: &[Leaf]| inputs.iter().chain(combination).cloned().collect::<Vec<_>>();
        let template = self.name.as_deref().unwrap_or(&self.key);
        match &self.matrix {
            Matrix::Absent => vec![(reported(template, &inputs, false), inputs)],
            Matrix::Known(combinations) => combinations
                .iter()
                .map(|combination| {
                    let leaves = with(combination);
                    // A name without any expression gets the values behind it.
                    let name = if has_expression(template) {
                        reported(template, &leaves, true)
                    } else {
                        match suffix(combination) {
                            Ok(suffix) => short(template, format!("{template}{suffix}")),
                            Err(why) => unknown(template, why),
                        }
                    };
                    (name, leaves)
                })
                .collect(),
            Matrix::Unknown(why) => {
                // An expression that asks nothing of the matrix is the same in all its jobs.
                let free = has_expression(template) && !template.contains("matrix");
                let name = if free { reported(template, &inputs, false) } else { unknown(template, why) };
                vec![(name, inputs)]
            }
        }
    }
}

fn reported(template: &str, leaves: &[Leaf], matrix_is_whole: bool) -> Reported {
    match expanded(template, &Known { leaves, matrix_is_whole }) {
        Ok(name) if name.trim() == name && !name.is_empty() => short(template, name),
        Ok(_) => unknown(template, "the name would begin or end with a blank".to_owned()),
        Err(expression) => unknown(template, format!("`${{{{ {expression} }}}}` is known only when it runs")),
    }
}

fn short(template: &str, name: String) -> Reported {
    if name.chars().count() <= NAME_MAX {
        return Reported::As(name);
    }
    unknown(template, format!("it is longer than {NAME_MAX} characters, and GitHub shortens it"))
}

fn unknown(template: &str, why: impl Into<String>) -> Reported {
    Reported::Unknown { written: shown(template), why: why.into() }
}

/// What a caller hands over, as far as it is known there.
fn handed_over(handed: &[(String, String)], leaves: &[Leaf]) -> Vec<(String, String)> {
    let known = Known { leaves, matrix_is_whole: false };
    // What is not known stays the expression it is, and what refers to it stays unknown.
    handed.iter().map(|(key, text)| (key.clone(), expanded(text, &known).unwrap_or_else(|_| text.clone()))).collect()
}

/// The checks of a workflow that a job calls: each is named `caller / job`.
fn called(
    caller: &Reported,
    path: &str,
    handed: &[(String, String)],
    files: &Files,
    condition: Option<&str>,
    levels: usize,
) -> Vec<Named> {
    let written = match caller {
        Reported::As(name) => name,
        Reported::Unknown { written, .. } => written,
    };
    let told = |why: String| vec![(unknown(&format!("{written} / …"), why), condition.map(str::to_owned))];
    let Some(local) = path.strip_prefix("./") else {
        return told(format!("its jobs are in `{}`, another repository", shown(path)));
    };
    let Some(workflow) = files.get(local) else {
        return told(format!("its jobs are in `{}`, which was not read", shown(local)));
    };
    if levels == 0 {
        return told(format!("more than {LEVELS_MAX} workflows call each other"));
    }
    let mut inputs = workflow.on.inputs.clone();
    inputs.extend(handed.iter().cloned());
    let mut named = Vec::new();
    for job in &workflow.jobs {
        for (name, condition) in job.reports(files, &inputs, condition, levels - 1) {
            let name = match (caller, name) {
                (Reported::As(caller), Reported::As(name)) => Reported::As(format!("{caller} / {name}")),
                (Reported::Unknown { written, why }, Reported::As(name)) => {
                    unknown(&format!("{written} / {name}"), why.clone())
                }
                (_, Reported::Unknown { written: inner, why }) => unknown(&format!("{written} / {inner}"), why),
            };
            named.push((name, condition));
        }
        if named.len() > CHECKS_MAX {
            break;
        }
    }
    named
}
