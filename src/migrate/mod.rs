//! How a repository comes to Greenline: its first settings file, from what it has or from another bot's settings. It names
//! what cannot be carried over, with its line; it reads texts and writes texts, and touches no file.

mod bors;
mod draft;
mod first;
mod kodiak;
mod mergify;
mod setting;
mod written;

pub use draft::{Fate, Note};
pub use first::{First, Landed, Seen, first};

use crate::config::RepoConfig;
use crate::document::{Broken, Node};
use crate::workflow::{Advice, Files, Reported, Workflow, queue_branch};
use std::collections::BTreeSet;
use std::path::Path;

/// A bot whose settings can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// bors-ng: `bors.toml`
    Bors,
    /// Kodiak: `.kodiak.toml`
    Kodiak,
    /// Mergify: `.mergify.yml`
    Mergify,
}

/// What is known of the repository beside the file that is read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Around {
    trunk: Option<String>,
    files: Files,
    reported: BTreeSet<String>,
}

impl Around {
    /// The branch that the queue is for, if it is known, and the repository's workflows by path.
    pub fn new(trunk: Option<String>, files: Files) -> Self {
        let mut reported = BTreeSet::new();
        for check in files.values().flat_map(|workflow| workflow.checks(&files)) {
            if let Reported::As(name) = check.name {
                reported.insert(name);
            }
        }
        Self { trunk, files, reported }
    }

    /// What the workflows need that the queue will wait for: those that report a required check, or, where the file names
    /// none, those that run on pull requests.
    fn needed(&self, toml: &str) -> Vec<(String, Advice)> {
        let required = RepoConfig::parse(toml).map(|config| config.checks.required).unwrap_or_default();
        let required: BTreeSet<&str> = required.iter().map(|check| check.name.as_str()).collect();
        let trunk = self.trunk.as_deref().unwrap_or("main");
        let waited_for = |workflow: &Workflow| {
            let mut reported = workflow.checks(&self.files).into_iter().map(|check| check.name);
            reported.any(|name| matches!(name, Reported::As(name) if required.contains(name.as_str())))
                || (required.is_empty() && workflow.runs_on_pull_request(trunk))
        };
        let relevant = self.files.iter().filter(|(_, workflow)| waited_for(workflow));
        let advice = relevant.flat_map(|(path, workflow)| {
            workflow.advice(&queue_branch(trunk)).into_iter().map(|advice| (path.clone(), advice))
        });
        advice.collect()
    }
}

impl Source {
    /// Whose settings a file holds, by its name and its folder's.
    pub fn of(file: &Path) -> Option<Self> {
        match file.file_name()?.to_str()? {
            "bors.toml" => Some(Self::Bors),
            ".kodiak.toml" | "kodiak.toml" => Some(Self::Kodiak),
            ".mergify.yml" | "mergify.yml" => Some(Self::Mergify),
            "config.yml" if file.parent()?.ends_with(".mergify") => Some(Self::Mergify),
            _ => None,
        }
    }

    /// The file's usual name.
    pub fn file(self) -> &'static str {
        match self {
            Self::Bors => "bors.toml",
            Self::Kodiak => ".kodiak.toml",
            Self::Mergify => ".mergify.yml",
        }
    }

    /// What people will miss or must change beyond the file.
    fn habits(self) -> &'static [&'static str] {
        match self {
            Self::Bors => &[
                "CI: bors pushed to `staging` and `trying`, and nothing needs these branches any more; Greenline tests on \
                 `greenline/**`",
                "comments: `bors r+` is `@greenline merge` now, `bors r-` is `@greenline cancel`, `bors try` is `@greenline try`, `bors \
                 d=LOGIN` is `@greenline delegate @LOGIN`, and `bors p=1` is `@greenline merge priority=1`",
                "a required check of which there is no sign ends the run after [checks] start_deadline, ten minutes by default; bors \
                 waited for timeout_sec",
                "a batch becomes one commit, or merge, for each pull request, never one for all of them",
            ],
            Self::Kodiak => &[
                "CI: Kodiak updated the branches of pull requests; Greenline leaves them alone and tests on `greenline/**`",
                "the checks that branch protection and rulesets require have to pass, as with Kodiak, unless [checks] required names \
                 others",
                "a required check that ends as neutral or skipped fails, unless neutral_passes or skipped_passes names it",
            ],
            Self::Mergify => &[
                "CI: Mergify updated branches or opened draft pull requests; Greenline tests on `greenline/**`",
                "comments: `@mergifyio queue` is `@greenline merge` now, `@mergifyio dequeue` is `@greenline cancel`",
                "a pull request enters the queue when somebody with write permission asks for it, never by itself; with [queue] \
                 review_asks an approving review asks, too",
            ],
        }
    }
}

/// A finished import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// `.github/greenline.toml`, which is right by `RepoConfig::parse`.
    pub toml: String,
    /// What became of each setting, in the order of the source's lines.
    pub notes: Vec<Note>,
    /// What changes beyond the file.
    pub habits: &'static [&'static str],
    /// What workflows need, by their paths.
    pub needed: Vec<(String, Advice)>,
}

/// Carries another bot's settings over. `file` is the name to call the text by.
/// Errors: why the text is neither TOML nor YAML, with its line.
pub fn import(source: Source, file: &str, text: &str, around: &Around) -> Result<Import, Broken> {
    let root = match source {
        Source::Bors | Source::Kodiak => Node::toml(text)?,
        Source::Mergify => Node::yaml(text)?,
    };
    let draft = match source {
        Source::Bors => bors::read(&root, around),
        Source::Kodiak => kodiak::read(&root),
        Source::Mergify => mergify::read(&root, around),
    };
    let (toml, notes) = draft.finish(file);
    let needed = around.needed(&toml);
    Ok(Import { toml, notes, habits: source.habits(), needed })
}

#[cfg(test)]
mod tests;
