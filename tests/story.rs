//! The whole of it: the real binary, its sandbox, its service, real git, from labels to candidates.

use std::process::{Command, Stdio};

#[test]
fn the_example_ends_as_it_should() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let output = Command::new(env!("CARGO_BIN_EXE_greenline"))
        .args(["sandbox", "--json", "--exit", "--dir"])
        .arg(dir.path())
        .stdin(Stdio::null())
        .output()
        .expect("it starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let lines: Vec<serde_json::Value> =
        output.stdout.split(|byte| *byte == b'\n').filter(|l| !l.is_empty()).map(json).collect();
    for key in
        ["api", "git", "webhook", "dashboard", "admin", "repo", "tokens", "app", "ci_app", "pid", "service_pid", "dir"]
    {
        assert!(!lines[0][key].is_null(), "{key}");
    }
    assert!(lines[1..].iter().all(|line| line["event"].is_string()), "one event a line");
    let last = lines.last().expect("at least the introduction");
    assert_eq!((&last["event"], &last["ok"]), (&"story_ended".into(), &true.into()));
}

fn json(line: &[u8]) -> serde_json::Value {
    serde_json::from_slice(line).expect("one JSON object a line")
}
