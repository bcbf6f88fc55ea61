//! The remote: refs read, pull request heads fetched, refs pushed under lease, on a real bare repository with real hooks.

use crate::world::{Edit, NAME, World, put, recipe, tip};
use greenline::adapter::git::{CacheOptions, GitCache, Identity, TimeLimits};
use greenline::facts::Strategy;
use greenline::ids::{PrNumber, RefName, Sha};
use greenline::port::git::{Expect, PullHead, Pushed, RefUpdate, TagObject};
use greenline::port::{Git, Trouble};
use secrecy::SecretString;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn update(name: &str, expect: Expect, to: Option<Sha>) -> RefUpdate {
    RefUpdate { name: name.parse().expect("a ref name"), expect, to }
}

fn name(text: &str) -> RefName {
    text.parse().expect("a ref name")
}

/// A remote with trunk and one pull request, and a cache that has both.
async fn world() -> (World, GitCache, Sha, Sha) {
    let world = World::new();
    let trunk = world.commit(&[], "base", &[put("a", "1"), put(".github/greenline.toml", "x = 1")]);
    let head = world.commit(&[trunk], "change", &[put("a", "2")]);
    world.branch("refs/heads/main", trunk);
    world.branch("refs/pull/7/head", head);
    let cache = world.cache();
    cache.fetch(&[trunk], &[PullHead { number: PrNumber::new(7), head }]).await.expect("fetched");
    (world, cache, trunk, head)
}

#[tokio::test]
async fn what_was_fetched_can_be_read_and_composed() {
    let (world, cache, trunk, head) = world().await;
    assert_eq!(cache.file(trunk, ".github/greenline.toml").await, Ok(Some(b"x = 1".to_vec())));
    assert_eq!(cache.file(trunk, ".github").await, Ok(None));
    assert_eq!(cache.file(trunk, "a/b").await, Ok(None));
    assert_eq!((cache.is_ancestor(trunk, head).await, cache.is_ancestor(head, trunk).await), (Ok(true), Ok(false)));
    assert_eq!(tip(&cache.compose(&recipe(Strategy::Rebase, trunk, head)).await.expect("composed")).0, head);
    let seconds: i64 = world.git(&["log", "-1", "--format=%ct", &head.to_string()]).parse().expect("a number");
    assert_eq!(cache.committed_at(head).await.map(greenline::ids::Moment::ms), Ok(seconds * 1000));
    // All there: the remote is not even asked.
    std::fs::rename(world.path(), world.dir.path().join("away")).expect("moved");
    let pull = PullHead { number: PrNumber::new(7), head };
    assert_eq!(cache.fetch(&[trunk], &[pull]).await, Ok(()));
}

#[tokio::test]
async fn the_first_file_of_owners_in_a_commit_counts_and_a_large_one_is_said_to_be() {
    let (world, cache, trunk, _) = world().await;
    assert_eq!(cache.owners(trunk).await, Ok(None));
    let found = async |edits: &[Edit]| {
        let commit = world.commit(&[trunk], "owners", edits);
        world.branch("refs/heads/main", commit);
        cache.fetch(&[commit], &[]).await.expect("fetched");
        cache.owners(commit).await.expect("an answer").map(|file| (file.path, file.text.map(|text| text.len())))
    };
    let (docs, root) = (put("docs/CODEOWNERS", "* @ann\n"), put("CODEOWNERS", vec![b'#'; 3 << 20]));
    assert_eq!(found(std::slice::from_ref(&docs)).await, Some(("docs/CODEOWNERS".into(), Some(7))));
    assert_eq!(found(&[docs, root]).await, Some(("CODEOWNERS".into(), Some(3 << 20))));
    let hub = put(".github/CODEOWNERS", vec![b'#'; (3 << 20) + 1]);
    assert_eq!(found(&[hub]).await, Some((".github/CODEOWNERS".into(), None)));
    let directory = put("CODEOWNERS/x", "* @ann\n");
    assert_eq!(found(&[directory]).await, None);
}

