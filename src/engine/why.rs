//! Why a pull request is not merged, or that it is: with the rule that says so and where it is written. It reads the state
//! and decides nothing.

use super::posts;
use super::present;
use super::state::{LastWord, RepoState};
use super::trials;
use crate::admission::{Approval, Obstacle, Record};
use crate::config::RepoConfig;
use crate::config::repo::{PlanConfig, SETTINGS_PATH};
use crate::facts::PullState;
use crate::ids::{Login, Moment, PrNumber, RepoName, Sha};
use crate::queue::{Doing, EntryId, Standing, explain_all};
use crate::text::why::{Source, reason};
use crate::text::{self, Told};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How far a pull request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// In the queue.
    Queued,
    /// It is asked for, and something must happen before it enters.
    Waiting,
    /// It was in the queue and is not any more.
    Out,
    /// It was asked for, and that was refused.
    Refused,
    /// On trunk.
    Landed,
    /// Closed or merged, and not by the queue.
    Closed,
    /// Nobody has asked for it.
    NotAsked,
    /// Not heard of.
    Unknown,
}

/// Why a pull request stands where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// Which.
    pub pull: PrNumber,
    /// Its title; untrusted text.
    pub title: Option<String>,
    /// Who wrote it.
    pub author: Option<Login>,
    /// The approved head of one that is queued, else the last one read.
    pub head: Option<Sha>,
    /// How far it has come.
    pub state: Stage,
    /// Its place in the queue; 1 is first.
    pub position: Option<usize>,
    /// A stable reason code.
    pub code: String,
    /// Why, in a sentence.
    pub sentence: String,
    /// The rule that says so.
    pub rule: Option<Rule>,
    /// Since when.
    pub since: Option<Moment>,
    /// What somebody can do.
    pub next: String,
    /// How far its last trial has come, if it was tried without landing.
    #[serde(default)]
    pub trial: Option<String>,
}

/// The rule behind an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// `setting`, `forge` or `queue`.
    pub from: String,
    /// The setting's key; empty for a rule that has no setting.
    pub key: String,
    /// File and line on trunk; none for what the file does not say.
    pub place: Option<String>,
    /// The trunk commit of that file.
    pub commit: Option<Sha>,
    /// The rule in words, or the setting as it is written.
    pub says: String,
}

/// Why each pull request that is known stands where it stands.
pub fn all(state: &RepoState) -> BTreeMap<PrNumber, Why> {
    let known = Known { state, config: state.config() };
    let waiting: BTreeSet<PrNumber> = state.queue.order.iter().map(|entry| entry.id.pr).collect();
    let idle = state.desk.pulls.values().filter(|record| !waiting.contains(&record.pull.number));
    let mut whys: BTreeMap<PrNumber, Why> = idle.map(|record| (record.pull.number, outside(known, record))).collect();
    for (entry, standing) in explain_all(&state.queue, &state.policy()) {
        whys.insert(entry.pr, queued(known, entry, &standing));
    }
    whys
}

/// What is known, with the settings in force.
#[derive(Clone, Copy)]
struct Known<'a> {
    state: &'a RepoState,
    config: &'a RepoConfig,
}

/// The answer about a pull request nobody has heard of.
pub fn unknown(repository: &RepoName, pull: PrNumber) -> Why {
    let reason = reason("unknown");
    Why {
        pull,
        title: None,
        author: None,
        head: None,
        state: Stage::Unknown,
        position: None,
        code: "unknown".to_owned(),
        sentence: format!(
            "No queue of {repository} knows #{pull}: nobody has asked for it to land, or the branch it goes to has no queue any more."
        ),
        rule: None,
        since: None,
        next: reason.next.to_owned(),
        trial: None,
    }
}

fn queued(known: Known<'_>, entry: EntryId, standing: &Standing) -> Why {
    let state = known.state;
    let record = state.desk.pulls.get(&entry.pr);
    let approved_at = record.and_then(|record| Some(record.approval.as_ref()?.at));
    let (mut code, mut since) = (text::why::standing_code(&standing.doing), approved_at);
    if let Doing::Testing { run, .. } = standing.doing {
        match state.runs.get(&run).and_then(|run| run.asked_at) {
            Some(at) => since = Some(at),
            None => code = "waits-for-branch",
        }
    }
    let why = blank(known, entry.pr, record, Stage::Queued, code);
    let sentence = present::sentence(state, standing);
    Why { head: Some(entry.head), position: Some(standing.position), sentence, since, ..why }
}

