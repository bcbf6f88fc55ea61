//! The ledger's commits: made on top of each other, pushed under lease with what they record, and read back.

use crate::world::{World, put};
use greenline::adapter::git::{AuditedClone, Identity, SigningKey, VerifyingKeys};
use greenline::ids::{Moment, RefName, Sha};
use greenline::ledger;
use greenline::ledger::audit::{Page, Signed};
use greenline::port::git::{Expect, LedgerCommit, LedgerPage, Pushed, RefUpdate};
use greenline::port::{Git, Trouble};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::process::Command;

fn entry(parent: Option<Sha>, message: &str, files: &[(&str, Option<&str>)]) -> LedgerCommit {
    let bytes = |(path, text): &(&str, Option<&str>)| ((*path).to_owned(), text.map(|text| text.as_bytes().to_vec()));
    let files: BTreeMap<_, _> = files.iter().map(bytes).collect();
    LedgerCommit { parent, message: format!("{message}\n"), files, at: Moment::from_ms(1_700_000_000_999) }
}

fn update(name: &str, expect: Expect, to: Sha) -> RefUpdate {
    RefUpdate { name: name.parse().expect("a ref name"), expect, to: Some(to) }
}

fn page(id: Sha, parent: Option<Sha>, message: &str) -> LedgerPage {
    LedgerPage { id, parent, message: format!("{message}\n") }
}

#[tokio::test]
async fn a_chain_is_made_pushed_and_read() {
    let world = World::new();
    let cache = world.cache();
    let first = cache.ledger_commit(&entry(None, "one", &[])).await.expect("made");
    let again = world.cache().ledger_commit(&entry(None, "one", &[])).await;
    assert_eq!(again, Ok(first), "the same fields give the same commit");
    let files = [("stages/production.json", Some("1")), ("stages/staging.json", Some("2")), ("about.md", Some("x"))];
    let second = cache.ledger_commit(&entry(Some(first), "two", &files)).await.expect("made");
    let third = cache.ledger_commit(&entry(Some(second), "three", &[])).await.expect("made");
    let gone = [("stages/production.json", None), ("stages/staging.json", None), ("about.md", Some("y"))];
    let fourth = cache.ledger_commit(&entry(Some(third), "four", &gone)).await.expect("made");
    let pushed = cache.push(None, &[update(ledger::REF, Expect::Absent, fourth)], true).await;
    assert_eq!(pushed, Ok(vec![Pushed::Done]));
    let list = |commit: Sha| world.git(&["ls-tree", "-r", "--name-only", &commit.to_string()]);
    assert_eq!((list(first), list(fourth)), (String::new(), "about.md".to_owned()));
    assert_eq!(list(third), "about.md\nstages/production.json\nstages/staging.json", "what is not named stays");
    assert_eq!(world.git(&["show", &format!("{fourth}:about.md")]), "y");
    assert_eq!(world.git(&["log", "-1", "--format=%an %ct", ledger::REF]), "Greenline 1700000000");
    world.git(&["fsck", "--strict", "--no-dangling"]);

    let all = [
        page(first, None, "one"),
        page(second, Some(first), "two"),
        page(third, Some(second), "three"),
        page(fourth, Some(third), "four"),
    ];
    assert_eq!(cache.ledger_pages(fourth, None).await, Ok(Some(all.to_vec())));
    assert_eq!(cache.ledger_pages(fourth, Some(second)).await, Ok(Some(all[2..].to_vec())));
    assert_eq!(cache.ledger_pages(fourth, Some(fourth)).await, Ok(Some(Vec::new())));
    assert_eq!(cache.ledger_page(third).await, Ok(Some(all[2].clone())));
    let foreign = cache.ledger_commit(&entry(None, "another", &[])).await.expect("made");
    assert_eq!(cache.ledger_pages(fourth, Some(foreign)).await, Ok(None), "it is not among them");
}

