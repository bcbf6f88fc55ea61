//! Random small histories, by seed: merges against `git merge-tree`, rebases against a chain of them and against `git rebase`.

use crate::world::{Edit, Said, World, gone, lines, put, recipe};
use greenline::facts::Strategy;
use greenline::ids::Sha;
use greenline::port::git::{Composed, Recomputed};
use std::collections::BTreeMap;

/// So many by default; the environment variable `HISTORIES` asks for more.
const HISTORIES: u64 = 60;
/// Of these, one in so many is also rebased in a working tree.
const REBASED_FOR_REAL: u64 = 6;

fn histories() -> u64 {
    std::env::var("HISTORIES").map_or(HISTORIES, |wanted| wanted.parse().expect("HISTORIES is a number"))
}

/// SplitMix64: the same seed, the same histories, on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides).expect("a small number")
    }
}

type Files = BTreeMap<String, String>;

const PLACES: [&str; 9] = ["a", "b", "d/a", "d/b", "d/e/a", "e/a", "e/b", "d-e", "f/g/h/a"];

fn content(dice: &mut Dice) -> String {
    let words = ["x", "y", "z"];
    lines(&[(dice.roll(20), words[dice.roll(3)]), (dice.roll(20), words[dice.roll(3)])])
}

fn blocked(files: &Files, path: &str) -> bool {
    let below = |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.starts_with('/'));
    files.keys().any(|other| below(other, path) || below(path, other))
}

/// One small change of some files, as a person makes it.
fn change(dice: &mut Dice, files: &mut Files) -> Vec<Edit> {
    let before = files.clone();
    for _ in 0..=dice.roll(3) {
        let here: Vec<String> = files.keys().cloned().collect();
        let any = here.get(dice.roll(here.len().max(1) as u64)).cloned();
        match (dice.roll(10), any) {
            (0..=4, Some(path)) => {
                let mut text: Vec<String> = files[&path].lines().map(str::to_owned).collect();
                let at = dice.roll(text.len().max(1) as u64);
                ["p", "q", "r"][dice.roll(3)].clone_into(&mut text[at]);
                files.insert(path, text.join("\n") + "\n");
            }
            (5, Some(path)) if files.len() > 1 => {
                files.remove(&path);
            }
            (6, Some(path)) => {
                let to = PLACES[dice.roll(9)].to_owned();
                let text = files.remove(&path).expect("it is there");
                files.insert(if blocked(files, &to) { path } else { to }, text);
            }
            (7, _) => move_directory(dice, files),
            _ => {
                let to = PLACES[dice.roll(9)].to_owned();
                if !blocked(files, &to) {
                    files.insert(to, content(dice));
                }
            }
        }
    }
    let removed = before.keys().filter(|path| !files.contains_key(*path)).map(gone);
    let written =
        files.iter().filter(|(path, text)| before.get(*path) != Some(text)).map(|(path, text)| put(path, text));
    removed.chain(written).collect()
}

fn move_directory(dice: &mut Dice, files: &mut Files) {
    let (from, to) = [("d/", "e/"), ("e/", "d/"), ("d/e/", "n/"), ("f/g/", "f/"), ("", "s/"), ("d/", "")][dice.roll(6)];
    let moved = files.iter().map(|(path, text)| {
        let path = path.strip_prefix(from).map_or_else(|| path.clone(), |rest| format!("{to}{rest}"));
        (path, text.clone())
    });
    let moved: Files = moved.collect();
    if moved.len() == files.len() && !moved.keys().any(|path| blocked(&moved, path)) {
        *files = moved;
    }
}

/// A base, a trunk of one or two commits on it, a pull request of one to three.
fn history(world: &World, dice: &mut Dice) -> (Sha, Sha, Vec<Sha>) {
    let mut files = Files::new();
    for place in PLACES {
        if dice.roll(3) > 0 {
            files.insert(place.to_owned(), content(dice));
        }
    }
    files.insert("k".into(), content(dice));
    let edits: Vec<Edit> = files.iter().map(|(path, text)| put(path, text)).collect();
    let base = world.commit(&[], "base", &edits);
    let mut grow = |commits: usize, word: &str| {
        let (mut files, mut at, mut made) = (files.clone(), base, Vec::new());
        for n in 0..commits {
            let edits = change(dice, &mut files);
            if !edits.is_empty() {
                at = world.commit(&[at], &format!("{word} {n}"), &edits);
                made.push(at);
            }
        }
        made
    };
    let trunk = grow(2, "trunk");
    let pull = grow(3, "pull");
    (base, *trunk.last().unwrap_or(&base), pull)
}

