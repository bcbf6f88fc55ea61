//! Every example payload GitHub's SDK publishes, and what nobody should send: each signed body is read without a panic,
//! gives a hint exactly when we use it, and is never lost.

use bytes::Bytes;
use greenline::http::payload::{EVENTS, Payload, read};
use greenline::http::signature::{Verified, verify};
use greenline::ids::{InstallationId, RepoId, RepoName};
use greenline::port::store::Hint;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::SecretString;
use sha2::Sha256;
use std::collections::BTreeMap;

fn signed(body: impl Into<Bytes>) -> Verified<Bytes> {
    let body = body.into();
    let mut mac = Hmac::<Sha256>::new_from_slice(b"secret").expect("any length");
    mac.update(&body);
    let header = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    verify(body, Some(&header), &[SecretString::from("secret")]).expect("we signed it")
}

fn read_text(event: &str, body: &str) -> Payload {
    read(event, &signed(body.to_owned()))
}

#[derive(serde::Deserialize)]
struct Example {
    event: String,
}

/// Event and payload of each example; the payload as the text it is, cut out of its line.
fn examples() -> Vec<(String, String)> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/webhooks/payloads.jsonl");
    let text = std::fs::read_to_string(file).expect("the fixture is in the repository");
    text.lines()
        .map(|line| {
            let example: Example = serde_json::from_str(line).expect("one example a line");
            let start = line.find(r#","payload":"#).expect("its second field") + r#","payload":"#.len();
            (example.event, line[start..line.len() - 1].to_owned())
        })
        .collect()
}

/// What of an event we use may be worth nothing: comments that cannot be commands.
fn may_be_nothing(event: &str) -> bool {
    event == "issue_comment"
}

#[test]
fn every_published_example_is_read() {
    let examples = examples();
    assert_eq!(examples.len(), 329);
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (event, payload) in &examples {
        let got = read_text(event, payload);
        assert_eq!(got.unread, None, "{event}");
        let used = EVENTS.contains(&event.as_str());
        assert!(used || got.hint.is_none(), "{event} gives {:?}", got.hint);
        assert!(!used || got.hint.is_some() || may_be_nothing(event), "{event} gives nothing: {payload}");
        let service_wide = event.starts_with("installation");
        assert!(!used || got.repo.is_none() == service_wide, "{event} is about {:?}", got.repo);
        *seen.entry(event).or_default() += usize::from(used);
    }
    let absent: Vec<_> = EVENTS.iter().filter(|e| seen.get(*e).is_none_or(|n| *n == 0)).collect();
    assert_eq!(absent, [&"repository_ruleset"], "the only event without a published example");
}

const REPO: &str = r#""repository":{"id":7,"full_name":"o/r"},"installation":{"id":9}"#;

fn repo() -> (RepoId, RepoName) {
    (RepoId::new(7), "o/r".parse().expect("a name"))
}

