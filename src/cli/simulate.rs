//! `greenline sim`: runs seeds of the simulation and says which broke an invariant, with the command line that shows it again.

use crate::sim::{Bug, Order, Report};
use std::ops::Range;
use std::process::ExitCode;

/// What to simulate.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run this seed.
    #[arg(long, value_name = "N", required_unless_present = "seeds", conflicts_with = "seeds")]
    seed: Option<u64>,
    /// Run all seeds from the first up to, not including, the second.
    #[arg(long, value_name = "FROM..TO", value_parser = range)]
    seeds: Option<Range<u64>>,
    /// Print everything that happens.
    #[arg(long)]
    trace: bool,
    /// Plant a bug between the bot and the world, to see the judge find it.
    #[arg(long, value_name = "BUG", value_parser = planted)]
    planted: Option<Bug>,
}

fn range(text: &str) -> Result<Range<u64>, String> {
    let ends = text.split_once("..").and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
    ends.filter(|ends| ends.start < ends.end).ok_or_else(|| "write two numbers, like 0..1000".into())
}

fn planted(text: &str) -> Result<Bug, String> {
    let names = Bug::ALL.iter().map(|bug| bug.name()).collect::<Vec<_>>();
    Bug::named(text).ok_or_else(|| format!("there is no such bug; there are {}", names.join(", ")))
}

/// Runs the seeds; 0 if none broke anything, 1 otherwise.
pub fn run(args: &Args) -> ExitCode {
    let seeds = args.seed.map_or_else(|| args.seeds.clone().unwrap_or(0..0), |seed| seed..seed + 1);
    let order = Order { bug: args.planted, trace: args.trace };
    let (mut broken, mut steps) = (0, 0);
    let count = seeds.end - seeds.start;
    for seed in seeds {
        let report = crate::sim::run(seed, order);
        report.trace.iter().for_each(|line| println!("{line}"));
        steps += report.steps;
        broken += u64::from(told(&report, args.planted));
    }
    println!("{count} seeds, {steps} steps, {broken} broke an invariant");
    ExitCode::from(u8::from(broken > 0))
}

fn told(report: &Report, bug: Option<Bug>) -> bool {
    let Some(violation) = &report.violation else { return false };
    let planted = bug.map_or_else(String::new, |bug| format!(" --planted {}", bug.name()));
    println!("seed {}: {} is broken: {}", report.seed, violation.invariant, violation.what);
    println!("  greenline sim --seed {}{planted} --trace", report.seed);
    true
}
