//! `greenline init`: writes a clone's first `.github/greenline.toml` and says what was decided. It changes no other file.

use super::start::{self, SETTINGS};
use crate::adapter::git::LocalClone;
use crate::migrate::{Landed, Seen, first};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// So many of the latest commits show how pull requests land.
const LANDED_MAX: usize = 50;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A folder of the repository's clone.
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// The branch that the queue is for; without it, the clone's default branch.
    #[arg(long, value_name = "BRANCH")]
    trunk: Option<String>,
    /// Write over a file that is there already.
    #[arg(long)]
    force: bool,
}

pub fn run(args: &Args) -> ExitCode {
    match init(args) {
        Ok(lines) => {
            // A closed pipe is no reason for a panic.
            let _ = writeln!(io::stdout(), "{}", lines.join("\n"));
            ExitCode::SUCCESS
        }
        Err(what) => {
            let _ = writeln!(io::stderr(), "greenline init: {what}");
            ExitCode::FAILURE
        }
    }
}

fn init(args: &Args) -> Result<Vec<String>, String> {
    let clone = LocalClone::open(&args.dir).map_err(|trouble| trouble.to_string())?;
    let trunk = args.trunk.clone().or_else(|| clone.trunk());
    let trunk = trunk.ok_or("no default branch is known here; name it with --trunk")?;
    let (files, broken) = start::workflows(clone.root());
    let landed = clone.latest(&trunk, LANDED_MAX);
    let landed = landed.into_iter().map(|(parents, subject)| Landed { parents, subject }).collect();
    let first = first(&Seen { trunk, files, broken, landed });
    let path = clone.root().join(SETTINGS);
    start::write(&path, &first.toml, args.force)?;
    let mut lines = vec![format!("wrote {}", path.display()), String::new(), "decided:".to_owned()];
    lines.extend(first.decided.iter().map(|decision| format!("  {decision}")));
    lines.extend(start::needed(&first.needed));
    lines.extend([
        String::new(),
        "next: read the file, put it on the default branch together with the workflows' changes, and have the service's App \
         installed"
            .to_owned(),
    ]);
    Ok(lines)
}
