//! The loop of one queue: hints are looked at, facts are taken in turns, jobs are begun, and each answer is a fact again.

use super::board::Boards;
use super::delivery::pace::Pace;
use super::delivery::{self, DeliveryKey};
use super::dispatch::Dispatch;
use super::fact::Fact;
use super::farewell::Farewell;
use super::gate;
use super::gather;
use super::job::Job;
use super::lookout::Lookout;
use super::owed::is_outdated;
use super::perform::{Failed, Found, Look, Outcome, look, perform};
use super::present::board;
use super::state::File;
use super::take::Around;
use super::trials::TrialJob;
use super::trunks::Trunks;
use super::turn::Book;
use super::view::{View, waited_for};
use super::world::World;
use crate::ids::{Moment, QueueId, Sha};
use crate::port::store::{Hint, InboxRow};
use crate::port::{Clock, Store, Trouble};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, FuturesUnordered};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::{Notify, watch};
use tracing::Instrument;

/// Inbox rows that are looked at together, at the most.
const ROWS_AT_ONCE: usize = 256;
/// Of these, so many at the same time: GitHub shuts out who asks for too much at once.
const LOOKS_AT_ONCE: usize = 8;
/// The first reconciliation gives the settings this long to be read before it.
const SETTINGS_FIRST_MS: i64 = 3_000;
/// Pause after the store failed.
const STORE_PAUSE_MS: u64 = 1_000;

/// What a queue's loop is given.
pub struct Settings {
    /// Which other branches have a queue.
    pub trunks: Trunks,
    /// Between two reconciliations, in milliseconds.
    pub reconcile_ms: u64,
    /// Pushes a minute; none for no limit.
    pub pushes_per_minute: Option<u32>,
    /// The status page, for links.
    pub page: Option<String>,
}

/// Why a loop ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It was asked to.
    Shutdown,
    /// Another process writes this queue now.
    Fenced,
    /// The branch has no queue any more, and everybody who waited in it was told, as far as that could be done.
    Retired,
}

enum Done {
    Jobs(Vec<Job>, Outcome),
    Looks(Vec<Looked>),
}

/// What came of following a hint, with the inbox rows that gave it.
struct Looked {
    look: Look,
    rows: Vec<u64>,
    found: Found,
}

/// One queue's loop.
pub struct Repo<W: World, S: Store> {
    id: QueueId,
    world: Arc<W>,
    store: Arc<S>,
    book: Book,
    /// None where nobody looks.
    boards: Option<Boards>,
    settings: Settings,
    dispatch: Dispatch,
    pace: Pace,
    farewell: Farewell,
    under_way: FuturesUnordered<BoxFuture<'static, Done>>,
    rows: BTreeSet<u64>,
    lookout: Lookout,
    wake_at: Option<Moment>,
    /// When time alone changes something next: a freeze begins or ends, a group or a trial has waited long enough.
    gate_at: Option<Moment>,
    /// The inbox is to be read although nobody knocked.
    inbox_due: bool,
    /// The last reading of the inbox did not reach its end.
    inbox_full: bool,
    /// Deadlines of CI up to this moment have been looked at.
    deadlines_until: Moment,
}

impl<W: World, S: Store> Repo<W, S> {
    /// A loop around a loaded state; its board is drawn where it is published.
    pub fn new(world: Arc<W>, store: Arc<S>, book: Book, boards: Option<Boards>, settings: Settings) -> Self {
        Self {
            id: book.state.id(),
            dispatch: Dispatch::new(settings.pushes_per_minute),
            pace: Pace::default(),
            farewell: Farewell::default(),
            lookout: Lookout::new(world.clock().now().plus_ms(SETTINGS_FIRST_MS), settings.reconcile_ms),
            world,
            store,
            book,
            boards,
            settings,
            under_way: FuturesUnordered::new(),
            rows: BTreeSet::new(),
            wake_at: None,
            gate_at: None,
            inbox_due: false,
            inbox_full: false,
            deadlines_until: Moment::from_ms(0),
        }
    }

