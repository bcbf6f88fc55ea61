//! `greenline verify`: holds the ledger of a clone against what is in that clone. It needs neither the service nor its database,
//! and no network unless it is told to fetch; what is sound is decided in `ledger::audit`.

use super::start::text;
use crate::adapter::git::{AuditedClone, VerifyingKeys, git_version};
use crate::ids::RefName;
use crate::ledger::{self, audit};
use crate::port::Trouble;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

/// How far it is gets told after so many entries.
const TOLD_EVERY: usize = 1_000;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A clone: any, bare or not, but a whole one; best a fresh one by `git clone --mirror`.
    #[arg(default_value = ".")]
    clone: PathBuf,
    /// Where the clone is from: the name of its remote; with --fetch it may be a URL.
    #[arg(long, default_value = "origin", value_name = "NAME|URL")]
    remote: String,
    /// Fetch branches, tags, heads and the ledger first, into refs/greenline/ of the clone.
    #[arg(long)]
    fetch: bool,
    /// The ref of the ledger, where it was fetched to another one.
    #[arg(long, value_name = "REF", conflicts_with = "fetch")]
    ledger: Option<RefName>,
    /// The public key that Greenline signs with: each entry must be signed by it. Of several keys one a line.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// What came of it.
struct Outcome {
    /// The remote's ledger is not the one that the clone knew.
    broken_off: Option<String>,
    report: audit::Report,
}

/// 0 if everything is sound, 1 if something is not, 2 if that could not be found out.
pub fn run(args: &Args) -> ExitCode {
    match verified(args) {
        Ok(outcome) => {
            // Whoever closes the pipe has read enough.
            let _ = std::io::stdout().lock().write_all(told(&outcome).as_bytes());
            ExitCode::from(u8::from(!outcome.report.findings.is_empty() || outcome.broken_off.is_some()))
        }
        Err(trouble) => {
            eprintln!("greenline verify: {trouble}");
            ExitCode::from(2)
        }
    }
}

fn verified(args: &Args) -> Result<Outcome, Trouble> {
    git_version()?;
    let keys = args.key.as_ref().map(|path| {
        let unreadable = |error| Trouble::Denied(format!("{} cannot be read: {error}", path.display()));
        VerifyingKeys::parse(&text(path).map_err(unreadable)?)
    });
    let keys = keys.transpose()?;
    if !args.fetch && args.remote.contains(['/', ':']) {
        return Err(Trouble::Denied(format!("{} is no name of a remote; a URL needs --fetch", args.remote)));
    }
    let open = if args.fetch { AuditedClone::fetch } else { AuditedClone::open };
    let mut clone = open(&args.clone, &args.remote)?;
    let broken_off = if args.fetch { clone.take_over()? } else { None };
    let name = args.ledger.clone().unwrap_or_else(ledger::name);
    let tip = clone.at(&name).ok_or_else(|| missing(args, &clone, &name))?;
    let pages = clone.pages(tip, keys.as_ref())?;
    if args.fetch {
        clone.fetch_heads(audit::heads(&pages))?;
    }
    let report = audit::audit(&pages, &mut clone, progress)?;
    Ok(Outcome { broken_off, report })
}

fn missing(args: &Args, clone: &AuditedClone, name: &RefName) -> Trouble {
    Trouble::Denied(if args.fetch {
        format!("{} has no {name}: Greenline has landed nothing there since it keeps a ledger", args.remote)
    } else {
        format!("{name} is not in {}; run\n  {}\nor verify with --fetch", args.clone.display(), clone.fetching())
    })
}

/// Only where somebody watches.
fn progress(done: usize, of: usize) {
    if done.is_multiple_of(TOLD_EVERY) && std::io::stderr().is_terminal() {
        eprintln!("greenline verify: {done} of {of} entries");
    }
}

fn told(outcome: &Outcome) -> String {
    let Outcome { broken_off, report } = outcome;
    let mut lines: Vec<String> =
        broken_off.iter().map(|what| format!("S14  {what} – somebody wrote the ledger anew")).collect();
    lines.extend(report.findings.iter().map(ToString::to_string));
    lines.extend(report.notes.iter().map(ToString::to_string));
    if report.left_out > 0 {
        lines.push(format!("… and {} more lines", report.left_out));
    }
    lines.push(format!("verified {}", report.counts));
    let wrong = report.findings.len() + usize::from(broken_off.is_some());
    let verdict = match (report.findings.first(), wrong) {
        (_, 0) => "nothing is wrong".to_owned(),
        (Some(first), _) => {
            format!("{wrong} wrong; the first bad entry is {} (git show {})", first.entry.short(), first.entry)
        }
        (None, _) => format!("{wrong} wrong"),
    };
    lines.push(verdict);
    lines.join("\n") + "\n"
}
