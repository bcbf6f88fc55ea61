//! The git door with real git: what may be cloned, who may push what, and what a push is told.

use crate::stand::{Stand, complaint, git_at, said, wait_for};
use greenline::sandbox::{NewPull, SandboxEvent};

#[tokio::test(flavor = "multi_thread")]
async fn a_pushed_branch_can_be_cloned_and_is_announced() {
    let stand = Stand::open().await;
    let mut events = stand.forge.subscribe();
    stand.git(&["switch", "--quiet", "--create", "topic"]);
    let sha = stand.commit("more", "more", "more\n");
    assert!(stand.push(&stand.maintainer(), &["topic"]).status.success());
    let after = wait_for(&mut events, |event| match event {
        SandboxEvent::Push { r#ref, after, .. } if r#ref == "refs/heads/topic" => Some(after),
        _ => None,
    });
    assert_eq!(after.await, sha);
    assert_eq!(stand.remote("refs/heads/topic"), sha);
    let copy = stand.dir.path().join("copy");
    let copy_at = copy.to_str().expect("text");
    let url = stand.url(&stand.maintainer());
    stand.git(&["clone", "--quiet", "--branch=topic", url.trim_end_matches(".git"), copy_at]);
    assert_eq!(said(git_at(&copy, &["rev-parse", "HEAD"])), sha);
    // Partial clones, and single commits by id, as CI systems fetch them.
    let sparse = stand.dir.path().join("sparse");
    stand.git(&["clone", "--quiet", "--filter=blob:none", "--no-checkout", &url, sparse.to_str().expect("text")]);
    stand.git(&["fetch", "--quiet", "--depth=1", &url, &sha]);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_told_apart() {
    let stand = Stand::open().await;
    stand.git(&["switch", "--quiet", "--create", "topic"]);
    stand.commit("more", "more", "more\n");
    let bad = complaint(&stand.push("ghp_wrong", &["topic"]));
    assert!(bad.contains("Authentication failed") || bad.contains("could not read Password"), "{bad}");
    let outsider = stand.forge.identities().tokens.outsider;
    let refused = complaint(&stand.push(&outsider, &["topic"]));
    assert!(refused.contains("403"), "{refused}");
    let anonymous = complaint(&stand.try_git(&["push", &format!("{}/acme/demo.git", stand.base), "topic"]));
    assert!(anonymous.contains("could not read Username"), "{anonymous}");
    let absent = stand.url(&outsider).replace("demo.git", "nothing.git");
    let absent = complaint(&stand.try_git(&["ls-remote", &absent]));
    assert!(absent.contains("not found"), "{absent}");
    assert_eq!(stand.remote("refs/heads/topic"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn protection_refuses_one_ref_and_an_atomic_push_whole() {
    let stand = Stand::open().await;
    let trunk = stand.remote("refs/heads/main");
    stand.git(&["commit", "--quiet", "--amend", "--message", "another first"]);
    let forced = complaint(&stand.push(&stand.maintainer(), &["--atomic", "+main", "main:refs/heads/topic"]));
    assert!(forced.contains("GH006: Protected branch update failed for refs/heads/main."), "{forced}");
    assert_eq!(stand.remote("refs/heads/topic"), "", "atomic: nothing moved");
    complaint(&stand.push(&stand.maintainer(), &["+main", "main:refs/heads/topic"]));
    assert_eq!(stand.remote("refs/heads/topic"), stand.git(&["rev-parse", "HEAD"]), "not atomic: the other moved");
    complaint(&stand.push(&stand.forge.identities().tokens.user, &["topic:main"]));
    complaint(&stand.push(&stand.maintainer(), &[":main"]));
    assert_eq!(stand.remote("refs/heads/main"), trunk);
    stand.git(&["reset", "--quiet", "--hard", &trunk]);
    let next = stand.commit("next", "next", "next\n");
    assert!(stand.push(&stand.maintainer(), &["main"]).status.success(), "forward is allowed");
    assert_eq!(stand.remote("refs/heads/main"), next);
}

#[tokio::test(flavor = "multi_thread")]
async fn pull_request_heads_are_readable_and_nobody_writes_them() {
    let stand = Stand::open().await;
    stand.git(&["switch", "--quiet", "--create", "topic"]);
    let sha = stand.commit("more", "more", "more\n");
    assert!(stand.push(&stand.maintainer(), &["topic"]).status.success());
    let new = NewPull {
        repo: stand.repo.id,
        head_repo: stand.repo.id,
        head: "topic".into(),
        base: "main".into(),
        title: "More".into(),
        body: String::new(),
        draft: false,
        maintainer_can_modify: false,
    };
    let number = stand.forge.open_pull("maintainer", &new).expect("a branch with a commit");
    let head = format!("refs/pull/{number}/head");
    let listed = stand.git(&["ls-remote", &stand.url(&stand.maintainer()), &head]);
    assert_eq!(listed.split_whitespace().next(), Some(sha.as_str()));
    complaint(&stand.push(&stand.maintainer(), &[&format!("+main:{head}")]));
    assert_eq!(stand.remote(&head), sha);
    let next = stand.commit("again", "more", "again\n");
    assert!(stand.push(&stand.maintainer(), &["topic"]).status.success());
    assert_eq!(stand.remote(&head), next, "it follows its branch before the push is answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_of_many_refs_and_bytes_arrives_whole() {
    let stand = Stand::open().await;
    let noise: Vec<_> = (0..200_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_string()).collect();
    let sha = stand.commit("big", "big", &noise.concat());
    let refs: Vec<_> = (0..300).map(|n| format!("main:refs/heads/many/{n}")).collect();
    let refs: Vec<_> = refs.iter().map(String::as_str).collect();
    assert!(stand.push(&stand.maintainer(), &refs).status.success());
    assert_eq!(stand.remote("refs/heads/many/").lines().filter(|line| *line == sha).count(), 300);
}
