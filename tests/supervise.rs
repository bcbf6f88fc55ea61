//! The supervisor on a site whose list is answered by hand, by a clock that is moved by hand: which deliveries it keeps,
//! what it does while a list is awaited, and what it says of a queue that broke.

use greenline::adapter::deploy::{Allowed, Drivers};
use greenline::adapter::git::{CacheOptions, GitCache, Identity, TimeLimits};
use greenline::adapter::github::{App, GithubForge};
use greenline::adapter::store::MemoryStore;
use greenline::config::service::GithubConfig;
use greenline::engine::board::Boards;
use greenline::engine::memory::Memory;
use greenline::engine::repo::Ended;
use greenline::engine::supervise::{Found, Service, Site, supervise};
use greenline::engine::world::{Readings, World};
use greenline::facts::Repository;
use greenline::ids::{AppId, InstallationId, Moment, PrNumber, QueueId, RepoId, RepoName};
use greenline::port::store::{Delivery, Hint};
use greenline::port::{Clock, Store, Trouble};
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

const REPO: RepoId = RepoId::new(7);

#[derive(Clone)]
struct HandClock(watch::Sender<i64>);

impl Clock for HandClock {
    fn now(&self) -> Moment {
        Moment::from_ms(*self.0.borrow())
    }

    async fn sleep_ms(&self, ms: u64) {
        let until = self.now().plus_ms(i64::try_from(ms).unwrap_or(i64::MAX)).ms();
        self.0.subscribe().wait_for(|now| *now >= until).await.expect("the clock is kept");
    }
}

/// A repository of which nothing can be read, and whose git may break an invariant.
struct Nowhere {
    forge: Arc<GithubForge>,
    git: Arc<GitCache>,
    deploy: Drivers<GithubForge>,
    clock: HandClock,
    readings: Readings,
    memory: Memory,
    breaks: bool,
}

impl World for Nowhere {
    type Forge = GithubForge;
    type Git = GitCache;
    type Deploy = Drivers<GithubForge>;
    type Clock = HandClock;

    fn forge(&self) -> &GithubForge {
        &self.forge
    }
    fn git(&self) -> &GitCache {
        assert!(!self.breaks, "an invariant broke");
        &self.git
    }
    fn deploy(&self) -> &Drivers<GithubForge> {
        &self.deploy
    }
    fn clock(&self) -> &HandClock {
        &self.clock
    }
    fn readings(&self) -> &Readings {
        &self.readings
    }
    fn memory(&self) -> &Memory {
        &self.memory
    }
    fn head_seen_ms(&self) -> u64 {
        1
    }
    fn renamed(&self, _name: &RepoName) {}
}

type List = Option<Result<Vec<Found>, Trouble>>;

/// What the site answers; `None` keeps whoever asks waiting.
struct HandSite {
    list: watch::Sender<List>,
    asked: watch::Sender<usize>,
    clock: HandClock,
    dir: tempfile::TempDir,
    breaks: bool,
}

impl Site for HandSite {
    type World = Nowhere;
    type Clock = HandClock;

    async fn repositories(&self) -> Result<Vec<Found>, Trouble> {
        self.asked.send_modify(|asked| *asked += 1);
        let mut list = self.list.subscribe();
        let answer = list.wait_for(Option::is_some).await.expect("the stage holds the list").clone();
        answer.expect("just seen")
    }

    async fn redeliver(&self, _since: Moment) -> Result<usize, Trouble> {
        Ok(0)
    }

