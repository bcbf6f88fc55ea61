//! The sentences about freezes and holds. Words only; who may stop what is decided in `admission`.

use super::{code, list};
use crate::admission::{Closure, Hold, Stopped};
use crate::command::PREFIX;
use crate::config::freeze::Exempt;

/// Everything that keeps trunk where it is, for somebody who waits.
pub fn closed(closures: &[Closure]) -> String {
    closures.iter().map(closure).collect::<Vec<_>>().join(" ")
}

/// One thing that keeps trunk where it is: until when, by whom, why, and what lands all the same.
pub fn closure(closure: &Closure) -> String {
    let until = closure.until.map_or_else(String::new, |until| format!(" until {}", closure.zone.print(until)));
    let why = code(&closure.reason);
    let who = match &closure.by {
        Some(by) if closure.until.is_none() => {
            format!("{} froze the queue, because {why}; `{PREFIX} thaw` ends that.", code(by.login.as_str()))
        }
        Some(by) => format!("{} froze the queue, because {why}.", code(by.login.as_str())),
        None => format!("the calendar in `.github/greenline.toml` says so, because {why}."),
    };
    format!("Nothing lands{until}: {who} {}", exempt(&closure.exempt))
}

/// What a closure is about: a comment is written anew when this changes.
pub fn about(closures: &[Closure]) -> String {
    let one = |c: &Closure| format!(" {:?} {:?} {}", c.by.as_ref().map(|by| by.id), c.until, c.reason);
    closures.iter().map(one).collect()
}

fn exempt(exempt: &Exempt) -> String {
    let hotfix = exempt.hotfix.then(|| format!("hotfixes (`{PREFIX} merge hotfix`)"));
    let priority = exempt.priority.map(|least| format!("a priority of {least} or more"));
    let labels = exempt.labels.iter().map(|label| format!("the label {}", code(label)));
    let users = exempt.users.iter().map(|user| format!("what {} asks for", code(user.as_str())));
    let all: Vec<String> = hotfix.into_iter().chain(priority).chain(labels).chain(users).collect();
    if all.is_empty() { "Nothing is exempt.".to_owned() } else { format!("Exempt: {}.", list(all.into_iter())) }
}

/// Who holds a pull request, why, and how it goes on.
pub fn held(hold: &Hold, approved: bool) -> String {
    let because = hold.reason.as_ref().map_or_else(String::new, |reason| format!(", because {}", code(reason)));
    let place = if approved {
        "Its approval and its place in the queue are kept"
    } else {
        "It is not in the queue, and would wait there too"
    };
    format!("{} holds it back{because}. {place} until `{PREFIX} release`.", code(hold.by.login.as_str()))
}

/// Whose hold does not go along with a pull request to another branch, and how it is held there.
pub fn held_here_only(hold: &Hold, trunk: &str, base: &str) -> String {
    let because = hold.reason.as_ref().map_or_else(String::new, |reason| format!(", because {}", code(reason)));
    format!(
        "{} held it back in the queue of `{trunk}`{because}. The queue of {} does not know of that: whoever asks for it there may land it, unless somebody comments `{PREFIX} hold` again. Should it come back to `{trunk}`, it is still held here.",
        code(hold.by.login.as_str()),
        code(base)
    )
}

/// The stable code of what a command to stop or to go on has come to, for machines.
pub fn came_code(came: &Stopped) -> &'static str {
    match came {
        Stopped::Frozen(_) | Stopped::Thawed(_) | Stopped::Held | Stopped::Released => "done",
        Stopped::NotFrozen(closed) if closed.is_empty() => "not-frozen",
        Stopped::NotFrozen(_) => "calendar",
        Stopped::NoEnd => "no-end",
        Stopped::NeedsAdmin { .. } => "needs-admin",
        Stopped::NotHeld => "not-held",
    }
}

/// What a command to stop or to go on has come to.
pub fn came(word: &str, came: &Stopped) -> String {
    match came {
        Stopped::Frozen(what) => {
            let earlier =
                if what.until.is_some() { format!(" `{PREFIX} thaw` ends it earlier.") } else { String::new() };
            format!("{} What is landing now comes to its end, and tests go on.{earlier}", closure(what))
        }
        Stopped::Thawed(closed) if closed.is_empty() => "The freeze is over: what is green lands.".to_owned(),
        Stopped::Thawed(closed) => format!("That freeze is over, but another holds. {}", calendar(closed)),
        Stopped::NotFrozen(closed) if closed.is_empty() => {
            "Nobody has frozen the queue, so there is nothing to thaw.".to_owned()
        }
        Stopped::NotFrozen(closed) => {
            format!("`{word}` was not done: nobody has frozen the queue. {}", calendar(closed))
        }
        Stopped::NoEnd => {
            format!("`{word}` was not done: the moment it was to end is over already, or more than a year away.")
        }
        Stopped::NeedsAdmin { login } => format!(
            "`{word}` was not done. {} would need admin permission in this repository, for its settings say `by = \"admin\"` in \
             `[freeze]`. Ask somebody who has it.",
            code(login)
        ),
        Stopped::Held => {
            format!("It is not in the queue now; whoever asks for it to land will have to wait for `{PREFIX} release`.")
        }
        Stopped::Released => "It is no longer held. It is not in the queue.".to_owned(),
        Stopped::NotHeld => "Nobody holds it, so there is nothing to release.".to_owned(),
    }
}

/// What the calendar closes, and how that is changed.
fn calendar(closures: &[Closure]) -> String {
    format!("{} The calendar is changed on the default branch, in `[[freeze.windows]]`.", closed(closures))
}
