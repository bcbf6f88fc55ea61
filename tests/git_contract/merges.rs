//! One merge at a time, of every kind that makes merging hard: our answer is git's, tree for tree and path for path.

use crate::world::{Edit, Said, World, about, gone, lines, mode, put, recipe, tip};
use git2::FileMode;
use greenline::facts::Strategy;
use greenline::port::git::Composed;

struct Case {
    name: &'static str,
    base: Vec<Edit>,
    ours: Vec<Edit>,
    theirs: Vec<Edit>,
}

fn case(name: &'static str, base: Vec<Edit>, ours: Vec<Edit>, theirs: Vec<Edit>) -> Case {
    Case { name, base, ours, theirs }
}

const MODULE_A: &str = "1111111111111111111111111111111111111111";
const MODULE_B: &str = "2222222222222222222222222222222222222222";

fn contents() -> Vec<Case> {
    let text = || lines(&[]);
    vec![
        case("apart", vec![put("a", "1"), put("d/b", "1")], vec![put("a", "2")], vec![put("d/b", "2")]),
        case(
            "one file, two places",
            vec![put("a", text())],
            vec![put("a", lines(&[(1, "x")]))],
            vec![put("a", lines(&[(18, "y")]))],
        ),
        case(
            "one file, one place",
            vec![put("a", text())],
            vec![put("a", lines(&[(5, "x")]))],
            vec![put("a", lines(&[(5, "y")]))],
        ),
        case(
            "the same change",
            vec![put("a", "1"), put("k", "")],
            vec![put("a", "2")],
            vec![put("a", "2"), put("b", "")],
        ),
        case(
            "added alike",
            vec![put("k", "")],
            vec![put("a/b", "x"), put("o", "")],
            vec![put("a/b", "x"), put("t", "")],
        ),
        case("added differently", vec![put("k", "")], vec![put("a", "x")], vec![put("a", "y")]),
        case("added side by side", vec![put("k", "")], vec![put("a/x", "x")], vec![put("a/y", "y")]),
        case(
            "binary on both sides",
            vec![put("a", b"\0a\x01")],
            vec![put("a", b"\0b\x01")],
            vec![put("a", b"\0c\x01")],
        ),
        case(
            "CRLF and LF",
            vec![put("a", text())],
            vec![put("a", text().replace('\n', "\r\n"))],
            vec![put("a", lines(&[(3, "y")]))],
        ),
    ]
}

fn names_and_attributes() -> Vec<Case> {
    let text = || lines(&[]);
    vec![
        case(
            "names that are no UTF-8",
            vec![put(b"d\xff/\xfe", text()), put("k", "")],
            vec![put(b"d\xff/\xfe", "o")],
            vec![put(b"d\xff/\xfe", "t")],
        ),
        case(
            "names in git's order",
            vec![put("a/x", "1"), put("a-b", "1"), put("a.b", "1")],
            vec![put("a/x", "2")],
            vec![put("a-b", "2"), put("a0", "new")],
        ),
        case(
            "a union attribute",
            vec![put("log", "a\n"), put(".gitattributes", "log merge=union\n")],
            vec![put("log", "a\no\n")],
            vec![put("log", "a\nt\n")],
        ),
    ]
}

fn removals_and_renames() -> Vec<Case> {
    let text = || lines(&[]);
    vec![
        case(
            "removed here, changed there",
            vec![put("a", text()), put("k", "")],
            vec![gone("a")],
            vec![put("a", lines(&[(1, "x")]))],
        ),
        case(
            "removed on both",
            vec![put("a", "1"), put("b", "1"), put("k", "")],
            vec![gone("a")],
            vec![gone("a"), gone("b")],
        ),
        case(
            "a directory emptied by both",
            vec![put("d/a", "1"), put("d/b", "2"), put("k", "")],
            vec![gone("d/a")],
            vec![gone("d/b")],
        ),
        case(
            "renamed here, changed there",
            vec![put("a", text()), put("k", "")],
            vec![gone("a"), put("b", text())],
            vec![put("a", lines(&[(1, "x")]))],
        ),
        case(
            "renamed two ways",
            vec![put("a", text()), put("k", "")],
            vec![gone("a"), put("b", text())],
            vec![gone("a"), put("c", text())],
        ),
        case(
            "two renamed to one",
            vec![put("a", text()), put("b", lines(&[(1, "q")])), put("k", "")],
            vec![gone("a"), put("c", text())],
            vec![gone("b"), put("c", lines(&[(1, "q")]))],
        ),
        case(
            "a directory renamed, a file added to it",
            vec![put("d/a", text()), put("d/b", lines(&[(2, "r")])), put("k", "")],
            vec![gone("d/a"), gone("d/b"), put("e/a", text()), put("e/b", lines(&[(2, "r")]))],
            vec![put("d/new", "new")],
        ),
        case(
            "the top directory renamed, a file added to it",
            vec![put("a", text()), put("b", lines(&[(2, "r")]))],
            vec![gone("a"), gone("b"), put("s/a", text()), put("s/b", lines(&[(2, "r")]))],
            vec![put("new", "new")],
        ),
        case(
            "renamed onto a file added there",
            vec![put("a", text()), put("k", "")],
            vec![gone("a"), put("b", text())],
            vec![put("b", text())],
        ),
    ]
}

