//! Keeps one loop per repository the App is given, closes those it is no longer given, and hands waiting deliveries to them.

use super::board::Boards;
use super::present::board;
use super::repo::{Ended, Repo, Settings};
use super::state::RepoState;
use super::turn::Book;
use super::world::{Readings, World};
use crate::facts::Repository;
use crate::ids::{InstallationId, Moment, RepoId, RepoName};
use crate::port::store::Hint;
use crate::port::{Clock, Store, Trouble};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{Notify, watch};
use tokio::task::{self, JoinError, JoinSet};

/// The list of repositories is read again after this long at the latest.
const LIST_MS: u64 = 600_000;
/// Pause after the list could not be read.
const RETRY_MS: u64 = 5_000;
/// Failed deliveries of this long are asked for again whenever the list is read.
const REDELIVER_MS: i64 = 6 * 3_600_000;
/// Service-wide inbox rows dealt with at once.
const ROWS_AT_ONCE: usize = 256;

/// A repository the App is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The installation that says so.
    pub installation: InstallationId,
    /// The repository; an archived one is not opened, but not closed either.
    pub repository: Repository,
}

/// The forge and git as a whole: which repositories there are, and the world of each.
pub trait Site: Send + Sync + 'static {
    /// The world of one repository.
    type World: World;
    /// Time.
    type Clock: Clock;

    /// Every repository the App is given. What is not named here is closed, so a list that may lack some is trouble.
    fn repositories(&self) -> impl Future<Output = Result<Vec<Found>, Trouble>> + Send;
    /// Asks for deliveries since `since` that never arrived; how many.
    fn redeliver(&self, since: Moment) -> impl Future<Output = Result<usize, Trouble>> + Send;
    /// The world of one of them.
    fn open(&self, found: &Found, readings: Readings) -> Result<Self::World, Trouble>;
    /// Time.
    fn clock(&self) -> &Self::Clock;
}

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
    name: RepoName,
    installation: InstallationId,
    wake: Arc<Notify>,
    stop: watch::Sender<bool>,
    task: task::Id,
}

