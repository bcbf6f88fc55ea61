//! What an approved pull request waits for outside of the queue, and how to mend it.

use super::{Told, code, list};
use crate::admission::Obstacle;
use crate::admission::owners::{Seen, Skipped};
use crate::command::PREFIX;
use crate::facts::{PullState, Unresolved};
use crate::ids::PrNumber;

/// Owners named at once.
const OWNERS_TOLD: usize = 8;

/// What to do about a team that cannot be read.
pub(super) const TEAMS_NEXT: &str =
    "Check the team's name, and give the App the organization permission \"Members: read\".";

/// What ends whatever is said of waiting.
const BY_ITSELF: &str = "It enters the queue by itself as soon as nothing stands against it.";

/// The stable code of what keeps a request waiting, for machines.
pub fn obstacle_code(obstacle: &Obstacle) -> &'static str {
    match obstacle {
        Obstacle::NotConfigured => "not-configured",
        Obstacle::BlockingLabel(_) => "blocking-label",
        Obstacle::BlockingTitle(_) => "blocking-title",
        Obstacle::ChangesWanted(_) => "changes-requested",
        Obstacle::Approvals { .. } => "approvals-missing",
        Obstacle::LastPush { .. } => "last-push-unapproved",
        Obstacle::Owners { .. } => "owners-missing",
        Obstacle::OwnersTooLarge(_) => "owners-too-large",
        Obstacle::TeamsUnread(_) => "team-unreadable",
        Obstacle::Conversations(_) => "conversations-open",
        Obstacle::HeadRed(_) => "head-red",
        Obstacle::HeadOpen(_) => "head-not-green-yet",
        Obstacle::Depends { state: None, .. } => "depends-on-unknown",
        Obstacle::Depends { state: Some(_), .. } => "depends-on",
        Obstacle::Stacked { .. } => "stacked",
        Obstacle::Unclear(_) => "dependency-unclear",
        Obstacle::Elsewhere(_) => "dependency-elsewhere",
        Obstacle::OutOfReach(_) => "out-of-reach",
        Obstacle::Unread => "not-read-yet",
    }
}

/// What an approved pull request waits for before it enters the queue, and what to do about each.
pub fn waiting(obstacles: &[Obstacle]) -> String {
    let each = obstacles.iter().map(|waits| obstacle(waits).to_string()).collect::<Vec<_>>().join(" ");
    format!("{each} {BY_ITSELF}")
}

/// The same in two parts.
pub fn waits(obstacles: &[Obstacle]) -> Told {
    let each: Vec<Told> = obstacles.iter().map(obstacle).collect();
    let what: Vec<&str> = each.iter().map(|told| told.what.as_str()).chain([BY_ITSELF]).collect();
    let next: Vec<&str> = each.iter().map(|told| told.next.as_str()).filter(|next| !next.is_empty()).collect();
    Told::new(what.join(" "), next.join(" "))
}

