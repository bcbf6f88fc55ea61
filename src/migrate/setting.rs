//! The settings of Greenline's that other bots' settings become, and how each is written. Which of them this version can
//! read is asked of the parser that will read them, so there is no second list to keep.

use super::written::{list, quoted};
use crate::config::length_of_time;
use crate::config::repo::PlanConfig;

/// A check to require.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    pub name: String,
    /// It is reported by a workflow of the repository; else nobody knows by which App.
    pub by_workflow: bool,
}

/// One setting, in the order in which the file has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Setting {
    Label(String),
    Plan(PlanConfig),
    /// How long a batch waits for others.
    Gather {
        ms: i64,
    },
    Tries(u32),
    Approvals(u32),
    BlockingLabels(Vec<String>),
    /// Regular expressions.
    BlockingTitles(Vec<String>),
    Required(Vec<Check>),
    /// Checks on the pull request's own head, before it enters the queue.
    Before(Vec<Check>),
    SkippedPasses(Vec<String>),
    NeutralPasses(Vec<String>),
    FinishDeadline {
        ms: i64,
    },
    /// A word of `[merge] strategy`.
    Strategy(&'static str),
    MergeMessage(String),
    SquashMessage(String),
    CutBodyBefore(String),
    CutBodyAfter(String),
    DeleteBranch(bool),
}

impl Setting {
    /// The sections in the order in which the file has them.
    pub const SECTIONS: [&'static str; 4] = ["queue", "rules", "checks", "merge"];

    /// It in one line, without what is too long for it.
    pub fn short(&self) -> String {
        let lines = self.lines();
        if lines.len() <= 2 { lines.join(", ") } else { self.place().1.to_owned() }
    }

    /// Its section, without brackets, and its key, the first one if it has two.
    pub fn place(&self) -> (&'static str, &'static str) {
        match self {
            Self::Label(_) => ("queue", "label"),
            Self::Plan(_) => ("queue", "strategy"),
            Self::Gather { .. } => ("queue", "gather"),
            Self::Tries(_) => ("queue", "tries"),
            Self::Approvals(_) => ("rules", "approvals"),
            Self::BlockingLabels(_) => ("rules", "blocking_labels"),
            Self::BlockingTitles(_) => ("rules", "blocking_titles"),
            Self::Required(_) => ("checks", "required"),
            Self::Before(_) => ("checks", "before"),
            Self::SkippedPasses(_) => ("checks", "skipped_passes"),
            Self::NeutralPasses(_) => ("checks", "neutral_passes"),
            Self::FinishDeadline { .. } => ("checks", "finish_deadline"),
            Self::Strategy(_) => ("merge", "strategy"),
            Self::MergeMessage(_) => ("merge", "merge_message"),
            Self::SquashMessage(_) => ("merge", "squash_message"),
            Self::CutBodyBefore(_) => ("merge", "cut_body_before"),
            Self::CutBodyAfter(_) => ("merge", "cut_body_after"),
            Self::DeleteBranch(_) => ("merge", "delete_branch"),
        }
    }

    /// Takes in what the file says a second time, where both can hold; else says no.
    pub fn absorb(&mut self, other: &Self) -> bool {
        if let (Self::BlockingLabels(own), Self::BlockingLabels(more))
        | (Self::BlockingTitles(own), Self::BlockingTitles(more)) = (&mut *self, other)
        {
            let new: Vec<String> = more.iter().filter(|text| !own.contains(text)).cloned().collect();
            own.extend(new);
            return true;
        }
        self == other
    }

    /// Its lines in the file.
    pub fn lines(&self) -> Vec<String> {
        let (_, key) = self.place();
        match self {
            Self::Plan(plan) => plan_lines(*plan),
            Self::Required(checks) | Self::Before(checks) => check_lines(key, checks),
            Self::Label(text)
            | Self::MergeMessage(text)
            | Self::SquashMessage(text)
            | Self::CutBodyBefore(text)
            | Self::CutBodyAfter(text) => vec![format!("{key} = {}", quoted(text))],
            Self::Strategy(word) => vec![format!("{key} = {}", quoted(word))],
            Self::Tries(number) | Self::Approvals(number) => vec![format!("{key} = {number}")],
            Self::BlockingLabels(texts)
            | Self::BlockingTitles(texts)
            | Self::SkippedPasses(texts)
            | Self::NeutralPasses(texts) => vec![format!("{key} = {}", list(texts))],
            Self::Gather { ms } | Self::FinishDeadline { ms } => {
                vec![format!("{key} = {}", quoted(&length_of_time(*ms)))]
            }
            Self::DeleteBranch(flag) => vec![format!("{key} = {flag}")],
        }
    }
}

fn plan_lines(plan: PlanConfig) -> Vec<String> {
    match plan {
        PlanConfig::Serial => vec!["strategy = \"serial\"".to_owned()],
        PlanConfig::Pipeline { depth } => vec!["strategy = \"pipeline\"".to_owned(), format!("depth = {depth}")],
        PlanConfig::Batch { size } => vec!["strategy = \"batch\"".to_owned(), format!("batch_size = {size}")],
    }
}

fn check_lines(key: &str, checks: &[Check]) -> Vec<String> {
    let one = |check: &Check| {
        let app = if check.by_workflow { "github-actions" } else { "any" };
        format!("    {{ name = {}, app = \"{app}\" }},", quoted(&check.name))
    };
    let mut lines = vec![format!("{key} = [")];
    lines.extend(checks.iter().map(one));
    lines.push("]".to_owned());
    lines
}

/// What is to be said of a check if the App that reports it is not known.
pub(super) fn any_app(check: &Check) -> Option<String> {
    let why = "no workflow here is known to report it, so app is \"any\", and whoever can write can report it; write \
               \"github-actions\" or the App's number if you know it";
    (!check.by_workflow).then(|| why.to_owned())
}
