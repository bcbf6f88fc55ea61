//! Which runs of a workflow stop each other. It does not know when they run.

use crate::document::{Node, Value};

/// Contexts that differ between two branches of the queue. `github.head_ref` is not among them: it is empty on a push.
const TELL_APART: [&str; 6] =
    ["github.ref", "github.ref_name", "github.sha", "github.run_id", "github.run_number", "github.event.after"];

/// A `concurrency:` of a workflow or of one of its jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concurrency {
    /// Its line, from 1.
    pub line: usize,
    /// The group's name as it was written, expressions and all.
    pub group: String,
    /// Whether a newer run stops a running one.
    pub cancels: Cancels,
}

/// `cancel-in-progress`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancels {
    /// A newer run waits for the running one.
    Never,
    /// A newer run stops the running one.
    Always,
    /// It depends on this expression.
    When(String),
}

impl Concurrency {
    pub(super) fn read(of: &Node) -> Option<Self> {
        let entry = of.entries().iter().find(|entry| entry.key == "concurrency")?;
        let node = &entry.node;
        let group = node.get("group").unwrap_or(node).scalar()?;
        let cancels = node.get("cancel-in-progress").map_or(Cancels::Never, |cancel| match &cancel.value {
            Value::Flag(true) => Cancels::Always,
            Value::Text(text) => Cancels::When(text.clone()),
            Value::Flag(false)
            | Value::Nothing
            | Value::Whole(_)
            | Value::Fraction(_)
            | Value::List(_)
            | Value::Table(_) => Cancels::Never,
        });
        Some(Self { line: entry.line, group, cancels })
    }

    /// Whether two branches have groups of their own. If not, runs of the queue stop each other even without
    /// `cancel-in-progress`: of those that wait in a group, GitHub keeps only the newest (GitHub Docs, *Concurrency*).
    pub fn tells_branches_apart(&self) -> bool {
        let part = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        self.group.split(|c: char| !part(c)).any(|word| TELL_APART.contains(&word))
    }
}
