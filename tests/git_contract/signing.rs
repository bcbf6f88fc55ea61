//! Signed commits and tags: git and OpenSSH find them good, and the same recipe still gives the same commit.

use crate::world::{World, lines, put, recipe, tip};
use greenline::adapter::git::{Composer, Identity, SigningKey};
use greenline::facts::Strategy;
use greenline::ids::Moment;
use greenline::port::git::{Recomputed, TagObject};
use greenline::port::{Git, Trouble};
use secrecy::SecretString;
use std::process::Command;

/// A new key made by OpenSSH.
fn key(world: &World, options: &[&str]) -> SecretString {
    let path = world.dir.path().join(format!("key-{}", options.join("-").replace('/', "")));
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(options).args(["-q", "-C", "greenline", "-f"]).arg(&path);
    assert!(keygen.status().expect("ssh-keygen runs").success(), "{options:?}");
    SecretString::from(std::fs::read_to_string(path).expect("a key"))
}

/// Git's word on a signature; the key must be allowed to sign for our address.
fn verified(world: &World, key: &SigningKey, verify: &str, object: &str) -> String {
    let allowed = world.dir.path().join("allowed");
    std::fs::write(&allowed, format!("bot@example.org {}\n", key.public_line())).expect("a file");
    let allowed = format!("gpg.ssh.allowedSignersFile={}", allowed.display());
    let out = world.try_git(&["-c", &allowed, "-c", "gpg.format=ssh", verify, object]);
    let said = String::from_utf8_lossy(&out.stderr).into_owned() + &String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{verify}: {said}");
    said
}

#[tokio::test]
async fn git_finds_our_signatures_good() {
    let world = World::new();
    let base = world.commit(&[], "base", &[put("a", lines(&[]))]);
    let onto = world.commit(&[base], "trunk", &[put("a", lines(&[(1, "trunk")]))]);
    let head = world.commit(&[base], "one\n\n- a list\n", &[put("a", lines(&[(17, "two")]))]);
    let key = SigningKey::parse(&key(&world, &["-t", "ed25519", "-N", ""])).expect("a key");
    let identity = Identity::new("Greenline", "bot@example.org").signing(Some(key.clone()));
    let open = || Composer::open(&world.path(), identity.clone()).expect("an open repository");
    let mut tips = Vec::new();
    for strategy in [Strategy::Rebase, Strategy::Merge, Strategy::Squash, Strategy::RebaseMerge] {
        let recipe = recipe(strategy, onto, head);
        let mut composer = open();
        let made = tip(&composer.compose(&recipe).expect("an answer")).0;
        composer.store(made).expect("stored");
        assert!(verified(&world, &key, "verify-commit", &made.to_string()).contains("Good \"git\" signature"));
        assert_eq!(tip(&open().compose(&recipe).expect("an answer")).0, made, "{strategy:?} is made again");
        assert_eq!(composer.recompute(&recipe, made), Ok(Recomputed::Agrees), "{strategy:?}");
        tips.push(made);
    }
    let unsigned = tip(&world.compose(&recipe(Strategy::Rebase, onto, head))).0;
    assert_ne!(tips[0], unsigned);
    assert_eq!(world.stories(onto, tips[0]), world.stories(onto, unsigned), "nothing else differs");
    world.git(&["fsck", "--strict", "--no-dangling"]);

    world.branch("refs/heads/main", onto);
    let cache = world.cache_of(identity.clone());
    cache.fetch(&[onto], &[]).await.expect("fetched");
    let tag = TagObject {
        name: "candidate/000001".into(),
        target: onto,
        message: "The first\n\nGreen.".into(),
        at: Moment::from_ms(0),
    };
    let tag = cache.tag_object(&tag).await.expect("a tag").to_string();
    let cache = world.dir.path().join("cache").display().to_string();
    world.git(&["fetch", "--quiet", &cache, &format!("{tag}:refs/tags/candidate/000001")]);
    assert!(verified(&world, &key, "verify-tag", "candidate/000001").contains("Good \"git\" signature"));
}

#[test]
fn a_key_that_would_not_do_is_refused_with_the_way_to_a_better_one() {
    let world = World::new();
    for (options, word) in
        [(&["-t", "ecdsa", "-N", ""][..], "Ed25519"), (&["-t", "ed25519", "-N", "long enough"], "passphrase")]
    {
        let Err(Trouble::Denied(why)) = SigningKey::parse(&key(&world, options)) else { panic!("{options:?}") };
        assert!(why.contains(word) && why.contains("ssh-keygen -t ed25519"), "{why}");
    }
    for text in ["", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END", "no key"] {
        assert!(matches!(SigningKey::parse(&SecretString::from(text)), Err(Trouble::Denied(_))), "{text}");
    }
}
