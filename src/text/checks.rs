//! How a check is named to people: by whom it was to be, how it ended, and which setting would let it pass. Words only.

use super::{code, list, one_line};
use crate::checks::Named;
use crate::facts::{Check, CheckState, RequiredCheck};
use crate::ids::CheckName;

/// A check that did not pass, with how it ended where that is not plain red.
pub fn unpassed(named: &Named) -> String {
    ending(named.state).map_or_else(|| named.name.to_string(), |how| format!("{} ({how})", named.name))
}

/// The states that are told behind a name.
const ENDED: [CheckState; 6] = [
    CheckState::Skipped,
    CheckState::Neutral,
    CheckState::TimedOut,
    CheckState::ActionRequired,
    CheckState::Stale,
    CheckState::Unrecognised,
];

fn ending(state: CheckState) -> Option<&'static str> {
    match state {
        CheckState::Skipped => Some("skipped"),
        CheckState::Neutral => Some("neutral"),
        CheckState::TimedOut => Some("timed out"),
        CheckState::ActionRequired => Some("waits for a person"),
        CheckState::Stale => Some("given up by GitHub"),
        CheckState::Unrecognised => Some("ended in an unknown way"),
        CheckState::Queued
        | CheckState::InProgress
        | CheckState::Success
        | CheckState::Failure
        | CheckState::Cancelled => None,
    }
}

/// A required check of which there was no sign: by whom it was to be, and who else reported one of that name.
pub fn unseen(name: &CheckName, required: &[RequiredCheck], seen: &[Check]) -> String {
    let Some(app) = required.iter().find(|check| check.name == *name).and_then(|check| check.app) else {
        return name.to_string();
    };
    let other = seen.iter().find(|check| check.name == *name && check.app != Some(app)).map(|check| match check.app {
        Some(other) => format!("; one by App {other} does not count"),
        None => "; a commit status does not count".to_owned(),
    });
    format!("{name} (by App {app}{})", other.unwrap_or_default())
}

/// A required check that did not end, and whether it is a person that it waits for.
pub fn unended(name: &CheckName, seen: &[Check]) -> String {
    let by_person = |check: &&Check| check.name == *name && check.state == CheckState::ActionRequired;
    let how = seen.iter().find(by_person).and_then(|check| ending(check.state));
    how.map_or_else(|| name.to_string(), |how| format!("{name} ({how})"))
}

/// A check as `name (id)`.
pub fn check(named: &Named) -> String {
    format!("{} ({})", named.name, named.id)
}

/// Checks with what is said of each.
pub(super) fn listed(checks: &[String]) -> String {
    list(checks.iter().map(|check| shown(check)))
}

/// A check with what [`unpassed`] or [`unseen`] says of it behind its name; only the name is somebody else's.
fn shown(check: &str) -> String {
    let ended = |state| Some(check.strip_suffix(&format!(" ({})", ending(state)?))?.len());
    let of_app = || check.find(" (by App ").filter(|_| check.ends_with(')'));
    let name = ENDED.into_iter().find_map(ended).or_else(of_app).unwrap_or(check.len());
    let (name, rest) = check.split_at(name);
    format!("{}{}", code(name), one_line(rest))
}

/// Which setting would let a check pass that was not really run.
pub(super) fn passed_over(checks: &[String]) -> String {
    let of = |state| checks.iter().any(|check| ending(state).is_some_and(|how| check.ends_with(&format!("({how})"))));
    let settings = [(CheckState::Skipped, "`skipped_passes`"), (CheckState::Neutral, "`neutral_passes`")];
    let named: Vec<String> =
        settings.into_iter().filter(|(state, _)| of(*state)).map(|(_, setting)| setting.to_owned()).collect();
    if named.is_empty() {
        return String::new();
    }
    format!(" A check that ends so passes only if {} under `[checks]` names it.", list(named.into_iter()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AppId, Sha};

    fn seen(app: Option<u64>) -> Check {
        let sha = Sha::from_bytes([1; 20]).expect("not zero");
        let (name, app) = ("ci".parse().expect("a name"), app.map(AppId::new));
        Check { id: 1, app, name, state: CheckState::Success, sha, url: None, moved_at: None }
    }

    #[test]
    fn whoever_reports_under_the_same_name_is_told_apart() {
        let name: CheckName = "ci".parse().expect("a name");
        let of = |app: Option<u64>| [RequiredCheck { name: name.clone(), app: app.map(AppId::new) }];
        assert_eq!(unseen(&name, &of(None), &[]), "ci");
        assert_eq!(unseen(&name, &of(Some(7)), &[]), "ci (by App 7)");
        assert_eq!(unseen(&name, &of(Some(7)), &[seen(Some(8))]), "ci (by App 7; one by App 8 does not count)");
        assert_eq!(unseen(&name, &of(Some(7)), &[seen(None)]), "ci (by App 7; a commit status does not count)");
    }

    #[test]
    fn what_waits_for_a_person_says_so() {
        let name: CheckName = "ci".parse().expect("a name");
        let waits = Check { state: CheckState::ActionRequired, ..seen(None) };
        assert_eq!(
            (unended(&name, &[seen(None)]).as_str(), unended(&name, &[waits]).as_str()),
            ("ci", "ci (waits for a person)")
        );
    }

    #[test]
    fn only_the_name_stands_between_back_quotes() {
        for (said, read) in [
            ("ci", "`ci`"),
            ("ci (skipped)", "`ci` (skipped)"),
            ("test (a, b) (timed out)", "`test (a, b)` (timed out)"),
            ("test (a, b)", "`test (a, b)`"),
            ("ci (by App 7)", "`ci` (by App 7)"),
            ("`@all (skipped)", "`'@all` (skipped)"),
        ] {
            assert_eq!(shown(said), read);
        }
    }

    #[test]
    fn what_was_skipped_is_told_how_it_may_pass() {
        let told = |checks: &[&str]| passed_over(&checks.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(told(&["ci", "docs (timed out)"]), "");
        assert_eq!(
            told(&["ci (skipped)"]),
            " A check that ends so passes only if `skipped_passes` under `[checks]` names it."
        );
        assert!(told(&["a (skipped)", "b (neutral)"]).contains("`skipped_passes` and `neutral_passes`"));
    }
}
