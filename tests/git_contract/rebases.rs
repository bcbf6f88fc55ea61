//! Rebasing: against `git rebase` in a working tree, and the rules that are our own.

use crate::world::{World, gone, lines, put, recipe, refusal, tip};
use greenline::facts::{InnerMerges, Strategy};
use greenline::ids::Sha;
use greenline::port::git::Composed;

/// Trunk moved on from the base, and three commits of a pull request on the base.
fn three(world: &World) -> (Sha, Sha, Sha) {
    let base = world.commit(&[], "base", &[put("a", lines(&[])), put("d/b", "1"), put("k", "")]);
    let onto = world.commit(&[base], "trunk", &[put("a", lines(&[(0, "trunk")])), put("t", "")]);
    let one = world.commit(&[base], "one\n\nwith a body\n", &[put("a", lines(&[(15, "one")]))]);
    let two = world.commit(&[one], "two", &[put("d/b", "2"), put("d/c", "3")]);
    let head = world.commit(&[two], "three\n", &[gone("d/b"), put("e", "x")]);
    (base, onto, head)
}

#[test]
fn a_rebase_is_gits_rebase_with_authors_dates_and_messages() {
    let world = World::new();
    let (_, onto, head) = three(&world);
    let (tip, tree) = tip(&world.compose(&recipe(Strategy::Rebase, onto, head)));
    let theirs = world.rebase(onto, head, &[]).expect("git rebases");
    assert_eq!(tree, world.tree_of(theirs));
    assert_eq!(world.stories(onto, tip), world.stories(onto, theirs));
    assert_eq!(world.git(&["log", "-1", "--format=%cn %ce %ci", &tip.to_string()]), {
        let date = world.git(&["log", "-1", "--format=%ct", &head.to_string()]);
        let utc =
            world.git(&["log", "-1", "--format=%cd", "--date=format-local:%Y-%m-%d %H:%M:%S +0000", &head.to_string()]);
        assert!(date.parse::<i64>().is_ok());
        format!("Greenline bot@example.org {utc}")
    });
    world.git(&["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn the_same_recipe_gives_the_same_commit() {
    let world = World::new();
    let (_, onto, head) = three(&world);
    for strategy in [Strategy::Rebase, Strategy::Merge, Strategy::Squash, Strategy::RebaseMerge] {
        let recipe = recipe(strategy, onto, head);
        let mut composer = world.composer();
        let first = composer.compose(&recipe).expect("an answer");
        assert_eq!(first, composer.compose(&recipe).expect("an answer"));
        assert_eq!(first, world.compose(&recipe));
    }
}

#[test]
fn a_pull_request_on_trunk_already_keeps_its_commits() {
    let world = World::new();
    let (base, _, head) = three(&world);
    let composed = world.compose(&recipe(Strategy::Rebase, base, head));
    assert_eq!((tip(&composed).0, world.rebase(base, head, &[])), (head, Some(head)));
    let Composed::Tip { commits, .. } = composed else { panic!("a tip") };
    assert_eq!(commits, 3);
}

#[test]
fn fixups_are_squashed_as_git_squashes_them() {
    let world = World::new();
    let base = world.commit(&[], "base", &[put("a", lines(&[])), put("b", "1"), put("k", "")]);
    let onto = world.commit(&[base], "trunk", &[put("t", "")]);
    let one = world.commit(&[base], "one", &[put("a", lines(&[(1, "one")]))]);
    let two = world.commit(&[one], "two\n\nsecond\n", &[put("b", "2")]);
    let fix = world.commit(&[two], "fixup! one", &[put("a", lines(&[(1, "ONE")]))]);
    let more = world.commit(&[fix], "squash! two\n\nand more\n", &[put("b", "3")]);
    let last = world.commit(&[more], "fixup! fixup! one", &[put("c", "")]);
    let head = world.commit(&[last], "amend! two\n\ntwo again\n\nanew\n", &[put("b", "4")]);
    for onto in [onto, base] {
        let composed = world.compose(&recipe(Strategy::Rebase, onto, head));
        let theirs = world.rebase(onto, head, &[]).expect("git rebases");
        assert_eq!(world.stories(onto, tip(&composed).0), world.stories(onto, theirs));
        assert_eq!(world.composer().recompute(&recipe(Strategy::Rebase, onto, head), tip(&composed).0), {
            Ok(greenline::port::git::Recomputed::Agrees)
        });
    }
    let orphan = world.commit(&[base], "fixup! nobody", &[put("b", "9")]);
    assert!(refusal(world.compose(&recipe(Strategy::Rebase, onto, orphan))).contains("fixup! nobody"));
}

#[test]
fn what_is_on_trunk_already_is_dropped() {
    let world = World::new();
    let (base, onto, head) = three(&world);
    assert_eq!(world.compose(&recipe(Strategy::Rebase, onto, base)), Composed::Nothing);
    // The first commit landed by itself; then trunk went on in the same lines.
    let landed = world.commit(&[onto], "one", &[put("a", lines(&[(0, "trunk"), (15, "one")]))]);
    let beyond = world.commit(&[landed], "beyond", &[put("a", lines(&[(0, "trunk"), (15, "beyond")]))]);
    for onto in [landed, beyond] {
        let composed = world.compose(&recipe(Strategy::Rebase, onto, head));
        let theirs = world.rebase(onto, head, &[]).expect("git rebases");
        assert_eq!(world.stories(onto, tip(&composed).0), world.stories(onto, theirs));
        let again = world.composer().recompute(&recipe(Strategy::Rebase, onto, head), tip(&composed).0);
        assert_eq!(again, Ok(greenline::port::git::Recomputed::Agrees));
    }
    let whole = tip(&world.compose(&recipe(Strategy::Rebase, onto, head))).0;
    for strategy in [Strategy::Rebase, Strategy::Merge, Strategy::Squash, Strategy::RebaseMerge] {
        assert_eq!(world.compose(&recipe(strategy, whole, head)), Composed::Nothing, "{strategy:?}");
    }
    let empty = world.commit(&[base], "nothing in it", &[]);
    assert_eq!(world.compose(&recipe(Strategy::Rebase, base, empty)), Composed::Nothing);
}

#[test]
fn merge_commits_inside_are_refused_or_left_out() {
    let world = World::new();
    let (base, onto, head) = three(&world);
    let merged =
        world.commit(&[head, onto], "Merge trunk", &[put("a", lines(&[(0, "trunk"), (15, "one")])), put("t", "")]);
    let after = world.commit(&[merged], "after", &[put("z", "")]);
    let trunk = world.commit(&[onto], "trunk goes on", &[put("u", "")]);
    let mut recipe = recipe(Strategy::Rebase, trunk, after);
    assert!(refusal(world.compose(&recipe)).contains("Merge trunk"));
    recipe.inner_merges = InnerMerges::Flatten;
    let theirs = world.rebase(trunk, after, &[]).expect("git rebases");
    assert_eq!(world.stories(trunk, tip(&world.compose(&recipe)).0), world.stories(trunk, theirs));
    recipe.strategy = Strategy::Squash;
    assert_eq!(tip(&world.compose(&recipe)).1, world.tree_of(theirs));
    assert!(world.compose(&recipe) != world.compose(&crate::world::recipe(Strategy::Merge, base, after)));
}

#[test]
fn what_cannot_be_composed_is_refused_with_a_sentence() {
    let world = World::new();
    let (_, onto, head) = three(&world);
    let stranger = world.commit(&[], "another root", &[put("a", "x")]);
    for strategy in [Strategy::Rebase, Strategy::Merge, Strategy::Squash, Strategy::RebaseMerge] {
        assert!(refusal(world.compose(&recipe(strategy, onto, stranger))).contains("share no history"));
    }
    let long = (0..251).fold(head, |at, n| world.commit(&[at], &format!("number {n}"), &[put("n", n.to_string())]));
    assert!(refusal(world.compose(&recipe(Strategy::Rebase, onto, long))).contains("more than 250"));
    let missing: Sha = "1".repeat(40).parse().expect("hex");
    assert!(world.composer().compose(&recipe(Strategy::Rebase, onto, missing)).is_err());
}

#[test]
fn odd_authors_encodings_and_signatures_come_through_byte_for_byte() {
    let world = World::new();
    let (base, onto, _) = three(&world);
    let tree = world.tree_of(world.commit(&[base], "for its tree", &[put("z", "")]));
    let raw = [
        format!("tree {tree}\nparent {base}\n").as_bytes(),
        b"author J\xf6rg <j@x> 1600000000 -0330\ncommitter J\xf6rg <j@x> 1600000001 -0330\nencoding ISO-8859-1\n",
        b"gpgsig -----BEGIN\n more\n -----END\n\nT\xfcr\n\n\nlast line without end",
    ]
    .concat();
    let head = world.repo.odb().and_then(|odb| odb.write(git2::ObjectType::Commit, &raw)).expect("a commit");
    let tip = tip(&world.compose(&recipe(Strategy::Rebase, onto, crate::world::sha(head)))).0;
    let odb = world.repo.odb().expect("objects");
    let made = odb.read(crate::world::oid(tip)).expect("a commit").data().to_vec();
    let end = b"encoding ISO-8859-1\n\nT\xfcr\n\n\nlast line without end";
    assert!(made.ends_with(end), "{}", String::from_utf8_lossy(&made));
    let author = b"\nauthor J\xf6rg <j@x> 1600000000 -0330\n";
    assert!(made.windows(author.len()).any(|part| part == author));
}
