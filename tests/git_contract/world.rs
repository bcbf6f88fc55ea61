//! A repository to play with: commits written straight into it, and the git program's answers about them. It compares nothing.

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Oid, Repository, Signature, Time};
use greenline::adapter::git::{CacheOptions, Composer, GitCache, Identity, TimeLimits};
use greenline::facts::{InnerMerges, Person, Strategy};
use greenline::ids::{PrNumber, Sha, UserId};
use greenline::message::{About, Messages};
use greenline::port::git::{Composed, Recipe};
use std::cell::Cell;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

pub const NAME: &str = "octo/door";

/// One path made, changed or removed.
#[derive(Debug, Clone)]
pub struct Edit {
    path: Vec<u8>,
    to: Option<(FileMode, Vec<u8>)>,
}

pub fn put(path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Edit {
    mode(path, content, FileMode::Blob)
}

pub fn mode(path: impl AsRef<[u8]>, content: impl AsRef<[u8]>, mode: FileMode) -> Edit {
    Edit { path: path.as_ref().to_vec(), to: Some((mode, content.as_ref().to_vec())) }
}

pub fn gone(path: impl AsRef<[u8]>) -> Edit {
    Edit { path: path.as_ref().to_vec(), to: None }
}

/// Twenty numbered lines, some of them replaced.
pub fn lines(replaced: &[(usize, &str)]) -> String {
    let line =
        |n: usize| replaced.iter().find(|(at, _)| *at == n).map_or(format!("line {n}"), |(_, text)| (*text).to_owned());
    (0..20).map(|n| line(n) + "\n").collect()
}

pub struct World {
    pub dir: TempDir,
    pub repo: Repository,
    clock: Cell<i64>,
}

/// What the git program says to a merge.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    Tree(Sha),
    Conflict(Vec<String>),
}

pub fn sha(oid: Oid) -> Sha {
    oid.to_string().parse().expect("an object id")
}

pub fn oid(sha: Sha) -> Oid {
    Oid::from_str(&sha.to_string()).expect("an object id")
}

impl World {
    pub fn new() -> Self {
        let dir = TempDir::new().expect("a temporary directory");
        let repo = Repository::init_bare(dir.path().join(format!("remotes/{NAME}.git"))).expect("a new repository");
        repo.set_head("refs/heads/main").expect("a branch to be");
        Self { dir, repo, clock: Cell::new(1_700_000_000) }
    }

    pub fn path(&self) -> PathBuf {
        self.repo.path().to_owned()
    }

    /// Writes a commit: the first parent's files with these edits.
    pub fn commit(&self, parents: &[Sha], message: &str, edits: &[Edit]) -> Sha {
        let parents: Vec<_> =
            parents.iter().map(|parent| self.repo.find_commit(oid(*parent)).expect("a parent")).collect();
        let empty = self.repo.treebuilder(None).and_then(|builder| builder.write()).expect("the empty tree");
        let tree = parents.first().map_or(empty, git2::Commit::tree_id);
        // First what goes: a file must be gone before a directory of its name can be.
        let tree = self.edited(tree, edits.iter().filter(|edit| edit.to.is_none()));
        let tree = self.edited(tree, edits.iter().filter(|edit| edit.to.is_some()));
        self.clock.set(self.clock.get() + 60);
        let who = |name: &str, offset| {
            Signature::new(name, &format!("{name}@example.org"), &Time::new(self.clock.get(), offset))
                .expect("a signature")
        };
        let (author, committer) = (who("Ann", 120), who("Cat", -60));
        let tree = self.repo.find_tree(tree).expect("a tree");
        let parents: Vec<_> = parents.iter().collect();
        sha(self.repo.commit(None, &author, &committer, message, &tree, &parents).expect("a commit"))
    }