/// Of a pull request that is not queued.
fn outside(known: Known<'_>, record: &Record) -> Why {
    let state = known.state;
    let pr = record.pull.number;
    if let Some(approval) = &record.approval
        && let Some(first) = approval.waits.first()
    {
        return waiting(known, record, approval, first);
    }
    if let Some(hold) = record.hold.standing.as_ref().filter(|_| state.queue.entry_aside(pr).is_some()) {
        let sentence = text::stop::held(hold, true);
        return Why { sentence, since: Some(hold.at), ..blank(known, pr, Some(record), Stage::Waiting, "held") };
    }
    let landing = state.landings.iter().find(|row| row.pulls.contains(&pr));
    let word = state.last_words.get(&pr);
    let told = |reached, word: &LastWord| {
        let why = blank(known, pr, Some(record), reached, &word.code);
        let next = if word.next.is_empty() { why.next.clone() } else { word.next.clone() };
        Why { sentence: word.sentence.clone(), next, since: Some(word.at), ..why }
    };
    match (landing, word, record.pull.state) {
        (Some(row), word, _) if word.is_none_or(|word| word.at <= row.at) => {
            let why = blank(known, pr, Some(record), Stage::Landed, "landed");
            Why { sentence: posts::standing_outside(state, pr), since: Some(row.at), ..why }
        }
        (_, Some(word), PullState::Open) => {
            let left = state.departures.iter().any(|row| row.pull == pr && row.at == word.at);
            told(if left { Stage::Out } else { Stage::Refused }, word)
        }
        (_, _, PullState::Merged) if record.landed.is_some() => {
            let sentence = "It has landed.".to_owned();
            Why { sentence, ..blank(known, pr, Some(record), Stage::Landed, "landed") }
        }
        (_, _, PullState::Merged | PullState::Closed) => {
            let (code, over) = if record.pull.state == PullState::Merged {
                ("merged-elsewhere", "It is merged, but not by the queue.")
            } else {
                ("closed", "It is closed.")
            };
            Why { sentence: over.to_owned(), ..blank(known, pr, Some(record), Stage::Closed, code) }
        }
        (_, None, PullState::Open) => {
            let sentence = format!("Nobody has asked for #{pr} to land.");
            Why { sentence, ..blank(known, pr, Some(record), Stage::NotAsked, "not-asked") }
        }
    }
}

/// Of an approved pull request outside of the queue: its first obstacle is the reason, and all of them are told.
fn waiting(known: Known<'_>, record: &Record, approval: &Approval, first: &Obstacle) -> Why {
    let why = blank(known, record.pull.number, Some(record), Stage::Waiting, text::obstacle_code(first));
    let Told { what: sentence, next } = text::waits(&approval.waits);
    let next = if next.is_empty() { why.next.clone() } else { next };
    Why { head: Some(approval.head), sentence, next, since: Some(approval.at), ..why }
}

/// What follows from the reason's code alone.
fn blank(known: Known<'_>, pull: PrNumber, record: Option<&Record>, reached: Stage, code: &str) -> Why {
    let reason = reason(code);
    let trunk = known.state.trunk().as_str();
    let next = reason.next.replace("{trunk}", trunk).replace("{label}", &known.config.queue.label);
    Why {
        pull,
        title: record.map(|record| record.pull.title.clone()),
        author: record.map(|record| record.pull.author.login.clone()),
        head: record.map(|record| record.pull.head),
        state: reached,
        position: None,
        code: code.to_owned(),
        sentence: String::new(),
        rule: rule(known, reason.source),
        since: None,
        next,
        trial: trials::standing(known.state, pull),
    }
}

fn rule(known: Known<'_>, source: Source) -> Option<Rule> {
    let Known { state, config } = known;
    let said = |from: &str, says: &str| Rule {
        from: from.to_owned(),
        key: String::new(),
        place: None,
        commit: None,
        says: says.replace("{trunk}", state.trunk().as_str()),
    };
    Some(match source {
        Source::None => return None,
        Source::Queue(says) => said("queue", says),
        Source::Forge(says) => said("forge", says),
        Source::Setting(key) => setting(state, key),
        Source::Groups => match config.queue.plan {
            PlanConfig::Serial => setting(state, "queue.strategy"),
            PlanConfig::Pipeline { .. } => setting(state, "queue.depth"),
            PlanConfig::Batch { .. } => setting(state, "queue.batch_size"),
        },
        Source::Required if config.checks.required.is_empty() && !state.settings.demands.checks.is_empty() => {
            let names: Vec<_> =
                state.settings.demands.checks.iter().map(|check| text::code(check.name.as_str())).collect();
            said("forge", &format!("branch protection or a ruleset of `{{trunk}}` requires {}", names.join(", ")))
        }
        Source::Required => setting(state, "checks.required"),
        Source::Before if config.checks.before.is_empty() => rule(known, Source::Required)?,
        Source::Before => setting(state, "checks.before"),
        Source::Approvals if config.rules.approvals < state.settings.demands.approvals => {
            let count = state.settings.demands.approvals;
            said("forge", &format!("branch protection or a ruleset of `{{trunk}}` demands {count} approving reviews"))
        }
        Source::Approvals => setting(state, "rules.approvals"),
        Source::Owners if !config.rules.code_owners => {
            said("forge", "branch protection or a ruleset of `{trunk}` demands the approval of code owners")
        }
        Source::Owners => setting(state, "rules.code_owners"),
        Source::LastPush if !config.rules.last_push_approved => said(
            "forge",
            "branch protection or a ruleset of `{trunk}` demands approval by somebody else than the last pusher",
        ),
        Source::LastPush => setting(state, "rules.last_push_approved"),
        Source::Conversations if !config.rules.conversations_resolved => {
            said("forge", "branch protection or a ruleset of `{trunk}` demands that conversations be resolved")
        }
        Source::Conversations => setting(state, "rules.conversations_resolved"),
    })
}

/// A setting as the file on trunk says it; what it does not say has its default.
fn setting(state: &RepoState, key: &str) -> Rule {
    let found = state.settings.places.get(key);
    Rule {
        from: "setting".to_owned(),
        key: key.to_owned(),
        place: found.map(|place| format!("{SETTINGS_PATH}:{}", place.line)),
        commit: state.settings.places_at.filter(|_| found.is_some()),
        says: found.map_or_else(|| "not in the file, so its default holds".to_owned(), |place| place.text.clone()),
    }
}
