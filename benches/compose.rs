//! How long composing a pull request takes, beside `git rebase` in a warm working tree, `git merge-tree` and libgit2's merge of
//! whole indexes, on one repository in one run. Only the ratios mean anything: absolute times belong to the machine, and to
//! the disk that the temporary directory (`TMPDIR`) is on.

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Oid, Repository, Signature, Time};
use greenline::adapter::git::{CacheOptions, Composer, GitCache, Identity, TimeLimits};
use greenline::facts::{InnerMerges, Strategy};
use greenline::port::Git;
use greenline::port::git::{Composed, Recipe};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const PULLS: usize = 60;
/// Composed before them and not counted: a service has been running for a while.
const WARM_UP: usize = 30;
const TRUNK_COMMITS: usize = 20;
/// So many times the files, in the second repository.
const TIMES: usize = 40;
/// libgit2 takes seconds there.
const LARGE_LIBGIT2_SAMPLES: usize = 3;

struct Made {
    onto: Oid,
    warm_up: Vec<Oid>,
    heads: Vec<Oid>,
}

fn text(seed: usize, line: Option<usize>) -> String {
    (0..40).map(|n| if Some(n) == line { format!("changed {seed}\n") } else { format!("line {n}\n") }).collect()
}

fn path(n: usize) -> String {
    format!("area{}/part{}/file{}.rs", n % 10, n / 10 % 10, n / 100)
}

fn commit(repo: &Repository, parent: Oid, n: usize, files: &[(usize, usize)]) -> Oid {
    let parent = repo.find_commit(parent).expect("a parent");
    let mut update = TreeUpdateBuilder::new();
    for (file, line) in files {
        let blob = repo.blob(text(n, Some(*line)).as_bytes()).expect("a blob");
        update.upsert(path(*file), blob, FileMode::Blob);
    }
    let tree = update.create_updated(repo, &parent.tree().expect("a tree")).expect("a tree");
    write(repo, &repo.find_tree(tree).expect("a tree"), n, &[&parent])
}

fn write(repo: &Repository, tree: &git2::Tree<'_>, n: usize, parents: &[&git2::Commit<'_>]) -> Oid {
    let seconds = 1_700_000_000 + i64::try_from(n).expect("a small number") * 60;
    let who = Signature::new("Ann", "ann@example.org", &Time::new(seconds, 0)).expect("a signature");
    repo.commit(None, &who, &who, &format!("change {n}"), tree, parents).expect("a commit")
}

/// 10,000 files, `times` over, a trunk that goes on, and pull requests of one to three commits of one to three files.
/// Every tenth has a file trunk changed as well, elsewhere in it: about as many as in real repositories.
fn make(dir: &Path, times: usize) -> Made {
    let repo = Repository::init_bare(dir).expect("a repository");
    let blob = repo.blob(text(0, None).as_bytes()).expect("a blob");
    let mut update = TreeUpdateBuilder::new();
    for n in 0..10_000 {
        update.upsert(path(n), blob, FileMode::Blob);
    }
    let empty = repo.treebuilder(None).and_then(|builder| builder.write()).expect("a tree");
    let one = update.create_updated(&repo, &repo.find_tree(empty).expect("a tree")).expect("a tree");
    let one = repo.find_tree(one).expect("a tree");
    let mut root = repo.treebuilder(Some(&one)).expect("a builder");
    for n in 1..times {
        root.insert(format!("copy{n:02}"), one.id(), 0o040_000).expect("an entry");
    }
    let tree = repo.find_tree(root.write().expect("a tree")).expect("a tree");
    let base = write(&repo, &tree, 0, &[]);
    let onto = (1..=TRUNK_COMMITS).fold(base, |at, n| commit(&repo, at, n, &[(n, 5), (n + 300, 5)]));
    let heads: Vec<Oid> = (0..WARM_UP + PULLS)
        .map(|pull| {
            (0..=pull % 3).fold(base, |at, n| {
                let file = if pull % 10 == 0 { 1 + pull % TRUNK_COMMITS } else { 1000 + pull * 37 };
                let files: Vec<(usize, usize)> = (0..=(pull + n) % 3).map(|k| (file + k * 1009, 20 + n)).collect();
                commit(&repo, at, 1000 + pull * 10 + n, &files)
            })
        })
        .collect();
    for (n, id) in heads.iter().enumerate() {
        repo.reference(&format!("refs/pull/{n}/head"), *id, true, "bench").expect("a ref");
    }
    repo.reference("refs/heads/main", onto, true, "bench").expect("a ref");
    repo.set_head("refs/heads/main").expect("a head");
    git(dir, &["gc", "--quiet"]);
    let (warm_up, heads) = heads.split_at(WARM_UP);
    Made { onto, warm_up: warm_up.to_vec(), heads: heads.to_vec() }
}

fn git(dir: &Path, arguments: &[&str]) -> String {
    let out = Command::new("git")
        .current_dir(dir)
        .args(["-c", "user.name=x", "-c", "user.email=x@example.org"])
        .args(arguments)
        .output()
        .expect("git runs");
    assert!(out.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).trim().to_owned()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let result = work();
    (began.elapsed(), result)
}

fn sha(oid: Oid) -> greenline::ids::Sha {
    oid.to_string().parse().expect("an id")
}

fn identity() -> Identity {
    Identity::new("Greenline", "bot@example.org")
}

