//! The command line: reads arguments, introduces engine and adapters to each other, says what came of it. It decides nothing about the queue.

mod check_config;
mod compose;
mod deploying;
mod doctor;
mod import;
mod init;
mod keep;
mod queue;
mod sandbox;
mod schema;
mod serve;
mod settings;
mod simulate;
mod site;
mod start;
mod token;
mod verify;

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
    /// Write a first .github/greenline.toml from what a repository has.
    Init(init::Args),
    /// Carry over the settings of bors, Kodiak or Mergify, and name what cannot be.
    Import(import::Args),
    /// Ask GitHub what would keep the service from working: key, clock, permissions, webhook, rules, workflows.
    Doctor(doctor::Args),
    /// Print what can be set in .github/greenline.toml, for editors or for people.
    Schema(schema::Args),
    /// Read and change the queue of a running service: list, why, add, remove.
    Queue(queue::Args),
    /// Make a token with which a program may change queues.
    Token(token::Args),
    /// Hold the ledger of a clone against what is in it: every landing, every candidate; no service is needed.
    Verify(verify::Args),
    /// Keep a program that deploys; the service begins this itself.
    #[command(name = keep::NAME, hide = true)]
    Keep(keep::Args),
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
        Command::Init(args) => init::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Queue(args) => queue::run(&args),
        Command::Token(args) => token::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Keep(args) => keep::run(&args),
        Command::Sim(args) => simulate::run(&args),
    }
}
