//! The look-alike as the rest of the sandbox holds it: one world behind one lock, saved after every change, and what it tells.
//! The lock is never held across an await. Rules are in `world`, bodies in `render`, HTTP in `rest`.

use super::admin::Faults;
use super::record::Recorder;
use super::rest::Limits;
use super::types::{
    Actor, AppIdentity, GitAccess, Identities, NewPull, RefChange, RefVerdict, Refused, RepoSummary, RunStarted,
    SandboxEvent,
};
use super::webhooks::Courier;
use super::world::{World, time::now};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;

/// The demo App's key pair. Published with the source: good for loopback, for nothing else.
const PRIVATE_KEY: &str = include_str!("demo_key.pem");

/// How many events a slow subscriber may lag behind before it loses the oldest.
const EVENTS_KEPT: usize = 8192;

/// How to open a look-alike.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Write every exchange under `/api/v3` to this file as JSON lines (for the referee). Without it, the environment variable
    /// `GREENLINE_SANDBOX_RECORD` names the file.
    pub record: Option<PathBuf>,
}

/// The look-alike. Cheap to clone.
#[derive(Clone)]
pub struct Lookalike(Arc<Shared>);

struct Shared {
    state_file: PathBuf,
    world: Mutex<World>,
    /// Changes made so far, and how many of them are in the file.
    changed: AtomicU64,
    saved: Mutex<u64>,
    events: broadcast::Sender<SandboxEvent>,
    courier: Courier,
    faults: Mutex<Faults>,
    limits: Limits,
    recorder: Recorder,
}

impl Lookalike {
    /// Loads the state kept in `dir`, or makes the standard one. Must be called inside a tokio runtime (webhooks are sent from it).
    pub fn open(dir: &Path, options: Options) -> io::Result<Self> {
        let git_root = dir.join("git");
        std::fs::create_dir_all(&git_root)?;
        let state_file = dir.join("look-alike.json");
        let mut world = match std::fs::read(&state_file) {
            Ok(bytes) => serde_json::from_slice::<World>(&bytes).map_err(|e| {
                io::Error::other(format!(
                    "{} is damaged: {e}; delete {} to begin anew",
                    state_file.display(),
                    dir.display()
                ))
            })?,
            Err(trouble) if trouble.kind() == io::ErrorKind::NotFound => World::standard(git_root.clone()),
            Err(trouble) => return Err(trouble),
        };
        world.git_root = git_root;
        let record = options.record.or_else(|| std::env::var_os("GREENLINE_SANDBOX_RECORD").map(PathBuf::from));
        let (events, _) = broadcast::channel(EVENTS_KEPT);
        let courier = Courier::open(&dir.join("deliveries.jsonl"), events.clone())?;
        let look = Self(Arc::new(Shared {
            state_file,
            world: Mutex::new(world),
            changed: AtomicU64::new(0),
            saved: Mutex::new(0),
            events,
            courier,
            faults: Mutex::default(),
            limits: Limits::default(),
            recorder: Recorder::open(record.as_deref())?,
        }));
        look.0.courier.start(&look);
        look.change(World::keep_client_secret);
        look.change(World::catch_up).map_err(|e| io::Error::other(e.to_string()))?;
        Ok(look)
    }

    /// Where clients find us, `http://127.0.0.1:PORT` without a trailing slash.
    pub fn set_base_url(&self, base: &str) {
        base.trim_end_matches('/').clone_into(&mut self.world().base);
    }

    /// Where webhooks of the App go. `None` sends none (they are not even logged).
    pub fn set_webhook_url(&self, url: Option<&str>) {
        self.change(|world| world.hook.url = url.map(str::to_owned));
    }

    /// Where the App under test has people sent back to when they sign in.
    pub fn set_callback_url(&self, url: &str) {
        self.change(|world| world.set_callback_url(url));
    }

    /// REST under `/api/v3`, signing in under `/login/oauth`, the administrator under `/_sandbox`.
    pub fn router(&self) -> axum::Router {
        super::rest::router(self).merge(super::sign_in::router(self)).merge(super::admin::router(self))
    }