fn obstacle(obstacle: &Obstacle) -> Told {
    match obstacle {
        Obstacle::NotConfigured => Told::new(
            "Nothing says which checks must pass: `.github/greenline.toml` on the default branch is missing or wrong, and branch \
             protection requires no check.",
            "See the status page, or run `greenline check-config`.",
        ),
        Obstacle::BlockingLabel(label) => {
            let what = format!("Its label {} keeps it out (`blocking_labels` under `[rules]`).", code(label));
            Told::new(what, "Take it off.")
        }
        Obstacle::BlockingTitle(pattern) => {
            let what = format!("Its title matches {} (`blocking_titles` under `[rules]`).", code(pattern));
            Told::new(what, "Change the title.")
        }
        Obstacle::ChangesWanted(by) => Told::new(
            format!("{} requested changes.", list(by.iter().map(|login| code(login)))),
            "Make them and ask for another review, or have the review dismissed.",
        ),
        Obstacle::Approvals { have, need, outdated } => approvals(*have, *need, outdated).into(),
        Obstacle::LastPush { pusher } => last_push(pusher.as_deref()).into(),
        Obstacle::Owners { paths, more, owners: by, skipped } => owners(paths, *more, by, skipped),
        Obstacle::OwnersTooLarge(path) => Told::new(
            format!(
                "{} is larger than 3 MB, which GitHub does not read, so nobody knows who has to approve.",
                code(path)
            ),
            "Make it smaller.",
        ),
        Obstacle::TeamsUnread(teams) => Told::new(
            format!(
                "It depends on who is in {}, and GitHub does not show me that.",
                list(teams.iter().map(|team| code(&format!("@{team}"))))
            ),
            TEAMS_NEXT,
        ),
        Obstacle::Conversations(open) => conversations(open),
        Obstacle::HeadRed(checks) => Told::new(
            format!("On its own head {} did not pass.", super::checks::names(checks)),
            "Mend it, push and ask again, or run the check again.",
        ),
        Obstacle::HeadOpen(checks) => {
            format!("On its own head {} has not passed yet.", super::checks::names(checks)).into()
        }
        Obstacle::Depends { on, state } => depends(*on, *state),
        Obstacle::Stacked { on, state } => stacked(*on, *state),
        Obstacle::Unclear(line) => Told::new(
            format!("Its description says {}, and that names no other pull request of this repository.", code(line)),
            "Write `Depends-On: #7`, ten of them at the most.",
        ),
        Obstacle::Elsewhere(line) => elsewhere(line),
        Obstacle::OutOfReach(what) => out_of_reach(what),
        Obstacle::Unread => "Its reviews or checks have not been read yet.".into(),
    }
}

fn out_of_reach(what: &str) -> Told {
    Told::new(
        format!(
            "For a minute it, or something it was composed with, could not be read or composed, however often I tried ({}); those \
             behind it go on without it.",
            code(what)
        ),
        "Wait: I try again within minutes. If that goes on, see the status page and GitHub's own.",
    )
}

fn depends(on: PrNumber, state: Option<PullState>) -> Told {
    match state {
        Some(PullState::Closed) => Told::new(
            format!("It depends on #{on}, which was closed without landing."),
            format!(
                "If that no longer matters say `{PREFIX} depends on nothing`, or take the line out of its description, wherever it stands."
            ),
        ),
        None => Told::new(
            format!("It depends on #{on}, which is no pull request here."),
            format!(
                "Mend the line in its description, or take it out; if a comment said it, say `{PREFIX} depends on nothing`."
            ),
        ),
        Some(PullState::Open | PullState::Merged) => format!("It depends on #{on}, which has not landed yet.").into(),
    }
}

fn stacked(on: PrNumber, state: PullState) -> Told {
    match state {
        PullState::Open => {
            format!(
                "It goes to the branch of #{on} and waits until that has landed; then I change its base to the default branch."
            )
            .into()
        }
        PullState::Closed => Told::new(
            format!(
                "It goes to the branch of #{on}, and has that one's commits, which did not land: #{on} was closed, or merged into \
                 another branch."
            ),
            format!(
                "Open #{on} again if you can; or have this one go to the branch it is meant for, take out what shall not land, and ask \
                 again."
            ),
        ),
        PullState::Merged => Told::new(
            format!("#{on}, which it stands on, has landed, so I change its base to the default branch."),
            "If that is not done in a while, change it yourself.",
        ),
    }
}

fn approvals(have: u8, need: u8, outdated: &[String]) -> String {
    let reviews = if need == 1 { "approving review" } else { "approving reviews" };
    let old = match outdated {
        [] => String::new(),
        by => format!(" {} approved an earlier commit and would have to look again.", list(by.iter().map(|l| code(l)))),
    };
    format!(
        "It needs {need} {reviews} of exactly this commit by people with write permission other than its author, and has {have}.{old}"
    )
}

