//! The whole sandbox, put together: look-alike, git door, runner, the service as a process, the story; and their end, in
//! the order that leaves nothing behind. Decides nothing about the queue.

use super::client;
use super::example::{self, Scene};
use super::git_http::GitHttp;
use super::git_program;
use super::happening::Happening;
use super::lookalike::{Lookalike, Options};
use super::runner::{Runner, RunnerSettings};
use super::service::{Service, Wiring};
use super::story::{Screen, Story, StorySettings, Voice};
use super::trouble::SandboxTrouble;
use super::types::SandboxEvent;
use axum::serve::ListenerExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinHandle;

/// News of the sandbox itself that a slow reader may be behind.
const NEWS_MAX: usize = 4_096;

/// What the sandbox is to hold.
#[derive(Debug, Clone)]
pub enum Goal {
    /// The example repository with its pull requests.
    Example,
    /// One commit on trunk, no pull requests.
    Empty,
    /// A clone of the user's own repository.
    Own {
        /// Where it is; it is only read.
        path: PathBuf,
        /// Shell patterns of branches that become pull requests, comma between them.
        branches: String,
    },
}

/// How the sandbox is to be run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What is in it.
    pub goal: Goal,
    /// The CI command; the goal's own if none.
    pub ci: Option<String>,
    /// Whether pushed commits are tested at all.
    pub runner: bool,
    /// CI commands at once.
    pub slots: usize,
    /// Longest time for one CI command.
    pub ci_limit: Duration,
    /// Longest time for the story; the goal's own if none.
    pub story_limit: Option<Duration>,
    /// Stop after the story.
    pub exit: bool,
    /// One JSON object a line on stdout.
    pub json: bool,
    /// Port of the look-alike; 0 picks a free one.
    pub port: u16,
    /// Where everything is kept; a temporary directory if none.
    pub dir: Option<PathBuf>,
    /// The program whose `serve` is started.
    pub program: PathBuf,
}

/// Runs a sandbox until its story is told (with `exit`) or `stop` turns true. True when all went as it should.
///
/// # Errors
/// When it cannot start.
pub async fn play(settings: &Settings, stop: watch::Receiver<bool>) -> Result<bool, SandboxTrouble> {
    let mut screen = Screen::new(settings.json);
    git_program::require().await?;
    let home = Home::open(settings.dir.as_deref())?;
    let mut early = stop.clone();
    let stage = tokio::select! {
        stage = Stage::build(settings, &home, &mut screen) => stage?,
        // Dropping what is half built ends its processes.
        _ = early.wait_for(|stop| *stop) => return Ok(false),
    };
    stage.perform(settings, &mut screen, stop).await
}

/// Where everything is kept, for this process alone.
struct Home {
    dir: PathBuf,
    _lock: File,
    /// Deletes itself at the end.
    _temporary: Option<tempfile::TempDir>,
}

impl Home {
    fn open(dir: Option<&Path>) -> Result<Self, SandboxTrouble> {
        let temporary = match dir {
            Some(_) => None,
            None => Some(tempfile::Builder::new().prefix("greenline-sandbox-").tempdir()?),
        };
        let dir = dir.or(temporary.as_ref().map(tempfile::TempDir::path)).expect("one of the two is there");
        std::fs::create_dir_all(dir.join("runs"))?;
        let dir = std::fs::canonicalize(dir)?;
        let lock = File::create(dir.join("lock"))?;
        if lock.try_lock().is_err() {
            let sentence = format!("another sandbox uses {}; stop it, or choose another --dir", dir.display());
            return Err(SandboxTrouble::said(sentence));
        }
        Ok(Self { dir, _lock: lock, _temporary: temporary })
    }
}

/// What a directory must remember of its sandbox beside the look-alike's own state.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    full_name: String,
    trunk: String,
    ci: String,
}

impl Remembered {
    fn path(dir: &Path) -> PathBuf {
        dir.join("sandbox.json")
    }

    fn read(dir: &Path) -> Result<Option<Self>, SandboxTrouble> {
        match std::fs::read(Self::path(dir)) {
            Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|trouble| {
                SandboxTrouble::said(format!("{} cannot be read: {trouble}; delete the directory", dir.display()))
            }),
            Err(trouble) if trouble.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(trouble) => Err(trouble.into()),
        }
    }

    fn write(&self, dir: &Path) -> Result<(), SandboxTrouble> {
        let text = serde_json::to_vec_pretty(self).map_err(std::io::Error::other)?;
        Ok(std::fs::write(Self::path(dir), text)?)
    }
}

/// Everything that runs.
struct Stage {
    dir: PathBuf,
    base_url: String,
    forge: Lookalike,
    scene: Scene,
    /// The look-alike's events since before the first of them.
    events: broadcast::Receiver<SandboxEvent>,
    news: broadcast::Receiver<Happening>,
    server: JoinHandle<()>,
    runner: Option<Runner>,
    service: Service,
    wiring: Wiring,
}