    /// All tokens, Apps and secrets.
    pub fn identities(&self) -> Identities {
        let world = self.world();
        let slug = |id: u64| world.apps.get(&id).map(|a| a.slug.clone()).unwrap_or_default();
        let cast = &world.cast;
        Identities {
            tokens: cast.tokens.clone(),
            app: AppIdentity { id: cast.app, slug: slug(cast.app) },
            ci_app: AppIdentity { id: cast.ci_app, slug: slug(cast.ci_app) },
            installation: cast.installation,
            client: world
                .apps
                .get(&cast.app)
                .map(|a| (a.client_id.clone(), a.client_secret.clone()))
                .unwrap_or_default(),
            webhook_secret: world.hook.secret.clone(),
            private_key_pem: PRIVATE_KEY,
        }
    }

    /// What happens from now on. A slow receiver loses the oldest (`Lagged`), nothing waits for it.
    pub fn subscribe(&self) -> broadcast::Receiver<SandboxEvent> {
        self.0.events.subscribe()
    }

    /// Calls `observe` with every exchange under `/api/v3`, after it was answered. The referee listens here.
    pub fn set_recorder(&self, observe: impl Fn(&super::record::Exchange) + Send + Sync + 'static) {
        self.0.recorder.observe(observe);
    }

    /// Finds a repository by its present or a former name.
    pub fn repository(&self, full_name: &str) -> Option<RepoSummary> {
        let world = self.world();
        let (owner, name) = full_name.split_once('/')?;
        let former = || world.renames.get(&full_name.to_lowercase()).and_then(|id| world.repos.get(id));
        world.repo_named(owner, name).or_else(former).map(|r| world.summary(r))
    }

    /// Makes an empty repository (bare, HEAD on `trunk`), with our App and the CI App installed on it and trunk protected:
    /// only the App, the maintainer and the administrator may push there, forward only. The first call names the organization.
    pub fn create_repository(&self, owner: &str, name: &str, trunk: &str) -> Result<RepoSummary, Refused> {
        self.change(|world| world.create_repository(owner, name, trunk))
    }

    /// Forks a repository to a user's account, all branches copied.
    pub fn fork(&self, repo: u64, login: &str) -> Result<RepoSummary, Refused> {
        self.change(|world| world.fork(repo, login))
    }

    /// Opens a pull request; answers its number.
    pub fn open_pull(&self, login: &str, new: &NewPull) -> Result<u64, Refused> {
        self.change(|world| world.by_login(login).and_then(|by| world.open_pull(by, new)))
    }

    /// Puts a label on (made when there is none by that name).
    pub fn add_label(&self, login: &str, repo: u64, number: u64, label: &str) -> Result<(), Refused> {
        self.change(|world| world.by_login(login).and_then(|by| world.add_label(repo, number, by, label)))
    }

    /// Writes a comment; answers its id.
    pub fn comment(&self, login: &str, repo: u64, number: u64, body: &str) -> Result<u64, Refused> {
        self.change(|world| world.by_login(login).and_then(|by| world.comment(repo, number, by, body)))
    }

    /// The CI App announces a workflow run and its check run `name` on a commit, both queued.
    pub fn queue_run(&self, repo: u64, branch: &str, sha: &str, name: &str) -> Result<RunStarted, Refused> {
        self.change(|world| world.queue_run(repo, branch, sha, name))
    }

    /// The run has a machine now (`in_progress`).
    pub fn begin_run(&self, repo: u64, run: RunStarted) -> Result<(), Refused> {
        self.change(|world| world.begin_run(repo, run))
    }

    /// The run ended with a conclusion (`success`, `failure`, `cancelled`, `timed_out`); the summary is Markdown.
    pub fn end_run(&self, repo: u64, run: RunStarted, conclusion: &str, summary: &str) -> Result<(), Refused> {
        self.change(|world| world.end_run(repo, run, conclusion, summary))
    }

