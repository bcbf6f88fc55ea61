//! `greenline serve`: the service. Opens the doors first, so that no delivery is missed, then the store's states and the loops.

use super::settings::{self, Trouble as Unusable};
use super::site::GithubSite;
use crate::adapter::clock::SystemClock;
use crate::adapter::git::git_version;
use crate::adapter::github::SignIn;
use crate::adapter::store::SqliteStore;
use crate::config::ServiceConfig;
use crate::config::service::LogConfig;
use crate::engine::board::Boards;
use crate::engine::repo::Ended;
use crate::engine::supervise::{Service, supervise};
use crate::http::{Doors, Limits, Metrics, Readiness, doors, serve};
use crate::port::{Identity, Trouble};
use std::io::{self, IsTerminal as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, watch};
use tracing_subscriber::EnvFilter;

/// Settings are wrong (sysexits' EX_CONFIG).
const BAD_SETTINGS: u8 = 78;
/// Something passing stands in the way (sysexits' EX_TEMPFAIL).
pub(super) const TRY_LATER: u8 = 75;
/// What is under way has this long to end when the service is asked to stop.
const GRACE: Duration = Duration::from_secs(8);
/// Then the database has this long to be closed.
const CLOSING: Duration = Duration::from_secs(1);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The service's settings; see bot.toml.example.
    #[arg(long, default_value = "bot.toml", value_name = "FILE")]
    config: PathBuf,
}

pub fn run(args: &Args) -> ExitCode {
    let config = match settings::service(&args.config) {
        Ok(config) => config,
        Err(unusable) => return refuse(&args.config, &unusable),
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
    let ended = runtime.block_on(service(config));
    // Dropping it would wait for blocking work (a big composition, a name look-up) for as long as that takes.
    runtime.shutdown_background();
    match ended {
        Ok(Ended::Shutdown | Ended::Retired) => ExitCode::SUCCESS,
        Ok(Ended::Fenced) => ExitCode::from(TRY_LATER),
        Err(trouble) => {
            let (what, code) = unable(trouble);
            eprintln!("greenline: {what}");
            ExitCode::from(code)
        }
    }
}

/// What to say and how to end when the service cannot begin: only what no person need change may be tried again.
pub(super) fn unable(trouble: Trouble) -> (String, u8) {
    match trouble {
        Trouble::Busy { what, retry_after_ms: _ } | Trouble::Bug(what) => (what, TRY_LATER),
        Trouble::Denied(what) => (what, BAD_SETTINGS),
    }
}

/// Says why `bot.toml` cannot be used.
pub(super) fn refuse(config: &Path, unusable: &Unusable) -> ExitCode {
    let file = config.display().to_string();
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

async fn service(config: ServiceConfig) -> Result<Ended, Trouble> {
    let site = GithubSite::new(&config)?;
    let store = Arc::new(SqliteStore::open(&config.store.path).await?);
    let listen = config.server.listen;
    let listener = TcpListener::bind(listen).await.map_err(|error| not_listening(listen, &error))?;
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
        tokens: config.api.tokens.clone(),
        ready,
        metrics: Arc::new(Metrics::default()),
        public_url: config.server.public_url.clone(),
        identity: identity(&config)?,
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
    let (is_ready, became_ready) = watch::channel(false);
    tokio::spawn(tell_readiness(readiness, became_ready));
    let loops = supervise(
        site,
        Arc::clone(&store),
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
    if tokio::time::timeout(CLOSING, store.close()).await.is_err() {
        tracing::warn!("the database was not closed in time; nothing is lost, it is put in order at the next start");
    }
    Ok(ended)
}

/// Tells that the service is ready once it is, as long as the process lives: the sender stays here.
async fn tell_readiness(readiness: watch::Sender<Readiness>, mut became_ready: watch::Receiver<bool>) {
    if became_ready.wait_for(|ready| *ready).await.is_ok() {
        readiness.send_replace(Readiness::Ready);
    }
    std::future::pending::<()>().await;
}

/// How people sign in on the page, where the settings let them.
fn identity(config: &ServiceConfig) -> Result<Option<Arc<dyn Identity>>, Trouble> {
    let (Some(settings), Some(page)) = (&config.github.sign_in, &config.server.public_url) else { return Ok(None) };
    Ok(Some(Arc::new(SignIn::new(&config.github, settings, page)?)))
}

/// An address that is taken may become free; one that is not this machine's, or not allowed, never does.
fn not_listening(listen: SocketAddr, error: &io::Error) -> Trouble {
    let what = format!("cannot listen on {listen}: {error}; stop what listens there, or change [server] listen");
    if error.kind() == io::ErrorKind::AddrInUse { Trouble::busy(what) } else { Trouble::Denied(what) }
}

/// Runs the loops until a signal asks to stop; what is under way has some seconds to end.
async fn until_stopped(loops: impl Future<Output = Ended>, stop: watch::Sender<bool>) -> Ended {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_by_itself_is_tried_again() {
        let listen = SocketAddr::from(([127, 0, 0, 1], 80));
        let code = |trouble| unable(trouble).1;
        assert_eq!(code(Trouble::Denied("the private key cannot be read".into())), BAD_SETTINGS);
        assert_eq!(code(Trouble::busy("another process holds the database")), TRY_LATER);
        assert_eq!(code(not_listening(listen, &io::ErrorKind::AddrInUse.into())), TRY_LATER);
        assert_eq!(code(not_listening(listen, &io::ErrorKind::PermissionDenied.into())), BAD_SETTINGS);
    }
}