fn last_push(pusher: Option<&str>) -> String {
    let rule = "`last_push_approved` under `[rules]`, or such a rule of GitHub";
    match pusher {
        Some(login) => format!(
            "{} pushed exactly this commit, so somebody else with write permission has to approve it: an approval by whoever pushed last \
             does not count ({rule}).",
            code(login)
        ),
        None => format!(
            "Somebody else than whoever pushed it has to approve exactly this commit ({rule}), and GitHub does not tell me who pushed it: \
             two people with write permission have to approve it, because one of them at least is somebody else."
        ),
    }
}

fn owners(paths: &[String], more: usize, by: &[String], skipped: &Skipped) -> Told {
    let what = match (paths, more) {
        ([], _) => {
            "It changes more files than GitHub lists, so every owner in `CODEOWNERS` has to approve, and this part"
                .into()
        }
        (paths, 0) => list(paths.iter().map(|path| code(path))),
        (paths, more) => {
            format!("{} and {more} more", paths.iter().map(|path| code(path)).collect::<Vec<_>>().join(", "))
        }
    };
    let need = if paths.len() + more > 1 { "need" } else { "needs" };
    let lines = unusable(skipped);
    let lines = lines.map(|(which, are)| format!(" {which} of that file {are} not understood and left out."));
    let lines = lines.unwrap_or_default();
    if by.is_empty() {
        let what = format!(
            "{what} {need} an approval by an owner other than its author, and `CODEOWNERS` on the branch it goes to names nobody else.{lines}"
        );
        return Told::new(what, "Add somebody there.");
    }
    let address = |name: &String| !name.starts_with('@');
    let unknown = if by.iter().all(address) {
        " GitHub does not say whose address that is: name the owner by login there."
    } else {
        ""
    };
    let named = by.iter().take(OWNERS_TOLD).map(|name| code(name)).collect::<Vec<_>>().join(" or ");
    let others = by.len().saturating_sub(OWNERS_TOLD);
    let others = if others > 0 { format!(" or {others} others") } else { String::new() };
    format!(
        "{what} {need} an approving review of exactly this commit by {named}{others}, with write permission (`CODEOWNERS` on the \
         branch it goes to).{unknown}{lines}"
    )
    .into()
}

/// Which lines of an owners' file cannot be used, and whether one says `is` or `are` of them.
fn unusable(skipped: &Skipped) -> Option<(String, &'static str)> {
    let named = list(skipped.first.iter().map(ToString::to_string));
    match skipped.count {
        0 => None,
        1 => Some((format!("Line {named}"), "is")),
        count if count == skipped.first.len() => Some((format!("The lines {named}"), "are")),
        count => Some((format!("{count} lines, among them {named},"), "are")),
    }
}

/// What is wrong with the owners' file on `trunk`, for the team.
pub fn owners_trouble(seen: &Seen, trunk: &str) -> Option<String> {
    let path = code(seen.path.as_deref()?);
    if seen.too_large {
        return Some(format!(
            "{path} on {trunk} is larger than 3 MB, so GitHub reads nothing of it, and nobody can approve as owner: make it smaller."
        ));
    }
    let (lines, _) = unusable(&seen.skipped)?;
    Some(format!(
        "{lines} of {path} on {trunk} cannot be used: a pattern or an owner there is written in a way that GitHub does not understand, so \
         nobody owns anything by it. Mend it or delete it."
    ))
}

fn conversations(open: &Unresolved) -> Told {
    let first = open.first.as_ref().map(|url| format!(": {url}")).unwrap_or_default();
    match open.count {
        1 => Told::new(format!("One conversation on it is not resolved{first}."), "Answer it and resolve it."),
        count => Told::new(
            format!("{count} conversations on it are not resolved, the first{first}."),
            "Answer them and resolve them.",
        ),
    }
}

fn elsewhere(line: &str) -> Told {
    Told::new(
        format!(
            "Its description says {}, and that is in another repository. I cannot wait for that, and nothing could land both or \
             neither, for GitHub moves one repository at a time.",
            code(line)
        ),
        "When that one has landed, take the line out; if this one need not wait for it, do so now.",
    )
}
