//! Answers of the API as text for a terminal. Whatever strangers wrote is made harmless here; nothing is asked.

use crate::engine::board::{ClosureRow, RequestRow};
use crate::engine::why::{Rule, Stage, Why};
use crate::ids::{BranchName, RepoName, Sha};
use crate::when;
use crate::wording::shown;
use serde::Deserialize;
use std::fmt::Write as _;

/// A queue as the API gives it.
#[derive(Debug, Deserialize)]
pub struct Queue {
    repository: RepoName,
    trunk: BranchName,
    tip: Option<Sha>,
    troubles: Vec<String>,
    #[serde(default)]
    closures: Vec<ClosureRow>,
    #[serde(rename = "queue")]
    entries: Vec<Why>,
    #[serde(default)]
    waiting: Vec<Why>,
}

/// Queues, one after the other.
pub fn queues(queues: &[Queue]) -> String {
    if queues.is_empty() {
        return "No repository has a queue there; install the GitHub App on one.\n".to_owned();
    }
    queues.iter().map(queue).collect::<Vec<_>>().join("\n")
}

fn queue(queue: &Queue) -> String {
    let tip = queue.tip.map_or_else(|| "not read yet".to_owned(), |tip| tip.short());
    let count = match queue.entries.len() {
        0 => "nothing in the queue".to_owned(),
        waiting => format!("{waiting} in the queue"),
    };
    let mut text = format!("{}: {count} for {} ({tip})\n", queue.repository, plain(queue.trunk.as_str()));
    for trouble in &queue.troubles {
        let _ = writeln!(text, "  ! {}", plain(trouble));
    }
    for closure in &queue.closures {
        let _ = writeln!(text, "  * {}", plain(&closure.sentence));
    }
    for why in &queue.entries {
        let place = why.position.unwrap_or_default();
        let _ = writeln!(text, "{place:>4}. {} [{}]\n      {}", named(why), plain(&why.code), plain(&why.sentence));
    }
    for why in &queue.waiting {
        let _ = writeln!(text, "   -  {} [{}]\n      {}", named(why), plain(&why.code), plain(&why.sentence));
    }
    text
}

/// Why a pull request stands where it stands.
pub fn why(repo: &RepoName, why: &Why) -> String {
    let mut text = format!("{repo} {}\n", named(why));
    let mut line = |name: &str, words: &str| {
        let _ = writeln!(text, "  {name:<7} {words}");
    };
    line("state", &format!("{} [{}]", stage(why.state), plain(&why.code)));
    line("why", &plain(&why.sentence));
    if let Some(told) = &why.rule {
        line("rule", &rule(told));
    }
    if let Some(since) = why.since {
        line("since", &when::print(since));
    }
    line("next", &plain(&why.next));
    text
}

fn rule(rule: &Rule) -> String {
    let says = plain(&rule.says);
    if rule.key.is_empty() {
        let of = if rule.from == "forge" { "GitHub" } else { "the queue" };
        return format!("{says} (a rule of {of})");
    }
    let place = rule.place.as_deref().map(|place| format!(" at {}", plain(place))).unwrap_or_default();
    let commit = rule.commit.map(|commit| format!(" of {}", commit.short())).unwrap_or_default();
    format!("{}{place}{commit}: {says}", plain(&rule.key))
}

/// The answer to a request.
pub fn answer(row: &RequestRow) -> String {
    let (asked, about, sentence) = (plain(&row.asked), plain(&row.about.to_string()), plain(&row.sentence));
    if row.done {
        format!("{about}: {asked}: done. {sentence}\n")
    } else {
        format!("{about}: {asked}: refused [{}]. {sentence}\n", plain(&row.code))
    }
}

/// Which commit is meant where none was named.
pub fn meant(why: &Why, head: Sha) -> String {
    format!("adding {} at its head {head}, as the service read it last", named(why))
}

