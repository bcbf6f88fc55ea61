//! Keeps one loop per repository the App may work in, and hands waiting deliveries to them.

use super::board::Boards;
use super::repo::{Ended, Repo, Settings};
use super::state::RepoState;
use super::turn::Book;
use super::world::{Readings, World};
use crate::facts::Repository;
use crate::ids::{InstallationId, Moment, RepoId};
use crate::port::store::Hint;
use crate::port::{Clock, Store, Trouble};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// The list of repositories is read again after this long at the latest.
const LIST_MS: u64 = 600_000;
/// Pause after the list could not be read.
const RETRY_MS: u64 = 5_000;
/// Failed deliveries of this long are asked for again whenever the list is read.
const REDELIVER_MS: i64 = 6 * 3_600_000;
/// Service-wide inbox rows dealt with at once.
const ROWS_AT_ONCE: usize = 256;

/// A repository the App may work in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The installation that says so.
    pub installation: InstallationId,
    /// The repository.
    pub repository: Repository,
}

/// The forge and git as a whole: which repositories there are, and the world of each.
pub trait Site: Send + Sync + 'static {
    /// The world of one repository.
    type World: World;
    /// Time.
    type Clock: Clock;

    /// Every repository the App may work in.
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
    /// Turns true when every known repository has its loop.
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
    wake: Arc<Notify>,
    task: JoinHandle<Ended>,
}

/// Runs loops until shutdown; `Fenced` if another process took a repository over.
pub async fn supervise<T: Site, S: Store>(site: T, store: Arc<S>, service: Service) -> Ended {
    let mut loops: BTreeMap<RepoId, Loop> = BTreeMap::new();
    let mut shutdown = service.shutdown.clone();
    let mut list = true;
    while !*shutdown.borrow() {
        let mut pause = LIST_MS;
        if list {
            list = false;
            if let Err(trouble) = start_loops(&site, &store, &service, &mut loops).await {
                tracing::error!(%trouble, "the App's repositories could not be listed; trying again");
                (list, pause) = (true, RETRY_MS);
            } else {
                service.ready.send_replace(true);
                ask_again(&site).await;
            }
        }
        match hand_out(&*store, &loops).await {
            Ok(again) => list |= again,
            Err(trouble) => {
                tracing::error!(%trouble, "the inbox could not be read; trying again");
                pause = RETRY_MS;
            }
        }
        if ended(&mut loops).await {
            return Ended::Fenced;
        }
        if list && pause == LIST_MS {
            continue;
        }
        tokio::select! {
            _ = shutdown.changed() => {}
            () = service.wake.notified() => {}
            () = site.clock().sleep_ms(pause) => list = true,
        }
    }
    for (_, own) in loops {
        own.wake.notify_one();
        if let Err(failed) = own.task.await {
            tracing::error!(%failed, "a repository's loop did not end well");
        }
    }
    Ended::Shutdown
}

/// Has deliveries that never arrived sent again. Reconciling finds the same truth; this finds it sooner.
async fn ask_again<T: Site>(site: &T) {
    match site.redeliver(site.clock().now().plus_ms(-REDELIVER_MS)).await {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "deliveries that had not arrived were asked for again"),
        Err(trouble) => tracing::warn!(%trouble, "failed deliveries could not be asked for again"),
    }
}

async fn start_loops<T: Site, S: Store>(
    site: &T,
    store: &Arc<S>,
    service: &Service,
    loops: &mut BTreeMap<RepoId, Loop>,
) -> Result<(), Trouble> {
    for found in site.repositories().await? {
        let id = found.repository.id;
        if loops.contains_key(&id) {
            continue;
        }
        let fresh = RepoState::new(found.repository.clone(), site.clock().now());
        let book = Book::open(&**store, fresh).await?;
        let world = Arc::new(site.open(&found, Readings::after(book.state.readings))?);
        let settings = Settings {
            reconcile_ms: service.reconcile_ms,
            pushes_per_minute: service.pushes_per_minute,
            page: service.page.clone(),
        };
        let wake = Arc::new(Notify::new());
        let repo = Repo::new(world, Arc::clone(store), book, service.boards.clone(), settings);
        wake.notify_one();
        let task = tokio::spawn(repo.run(Arc::clone(&wake), service.shutdown.clone()));
        tracing::info!(repo = %found.repository.name, %id, "queue opened");
        loops.insert(id, Loop { wake, task });
    }
    Ok(())
}

/// Wakes the loops that have deliveries waiting; true if the list of repositories has to be read again.
async fn hand_out<S: Store>(store: &S, loops: &BTreeMap<RepoId, Loop>) -> Result<bool, Trouble> {
    for repo in store.waiting().await? {
        if let Some(own) = loops.get(&repo) {
            own.wake.notify_one();
            continue;
        }
        // Not ours, or not yet: a repository that is added is read as a whole, so nothing is lost with these rows.
        let rows = store.inbox(Some(repo), ROWS_AT_ONCE).await?;
        store.consume(&rows.iter().map(|row| row.seq).collect::<Vec<_>>()).await?;
    }
    let rows = store.inbox(None, ROWS_AT_ONCE).await?;
    let again = rows.iter().any(|row| matches!(row.hint, Hint::Installations | Hint::Unreadable));
    store.consume(&rows.iter().map(|row| row.seq).collect::<Vec<_>>()).await?;
    Ok(again)
}

/// Looks for loops that have ended; true if one was fenced. One that broke stays stopped: a person must look first.
async fn ended(loops: &mut BTreeMap<RepoId, Loop>) -> bool {
    for (repo, own) in loops.iter_mut() {
        if !own.task.is_finished() {
            continue;
        }
        match (&mut own.task).await {
            Ok(Ended::Fenced) => {
                tracing::error!(%repo, "another process writes this repository's state now; stopping");
                return true;
            }
            Ok(Ended::Shutdown) => {}
            Err(broken) => {
                tracing::error!(%repo, %broken, "this repository's queue is stopped: an invariant broke, and nothing was written");
                own.task = tokio::spawn(std::future::pending());
            }
        }
    }
    false
}
