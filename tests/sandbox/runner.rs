//! The runner: it tests exactly what was pushed, and ends what takes too long or is no longer wanted.

use crate::stand::{PATIENCE, Stand, said, wait_for};
use greenline::sandbox::{Happening, SandboxEvent};
use std::process::Command;
use std::time::Duration;

/// Pushes a queue branch and answers what CI concluded about it.
async fn verdict_on(stand: &Stand, branch: &str) -> String {
    let sha = stand.git(&["rev-parse", "HEAD"]);
    let mut events = stand.forge.subscribe();
    assert!(stand.push(&stand.maintainer(), &[&format!("HEAD:refs/heads/{branch}")]).status.success());
    wait_for(&mut events, |event| match event {
        SandboxEvent::Check { sha: of, conclusion, app, .. } if of == sha => {
            assert_eq!(app, stand.forge.identities().ci_app.slug);
            conclusion
        }
        _ => None,
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_runner_tests_exactly_the_pushed_commit() {
    let stand = Stand::open().await;
    let runner = stand.runner("test \"$(git rev-parse HEAD)\" = \"$GITHUB_SHA\" && grep -q good state", PATIENCE);
    stand.commit("good", "state", "good\n");
    assert_eq!(verdict_on(&stand, "greenline/run/1").await, "success");
    stand.commit("bad", "state", "bad\n");
    assert_eq!(verdict_on(&stand, "greenline/run/2").await, "failure");
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_takes_too_long_is_killed_with_all_its_children() {
    let stand = Stand::open().await;
    let mark = stand.dir.path().join("mark");
    // The child's pipe closes when it is dead; until then this read would wait.
    let fifo = stand.dir.path().join("alive");
    said(Command::new("mkfifo").arg(&fifo).output().expect("coreutils"));
    let command = format!("(exec 9>{}; sleep 600) & echo $! > {}; wait", fifo.display(), mark.display());
    let runner = stand.runner(&command, Duration::from_millis(1_500));
    let closed = tokio::task::spawn_blocking(move || std::fs::read(fifo));
    stand.commit("slow", "state", "slow\n");
    assert_eq!(verdict_on(&stand, "greenline/run/1").await, "timed_out");
    tokio::time::timeout(PATIENCE, closed).await.expect("the child is dead").expect("joined").expect("read");
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_with_its_branch() {
    let stand = Stand::open().await;
    let mut news = stand.news.subscribe();
    let runner = stand.runner("sleep 600", PATIENCE);
    stand.commit("slow", "state", "slow\n");
    assert!(stand.push(&stand.maintainer(), &["HEAD:refs/heads/greenline/run/1"]).status.success());
    wait_for(&mut news, |happening| matches!(happening, Happening::CiStarted { .. }).then_some(())).await;
    assert!(stand.push(&stand.maintainer(), &[":refs/heads/greenline/run/1"]).status.success());
    let conclusion = wait_for(&mut news, |happening| match happening {
        Happening::CiEnded { conclusion, .. } => Some(conclusion),
        _ => None,
    });
    assert_eq!(conclusion.await, "cancelled");
    runner.stop().await;
}
