//! `greenline serve`: the service. Opens the doors first, so that no delivery is missed, then the store's states and the loops.

use super::settings::{self, Trouble as Unusable};
use super::site::GithubSite;
use crate::adapter::clock::SystemClock;
use crate::adapter::git::git_version;
use crate::adapter::store::SqliteStore;
use crate::config::ServiceConfig;
use crate::config::service::LogConfig;
use crate::engine::board::Boards;
use crate::engine::repo::Ended;
use crate::engine::supervise::{Service, supervise};
use crate::http::{Doors, Limits, Metrics, Readiness, doors, serve};
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, watch};
use tracing_subscriber::EnvFilter;

/// Settings are wrong (sysexits' EX_CONFIG).
const BAD_SETTINGS: u8 = 78;
/// Something passing stands in the way (sysexits' EX_TEMPFAIL).
const TRY_LATER: u8 = 75;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The service's settings; see bot.toml.example.
    #[arg(long, default_value = "bot.toml", value_name = "FILE")]
    config: PathBuf,
}

pub fn run(args: &Args) -> ExitCode {
    let config = match settings::service(&args.config) {
        Ok(config) => config,
        Err(unusable) => return refuse(args, &unusable),
    };
    log(&config.log);
    if let Err(trouble) = git_version() {
        eprintln!("greenline: {trouble}");
        return ExitCode::from(BAD_SETTINGS);
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("greenline: the operating system gave no threads: {error}; free some resources and start again");
            return ExitCode::from(TRY_LATER);
        }
    };
    match runtime.block_on(service(config)) {
        Ok(Ended::Shutdown) => ExitCode::SUCCESS,
        Ok(Ended::Fenced) => ExitCode::from(TRY_LATER),
        Err(why) => {
            eprintln!("greenline: {why}");
            ExitCode::from(TRY_LATER)
        }
    }
}

fn refuse(args: &Args, unusable: &Unusable) -> ExitCode {
    let file = args.config.display().to_string();
    match unusable {
        Unusable::Unreadable(error) => eprintln!("{file}: cannot be read: {error}; name the file with --config"),
        Unusable::Wrong(problems) => problems.iter().for_each(|problem| eprintln!("{}", problem.in_file(&file))),
    }
    ExitCode::from(BAD_SETTINGS)
}

fn log(config: &LogConfig) {
    let filter = EnvFilter::try_new(&config.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colour());
    if config.json { log.json().init() } else { log.with_target(false).init() }
}

/// Colours are for a terminal; in a file they are noise.
fn colour() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

async fn service(config: ServiceConfig) -> Result<Ended, String> {
    let site = GithubSite::new(&config).map_err(|trouble| trouble.to_string())?;
    let store = Arc::new(SqliteStore::open(&config.store.path).await.map_err(|trouble| trouble.to_string())?);
    let listen = config.server.listen;
    let listener = TcpListener::bind(listen).await.map_err(|error| {
        format!("cannot listen on {listen}: {error}; stop what listens there, or change [server] listen")
    })?;
    let (boards, wake) = (Boards::default(), Arc::new(Notify::new()));
    let (readiness, ready) =
        watch::channel(Readiness::NotReady("the App's repositories have not been listed yet".into()));
    let (stop, shutdown) = watch::channel(false);
    let limits = Limits::default();
    let router = doors(Doors {
        store: Arc::clone(&store),
        clock: SystemClock,
        wake: Arc::clone(&wake),
        boards: boards.clone(),
        secrets: config.github.webhook_secrets.clone(),
        ready,
        metrics: Arc::new(Metrics::default()),
        public_url: config.server.public_url.clone(),
        forge_url: Some(config.github.git_url.clone()),
        limits: limits.clone(),
    });
    let listening = listener.local_addr().unwrap_or(listen);
    tracing::info!(listen = %listening, api = config.github.api_url, version = env!("CARGO_PKG_VERSION"), "greenline is listening");
    let mut closing = shutdown.clone();
    let doors = tokio::spawn(async move {
        serve(listener, router, &limits, async move {
            let _ = closing.wait_for(|stop| *stop).await;
        })
        .await;
    });
    let (is_ready, mut became_ready) = watch::channel(false);
    tokio::spawn(async move {
        if became_ready.wait_for(|ready| *ready).await.is_ok() {
            readiness.send_replace(Readiness::Ready);
        }
        // The sender stays here so that readiness is told as long as the process lives.
        std::future::pending::<()>().await;
    });
    let loops = supervise(
        site,
        store,
        Service {
            boards,
            wake,
            ready: is_ready,
            shutdown,
            reconcile_ms: config.engine.reconcile_ms,
            pushes_per_minute: config.git.pushes_per_minute,
            page: config.server.public_url.clone(),
        },
    );
    let ended = until_stopped(loops, stop).await;
    let _ = doors.await;
    Ok(ended)
}

/// Runs the loops until a signal asks to stop; what is under way has some seconds to end.
async fn until_stopped(loops: impl Future<Output = Ended>, stop: watch::Sender<bool>) -> Ended {
    const GRACE: std::time::Duration = std::time::Duration::from_secs(8);
    tokio::pin!(loops);
    tokio::select! {
        ended = &mut loops => {
            stop.send_replace(true);
            return ended;
        }
        () = asked_to_stop() => {}
    }
    tracing::info!(
        "stopping: what is under way has {} s to end, the rest is gone on with at the next start",
        GRACE.as_secs()
    );
    stop.send_replace(true);
    tokio::time::timeout(GRACE, &mut loops).await.unwrap_or(Ended::Shutdown)
}

async fn asked_to_stop() {
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    if let (Ok(mut terminate), Ok(mut interrupt)) = signals {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    } else {
        tracing::error!("signals cannot be heard; stop the process by killing it, nothing is lost");
        std::future::pending::<()>().await;
    }
}
