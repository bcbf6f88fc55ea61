//! What a new user sees first: the example, with CI run for real.

use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn the_example_ends_as_it_should_within_a_minute() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let (begun, record) = (Instant::now(), home.path().join("exchanges.jsonl"));
    let output = Command::new(env!("CARGO_BIN_EXE_greenline"))
        .args(["sandbox", "--json", "--exit", "--dir"])
        .arg(home.path().join("sandbox"))
        .env("GREENLINE_SANDBOX_RECORD", &record)
        .stdin(Stdio::null())
        .output()
        .expect("it starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(begun.elapsed() < Duration::from_mins(1), "{told}");
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let lines: Vec<Value> = lines.map(|line| serde_json::from_slice(line).expect("one JSON object a line")).collect();
    for key in
        ["api", "git", "webhook", "dashboard", "admin", "repo", "tokens", "app", "ci_app", "pid", "service_pid", "dir"]
    {
        assert!(!lines[0][key].is_null(), "{key}");
    }
    assert!(lines[1..].iter().all(|line| line["event"].is_string()), "one event a line");
    let last = lines.last().expect("at least the introduction");
    assert_eq!((&last["event"], &last["ok"]), (&"story_ended".into(), &true.into()));
    crate::openapi::check_record(&record).unwrap_or_else(|faults| panic!("{faults}"));
}