#[test]
fn a_pull_request_whose_fork_is_gone_is_still_a_hint() {
    let body = format!(r#"{{"action":"labeled","pull_request":{{"number":3,"head":{{"repo":null}}}},{REPO}}}"#);
    let got = read_text("pull_request", &body);
    assert_eq!(got.hint, Some(Hint::Pull(greenline::ids::PrNumber::new(3))));
    assert_eq!((got.repo, got.installation, got.unread), (Some(repo()), Some(InstallationId::new(9)), None));
}

#[test]
fn unreadable_bodies_are_said_to_be_so_and_keep_their_repository() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    for (what, body) in [
        ("number too large", format!(r#"{{"pull_request":{{"number":18446744073709551616}},{REPO}}}"#)),
        ("negative number", format!(r#"{{"pull_request":{{"number":-1}},{REPO}}}"#)),
        ("number in quotes", format!(r#"{{"pull_request":{{"number":"3"}},{REPO}}}"#)),
        ("duplicate key", format!(r#"{{"pull_request":{{"number":3}},"pull_request":{{"number":4}},{REPO}}}"#)),
        (
            "duplicate repository",
            format!(r#"{{"pull_request":{{"number":3}},{REPO},"repository":{{"id":8,"full_name":"e/x"}}}}"#),
        ),
        ("missing part", format!(r"{{{REPO}}}")),
        ("deep where we look", format!(r#"{{"pull_request":{deep},{REPO}}}"#)),
        ("deep elsewhere", format!(r#"{{"pull_request":{{"number":3}},"x":{deep},{REPO}}}"#)),
        ("cut off", format!(r#"{{{REPO},"pull_request":{{"number":3"#)),
        ("more after the end", format!(r#"{{"pull_request":{{"number":3}},{REPO}}} 1"#)),
    ] {
        let got = read_text("pull_request", &body);
        assert_eq!(got.hint, Some(Hint::Unreadable), "{what}");
        assert!(got.unread.is_some(), "{what}");
        assert_eq!(got.repo, Some(repo()), "{what}");
    }
}

#[test]
fn bodies_that_name_no_repository_are_unreadable_too() {
    let endless = "[".repeat(1_000_000);
    for body in ["", "null", "[]", "7", "\"x\"", "{", &endless, r#"{"pull_request":{"number":3}}"#] {
        for event in ["pull_request", "push", "issue_comment"] {
            let got = read_text(event, body);
            assert_eq!((got.hint, got.repo), (Some(Hint::Unreadable), None), "{event}");
        }
    }
}

#[test]
fn invalid_utf_8_is_unreadable_and_keeps_its_repository() {
    let mut body = format!(r#"{{"pull_request":{{"number":3,"title":"?"}},{REPO}}}"#).into_bytes();
    let at = body.iter().position(|b| *b == b'?').expect("it is there");
    body[at] = 0xff;
    let got = read("pull_request", &signed(body));
    assert_eq!((got.hint, got.repo), (Some(Hint::Unreadable), Some(repo())));
}

fn comment(action: &str, sender: &str, on: &str, updated: &str) -> Option<Hint> {
    let body = format!(
        r#"{{"action":"{action}","issue":{{"number":3{on}}},"sender":{sender},"comment":{{"id":5,"body":"@greenline merge",
        "user":{{"id":1,"login":"ann","type":"User"}},"created_at":"2026-01-01T00:00:00Z","updated_at":"{updated}"}},{REPO}}}"#
    );
    let got = read_text("issue_comment", &body);
    assert_eq!(got.unread, None);
    got.hint
}

#[test]
fn only_a_new_comment_by_its_own_author_on_a_pull_request_counts() {
    let (ann, bob) = (r#"{"id":1,"login":"ann","type":"User"}"#, r#"{"id":2,"login":"bob","type":"User"}"#);
    let bot = r#"{"id":1,"login":"ann[bot]","type":"Bot"}"#;
    let (on, new) = (r#","pull_request":{"url":"x"}"#, "2026-01-01T00:00:00Z");
    let Some(Hint::Comment(read)) = comment("created", ann, on, new) else { panic!("a person's comment is a hint") };
    assert_eq!((read.id.get(), read.pull.get(), read.body.as_str(), read.edited), (5, 3, "@greenline merge", false));
    assert_eq!(read.created_at.ms(), 1_767_225_600_000);
    assert_eq!(comment("edited", ann, on, new), None);
    assert_eq!(comment("deleted", ann, on, new), None);
    assert_eq!(comment("created", bob, on, new), None);
    assert_eq!(comment("created", bot, on, new), None);
    assert_eq!(comment("created", "null", on, new), None);
    assert_eq!(comment("created", ann, "", new), None);
    assert_eq!(comment("created", ann, on, "2026-01-01T00:00:09Z"), None);
}

#[test]
fn refs_are_named_in_full() {
    let pushed = |name: &str| Some(Hint::Pushed(name.parse().expect("a ref")));
    let hint = |event: &str, fields: &str| read_text(event, &format!("{{{fields},{REPO}}}")).hint;
    assert_eq!(hint("push", r#""ref":"refs/heads/release/1.0""#), pushed("refs/heads/release/1.0"));
    assert_eq!(hint("create", r#""ref":"v1","ref_type":"tag""#), pushed("refs/tags/v1"));
    assert_eq!(hint("delete", r#""ref":"main","ref_type":"branch""#), pushed("refs/heads/main"));
    assert_eq!(hint("create", r#""ref":null,"ref_type":"repository""#), Some(Hint::Repository));
    assert_eq!(hint("push", &format!(r#""ref":"refs/heads/{}""#, "x".repeat(250))), None);
    assert_eq!(hint("repository_ruleset", r#""action":"edited""#), Some(Hint::Repository));
    assert_eq!(hint("anything_new", r#""action":"edited""#), None);
}

#[test]
fn the_largest_body_github_sends_is_read() {
    let padding = "a".repeat(25 * 1024 * 1024 - 200);
    let body = format!(r#"{{"pull_request":{{"body":"{padding}","number":3}},{REPO}}}"#);
    assert_eq!(read_text("pull_request", &body).hint, Some(Hint::Pull(greenline::ids::PrNumber::new(3))));
}
