//! Keeps a loop for each queue of the repositories the App is given, closes those it is no longer given, and hands waiting
//! deliveries to them. The default branch of a repository says which other branches have a queue.

mod listing;
mod site;
mod trunks;

pub use site::{Found, Site};

use super::board::{Board, Boards};
use super::present::board;
use super::repo::{Ended, Repo, Settings};
use super::state::RepoState;
use super::trunks::{Named, Trunks, named};
use super::turn::Book;
use super::world::Readings;
use crate::ids::{Moment, QueueId, RepoId};
use crate::port::{Clock, Store, Trouble};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Fuse, FusedFuture, ready};
use listing::{Agenda, Changes, asks_for_list, changes};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use tokio::sync::{Notify, watch};
use tokio::task::{self, JoinError, JoinSet};
use trunks::{missing, nobodys};

/// Failed deliveries of this long are asked for again whenever the list is read.
const REDELIVER_MS: i64 = 6 * 3_600_000;
/// Service-wide inbox rows dealt with at once.
const ROWS_AT_ONCE: usize = 256;
/// What the board of a queue says whose loop has broken.
const BROKE: &str = "This queue is stopped, because an invariant broke; nothing was done after that. Read the log of the \
                     service and report what it says, then restart the service.";

/// What all loops share.
#[derive(Debug, Clone)]
pub struct Service {
    /// Where boards are published.
    pub boards: Boards,
    /// Wakes the supervisor when a delivery is stored.
    pub wake: Arc<Notify>,
    /// Turns true when the App's repositories are listed and each has its board. One that cannot be opened has a board
    /// that says so, and keeps nobody else waiting.
    pub ready: watch::Sender<bool>,
    /// Turns true when everything is to stop.
    pub shutdown: watch::Receiver<bool>,
    /// Between two reconciliations of a repository, in milliseconds.
    pub reconcile_ms: u64,
    /// Pushes a minute and repository; none for no limit.
    pub pushes_per_minute: Option<u32>,
    /// The status page, for links.
    pub page: Option<String>,
}

struct Loop {
    found: Found,
    wake: Arc<Notify>,
    stop: watch::Sender<bool>,
    task: task::Id,
    /// Which other branches have a queue, as the loop of the default branch says.
    trunks: watch::Receiver<Named>,
}

/// Runs loops until shutdown; `Fenced` if another process took a repository over.
pub async fn supervise<T: Site, S: Store>(site: T, store: Arc<S>, service: Service) -> Ended {
    let mut shutdown = service.shutdown.clone();
    let mut house = Supervisor::new(site, store, service);
    let stop = async {
        let _ = shutdown.wait_for(|stop| *stop).await;
    };
    tokio::select! {
        () = stop => {}
        () = house.work() => {
            tracing::error!("another process works with this database, and only one can: this one ends");
            return Ended::Fenced;
        }
    }
    for own in house.loops.values() {
        own.stop.send_replace(true);
    }
    while let Some(ended) = house.tasks.join_next().await {
        if let Err(failed) = ended {
            tracing::error!(%failed, "a repository's loop did not end well");
        }
    }
    Ended::Shutdown
}

/// A question to the outside that other work does not wait for.
type Asking<T> = Fuse<BoxFuture<'static, Result<T, Trouble>>>;

struct Supervisor<T, S> {
    site: Arc<T>,
    store: Arc<S>,
    service: Service,
    loops: BTreeMap<QueueId, Loop>,
    tasks: JoinSet<(QueueId, Ended)>,
    /// Told when a loop says that other branches have a queue.
    branched: Arc<Notify>,
    agenda: Agenda,
    listing: Asking<Vec<Found>>,
    redelivery: Asking<usize>,
    /// What the last list named and is to have a queue.
    served: BTreeSet<RepoId>,
    /// Queues that are still to be opened.
    unopened: VecDeque<(QueueId, Found)>,
}

impl<T: Site, S: Store> Supervisor<T, S> {
    fn new(site: T, store: Arc<S>, service: Service) -> Self {
        Self {
            agenda: Agenda::new(site.clock().now()),
            site: Arc::new(site),
            store,
            service,
            loops: BTreeMap::new(),
            tasks: JoinSet::new(),
            branched: Arc::new(Notify::new()),
            listing: Fuse::terminated(),
            redelivery: Fuse::terminated(),
            served: BTreeSet::new(),
            unopened: VecDeque::new(),
        }
    }

    /// Works until another process has taken a repository over.
    async fn work(&mut self) {
        loop {
            let now = self.site.clock().now();
            if self.agenda.begin_inbox(now)
                && let Err(trouble) = self.hand_out(now).await
            {
                tracing::error!(%trouble, "the inbox could not be read; trying again");
                self.agenda.inbox_after_trouble(now);
            }
            if self.agenda.begin_list(now) {
                let site = Arc::clone(&self.site);
                self.listing = async move { site.repositories().await }.boxed().fuse();
            }
            let pause = self.agenda.pause_ms(now);
            tokio::select! {
                () = self.service.wake.notified() => self.agenda.inbox_now(now),
                Some(ended) = self.tasks.join_next_with_id() => if self.fenced(ended).await { return },
                found = &mut self.listing => self.listed(found),
                asked = &mut self.redelivery => told(asked),
                () = self.branched.notified() => self.branch_out(),
                () = ready(()), if !self.unopened.is_empty() => self.open_next().await,
                () = self.site.clock().sleep_ms(pause) => {}
            }
        }
    }

