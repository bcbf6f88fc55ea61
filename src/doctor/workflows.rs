//! Whether anybody reports the checks that are waited for, on the branches where CI is to test: by the workflows on trunk,
//! and for the rest by what was reported on trunk's tip.

use super::finding::Finding;
use super::reading::Inside;
use super::repository::Place;
use crate::config::GITHUB_ACTIONS;
use crate::facts::RequiredCheck;
use crate::ids::CheckName;
use crate::wording::shown;
use crate::workflow::{Advice, Files, Reported, Workflow};
use std::collections::BTreeSet;

/// What there is to say about the checks that a repository waits for.
pub(super) fn reported(
    place: &Place<'_>,
    inside: &Inside,
    required: &[RequiredCheck],
    may_skip: &BTreeSet<CheckName>,
) -> Vec<Finding> {
    if required.is_empty() {
        return Vec::new();
    }
    let texts = match &inside.workflows {
        Ok(texts) => texts,
        Err(unasked) => return vec![Finding::unasked(place.name, "for its workflows", unasked)],
    };
    let mut findings = Vec::new();
    let mut files = Files::new();
    for (path, text) in texts {
        match Workflow::parse(text) {
            Ok(workflow) => {
                files.insert(path.clone(), workflow);
            }
            Err(broken) => {
                let what =
                    format!("has a workflow that GitHub cannot run: {}:{}: {}", shown(path), broken.line, broken.what);
                findings.push(Finding::warning(place.name, what, "mend the file"));
            }
        }
    }
    findings.extend(required.iter().map(|check| one(place, inside, &files, check)));
    let strict = required.iter().filter(|check| !may_skip.contains(&check.name));
    findings.extend(strict.filter_map(|check| skipped(place, &files, check)));
    findings.extend(advice(place, &files, required));
    findings
}

/// The workflows that report a check, by path.
fn reporters<'f>(files: &'f Files, check: &RequiredCheck) -> impl Iterator<Item = (&'f String, &'f Workflow)> {
    let name = Reported::As(check.name.to_string());
    files.iter().filter(move |(_, workflow)| workflow.checks(files).iter().any(|run| run.name == name))
}

fn one(place: &Place<'_>, inside: &Inside, files: &Files, check: &RequiredCheck) -> Finding {
    let (name, branch) = (shown(check.name.as_str()), place.run_branch());
    let by_workflow: Vec<_> = reporters(files, check).collect();
    if let Some((path, _)) = by_workflow.iter().find(|(_, workflow)| workflow.runs_on_push(&branch)) {
        return Finding::ok(place.name, format!("waits for `{name}`, which {} reports on greenline/**", shown(path)));
    }
    if let Some((path, workflow)) = by_workflow.first() {
        let what = format!(
            "waits for `{name}` in vain: {} reports it, and does not run on pushes to greenline/**",
            shown(path)
        );
        let first = workflow.advice(&branch).into_iter().next();
        let fix =
            first.map_or_else(|| "let it run on pushes to greenline/**".to_owned(), |advice| written(path, &advice));
        return Finding::wrong(place.name, what, fix);
    }
    let seen = match &inside.reported {
        Ok(reported) => reported.iter().any(|other| same(other, check)),
        Err(unasked) => return Finding::unasked(place.name, &format!("whether anybody reports `{name}`"), unasked),
    };
    let by_actions = check.app == Some(GITHUB_ACTIONS);
    let fix = format!(
        "see that it is reported on pushes to greenline/**, and that [checks] required names it as a pull request shows it{}",
        if by_actions { ": for GitHub Actions that is the job's name, not the workflow's" } else { "" }
    );
    match (by_actions, seen) {
        (false, true) => Finding::ok(place.name, format!("waits for `{name}`, which was reported on its trunk")),
        (false, false) => Finding::warning(
            place.name,
            format!("waits for `{name}`, which nobody reported on trunk's last commit"),
            fix,
        ),
        (true, true) => Finding::warning(
            place.name,
            format!("waits for `{name}`, which was reported on its trunk, but no workflow there shows by whom"),
            fix,
        ),
        (true, false) if files.values().any(|workflow| is_vague(workflow, files, &branch)) => Finding::warning(
            place.name,
            format!("waits for `{name}`, and of some jobs only a run shows the names"),
            fix,
        ),
        (true, false) => {
            let what = format!("waits for `{name}` in vain: no workflow on `{}` has a job by that name", place.trunk);
            Finding::wrong(place.name, what, fix)
        }
    }
}

/// A job that the queue's branches may skip: what is skipped has not passed.
fn skipped(place: &Place<'_>, files: &Files, check: &RequiredCheck) -> Option<Finding> {
    let branch = place.run_branch();
    let name = Reported::As(check.name.to_string());
    let running = reporters(files, check).filter(|(_, workflow)| workflow.runs_on_push(&branch));
    let mut jobs = running.flat_map(|(path, workflow)| workflow.checks(files).into_iter().map(move |run| (path, run)));
    let (path, run) = jobs.find(|(_, run)| run.name == name)?;
    let (condition, name) = (shown(&run.condition?), shown(check.name.as_str()));
    let what = format!("waits for `{name}`, which {}:{} skips unless {condition}", shown(path), run.line);
    let fix = format!(
        "see that this holds on pushes to greenline/**; or, if `{name}` may be skipped there, name it in [checks] skipped_passes"
    );
    Some(Finding::warning(place.name, what, fix))
}

fn same(seen: &RequiredCheck, check: &RequiredCheck) -> bool {
    seen.name == check.name && (check.app.is_none() || seen.app == check.app)
}

/// Runs for the queue, with jobs whose names the files do not tell.
fn is_vague(workflow: &Workflow, files: &Files, branch: &str) -> bool {
    let unknown = |name: &Reported| match name {
        Reported::As(_) => false,
        Reported::Unknown { .. } => true,
    };
    workflow.runs_on_push(branch) && workflow.checks(files).iter().any(|run| unknown(&run.name))
}

/// What else would keep workflows that run for the queue, and that somebody waits for, from ending.
fn advice(place: &Place<'_>, files: &Files, required: &[RequiredCheck]) -> Vec<Finding> {
    let branch = place.run_branch();
    let waited = |path: &String| required.iter().any(|check| reporters(files, check).any(|(other, _)| other == path));
    let running = files.iter().filter(|(path, workflow)| workflow.runs_on_push(&branch) && waited(path));
    running
        .flat_map(|(path, workflow)| workflow.advice(&branch).into_iter().map(move |advice| (path, advice)))
        .map(|(path, advice)| {
            let what = format!("has a workflow that may leave the queue waiting: {}: {}", shown(path), advice.why);
            Finding::warning(place.name, what, written(path, &advice))
        })
        .collect()
}

/// What to write where, on one line.
fn written(path: &str, advice: &Advice) -> String {
    let place = format!("{} on line {}", shown(path), advice.line);
    if advice.write.is_empty() {
        return format!("change {place}");
    }
    let lines: Vec<String> = advice.write.iter().map(|line| format!("`{line}`")).collect();
    format!("write into {place}: {}", lines.join(", "))
}
