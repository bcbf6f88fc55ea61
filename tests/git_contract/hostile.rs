//! Pull requests made to do harm: odd names, links that lead out, trees that unfold without end. Composing only ever moves
//! object ids, so none of them is unfolded, followed or written anywhere but into the object database.

use crate::world::{World, oid, put, recipe, sha, tip};
use git2::{ObjectType, Oid};
use greenline::facts::Strategy;
use greenline::ids::Sha;
use greenline::port::git::Recomputed;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const ALL: [Strategy; 4] = [Strategy::Rebase, Strategy::Merge, Strategy::Squash, Strategy::RebaseMerge];

/// A tree with these entries in this order, whatever they are; git's own tools would refuse some.
fn tree(world: &World, entries: &[(&str, &str, Oid)]) -> Oid {
    let mut raw = Vec::new();
    for (mode, name, id) in entries {
        raw.extend_from_slice(format!("{mode} {name}\0").as_bytes());
        raw.extend_from_slice(id.as_bytes());
    }
    world.repo.odb().and_then(|odb| odb.write(ObjectType::Tree, &raw)).expect("a tree")
}

/// A commit on `parent` with this very tree.
fn commit(world: &World, parent: Sha, tree: Oid) -> Sha {
    let who = "Mallory <m@x> 1700000000 +0000";
    let raw = format!("tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n\nHarmless\n");
    sha(world.repo.odb().and_then(|odb| odb.write(ObjectType::Commit, raw.as_bytes())).expect("a commit"))
}

/// All files below a directory but the objects of a repository.
fn files(dir: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.is_symlink() && !path.ends_with("objects") {
            files(&path, found);
        } else if !path.ends_with("objects") {
            found.insert(path);
        }
    }
}

/// Trunk with another change, and a head that adds these entries; every strategy makes a tip with exactly them.
fn composes(entries: &[(&str, &str, Oid)], world: &World) {
    let base = world.commit(&[], "base", &[put("k", "")]);
    let onto = world.commit(&[base], "trunk", &[put("k", "trunk")]);
    let mut all = entries.to_vec();
    let blob = world.repo.blob(b"").expect("a blob");
    all.push(("100644", "k", blob));
    // By git's order of names, in which a tree's ends with a slash.
    all.sort_by_key(|(mode, name, _)| if *mode == "40000" { format!("{name}/") } else { (*name).to_owned() });
    let head = commit(world, base, tree(world, &all));
    let mut before = BTreeSet::new();
    files(world.dir.path(), &mut before);
    for strategy in ALL {
        let recipe = recipe(strategy, onto, head);
        let (made, _) = tip(&world.compose(&recipe));
        let made_tree = world.repo.find_commit(oid(made)).and_then(|commit| commit.tree()).expect("a tree");
        assert_eq!(made_tree.len(), all.len(), "{strategy:?}");
        assert_eq!(world.composer().recompute(&recipe, made), Ok(Recomputed::Agrees), "{strategy:?} {entries:?}");
    }
    let mut after = BTreeSet::new();
    files(world.dir.path(), &mut after);
    assert_eq!(before, after, "nothing was written but objects");
}

#[test]
fn odd_names_and_links_that_lead_out_are_only_data() {
    let world = World::new();
    let blob = world.repo.blob(b"[core]\n\tfsmonitor = touch /tmp/owned\n").expect("a blob");
    let out = world.repo.blob(b"../../../etc/passwd").expect("a blob");
    let inside = tree(&world, &[("100644", "config", blob), ("100755", "hooks", blob)]);
    composes(&[("120000", "link", out)], &world);
    composes(&[("100644", "README", blob), ("100644", "readme", blob)], &world);
    composes(&[("100644", "a\\b", blob), ("100644", "CON", blob), ("100644", "-rf", blob)], &world);
    composes(&[("40000", ".git", inside)], &world);
    composes(&[("40000", "..", inside)], &world);
}

#[test]
fn what_is_only_pointed_at_is_never_read() {
    let world = World::new();
    let absent = Oid::from_str(&"5".repeat(40)).expect("hex");
    // A commit of another repository, and a file so large that nobody fetched it.
    composes(&[("160000", "module", absent)], &world);
    composes(&[("100644", "huge", absent)], &world);
}

#[test]
fn ten_thousand_commits_are_refused_without_reading_them_all() {
    let world = World::new();
    let base = world.commit(&[], "base", &[put("k", "")]);
    let tree = world.repo.find_commit(oid(base)).expect("a commit").tree_id();
    let head = (0..10_000).fold(base, |parent, _| commit(&world, parent, tree));
    let began = std::time::Instant::now();
    for strategy in [Strategy::Rebase, Strategy::RebaseMerge] {
        let told = format!("{:?}", world.compose(&recipe(strategy, base, head)));
        assert!(told.contains("more than 250"), "{strategy:?}: {told}");
    }
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}

#[test]
fn a_tree_that_unfolds_without_end_is_not_unfolded() {
    let world = World::new();
    let mut bomb = world.repo.blob(b"boom").expect("a blob");
    let mut mode = "100644";
    for _ in 0..10 {
        let names = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
        bomb = tree(&world, &names.map(|name| (mode, name, bomb)));
        mode = "40000";
    }
    composes(&[(mode, "bomb", bomb)], &world);
}
