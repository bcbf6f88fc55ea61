//! How a check is named to people: by whom it was to be, how it ended, and which setting would let it pass. Words only.

use super::{code, list};
use crate::checks::Named;
use crate::facts::{CheckState, Culprit, How, Instead};

/// A check as `name (id)`.
pub fn check(named: &Named) -> String {
    format!("{} ({})", named.name, named.id)
}

/// Checks by their names alone.
pub(super) fn names(checks: &[String]) -> String {
    list(checks.iter().map(|check| code(check)))
}

/// Checks with what is to be said of each.
pub(super) fn listed(checks: &[Culprit]) -> String {
    list(checks.iter().map(shown))
}

fn shown(check: &Culprit) -> String {
    let name = code(check.name.as_str());
    match check.how {
        How::Plain => name,
        How::Stands(state) => ending(state).map_or_else(|| name.clone(), |how| format!("{name} ({how})")),
        How::Unseen { app, instead: Instead::Nobody } => format!("{name} (by App {app})"),
        How::Unseen { app, instead: Instead::App(other) } => {
            format!("{name} (by App {app}; one by App {other} does not count)")
        }
        How::Unseen { app, instead: Instead::Status } => {
            format!("{name} (by App {app}; a commit status does not count)")
        }
    }
}

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

/// Which setting would let a check pass that was not really run.
pub(super) fn passed_over(checks: &[Culprit]) -> String {
    let of = |state| checks.iter().any(|check| check.how == How::Stands(state));
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
    use crate::ids::AppId;

    fn culprit(name: &str, how: How) -> Culprit {
        Culprit { name: name.parse().expect("a name"), how }
    }

    #[test]
    fn only_the_name_stands_between_back_quotes() {
        let unseen = |instead| How::Unseen { app: AppId::new(7), instead };
        for (name, how, read) in [
            ("ci", How::Plain, "`ci`"),
            ("ci", How::Stands(CheckState::Failure), "`ci`"),
            ("ci", How::Stands(CheckState::Skipped), "`ci` (skipped)"),
            ("test (skipped)", How::Stands(CheckState::TimedOut), "`test (skipped)` (timed out)"),
            ("test (skipped)", How::Plain, "`test (skipped)`"),
            ("`@all", How::Plain, "`'@all`"),
            ("ci", unseen(Instead::Nobody), "`ci` (by App 7)"),
            ("ci", unseen(Instead::App(AppId::new(8))), "`ci` (by App 7; one by App 8 does not count)"),
            ("ci", unseen(Instead::Status), "`ci` (by App 7; a commit status does not count)"),
        ] {
            assert_eq!(shown(&culprit(name, how)), read);
        }
    }

    #[test]
    fn what_was_skipped_is_told_how_it_may_pass() {
        let ended = |name: &str, state| culprit(name, How::Stands(state));
        assert_eq!(passed_over(&[culprit("ci (skipped)", How::Plain), ended("docs", CheckState::TimedOut)]), "");
        assert_eq!(
            passed_over(&[ended("ci", CheckState::Skipped)]),
            " A check that ends so passes only if `skipped_passes` under `[checks]` names it."
        );
        let both = passed_over(&[ended("a", CheckState::Skipped), ended("b", CheckState::Neutral)]);
        assert!(both.contains("`skipped_passes` and `neutral_passes`"));
    }
}