impl Stage {
    async fn build(settings: &Settings, home: &Home, screen: &mut Screen) -> Result<Self, SandboxTrouble> {
        let dir = home.dir.clone();
        let forge = Lookalike::open(&dir, Options::default())?;
        let (base_url, server) = serve(&forge, settings.port, &dir).await?;
        let (news_sender, news) = broadcast::channel(NEWS_MAX);
        let (events, pushes) = (forge.subscribe(), forge.subscribe());
        let remembered = Remembered::read(&dir)?;
        let (scene, ci) = match &remembered {
            Some(kept) => (resume(&forge, kept)?, kept.ci.clone()),
            None => (prepare(settings, &forge, &base_url, screen).await?, default_ci(&settings.goal).to_owned()),
        };
        let ci = settings.ci.clone().unwrap_or(ci);
        let full_name = scene.repo.full_name.clone();
        Remembered { full_name, trunk: scene.trunk.clone(), ci: ci.clone() }.write(&dir)?;
        let runner = settings.runner.then(|| {
            let rules = RunnerSettings {
                repo: scene.repo.clone(),
                command: ci,
                slots: settings.slots,
                limit: settings.ci_limit,
                logs: dir.join("runs"),
            };
            Runner::start(forge.clone(), rules, pushes, news_sender.clone())
        });
        let wiring = Wiring::new(settings.program.clone(), &dir, &base_url, &scene.repo.full_name)?;
        screen.tell(Voice::Quiet, &format!("starting the service, {}", wiring.page_url()));
        forge.set_callback_url(&format!("{}/sign-in/callback", wiring.page_url()));
        let service = Service::start(&wiring, &forge.identities(), news_sender).await?;
        forge.set_webhook_url(Some(&format!("{}/webhook", wiring.page_url())));
        Ok(Self { dir, base_url, forge, scene, events, news, server, runner, service, wiring })
    }

    async fn perform(
        self,
        settings: &Settings,
        screen: &mut Screen,
        mut stop: watch::Receiver<bool>,
    ) -> Result<bool, SandboxTrouble> {
        screen.object(&self.introduction());
        let (boards_sender, boards) = mpsc::channel(16);
        let follower = tokio::spawn(client::follow_boards(self.wiring.listen, boards_sender));
        let limit = settings.story_limit.unwrap_or(match settings.goal {
            Goal::Example | Goal::Empty => Duration::from_mins(2),
            Goal::Own { .. } => Duration::from_mins(10),
        });
        let story = Story::new(self.forge.clone(), self.scene.clone(), (self.events, self.news, boards));
        let api = format!("{}/api/v3", self.base_url);
        let clone_url = format!("{}/{}.git", self.base_url, self.scene.repo.full_name);
        let (page, log) = (self.wiring.page_url(), self.wiring.log());
        let sights = super::story::Sights {
            repo_dir: &self.scene.repo.dir,
            trunk: &self.scene.trunk,
            full_name: &self.scene.repo.full_name,
            page: &page,
            api: &api,
            clone_url: &clone_url,
            log: &log,
        };
        let stopped = async {
            // The sender is gone only when the program is.
            let _ = stop.wait_for(|stop| *stop).await;
        };
        let told = story.tell(&StorySettings { limit, exit: settings.exit }, screen, &sights, stopped).await;
        screen.line(Voice::Quiet, "stopping");
        follower.abort();
        self.service.stop().await;
        if let Some(runner) = self.runner {
            runner.stop().await;
        }
        self.server.abort();
        told
    }

    /// All that any client needs to play a part.
    fn introduction(&self) -> serde_json::Value {
        let who = self.forge.identities();
        let (owner, name) = self.scene.repo.full_name.split_once('/').unwrap_or_default();
        json!({
            "api": format!("{}/api/v3", self.base_url),
            "git": self.base_url,
            "webhook": format!("{}/webhook", self.wiring.page_url()),
            "dashboard": self.wiring.page_url(),
            "admin": format!("{}/_sandbox", self.base_url),
            "repo": {"owner": owner, "name": name, "id": self.scene.repo.id, "trunk": self.scene.trunk},
            "tokens": who.tokens,
            "app": who.app,
            "ci_app": who.ci_app,
            "pid": std::process::id(),
            "service_pid": self.service.pid(),
            "dir": self.dir,
        })
    }
}

/// Opens the look-alike's door.
async fn serve(forge: &Lookalike, port: u16, dir: &Path) -> Result<(String, JoinHandle<()>), SandboxTrouble> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|trouble| {
        SandboxTrouble::said(format!("port {port} cannot be used ({trouble}); choose another, or --port 0"))
    })?;
    let base_url = format!("http://{}", listener.local_addr()?);
    forge.set_base_url(&base_url);
    let app = forge.router().merge(GitHttp::new(forge.clone(), dir).await?.router());
    // Without this, Nagle's algorithm and delayed acknowledgements add 40 ms to many an answer.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let server = tokio::spawn(async move {
        if let Err(trouble) = axum::serve(listener, app).await {
            tracing::error!(%trouble, "the look-alike no longer listens");
        }
    });
    Ok((base_url, server))
}

fn resume(forge: &Lookalike, kept: &Remembered) -> Result<Scene, SandboxTrouble> {
    let repo = forge.repository(&kept.full_name).ok_or_else(|| {
        SandboxTrouble::said(format!("the kept sandbox has lost its repository {}; use a new --dir", kept.full_name))
    })?;
    Ok(Scene { repo, trunk: kept.trunk.clone(), pulls: Vec::new() })
}

async fn prepare(
    settings: &Settings,
    forge: &Lookalike,
    base_url: &str,
    screen: &mut Screen,
) -> Result<Scene, SandboxTrouble> {
    let scene = match &settings.goal {
        Goal::Example => example::example(forge, base_url).await?,
        Goal::Empty => example::empty(forge, base_url).await?,
        Goal::Own { path, branches } => example::own_repository(forge, base_url, path, branches).await?,
    };
    let (name, pulls) = (&scene.repo.full_name, scene.pulls.len());
    screen.tell(Voice::Strong, &format!("{name} has {pulls} pull requests onto {}", scene.trunk));
    Ok(scene)
}

fn default_ci(goal: &Goal) -> &'static str {
    match goal {
        Goal::Example => example::CI_COMMAND,
        Goal::Empty | Goal::Own { .. } => "if [ -x ./ci.sh ]; then ./ci.sh; fi",
    }
}