    /// Runs until shut down or fenced.
    pub async fn run(mut self, wake: Arc<Notify>, mut shutdown: watch::Receiver<bool>) -> Ended {
        if let Err(ended) = self.turn(Vec::new(), Vec::new()).await {
            return ended;
        }
        loop {
            self.begin_reconcile();
            if std::mem::take(&mut self.inbox_due)
                && let Err(ended) = self.look_at_inbox().await
            {
                return ended;
            }
            let pause = self.pause_ms();
            let clock = self.world.clock();
            let turned = tokio::select! {
                biased;
                () = asked_to_stop(&mut shutdown) => break,
                Some(done) = self.under_way.next() => self.take(done).await,
                () = wake.notified() => self.look_at_inbox().await,
                () = clock.sleep_ms(pause) => self.look_at_time().await,
            };
            if let Err(ended) = turned {
                return ended;
            }
        }
        self.finish().await;
        Ended::Shutdown
    }

    /// Lets what is under way come to its end, so that as little as possible has to be found out again.
    async fn finish(&mut self) {
        while !self.dispatch.idle() {
            match self.under_way.next().await {
                Some(done) => {
                    if self.take(done).await.is_err() {
                        return;
                    }
                }
                None => return,
            }
        }
    }

    async fn take(&mut self, done: Done) -> Result<(), Ended> {
        let now = self.world.clock().now();
        match done {
            Done::Jobs(mut batch, Outcome { mut facts, failed }) => {
                for (job, Failed { trouble, .. }) in &failed {
                    tracing::warn!(%trouble, ?job, "a job could not be done; it is tried again");
                }
                let in_the_way = self.dispatch.ended(&batch, &failed, now);
                self.pace.ended(&batch, now);
                facts.extend(in_the_way.map(|(pr, what)| Fact::OutOfReach { pr, what }));
                if batch.iter().any(|job| is_outdated(&self.book.state, job)) {
                    facts.clear();
                }
                self.turn(facts, Vec::new()).await?;
                batch.retain(|job| failed.iter().all(|(key, _)| *key != job.key()));
                self.look_at_begun(&batch);
                Ok(())
            }
            Done::Looks(looked) => {
                let mut facts = Vec::new();
                let mut seen = Vec::new();
                for Looked { look, rows, found } in looked {
                    self.rows.retain(|row| !rows.contains(row));
                    facts.extend(found.facts);
                    let over = self.looked(&look, rows, found.trouble.as_ref(), now);
                    // No look at everything finds a request again: giving it up is its answer.
                    if let (Look::Request(request), Some(trouble), false) = (look, found.trouble, over.is_empty()) {
                        facts.push(Fact::RequestUnread { request, why: trouble.to_string() });
                    }
                    seen.extend(over);
                }
                self.lookout.forget(&seen);
                self.inbox_due |= self.inbox_full && !seen.is_empty();
                self.turn(facts, seen).await
            }
        }
    }

    /// CI may have answered before it was known that it was asked, and its webhook found nobody waiting.
    fn look_at_begun(&mut self, batch: &[Job]) {
        for job in batch {
            if let Job::StartRun { sha, .. } | Job::Trial(TrialJob::Start { tip: sha, .. }) = job {
                self.begin_looks(vec![(Look::Checks(*sha), Vec::new())]);
            }
        }
    }

    /// What a look came to, by the rows that asked for it. Gives the rows that nobody follows any more.
    fn looked(&mut self, look: &Look, rows: Vec<u64>, trouble: Option<&Trouble>, now: Moment) -> Vec<u64> {
        let periodic = *look == Look::All && rows.is_empty();
        if periodic {
            self.lookout.ended(trouble, now);
            self.inbox_due |= self.lookout.resting() > 0;
        }
        let Some(trouble) = trouble else { return rows };
        tracing::warn!(%trouble, ?look, "could not look; it is tried again");
        if rows.is_empty() && !periodic {
            self.lookout.missed(trouble, now);
        }
        let given_up: Vec<u64> = rows.into_iter().filter(|row| self.lookout.failed(*row, trouble, now)).collect();
        if !given_up.is_empty() {
            tracing::error!(rows = ?given_up, ?look, %trouble, "deliveries could not be followed; what they were about is found by looking at everything");
        }
        given_up
    }

