//! `greenline check-config`: says everything that is wrong with settings files. It changes nothing and asks no network.

use super::settings::{self, Trouble};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Looked for when no file is named.
const USUAL: [&str; 2] = ["bot.toml", ".github/greenline.toml"];

/// Sections that only a service's file has.
const SERVICE_SECTIONS: [&str; 6] = ["[server]", "[github]", "[store]", "[git]", "[engine]", "[log]"];

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files to check, in any order; without any, ./bot.toml and ./.github/greenline.toml as far as they exist.
    files: Vec<PathBuf>,
}

/// How checking went; the worst of all files decides. The values are the exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Right = 0,
    Wrong = 1,
    NothingChecked = 2,
}

pub fn run(args: &Args) -> ExitCode {
    let files = if args.files.is_empty() { usual() } else { args.files.clone() };
    let mut out = io::stdout().lock();
    if files.is_empty() {
        say(&mut out, &format!("nothing to check: neither {} exists here — name a file", USUAL.join(" nor ")));
        return ExitCode::from(2);
    }
    let verdicts = files.iter().map(|file| check(&mut out, file));
    ExitCode::from(verdicts.max().map_or(2, |verdict| verdict as u8))
}

fn usual() -> Vec<PathBuf> {
    USUAL.iter().map(PathBuf::from).filter(|path| path.exists()).collect()
}

fn check(out: &mut impl Write, path: &Path) -> Verdict {
    let file = path.display().to_string();
    let (kind, outcome) = if is_service(path) {
        ("the service's settings", settings::service(path).map(drop))
    } else {
        ("a repository's settings", settings::repository(path).map(drop))
    };
    match outcome {
        Ok(()) => {
            say(out, &format!("{file}: ok, {kind}"));
            Verdict::Right
        }
        Err(Trouble::Wrong(problems)) => {
            for problem in &problems {
                say(out, &problem.in_file(&file));
            }
            Verdict::Wrong
        }
        Err(Trouble::Unreadable(error)) => {
            say(out, &format!("{file}: cannot be read: {error} — check the path and its permissions"));
            Verdict::NothingChecked
        }
    }
}

/// A closed pipe is no reason for a panic: whoever reads this has seen enough.
fn say(out: &mut impl Write, line: &str) {
    let _ = writeln!(out, "{line}");
}

/// By name where the name is one of the usual two, else by the sections in the file.
fn is_service(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    if name.starts_with("greenline.") || name.starts_with("bot.") {
        return name.starts_with("bot.");
    }
    let text = settings::text(path).unwrap_or_default();
    text.lines().any(|line| SERVICE_SECTIONS.contains(&line.trim()))
}
