//! How a pull request left the queue without landing: stable codes, and sentences with what to do next. Words only.

use super::{Told, checks, code, list, refusal, sentence};
use crate::command;
use crate::ids::Sha;
use crate::queue::{LeaveWhy, RedWhy, Silence, Unfit, Why};

/// The stable code of a departure, for machines.
pub fn eject_code(why: &Why) -> &'static str {
    match why {
        Why::Unfit(Unfit::Conflict(_)) => "conflict",
        Why::Unfit(Unfit::Nothing) => "already-in",
        Why::Unfit(Unfit::Refused(_)) => "not-composable",
        Why::Unfit(Unfit::HeadMissing(_)) => "head-missing",
        Why::Red(_, RedWhy::Failed(_)) => "checks-failed",
        Why::Red(_, RedWhy::Silent(Silence::NeverStarted(_))) => "ci-never-started",
        Why::Red(_, RedWhy::Silent(Silence::NeverFinished(_))) => "ci-never-finished",
        Why::Red(_, RedWhy::Silent(Silence::Cancelled(_))) => "ci-cancelled",
        Why::Red(_, RedWhy::Silent(Silence::Unpushed(_))) => "push-refused",
        Why::Red(_, RedWhy::Refused(_)) => "landing-refused",
        Why::Red(_, RedWhy::Unsound(_)) => "unsound",
        Why::Red(_, RedWhy::Unanswered) => "landing-unanswered",
    }
}

/// Why a pull request was sent back, and what to do about it.
pub fn eject(why: &Why, trunk: &str, label: &str) -> Told {
    let again = format!("then put the label `{label}` on again or comment `{} merge`", command::PREFIX);
    match why {
        Why::Unfit(Unfit::Conflict(paths)) => Told::new(
            format!("It conflicts with `{trunk}` in {}.", list(paths.iter().map(|path| code(path)))),
            format!("Rebase it onto `{trunk}`, {again}."),
        ),
        Why::Unfit(Unfit::Nothing) => Told::new(
            format!("Everything in it is on `{trunk}` already, so there is nothing to land."),
            "It can be closed.",
        ),
        Why::Unfit(Unfit::Refused(why)) => {
            Told::new(format!("It cannot be put on `{trunk}`: {}", sentence(why)), format!("Change it, {again}."))
        }
        Why::Unfit(Unfit::HeadMissing(head)) => Told::new(
            format!(
                "Its approved commit {head} cannot be fetched: its `refs/pull/…/head` is missing or leads elsewhere, although it was \
                 asked for several times."
            ),
            format!("Push its branch again, {again}."),
        ),
        Why::Red(tip, red) => red_told(*tip, red, trunk, &again),
    }
}

fn red_told(tip: Sha, red: &RedWhy, trunk: &str, again: &str) -> Told {
    match red {
        RedWhy::Failed(checks) => Told::new(
            format!(
                "On top of `{trunk}` it became commit {tip}, and there {} did not pass, while `{trunk}` itself is green.{}",
                checks::listed(checks),
                checks::passed_over(checks)
            ),
            format!("Mend it, {again}."),
        ),
        RedWhy::Silent(silence) => {
            let Told { what, next } = silent(silence, tip);
            Told::new(what, format!("{next} Then {}.", again.trim_start_matches("then ")))
        }
        RedWhy::Refused(why) => Told::new(
            format!("Commit {tip} was green, but the push to `{trunk}` was refused again and again: {}", sentence(why)),
            format!("Somebody who may change the repository's settings has to allow it, {again}."),
        ),
        RedWhy::Unsound(how) => Told::new(
            format!(
                "Commit {tip} was green, but it does not land, because it is not what I was to make: {} That is a mistake of mine.",
                sentence(how)
            ),
            "Please report it, and do not override it.",
        ),
        RedWhy::Unanswered => Told::new(
            format!(
                "Commit {tip} was green, but none of the pushes that were to move `{trunk}` there was ever answered."
            ),
            format!("See whether GitHub has trouble, or what a hook does there, {again}."),
        ),
    }
}