    /// Takes facts in, writes, begins what is owed, and shows the new board.
    async fn turn(&mut self, facts: Vec<Fact>, consumed: Vec<u64>) -> Result<(), Ended> {
        let now = self.world.clock().now();
        let facts: Vec<Fact> = self.settings.trunks.heard(&self.book.state).into_iter().chain(facts).collect();
        let page = self.settings.page.clone();
        let around = Around { now, page: page.as_deref() };
        let readings = self.world.readings().last();
        let settled = self.book.state.settings.file != File::Unread;
        let configured = self.book.state.configured();
        let mut written = self.book.turn(&*self.store, &facts, &consumed, readings, around).await;
        let owed = loop {
            match written {
                Ok(Some(committed)) => break committed.into_inner(),
                Ok(None) => {
                    let repo = &self.book.state.repository.name;
                    tracing::warn!("another process took over {repo}; this one stops working on it");
                    return Err(Ended::Fenced);
                }
                Err(trouble) => {
                    tracing::error!(%trouble, "the state could not be written; nothing is done until it is");
                    self.world.clock().sleep_ms(STORE_PAUSE_MS).await;
                    written = self.book.write(&*self.store, &facts, &consumed, now).await;
                }
            }
        };
        if !settled && self.book.state.settings.file != File::Unread {
            self.inbox_due = true;
        }
        if !configured && self.book.state.configured() {
            // Labels that were put on before anything said what green means have waited for this.
            self.lookout.hurry(now);
        }
        let over = self.farewell.is_over(&self.book.state, &owed, now);
        if over && self.dispatch.idle() {
            self.show(now);
            return Err(Ended::Retired);
        }
        self.settings.trunks.tell(&self.book.state);
        let (owed, paced) = self.pace.keep(if over { Vec::new() } else { owed }, now);
        let begin = self.dispatch.begin(owed, now);
        self.wake_at = begin.next.into_iter().chain(paced).min();
        let state = &self.book.state;
        let delivered = delivery::next_change(&state.delivery, now);
        let by_time =
            [gate::next_change(state, now), state.trials.next_change(), gather::next_change(state), delivered];
        self.gate_at = by_time.into_iter().flatten().min();
        for batch in begin.batches {
            self.begin(batch);
        }
        self.show(now);
        Ok(())
    }

    fn show(&self, now: Moment) {
        if let Some(boards) = &self.boards {
            let mut troubles = self.dispatch.troubles();
            troubles.extend(self.lookout.trouble().map(str::to_owned));
            boards.publish(self.id.clone(), board(&self.book.state, troubles, now));
        }
    }

    fn begin(&mut self, batch: Vec<Job>) {
        let world = Arc::clone(&self.world);
        let span = tracing::info_span!("effect", repo = %self.book.state.repository.name, jobs = ?batch.iter().map(Job::key).collect::<Vec<_>>());
        let work = async move {
            let outcome = perform(&*world, &batch).await;
            Done::Jobs(batch, outcome)
        };
        self.under_way.push(Box::pin(work.instrument(span)));
    }

    /// Looks at several things at once; what they say is taken in together, in the order the hints came.
    fn begin_looks(&mut self, looks: Vec<(Look, Vec<u64>)>) {
        self.rows.extend(looks.iter().flat_map(|(_, rows)| rows));
        let world = Arc::clone(&self.world);
        let view = View::of(&self.book.state, self.world.clock().now());
        let span = tracing::info_span!("look", repo = %self.book.state.repository.name, at = ?looks.iter().map(|(look, _)| look).collect::<Vec<_>>());
        let work = async move {
            let all = looks.into_iter().map(|(what, rows)| async {
                let found = look(&*world, &view, &what).await;
                Looked { look: what, rows, found }
            });
            Done::Looks(stream::iter(all).buffered(LOOKS_AT_ONCE).collect().await)
        };
        self.under_way.push(Box::pin(work.instrument(span)));
    }

    fn begin_reconcile(&mut self) {
        if self.lookout.begins(self.world.clock().now()) {
            self.begin_looks(vec![(Look::All, Vec::new())]);
        }
    }

    /// Until the next thing that time alone brings: a reconciliation, a resting job, a freeze, a deadline of CI.
    fn pause_ms(&self) -> u64 {
        let now = self.world.clock().now();
        let deadline = self.deadlines().map(|(deadline, _)| deadline).min();
        let next = self.lookout.next().into_iter().chain(self.wake_at).chain(self.gate_at).chain(deadline).min();
        next.map_or(60_000, |next| u64::try_from(next.since_ms(now)).unwrap_or(0).clamp(1, 60_000))
    }