#[tokio::test]
async fn an_empty_cache_fetches_the_ledger_and_goes_on() {
    let world = World::new();
    let cache = world.cache();
    let first = cache.ledger_commit(&entry(None, "one", &[("a.json", Some("1"))])).await.expect("made");
    cache.push(None, &[update(ledger::REF, Expect::Absent, first)], true).await.expect("pushed");
    drop(cache);
    std::fs::remove_dir_all(world.dir.path().join("cache")).expect("it is there");
    let cache = world.cache();
    cache.fetch(&[first], &[]).await.expect("fetched");
    let second = cache.ledger_commit(&entry(Some(first), "two", &[("b.json", Some("2"))])).await.expect("made");
    let pushed = cache.push(None, &[update(ledger::REF, Expect::At(first), second)], true).await;
    assert_eq!(pushed, Ok(vec![Pushed::Done]));
    assert_eq!(world.git(&["ls-tree", "--name-only", ledger::REF]), "a.json\nb.json");
}

#[tokio::test]
async fn trunk_and_ledger_move_together_or_not_at_all() {
    let world = World::new();
    let trunk = world.commit(&[], "base", &[put("a", "1")]);
    let next = world.commit(&[trunk], "next", &[put("a", "2")]);
    world.branch("refs/heads/main", trunk);
    world.branch("refs/heads/next", next);
    let cache = world.cache();
    cache.fetch(&[trunk, next], &[]).await.expect("fetched");
    let ours = cache.ledger_commit(&entry(None, "ours", &[])).await.expect("made");
    let others = cache.ledger_commit(&entry(None, "others", &[])).await.expect("made");
    let name: RefName = ledger::name();
    cache.push(None, &[update(ledger::REF, Expect::Absent, others)], true).await.expect("pushed");
    let both = |expect, entry| [update("refs/heads/main", Expect::At(trunk), next), update(ledger::REF, expect, entry)];
    let pushed = cache.push(None, &both(Expect::Absent, ours), true).await.expect("an answer");
    assert!(pushed.iter().all(|outcome| matches!(outcome, Pushed::Rejected(_))), "{pushed:?}");
    let refs = cache.remote_refs(&["refs/heads/main", ledger::REF]).await.expect("refs");
    assert_eq!(refs[&name].target, others);
    assert_eq!(refs[&"refs/heads/main".parse().expect("a name")].target, trunk, "nor did trunk move");
    let ours = cache.ledger_commit(&entry(Some(others), "ours", &[])).await.expect("made");
    let pushed = cache.push(None, &both(Expect::At(others), ours), true).await;
    assert_eq!(pushed, Ok(vec![Pushed::Done, Pushed::Done]));
}

#[tokio::test]
async fn what_is_no_entry_is_seen_not_to_be_one() {
    let world = World::new();
    let base = world.commit(&[], "base", &[put("a", "1")]);
    let side = world.commit(&[], "side", &[put("b", "1")]);
    let merge = world.commit(&[base, side], "merge", &[]);
    let tree = world.tree_of(base);
    for (name, at) in [("refs/heads/main", merge), ("refs/heads/side", side)] {
        world.branch(name, at);
    }
    let cache = world.cache();
    cache.fetch(&[merge], &[]).await.expect("fetched");
    assert_eq!(cache.ledger_page(merge).await, Ok(None), "two parents");
    assert_eq!(cache.ledger_page(tree).await, Ok(None), "no commit");
    assert_eq!(cache.ledger_page(base).await, Ok(Some(LedgerPage { id: base, parent: None, message: "base".into() })));
    assert!(matches!(cache.ledger_pages(merge, None).await, Err(Trouble::Denied(_))));
    for path in ["", "/a", "a/", "a/b/c", "../a", ".git/a", "a/.b"] {
        let refused = cache.ledger_commit(&entry(None, "x", &[(path, Some("1"))])).await;
        assert!(matches!(refused, Err(Trouble::Bug(_))), "{path}: {refused:?}");
    }
}

/// A new key made by OpenSSH.
fn key(world: &World, name: &str) -> SigningKey {
    let path = world.dir.path().join(name);
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "greenline", "-f"]).arg(&path);
    assert!(keygen.status().expect("ssh-keygen runs").success());
    SigningKey::parse(&SecretString::from(std::fs::read_to_string(&path).expect("a key"))).expect("a key")
}