fn named(why: &Why) -> String {
    let mut text = format!("#{}", why.pull);
    if let Some(title) = &why.title {
        let _ = write!(text, " {}", shown(title));
    }
    let author = why.author.as_ref().map(|author| format!("by {author}"));
    let head = why.head.map(|head| format!("at {}", head.short()));
    let more: Vec<String> = author.into_iter().chain(head).collect();
    if !more.is_empty() {
        let _ = write!(text, " ({})", more.join(", "));
    }
    text
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Queued => "in the queue",
        Stage::Waiting => "waits to enter the queue",
        Stage::Out => "not in the queue any more",
        Stage::Refused => "was asked for, and refused",
        Stage::Landed => "landed",
        Stage::Closed => "closed",
        Stage::NotAsked => "not in the queue",
        Stage::Unknown => "unknown",
    }
}

/// Our own sentences repeat names by others: nothing in them may steer a terminal or turn its text around.
fn plain(text: &str) -> String {
    let steers = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if steers(c) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const HEAD: &str = "757107ea0eb2509fc211221cce984b8a37570b6d";

    fn one(title: &str) -> serde_json::Value {
        json!({"pull": 7, "title": title, "author": "ann", "head": HEAD, "state": "queued", "position": 1,
            "code": "testing", "sentence": "1st of 1 in the queue for `main`; tested as commit X (run 3).",
            "rule": {"from": "setting", "key": "checks.required", "place": ".github/greenline.toml:2", "commit": HEAD,
                "says": "required = [{ name = \"ci\", app = \"any\" }]"},
            "since": 1_763_805_616_000_i64, "next": "Wait for CI."})
    }

    #[test]
    fn why_names_the_rule_and_its_line() {
        let told: Why = serde_json::from_value(one("The lamp")).expect("an answer");
        let text = why(&"acme/widget".parse().expect("a name"), &told);
        assert_eq!(
            text,
            "acme/widget #7 The lamp (by ann, at 757107ea0e)\n  \
               state   in the queue [testing]\n  \
               why     1st of 1 in the queue for `main`; tested as commit X (run 3).\n  \
               rule    checks.required at .github/greenline.toml:2 of 757107ea0e: required = [{ name = \"ci\", app = \"any\" }]\n  \
               since   2025-11-22T10:00:16Z\n  \
               next    Wait for CI.\n"
        );
    }

    #[test]
    fn a_list_is_one_entry_after_the_other_and_nothing_in_it_steers_the_terminal() {
        let entry = one("\u{1b}[2Jgone\u{202e}\n2. #8 fake");
        let list: Queue = serde_json::from_value(json!({"repository": "acme/widget", "trunk": "main", "tip": HEAD,
            "troubles": ["something\u{1b}]0;x"], "queue": [entry], "at": 0}))
        .expect("a queue");
        let text = queues(&[list]);
        assert!(
            text.starts_with("acme/widget: 1 in the queue for main (757107ea0e)\n  ! something ]0;x\n   1. #7 "),
            "{text}"
        );
        assert_eq!((text.lines().count(), text.contains('\u{1b}')), (4, false), "{text}");
        assert!(queues(&[]).contains("install the GitHub App"));
    }

    #[test]
    fn an_answer_says_what_was_asked_and_what_came_of_it() {
        let row = |done: bool| RequestRow {
            request: "00000000000000000000000000000001".parse().expect("an id"),
            at: crate::ids::Moment::from_ms(0),
            about: crate::command::About::Pull(crate::ids::PrNumber::new(7)),
            asked: "cancel".into(),
            login: "ann".parse().expect("a login"),
            token: "ci".into(),
            done,
            code: if done { "done" } else { "needs-write" }.into(),
            sentence: "So it is.".into(),
        };
        assert_eq!(answer(&row(true)), "#7: cancel: done. So it is.\n");
        assert_eq!(answer(&row(false)), "#7: cancel: refused [needs-write]. So it is.\n");
    }
}
