//! The command line: reads arguments, introduces engine and adapters to each other, says what came of it. It decides nothing about the queue.

mod check_config;
mod compose;
mod queue;
mod sandbox;
mod serve;
mod settings;
mod simulate;
mod site;
mod token;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// A git-native merge queue: trunk only ever moves to commits that were tested.
#[derive(Debug, Parser)]
#[command(name = "greenline", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service for GitHub.
    Serve(serve::Args),
    /// Try it out: an embedded GitHub look-alike, a repository with pull requests, and the real service.
    Sandbox(sandbox::Args),
    /// Say what pull requests would become on trunk, touching nothing.
    Compose(compose::Args),
    /// Check bot.toml and .github/greenline.toml; report all errors at once.
    CheckConfig(check_config::Args),
    /// Read and change the queue of a running service: list, why, add, remove.
    Queue(queue::Args),
    /// Make a token with which a program may change queues.
    Token(token::Args),
    /// Run simulated worlds with faults against the real core and engine, by seed.
    Sim(simulate::Args),
}

/// Runs the program; the exit code is the command's.
pub fn run() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(args) => serve::run(&args),
        Command::Sandbox(args) => sandbox::run(args),
        Command::Compose(args) => compose::run(&args),
        Command::CheckConfig(args) => check_config::run(&args),
        Command::Queue(args) => queue::run(&args),
        Command::Token(args) => token::run(&args),
        Command::Sim(args) => simulate::run(&args),
    }
}