pub(super) fn silent(silence: &Silence, tip: Sha) -> Told {
    match silence {
        Silence::NeverStarted(checks) => Told::new(
            format!("CI never started: there was no sign of {} on commit {tip}.", checks::listed(checks)),
            "Check that the workflow runs on pushes to `greenline/**`, and that the required name and App are right.",
        ),
        Silence::NeverFinished(checks) => Told::new(
            format!("CI did not finish in time: {} did not end on commit {tip}.", checks::listed(checks)),
            "See what hangs, or raise `finish_deadline` under `[checks]`.",
        ),
        Silence::Unpushed(why) => Told::new(
            format!(
                "CI cannot test it: GitHub does not let me push commit {tip} to `greenline/**`, because of what is in it: {}",
                sentence(why)
            ),
            "Give the App the repository permission \"Workflows: write\", or leave the workflow file as it is.",
        ),
        Silence::Cancelled(checks) => Told::new(
            format!("CI was cancelled by somebody else: {} on commit {tip}.", checks::listed(checks)),
            "See who stops runs on `greenline/**` (often a `concurrency` setting).",
        ),
    }
}

/// The stable code of a departure before any verdict, for machines.
pub fn leave_code(why: &LeaveWhy) -> &'static str {
    match why {
        LeaveWhy::Cancelled { .. } => "cancelled",
        LeaveWhy::LabelRemoved => "label-removed",
        LeaveWhy::NewHead { .. } => "new-head",
        LeaveWhy::BaseChanged { .. } => "base-changed",
        LeaveWhy::Draft => "draft",
        LeaveWhy::Closed => "closed",
        LeaveWhy::MergedElsewhere => "merged-elsewhere",
        LeaveWhy::HeadGone => "head-repo-gone",
        LeaveWhy::PermissionLost { .. } => "permission-lost",
        LeaveWhy::MayNotAsk { .. } => "may-not-ask",
        LeaveWhy::NoQueue => "no-queue",
        LeaveWhy::SetAside => "set-aside",
        LeaveWhy::Replaced => "replaced",
    }
}

/// Why a pull request was taken out of the queue before any verdict, and what to do about it.
pub fn leave(why: &LeaveWhy, approved: Sha, label: &str) -> Told {
    let again = format!("put the label `{label}` on again or comment `{} merge`", command::PREFIX);
    match why {
        LeaveWhy::Cancelled { by } => format!("{} cancelled it.", code(by)).into(),
        LeaveWhy::LabelRemoved => {
            Told::new(format!("The label `{label}` was taken off."), format!("If it shall land after all, {again}."))
        }
        LeaveWhy::NewHead { head } => Told::new(
            format!("Commit {head} was pushed after {approved} had been approved. What was not approved does not land."),
            format!("When the new commit is ready, {again}."),
        ),
        LeaveWhy::BaseChanged { base } => Told::new(
            format!("It goes to {} now, which is not what was approved.", code(base)),
            format!("If that is right and that branch has a queue, {again}; if not, change its base back first."),
        ),
        LeaveWhy::Draft => Told::new("It was turned into a draft.", format!("When it is ready for review, {again}.")),
        LeaveWhy::Closed => {
            Told::new("It was closed.", format!("If it shall land after all, open it again, and {again}."))
        }
        LeaveWhy::MergedElsewhere => "It was merged, but not by me.".into(),
        LeaveWhy::HeadGone => refusal::head_gone(),
        LeaveWhy::PermissionLost { by } => Told::new(
            format!("{} approved it and may no longer push here.", code(by)),
            format!("Somebody with write permission can {again}."),
        ),
        LeaveWhy::MayNotAsk { by } => Told::new(
            format!(
                "{} asked for it, which the rules no longer allow (`mergers` or `no_self_merge` under `[rules]`).",
                code(by)
            ),
            format!("Somebody else can {again}."),
        ),
        LeaveWhy::NoQueue => "The branch it goes to has no queue any more: it is gone, or `trunks` under `[queue]` in the default branch's \
                              `.github/greenline.toml` does not name it now."
            .into(),
        LeaveWhy::SetAside => "Something that may pass keeps it out for now.".into(),
        LeaveWhy::Replaced => "A newer approval took its place.".into(),
    }
}