/// The rebase as a chain of `git merge-tree`: its tree, or a conflict.
fn chain(world: &World, base: Sha, onto: Sha, pull: &[Sha]) -> Said {
    let (mut at, mut parent) = (onto, base);
    for commit in pull {
        match world.merge_tree(Some(parent), at, *commit) {
            Said::Tree(tree) => {
                let (tree, parent) = (tree.to_string(), at.to_string());
                at = world.git(&["commit-tree", "-m", "x", "-p", &parent, &tree]).parse().expect("a commit");
            }
            conflict @ Said::Conflict(_) => return conflict,
        }
        parent = *commit;
    }
    Said::Tree(world.tree_of(at))
}

#[test]
fn random_histories_end_as_git_ends_them() {
    let world = World::new();
    let mut composer = world.composer();
    let (mut clean, mut conflicts) = (0_u64, 0_u64);
    for seed in 0..histories() {
        let (base, onto, pull) = history(&world, &mut Dice(seed));
        let Some(head) = pull.last().copied() else { continue };
        for (strategy, said) in [
            (Strategy::Merge, world.merge_tree(Some(base), onto, head)),
            (Strategy::Rebase, chain(&world, base, onto, &pull)),
            (Strategy::RebaseMerge, chain(&world, base, onto, &pull)),
        ] {
            let recipe = recipe(strategy, onto, head);
            match (composer.compose(&recipe).expect("an answer"), said) {
                (Composed::Tip { tip, tree, .. }, Said::Tree(theirs)) => {
                    assert_eq!(tree, theirs, "seed {seed} {strategy:?}");
                    assert_eq!(composer.recompute(&recipe, tip), Ok(Recomputed::Agrees), "seed {seed} {strategy:?}");
                    clean += 1;
                }
                (Composed::Nothing, Said::Tree(theirs)) => assert_eq!(theirs, world.tree_of(onto), "seed {seed}"),
                (Composed::Conflict { paths }, Said::Conflict(theirs)) => {
                    assert_eq!(paths, theirs, "seed {seed} {strategy:?}");
                    conflicts += 1;
                }
                // A commit whose very patch is on trunk is dropped where it no longer applies, as `git rebase` does.
                (Composed::Tip { tree, .. }, Said::Conflict(_)) if strategy != Strategy::Merge => {
                    let theirs = world.rebase(onto, head, &[]).expect("git rebases");
                    assert_eq!(tree, world.tree_of(theirs), "seed {seed}");
                }
                (ours, theirs) => panic!("seed {seed} {strategy:?}: {ours:?}, but git {theirs:?}"),
            }
        }
    }
    let enough = histories() / 4;
    assert!(clean > enough && conflicts > enough, "too much of one kind: {clean} clean, {conflicts} conflicts");
}

#[test]
fn random_histories_rebase_as_in_a_working_tree() {
    let world = World::new();
    for seed in 0..histories() / REBASED_FOR_REAL {
        let (_, onto, pull) = history(&world, &mut Dice(1_000_000 + seed));
        let Some(head) = pull.last().copied() else { continue };
        match (
            world.compose(&recipe(Strategy::Rebase, onto, head)),
            world.rebase(onto, head, &["--reapply-cherry-picks"]),
        ) {
            (Composed::Tip { tip, .. }, Some(theirs)) => {
                assert_eq!(world.stories(onto, tip), world.stories(onto, theirs), "seed {seed}");
            }
            (Composed::Nothing, Some(theirs)) => assert_eq!(theirs, onto, "seed {seed}"),
            (Composed::Conflict { .. }, None) => {}
            (Composed::Tip { tree, .. }, None) => {
                let theirs = world.rebase(onto, head, &[]).expect("git drops what landed");
                assert_eq!(tree, world.tree_of(theirs), "seed {seed}");
            }
            (ours, theirs) => panic!("seed {seed}: {ours:?}, but git {theirs:?}"),
        }
    }
}