#[tokio::test]
async fn a_head_that_moved_on_or_a_commit_that_is_gone_is_said_so() {
    let (world, cache, trunk, head) = world().await;
    let newer = world.commit(&[head], "newer", &[put("a", "3")]);
    let lost = world.commit(&[head], "never pushed", &[put("a", "4")]);
    world.branch("refs/pull/7/head", newer);
    let pull = PullHead { number: PrNumber::new(7), head: lost };
    let Err(Trouble::Bug(why)) = cache.fetch(&[trunk], &[pull]).await else { panic!("it is not there") };
    assert!(why.contains("refs/pull/7/head") && why.contains(&lost.to_string()), "{why}");
    let nobody = PullHead { number: PrNumber::new(8), head: lost };
    let Err(Trouble::Bug(why)) = cache.fetch(&[], &[nobody]).await else { panic!("it is not there") };
    assert!(why.contains("refs/pull/8/head"), "{why}");
    let missing: Sha = "1".repeat(40).parse().expect("hex");
    let Err(Trouble::Bug(why)) = cache.fetch(&[missing], &[]).await else { panic!("it is not there") };
    assert!(why.contains(&missing.to_string()), "{why}");
}

#[tokio::test]
async fn tags_are_listed_with_the_commit_behind_them() {
    let (world, cache, trunk, head) = world().await;
    world.git(&["tag", "light", &trunk.to_string()]);
    world.branch("refs/other/refs/tags/fake", head);
    let tag = TagObject {
        name: "candidate/000001".into(),
        target: head,
        message: "Candidate 1\n\n#7 change\n".into(),
        at: greenline::ids::Moment::from_ms(1_700_000_000_999),
    };
    let object = cache.tag_object(&tag).await.expect("a tag");
    assert_eq!(Ok(object), cache.tag_object(&tag).await);
    let made = update("refs/tags/candidate/000001", Expect::Absent, Some(object));
    assert_eq!(cache.push(None, &[made], true).await, Ok(vec![Pushed::Done]));
    let refs = cache.remote_refs(&["refs/tags/"]).await.expect("refs");
    assert_eq!(refs.len(), 2, "{refs:?}");
    let candidate = &refs[&name("refs/tags/candidate/000001")];
    assert_eq!((candidate.target, candidate.peeled), (object, Some(head)));
    assert_eq!(refs[&name("refs/tags/light")].peeled, None);
    assert_eq!(
        world.git(&["for-each-ref", "--format=%(taggername) %(taggerdate:iso) %(contents)", "refs/tags/candidate"]),
        "Greenline 2023-11-14 22:13:20 +0000 Candidate 1\n\n#7 change"
    );
    assert_eq!(cache.remote_refs(&["refs/heads/main", "refs/pull/7/"]).await.expect("refs").len(), 2);
    world.git(&["fsck", "--strict", "--no-dangling"]);
}

#[tokio::test]
async fn a_push_happens_under_its_lease_or_not_at_all() {
    let (world, cache, trunk, head) = world().await;
    let land =
        [update("refs/heads/main", Expect::At(trunk), Some(head)), update("refs/tags/v1", Expect::Absent, Some(head))];
    // Somebody made the tag: with `atomic` trunk stays, too.
    world.branch("refs/tags/v1", trunk);
    let pushed = cache.push(None, &land, true).await.expect("an answer");
    assert!(pushed.iter().all(|pushed| matches!(pushed, Pushed::Rejected(_))), "{pushed:?}");
    assert_eq!(world.git(&["rev-parse", "main"]), trunk.to_string());
    // Without it, each for itself.
    let pushed = cache.push(None, &land, false).await.expect("an answer");
    assert!(matches!(pushed.as_slice(), [Pushed::Done, Pushed::Rejected(why)] if why.contains("stale")), "{pushed:?}");
    assert_eq!(world.git(&["rev-parse", "main"]), head.to_string());
    // The same push again finds what it wanted.
    assert_eq!(cache.push(None, &land[..1], true).await, Ok(vec![Pushed::Done]));
    // A lease on what was there before refuses.
    let stale = [update("refs/heads/main", Expect::At(trunk), None)];
    assert!(matches!(cache.push(None, &stale, true).await.expect("an answer").as_slice(), [Pushed::Rejected(_)]));
    let delete = [update("refs/tags/v1", Expect::At(trunk), None)];
    assert_eq!(cache.push(None, &delete, true).await, Ok(vec![Pushed::Done]));
    assert!(!world.try_git(&["rev-parse", "--verify", "refs/tags/v1"]).status.success());
    let pushed = cache.push(None, &delete, true).await.expect("an answer");
    assert!(matches!(pushed.as_slice(), [Pushed::Rejected(_)]), "{pushed:?}");
}