    fn open(&self, found: &Found, readings: Readings) -> Result<Nowhere, Trouble> {
        let settings = GithubConfig {
            api_url: "http://127.0.0.1:1/api/v3".to_owned(),
            git_url: "http://127.0.0.1:1".to_owned(),
            app_id: AppId::new(1),
            private_key: SecretString::from(include_str!("forge_contract/key.pem")),
            webhook_secrets: vec![],
            slug: None,
            sign_in: None,
        };
        let name = found.repository.name.clone();
        let git = GitCache::open(CacheOptions {
            dir: self.dir.path().join("cache.git"),
            git_url: settings.git_url.clone(),
            repo: name.clone(),
            identity: Identity::new("Greenline", "greenline@example.com"),
            token: None,
            limits: TimeLimits::default(),
        })?;
        let (git, forge) = (Arc::new(git), App::new(&settings)?.forge(found.installation, found.repository.id, name));
        let (forge, dir) = (Arc::new(forge), self.dir.path().join("deployments"));
        let deploy = Drivers::new(Arc::clone(&forge), Arc::clone(&git), dir, Allowed::default());
        let (clock, memory) = (self.clock.clone(), Memory::default());
        Ok(Nowhere { forge, git, deploy, clock, readings, memory, breaks: self.breaks })
    }

    fn clock(&self) -> &HandClock {
        &self.clock
    }
}

struct Stage {
    list: watch::Sender<List>,
    asked: watch::Sender<usize>,
    time: watch::Sender<i64>,
    store: Arc<MemoryStore>,
    wake: Arc<Notify>,
    boards: Boards,
    shutdown: watch::Sender<bool>,
    ended: JoinHandle<Ended>,
}

impl Stage {
    fn open(list: List, breaks: bool) -> Self {
        let (list, asked, time) = (watch::Sender::new(list), watch::Sender::new(0), watch::Sender::new(0));
        let dir = tempfile::tempdir().expect("a directory");
        let site = HandSite { list: list.clone(), asked: asked.clone(), clock: HandClock(time.clone()), dir, breaks };
        let (store, wake, boards) = (Arc::new(MemoryStore::default()), Arc::new(Notify::new()), Boards::default());
        let (shutdown, stopped) = watch::channel(false);
        let service = Service {
            boards: boards.clone(),
            wake: Arc::clone(&wake),
            ready: watch::Sender::new(false),
            shutdown: stopped,
            reconcile_ms: 60_000,
            pushes_per_minute: None,
            page: None,
        };
        let ended = tokio::spawn(supervise(site, Arc::clone(&store), service));
        Self { list, asked, time, store, wake, boards, shutdown, ended }
    }

    async fn deliver(&self, id: &str, repo: Option<RepoId>, hint: Hint) {
        self.store.receive(delivery(id, repo, hint)).await.expect("memory takes it");
        self.wake.notify_one();
    }

    /// Delivers what only the supervisor takes in, and waits until it has.
    async fn nudge(&self, id: &str) {
        self.deliver(id, None, Hint::Installations).await;
        self.until_waiting(None, 0).await;
    }

