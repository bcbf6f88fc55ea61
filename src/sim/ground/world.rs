//! The ground truth: time, refs, pull requests, CI, the database, and what is due when. It knows everything and wants nothing.

use crate::facts::{Permission, Person, Repository};
use crate::ids::{BranchName, CheckRunId, CommentId, Moment, PrNumber, RefName, RepoId, RepoName, Sha, UserId};
use crate::port::git::{LedgerCommit, RefUpdate, TagObject};
use crate::port::report::Report;
use crate::port::store::Hint;
use crate::sim::bot::store::Rows;
use crate::sim::ground::ci::Suite;
use crate::sim::ground::delivered::Delivered;
use crate::sim::ground::dice::{Dice, mix};
use crate::sim::ground::faults::Faults;
use crate::sim::ground::pulls::{Note, PullFile};
use crate::sim::ground::settings::{Customs, Version};
use crate::sim::ground::truth::Truth;
use crate::sim::judge::oracle::Oracle;
use crate::sim::people::intents::Intent;
use crate::sim::planted::bugs::Bug;
use crate::sim::topics::curse::Curse;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use tokio::sync::Notify;

/// Who may push, and who may not.
pub const PEOPLE: [(&str, Permission); 5] = [
    ("ann", Permission::Write),
    ("ben", Permission::Write),
    ("eve", Permission::Read),
    ("dora", Permission::Read),
    ("cid", Permission::Write),
];
/// The repository of the simulation.
pub const REPO: RepoId = RepoId::new(1);

/// One push as it stands on the wire.
#[derive(Debug, Clone)]
pub struct Push {
    /// The process that made it.
    pub process: u32,
    /// The branch whose queue made it.
    pub trunk: BranchName,
    /// The fork it goes to, if not to the repository itself.
    pub fork: Option<RepoName>,
    /// What it changes.
    pub updates: Vec<RefUpdate>,
    /// All of it or nothing.
    pub atomic: bool,
}

/// Something that will happen at its time.
#[derive(Debug, Clone)]
pub enum Due {
    /// A call of a process goes on.
    Ticket(u64),
    /// A webhook is delivered, under this id.
    Delivery(Hint, u64),
    /// CI comes to its next step on a commit's suite.
    Ci(Sha, usize),
    /// Somebody has CI run again.
    Rerun(Sha),
    /// The forge notices where a pull request's branch is.
    Noticed(PrNumber),
    /// The forge notices that pull requests are merged.
    MergedNoticed,
    /// A person does something.
    Act,
    /// Somebody does what they had in mind.
    Intended(Intent),
    /// A push that was not waited for arrives.
    Arrives(Push),
    /// A process starts.
    Start,
    /// Faults end, people rest.
    Calm,
    /// It is looked whether everything has come to its end.
    Ended,
}

struct Ticket {
    granted: bool,
    waker: Waker,
}

/// What is known of a process from outside.
#[derive(Debug, Default)]
pub struct ProcessFile {
    /// Wakes its loops, by the branches they land on.
    pub wake: BTreeMap<BranchName, Arc<Notify>>,
    /// Every state it wrote or loaded, oldest first, with the branch whose queue's it is.
    pub states: Vec<(BranchName, Arc<str>)>,
    /// Commits it composed; unless they are pushed they go with it.
    pub unsaved: BTreeSet<Sha>,
}