fn recipe(made: &Made, head: Oid) -> Recipe {
    let (strategy, inner_merges) = (Strategy::Rebase, InnerMerges::Refuse);
    Recipe {
        onto: sha(made.onto),
        head: sha(head),
        pull: None,
        strategy,
        inner_merges,
        messages: greenline::message::Messages::default(),
    }
}

/// What a queue waits for: the same through the service's port, with its way to a thread that may block and back.
fn service(dir: &Path, made: &Made) -> Vec<Duration> {
    let cache = GitCache::open(CacheOptions {
        dir: dir.to_owned(),
        git_url: String::new(),
        repo: "octo/bench".parse().expect("a name"),
        identity: identity(),
        token: None,
        limits: TimeLimits::default(),
    });
    let cache = cache.expect("a cache");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let compose = |head: &Oid| timed(|| runtime.block_on(cache.compose(&recipe(made, *head))).expect("an answer")).0;
    let times: Vec<Duration> = made.warm_up.iter().chain(&made.heads).map(compose).collect();
    times[WARM_UP..].to_vec()
}

/// Each pull request composed once by a resident composer, its objects cold, the composer warm; and written, if `store`.
fn ours(dir: &Path, made: &Made, store: bool) -> (Vec<Duration>, Vec<String>) {
    let mut composer = Composer::open(dir, identity()).expect("a composer");
    let mut compose = |head: Oid| {
        let recipe = recipe(made, head);
        let (time, answer) = timed(|| {
            let answer = composer.compose(&recipe).expect("an answer");
            match answer {
                Composed::Tip { tip, .. } if store => composer.store(tip).expect("stored"),
                Composed::Tip { .. } | Composed::Conflict { .. } | Composed::Nothing | Composed::Refused { .. } => {}
            }
            answer
        });
        let Composed::Tip { tree, .. } = answer else { panic!("not composed: {answer:?}") };
        (time, tree.to_string())
    };
    made.warm_up.iter().for_each(|head| drop(compose(*head)));
    made.heads.iter().map(|head| compose(*head)).unzip()
}

fn rebase(dir: &Path, made: &Made, trees: &[String]) -> Vec<Duration> {
    let tree = dir.join("warm");
    git(dir, &["worktree", "add", "--quiet", "--detach", &tree.display().to_string(), "main"]);
    let one = |(head, ours): (&Oid, &String)| {
        git(&tree, &["checkout", "--quiet", "--detach", &head.to_string()]);
        let (time, _) = timed(|| git(&tree, &["rebase", "--quiet", &made.onto.to_string()]));
        assert_eq!(&git(&tree, &["rev-parse", "HEAD^{tree}"]), ours, "git rebase made another tree");
        time
    };
    made.heads.iter().zip(trees).map(one).collect()
}

fn merge_tree(dir: &Path, made: &Made) -> Vec<Duration> {
    let onto = made.onto.to_string();
    made.heads
        .iter()
        .map(|head| timed(|| git(dir, &["merge-tree", "--write-tree", &onto, &head.to_string()])).0)
        .collect()
}

fn libgit2(dir: &Path, made: &Made, samples: usize) -> Vec<Duration> {
    let repo = Repository::open_bare(dir).expect("a repository");
    let onto = repo.find_commit(made.onto).expect("a commit");
    let one = |head: &Oid| {
        let head = repo.find_commit(*head).expect("a commit");
        timed(|| {
            let mut index = repo.merge_commits(&onto, &head, None).expect("a merge");
            index.write_tree_to(&repo).expect("a tree")
        })
        .0
    };
    made.heads.iter().take(samples).map(one).collect()
}

fn row(name: &str, time: Duration, unit: Duration) {
    let ratio = time.as_secs_f64() / unit.as_secs_f64();
    println!("{name:<52} {:>10.3} ms {ratio:>9.1} x", time.as_secs_f64() * 1000.0);
}

fn main() {
    let dir = tempfile::TempDir::new().expect("a directory");
    let (small, large) = (dir.path().join("small.git"), dir.path().join("large.git"));
    let (made, made_large) = (make(&small, 1), make(&large, TIMES));
    let (memory, trees) = ours(&small, &made, false);
    let (large_memory, _) = ours(&large, &made_large, false);
    let served = median(service(&small, &made));
    let (stored, _) = ours(&small, &made, true);
    let (large_stored, _) = ours(&large, &made_large, true);
    let worst = memory.iter().max().copied().unwrap_or_default();
    let (unit, unit_stored) = (median(memory), median(stored));
    let rebased = median(rebase(&small, &made, &trees));
    println!("medians over {PULLS} pull requests of 1 to 3 commits; ratios to the first row");
    row("compose in memory, 10,000 files", unit, unit);
    row("  the slowest (asks git for a file's content)", worst, unit);
    row("compose in memory, 400,000 files", median(large_memory), unit);
    row("compose by the service, 10,000 files", served, unit);
    row("compose and write as for a push, 10,000 files", unit_stored, unit);
    row("compose and write as for a push, 400,000 files", median(large_stored), unit);
    row("git merge-tree (no commits made)", median(merge_tree(&small, &made)), unit);
    row("libgit2 merge of indexes, 10,000 files", median(libgit2(&small, &made, PULLS)), unit);
    row("libgit2 merge of indexes, 400,000 files", median(libgit2(&large, &made_large, LARGE_LIBGIT2_SAMPLES)), unit);
    row("git rebase in a warm working tree, 10,000 files", rebased, unit);
    row("  beside compose by the service", rebased, served);
    row("  beside compose and write as for a push", rebased, unit_stored);
}
