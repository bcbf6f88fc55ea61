//! `greenline init` and `greenline import` as a person runs them, in a clone made by git itself.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn git(folder: &Path, args: &[&str]) {
    let author = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=trunk"];
    let done = Command::new("git").args(author).args(args).current_dir(folder).output().expect("git is installed");
    assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn clone() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let workflows = folder.path().join(".github/workflows");
    fs::create_dir_all(&workflows).expect("it is our folder");
    fs::write(workflows.join("ci.yaml"), "on: pull_request\njobs:\n  unit:\n    runs-on: x\n")
        .expect("it is our folder");
    git(folder.path(), &["init", "--quiet"]);
    for n in 1..=6 {
        git(folder.path(), &["commit", "--quiet", "--allow-empty", "-m", &format!("Change {n} (#{n})")]);
    }
    folder
}

fn greenline(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_greenline"))
        .args(args)
        .current_dir(folder)
        .output()
        .expect("the program was built");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (status.code(), text(&stdout), text(&stderr))
}

#[test]
fn init_writes_a_right_file_once() {
    let folder = clone();
    let below = folder.path().join(".github");
    let (code, told, trouble) = greenline(&below, &["init"]);
    assert_eq!((code, trouble.as_str()), (Some(0), ""), "{told}");
    for expected in [
        "trunk is `trunk`",
        "check `unit` of .github/workflows/ci.yaml: required",
        "strategy = \"squash\"",
        ".github/workflows/ci.yaml:1: it does not run on a push",
        "          branches: [\"greenline/**\"]",
    ] {
        assert!(told.contains(expected), "{expected} is not in\n{told}");
    }
    let path = below.join("greenline.toml");
    let text = fs::read_to_string(&path).expect("it was written");
    let config = greenline::config::RepoConfig::parse(&text).expect("it is right");
    assert_eq!(config.checks.required[0].name.as_str(), "unit");

    fs::write(&path, "# mine\n").expect("it is our folder");
    let (code, _, trouble) = greenline(folder.path(), &["init"]);
    assert!(code == Some(1) && trouble.contains("is there already"), "{trouble}");
    assert_eq!(fs::read_to_string(&path).expect("it is there"), "# mine\n");
    assert_eq!(greenline(folder.path(), &["init", "--force"]).0, Some(0));
    assert_eq!(fs::read_to_string(&path).expect("it is there"), text);
}

#[test]
fn init_outside_of_a_clone_says_so() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let (code, _, trouble) = greenline(folder.path(), &["init"]);
    assert!(code == Some(1) && trouble.contains("is in no git clone"), "{trouble}");
}

#[test]
fn import_prints_the_file_and_reports_beside_it() {
    let folder = clone();
    let bors = "status = [\"unit\"]\ntimeout_sec = 600\npre_test_hooks = [\"x\"]\n";
    fs::write(folder.path().join("bors.toml"), bors).expect("it is our folder");
    let (code, toml, report) = greenline(folder.path(), &["import", "bors.toml"]);
    assert_eq!(code, Some(0), "{report}");
    assert!(toml.contains("{ name = \"unit\", app = \"github-actions\" }"), "{toml}");
    assert!(greenline::config::RepoConfig::parse(&toml).is_ok(), "{toml}");
    for expected in [
        "  bors.toml:2: timeout_sec: [checks] finish_deadline = \"10m\"",
        "  bors.toml:3: pre_test_hooks: nothing is run before a test",
        ".github/workflows/ci.yaml:1: it does not run on a push",
        "`bors r+` is `@greenline merge` now",
    ] {
        assert!(report.contains(expected), "{expected} is not in\n{report}");
    }
    let write = ["import", "bors.toml", "--write", ".github/greenline.toml"];
    assert_eq!(greenline(folder.path(), &write).0, Some(0));
    let written = fs::read_to_string(folder.path().join(".github/greenline.toml")).expect("it was written");
    assert_eq!(written, toml);
    assert_eq!(greenline(folder.path(), &write).0, Some(1));

    fs::write(folder.path().join("other.yml"), "a: [").expect("it is our folder");
    let (code, _, trouble) = greenline(folder.path(), &["import", "other.yml"]);
    assert!(code == Some(1) && trouble.contains("say --from bors, kodiak or mergify"), "{trouble}");
    let (code, _, trouble) = greenline(folder.path(), &["import", "other.yml", "--from", "mergify"]);
    assert!(code == Some(1) && trouble.contains("other.yml:2: this is not YAML"), "{trouble}");
}