/// Runs loops until shutdown; `Fenced` if another process took a repository over.
pub async fn supervise<T: Site, S: Store>(site: T, store: Arc<S>, service: Service) -> Ended {
    let mut shutdown = service.shutdown.clone();
    let mut house = Supervisor { site, store, service, loops: BTreeMap::new(), tasks: JoinSet::new() };
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

struct Supervisor<T, S> {
    site: T,
    store: Arc<S>,
    service: Service,
    loops: BTreeMap<RepoId, Loop>,
    tasks: JoinSet<(RepoId, Ended)>,
}

impl<T: Site, S: Store> Supervisor<T, S> {
    /// Works until another process has taken a repository over.
    async fn work(&mut self) {
        let mut list = true;
        loop {
            let mut pause = LIST_MS;
            if list {
                list = self.list().await;
                pause = if list { RETRY_MS } else { LIST_MS };
            }
            match self.hand_out().await {
                Ok(again) => list |= again,
                Err(trouble) => {
                    tracing::error!(%trouble, "the inbox could not be read; trying again");
                    pause = RETRY_MS;
                }
            }
            if list && pause == LIST_MS {
                continue;
            }
            tokio::select! {
                () = self.service.wake.notified() => {}
                Some(ended) = self.tasks.join_next_with_id() => if self.fenced(ended) { return },
                () = self.site.clock().sleep_ms(pause) => list = true,
            }
        }
    }

    /// Reads which repositories the App is given, and opens and closes loops accordingly; true if it has to be tried again soon.
    async fn list(&mut self) -> bool {
        let found = match self.site.repositories().await {
            Ok(found) => found,
            Err(trouble) => {
                tracing::error!(%trouble, "the App's repositories could not be listed; trying again");
                return true;
            }
        };
        self.close_all_but(&found);
        let mut again = false;
        for found in found.iter().filter(|found| !found.repository.archived) {
            if self.loops.contains_key(&found.repository.id) {
                continue;
            }
            if let Err(trouble) = self.open(found).await {
                again |= matches!(trouble, Trouble::Busy { .. });
                self.not_opened(found, &trouble);
            }
        }
        self.service.ready.send_replace(true);
        if !again {
            self.ask_again().await;
        }
        again
    }

    /// What the App was given and is no longer, and what is now given by another installation.
    fn close_all_but(&mut self, found: &[Found]) {
        let given: BTreeMap<RepoId, InstallationId> =
            found.iter().map(|found| (found.repository.id, found.installation)).collect();
        let (kept, gone) =
            std::mem::take(&mut self.loops).into_iter().partition(|(id, own)| given.get(id) == Some(&own.installation));
        self.loops = kept;
        for (id, own) in gone {
            tracing::info!(repo = %own.name, %id, "queue closed: the App is no longer given this repository; what is queued is kept");
            own.stop.send_replace(true);
        }
        for id in self.service.boards.now().into_keys().filter(|id| !given.contains_key(id)) {
            self.service.boards.withdraw(id);
        }
    }

    async fn open(&mut self, found: &Found) -> Result<(), Trouble> {
        let (id, name, now) = (found.repository.id, found.repository.name.clone(), self.site.clock().now());
        let book = Book::open(&*self.store, RepoState::new(found.repository.clone(), now)).await?;
        let world = Arc::new(self.site.open(found, Readings::after(book.state.readings))?);
        let settings = Settings {
            reconcile_ms: self.service.reconcile_ms,
            pushes_per_minute: self.service.pushes_per_minute,
            page: self.service.page.clone(),
        };
        // What was known at the end of the last process, until the first turn draws it anew.
        self.service.boards.publish(id, board(&book.state, Vec::new(), now));
        let wake = Arc::new(Notify::new());
        let repo = Repo::new(world, Arc::clone(&self.store), book, self.service.boards.clone(), settings);
        wake.notify_one();
        let (stop, stopped) = watch::channel(false);
        let run = repo.run(Arc::clone(&wake), stopped);
        let task = self.tasks.spawn(async move { (id, run.await) }).id();
        tracing::info!(repo = %name, %id, "queue opened");
        self.loops.insert(id, Loop { name, installation: found.installation, wake, stop, task });
        Ok(())
    }

    fn not_opened(&self, found: &Found, trouble: &Trouble) {
        let (repository, now) = (&found.repository, self.site.clock().now());
        tracing::error!(repo = %repository.name, %trouble, "a repository's queue could not be opened; it is tried again later");
        let said = format!("The queue of this repository could not be opened: {trouble}.");
        let empty = RepoState::new(repository.clone(), now);
        self.service.boards.publish(repository.id, board(&empty, vec![said], now));
    }

    /// Has deliveries that never arrived sent again. Reconciling finds the same truth; this finds it sooner.
    async fn ask_again(&self) {
        match self.site.redeliver(self.site.clock().now().plus_ms(-REDELIVER_MS)).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "deliveries that had not arrived were asked for again"),
            Err(trouble) => tracing::warn!(%trouble, "failed deliveries could not be asked for again"),
        }
    }

    /// Wakes the loops that have deliveries waiting; true if the list of repositories has to be read again.
    async fn hand_out(&self) -> Result<bool, Trouble> {
        for repo in self.store.waiting().await? {
            if let Some(own) = self.loops.get(&repo) {
                own.wake.notify_one();
                continue;
            }
            // Not ours, or not yet: a repository that is added is read as a whole, so nothing is lost with these rows.
            let rows = self.store.inbox(Some(repo), ROWS_AT_ONCE).await?;
            self.store.consume(&rows.iter().map(|row| row.seq).collect::<Vec<_>>()).await?;
        }
        let rows = self.store.inbox(None, ROWS_AT_ONCE).await?;
        let again = rows.iter().any(|row| matches!(row.hint, Hint::Installations | Hint::Unreadable));
        self.store.consume(&rows.iter().map(|row| row.seq).collect::<Vec<_>>()).await?;
        Ok(again)
    }

    /// Takes in that a loop has ended; true if another process works on a repository of ours. A loop that broke stays
    /// stopped: a person must look first.
    fn fenced(&self, ended: Result<(task::Id, (RepoId, Ended)), JoinError>) -> bool {
        let (task, id, ended) = match ended {
            Ok((task, (id, ended))) => (task, id, ended),
            Err(broken) => {
                let repo = self.loops.values().find(|own| own.task == broken.id()).map(|own| own.name.to_string());
                tracing::error!(repo, %broken, "a repository's queue is stopped: an invariant broke, and nothing was written");
                return false;
            }
        };
        match self.loops.get(&id) {
            // One that was closed while it was still at work, and opened again: its heir has fenced it.
            Some(own) if own.task != task => false,
            Some(_) => ended == Ended::Fenced,
            None => {
                self.service.boards.withdraw(id);
                false
            }
        }
    }
}
