//! What an approved pull request waits for outside of the queue, and how to mend it.

use super::{code, list};
use crate::admission::Obstacle;
use crate::command::PREFIX;
use crate::facts::PullState;

/// The stable code of what keeps a request waiting, for machines.
pub fn obstacle_code(obstacle: &Obstacle) -> &'static str {
    match obstacle {
        Obstacle::NotConfigured => "not-configured",
        Obstacle::BlockingLabel(_) => "blocking-label",
        Obstacle::BlockingTitle(_) => "blocking-title",
        Obstacle::ChangesWanted(_) => "changes-requested",
        Obstacle::Approvals { .. } => "approvals-missing",
        Obstacle::HeadRed(_) => "head-red",
        Obstacle::HeadOpen(_) => "head-not-green-yet",
        Obstacle::Depends { .. } => "depends-on",
        Obstacle::Unread => "not-read-yet",
    }
}

/// What an approved pull request waits for before it enters the queue.
pub fn waiting(obstacles: &[Obstacle]) -> String {
    let each = obstacles.iter().map(obstacle).collect::<Vec<_>>().join(" ");
    format!("{each} It enters the queue by itself as soon as nothing stands against it.")
}

fn obstacle(obstacle: &Obstacle) -> String {
    match obstacle {
        Obstacle::NotConfigured => {
            "Nothing says which checks must pass: `.github/greenline.toml` on the default branch is missing or wrong, and branch \
             protection requires no check. See the status page, or run `greenline check-config`."
                .into()
        }
        Obstacle::BlockingLabel(label) => {
            format!("Its label {} keeps it out (`blocking_labels` under `[rules]`): take it off.", code(label))
        }
        Obstacle::BlockingTitle(pattern) => {
            format!("Its title matches {} (`blocking_titles` under `[rules]`): change the title.", code(pattern))
        }
        Obstacle::ChangesWanted(by) => format!(
            "{} requested changes: make them and ask for another review, or have the review dismissed.",
            list(by.iter().map(|login| code(login)))
        ),
        Obstacle::Approvals { have, need, outdated } => {
            let reviews = if *need == 1 { "approving review" } else { "approving reviews" };
            let old = match outdated.as_slice() {
                [] => String::new(),
                by => format!(" {} approved an earlier commit and would have to look again.", list(by.iter().map(|l| code(l)))),
            };
            format!(
                "It has {have} of {need} {reviews} of exactly this commit by people with write permission, its author not \
                 counted.{old}"
            )
        }
        Obstacle::HeadRed(checks) => format!(
            "On its own head {} did not pass: mend it and push, or run it again.",
            list(checks.iter().map(|check| code(check)))
        ),
        Obstacle::HeadOpen(checks) => {
            format!("On its own head {} has not passed yet.", list(checks.iter().map(|check| code(check))))
        }
        Obstacle::Depends { on, state: Some(PullState::Closed) } => format!(
            "It depends on #{on}, which was closed without landing: say `{PREFIX} depends on nothing` if that no longer matters."
        ),
        Obstacle::Depends { on, state: None } => {
            format!("It depends on #{on}, which is no pull request here: say on which one it does.")
        }
        Obstacle::Depends { on, state: Some(PullState::Open | PullState::Merged) } => {
            format!("It depends on #{on}, which has not landed yet.")
        }
        Obstacle::Unread => "Its reviews or checks have not been read yet.".into(),
    }
}
