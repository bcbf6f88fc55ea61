//! `greenline import`: another bot's settings as `.github/greenline.toml`, and a report of what became of each. It changes no
//! file but the one it is told to write.

use super::start;
use crate::adapter::git::LocalClone;
use crate::migrate::{Around, Fate, Import, Note, Source, import};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// bors.toml, .kodiak.toml or .mergify.yml; in its clone, where the workflows tell which checks are GitHub Actions'.
    file: PathBuf,
    /// Whose settings they are, for a file by another name.
    #[arg(long, value_enum)]
    from: Option<From>,
    /// Write the settings here, not to standard output.
    #[arg(long, value_name = "PATH")]
    write: Option<PathBuf>,
    /// Write over a file that is there already.
    #[arg(long, requires = "write")]
    force: bool,
    /// The branch that the queue is for; without it, the clone's default branch.
    #[arg(long, value_name = "BRANCH")]
    trunk: Option<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum From {
    Bors,
    Kodiak,
    Mergify,
}

pub fn run(args: &Args) -> ExitCode {
    match carry(args) {
        Ok(report) => {
            // A closed pipe is no reason for a panic.
            let _ = writeln!(io::stderr(), "{}", report.join("\n"));
            ExitCode::SUCCESS
        }
        Err(what) => {
            let _ = writeln!(io::stderr(), "greenline import: {what}");
            ExitCode::FAILURE
        }
    }
}

fn carry(args: &Args) -> Result<Vec<String>, String> {
    let file = args.file.display().to_string();
    let name = args.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let source = args.from.map(source).or_else(|| Source::of(&args.file)).ok_or_else(|| {
        format!("{file}: whose settings these are does not follow from the name; say --from bors, kodiak or mergify")
    })?;
    let text = start::text(&args.file).map_err(|error| format!("{file}: cannot be read: {error}"))?;
    let import = import(source, &name, &text, &around(args))
        .map_err(|broken| format!("{file}:{}: {}; mend it and import again", broken.line, broken.what))?;
    match &args.write {
        Some(path) => start::write(path, &import.toml, args.force)?,
        None => _ = write!(io::stdout(), "{}", import.toml),
    }
    Ok(report(&file, &import, args.write.as_deref()))
}

fn source(from: From) -> Source {
    match from {
        From::Bors => Source::Bors,
        From::Kodiak => Source::Kodiak,
        From::Mergify => Source::Mergify,
    }
}

/// What the file's clone tells; nothing, if it is in none.
fn around(args: &Args) -> Around {
    let folder = args.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let clone = LocalClone::open(folder).ok();
    let trunk = args.trunk.clone().or_else(|| clone.as_ref().and_then(LocalClone::trunk));
    let (files, _) = clone.map(|clone| start::workflows(clone.root())).unwrap_or_default();
    Around::new(trunk, files)
}

fn report(file: &str, import: &Import, written: Option<&Path>) -> Vec<String> {
    let mut lines: Vec<String> = written.map(|path| format!("wrote {}", path.display())).into_iter().collect();
    for (fate, title) in [
        (Fate::Carried, "carried over:"),
        (Fate::Changed, "carried over, and meaning something else:"),
        (Fate::Needless, "needing no setting:"),
        (Fate::Dropped, "not carried over:"),
    ] {
        let notes: Vec<&Note> = import.notes.iter().filter(|note| note.fate == fate).collect();
        let told = told(file, &notes);
        if !told.is_empty() {
            lines.extend([String::new(), title.to_owned()]);
            lines.extend(told);
        }
    }
    lines.extend(start::needed(&import.needed));
    lines.extend([String::new(), "what else is different:".to_owned()]);
    lines.extend(import.habits.iter().map(|habit| format!("  {habit}")));
    lines
}

/// What is the same of several lines is said once.
fn told(file: &str, notes: &[&Note]) -> Vec<String> {
    let same = |a: &&Note, b: &&Note| a.key == b.key && a.said == b.said;
    let one = |notes: &[&Note]| {
        let lines: Vec<String> = notes.iter().filter_map(|note| note.line).map(|line| line.to_string()).collect();
        let lines = if lines.is_empty() { String::new() } else { format!(":{}", lines.join(",")) };
        format!("  {file}{lines}: {}: {}", notes[0].key, notes[0].said)
    };
    notes.chunk_by(same).map(one).collect()
}