#[tokio::test]
async fn a_hook_that_refuses_is_heard() {
    let (world, cache, trunk, head) = world().await;
    let hook = world.path().join("hooks/pre-receive");
    std::fs::create_dir_all(world.path().join("hooks")).expect("a directory");
    std::fs::write(&hook, "#!/bin/sh\necho 'error: GH006: Protected branch update failed' >&2\nexit 1\n")
        .expect("a hook");
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).expect("executable");
    let pushed = cache.push(None, &[update("refs/heads/main", Expect::At(trunk), Some(head))], true).await;
    let Ok([Pushed::Rejected(why)]) = pushed.as_deref() else { panic!("{pushed:?}") };
    assert!(why.contains("GH006"), "{why}");
    assert_eq!(world.git(&["rev-parse", "main"]), trunk.to_string());
}

#[tokio::test]
async fn a_fork_is_pushed_to_under_its_own_name_and_a_renamed_repository_under_the_new() {
    let (world, cache, trunk, head) = world().await;
    let fork = git2::Repository::init_bare(world.dir.path().join("remotes/cat/door.git")).expect("a fork");
    let made = [update("refs/heads/topic", Expect::Absent, Some(head))];
    assert_eq!(cache.push(Some(&"cat/door".parse().expect("a name")), &made, false).await, Ok(vec![Pushed::Done]));
    assert!(fork.find_reference("refs/heads/topic").is_ok());
    std::fs::rename(world.path(), world.dir.path().join("remotes/octo/gate.git")).expect("moved");
    assert!(cache.remote_refs(&["refs/heads/"]).await.is_err());
    cache.rename("octo/gate".parse().expect("a name"));
    assert_eq!(cache.remote_refs(&["refs/heads/"]).await.expect("refs")[&name("refs/heads/main")].target, trunk);
}

#[tokio::test]
async fn what_cannot_be_a_push_is_our_own_bug() {
    let (_world, cache, trunk, _) = world().await;
    assert_eq!(cache.push(None, &[], true).await, Ok(Vec::new()));
    let missing: Sha = "1".repeat(40).parse().expect("hex");
    let twice = update("refs/heads/x", Expect::Absent, Some(trunk));
    for bad in [
        vec![update("refs/heads/x", Expect::Absent, Some(missing))],
        vec![twice.clone(), twice],
        vec![update("refs/heads/x", Expect::Absent, None)],
    ] {
        assert!(matches!(cache.push(None, &bad, true).await, Err(Trouble::Bug(_))), "{bad:?}");
    }
}

/// Answers every request with 403 and hands back what was asked.
async fn closed_door() -> (String, tokio::task::JoinHandle<String>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a caller");
        let mut request = vec![0; 4096];
        let read = stream.read(&mut request).await.expect("a request");
        let refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        stream.write_all(refusal).await.expect("written");
        String::from_utf8_lossy(&request[..read]).into_owned()
    });
    (url, asked)
}

#[tokio::test]
async fn the_token_goes_in_a_header_and_nowhere_else() {
    let (world, cache, trunk, head) = world().await;
    drop(cache);
    let (git_url, asked) = closed_door().await;
    let cache = GitCache::open(CacheOptions {
        dir: world.dir.path().join("cache"),
        git_url,
        repo: NAME.parse().expect("a name"),
        identity: Identity::new("Greenline", "bot@example.org"),
        token: Some(Arc::new(|| Box::pin(async { Ok(SecretString::from("s3cret")) }))),
        limits: TimeLimits::default(),
    })
    .expect("a cache");
    let pushed = cache.push(None, &[update("refs/heads/main", Expect::At(trunk), Some(head))], true).await;
    let Err(Trouble::Denied(why)) = pushed else { panic!("{pushed:?}") };
    // base64 of `x-access-token:s3cret`
    let basic = "eC1hY2Nlc3MtdG9rZW46czNjcmV0";
    let request = asked.await.expect("a request");
    assert!(request.contains(&format!("Authorization: Basic {basic}")), "{request}");
    assert!(why.contains("403") && !why.contains("s3cret") && !why.contains(basic), "{why}");
}

#[tokio::test]
async fn a_remote_that_is_not_there_leaves_a_push_unknown() {
    let (world, cache, trunk, head) = world().await;
    std::fs::write(world.path().join("HEAD"), "broken").expect("written");
    let pushed = cache.push(None, &[update("refs/heads/main", Expect::At(trunk), Some(head))], true).await;
    assert!(matches!(pushed.as_deref(), Ok([Pushed::Unknown(_)]) | Err(Trouble::Denied(_))), "{NAME}: {pushed:?}");
}
