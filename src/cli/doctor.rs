//! `greenline doctor`: asks GitHub what would keep the service from working, and prints what to do about it. It changes
//! nothing, there or here, and needs no running service.

use super::serve::{TRY_LATER, refuse, unable};
use super::settings;
use crate::adapter::github::App;
use crate::config::ServiceConfig;
use crate::doctor::{Finding, Ours, Verdict, diagnose};
use crate::ids::RepoName;
use crate::port::Trouble;
use serde::Serialize;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// The whole checkup may take this long; a few hundred repositories take a minute.
const PATIENCE: Duration = Duration::from_mins(15);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The service's settings; see bot.toml.example.
    #[arg(long, default_value = "bot.toml", value_name = "FILE")]
    config: PathBuf,
    /// Look at this repository only.
    #[arg(long, value_name = "OWNER/NAME")]
    repo: Option<RepoName>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    verdict: Verdict,
    findings: &'a [Finding],
}

/// 0 if nothing is wrong, 1 if something is, 75 if GitHub could not be asked for the time being, 78 if `bot.toml` is wrong.
pub fn run(args: &Args) -> ExitCode {
    let config = match settings::service(&args.config) {
        Ok(config) => config,
        Err(unusable) => return refuse(&args.config, &unusable),
    };
    let findings = match examined(&config, args.repo.as_ref()) {
        Ok(findings) => findings,
        Err(trouble) => {
            let (what, code) = unable(trouble);
            eprintln!("greenline: {what}");
            return ExitCode::from(code);
        }
    };
    let worst = findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Unasked);
    let text = if args.json {
        let report = Report { verdict: worst, findings: &findings };
        serde_json::to_string_pretty(&report).expect("it has text keys only, and no floats") + "\n"
    } else {
        plain(&findings)
    };
    // A closed pipe is no reason for a panic: whoever reads this has seen enough.
    let _ = io::stdout().lock().write_all(text.as_bytes());
    match worst {
        Verdict::Wrong => ExitCode::FAILURE,
        Verdict::Ok | Verdict::Unasked | Verdict::Warning if findings.iter().any(|finding| finding.temporary) => {
            ExitCode::from(TRY_LATER)
        }
        Verdict::Ok | Verdict::Unasked | Verdict::Warning => ExitCode::SUCCESS,
    }
}

fn examined(config: &ServiceConfig, only: Option<&RepoName>) -> Result<Vec<Finding>, Trouble> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Trouble::busy(format!("the operating system gave no runtime: {error}")))?;
    let checkup = runtime.block_on(async {
        let app = App::new(&config.github)?;
        let asked = tokio::time::timeout(PATIENCE, app.checkup(only)).await;
        let minutes = PATIENCE.as_secs() / 60;
        asked.map_err(|_| Trouble::busy(format!("GitHub took more than {minutes} minutes; name one --repo")))
    })?;
    let ours = Ours {
        app: config.github.app_id,
        public_url: config.server.public_url.clone(),
        reconcile_ms: config.engine.reconcile_ms,
        signs: config.git.signing_key.is_some(),
    };
    Ok(diagnose(&checkup, &ours, only))
}

fn plain(findings: &[Finding]) -> String {
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let lines: Vec<String> = findings.iter().map(Finding::lines).collect();
    let (wrong, warnings, unasked) = (count(Verdict::Wrong), count(Verdict::Warning), count(Verdict::Unasked));
    let plural = if warnings == 1 { "" } else { "s" };
    format!("{}\n\n{wrong} wrong, {warnings} warning{plural}, {unasked} could not be asked\n", lines.join("\n"))
}
