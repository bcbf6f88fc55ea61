//! Real git: a contributor's clone, pushes through the sandbox's own door, and a look into the bare repository.

use super::Stage;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs git apart from the settings of whoever runs the tests.
fn git_at(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new("git");
    command.arg("-C").arg(dir);
    for (key, value) in [("user.name", "Ada"), ("user.email", "ada@example.com"), ("commit.gpgsign", "false")] {
        command.args(["-c", &format!("{key}={value}")]);
    }
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("GIT_")) {
            command.env_remove(name);
        }
    }
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_TERMINAL_PROMPT", "0");
    command.args(args).output().expect("git is installed")
}

fn said(output: Output, asked: &[&str]) -> String {
    assert!(output.status.success(), "git {asked:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim_end().to_owned()
}

impl Stage {
    /// The contributor's clone.
    pub fn clone_dir(&self) -> PathBuf {
        self.home.path().join("clone")
    }

    /// Runs git in the contributor's clone.
    pub fn git(&self, args: &[&str]) -> String {
        said(git_at(&self.clone_dir(), args), args)
    }

    /// Runs git in the bare repository that the sandbox serves.
    pub fn bare(&self, args: &[&str]) -> String {
        said(self.try_bare(args), args)
    }

    fn try_bare(&self, args: &[&str]) -> Output {
        git_at(&self.sandbox_dir().join("git").join(format!("{}.git", self.full_name())), args)
    }

    /// Where to push to, as somebody.
    pub fn remote(&self, token: &str, full_name: &str) -> String {
        self.word("/git").replace("http://", &format!("http://x-access-token:{token}@")) + "/" + full_name + ".git"
    }

    pub(super) fn clone_repository(&self) {
        let url = self.remote(&self.word("/tokens/maintainer"), &self.full_name());
        let clone = self.clone_dir();
        let clone = clone.to_str().expect("a temporary directory has a plain name");
        said(git_at(self.home.path(), &["clone", "--quiet", &url, clone]), &["clone"]);
    }

    /// Makes a commit with one file on top of `onto` and pushes it as `branch`, by force if it must be.
    pub fn push(&self, branch: &str, onto: &str, file: &str, text: &str) -> String {
        let head = self.commit(onto, file, text);
        self.push_commit(&self.word("/tokens/maintainer"), &self.full_name(), &head, branch);
        head
    }

    /// Makes a commit with one file on top of `onto`, in the clone only.
    pub fn commit(&self, onto: &str, file: &str, text: &str) -> String {
        self.git(&["checkout", "--quiet", "--detach", onto]);
        let path = self.clone_dir().join(file);
        std::fs::create_dir_all(path.parent().expect("it is in the clone")).expect("a writable directory");
        std::fs::write(path, text).expect("a writable directory");
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", &format!("Write {file}")]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Pushes a commit of the clone to a branch of a repository.
    pub fn push_commit(&self, token: &str, full_name: &str, commit: &str, branch: &str) {
        // The clone's remote has another port after the sandbox was started again.
        let url = self.remote(token, full_name);
        self.git(&["push", "--quiet", "--force", &url, &format!("{commit}:refs/heads/{branch}")]);
    }

    /// A push to trunk by the maintainer, past the queue; answers the commit.
    pub fn push_trunk(&self, file: &str) -> String {
        let url = self.remote(&self.word("/tokens/maintainer"), &self.full_name());
        self.git(&["fetch", "--quiet", &url, "main"]);
        self.push("main", "FETCH_HEAD", file, "past the queue\n")
    }

    /// Another clone with everything that is there, bare, by this name.
    pub fn mirror(&self, name: &str) -> PathBuf {
        let url = self.remote(&self.word("/tokens/maintainer"), &self.full_name());
        let dir = self.home.path().join(name);
        let at = dir.to_str().expect("a temporary directory has a plain name");
        said(git_at(self.home.path(), &["clone", "--quiet", "--mirror", &url, at]), &["clone"]);
        dir
    }

    /// Runs git in a clone.
    pub fn git_in(dir: &Path, args: &[&str]) -> String {
        said(git_at(dir, args), args)
    }

    /// All refs of the bare repository by full name; an annotated tag is the tag, not its commit.
    pub fn refs(&self) -> BTreeMap<String, String> {
        let list = self.bare(&["for-each-ref", "--format=%(refname) %(objectname)"]);
        let pairs = list.lines().filter_map(|line| line.split_once(' '));
        pairs.map(|(name, sha)| (name.to_owned(), sha.to_owned())).collect()
    }

    /// The commit a branch points at.
    pub fn branch(&self, name: &str) -> Option<String> {
        self.refs().remove(&format!("refs/heads/{name}"))
    }

    /// Where trunk is.
    pub fn trunk(&self) -> String {
        self.branch("main").expect("trunk is always there")
    }

    /// All candidate tags.
    pub fn candidates(&self) -> Vec<String> {
        self.refs().into_keys().filter_map(|name| name.strip_prefix("refs/tags/").map(str::to_owned)).collect()
    }

    /// The files of a commit.
    pub fn files(&self, commit: &str) -> Vec<String> {
        self.bare(&["ls-tree", "-r", "--name-only", commit]).lines().map(str::to_owned).collect()
    }

    /// `ancestor` is in the history of `commit`.
    pub fn holds(&self, commit: &str, ancestor: &str) -> bool {
        self.try_bare(&["merge-base", "--is-ancestor", ancestor, commit]).status.success()
    }
}
