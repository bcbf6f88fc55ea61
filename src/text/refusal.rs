//! Why somebody's word was not followed, and what to do instead. Words only.

use super::{Told, code, list, waiting};
use crate::admission::Refusal;
use crate::command;
use crate::ids::Sha;

/// Why a request to land was not followed, and what to do.
pub fn refusal(why: &Refusal) -> Told {
    refused("merge", why)
}

/// Why a command was not followed, and what to do.
pub(super) fn refused(word: &str, why: &Refusal) -> Told {
    match why {
        Refusal::NeedsWrite { login } => {
            let what = format!("{} would need write permission in this repository.", code(login));
            Told::new(what, "Ask somebody who has it.")
        }
        Refusal::Renamed { login } => {
            let what = format!("The login {} is somebody else's now than when they signed in by it.", code(login));
            Told::new(what, "Sign out of Greenline's page and in again, and press the button once more.")
        }
        Refusal::NotListed { login } => {
            let what = format!("{} is not among `mergers` under `[rules]` in `.github/greenline.toml`.", code(login));
            Told::new(what, "Ask somebody who is.")
        }
        Refusal::TeamsUnread { login, teams } => teams_unread(login, teams),
        Refusal::OwnWork { login } => format!(
            "{} wrote it, and here somebody else has to ask for landing (`no_self_merge` under `[rules]` in \
             `.github/greenline.toml`).",
            code(login)
        )
        .into(),
        Refusal::OwnApproval => {
            Told::new("Nobody's approval of their own work counts.", "Ask somebody else to look at it.")
        }
        Refusal::Draft => Told::new("It is a draft.", "Mark it as ready for review first."),
        Refusal::NoSuchPull => "There is no pull request by this number in the repository.".into(),
        Refusal::NoQueue { branch } => no_queue(branch),
        Refusal::Archived => Told::new(
            "The repository is archived, and GitHub takes no push there, so nothing can be tested or land.",
            "Unarchive it, and ask again.",
        ),
        Refusal::NotOpen => Told::new("It is not open.", "If it was closed by mistake, open it again and ask anew."),
        Refusal::OtherBase { base, trunk } => other_base(base, trunk),
        Refusal::PushedSince { head } => {
            let what = "Commits were pushed since, so it is not certain which one was meant.";
            Told::new(what, name_the_head(word, *head))
        }
        Refusal::OtherHead { head } => other_head(word, *head),
        Refusal::Overtaken => Told::new(
            "It was taken out of the queue, or landed, after that was asked.",
            "Ask again if it shall land after all.",
        ),
        Refusal::Retargeted { base } => {
            let what = format!("It was sent to {} after that was said.", code(base));
            Told::new(what, "Ask again if it is meant for that branch.")
        }
        Refusal::SaidOtherwise => Told::new(
            "A comment that was written after it says otherwise, and was heard first.",
            "Say it again if it holds after all.",
        ),
        Refusal::Landed => "It has landed already, as its head is now.".into(),
        Refusal::OnItself => "It cannot depend on itself.".into(),
        Refusal::OnUnknown { on } => {
            let what =
                format!("There is no pull request #{on} in this repository, so it could never land before this one.");
            Told::new(what, "Say on which one it depends.")
        }
        Refusal::HeadGone => head_gone(),
    }
}

fn teams_unread(login: &str, teams: &[String]) -> Told {
    let what = format!(
        "Whether {} may ask depends on {} (`mergers` under `[rules]`), and GitHub does not show me who is in there.",
        code(login),
        list(teams.iter().map(|team| code(&format!("@{team}"))))
    );
    Told::new(what, waiting::TEAMS_NEXT)
}

fn no_queue(branch: &str) -> Told {
    let what = format!(
        "No queue lands on {}: the branch is gone, or `trunks` under `[queue]` in the default branch's `.github/greenline.toml` does \
         not name it.",
        code(branch)
    );
    Told::new(what, "`greenline queue list` shows those that have one.")
}

fn other_base(base: &str, trunk: &str) -> Told {
    Told::new(
        format!("It goes to {}, and this queue lands on {}.", code(base), code(trunk)),
        "Change its base first; or, if that is the branch of another pull request, ask for that one first, and then for this one again.",
    )
}

pub(super) fn head_gone() -> Told {
    Told::new("The branch or fork it comes from is gone.", "Restore it, or open a new pull request.")
}

pub(super) fn other_head(word: &str, head: Sha) -> Told {
    let what = "The commit that was named is not its head; at least twelve digits of that are needed, in lower case.";
    Told::new(what, name_the_head(word, head))
}

fn name_the_head(word: &str, head: Sha) -> String {
    format!("The head is {head} now: if that is the one, comment `{} {word} {head}`.", command::PREFIX)
}
