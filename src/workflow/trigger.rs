//! What a workflow runs on: the `on:` of its file. It knows nothing of jobs.

use super::pattern::Pattern;
use super::{said, texts};
use crate::document::{Entry, Node, Value};

/// The events that start a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Triggers {
    /// The line of `on:`, from 1.
    pub line: usize,
    /// How the events are written down.
    pub shape: Shape,
    /// All events by name, in the order of the file.
    pub events: Vec<String>,
    /// `push`
    pub push: Option<Trigger>,
    /// `pull_request`
    pub pull_request: Option<Trigger>,
    /// Whether GitHub's own merge queue starts it.
    pub merge_group: bool,
    /// Defaults of what a caller may hand over, where the workflow can be called.
    pub(super) inputs: Vec<(String, String)>,
}

/// How events are written down: what a change of them has to look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `on: push`, or `on: [push]`
    Names,
    /// Each event is a key.
    Table,
}

/// One event with its filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// Its line, from 1.
    pub line: usize,
    /// Which branches start it.
    pub branches: Branches,
    /// The line of `paths` or `paths-ignore`: it starts only if certain files changed.
    pub paths: Option<usize>,
    /// `types`; empty if it names none.
    pub types: Vec<String>,
}

/// A filter by branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Branches {
    /// None: all branches.
    All,
    /// Only tags are named, and then no branch counts.
    OnlyTags,
    /// `branches`, and its line.
    Only(Vec<Pattern>, usize),
    /// `branches-ignore`, and its line.
    AllBut(Vec<Pattern>, usize),
}

impl Triggers {
    pub(super) fn read(on: &Entry) -> Self {
        let shape = if let Value::Table(_) = on.node.value { Shape::Table } else { Shape::Names };
        let events: Vec<(String, usize, Option<&Node>)> = match shape {
            Shape::Table => on.node.entries().iter().map(|e| (e.key.clone(), e.line, Some(&e.node))).collect(),
            Shape::Names => on.node.items().iter().filter_map(|item| Some((item.scalar()?, item.line, None))).collect(),
        };
        let find = |name: &str| events.iter().find(|(event, ..)| event == name);
        let trigger = |name: &str| find(name).map(|(_, line, node)| Trigger::read(*line, *node));
        let called = find("workflow_call").and_then(|(.., node)| node.and_then(|node| node.get("inputs")));
        let default = |input: &Entry| Some((input.key.clone(), input.node.get("default")?.scalar()?));
        Self {
            line: on.line,
            shape,
            push: trigger("push"),
            pull_request: trigger("pull_request"),
            merge_group: find("merge_group").is_some(),
            inputs: called.map(Node::entries).unwrap_or_default().iter().filter_map(default).collect(),
            events: events.into_iter().map(|(event, ..)| event).collect(),
        }
    }
}

impl Trigger {
    fn read(line: usize, node: Option<&Node>) -> Self {
        let entry =
            |key: &str| node.and_then(|node| node.entries().iter().find(|entry| entry.key == key && said(&entry.node)));
        let patterns = |entry: &Entry| texts(&entry.node).iter().map(|text| Pattern::new(text)).collect();
        let branches = if let Some(only) = entry("branches") {
            Branches::Only(patterns(only), only.line)
        } else if let Some(ignored) = entry("branches-ignore") {
            Branches::AllBut(patterns(ignored), ignored.line)
        } else if entry("tags").or_else(|| entry("tags-ignore")).is_some() {
            Branches::OnlyTags
        } else {
            Branches::All
        };
        Self {
            line,
            branches,
            paths: entry("paths").or_else(|| entry("paths-ignore")).map(|entry| entry.line),
            types: entry("types").map(|entry| texts(&entry.node)).unwrap_or_default(),
        }
    }

    /// Whether the filter lets this branch through.
    pub fn includes(&self, branch: &str) -> bool {
        match &self.branches {
            Branches::All => true,
            Branches::OnlyTags => false,
            // The last pattern that matches decides.
            Branches::Only(patterns, _) => {
                patterns.iter().rev().find(|pattern| pattern.matches(branch)).is_some_and(|pattern| !pattern.negative)
            }
            Branches::AllBut(patterns, _) => !patterns.iter().any(|pattern| pattern.matches(branch)),
        }
    }
}