    /// Workflow runs that are queued or in progress, oldest first: what a runner takes up again after a restart.
    pub fn unfinished_runs(&self) -> Vec<UnfinishedRun> {
        let world = self.world();
        let all = world.repos.values().flat_map(|r| r.runs.values().map(move |run| (r, run)));
        let open = all.filter(|(_, run)| run.status != "completed");
        open.map(|(repo, run)| UnfinishedRun {
            repo: repo.id,
            started: RunStarted { run: run.id, check_run: run.check_run },
            branch: run.head_branch.clone(),
            sha: run.head_sha.clone(),
            command: run.command.clone(),
        })
        .collect()
    }

    /// Who a git request is (Basic auth, the password is a token) and what it may do with `owner/name` (without `.git`).
    pub fn git_access(&self, authorization: Option<&str>, full_name: &str) -> GitAccess {
        self.world().git_access(authorization, full_name, now())
    }

    /// What protection and permissions say about each ref of a push, in order. Ask before anything is written.
    pub fn judge_push(&self, repo: u64, actor: &Actor, changes: &[RefChange]) -> Vec<RefVerdict> {
        self.world().judge_push(repo, actor, changes)
    }

    /// Tells what a finished push moved (only refs that did move): pull requests follow, webhooks go out. Blocks on git work:
    /// call it in `spawn_blocking`, before the answer goes to the client.
    pub fn pushed(&self, repo: u64, actor: &Actor, changes: &[RefChange]) {
        let told = self.change(|world| {
            let by = world.by(actor);
            world.pushed(repo, by, changes)
        });
        if let Err(refused) = told {
            tracing::error!(repo, %refused, "the look-alike could not follow a push; its next start catches up");
        }
    }

    /// The world, to read.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the world: what it told goes out in the order of changes, and the file has the change when this returns.
    pub(super) fn change<R>(&self, act: impl FnOnce(&mut World) -> R) -> R {
        let (answer, mine) = {
            let mut world = self.world();
            let answer = act(&mut world);
            let out = std::mem::take(&mut world.out);
            for event in out.events {
                // Nobody listening is no trouble.
                let _ = self.0.events.send(event);
            }
            for hook in out.hooks {
                let id = world.id();
                self.0.courier.post(&world.hook, id, hook);
            }
            (answer, self.0.changed.fetch_add(1, Ordering::SeqCst) + 1)
        };
        if let Err(trouble) = self.save(mine) {
            tracing::error!(%trouble, file = %self.0.state_file.display(), "the look-alike's state could not be saved");
        }
        answer
    }

    /// Writes the state unless somebody wrote it after change number `mine`; several waiting changes share one write.
    fn save(&self, mine: u64) -> io::Result<()> {
        let mut saved = self.0.saved.lock().unwrap_or_else(PoisonError::into_inner);
        if *saved >= mine {
            return Ok(());
        }
        let (bytes, upto) = {
            let world = self.world();
            (serde_json::to_vec(&*world).map_err(io::Error::other)?, self.0.changed.load(Ordering::SeqCst))
        };
        let fresh = self.0.state_file.with_extension("json.new");
        std::fs::write(&fresh, bytes)?;
        std::fs::rename(&fresh, &self.0.state_file)?;
        *saved = upto;
        Ok(())
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.0.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn courier(&self) -> &Courier {
        &self.0.courier
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(super) fn recorder(&self) -> &Recorder {
        &self.0.recorder
    }

    pub(super) fn downgrade(&self) -> impl Fn() -> Option<Self> + Send + use<> {
        let weak = Arc::downgrade(&self.0);
        move || weak.upgrade().map(Self)
    }
}

/// A workflow run that is not completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfinishedRun {
    /// Repository id.
    pub repo: u64,
    /// The run and its check run.
    pub started: RunStarted,
    /// The branch it was started for.
    pub branch: String,
    /// The commit.
    pub sha: String,
    /// What it runs in place of the runner's own command.
    pub command: Option<String>,
}
