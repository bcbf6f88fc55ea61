//! What the service begins anew of itself for each program that deploys. Nobody types it.

use std::path::PathBuf;
use std::process::ExitCode;

/// How this executable is told to keep a program.
pub const NAME: &str = "keep-program";

#[derive(Debug, clap::Args)]
pub struct Args {
    /// What is to be run, as the service wrote it.
    task: PathBuf,
}

pub fn run(args: &Args) -> ExitCode {
    match crate::adapter::deploy::keep(&args.task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("greenline: {}: {error}", args.task.display());
            ExitCode::FAILURE
        }
    }
}
