//! Stories of the ledger: what an auditor with nothing but a clone sees, and what he sees when somebody has been at it.

use crate::driver::{Pull, Stage, at_length};
use std::path::Path;
use std::process::Command;

const LEDGER: &str = "refs/greenline/ledger";

/// Three landings, one after the other, each with its candidate.
fn landed(stage: &Stage) -> Vec<Pull> {
    ["lamp", "chair", "table"].into_iter().map(|name| land(stage, name)).collect()
}

fn land(stage: &Stage, name: &str) -> Pull {
    let pull = stage.ready(name);
    stage.conclude(&stage.tip(&[&pull]), "success");
    stage.merged(&pull);
    pull
}

/// Runs `greenline verify`; its exit code and all it said.
fn verify(clone: &Path, options: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_greenline"));
    let output = command.arg("verify").arg(clone).args(options).output().expect("the binary starts");
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

/// Verifies what must be wrong; the line that tells it.
fn wrong(clone: &Path, options: &[&str], parts: &[&str]) {
    let (code, said) = verify(clone, options);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.lines().any(|line| parts.iter().all(|part| line.contains(part))), "{parts:?} in\n{said}");
}

/// The entries of landings in a clone's ledger, the first one first. Those about deliveries stand between them or behind.
fn entries(clone: &Path) -> Vec<String> {
    let landings = ["rev-list", "--reverse", "--grep=^Landed ", LEDGER];
    Stage::git_in(clone, &landings).lines().map(str::to_owned).collect()
}

/// Writes an entry anew, on another parent and with other words; everything behind it has to be written anew as well.
fn rewritten(clone: &Path, entry: &str, parent: &str, change: impl Fn(&str) -> String) -> String {
    let message = change(&Stage::git_in(clone, &["log", "-1", "--format=%B", entry]));
    Stage::git_in(clone, &["commit-tree", &format!("{entry}^{{tree}}"), "-p", parent, "-m", &message])
}

fn put(clone: &Path, name: &str, at: &str) {
    Stage::git_in(clone, &["update-ref", name, at]);
}

#[test]
fn an_auditor_with_a_clone_finds_everything_right_until_somebody_tampers() {
    let stage = Stage::empty();
    let pulls = landed(&stage);
    let clone = &stage.mirror("audit");
    let (code, said) = verify(clone, &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("entries, 3 landings, 3 pull requests"), "{said}");
    assert!(said.contains("nothing is wrong"), "{said}");
    let chain = entries(clone);
    let subject = Stage::git_in(clone, &["log", "-1", "--format=%s", &chain[1]]);
    assert!(subject.starts_with(&format!("Landed #{} on main as ", pulls[1].number)), "{subject}");

    let tag = "refs/tags/candidate/000002";
    let made = Stage::git_in(clone, &["rev-parse", tag]);
    put(clone, tag, &Stage::git_in(clone, &["rev-parse", "candidate/000001"]));
    wrong(clone, &[], &["S5", &chain[1][..10], &subject, "candidate/000002", &made]);
    Stage::git_in(clone, &["update-ref", "-d", tag]);
    wrong(clone, &[], &["S5", &chain[1][..10], "is not there any more"]);
    put(clone, tag, &made);

    let shortened = rewritten(clone, &chain[2], &chain[0], str::to_owned);
    put(clone, LEDGER, &shortened);
    wrong(clone, &[], &["S14", &shortened[..10], "candidate/000002", "taken out"]);
    wrong(clone, &[], &["first bad entry is", &shortened]);
    let cut = |text: &str| {
        let (start, rest) = text.split_once("\"approved\":{\"head\":\"").expect("an approval");
        format!("{start}\"approved\":{{\"head\":\"0123456789{}", &rest[10..])
    };
    let bent = rewritten(clone, &chain[1], &chain[0], cut);
    put(clone, LEDGER, &rewritten(clone, &chain[2], &bent, str::to_owned));
    wrong(clone, &[], &["S2", &bent[..10], "had approved 0123456789"]);
    let emptied = rewritten(clone, &chain[1], &chain[0], |_| "Landed something".to_owned());
    put(clone, LEDGER, &emptied);
    wrong(clone, &[], &["S14", &emptied[..10], "no line for programs"]);
    put(clone, LEDGER, &chain[0]);
    wrong(clone, &[], &["S14", &chain[0][..10], "candidate/000002"]);
    put(clone, LEDGER, &chain[2]);
    put(clone, "refs/heads/main", &Stage::git_in(clone, &["rev-parse", "main~1"]));
    wrong(clone, &[], &["S3", &chain[2][..10], "forced push"]);
    stage.end();
}