/// What each commit's signature says, from the first to the one at the ref.
fn signed(world: &World, keys: &VerifyingKeys) -> Vec<Signed> {
    let clone = AuditedClone::open(&world.path(), "origin").expect("it is a repository");
    let tip = clone.at(&ledger::name()).expect("there is a ledger");
    let pages = clone.pages(tip, Some(keys)).expect("they can be read");
    pages.into_iter().map(|page: Page| page.signed).collect()
}

#[tokio::test]
async fn entries_are_signed_like_everything_else_and_signatures_are_held_against_keys() {
    let world = World::new();
    let (ours, others) = (key(&world, "ours"), key(&world, "others"));
    let identity = || Identity::new("Greenline", "bot@example.org");
    let cache = world.cache_of(identity().signing(Some(ours.clone())));
    let first = cache.ledger_commit(&entry(None, "one", &[])).await.expect("made");
    cache.push(None, &[update(ledger::REF, Expect::Absent, first)], true).await.expect("pushed");
    let allowed = world.dir.path().join("allowed");
    std::fs::write(&allowed, format!("bot@example.org {}\n", ours.public_line())).expect("a file");
    let by_git = format!("gpg.ssh.allowedSignersFile={}", allowed.display());
    world.git(&["-c", &by_git, "-c", "gpg.format=ssh", "verify-commit", &first.to_string()]);

    let cache = world.cache_of(identity());
    let unsigned = cache.ledger_commit(&entry(Some(first), "two", &[])).await.expect("made");
    cache.push(None, &[update(ledger::REF, Expect::At(first), unsigned)], true).await.expect("pushed");
    let keys = |text: String| VerifyingKeys::parse(&text).expect("a key");
    let both = format!("# keys\n{} bot\n\nbot@example.org {}\n", others.public_line(), ours.public_line());
    assert_eq!(signed(&world, &keys(both)), [Signed::Yes, Signed::No("it is not signed".into())]);
    let Signed::No(how) = &signed(&world, &keys(others.public_line()))[0] else { panic!("it is another key") };
    assert!(how.contains("another key") && how.contains(&ours.public_line()[12..]), "{how}");

    let raw = world.git(&["cat-file", "commit", &first.to_string()]) + "\nand more\n";
    std::fs::write(world.dir.path().join("raw"), raw).expect("a file");
    let at = world.dir.path().join("raw").display().to_string();
    let forged = world.git(&["hash-object", "-t", "commit", "-w", &at]);
    world.git(&["update-ref", ledger::REF, &forged]);
    let Signed::No(how) = &signed(&world, &keys(ours.public_line()))[0] else { panic!("it was changed") };
    assert!(how.contains("was changed"), "{how}");
    for bad in ["", "# nothing", "ssh-rsa AAAA", "ssh-ed25519 AAAA", "words"] {
        let Err(Trouble::Denied(why)) = VerifyingKeys::parse(bad) else { panic!("{bad}") };
        assert!(why.contains("ssh-ed25519"), "{why}");
    }
}

#[tokio::test]
async fn a_clone_with_a_part_of_the_history_is_not_audited() {
    let world = World::new();
    let base = world.commit(&[], "base", &[put("a", "1")]);
    let next = world.commit(&[base], "next", &[put("a", "2")]);
    world.branch("refs/heads/main", next);
    let shallow = world.dir.path().join("shallow");
    let (from, at) = (format!("file://{}", world.path().display()), shallow.display().to_string());
    world.git(&["clone", "--quiet", "--depth=1", &from, &at]);
    let Err(Trouble::Denied(why)) = AuditedClone::open(&shallow, "origin") else { panic!("most is not there") };
    assert!(why.contains("--unshallow"), "{why}");
    let nowhere = AuditedClone::open(&world.dir.path().join("nowhere"), "origin");
    assert!(matches!(nowhere, Err(Trouble::Denied(_))));
}