/// The ground truth.
pub struct Ground {
    /// Simulated time.
    pub now: Moment,
    /// Counts what happened: of two things the later has the higher number.
    pub tick: u64,
    /// Choices.
    pub dice: Dice,
    /// Choices of customs that came later: a stream of their own, so that kept seeds without those stay the same histories.
    pub whims: Dice,
    /// What goes wrong.
    pub faults: Faults,
    /// Faults are over, people rest.
    pub calm: bool,
    /// Commits.
    pub truth: Truth,
    /// The repository's refs.
    pub refs: BTreeMap<RefName, Sha>,
    /// The refs of forks.
    pub forks: BTreeMap<RepoName, BTreeMap<RefName, Sha>>,
    /// Tag objects.
    pub tags: BTreeMap<Sha, TagObject>,
    /// Commits of the ledger.
    pub ledger: BTreeMap<Sha, LedgerCommit>,
    /// Pull requests.
    pub pulls: BTreeMap<PrNumber, PullFile>,
    /// Comments.
    pub comments: BTreeMap<CommentId, Note>,
    /// The bot's own check runs, as they show.
    pub reports: BTreeMap<CheckRunId, Report>,
    /// Who may do what.
    pub permissions: BTreeMap<String, Permission>,
    /// CI.
    pub checks: BTreeMap<Sha, Vec<Suite>>,
    /// Composed commits that a push left in the cache or in the remote.
    pub saved: BTreeSet<Sha>,
    /// Which pull request is out of reach, if one is or will be.
    pub curse: Option<Curse>,
    /// What people are used to.
    pub customs: Customs,
    /// Versions of the settings file.
    pub settings: Vec<Version>,
    /// Versions of the owners' file.
    pub ownerships: Vec<crate::sim::topics::owners::Ownership>,
    /// Who is in the team.
    pub team: BTreeSet<&'static str>,
    /// What people said about freezes and holds, in order.
    pub stops: Vec<crate::sim::topics::stops::Word>,
    /// Pull requests that somebody wanted as hotfixes.
    pub hotfixes: BTreeSet<PrNumber>,
    /// The database, by the branch of each queue that was ever claimed.
    pub rows: BTreeMap<BranchName, Rows>,
    /// What was brought to stages, and what the forge shows of it.
    pub stages: Delivered,
    /// Deliveries that came.
    pub delivered: BTreeSet<u64>,
    /// Processes that run.
    pub processes: BTreeMap<u32, ProcessFile>,
    /// Processes that have to die now.
    pub doomed: Vec<u32>,
    /// The judge.
    pub oracle: Oracle,
    /// The planted bug, if there is one.
    pub bug: Option<Bug>,
    /// What happened, if it is to be printed.
    pub trace: Option<Vec<String>>,
    /// Between two reconciliations, in milliseconds.
    pub reconcile_ms: u64,
    /// Pushes to trunk by people are checked by CI.
    pub trunk_ci: bool,
    /// The path and blob a push of somebody else broke trunk with, while it is so.
    pub broken: Option<u8>,
    /// A blob that somebody waits for, to be pushed to trunk.
    pub wished: Option<u32>,
    ids: u64,
    due: BinaryHeap<Reverse<(Moment, u64)>>,
    dues: BTreeMap<u64, Due>,
    tickets: BTreeMap<u64, Ticket>,
    hash: u64,
}

impl Ground {
    /// An empty world with one commit on trunk.
    pub fn new(seed: u64, bug: Option<Bug>, trace: bool) -> Self {
        let mut dice = Dice::new(seed);
        let faults = Faults::draw(&mut dice);
        let now = Moment::from_ms(1_700_000_000_000);
        let mut whims = Dice::new(mix(seed ^ 0x0077_6869_6d73));
        let customs = Customs::draw(&mut dice, &mut whims);
        let mut ground = Self {
            now,
            tick: 0,
            faults,
            calm: false,
            truth: Truth::default(),
            refs: BTreeMap::new(),
            forks: BTreeMap::new(),
            tags: BTreeMap::new(),
            ledger: BTreeMap::new(),
            pulls: BTreeMap::new(),
            comments: BTreeMap::new(),
            reports: BTreeMap::new(),
            permissions: PEOPLE.iter().map(|(login, may)| ((*login).to_owned(), *may)).collect(),
            checks: BTreeMap::new(),
            saved: BTreeSet::new(),
            curse: Curse::draw(seed, now),
            customs,
            settings: vec![Version::draw(&mut dice, customs)],
            ownerships: Vec::new(),
            team: BTreeSet::from(["ben", "eve"]),
            stops: Vec::new(),
            hotfixes: BTreeSet::new(),
            rows: BTreeMap::new(),
            stages: Delivered::default(),
            delivered: BTreeSet::new(),
            processes: BTreeMap::new(),
            doomed: Vec::new(),
            oracle: Oracle::default(),
            bug,
            trace: trace.then(Vec::new),
            reconcile_ms: 20_000 + dice.roll(100_000),
            trunk_ci: dice.one_in(2),
            broken: None,
            wished: None,
            ids: 0,
            due: BinaryHeap::new(),
            dues: BTreeMap::new(),
            tickets: BTreeMap::new(),
            hash: seed,
            dice,
            whims,
        };
        let tree = ground.first_tree();
        let root = ground.truth.commit(None, tree, None);
        for trunk in ground.trunks() {
            ground.oracle.trunk_is(&trunk, root, ground.now);
            ground.refs.insert(trunk.to_ref(), root);
        }
        ground
    }

    /// The next number nobody has had.
    pub fn id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    /// The repository as the forge shows it.
    pub fn repository() -> Repository {
        let name = "acme/widget".parse().expect("a legal name");
        Repository { id: REPO, name, default_branch: "main".parse().expect("a legal name"), archived: false }
    }

