//! What people ask for, as scripts write it.

use crate::settings::number;
use greenline::delivery::approval::{Rights, Via};
use greenline::delivery::event::Resolution;
use greenline::delivery::state::Scope;
use greenline::delivery::{Ask, Wish};
use greenline::facts::Permission;
use greenline::ids::{CandidateSeq, DeploymentId, LockId, Moment, StageName};

/// `write`, `read`, `admin` or `bot`, and teams.
pub fn rights(words: &[&str]) -> Rights {
    let mut rights = Rights { permission: Some(Permission::Write), ..Rights::default() };
    for word in words {
        match *word {
            "none" => rights.permission = None,
            "read" => rights.permission = Some(Permission::Read),
            "write" => rights.permission = Some(Permission::Write),
            "admin" => rights.permission = Some(Permission::Admin),
            "bot" => rights.bot = true,
            team => {
                rights.teams.insert(team.trim_start_matches('@').parse().expect("a team"));
            }
        }
    }
    rights
}

/// A wish behind `asks`: words, and a reason behind a colon.
pub fn ask(id: u64, by: &str, rights: Rights, words: &[&str], at: impl Fn(&str) -> Moment) -> Ask {
    let text = words.join(" ");
    let (what, reason) = text.split_once(": ").unwrap_or((text.trim_end_matches(':'), ""));
    let what: Vec<&str> = what.split_whitespace().collect();
    let wish = wish(&what, reason, at);
    Ask { id: id.to_string(), by: by.parse().expect("a login"), rights, via: Via::Page, wish }
}

fn seq(word: &str) -> CandidateSeq {
    CandidateSeq::new(number(word.trim_start_matches('C')))
}

fn stage(word: &str) -> StageName {
    word.parse().expect("a stage's name")
}

/// What stands behind a word.
fn behind<'w>(words: &[&'w str], key: &str) -> Option<&'w str> {
    words.iter().position(|word| *word == key).map(|place| words[place + 1])
}

fn wish(words: &[&str], reason: &str, at: impl Fn(&str) -> Moment) -> Wish {
    let id = |word: &str| DeploymentId::new(number(word));
    let reason = reason.to_owned();
    match words {
        ["approve", to, rest @ ..] => {
            Wish::Approve { stage: stage(to), candidate: rest.first().map(|c| seq(c)), note: reason }
        }
        ["unapprove", from] => Wish::Unapprove { stage: stage(from) },
        ["reject", candidate, rest @ ..] => {
            Wish::Reject { candidate: seq(candidate), stage: behind(rest, "on").map(stage), reason }
        }
        ["unreject", candidate] => Wish::Unreject { candidate: seq(candidate), reason },
        ["deploy", candidate, "to", to, rest @ ..] => Wish::Deploy {
            stage: stage(to),
            candidate: seq(candidate),
            overrides: rest.contains(&"override"),
            reason,
            expect_current: behind(rest, "expecting").map(seq),
        },
        ["rollback", from, rest @ ..] => Wish::Rollback {
            stage: stage(from),
            to: behind(rest, "to").map(seq),
            reason,
            confirm: behind(rest, "confirming").map(seq),
        },
        ["cancel", deployment] => Wish::Cancel(id(deployment)),
        ["retry", deployment] => Wish::Retry(id(deployment)),
        ["resolve", deployment, how] => {
            let outcome = match *how {
                "succeeded" => Resolution::Succeeded,
                "failed" => Resolution::Failed,
                "again" => Resolution::Again,
                _ => panic!("resolved as `{how}`?"),
            };
            Wish::Resolve { deployment: id(deployment), outcome }
        }
        ["judge", on, verdict] => Wish::Judge { stage: stage(on), pass: *verdict == "pass", note: reason },
        ["reverify", on] => Wish::Reverify(stage(on)),
        ["hold", on] => Wish::Hold { stage: stage(on), reason },
        ["resume", on] => Wish::Resume(stage(on)),
        ["lock", on, rest @ ..] => Wish::Lock {
            scope: scope(on),
            until: behind(rest, "until").map(at),
            reason,
            strict: rest.contains(&"strict"),
        },
        ["unlock", lock] => Wish::Unlock(LockId::new(number(lock))),
        ["cut"] => Wish::Cut,
        ["fixing"] => Wish::Fixing,
        ["restore", "tag", candidate] => Wish::RestoreTag(seq(candidate)),
        _ => panic!("nobody can ask for `{}`", words.join(" ")),
    }
}

fn scope(word: &str) -> Scope {
    match word {
        "merges" => Scope::Merges,
        "stages" => Scope::Stages,
        name => Scope::Stage(stage(name)),
    }
}
