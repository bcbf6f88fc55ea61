//! The second opinion: it agrees with what was composed, and with nothing else.

use crate::world::{World, lines, oid, put, recipe, sha, tip};
use greenline::facts::Strategy;
use greenline::ids::Sha;
use greenline::port::git::Recomputed;

const ALL: [Strategy; 4] = [Strategy::Rebase, Strategy::Merge, Strategy::Squash, Strategy::RebaseMerge];

fn world() -> (World, Sha, Sha) {
    let world = World::new();
    let base = world.commit(&[], "base", &[put("a", lines(&[])), put("k", "")]);
    let onto = world.commit(&[base], "trunk", &[put("a", lines(&[(1, "trunk")]))]);
    let one = world.commit(&[base], "one", &[put("b", "")]);
    let head = world.commit(&[one], "two", &[put("a", lines(&[(17, "two")]))]);
    (world, onto, head)
}

#[test]
fn it_agrees_with_what_was_composed() {
    let (world, onto, head) = world();
    for strategy in ALL {
        let recipe = recipe(strategy, onto, head);
        let tip = tip(&world.compose(&recipe)).0;
        assert_eq!(world.composer().recompute(&recipe, tip), Ok(Recomputed::Agrees), "{strategy:?}");
    }
}

#[test]
fn it_differs_from_anything_else() {
    let (world, onto, head) = world();
    for strategy in ALL {
        let recipe = recipe(strategy, onto, head);
        let tip = tip(&world.compose(&recipe)).0;
        let commit = world.repo.find_commit(oid(tip)).expect("the tip");
        let parents: Vec<Sha> = commit.parent_ids().map(sha).collect();
        let smuggled = world.commit(&parents, commit.message().expect("UTF-8"), &[put("b", ""), put("evil", "")]);
        let on_top = world.commit(&[tip], "one more", &[]);
        for wrong in [smuggled, on_top, onto, head] {
            let answer = world.composer().recompute(&recipe, wrong).expect("an answer");
            assert!(matches!(answer, Recomputed::Differs(_)), "{strategy:?} {wrong}: {answer:?}");
        }
    }
}

#[test]
fn it_sees_an_author_or_message_that_was_changed() {
    let (world, onto, head) = world();
    let recipe = recipe(Strategy::Rebase, onto, head);
    let tip = tip(&world.compose(&recipe)).0;
    let commit = world.repo.find_commit(oid(tip)).expect("the tip");
    let mallory = git2::Signature::new("Mallory", "m@x", &commit.author().when()).expect("a signature");
    for wrong in [
        commit.amend(None, Some(&mallory), None, None, None, None),
        commit.amend(None, None, None, None, Some("another message"), None),
    ] {
        let wrong = sha(wrong.expect("a commit"));
        assert!(matches!(world.composer().recompute(&recipe, wrong), Ok(Recomputed::Differs(_))));
    }
}