    /// Lets something happen `ms` milliseconds from now.
    pub fn after(&mut self, ms: i64, what: Due) {
        let id = self.id();
        self.due.push(Reverse((self.now.plus_ms(ms.max(0)), id)));
        self.dues.insert(id, what);
    }

    /// Goes on in time to what happens next.
    pub fn next(&mut self) -> Option<Due> {
        let (at, id, due) = loop {
            let Reverse((at, id)) = self.due.pop()?;
            // What was given back is not due any more.
            if let Some(due) = self.dues.remove(&id) {
                break (at, id, due);
            }
        };
        self.now = self.now.max(at);
        self.tick += 1;
        self.hash = mix(self.hash ^ id ^ mix(self.dice.standing()) ^ u64::try_from(self.now.ms()).unwrap_or(0));
        Some(due)
    }

    /// A number that follows from everything that happened.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// Writes down what happened, if anybody wants to read it.
    pub fn note(&mut self, what: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            let ms = self.now.ms() - 1_700_000_000_000;
            trace.push(format!("{:>9.3} {}", f64::from(i32::try_from(ms).unwrap_or(i32::MAX)) / 1000.0, what()));
        }
    }

    /// A fault happens now, if faults are on.
    pub fn fault(&mut self, rate: fn(&Faults) -> u64) -> bool {
        let n = rate(&self.faults);
        !self.calm && self.dice.one_in(n)
    }

    /// How long a call takes one way, in milliseconds.
    pub fn latency(&mut self) -> i64 {
        if self.fault(|f| f.slow) { self.dice.ms(200, 4_000) } else { self.dice.ms(1, 60) }
    }

    /// A call of a process waits for its turn.
    pub fn wait(&mut self, ms: i64, waker: Waker) -> u64 {
        let id = self.ids + 1;
        self.after(ms, Due::Ticket(id));
        self.tickets.insert(id, Ticket { granted: false, waker });
        id
    }

    /// Lets a call go on; its waker, to be woken when nothing is locked.
    pub fn grant(&mut self, id: u64) -> Option<Waker> {
        let ticket = self.tickets.get_mut(&id)?;
        ticket.granted = true;
        Some(ticket.waker.clone())
    }

    /// The call may go on; then its ticket is spent.
    pub fn granted(&mut self, id: u64) -> bool {
        let granted = self.tickets.get(&id).is_some_and(|ticket| ticket.granted);
        if granted {
            self.tickets.remove(&id);
        }
        granted
    }

    /// A call that nobody waits for any more.
    pub fn give_back(&mut self, id: u64) {
        self.tickets.remove(&id);
        self.dues.remove(&id);
    }

    /// Tells the bot by webhook, which may be lost, late, or come twice.
    pub fn mail(&mut self, hint: Hint) {
        if self.fault(|f| f.hook_lost) {
            self.oracle.sometimes("a webhook was lost");
            return;
        }
        let id = self.id();
        let ms = if self.fault(|f| f.hook_late) { self.dice.ms(5_000, 240_000) } else { self.dice.ms(1, 300) };
        if self.fault(|f| f.hook_twice) {
            let again = self.dice.ms(1, 20_000);
            let other = if self.dice.one_in(2) { id } else { self.id() };
            self.after(ms + again, Due::Delivery(hint.clone(), other));
        }
        self.after(ms, Due::Delivery(hint, id));
    }

    /// The newest durable state of a branch's queue.
    pub fn durable(&self, trunk: &BranchName) -> Option<Arc<str>> {
        self.rows.get(trunk)?.state.clone()
    }

    /// The newest durable states of all queues.
    pub fn all_durable(&self) -> impl Iterator<Item = &Arc<str>> {
        self.rows.values().filter_map(|rows| rows.state.as_ref())
    }
}

/// The ground truth, shared by everything that runs in it. One thread; the lock is never waited for.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<Ground>>);

impl Shared {
    /// Shares it.
    pub fn new(ground: Ground) -> Self {
        Self(Arc::new(Mutex::new(ground)))
    }

    /// Everything.
    pub fn ground(&self) -> MutexGuard<'_, Ground> {
        // A panic of the bot is a violation of its own, and told as one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A person by login.
pub fn person(login: &str) -> Person {
    let id = PEOPLE.iter().position(|(known, _)| *known == login).map_or(99, |at| at as u64 + 10);
    Person { id: UserId::new(id), login: login.parse().expect("a legal login"), bot: login.ends_with("[bot]") }
}