    fn edited<'a>(&self, tree: Oid, edits: impl Iterator<Item = &'a Edit>) -> Oid {
        let mut update = TreeUpdateBuilder::new();
        for edit in edits {
            match &edit.to {
                None => update.remove(edit.path.clone()),
                Some((FileMode::Commit, id)) => {
                    let id = Oid::from_str(std::str::from_utf8(id).expect("hex")).expect("an id");
                    update.upsert(edit.path.clone(), id, FileMode::Commit)
                }
                Some((mode, content)) => {
                    update.upsert(edit.path.clone(), self.repo.blob(content).expect("a blob"), *mode)
                }
            };
        }
        update.create_updated(&self.repo, &self.repo.find_tree(tree).expect("a tree")).expect("a tree")
    }

    pub fn branch(&self, name: &str, at: Sha) {
        self.repo.reference(name, oid(at), true, "test").expect("a ref");
    }

    pub fn composer(&self) -> Composer {
        Composer::open(&self.path(), Identity::new("Greenline", "bot@example.org")).expect("an open repository")
    }

    /// Composes, and stores what came of it.
    pub fn compose(&self, recipe: &Recipe) -> Composed {
        let mut composer = self.composer();
        let answer = composer.compose(recipe).expect("an answer");
        if let Composed::Tip { tip, .. } = answer {
            composer.store(tip).expect("stored");
        }
        answer
    }

    pub fn cache(&self) -> GitCache {
        self.cache_of(Identity::new("Greenline", "bot@example.org"))
    }

    pub fn cache_of(&self, identity: Identity) -> GitCache {
        GitCache::open(CacheOptions {
            dir: self.dir.path().join("cache"),
            git_url: self.dir.path().join("remotes").display().to_string(),
            repo: NAME.parse().expect("a name"),
            identity,
            token: None,
            limits: TimeLimits::default(),
        })
        .expect("a cache")
    }

    /// Runs git in the repository, whatever comes of it.
    pub fn try_git(&self, arguments: &[&str]) -> Output {
        run_git(&self.path(), arguments)
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        let out = self.try_git(arguments);
        assert!(out.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).trim_end().to_owned()
    }

    /// `git merge-tree`, with git's own merge base unless one is given.
    pub fn merge_tree(&self, base: Option<Sha>, ours: Sha, theirs: Sha) -> Said {
        let base: Vec<String> = base.iter().map(|base| format!("--merge-base={base}")).collect();
        let (ours, theirs) = (ours.to_string(), theirs.to_string());
        let mut arguments = vec!["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"];
        arguments.extend(base.iter().map(String::as_str));
        arguments.extend([ours.as_str(), theirs.as_str()]);
        let out = self.try_git(&arguments);
        let mut fields = out.stdout.split(|byte| *byte == 0).map(|f| String::from_utf8_lossy(f).into_owned());
        let tree = fields.next().unwrap_or_default();
        match out.status.code() {
            Some(0) => Said::Tree(tree.trim().parse().expect("a tree")),
            Some(1) => {
                let mut paths: Vec<String> = fields.filter(|path| !path.is_empty()).collect();
                paths.sort();
                paths.dedup();
                Said::Conflict(paths)
            }
            code => panic!("merge-tree ended with {code:?}: {}", String::from_utf8_lossy(&out.stderr)),
        }
    }

    /// `git rebase` in a real working tree; `None` on conflict.
    pub fn rebase(&self, onto: Sha, head: Sha, options: &[&str]) -> Option<Sha> {
        let dir = TempDir::new_in(self.dir.path()).expect("a directory");
        let tree = dir.path().join("tree");
        let at = tree.display().to_string();
        self.git(&["worktree", "add", "--quiet", "--detach", &at, &head.to_string()]);
        let onto = onto.to_string();
        let mut arguments = vec!["rebase", "--quiet", "-i", "--autosquash", "--empty=drop"];
        arguments.extend(options);
        arguments.push(&onto);
        let out = run_git(&tree, &arguments);
        let stopped = !out.status.success();
        let result = String::from_utf8_lossy(&run_git(&tree, &["rev-parse", "HEAD"]).stdout).trim().to_owned();
        self.git(&["worktree", "remove", "--force", &at]);
        (!stopped).then(|| result.parse().expect("a commit"))
    }

    pub fn tree_of(&self, commit: Sha) -> Sha {
        sha(self.repo.find_commit(oid(commit)).expect("a commit").tree_id())
    }

    /// Author, author date and message of each commit after `from`, oldest first.
    pub fn stories(&self, from: Sha, to: Sha) -> String {
        self.git(&["log", "--reverse", "--topo-order", "--format=%an|%ae|%ad|%T|%B%x00", &format!("{from}..{to}")])
    }
}

fn run_git(dir: &std::path::Path, arguments: &[&str]) -> Output {
    Command::new("git")
        .current_dir(dir)
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_SEQUENCE_EDITOR", "true")
        .env("GIT_EDITOR", "true")
        .env("GIT_COMMITTER_NAME", "Someone")
        .env("GIT_COMMITTER_EMAIL", "someone@example.org")
        .env("GIT_AUTHOR_NAME", "Someone")
        .env("GIT_AUTHOR_EMAIL", "someone@example.org")
        .output()
        .expect("git runs")
}

/// A pull request of a forge, with its title and description.
pub fn about(title: &str, body: &str) -> About {
    About {
        number: PrNumber::new(7),
        title: title.into(),
        body: body.into(),
        author: "ann".parse().expect("a login"),
        url: "https://github.com/octo/door/pull/7".into(),
        approved_by: Some(Person { id: UserId::new(42), login: "mia".parse().expect("a login"), bot: false }),
        reviewed_by: Vec::new(),
    }
}

pub fn recipe(strategy: Strategy, onto: Sha, head: Sha) -> Recipe {
    Recipe { onto, head, pull: None, strategy, inner_merges: InnerMerges::Refuse, messages: Messages::default() }
}

/// The tip and tree of a composition that must be clean.
pub fn tip(composed: &Composed) -> (Sha, Sha) {
    match composed {
        Composed::Tip { tip, tree, .. } => (*tip, *tree),
        Composed::Conflict { .. } | Composed::Nothing | Composed::Refused { .. } => panic!("no tip: {composed:?}"),
    }
}

/// The sentence of a composition that must be refused.
pub fn refusal(composed: Composed) -> String {
    match composed {
        Composed::Refused { why } => why,
        Composed::Tip { .. } | Composed::Conflict { .. } | Composed::Nothing => panic!("not refused: {composed:?}"),
    }
}
