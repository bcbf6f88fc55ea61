//! `greenline compose`: what it prints, how it exits, and that it leaves the repository as it was.

use crate::world::{World, put};
use greenline::ids::Sha;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn compose(repo: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_greenline"))
        .arg("compose")
        .arg(repo)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("greenline starts");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("written");
    child.wait_with_output().expect("greenline ends")
}

fn object(out: &Output) -> Value {
    serde_json::from_slice(&out.stdout).expect("one JSON object")
}

/// Trunk, a head that fits on it, and one that conflicts with that head.
fn world() -> (World, Sha, Sha, Sha) {
    let world = World::new();
    let base = world.commit(&[], "base", &[put("a", "1\n"), put("d/b", "1\n")]);
    let onto = world.commit(&[base], "trunk", &[put("t", "")]);
    let fits = world.commit(&[base], "fits", &[put("a", "2\n")]);
    let not = world.commit(&[base], "does not", &[put("a", "3\n"), put("d/b", "2\n")]);
    world.branch("refs/heads/main", onto);
    world.branch("refs/heads/fits", fits);
    world.branch("refs/tags/v1", onto);
    (world, onto, fits, not)
}

fn listing(dir: &Path) -> Vec<String> {
    let out = Command::new("find").arg(dir).args(["-printf", "%p %s %T@\n"]).output().expect("find runs");
    let mut lines: Vec<String> = String::from_utf8_lossy(&out.stdout).lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn heads_compose_one_on_the_other_and_nothing_is_touched() {
    let (world, onto, fits, not) = world();
    let before = listing(world.dir.path());
    let out = compose(&world.path(), &["--onto", "main", "fits", &fits.to_string(), "--json"], "");
    let answer = object(&out);
    assert_eq!(out.status.code(), Some(0), "{answer}");
    assert_eq!((&answer["onto"], &answer["strategy"]), (&json!(onto), &json!("rebase")));
    assert_eq!(
        answer["heads"],
        json!([{"head": fits, "commits": 1, "result": "composed"}, {"head": fits, "commits": 0, "result": "nothing"}])
    );
    assert!(answer["tip"].is_string() && answer["tree"].is_string() && answer["conflict"].is_null(), "{answer}");

    let out = compose(&world.path(), &["--onto", "v1^{commit}", "fits", &not.to_string(), "fits", "--json"], "");
    let answer = object(&out);
    assert_eq!(out.status.code(), Some(1), "{answer}");
    assert_eq!(answer["conflict"], json!({"head": not, "paths": ["a"]}));
    assert_eq!((&answer["tip"], &answer["tree"]), (&Value::Null, &Value::Null));
    assert_eq!(
        (&answer["heads"][1]["result"], &answer["heads"][2]["result"]),
        (&json!("conflict"), &json!("not-tried"))
    );
    assert_eq!(before, listing(world.dir.path()));
}

#[test]
fn people_get_a_short_answer() {
    let (world, onto, fits, not) = world();
    let out = compose(&world.path(), &["--onto", "main", "fits", &not.to_string(), "--strategy", "squash"], "");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let wanted =
        format!("onto  {onto}\n  {}  1 commit\n  {}  conflict\n              a\nno tip\n", fits.short(), not.short());
    assert_eq!(text, wanted);
}

#[test]
fn one_process_answers_line_by_line() {
    let (world, onto, fits, not) = world();
    let input = format!("main fits\n\nmain nobody\n{onto} {fits} {not}\n{onto} {fits}");
    let out = compose(&world.path(), &["--stdin"], &input);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let answers: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answers.len(), 5, "{text}");
    assert!(answers[1]["error"].is_string() && answers[2]["error"].as_str().is_some_and(|e| e.contains("nobody")));
    assert_eq!((&answers[0]["tip"], &answers[3]["conflict"]["head"]), (&answers[4]["tip"], &json!(not)));
    assert_eq!(out.status.code(), Some(2));
    assert_eq!(compose(&world.path(), &["--stdin"], &format!("main {fits}\n")).status.code(), Some(0));
}

#[test]
fn it_works_on_every_kind_of_repository() {
    let (world, onto, fits, _) = world();
    let at = |name: &str| world.dir.path().join(name).display().to_string();
    world.git(&["clone", "--quiet", "--shared", &world.path().display().to_string(), &at("shared")]);
    world.git(&["clone", "--quiet", "--shared", "--bare", &at("shared"), &at("borrowed.git")]);
    world.git(&["-C", &at("shared"), "worktree", "add", "--quiet", "--detach", &at("linked")]);
    let tips: Vec<Value> = ["shared", "borrowed.git", "linked", "shared/d"]
        .iter()
        .map(|name| {
            let heads = [onto.to_string(), fits.to_string()];
            let out = compose(Path::new(&at(name)), &["--onto", &heads[0], &heads[1], "--json"], "");
            assert_eq!(out.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&out.stderr));
            object(&out)["tip"].clone()
        })
        .collect();
    assert!(tips.windows(2).all(|pair| pair[0] == pair[1]), "{tips:?}");
}

#[test]
fn trouble_is_said_and_exits_with_two() {
    let (world, ..) = world();
    let stranger = world.commit(&[], "another root", &[put("a", "x")]);
    let out = compose(&world.path(), &["--onto", "main", &stranger.to_string(), "--json"], "");
    let answer = object(&out);
    assert_eq!(out.status.code(), Some(2), "{answer}");
    assert_eq!(answer["heads"][0]["result"], "refused");
    assert!(answer["heads"][0]["why"].as_str().is_some_and(|why| why.contains("share no history")));
    let nowhere = compose(Path::new("/nowhere"), &["--onto", "main", "x"], "");
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("/nowhere is not a git repository"));
    let unknown = compose(&world.path(), &["--onto", "main", "--", "--upload-pack=x"], "");
    assert_eq!((unknown.status.code(), unknown.stdout.is_empty()), (Some(2), true));
}
