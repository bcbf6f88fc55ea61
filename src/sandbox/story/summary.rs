//! The end of the story: a table of what became of each pull request, and how to look around. Pure.

use super::super::example::Planned;
use super::tale::{Ending, Tale};
use std::path::Path;

/// What there is to look at.
#[derive(Debug)]
pub struct Sights<'a> {
    /// The bare repository.
    pub repo_dir: &'a Path,
    /// Its trunk.
    pub trunk: &'a str,
    /// `owner/name`.
    pub full_name: &'a str,
    /// The service's page.
    pub page: &'a str,
    /// REST base URL.
    pub api: &'a str,
    /// The repository's clone URL.
    pub clone_url: &'a str,
    /// The service's log.
    pub log: &'a Path,
}

/// The table, a line each.
pub fn table(pulls: &[Planned], tale: &Tale) -> Vec<String> {
    let width = pulls.iter().map(|pull| pull.title.chars().count()).max().unwrap_or(0).min(48);
    let row = |pull: &Planned| {
        let title: String = pull.title.chars().take(width).collect();
        let (how, detail) = match tale.ending(pull.number) {
            Some(Ending::Landed { commit, candidate }) => {
                let short = commit.get(..10).unwrap_or(commit);
                ("landed", format!("{short} {}", candidate.as_deref().unwrap_or("")))
            }
            Some(Ending::SentBack { code, .. }) => ("sent back", code.clone()),
            None => ("waiting", String::new()),
        };
        let number = format!("#{}", pull.number);
        let line =
            format!("  {number:<4} {title:<width$}  {how:<9}  {shown:<6}  {detail}", shown = tale.shown(pull.number));
        line.trim_end().to_owned()
    };
    pulls.iter().map(row).collect()
}

/// Commands and addresses, a line each.
pub fn sights(sights: &Sights<'_>) -> Vec<String> {
    let dir = sights.repo_dir.display();
    vec![
        format!("  git --git-dir={dir} log --oneline --graph {}", sights.trunk),
        format!("  git --git-dir={dir} tag --list -n20 'candidate/*'"),
        format!("  git clone {}", sights.clone_url),
        format!("  curl '{}/repos/{}/pulls?state=all'", sights.api, sights.full_name),
        format!("  status page   {}", sights.page),
        format!("  service log   {}", sights.log.display()),
    ]
}
