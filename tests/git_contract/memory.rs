//! Where composed objects are: in memory until git needs them, and whole in the cache before anything is pushed.

use crate::world::{NAME, World, lines, put, recipe, tip};
use greenline::adapter::git::GitCache;
use greenline::facts::Strategy;
use greenline::ids::{PrNumber, Sha};
use greenline::port::git::{Composed, Expect, PullHead, Pushed, RefUpdate};
use greenline::port::{Git, Trouble};

const ALL: [Strategy; 4] = [Strategy::Rebase, Strategy::Merge, Strategy::Squash, Strategy::RebaseMerge];

/// Trunk, two heads that change the same file in different places, and one that conflicts with the second.
fn world() -> (World, Sha, [Sha; 3]) {
    let world = World::new();
    let base = world.commit(&[], "base", &[put("a", lines(&[])), put("d/e/b", "1"), put("d/c", "1")]);
    let onto = world.commit(&[base], "trunk", &[put("t", "")]);
    let one = world.commit(&[base], "one", &[put("a", lines(&[(1, "one")])), put("d/e/b", "2")]);
    let two = world.commit(&[base], "two", &[put("a", lines(&[(18, "two")])), put("d/c", "2")]);
    let three = world.commit(&[base], "three", &[put("a", lines(&[(18, "three")]))]);
    (world, onto, [one, two, three])
}

fn objects(world: &World) -> String {
    world.git(&["count-objects", "-v"])
}

#[test]
fn composing_writes_nothing_until_it_is_stored() {
    let (world, onto, [one, ..]) = world();
    let before = objects(&world);
    let mut composer = world.composer();
    for strategy in ALL {
        let answer = composer.compose(&recipe(strategy, onto, one)).expect("an answer");
        assert_eq!(before, objects(&world), "{strategy:?}");
        let (tip, tree) = tip(&answer);
        assert_eq!((composer.commit_at(tip), composer.tree_of(tip)), (Some(tip), Ok(tree)));
    }
    let tip = tip(&composer.compose(&recipe(Strategy::Rebase, onto, one)).expect("an answer")).0;
    composer.store(tip).expect("stored");
    world.branch("refs/heads/tip", tip);
    world.git(&["fsck", "--strict", "--no-dangling"]);
    assert_eq!(world.git(&["show", "tip:d/e/b"]), "2");
}

#[test]
fn what_is_in_memory_can_be_composed_on_and_recomputed() {
    let (world, onto, [one, two, three]) = world();
    for strategy in ALL {
        let mut composer = world.composer();
        let first = tip(&composer.compose(&recipe(strategy, onto, one)).expect("an answer")).0;
        // Both changed one file: git is asked, and must see what was in memory.
        let second = composer.compose(&recipe(strategy, first, two)).expect("an answer");
        let stored = tip(&world.compose(&recipe(strategy, onto, one))).0;
        assert_eq!((first, &second), (stored, &world.compose(&recipe(strategy, stored, two))), "{strategy:?}");
        let again = composer.compose(&recipe(strategy, tip(&second).0, one)).expect("an answer");
        assert_eq!(again, Composed::Nothing, "{strategy:?}");
        let conflict = composer.compose(&recipe(strategy, tip(&second).0, three)).expect("an answer");
        assert_eq!(conflict, Composed::Conflict { paths: vec!["a".into()] }, "{strategy:?}");
        let recomputed = composer.recompute(&recipe(strategy, first, two), tip(&second).0);
        assert_eq!(recomputed, Ok(greenline::port::git::Recomputed::Agrees), "{strategy:?}");
    }
}

#[test]
fn what_was_forgotten_is_unknown() {
    let (world, onto, [one, ..]) = world();
    let mut composer = world.composer();
    let recipe = recipe(Strategy::Rebase, onto, one);
    let tip = tip(&composer.compose(&recipe).expect("an answer")).0;
    composer.forget();
    let Err(Trouble::Bug(why)) = composer.store(tip) else { panic!("it was forgotten") };
    assert!(why.contains(&tip.to_string()), "{why}");
    composer.compose(&recipe).expect("an answer");
    composer.store(tip).expect("stored");
    world.branch("refs/heads/tip", tip);
    world.git(&["fsck", "--strict", "--no-dangling"]);
}

async fn fetched(world: &World, onto: Sha, heads: &[Sha]) -> GitCache {
    world.branch("refs/heads/main", onto);
    let cache = world.cache();
    for (number, head) in (1..).zip(heads) {
        world.branch(&format!("refs/pull/{number}/head"), *head);
        let pull = PullHead { number: PrNumber::new(number), head: *head };
        cache.fetch(&[onto], &[pull]).await.expect("fetched");
    }
    cache
}

/// Composes the first two heads one on the other.
async fn chain(cache: &GitCache, onto: Sha, heads: &[Sha]) -> Sha {
    let first = tip(&cache.compose(&recipe(Strategy::Rebase, onto, heads[0])).await.expect("an answer")).0;
    let second = recipe(Strategy::Rebase, first, heads[1]);
    let tip = tip(&cache.compose(&second).await.expect("an answer")).0;
    assert_eq!(cache.is_ancestor(first, tip).await, Ok(true));
    tip
}

async fn lands(cache: &GitCache, onto: Sha, tip: Sha) {
    let name = "refs/heads/main".parse().expect("a ref name");
    let land = RefUpdate { name, expect: Expect::At(onto), to: Some(tip) };
    assert_eq!(cache.push(None, &[land], true).await, Ok(vec![Pushed::Done]), "{NAME}");
}

#[tokio::test]
async fn a_tip_that_was_pushed_outlives_the_process() {
    let (world, onto, heads) = world();
    let cache = fetched(&world, onto, &heads).await;
    let tip = chain(&cache, onto, &heads).await;
    let name = "refs/heads/run".parse().expect("a ref name");
    let run = RefUpdate { name, expect: Expect::Absent, to: Some(tip) };
    assert_eq!(cache.push(None, &[run], false).await, Ok(vec![Pushed::Done]));
    drop(cache);
    lands(&world.cache(), onto, tip).await;
    world.git(&["fsck", "--strict", "--no-dangling"]);
}

#[tokio::test]
async fn a_tip_that_was_lost_before_its_push_comes_back_the_same() {
    let (world, onto, heads) = world();
    let tip = chain(&fetched(&world, onto, &heads).await, onto, &heads).await;
    let cache = world.cache();
    assert!(cache.committed_at(tip).await.is_err(), "its process is gone, and it was only there");
    assert_eq!(chain(&cache, onto, &heads).await, tip);
    lands(&cache, onto, tip).await;
    world.git(&["fsck", "--strict", "--no-dangling"]);
}

#[tokio::test]
async fn tidying_packs_everything_and_loses_nothing() {
    let (world, onto, heads) = world();
    let cache = fetched(&world, onto, &heads).await;
    let tip = chain(&cache, onto, &heads).await;
    for round in 0..3 {
        cache.tidy().await.expect("packed");
        let dir = world.dir.path().join("cache").display().to_string();
        assert!(world.git(&["--git-dir", &dir, "count-objects"]).starts_with("0 objects"), "round {round}");
        let recomposed = chain(&cache, onto, &heads).await;
        assert_eq!(tip, recomposed, "round {round}");
    }
    lands(&cache, onto, tip).await;
    world.git(&["fsck", "--strict", "--no-dangling"]);
}
