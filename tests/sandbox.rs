//! The sandbox's git door, runner and example, with real git against a look-alike on loopback. No service takes part here.

use greenline::sandbox::{
    GitHttp, Happening, Lookalike, NewPull, Options, RepoSummary, Runner, RunnerSettings, SandboxEvent, example,
};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::broadcast;

/// A look-alike that listens, with one repository and a working clone.
struct Stand {
    dir: tempfile::TempDir,
    forge: Lookalike,
    base: String,
    repo: RepoSummary,
    news: broadcast::Sender<Happening>,
}

const PATIENCE: Duration = Duration::from_mins(1);

impl Stand {
    async fn open() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (forge, base) = Self::serve(dir.path()).await;
        let repo = forge.create_repository("acme", "demo", "main").expect("a new name");
        let stand = Self { dir, forge, base, repo, news: broadcast::channel(1_000).0 };
        let work = stand.work();
        std::fs::create_dir(&work).expect("a new directory");
        stand.git(&["init", "--quiet", "--initial-branch=main"]);
        stand.commit("first", "README", "hello\n");
        assert!(stand.push(&stand.maintainer(), &["main"]).status.success());
        stand
    }

    async fn serve(dir: &Path) -> (Lookalike, String) {
        let forge = Lookalike::open(dir, Options::default()).expect("a new state");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("is bound"));
        forge.set_base_url(&base);
        let door = GitHttp::new(forge.clone(), dir).await.expect("git is there").router();
        let app = forge.router().merge(door);
        tokio::spawn(async move { axum::serve(listener, app).await });
        (forge, base)
    }

    fn work(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    fn maintainer(&self) -> String {
        self.forge.identities().tokens.maintainer
    }

    fn url(&self, token: &str) -> String {
        self.base.replace("http://", &format!("http://x-access-token:{token}@")) + "/acme/demo.git"
    }

    fn try_git(&self, args: &[&str]) -> Output {
        git_at(&self.work(), args)
    }

    fn git(&self, args: &[&str]) -> String {
        said(self.try_git(args))
    }

    fn commit(&self, message: &str, path: &str, text: &str) -> String {
        std::fs::write(self.work().join(path), text).expect("a writable tree");
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn push(&self, token: &str, refs: &[&str]) -> Output {
        let url = self.url(token);
        let mut args = vec!["push", url.as_str()];
        args.extend(refs);
        self.try_git(&args)
    }

    fn remote(&self, name: &str) -> String {
        said(git_at(&self.repo.dir, &["for-each-ref", "--format=%(objectname)", name]))
    }

    fn runner(&self, command: &str, limit: Duration) -> Runner {
        let logs = self.dir.path().join("runs");
        std::fs::create_dir_all(&logs).expect("a writable directory");
        let settings = RunnerSettings { repo: self.repo.clone(), command: command.into(), slots: 2, limit, logs };
        Runner::start(self.forge.clone(), settings, self.forge.subscribe(), self.news.clone())
    }
}

fn git_at(dir: &Path, args: &[&str]) -> Output {
    Command::new("git")
        .current_dir(dir)
        .args(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .envs([("GIT_AUTHOR_NAME", "A"), ("GIT_AUTHOR_EMAIL", "a@example.org")])
        .envs([("GIT_COMMITTER_NAME", "A"), ("GIT_COMMITTER_EMAIL", "a@example.org")])
        .output()
        .expect("git is there")
}

fn said(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

fn complaint(output: &Output) -> String {
    assert!(!output.status.success(), "was let through");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Waits until an event answers, for a bounded time.
async fn wait_for<E: Clone, T>(events: &mut broadcast::Receiver<E>, mut wanted: impl FnMut(E) -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = wanted(events.recv().await.expect("the sender lives")) {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, found).await.expect("it happens in time")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pushed_branch_can_be_cloned_and_is_announced() {
    let stand = Stand::open().await;
    let mut events = stand.forge.subscribe();
    stand.git(&["switch", "--quiet", "--create", "topic"]);
    let sha = stand.commit("more", "more", "more\n");
    assert!(stand.push(&stand.maintainer(), &["topic"]).status.success());
    let after = wait_for(&mut events, |event| match event {
        SandboxEvent::Push { r#ref, after, .. } if r#ref == "refs/heads/topic" => Some(after),
        _ => None,
    });
    assert_eq!(after.await, sha);
    assert_eq!(stand.remote("refs/heads/topic"), sha);
    let copy = stand.dir.path().join("copy");
    let copy_at = copy.to_str().expect("text");
    let url = stand.url(&stand.maintainer());
    stand.git(&["clone", "--quiet", "--branch=topic", url.trim_end_matches(".git"), copy_at]);
    assert_eq!(said(git_at(&copy, &["rev-parse", "HEAD"])), sha);
    // Partial clones, and single commits by id, as CI systems fetch them.
    let sparse = stand.dir.path().join("sparse");
    stand.git(&["clone", "--quiet", "--filter=blob:none", "--no-checkout", &url, sparse.to_str().expect("text")]);
    stand.git(&["fetch", "--quiet", "--depth=1", &url, &sha]);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_told_apart() {
    let stand = Stand::open().await;
    stand.git(&["switch", "--quiet", "--create", "topic"]);
    stand.commit("more", "more", "more\n");
    let bad = complaint(&stand.push("ghp_wrong", &["topic"]));
    assert!(bad.contains("Authentication failed") || bad.contains("could not read Password"), "{bad}");
    let outsider = stand.forge.identities().tokens.outsider;
    let refused = complaint(&stand.push(&outsider, &["topic"]));
    assert!(refused.contains("403"), "{refused}");
    let anonymous = complaint(&stand.try_git(&["push", &format!("{}/acme/demo.git", stand.base), "topic"]));
    assert!(anonymous.contains("could not read Username"), "{anonymous}");
    let absent = stand.url(&outsider).replace("demo.git", "nothing.git");
    let absent = complaint(&stand.try_git(&["ls-remote", &absent]));
    assert!(absent.contains("not found"), "{absent}");
    assert_eq!(stand.remote("refs/heads/topic"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn protection_refuses_one_ref_and_an_atomic_push_whole() {
    let stand = Stand::open().await;
    let trunk = stand.remote("refs/heads/main");
    stand.git(&["commit", "--quiet", "--amend", "--message", "another first"]);
    let forced = complaint(&stand.push(&stand.maintainer(), &["--atomic", "+main", "main:refs/heads/topic"]));
    assert!(forced.contains("GH006: Protected branch update failed for refs/heads/main."), "{forced}");
    assert_eq!(stand.remote("refs/heads/topic"), "", "atomic: nothing moved");
    complaint(&stand.push(&stand.maintainer(), &["+main", "main:refs/heads/topic"]));
    assert_eq!(stand.remote("refs/heads/topic"), stand.git(&["rev-parse", "HEAD"]), "not atomic: the other moved");
    complaint(&stand.push(&stand.forge.identities().tokens.user, &["topic:main"]));
    complaint(&stand.push(&stand.maintainer(), &[":main"]));
    assert_eq!(stand.remote("refs/heads/main"), trunk);
    stand.git(&["reset", "--quiet", "--hard", &trunk]);
    let next = stand.commit("next", "next", "next\n");
    assert!(stand.push(&stand.maintainer(), &["main"]).status.success(), "forward is allowed");
    assert_eq!(stand.remote("refs/heads/main"), next);
}

#[tokio::test(flavor = "multi_thread")]
async fn pull_request_heads_are_readable_and_nobody_writes_them() {
    let stand = Stand::open().await;
    stand.git(&["switch", "--quiet", "--create", "topic"]);
    let sha = stand.commit("more", "more", "more\n");
    assert!(stand.push(&stand.maintainer(), &["topic"]).status.success());
    let new = NewPull {
        repo: stand.repo.id,
        head_repo: stand.repo.id,
        head: "topic".into(),
        base: "main".into(),
        title: "More".into(),
        body: String::new(),
        draft: false,
        maintainer_can_modify: false,
    };
    let number = stand.forge.open_pull("maintainer", &new).expect("a branch with a commit");
    let head = format!("refs/pull/{number}/head");
    let listed = stand.git(&["ls-remote", &stand.url(&stand.maintainer()), &head]);
    assert_eq!(listed.split_whitespace().next(), Some(sha.as_str()));
    complaint(&stand.push(&stand.maintainer(), &[&format!("+main:{head}")]));
    assert_eq!(stand.remote(&head), sha);
    let next = stand.commit("again", "more", "again\n");
    assert!(stand.push(&stand.maintainer(), &["topic"]).status.success());
    assert_eq!(stand.remote(&head), next, "it follows its branch before the push is answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_of_many_refs_and_bytes_arrives_whole() {
    let stand = Stand::open().await;
    let noise: Vec<_> = (0..200_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_string()).collect();
    let sha = stand.commit("big", "big", &noise.concat());
    let refs: Vec<_> = (0..300).map(|n| format!("main:refs/heads/many/{n}")).collect();
    let refs: Vec<_> = refs.iter().map(String::as_str).collect();
    assert!(stand.push(&stand.maintainer(), &refs).status.success());
    assert_eq!(stand.remote("refs/heads/many/").lines().filter(|line| *line == sha).count(), 300);
}

/// Pushes a queue branch and answers what CI concluded about it.
async fn verdict_on(stand: &Stand, branch: &str) -> String {
    let sha = stand.git(&["rev-parse", "HEAD"]);
    let mut events = stand.forge.subscribe();
    assert!(stand.push(&stand.maintainer(), &[&format!("HEAD:refs/heads/{branch}")]).status.success());
    wait_for(&mut events, |event| match event {
        SandboxEvent::Check { sha: of, conclusion, app, .. } if of == sha => {
            assert_eq!(app, stand.forge.identities().ci_app.slug);
            conclusion
        }
        _ => None,
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_runner_tests_exactly_the_pushed_commit() {
    let stand = Stand::open().await;
    let runner = stand.runner("test \"$(git rev-parse HEAD)\" = \"$GITHUB_SHA\" && grep -q good state", PATIENCE);
    stand.commit("good", "state", "good\n");
    assert_eq!(verdict_on(&stand, "greenline/run/1").await, "success");
    stand.commit("bad", "state", "bad\n");
    assert_eq!(verdict_on(&stand, "greenline/run/2").await, "failure");
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_takes_too_long_is_killed_with_all_its_children() {
    let stand = Stand::open().await;
    let mark = stand.dir.path().join("mark");
    // The child's pipe closes when it is dead; until then this read would wait.
    let fifo = stand.dir.path().join("alive");
    said(Command::new("mkfifo").arg(&fifo).output().expect("coreutils"));
    let command = format!("(exec 9>{}; sleep 600) & echo $! > {}; wait", fifo.display(), mark.display());
    let runner = stand.runner(&command, Duration::from_millis(1_500));
    let closed = tokio::task::spawn_blocking(move || std::fs::read(fifo));
    stand.commit("slow", "state", "slow\n");
    assert_eq!(verdict_on(&stand, "greenline/run/1").await, "timed_out");
    tokio::time::timeout(PATIENCE, closed).await.expect("the child is dead").expect("joined").expect("read");
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_with_its_branch() {
    let stand = Stand::open().await;
    let mut news = stand.news.subscribe();
    let runner = stand.runner("sleep 600", PATIENCE);
    stand.commit("slow", "state", "slow\n");
    assert!(stand.push(&stand.maintainer(), &["HEAD:refs/heads/greenline/run/1"]).status.success());
    wait_for(&mut news, |happening| matches!(happening, Happening::CiStarted { .. }).then_some(())).await;
    assert!(stand.push(&stand.maintainer(), &[":refs/heads/greenline/run/1"]).status.success());
    let conclusion = wait_for(&mut news, |happening| match happening {
        Happening::CiEnded { conclusion, .. } => Some(conclusion),
        _ => None,
    });
    assert_eq!(conclusion.await, "cancelled");
    runner.stop().await;
}

/// Whether CI passes on a merge of these branches of the example into its trunk.
fn passes(clone: &Path, branches: &[&str]) -> bool {
    said(git_at(clone, &["switch", "--quiet", "--detach", "origin/main"]));
    for branch in branches {
        said(git_at(clone, &["merge", "--quiet", "--no-edit", &format!("origin/{branch}")]));
    }
    Command::new("./ci.sh").current_dir(clone).output().expect("the example has it").status.success()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_is_what_its_story_says() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (forge, base) = Stand::serve(dir.path()).await;
    let scene = example::example(&forge, &base).await.expect("a new look-alike");
    assert_eq!(scene.pulls.len(), 8);
    let clone = dir.path().join("clone");
    let from = scene.repo.dir.to_str().expect("text");
    said(git_at(dir.path(), &["clone", "--quiet", from, clone.to_str().expect("text")]));
    for alone in ["opening-hours", "welcome", "night-shift", "tip", "dearer-tea", "cheaper-tea"] {
        assert!(passes(&clone, &[alone]), "{alone}");
    }
    assert!(!passes(&clone, &["discount"]));
    assert!(!passes(&clone, &["welcome", "night-shift"]), "they merge cleanly and fail together");
    assert!(passes(&clone, &["opening-hours", "welcome", "tip", "dearer-tea"]));
    said(git_at(&clone, &["switch", "--quiet", "--detach", "origin/dearer-tea"]));
    complaint(&git_at(&clone, &["merge", "--quiet", "--no-edit", "origin/cheaper-tea"]));
    let heads = said(git_at(&scene.repo.dir, &["for-each-ref", "--format=%(refname)", "refs/pull/"]));
    assert_eq!(heads.lines().filter(|name| name.ends_with("/head")).count(), 8, "the fork's too: {heads}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_repository_is_read_and_never_written() {
    let stand = Stand::open().await;
    for branch in ["topic/a", "topic/b", "other"] {
        stand.git(&["switch", "--quiet", "--create", branch, "main"]);
        stand.commit(&format!("work on {branch}"), &branch.replace('/', "-"), "x\n");
    }
    stand.git(&["switch", "--quiet", "main"]);
    let before = stand.git(&["for-each-ref"]);
    let scene = example::own_repository(&stand.forge, &stand.base, &stand.work(), "topic/*").await.expect("matches");
    let titles: Vec<_> = scene.pulls.iter().map(|pull| pull.title.as_str()).collect();
    assert_eq!(titles, ["work on topic/a", "work on topic/b"]);
    assert_eq!(stand.git(&["for-each-ref"]), before);
    assert_eq!(stand.git(&["status", "--porcelain"]), "");
    let settings = said(git_at(&scene.repo.dir, &["show", "main:.github/greenline.toml"]));
    assert!(settings.contains("[checks]"), "{settings}");
    let none = example::own_repository(&stand.forge, &stand.base, &stand.work(), "nothing/*").await;
    assert!(none.expect_err("no branch matches").to_string().contains("no branch other than main matches"));
}
