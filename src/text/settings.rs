//! What is said about a pull request that edits the settings: what would change, for whom, or what is wrong. Words only.

use super::laxer::laxer;
use super::{code, code_of, list};
use crate::config::Problem;
use crate::config::changes::{self, Change};
use crate::config::repo::{PlanConfig, RepoConfig};
use crate::facts::RequiredCheck;
use crate::ids::PrNumber;
use std::fmt::Write as _;

/// Problems and changes that are listed.
const LISTED: usize = 50;
/// Characters of a problem that are told: it may list all settings of a section.
const PROBLEM_CHARS: usize = 600;

/// Queued pull requests that a change of the settings would touch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Touched {
    /// They would be composed, and so tested, anew.
    pub composed: Vec<PrNumber>,
    /// Other checks would decide about them.
    pub judged: Vec<PrNumber>,
    /// Other rules would let them in, or keep them waiting.
    pub weighed: Vec<PrNumber>,
    /// They asked by a label that would not count any more.
    pub unlabelled: Vec<PrNumber>,
}

/// Title and summary where the settings are valid.
pub fn settings_change(
    old: &RepoConfig,
    new: &RepoConfig,
    changes: &[Change],
    touched: &Touched,
    trunk: &str,
) -> (String, String) {
    let title = match changes.len() {
        0 => "Valid; nothing would change".to_owned(),
        1 => "Valid; 1 setting would change".to_owned(),
        many => format!("Valid; {many} settings would change"),
    };
    let mut text = format!(
        "The settings are valid. They hold from the moment this is on {}; until then nothing changes.\n",
        code(trunk)
    );
    if changes.is_empty() {
        return (title, text);
    }
    text.push_str("\n| setting | now | then |\n| --- | --- | --- |\n");
    let cell = |value: Option<&str>| value.map_or_else(|| "–".to_owned(), |value| code(value).replace('|', "\\|"));
    for change in changes.iter().take(LISTED) {
        let _ =
            writeln!(text, "| `{}` | {} | {} |", change.key, cell(change.old.as_deref()), cell(change.new.as_deref()));
    }
    text.push('\n');
    let lax = laxer(&old.delivery, &new.delivery, &changes::laxer(&old.delivery, &new.delivery));
    for sentence in meanings(old, new).into_iter().chain(lax).chain(consequences(touched)) {
        let _ = writeln!(text, "- {sentence}");
    }
    (title, text)
}

/// Title and summary where the settings are wrong.
pub fn settings_wrong(problems: &[Problem], trunk: &str) -> (String, String) {
    let title = if problems.len() == 1 { "1 mistake".to_owned() } else { format!("{} mistakes", problems.len()) };
    let mut text = format!(
        "These settings cannot be used. If this lands, the last valid ones stay in force, and the status page says what is wrong on {}. \
         Before that nothing changes.\n\n",
        code(trunk)
    );
    for problem in problems.iter().take(LISTED) {
        let _ = writeln!(text, "- {}", code_of(&problem.to_string(), PROBLEM_CHARS));
    }
    (title, text)
}

/// Said of a file that is on trunk already, or was on it when the branch began.
pub fn settings_same() -> (String, String) {
    ("Nothing would change".to_owned(), "The settings would stay as they are.\n".to_owned())
}

fn at_once(config: &RepoConfig) -> u32 {
    match config.queue.plan {
        PlanConfig::Serial | PlanConfig::Batch { .. } => 1,
        PlanConfig::Pipeline { depth } => depth.min(config.queue.budget),
    }
}

fn in_a_group(config: &RepoConfig) -> u32 {
    match config.queue.plan {
        PlanConfig::Serial | PlanConfig::Pipeline { .. } => 1,
        PlanConfig::Batch { size } => size,
    }
}

/// What the changes mean, for those where that is not plain.
fn meanings(old: &RepoConfig, new: &RepoConfig) -> Vec<String> {
    let mut said = Vec::new();
    let (before, after) = (at_once(old), at_once(new));
    if before != after {
        said.push(format!("The queue would test up to {after} at once instead of {before}."));
    }
    let (before, after) = (in_a_group(old), in_a_group(new));
    if before != after {
        said.push(format!("Up to {after} pull requests would be tested as one group instead of {before}."));
    }
    let (before, after) = (&old.checks.required, &new.checks.required);
    let (more, fewer) = (only(after, before), only(before, after));
    if !more.is_empty() {
        said.push(format!("{} would have to pass.", list(more.into_iter())));
    }
    if !fewer.is_empty() {
        said.push(format!("{} would no longer be asked for.", list(fewer.into_iter())));
    }
    if after.is_empty() && !before.is_empty() {
        said.push("Without a list, the checks that rulesets and branch protection require are asked for.".to_owned());
    }
    if old.queue.label != new.queue.label {
        let (before, after) = (code(&old.queue.label), code(&new.queue.label));
        said.push(format!("The label {after} would ask for landing, and {before} no longer."));
    }
    said
}

/// Names of checks in one list that are not in the other.
fn only(of: &[RequiredCheck], not_in: &[RequiredCheck]) -> Vec<String> {
    let named = |check: &RequiredCheck| {
        let app = check.app.map_or_else(|| "any App".to_owned(), |app| format!("App {app}"));
        format!("{} ({app})", code(check.name.as_str()))
    };
    of.iter().filter(|check| !not_in.contains(check)).map(named).collect()
}

fn consequences(touched: &Touched) -> Vec<String> {
    let of = |pulls: &[PrNumber]| list(pulls.iter().map(|pr| format!("#{pr}")));
    let mut said = Vec::new();
    if !touched.composed.is_empty() {
        said.push(format!("Of those queued now, {} would be composed and tested anew.", of(&touched.composed)));
    }
    if !touched.judged.is_empty() {
        said.push(format!("Of those queued now, {} would be decided by other checks.", of(&touched.judged)));
    }
    if !touched.weighed.is_empty() {
        let who = of(&touched.weighed);
        said.push(format!("Of those queued now, {who} would be weighed by other rules, and perhaps have to wait."));
    }
    if !touched.unlabelled.is_empty() {
        said.push(format!(
            "Of those queued now, {} asked by the old label and would leave the queue; they can be asked for again.",
            of(&touched.unlabelled)
        ));
    }
    said
}