    /// Takes in which repositories the App is given: closes loops accordingly, and has the others opened one by one.
    fn listed(&mut self, found: Result<Vec<Found>, Trouble>) {
        let now = self.site.clock().now();
        self.agenda.listed();
        let found = match found {
            Ok(found) => found,
            Err(trouble) => {
                tracing::error!(%trouble, "the App's repositories could not be listed; trying again");
                self.agenda.list_after_trouble(now);
                return;
            }
        };
        let given: BTreeSet<RepoId> = found.iter().map(|found| found.repository.id).collect();
        let open = self.loops.iter().map(|(id, own)| (id.repo, own.found.installation)).collect();
        let Changes { close, open, served } = changes(found, &open);
        self.unopened = open.into_iter().map(|found| (QueueId::of(found.repository.id), found)).collect();
        self.served = served;
        for (id, own) in self.loops.extract_if(.., |id, _| close.contains(&id.repo)) {
            tracing::info!(repo = %own.found.repository.name, %id, "queue closed: the App is no longer given this repository; what is queued is kept");
            own.stop.send_replace(true);
        }
        for id in self.service.boards.now().into_keys().filter(|id| !given.contains(&id.repo)) {
            self.service.boards.withdraw(&id);
        }
        self.branch_out();
        // Deliveries may have waited to learn whether anybody is there for them.
        self.agenda.inbox_now(now);
        self.opened();
    }

    /// Has the queues opened that the default branches' settings name by now; one that they no longer name hears it, and ends.
    fn branch_out(&mut self) {
        for own in self.loops.iter().filter(|(id, _)| id.branch.is_some()).map(|(_, own)| own) {
            own.wake.notify_one();
        }
        let told = self.loops.iter_mut().map(|(id, own)| (id, &own.found, own.trunks.borrow_and_update().clone()));
        let named = told.flat_map(|(id, found, trunks)| missing(id, &trunks, found)).collect();
        self.have_opened(named);
    }

    /// Has queues opened that are not open and not to be opened yet.
    fn have_opened(&mut self, queues: Vec<(QueueId, Found)>) {
        let known = |id: &QueueId| self.loops.contains_key(id) || self.unopened.iter().any(|(other, _)| other == id);
        let new: Vec<_> = queues.into_iter().filter(|(id, _)| !known(id)).collect();
        self.unopened.extend(new);
    }

    async fn open_next(&mut self) {
        let Some((id, found)) = self.unopened.pop_front() else { return };
        if let Err(trouble) = self.open(&id, &found).await {
            if matches!(trouble, Trouble::Busy { .. }) {
                self.agenda.list_after_trouble(self.site.clock().now());
            }
            self.not_opened(&id, &found, &trouble);
        }
        self.opened();
    }

    /// Once each repository has its board: says that we are ready, and has deliveries that never arrived sent again.
    /// Reconciling finds the same truth; this finds it sooner.
    fn opened(&mut self) {
        if !self.unopened.is_empty() {
            return;
        }
        self.service.ready.send_replace(true);
        if self.redelivery.is_terminated() && !self.agenda.in_trouble() {
            let (site, since) = (Arc::clone(&self.site), self.site.clock().now().plus_ms(-REDELIVER_MS));
            self.redelivery = async move { site.redeliver(since).await }.boxed().fuse();
        }
    }

    async fn open(&mut self, id: &QueueId, found: &Found) -> Result<(), Trouble> {
        let now = self.site.clock().now();
        let fresh = RepoState::of_branch(found.repository.clone(), id.branch.clone(), now);
        let book = Book::open(&*self.store, fresh).await?;
        let (trunks, named) = if id.branch.is_none() {
            // Other branches need not wait for the settings to be read again.
            let (to, named) = watch::channel(named(&book.state));
            (Trunks::Tells { to, changed: Arc::clone(&self.branched) }, named)
        } else {
            let Some(default) = self.loops.get(&QueueId::of(id.repo)) else { return Ok(()) };
            (Trunks::Hears(default.trunks.clone()), default.trunks.clone())
        };
        let world = Arc::new(self.site.open(found, Readings::after(book.state.readings))?);
        let settings = Settings {
            trunks,
            reconcile_ms: self.service.reconcile_ms,
            pushes_per_minute: self.service.pushes_per_minute,
            page: self.service.page.clone(),
        };
        // What was known at the end of the last process, until the first turn draws it anew.
        self.service.boards.publish(id.clone(), board(&book.state, Vec::new(), now));
        let wake = Arc::new(Notify::new());
        let repo = Repo::new(world, Arc::clone(&self.store), book, Some(self.service.boards.clone()), settings);
        wake.notify_one();
        let (stop, stopped) = watch::channel(false);
        let run = repo.run(Arc::clone(&wake), stopped);
        let own_id = id.clone();
        let task = self.tasks.spawn(async move { (own_id, run.await) }).id();
        tracing::info!(repo = %found.repository.name, %id, "queue opened");
        self.loops.insert(id.clone(), Loop { found: found.clone(), wake, stop, task, trunks: named });
        self.branch_out();
        if id.branch.is_none() {
            self.reopen(found).await;
        }
        Ok(())
    }

