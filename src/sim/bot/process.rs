//! One process of the bot: the real loops of one repository, polled by hand. It ends when it is dropped, wherever it then is.

use crate::engine::board::Boards;
use crate::engine::memory::Memory;
use crate::engine::repo::{Ended, Repo, Settings};
use crate::engine::state::RepoState;
use crate::engine::trunks::Trunks;
use crate::engine::turn::Book;
use crate::engine::world::{Readings, World};
use crate::ids::{Moment, QueueId, RepoName};
use crate::port::Clock;
use crate::sim::bot::deploy::SimDeploy;
use crate::sim::bot::forge::SimForge;
use crate::sim::bot::gate::Door;
use crate::sim::bot::git::SimGit;
use crate::sim::bot::store::SimStore;
use crate::sim::ground::trunks::branch_of;
use crate::sim::ground::world::{Ground, ProcessFile, REPO, Shared};
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use tokio::sync::{Notify, watch};

/// Simulated time.
pub struct SimClock(Door);

impl Clock for SimClock {
    fn now(&self) -> Moment {
        self.0.ground().now
    }

    async fn sleep_ms(&self, ms: u64) {
        self.0.wait(ms).await;
    }
}

/// The world as one process sees it.
struct SimWorld {
    forge: SimForge,
    git: SimGit,
    deploy: SimDeploy,
    clock: SimClock,
    readings: Readings,
    memory: Memory,
}

impl World for SimWorld {
    type Forge = SimForge;
    type Git = SimGit;
    type Deploy = SimDeploy;
    type Clock = SimClock;

    fn forge(&self) -> &SimForge {
        &self.forge
    }

    fn git(&self) -> &SimGit {
        &self.git
    }

    fn deploy(&self) -> &SimDeploy {
        &self.deploy
    }

    fn clock(&self) -> &SimClock {
        &self.clock
    }

    fn readings(&self) -> &Readings {
        &self.readings
    }

    fn memory(&self) -> &Memory {
        &self.memory
    }

    fn head_seen_ms(&self) -> u64 {
        2_000
    }

    fn renamed(&self, _name: &RepoName) {}
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What polling came to.
pub enum Polled {
    /// It waits.
    Waits,
    /// It has ended.
    Ended(Ended),
    /// It broke; why.
    Broke(String),
}

/// One process of the bot.
pub struct Process {
    /// Its number.
    pub id: u32,
    flag: Arc<Flag>,
    waker: Waker,
    stop: watch::Sender<bool>,
    work: Pin<Box<dyn Future<Output = Ended> + Send>>,
}

impl Process {
    /// Starts one.
    pub fn start(shared: &Shared, id: u32, pushes_per_minute: Option<u32>) -> Self {
        let (stop, shutdown) = watch::channel(false);
        shared.ground().processes.insert(id, ProcessFile::default());
        let work = Box::pin(work(shared.clone(), id, shutdown, pushes_per_minute));
        let flag = Arc::new(Flag(AtomicBool::new(true)));
        Self { id, waker: Waker::from(Arc::clone(&flag)), flag, stop, work }
    }

    /// Asks it to end in good order.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Lets it go on as far as it can.
    pub fn poll(&mut self) -> Polled {
        while self.flag.0.swap(false, Ordering::Relaxed) {
            let mut cx = Context::from_waker(&self.waker);
            match catch_unwind(AssertUnwindSafe(|| self.work.as_mut().poll(&mut cx))) {
                Ok(Poll::Pending) => {}
                Ok(Poll::Ready(ended)) => return Polled::Ended(ended),
                Err(panic) => {
                    let said = panic.downcast_ref::<String>().cloned();
                    let said = said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
                    return Polled::Broke(said.unwrap_or_else(|| "it panicked".into()));
                }
            }
        }
        Polled::Waits
    }
}

/// What the supervisor does for one repository: a loop for its default branch, and one for each other branch that this one says
/// has a queue. It ends when another process takes one of them over, or when all have come to their end.
async fn work(shared: Shared, id: u32, shutdown: watch::Receiver<bool>, pushes: Option<u32>) -> Ended {
    let (tell, named) = watch::channel(None);
    let branched = Arc::new(Notify::new());
    let mut open = BTreeSet::new();
    let mut loops = FuturesUnordered::new();
    let mut wanted: Vec<_> = [None].into_iter().chain(shared.ground().claimed().map(Some)).collect();
    loop {
        for branch in wanted.drain(..) {
            let id_of = QueueId { repo: REPO, branch };
            if open.insert(id_of.clone()) {
                let door = Door::new(shared.clone(), id, branch_of(&id_of));
                let trunks = match &id_of.branch {
                    None => Trunks::Tells { to: tell.clone(), changed: Arc::clone(&branched) },
                    Some(_) => Trunks::Hears(named.clone()),
                };
                let reconcile_ms = shared.ground().reconcile_ms;
                let settings = Settings { trunks, reconcile_ms, pushes_per_minute: pushes, page: None };
                loops.push(queue(door, id_of, settings, shutdown.clone()));
            }
        }
        tokio::select! {
            biased;
            ended = loops.next() => match ended {
                Some((_, Ended::Fenced)) => return Ended::Fenced,
                Some((id_of, Ended::Retired)) => {
                    shared.ground().oracle.sometimes("a queue was retired");
                    open.remove(&id_of);
                    shared.ground().retire(&id_of);
                }
                Some((_, Ended::Shutdown)) => {}
                None => return Ended::Shutdown,
            },
            () = branched.notified() => {
                let ground = shared.ground();
                let wakes = ground.processes.get(&id).into_iter().flat_map(|file| file.wake.values());
                wakes.for_each(|wake| wake.notify_one());
            }
        }
        wanted.extend(named.borrow().iter().flatten().cloned().map(Some));
        if *shutdown.borrow() {
            wanted.clear();
        }
    }
}

/// One queue's loop.
async fn queue(door: Door, id: QueueId, settings: Settings, shutdown: watch::Receiver<bool>) -> (QueueId, Ended) {
    let store = Arc::new(SimStore(door.clone()));
    let clock = SimClock(door.clone());
    let book = loop {
        let fresh = RepoState::of_branch(Ground::repository(), id.branch.clone(), clock.now());
        match Book::open(&*store, fresh).await {
            Ok(book) => break book,
            Err(_) => clock.sleep_ms(5_000).await,
        }
    };
    if let Trunks::Tells { to, changed } = &settings.trunks {
        to.send_replace(book.state.settings.trunks.clone());
        changed.notify_one();
    }
    let world = SimWorld {
        forge: SimForge(door.clone()),
        git: SimGit(door.clone()),
        deploy: SimDeploy(door.clone()),
        clock,
        readings: Readings::after(book.state.readings),
        memory: Memory::default(),
    };
    let wake = Arc::new(Notify::new());
    if let Some(file) = door.ground().processes.get_mut(&door.process) {
        file.wake.insert(door.trunk.clone(), Arc::clone(&wake));
    }
    wake.notify_one();
    // Drawing them takes time: in one world of eight somebody looks.
    let boards = settings.reconcile_ms.is_multiple_of(8).then(Boards::default);
    let ended = Repo::new(Arc::new(world), store, book, boards, settings).run(wake, shutdown).await;
    (id, ended)
}
