//! What we say of ourselves on a commit: our own check runs, as data. Nothing here is ever evidence about a commit.

use crate::ids::{BranchName, PrNumber, Sha};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What the `external_id` of each check run of ours begins with: by it our own are known again.
pub const MARK: &str = "greenline:";

/// Which of our check runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Where the pull request stands in the queue, and how it ended.
    Queue,
    /// What the pull request would make of the repository's settings.
    Settings,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Queue, Self::Settings];

    /// The name it shows under, in the queue of the default branch.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queue => "greenline",
            Self::Settings => "greenline / settings",
        }
    }

    /// A check of this name, by us, is this one of ours, in whichever queue.
    pub fn goes_by(self, name: &str) -> bool {
        let rest = name.strip_prefix(self.name());
        rest.is_some_and(|rest| rest.is_empty() || (rest.starts_with(" (") && rest.ends_with(')')))
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Settings => "settings",
        }
    }
}

/// How something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Well.
    Success,
    /// Badly.
    Failure,
    /// Neither: nobody asks any more.
    Neutral,
}

/// One check run of ours as it is to be; one for each topic, pull request and head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Which of ours.
    pub topic: Topic,
    /// The pull request it is about.
    pub pr: PrNumber,
    /// The commit it stands on.
    pub head: Sha,
    /// The branch whose queue speaks, where that is not the default one.
    #[serde(default)]
    pub trunk: Option<BranchName>,
    /// How it ended; `None` while it has not.
    pub ending: Option<Ending>,
    /// One line of plain text.
    pub title: String,
    /// The sentences; Markdown.
    pub summary: String,
    /// A page that shows more.
    pub details: Option<String>,
    /// Places in files it speaks of, at most fifty; they are given once, when the check run is made.
    pub notes: Vec<Note>,
}

/// A word about a place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// Plain text.
    pub message: String,
}

impl Report {
    /// The name it shows under. A commit may be the head of pull requests to several branches, and of check runs by one name
    /// GitHub shows and counts the latest only: so each queue but that of the default branch adds its own.
    pub fn name(&self) -> Cow<'static, str> {
        let name = self.topic.name();
        self.trunk.as_ref().map_or(Cow::Borrowed(name), |trunk| Cow::Owned(format!("{name} ({trunk})")))
    }

    /// What it is found again by; the forge keeps it and shows it to nobody.
    pub fn external_id(&self) -> String {
        format!("{MARK}{}:{}", self.topic.word(), self.pr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_are_known_by_their_names_in_every_queue() {
        for name in ["greenline", "greenline (release/1)"] {
            assert!(Topic::Queue.goes_by(name) && !Topic::Settings.goes_by(name), "{name}");
        }
        for name in ["greenline / settings", "greenline / settings (release/1)"] {
            assert!(Topic::Settings.goes_by(name) && !Topic::Queue.goes_by(name), "{name}");
        }
        assert!(!Topic::ALL.iter().any(|topic| topic.goes_by("greenline-tests") || topic.goes_by("ci")));
    }
}
