//! Clients by others walk through the real sandbox: Octokit, also with our GraphQL document and GitHub's schema for it, the
//! verifier that Probot uses, PyGithub, `gh api`, and a browser at the service's own page. Where they are not installed they cannot walk, which is a failure in CI.
//! Nothing of the library takes part.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const INSTALL: &str = "run tests/clients/install.sh";

/// A running sandbox without a runner, and what it says of itself.
struct Sandbox {
    child: Child,
    introduction: Value,
    _dir: tempfile::TempDir,
}

impl Sandbox {
    fn start() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut child = Command::new(env!("CARGO_BIN_EXE_greenline"))
            .args(["sandbox", "--json", "--port", "0", "--empty", "--no-runner", "--dir"])
            .arg(dir.path().join("sandbox"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let first = lines.next().expect("it introduces itself").expect("text");
        // Nobody may stop reading: a full pipe would stop the sandbox.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self { child, introduction: serde_json::from_str(&first).expect("one JSON object"), _dir: dir }
    }

    fn word(&self, pointer: &str) -> String {
        let word = self.introduction.pointer(pointer).and_then(Value::as_str);
        word.unwrap_or_else(|| panic!("the introduction has {pointer}")).to_owned()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Killing it outright would leave its service behind.
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        let _gone = pid.map(|pid| rustix::process::kill_process(pid, rustix::process::Signal::TERM));
        let _ended = self.child.wait();
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// Whether a client is there to walk. In CI it must be.
fn installed(client: &str, there: bool) -> bool {
    assert!(there || std::env::var_os("CI").is_none(), "{client} is not installed: {INSTALL}");
    if !there {
        eprintln!("{client} is not installed and does not walk; {INSTALL}");
    }
    there
}

/// Lets a client walk; it must end well and say so in its last line.
fn walk(mut command: Command, summary: &str) {
    let output = command.current_dir(folder()).stdin(Stdio::null()).output().expect("it starts");
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{summary} {}\n{said}\n{wrong}", output.status);
    let last = said.lines().last().unwrap_or_default();
    assert!(last.starts_with(summary), "{said}\n{wrong}");
    println!("{last}");
}

#[test]
fn octokit_walks_and_probots_verifier_knows_a_delivery() {
    if !installed("Octokit", folder().join("node_modules/@octokit/webhooks").exists()) {
        return;
    }
    let sandbox = Sandbox::start();
    let mut node = Command::new("node");
    node.arg("octokit.mjs").env("SANDBOX", sandbox.introduction.to_string());
    walk(node, "octokit: ");
}

#[test]
fn the_graphql_document_and_its_answers_are_as_githubs_schema_says() {
    if !installed("GitHub's GraphQL schema", folder().join("node_modules/@octokit/graphql-schema").exists()) {
        return;
    }
    let sandbox = Sandbox::start();
    let mut node = Command::new("node");
    node.arg("graphql.mjs").env("SANDBOX", sandbox.introduction.to_string());
    walk(node, "graphql: ");
}

#[test]
fn pygithub_walks() {
    let python = folder().join("venv/bin/python");
    if !installed("PyGithub", python.exists()) {
        return;
    }
    let sandbox = Sandbox::start();
    let mut command = Command::new(python);
    command.args(["-B", "pygithub_walk.py"]).env("SANDBOX", sandbox.introduction.to_string());
    walk(command, "pygithub: ");
}

/// The browsers that can be steered through a pipe, by the names systems have for them.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

#[test]
fn a_browser_signs_in_and_presses_buttons() {
    let runs = |name: &&&str| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
    let browser = BROWSERS.iter().find(runs);
    let node = Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success());
    let Some(browser) = browser.filter(|_| installed("node", node)) else {
        installed("Chromium", false);
        return;
    };
    let sandbox = Sandbox::start();
    let mut command = Command::new("node");
    command.arg("browser.mjs").env("SANDBOX", sandbox.introduction.to_string()).env("BROWSER", browser);
    walk(command, "browser: ");
}

#[test]
fn gh_walks() {
    let there = Command::new("gh").arg("--version").output().is_ok_and(|output| output.status.success());
    if !installed("gh", there) {
        return;
    }
    let sandbox = Sandbox::start();
    let mut bash = Command::new("bash");
    bash.arg("gh.sh").env("API", sandbox.word("/api")).env("TRUNK", sandbox.word("/repo/trunk"));
    bash.env("REPO", format!("{}/{}", sandbox.word("/repo/owner"), sandbox.word("/repo/name")));
    for (name, token) in [("MAINTAINER", "maintainer"), ("CONTRIBUTOR", "user"), ("REPORTER", "ci")] {
        bash.env(name, sandbox.word(&format!("/tokens/{token}")));
    }
    walk(bash, "gh: ");
}