    /// Has the queues of further branches opened that did not close in order: one whose branch lost its queue meanwhile still has
    /// to tell everybody who waited in it.
    async fn reopen(&mut self, found: &Found) {
        match self.store.claimed(found.repository.id).await {
            Ok(left) => self.have_opened(left.into_iter().map(|id| (id, found.clone())).collect()),
            Err(trouble) => {
                tracing::error!(repo = %found.repository.name, %trouble, "which queues did not close in order could not be read; it is read at the next start");
            }
        }
    }

    fn not_opened(&self, id: &QueueId, found: &Found, trouble: &Trouble) {
        let (repository, now) = (&found.repository, self.site.clock().now());
        tracing::error!(repo = %repository.name, %id, %trouble, "a queue could not be opened; it is tried again later");
        let said = format!("This queue could not be opened: {trouble}.");
        let empty = RepoState::of_branch(repository.clone(), id.branch.clone(), now);
        self.service.boards.publish(id.clone(), board(&empty, vec![said], now));
    }

    /// Wakes the loops that have deliveries waiting, and deals with those that no loop takes in.
    async fn hand_out(&mut self, now: Moment) -> Result<(), Trouble> {
        self.drop_rows(None, now).await?;
        for queue in self.store.waiting().await? {
            let trunks = self.loops.get(&QueueId::of(queue.repo)).and_then(|own| own.trunks.borrow().clone());
            if let Some(own) = self.loops.get(&queue) {
                own.wake.notify_one();
            } else if nobodys(&queue, &self.served, self.agenda.list_holds(now), &trunks) {
                self.drop_rows(Some(&queue), now).await?;
                if queue.branch.is_some() {
                    self.store.retire(&queue).await?;
                }
            }
        }
        Ok(())
    }

    /// Drops rows of the service as a whole, or of a queue that is not served; they may still ask for a new list.
    async fn drop_rows(&mut self, of: Option<&QueueId>, now: Moment) -> Result<(), Trouble> {
        let rows = self.store.inbox(of, ROWS_AT_ONCE).await?;
        self.store.consume(&rows.iter().map(|row| row.seq).collect::<Vec<_>>()).await?;
        if rows.iter().any(|row| asks_for_list(&row.hint)) {
            self.agenda.list_now(now);
        }
        if rows.len() == ROWS_AT_ONCE {
            self.agenda.inbox_now(now);
        }
        Ok(())
    }

    /// Takes in that a loop has ended; true if another process works on a repository of ours. A loop that broke stays
    /// stopped: a person must look first.
    async fn fenced(&mut self, ended: Result<(task::Id, (QueueId, Ended)), JoinError>) -> bool {
        let (task, id, ended) = match ended {
            Ok((task, (id, ended))) => (task, id, ended),
            Err(broken) => {
                let own = self.loops.iter().find(|(_, own)| own.task == broken.id());
                let repo = own.map(|(_, own)| own.found.repository.name.as_str());
                tracing::error!(repo, %broken, "a repository's queue is stopped: an invariant broke, and nothing was written");
                if let Some((id, _)) = own {
                    self.broke(id);
                }
                return false;
            }
        };
        if ended == Ended::Retired && self.loops.get(&id).is_some_and(|own| own.task == task) {
            tracing::info!(%id, "queue closed: its branch is gone, or the default branch's settings no longer name it");
            self.loops.remove(&id);
            if let Err(trouble) = self.store.retire(&id).await {
                tracing::warn!(%id, %trouble, "that a queue has closed could not be written; it is opened and closed once more after a restart");
            }
            // It may have been named again while it closed.
            self.branch_out();
        }
        match self.loops.get(&id) {
            // One that was closed while it was still at work, and opened again: its heir has fenced it.
            Some(own) if own.task != task => false,
            Some(_) => ended == Ended::Fenced,
            None => {
                match ended {
                    Ended::Retired => self.service.boards.close(&id),
                    Ended::Shutdown | Ended::Fenced => self.service.boards.withdraw(&id),
                }
                false
            }
        }
    }

    /// Shows a queue as last drawn, and that it is stopped.
    fn broke(&self, id: &QueueId) {
        if let Some(last) = self.service.boards.now().get(id) {
            let mut board = Board::clone(last);
            board.troubles.push(BROKE.to_owned());
            self.service.boards.publish(id.clone(), board);
        }
    }
}

fn told(asked: Result<usize, Trouble>) {
    match asked {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "deliveries that had not arrived were asked for again"),
        Err(trouble) => tracing::warn!(%trouble, "failed deliveries could not be asked for again"),
    }
}
