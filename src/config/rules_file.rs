//! How `[rules]` is read: keys, ranges, defaults. What the rules mean stands in `repo`.

use super::pattern::Pattern;
use super::problem::Fault;
use super::read::Reader;
use super::repo::RulesConfig;
use super::repo_file::label;
use super::tree::Table;
use crate::ids::{Login, Party};
use crate::wording::shown;

/// Items of each list, at the most.
const ITEMS_MAX: usize = 50;
/// GitHub's own rules ask for no more.
const APPROVALS_MAX: i64 = 10;
/// Longer than any title that can be matched.
const PATTERN_MAX: usize = 256;

pub(super) fn rules(read: &mut Reader, root: &Table) -> RulesConfig {
    let mut section = read.section(root, "rules");
    let approvals = read.whole(&mut section, "approvals", 0..=APPROVALS_MAX);
    let rules = RulesConfig {
        approvals: approvals.and_then(|count| u8::try_from(count).ok()).unwrap_or_default(),
        no_self_merge: read.flag(&mut section, "no_self_merge").unwrap_or_default(),
        mergers: read.each(&mut section, "mergers", ITEMS_MAX, party).unwrap_or_default(),
        code_owners: read.flag(&mut section, "code_owners").unwrap_or_default(),
        last_push_approved: read.flag(&mut section, "last_push_approved").unwrap_or_default(),
        conversations_resolved: read.flag(&mut section, "conversations_resolved").unwrap_or_default(),
        blocking_labels: read.each(&mut section, "blocking_labels", ITEMS_MAX, label).unwrap_or_default(),
        blocking_titles: read.each(&mut section, "blocking_titles", ITEMS_MAX, pattern).unwrap_or_default(),
    };
    read.close(&section);
    rules
}

pub(super) fn login(text: &str) -> Result<Login, Fault> {
    let name = text.strip_prefix('@').unwrap_or(text);
    name.parse().map_err(|_| {
        let hint = "write a person's login on GitHub; teams cannot be named here";
        Fault::new(format!("`{}` is no login", shown(text)), hint)
    })
}

pub(super) fn party(text: &str) -> Result<Party, Fault> {
    text.parse().map_err(|_| {
        let hint = "write a person's login on GitHub, or a team as \"@org/team\"";
        Fault::new(format!("`{}` is neither a login nor a team", shown(text)), hint)
    })
}

fn pattern(text: &str) -> Result<Pattern, Fault> {
    let hint = "write a regular expression such as \"^WIP\\\\b\", of up to 256 characters";
    if text.is_empty() || text.len() > PATTERN_MAX {
        return Err(Fault::new("is empty or too long for a pattern", hint));
    }
    Pattern::try_from(text.to_owned()).map_err(|why| {
        let why = why.to_string();
        let last = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
        Fault::new(format!("`{}` is no pattern: {last}", shown(text)), hint)
    })
}
