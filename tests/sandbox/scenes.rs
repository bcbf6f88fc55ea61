//! The example and a user's own repository: they are what the story says, and the user's is only read.

use crate::stand::{Stand, complaint, git_at, said};
use greenline::sandbox::example;
use std::path::Path;
use std::process::Command;

/// Whether CI passes on a merge of these branches of the example into its trunk.
fn passes(clone: &Path, branches: &[&str]) -> bool {
    said(git_at(clone, &["switch", "--quiet", "--detach", "origin/main"]));
    for branch in branches {
        said(git_at(clone, &["merge", "--quiet", "--no-edit", &format!("origin/{branch}")]));
    }
    Command::new("./ci.sh").current_dir(clone).output().expect("the example has it").status.success()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_is_what_its_story_says() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (forge, base) = Stand::serve(dir.path()).await;
    let scene = example::example(&forge, &base).await.expect("a new look-alike");
    assert_eq!(scene.pulls.len(), 8);
    let clone = dir.path().join("clone");
    let from = scene.repo.dir.to_str().expect("text");
    said(git_at(dir.path(), &["clone", "--quiet", from, clone.to_str().expect("text")]));
    for alone in ["opening-hours", "welcome", "night-shift", "tip", "dearer-tea", "cheaper-tea"] {
        assert!(passes(&clone, &[alone]), "{alone}");
    }
    assert!(!passes(&clone, &["discount"]));
    assert!(!passes(&clone, &["welcome", "night-shift"]), "they merge cleanly and fail together");
    assert!(passes(&clone, &["opening-hours", "welcome", "tip", "dearer-tea"]));
    said(git_at(&clone, &["switch", "--quiet", "--detach", "origin/dearer-tea"]));
    complaint(&git_at(&clone, &["merge", "--quiet", "--no-edit", "origin/cheaper-tea"]));
    let heads = said(git_at(&scene.repo.dir, &["for-each-ref", "--format=%(refname)", "refs/pull/"]));
    assert_eq!(heads.lines().filter(|name| name.ends_with("/head")).count(), 8, "the fork's too: {heads}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_repository_is_read_and_never_written() {
    let stand = Stand::open().await;
    for branch in ["topic/a", "topic/b", "other"] {
        stand.git(&["switch", "--quiet", "--create", branch, "main"]);
        stand.commit(&format!("work on {branch}"), &branch.replace('/', "-"), "x\n");
    }
    stand.git(&["switch", "--quiet", "main"]);
    let before = stand.git(&["for-each-ref"]);
    let scene = example::own_repository(&stand.forge, &stand.base, &stand.work(), "topic/*").await.expect("matches");
    let titles: Vec<_> = scene.pulls.iter().map(|pull| pull.title.as_str()).collect();
    assert_eq!(titles, ["work on topic/a", "work on topic/b"]);
    assert_eq!(stand.git(&["for-each-ref"]), before);
    assert_eq!(stand.git(&["status", "--porcelain"]), "");
    let settings = said(git_at(&scene.repo.dir, &["show", "main:.github/greenline.toml"]));
    assert!(settings.contains("[checks]"), "{settings}");
    let none = example::own_repository(&stand.forge, &stand.base, &stand.work(), "nothing/*").await;
    assert!(none.expect_err("no branch matches").to_string().contains("no branch other than main matches"));
}
