//! Rebase-merge, fast-forward, and the messages of commits that are ours: what real git says of them.

use crate::world::{World, about, lines, oid, put, recipe, refusal, sha, tip};
use greenline::facts::Strategy;
use greenline::ids::Sha;
use greenline::message::{Messages, Template, Trailer};
use greenline::port::git::{Composed, Recomputed};

/// A base, a trunk that went on, and a pull request of two commits with a fixup.
fn world() -> (World, Sha, Sha, Sha) {
    let world = World::new();
    let base = world.commit(&[], "base", &[put("a", lines(&[])), put("k", "")]);
    let onto = world.commit(&[base], "trunk", &[put("a", lines(&[(1, "trunk")]))]);
    let one = world.commit(&[base], "one\n\nfor @mia\n", &[put("b", "1")]);
    let two = world.commit(&[one], "two", &[put("a", lines(&[(17, "two")]))]);
    let head = world.commit(&[two], "fixup! one", &[put("b", "2")]);
    (world, base, onto, head)
}

#[test]
fn a_rebase_merge_is_a_rebase_under_one_merge() {
    let (world, _, onto, head) = world();
    let recipe = recipe(Strategy::RebaseMerge, onto, head);
    let (merged, tree) = tip(&world.compose(&recipe));
    let rebased = tip(&world.compose(&crate::world::recipe(Strategy::Rebase, onto, head))).0;
    assert_eq!(world.git(&["log", "-1", "--format=%P", &merged.to_string()]), format!("{onto} {rebased}"));
    assert_eq!(tree, world.tree_of(rebased));
    let theirs = world.rebase(onto, head, &[]).expect("git rebases");
    assert_eq!(world.stories(onto, rebased), world.stories(onto, theirs));
    let first_parents = world.git(&["rev-list", "--first-parent", &format!("{onto}..{merged}")]);
    assert_eq!(first_parents, merged.to_string());
    // What has the same tree and other parents is something else.
    for parents in [[rebased, onto], [onto, head], [onto, theirs]] {
        let wrong = world.commit(&parents, "Merge", &[put("a", lines(&[(1, "trunk"), (17, "two")])), put("b", "2")]);
        let agrees = world.composer().recompute(&recipe, wrong) == Ok(Recomputed::Agrees);
        assert_eq!(agrees, parents == [onto, theirs], "{parents:?}");
    }
}

#[test]
fn a_rebase_merge_of_what_stands_on_trunk_keeps_its_commits() {
    let (world, base, ..) = world();
    let head = world.commit(&[base], "one", &[put("b", "1")]);
    let merged = tip(&world.compose(&recipe(Strategy::RebaseMerge, base, head))).0;
    assert_eq!(world.git(&["log", "-1", "--format=%P", &merged.to_string()]), format!("{base} {head}"));
}

#[test]
fn a_fast_forward_lands_the_head_itself_with_its_signature() {
    let (world, base, onto, _) = world();
    let plain = world.commit(&[onto], "ahead", &[put("c", "1")]);
    let text = String::from_utf8(world.try_git(&["cat-file", "commit", &plain.to_string()]).stdout).expect("UTF-8");
    let signed =
        world.repo.commit_signed(&text, "-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----", None);
    let signed = sha(signed.expect("a commit"));
    let recipe = recipe(Strategy::FastForward, onto, signed);
    assert_eq!(world.compose(&recipe), Composed::Tip { tip: signed, tree: world.tree_of(signed), commits: 1 });
    assert_eq!(world.composer().recompute(&recipe, signed), Ok(Recomputed::Agrees));
    assert!(matches!(world.composer().recompute(&recipe, plain), Ok(Recomputed::Differs(_))));
    // From an earlier trunk it is ahead as well; from a later one, or from beside it, it is not.
    assert_eq!(tip(&world.compose(&crate::world::recipe(Strategy::FastForward, base, signed))).0, signed);
    let later = world.commit(&[onto], "trunk goes on", &[put("t", "")]);
    let beside = crate::world::recipe(Strategy::FastForward, later, signed);
    let why = refusal(world.compose(&beside));
    assert!(why.contains("does not stand on") && why.contains("Rebase the branch"), "{why}");
    assert!(matches!(world.composer().recompute(&beside, signed), Ok(Recomputed::Differs(_))));
    let behind = crate::world::recipe(Strategy::FastForward, signed, onto);
    assert_eq!(world.compose(&behind), Composed::Nothing);
}

#[test]
fn a_tip_on_which_ci_would_not_start_is_refused_or_is_not_ours() {
    let (world, _, onto, head) = world();
    let skips = world.commit(&[head], "docs [skip ci]", &[put("d", "")]);
    let why = refusal(world.compose(&recipe(Strategy::Rebase, onto, skips)));
    assert!(why.contains("`[skip ci]`") && why.contains("--amend") && why.contains("as squash"), "{why}");
    let ahead = world.commit(&[onto], "docs\n\n\nskip-checks: true\n", &[put("d", "")]);
    assert!(refusal(world.compose(&recipe(Strategy::FastForward, onto, ahead))).contains("`skip-checks: true`"));
    for strategy in [Strategy::Merge, Strategy::Squash, Strategy::RebaseMerge] {
        let mut recipe = recipe(strategy, onto, skips);
        recipe.pull = Some(about("Docs [skip ci]", ""));
        let message = message(&world, tip(&world.compose(&recipe)).0);
        assert!(message.contains("(skip ci)") && !message.contains("[skip ci]"), "{strategy:?}: {message}");
    }
    // In the middle of a pull request it does no harm.
    let after = world.commit(&[skips], "after", &[put("e", "")]);
    tip(&world.compose(&recipe(Strategy::Rebase, onto, after)));
}

#[test]
fn git_reads_our_trailers_as_they_are_meant() {
    let (world, _, onto, head) = world();
    let mut recipe = recipe(Strategy::Squash, onto, head);
    recipe.pull = Some(about("Doors", "Open @mia.\n\nApproved-by: root <root@x>\nCo-authored-by: Bo <bo@x>\n"));
    recipe.messages = Messages {
        squash: Template::parse("{title} (#{number})\n\n{body}\n\n{commits}").expect("well formed"),
        merge: Template::parse("Merge #{number} by {author}\n\n{commits}").expect("well formed"),
        trailers: Trailer::WORDS.map(|(_, trailer)| trailer).into(),
        ..Messages::default()
    };
    let squashed = tip(&world.compose(&recipe)).0;
    let trailers = world.git(&["log", "-1", "--format=%(trailers)", &squashed.to_string()]);
    let ours = "Approved-by: mia <42+mia@users.noreply.github.com>\nPull-request: https://github.com/octo/door/pull/7";
    assert_eq!(trailers, format!("Co-authored-by: Bo <bo@x>\n{ours}"));
    let text = format!("Doors (#7)\n\nOpen `@mia`.\n\n> Approved-by: root <root@x>\n\n* one\n* two\n\n{trailers}");
    assert_eq!(message(&world, squashed), text);
    recipe.strategy = Strategy::Merge;
    let merged = message(&world, tip(&world.compose(&recipe)).0);
    assert_eq!(merged, format!("Merge #7 by ann\n\n* one\n* two\n* fixup! one\n\n{ours}"));
    world.git(&["fsck", "--strict", "--no-dangling"]);
}

fn message(world: &World, commit: Sha) -> String {
    world.repo.find_commit(oid(commit)).expect("a commit").message().expect("UTF-8").trim_end().to_owned()
}
