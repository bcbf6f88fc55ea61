//! How `[merge]` is read: strategies, message templates, what becomes of branches and forks. What the settings mean stands in `repo`.

use super::problem::Fault;
use super::read::{Reader, Section};
use super::repo::{Forks, MergeConfig};
use super::tree::Table;
use crate::facts::{InnerMerges, Strategy};
use crate::message::{Messages, Template, Trailer};
use crate::wording::{nearest, shown};
use std::collections::BTreeSet;

/// A mark in a description has so many characters, at the most.
const MARK_MAX: usize = 100;

pub(super) fn merge(read: &mut Reader, root: &Table, default: MergeConfig) -> MergeConfig {
    let mut section = read.section(root, "merge");
    let inner = [("refuse", InnerMerges::Refuse), ("flatten", InnerMerges::Flatten)];
    let merge = MergeConfig {
        strategy: read.word(&mut section, "strategy", &Strategy::WORDS).unwrap_or(default.strategy),
        inner_merges: read.word(&mut section, "inner_merges", &inner).unwrap_or(default.inner_merges),
        messages: messages(read, &mut section, default.messages),
        forks: read.checked(&mut section, "forks", forks).unwrap_or(default.forks),
        delete_branch: read.flag(&mut section, "delete_branch").unwrap_or(default.delete_branch),
    };
    read.close(&section);
    merge
}

fn messages(read: &mut Reader, section: &mut Section<'_>, default: Messages) -> Messages {
    Messages {
        merge: read.checked(section, "merge_message", template).unwrap_or(default.merge),
        squash: read.checked(section, "squash_message", template).unwrap_or(default.squash),
        trailers: trailers(read, section).unwrap_or(default.trailers),
        cut_body_before: read.checked(section, "cut_body_before", mark),
        cut_body_after: read.checked(section, "cut_body_after", mark),
    }
}

fn template(text: &str) -> Result<Template, Fault> {
    Template::parse(text).map_err(|wrong| Fault::new(wrong.what, wrong.hint))
}

fn trailers(read: &mut Reader, section: &mut Section<'_>) -> Option<BTreeSet<Trailer>> {
    let listed = read.texts(section, "trailers", Trailer::WORDS.len())?;
    let mut trailers = BTreeSet::new();
    for (at, text) in listed {
        let known = || Trailer::WORDS.iter().map(|(word, _)| *word);
        if let Some((_, trailer)) = Trailer::WORDS.iter().find(|(word, _)| *word == text) {
            trailers.insert(*trailer);
        } else {
            let meant = nearest(&text, known()).map(|meant| format!("did you mean `{meant}`? ")).unwrap_or_default();
            let hint = format!("{meant}known are {}", known().collect::<Vec<_>>().join(", "));
            read.wrong(&at, format!("`{}` is no trailer", shown(&text)), hint);
        }
    }
    Some(trailers)
}

fn mark(text: &str) -> Result<String, Fault> {
    let count = text.chars().count();
    if !text.trim().is_empty() && count <= MARK_MAX && !text.chars().any(|c| c.is_control() && c != '\n') {
        return Ok(text.to_owned());
    }
    let hint = format!("write the text at which descriptions are cut, 1 to {MARK_MAX} characters");
    Err(Fault::new(format!("`{}` ({count} characters) marks no place", shown(text)), hint))
}

fn forks(text: &str) -> Result<Forks, Fault> {
    match text {
        "close" => Ok(Forks::Close),
        "merge-commit" => Ok(Forks::MergeCommit),
        "api-rebase" => {
            let what = "`api-rebase` would let GitHub rebase once more, and land commits that nobody tested";
            Err(Fault::new(what, "write \"close\" or \"merge-commit\""))
        }
        _ => Err(Fault::new(format!("`{}` is not a word for it", shown(text)), "write \"close\" or \"merge-commit\"")),
    }
}