    /// When which commit's run comes to a deadline that was not looked at yet.
    fn deadlines(&self) -> impl Iterator<Item = (Moment, Sha)> {
        let rules = &self.book.state.config().checks;
        waited_for(&self.book.state)
            .filter_map(|(run, sha)| Some((self.book.state.runs.get(&run)?.asked_at?, sha)))
            .chain(self.book.state.trials.awaited().map(|(_, sha, asked_at)| (asked_at, sha)))
            .flat_map(move |(at, sha)| {
                [rules.start_deadline_ms, rules.finish_deadline_ms].map(|ms| (at.plus_ms(ms + 1), sha))
            })
            .filter(|(deadline, _)| *deadline > self.deadlines_until)
    }

    async fn look_at_time(&mut self) -> Result<(), Ended> {
        let now = self.world.clock().now();
        let passed: BTreeSet<Sha> =
            self.deadlines().filter(|(deadline, _)| *deadline <= now).map(|(_, sha)| sha).collect();
        self.deadlines_until = now;
        for sha in passed {
            self.begin_looks(vec![(Look::Checks(sha), Vec::new())]);
        }
        if self.lookout.rows_due(now) {
            self.look_at_inbox().await?;
        }
        let due = |at: Option<Moment>| at.is_some_and(|at| at <= now);
        if due(self.wake_at) || due(self.gate_at) { self.turn(Vec::new(), Vec::new()).await } else { Ok(()) }
    }

    async fn look_at_inbox(&mut self) -> Result<(), Ended> {
        let limit = ROWS_AT_ONCE + self.rows.len() + self.lookout.resting();
        let rows = match self.store.inbox(Some(&self.id), limit).await {
            Ok(rows) => rows,
            Err(trouble) => {
                tracing::error!(%trouble, "the inbox could not be read; everything is looked at again soon");
                self.lookout.missed(&trouble, self.world.clock().now());
                return Ok(());
            }
        };
        self.inbox_full = rows.len() == limit;
        let now = self.world.clock().now();
        let mut looks: Vec<(Look, Vec<u64>)> = Vec::new();
        let mut idle = Vec::new();
        let view = View::of(&self.book.state, now);
        // Until the settings are read nobody can say what a request means; it waits where it is safe.
        let early = self.book.state.settings.file == File::Unread;
        let waits = |row: &InboxRow| {
            early && matches!(row.hint, Hint::Pull(_) | Hint::Comment(_) | Hint::Request(_) | Hint::Unreadable)
        };
        let rests = |row: &InboxRow| self.lookout.rests(row.seq, now);
        for hint in rows.iter().map(|row| &row.hint) {
            if let Hint::Checks(sha) = hint {
                self.pace.hurry(|key| *key == DeliveryKey::Judge(*sha));
            }
        }
        for row in rows.into_iter().filter(|row| !self.rows.contains(&row.seq) && !waits(row) && !rests(row)) {
            match wanted(&view, &row) {
                None => idle.push(row.seq),
                Some(look) => match looks.iter_mut().find(|(known, _)| *known == look) {
                    Some((_, rows)) => rows.push(row.seq),
                    None => looks.push((look, vec![row.seq])),
                },
            }
        }
        // People's requests keep their order; a verdict of CI waits for nobody.
        let (ordered, others): (Vec<_>, Vec<_>) = looks
            .into_iter()
            .partition(|(look, _)| matches!(look, Look::Pull(_) | Look::Comment(_) | Look::Request(_)));
        if !ordered.is_empty() {
            self.begin_looks(ordered);
        }
        for other in others {
            self.begin_looks(vec![other]);
        }
        self.lookout.forget(&idle);
        let news = !idle.is_empty() || self.settings.trunks.heard(&self.book.state).is_some();
        if news { self.turn(Vec::new(), idle).await } else { Ok(()) }
    }
}

/// Resolves when it is time to stop, or when nobody is left who could say so.
async fn asked_to_stop(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}

/// What a row asks to look at; nothing if nobody waits for it.
fn wanted(view: &View, row: &InboxRow) -> Option<Look> {
    match &row.hint {
        Hint::Pull(number) => Some(Look::Pull(*number)),
        Hint::Comment(comment) => Some(Look::Comment(comment.clone())),
        Hint::Request(request) => Some(Look::Request(request.clone())),
        Hint::Checks(sha) => view.waits_for(*sha).then_some(Look::Checks(*sha)),
        Hint::Pushed(name) if view.decides_trunks(name) => Some(Look::Repository),
        Hint::Pushed(name) => (*name == view.trunk.to_ref()).then_some(Look::Trunk),
        Hint::Repository => Some(Look::Repository),
        Hint::Unreadable => Some(Look::All),
        Hint::Installations => None,
    }
}
