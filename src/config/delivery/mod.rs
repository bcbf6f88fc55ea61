//! How the settings of delivery are read: `[delivery]`, `[[stage]]`, `[hotfix]`, `[red]` and `[trust]`. What they mean stands in
//! `delivery::policy`; which of them a change makes laxer, in `laxer`.

mod approval;
mod bound;
mod driver;
mod graph;
pub(super) mod laxer;
mod probe;
mod stage;
mod windows;
pub(super) mod written;

use super::branches::BranchPattern;
use super::problem::Fault;
use super::read::{Reader, Section};
use super::repo_file::{CHECKS_MAX, each_check};
use super::tree::Table;
use crate::calendar::Zone;
use crate::delivery::Policy;
use crate::delivery::policy::{Cut, CutWhen, Hotfix, Mode, RedTrunk, Tier, Trust, VersionScheme};
use crate::ids::StageName;
use crate::wording::shown;
use graph::Stages;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// Approvals that can be asked for, at the most; GitHub's own rules know no more.
const APPROVALS_MAX: i64 = 10;

/// What other sections say and delivery goes by.
pub(super) struct Around<'a> {
    /// The clocks of windows that name no others.
    pub zone: &'a Zone,
    /// Branches that have a queue: nothing but landing moves them.
    pub trunks: &'a [BranchPattern],
}

pub(super) fn delivery(read: &mut Reader, root: &Table, around: &Around<'_>) -> Policy {
    let default = Policy::default();
    let mut section = read.section(root, "delivery");
    let modes = [("off", Mode::Off), ("delivery", Mode::Delivery), ("deployment", Mode::Deployment)];
    let mode = read.word(&mut section, "mode", &modes).unwrap_or(default.mode);
    let cut = cut(read, &mut section, default.cut);
    let schemes = [
        ("none", VersionScheme::None),
        ("semver", VersionScheme::Semver),
        ("calver", VersionScheme::Calver),
        ("sequence", VersionScheme::Sequence),
    ];
    let version = read.word(&mut section, "versions", &schemes).unwrap_or(default.version);
    read.close(&section);
    let stages = graph::stages(read, root, around).unwrap_or(Stages { in_order: default.stages, all_named: true });
    let hotfix = hotfix(read, root, &stages);
    let mended = red_trunk(read, root, &default.red);
    let trust = trust(read, root, &default.trust);
    Policy { mode, cut, version, stages: stages.in_order, hotfix, red: mended, trust }
}

/// A pause between candidates, or a person who asks for them, is only possible where they are made after the landing: so that
/// is then what `when` says if it says nothing.
fn cut(read: &mut Reader, section: &mut Section<'_>, default: Cut) -> Cut {
    let words = [("landed", CutWhen::Landed), ("post-merge-green", CutWhen::PostMergeGreen)];
    let when = read.word(section, "when", &words);
    let listed = read.items(section, "post_merge", CHECKS_MAX);
    let post_merge = listed.map(|items| each_check(read, items)).unwrap_or(default.post_merge);
    let timeout = read.duration(section, "post_merge_timeout", (MINUTE_MS, 7 * DAY_MS));
    let min_interval = read.duration(section, "min_interval", (0, 30 * DAY_MS)).unwrap_or(default.min_interval_ms);
    let manual = read.flag(section, "manual").unwrap_or(default.manual);
    let later = manual || min_interval > 0;
    if when == Some(CutWhen::Landed) && later {
        let at = section.at("when");
        let key = if manual { "manual" } else { "min_interval" };
        let what = format!("makes a candidate with each landing, so {key} can never count");
        read.wrong(&at, what, format!("write when = \"post-merge-green\", or drop {key}"));
    }
    Cut {
        when: when.unwrap_or(if later { CutWhen::PostMergeGreen } else { default.when }),
        post_merge,
        post_merge_timeout_ms: timeout.unwrap_or(default.post_merge_timeout_ms),
        min_interval_ms: min_interval,
        manual,
    }
}

fn hotfix(read: &mut Reader, root: &Table, stages: &Stages) -> Hotfix {
    let mut section = read.section(root, "hotfix");
    let staging = || stages.in_order.iter().filter(|stage| stage.tier == Tier::Staging);
    let usual = || staging().map(|stage| stage.name.clone()).collect();
    let listed = graph::names(read, &mut section, "through");
    for (at, name) in listed.iter().flatten() {
        match stages.in_order.iter().find(|stage| stage.name == *name) {
            Some(stage) if stage.tier == Tier::Production => {
                let what = format!("`{name}` is where a hotfix goes, and it cannot be verified there before");
                read.wrong(at, what, "name stages before production, or write [] for none");
            }
            Some(_) => {}
            None => graph::unknown(read, at, name, stages),
        }
    }
    let approvals = small(read.whole(&mut section, "approvals", 0..=APPROVALS_MAX));
    read.close(&section);
    let through = listed.map(|listed| listed.into_iter().map(|(_, name)| name).collect());
    Hotfix { through: through.unwrap_or_else(usual), approvals: approvals.unwrap_or(1) }
}

fn red_trunk(read: &mut Reader, root: &Table, default: &RedTrunk) -> RedTrunk {
    let mut section = read.section(root, "red");
    let trunk = RedTrunk {
        rerun_once: read.flag(&mut section, "rerun_once").unwrap_or(default.rerun_once),
        revert: read.flag(&mut section, "revert").unwrap_or(default.revert),
        lock: read.flag(&mut section, "lock").unwrap_or(default.lock),
    };
    read.close(&section);
    trunk
}

fn trust(read: &mut Reader, root: &Table, default: &Trust) -> Trust {
    let mut section = read.section(root, "trust");
    let deployments = read.whole(&mut section, "deployments", 1..=1000).and_then(|n| u32::try_from(n).ok());
    let days = read.whole(&mut section, "days", 0..=365).and_then(|n| u32::try_from(n).ok());
    let failures = small(read.whole(&mut section, "failures_percent", 0..=100));
    let demote_for = read.whole(&mut section, "demote_for", 0..=1000).and_then(|n| u32::try_from(n).ok());
    read.close(&section);
    Trust {
        deployments: deployments.unwrap_or(default.deployments),
        days: days.unwrap_or(default.days),
        failures_percent: failures.unwrap_or(default.failures_percent),
        demote_for: demote_for.unwrap_or(default.demote_for),
    }
}

/// A number whose range was chosen to fit.
fn small(whole: Option<i64>) -> Option<u8> {
    whole.and_then(|whole| u8::try_from(whole).ok())
}

fn stage_name(text: &str) -> Result<StageName, Fault> {
    text.parse().map_err(|_| {
        let hint = "write 1 to 40 small letters, digits and dashes, a letter first";
        Fault::new(format!("`{}` is no stage's name", shown(text)), hint)
    })
}

/// One line that people read.
fn line(text: &str, most: usize) -> Result<String, Fault> {
    let count = text.chars().count();
    if !text.trim().is_empty() && count <= most && !text.chars().any(char::is_control) {
        return Ok(text.trim().to_owned());
    }
    Err(Fault::new(
        format!("has {count} characters or several lines"),
        format!("write one line of 1 to {most} characters"),
    ))
}