#[test]
fn a_clone_is_told_what_to_fetch_and_sees_a_ledger_that_was_written_anew() {
    let stage = Stage::empty();
    landed(&stage);
    let clone = &stage.clone_dir();
    let (code, said) = verify(clone, &[]);
    assert_eq!(code, Some(2), "{said}");
    let fetch = said.lines().find(|line| line.trim().starts_with("git -C")).expect("it says how to fetch").trim();
    let ran = Command::new("sh").args(["-c", &format!("{fetch} 2>&1")]).output().expect("a shell");
    assert!(ran.status.success(), "{fetch}: {}", String::from_utf8_lossy(&ran.stdout));
    let (code, said) = verify(clone, &[]);
    assert_eq!(code, Some(0), "{said}");
    let mirror = stage.mirror("audit");
    let (code, said) = verify(&mirror, &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("1 made again by git, 2 not, for their heads are not in this clone"), "{said}");
    for clone in [&mirror, clone] {
        let (code, said) = verify(clone, &["--fetch"]);
        assert_eq!(code, Some(0), "{said}");
        assert!(
            said.contains("; 3 made again by git") && !said.contains(" not, for"),
            "heads that no ref leads to are fetched: {said}"
        );
    }

    let chain = entries(clone);
    let anew = rewritten(clone, &chain[2], &chain[0], str::to_owned);
    Stage::git_in(clone, &["push", "--quiet", "--force", "origin", &format!("{anew}:{LEDGER}")]);
    wrong(clone, &["--fetch"], &["S14", &anew, &chain[2], "anew"]);
    stage.bare(&["update-ref", "-d", LEDGER]);
    wrong(clone, &["--fetch"], &["S14", "has no ledger any more"]);
    stage.end();
}

#[test]
fn nothing_lands_on_a_ledger_that_somebody_else_wrote_to_until_it_is_put_back() {
    let stage = Stage::empty();
    land(&stage, "lamp");
    let good = stage.refs().remove(LEDGER).expect("there is a ledger");
    let trunk = stage.trunk();
    stage.bare(&["update-ref", LEDGER, &trunk]);
    let pull = stage.ready("shelf");
    let tip = stage.tip(&[&pull]);
    stage.conclude(&tip, "success");
    // What went wrong only once is not told.
    at_length("the page says why", || {
        let told = stage.board()["troubles"].to_string();
        (told.contains("no entry of Greenline's") && told.contains("put refs/greenline/ledger back")).then_some(())
    });
    assert_eq!((stage.trunk(), stage.branch("shelf")), (trunk, Some(pull.head.clone())), "nor was its branch moved");
    stage.bare(&["update-ref", LEDGER, &good]);
    // A new process does not wait for the next try.
    stage.kill_service();
    stage.merged(&pull);
    assert_eq!(stage.trunk(), tip);
    let goes_on = stage.bare(&["rev-list", "--count", &format!("{LEDGER}..{good}")]);
    assert_eq!(goes_on, "0", "it goes on from the last entry");
    let (code, said) = verify(&stage.mirror("audit"), &[]);
    assert_eq!(code, Some(0), "{said}");
    stage.end();
}