    async fn until_waiting(&self, of: Option<RepoId>, rows: usize) {
        let waits = async {
            while self.store.inbox(of.map(QueueId::of).as_ref(), 9).await.expect("memory answers").len() != rows {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waits).await.expect("the inbox comes to that");
    }

    async fn until_asked(&self, times: usize) {
        let mut asked = self.asked.subscribe();
        let waits = asked.wait_for(|asked| *asked >= times);
        tokio::time::timeout(Duration::from_secs(20), waits).await.expect("it is asked").expect("the site is there");
    }

    async fn until_trouble(&self, words: &str) {
        let mut boards = self.boards.subscribe();
        let told = boards.wait_for(|all| {
            all.get(&QueueId::of(REPO))
                .is_some_and(|board| board.troubles.iter().any(|trouble| trouble.contains(words)))
        });
        tokio::time::timeout(Duration::from_secs(20), told).await.expect("the board says so").expect("boards are kept");
    }

    async fn end(self) {
        self.shutdown.send_replace(true);
        assert_eq!(self.ended.await.expect("it ends well"), Ended::Shutdown);
    }
}

fn delivery(id: &str, repo: Option<RepoId>, hint: Hint) -> Delivery {
    Delivery {
        id: id.parse().expect("an id"),
        event: "any".to_owned(),
        repo: repo.map(|repo| (repo, name())),
        installation: None,
        hint: Some(hint),
        digest: [0; 32],
        unread: None,
        received_at: Moment::from_ms(0),
    }
}

fn name() -> RepoName {
    "octo/hello".parse().expect("a name")
}

fn given() -> Vec<Found> {
    let trunk = "main".parse().expect("a branch");
    let repository = Repository { id: REPO, name: name(), default_branch: trunk, archived: false };
    vec![Found { installation: InstallationId::new(9), repository }]
}

#[tokio::test]
async fn what_was_delivered_for_a_repository_is_kept_until_a_list_says_that_it_is_nobodys() {
    let stage = Stage::open(Some(Err(Trouble::busy("GitHub is down"))), false);
    stage.until_asked(1).await;
    stage.deliver("a", Some(REPO), Hint::Pull(PrNumber::new(1))).await;
    stage.nudge("b").await;
    // The second is taken in after all that came with the first.
    stage.nudge("c").await;
    stage.until_waiting(Some(REPO), 1).await;
    assert_eq!(*stage.asked.borrow(), 1, "deliveries do not hurry a list that failed");
    stage.list.send_replace(Some(Ok(Vec::new())));
    stage.time.send_replace(5_000);
    stage.until_waiting(Some(REPO), 0).await;
    stage.end().await;
}

#[tokio::test]
async fn for_a_branch_that_nobody_serves_nothing_more_is_kept() {
    let stage = Stage::open(Some(Err(Trouble::busy("GitHub is down"))), false);
    stage.until_asked(1).await;
    let branch = QueueId { repo: REPO, branch: Some("release/1".parse().expect("a branch")) };
    stage.store.claim(&branch).await.expect("memory answers");
    stage.deliver("a", Some(REPO), Hint::Pull(PrNumber::new(1))).await;
    stage.list.send_replace(Some(Ok(Vec::new())));
    stage.time.send_replace(5_000);
    stage.until_waiting(Some(REPO), 0).await;
    // Taken in after all that was handed out before.
    stage.nudge("b").await;
    stage.nudge("c").await;
    let store = Arc::clone(&stage.store);
    stage.end().await;
    let delivery = |id: &str| delivery(id, Some(REPO), Hint::Pull(PrNumber::new(1)));
    store.receive(delivery("d")).await.expect("memory takes it");
    assert_eq!(store.waiting().await, Ok(vec![QueueId::of(REPO)]));
}

#[tokio::test]
async fn a_queue_that_did_not_close_in_order_is_opened_again() {
    let stage = Stage::open(None, false);
    let queue = |name: &str| QueueId { repo: REPO, branch: Some(name.parse().expect("a branch")) };
    for name in ["release/1", "release/2"] {
        stage.store.claim(&queue(name)).await.expect("memory answers");
    }
    stage.store.retire(&queue("release/2")).await.expect("memory answers");
    stage.list.send_replace(Some(Ok(given())));
    let mut boards = stage.boards.subscribe();
    boards.wait_for(|all| all.contains_key(&queue("release/1"))).await.expect("its queue is opened");
    assert!(!stage.boards.now().contains_key(&queue("release/2")), "it had closed");
    stage.end().await;
}

#[tokio::test]
async fn a_list_that_does_not_come_keeps_nobody_waiting() {
    let stage = Stage::open(None, false);
    stage.until_asked(1).await;
    stage.nudge("a").await;
    stage.nudge("b").await;
    assert_eq!(*stage.asked.borrow(), 1, "one list at a time");
    stage.list.send_replace(Some(Ok(given())));
    stage.until_asked(2).await;
    let mut boards = stage.boards.subscribe();
    boards.wait_for(|all| all.contains_key(&QueueId::of(REPO))).await.expect("its queue is opened");
    stage.end().await;
}

#[tokio::test]
async fn a_queue_that_broke_says_so_and_no_other_suffers() {
    let stage = Stage::open(Some(Ok(given())), true);
    stage.until_trouble("This queue is stopped").await;
    stage.deliver("a", Some(REPO), Hint::Pull(PrNumber::new(1))).await;
    stage.nudge("b").await;
    stage.until_waiting(Some(REPO), 1).await;
    stage.end().await;
}