fn kinds() -> Vec<Case> {
    let link = |to: &str| mode("l", to, FileMode::Link);
    let module = |to: &str| mode("m", to, FileMode::Commit);
    vec![
        case("a file here, a directory there", vec![put("k", "")], vec![put("a", "x")], vec![put("a/b", "y")]),
        case(
            "a file becomes a directory",
            vec![put("a", "1"), put("k", "")],
            vec![gone("a"), put("a/b", "1")],
            vec![put("k", "2")],
        ),
        case(
            "a directory becomes a changed file",
            vec![put("a/b", "1"), put("k", "")],
            vec![gone("a/b"), put("a", "f")],
            vec![put("a/b", "2")],
        ),
        case(
            "mode here, content there",
            vec![put("a", "1")],
            vec![mode("a", "1", FileMode::BlobExecutable)],
            vec![put("a", "2")],
        ),
        case(
            "the same mode change",
            vec![put("a", "1"), put("k", "")],
            vec![mode("a", "1", FileMode::BlobExecutable)],
            vec![mode("a", "1", FileMode::BlobExecutable), put("k", "2")],
        ),
        case("a link changed here", vec![link("x"), put("k", "")], vec![link("y")], vec![put("k", "2")]),
        case("a link changed twice", vec![link("x")], vec![link("y")], vec![link("z")]),
        case("a link becomes a file", vec![link("x"), put("k", "")], vec![put("l", "x")], vec![put("k", "2")]),
        case(
            "a submodule moved here",
            vec![module(MODULE_A), put("k", "")],
            vec![module(MODULE_B)],
            vec![put("k", "2")],
        ),
        case("a submodule added twice", vec![put("k", "")], vec![module(MODULE_A)], vec![module(MODULE_B)]),
        case(
            "a submodule becomes a file",
            vec![module(MODULE_A), put("k", "")],
            vec![gone("m"), put("m", "x")],
            vec![put("k", "2")],
        ),
    ]
}

/// Each case is merged both ways round.
fn agree(cases: Vec<Case>) {
    for Case { name, base, ours, theirs } in cases {
        let world = World::new();
        let base = world.commit(&[], "base", &base);
        let (one, two) = (world.commit(&[base], "one", &ours), world.commit(&[base], "two", &theirs));
        for (onto, head) in [(one, two), (two, one)] {
            // As `git merge` in a checkout of `onto`: with the attributes in it.
            world.git(&["config", "attr.tree", &onto.to_string()]);
            let said = world.merge_tree(None, onto, head);
            for strategy in [Strategy::Merge, Strategy::Squash, Strategy::Rebase] {
                let composed = world.compose(&recipe(strategy, onto, head));
                match &said {
                    Said::Tree(tree) if *tree == world.tree_of(onto) => {
                        assert_eq!(composed, Composed::Nothing, "{name}");
                    }
                    Said::Tree(tree) => assert_eq!(tip(&composed).1, *tree, "{name} {strategy:?}"),
                    Said::Conflict(paths) => {
                        assert_eq!(composed, Composed::Conflict { paths: paths.clone() }, "{name} {strategy:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn contents_merge_as_git_merges_them() {
    agree(contents());
}

#[test]
fn odd_names_and_attributes_merge_as_git_merges_them() {
    agree(names_and_attributes());
}

#[test]
fn removals_and_renames_merge_as_git_merges_them() {
    agree(removals_and_renames());
}

#[test]
fn kinds_of_files_merge_as_git_merges_them() {
    agree(kinds());
}

#[test]
fn several_merge_bases_are_gits_to_merge() {
    let world = World::new();
    let root = world.commit(&[], "root", &[put("a", lines(&[])), put("k", "")]);
    let one = world.commit(&[root], "one", &[put("a", lines(&[(1, "one")]))]);
    let two = world.commit(&[root], "two", &[put("a", lines(&[(18, "two")]))]);
    let both = put("a", lines(&[(1, "one"), (18, "two")]));
    let onto = world.commit(&[one, two], "cross", &[both.clone(), put("o", "")]);
    let head = world.commit(&[two, one], "cross back", &[both, put("t", "")]);
    let said = world.merge_tree(None, onto, head);
    assert_eq!(said, Said::Tree(tip(&world.compose(&recipe(Strategy::Merge, onto, head))).1));
}

#[test]
fn merge_and_squash_commits_say_what_they_are() {
    let world = World::new();
    let base = world.commit(&[], "base", &[put("a", "1"), put("k", "")]);
    let onto = world.commit(&[base], "trunk", &[put("k", "2")]);
    let one = world.commit(&[base], "Open the door\n\nWide.\n", &[put("a", "2")]);
    let late = world.commit(&[one], "fixup! Open the door", &[put("a", "4")]);
    let head = world.commit(&[late], "Close it\n\nCo-authored-by: Bo <bo@example.org>\n", &[put("b", "3")]);
    let mut recipe = recipe(Strategy::Merge, onto, head);
    recipe.pull = Some(about("Doors", ""));
    let (merged, tree) = tip(&world.compose(&recipe));
    assert_eq!(world.git(&["log", "-1", "--format=%P %cn %ct %B", &merged.to_string()]), {
        let head_date = world.git(&["log", "-1", "--format=%ct", &head.to_string()]);
        format!("{onto} {head} Greenline {head_date} Merge pull request #7: Doors")
    });
    recipe.strategy = Strategy::Squash;
    let (squashed, same) = tip(&world.compose(&recipe));
    assert_eq!(tree, same);
    assert_eq!(
        world.git(&["log", "-1", "--format=%P %an %B", &squashed.to_string()]),
        format!("{onto} Ann Doors (#7)\n\n* Open the door\n* Close it\n\nCo-authored-by: Bo <bo@example.org>")
    );
}
