//! `greenline sandbox`: reads its flags, listens for Ctrl-C, says what came of it. Everything else is in the library.

use crate::sandbox::{Goal, Settings, play};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Flags of `greenline sandbox`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "a flag of a command line is a bool")]
pub struct Args {
    /// Use a clone of this repository instead of the example (it is only read)
    #[arg(long, value_name = "PATH", requires = "branches")]
    repo: Option<PathBuf>,
    /// What CI runs, in a fresh checkout of each tested commit
    #[arg(long, value_name = "COMMAND")]
    ci: Option<String>,
    /// Branches of --repo that become pull requests: shell patterns, comma between them (`topic/*,fix-*`)
    #[arg(long, value_name = "PATTERN", requires = "repo")]
    branches: Option<String>,
    /// One commit on trunk and no pull requests
    #[arg(long, conflicts_with = "repo")]
    empty: bool,
    /// Run no CI: verdicts come from whoever posts checks
    #[arg(long, conflicts_with = "ci")]
    no_runner: bool,
    /// Print one JSON object with all addresses and tokens when ready, then one per event
    #[arg(long)]
    json: bool,
    /// Port of the look-alike; 0 picks a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Keep everything here, and go on from what is here already
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Stop after the story; exit code 0 only if everything ended as it should
    #[arg(long)]
    exit: bool,
    /// CI commands at once [default: one per core]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=256))]
    slots: Option<u16>,
    /// Longest time for one CI command, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    time_limit: u64,
    /// Longest time for the whole story, in seconds [default: 120, with --repo 600]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=604_800))]
    story_limit: Option<u64>,
}

impl Args {
    fn settings(self) -> std::io::Result<Settings> {
        let goal = match (self.repo, self.branches) {
            (Some(path), Some(branches)) => Goal::Own { path, branches },
            (Some(_), None) | (None, _) if self.empty => Goal::Empty,
            (Some(_), None) | (None, _) => Goal::Example,
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Settings {
            goal,
            ci: self.ci,
            runner: !self.no_runner,
            slots: self.slots.map_or(cores, usize::from),
            ci_limit: Duration::from_secs(self.time_limit),
            story_limit: self.story_limit.map(Duration::from_secs),
            exit: self.exit,
            json: self.json,
            port: self.port,
            dir: self.dir,
            program: std::env::current_exe()?,
        })
    }
}

/// Runs the sandbox; 0 when all went as it should, 1 when the story did not, 2 when it could not start.
pub fn run(args: Args) -> ExitCode {
    // Another subscriber may be there already when this runs inside a test.
    let _ = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(tracing::Level::WARN).try_init();
    let played = args.settings().map_err(Into::into).and_then(|settings| {
        let runtime = tokio::runtime::Runtime::new()?;
        runtime.block_on(async {
            let (stop, stopped) = watch::channel(false);
            tokio::spawn(watch_signals(stop));
            play(&settings, stopped).await
        })
    });
    match played {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(trouble) => {
            eprintln!("greenline sandbox: {trouble}");
            ExitCode::from(2)
        }
    }
}

async fn watch_signals(stop: watch::Sender<bool>) {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return stop.closed().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    stop.send_replace(true);
    stop.closed().await;
}
