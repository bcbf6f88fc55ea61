//! `greenline schema`: prints what can be set in `.github/greenline.toml`, as JSON Schema or as a page. It reads no file.

use crate::config::reference::{page, schema};
use std::io::{self, Write as _};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print the reference page instead of the JSON Schema.
    #[arg(long)]
    markdown: bool,
}

pub fn run(args: &Args) -> ExitCode {
    let text = if args.markdown {
        page()
    } else {
        serde_json::to_string_pretty(&schema()).expect("it has text keys only, and no floats") + "\n"
    };
    // A closed pipe is no reason for a panic: whoever reads this has seen enough.
    let _ = io::stdout().lock().write_all(text.as_bytes());
    ExitCode::SUCCESS
}
