//! What a workflow needs so that it tests the queue's branches: the line, the reason, and what to write there. It changes
//! no file.

use super::Workflow;
use super::trigger::{Branches, Shape};

/// What stands for the branches that the queue pushes.
pub const QUEUE_PATTERN: &str = "greenline/**";

/// One change that a workflow needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The line to change, from 1.
    pub line: usize,
    /// What is the matter.
    pub why: String,
    /// What to write, line by line; empty where words must do.
    pub write: Vec<String>,
}

impl Workflow {
    /// What must change so that a push of this branch, one of the queue's, gets a run that ends.
    pub fn advice(&self, branch: &str) -> Vec<Advice> {
        let mut advice: Vec<Advice> = self.push_advice(branch).into_iter().collect();
        if let Some(line) = self.on.push.as_ref().and_then(|push| push.paths) {
            let why = "`paths` lets it run only if certain files changed: where they did not, its checks are never \
                       reported, and the queue waits for them in vain. Drop the filter, or do not require its checks";
            advice.push(Advice { line, why: why.to_owned(), write: Vec::new() });
        }
        for concurrency in self.concurrencies().filter(|concurrency| !concurrency.tells_branches_apart()) {
            let why = "its concurrency group is the same for all branches, so runs of the queue stop each other";
            let group = concurrency.group.trim();
            let write = vec!["concurrency:".to_owned(), format!("  group: {group}-${{{{ github.ref }}}}")];
            advice.push(Advice { line: concurrency.line, why: why.to_owned(), write });
        }
        advice
    }

    fn push_advice(&self, branch: &str) -> Option<Advice> {
        let Some(push) = &self.on.push else {
            let write = match self.on.shape {
                Shape::Table => on_push().into(),
                Shape::Names => {
                    let events = self.on.events.iter().map(|event| format!("  {event}:"));
                    std::iter::once("on:".to_owned()).chain(events).chain(on_push()).collect()
                }
            };
            let why = "it does not run on a push, so it does not test the queue's branches".to_owned();
            return Some(Advice { line: self.on.line, why, write });
        };
        if push.includes(branch) {
            return None;
        }
        let why = "its filter leaves out the queue's branches";
        Some(match &push.branches {
            Branches::Only(patterns, line) => {
                let known = patterns.iter().map(|pattern| quoted(&pattern.text));
                let all: Vec<String> = known.chain([quoted(QUEUE_PATTERN)]).collect();
                Advice { line: *line, why: why.into(), write: vec![format!("    branches: [{}]", all.join(", "))] }
            }
            Branches::AllBut(patterns, line) => {
                let kept =
                    patterns.iter().filter(|pattern| !pattern.matches(branch)).map(|pattern| quoted(&pattern.text));
                let kept: Vec<String> = kept.collect();
                let write = vec![format!("    branches-ignore: [{}]", kept.join(", "))];
                let write = if kept.is_empty() { vec!["    branches: [\"**\"]".to_owned()] } else { write };
                Advice { line: *line, why: why.into(), write }
            }
            Branches::All | Branches::OnlyTags => {
                let write = vec![format!("    branches: [{}]", quoted(QUEUE_PATTERN))];
                Advice {
                    line: push.line,
                    why: "it runs only on tags, and so not on the queue's branches".into(),
                    write,
                }
            }
        })
    }
}

fn on_push() -> [String; 2] {
    ["  push:".to_owned(), format!("    branches: [{}]", quoted(QUEUE_PATTERN))]
}

/// A pattern as YAML: bare where that is safe.
fn quoted(text: &str) -> String {
    let bare = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b))
        && !["true", "false", "null", "yes", "no", "on", "off"].contains(&text);
    if bare { text.to_owned() } else { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) }
}
