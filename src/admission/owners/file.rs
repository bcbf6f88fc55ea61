//! The lines of a `CODEOWNERS` file, by GitHub's rules ("About code owners"): the last pattern that matches decides, a pattern
//! without owners takes them away, and a line that is wrong is left out.

use super::pattern::Pattern;
use super::{Owner, Skipped};
use crate::ids::Party;
use std::collections::BTreeSet;

/// The rules of one file, in its order.
#[derive(Debug)]
pub(super) struct Rules {
    rules: Vec<(Pattern, Vec<Owner>)>,
    /// The lines that cannot be used.
    pub(super) skipped: Skipped,
}

impl Rules {
    pub(super) fn parse(text: &str) -> Self {
        let (mut rules, mut skipped) = (Vec::new(), Skipped::default());
        for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let words = words(line);
            let Some((pattern, owners)) = words.split_first() else { continue };
            let owners: Option<BTreeSet<Owner>> = owners.iter().map(|word| owner(word)).collect();
            match (Pattern::parse(pattern), owners) {
                (Some(pattern), Some(owners)) => rules.push((pattern, owners.into_iter().collect())),
                (None, _) | (_, None) => skipped.note(at + 1),
            }
        }
        Self { rules, skipped }
    }

    /// Who owns a path.
    pub(super) fn owners(&self, path: &str) -> &[Owner] {
        let parts: Vec<&str> = path.split('/').collect();
        let last = self.rules.iter().rev().find(|(pattern, _)| pattern.matches(&parts));
        last.map_or(&[], |(_, owners)| owners)
    }

    /// Every set of owners in it.
    pub(super) fn all(&self) -> impl Iterator<Item = &[Owner]> {
        self.rules.iter().map(|(_, owners)| owners.as_slice())
    }
}

/// The words of a line up to its comment; a blank behind a backslash belongs to its word.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut escaped = false;
    for c in line.chars() {
        match c {
            '#' if word.is_empty() => break,
            c if c.is_whitespace() && !escaped => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
        escaped = c == '\\' && !escaped;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn owner(word: &str) -> Option<Owner> {
    if word.starts_with('@') {
        return word.parse::<Party>().ok().map(Owner::Party);
    }
    let (name, host) = word.split_once('@')?;
    (!name.is_empty() && !host.is_empty() && !host.contains('@')).then(|| Owner::Mail(word.to_owned()))
}
