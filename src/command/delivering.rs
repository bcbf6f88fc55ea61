//! What may be asked of a delivery, in words: candidates, stages, reasons. It reads words and decides nothing.

use super::stop::{self, Stop, split};
use super::wish::unknown;
use super::{Command, Verb};
use crate::delivery::Wish;
use crate::delivery::event::Resolution;
use crate::delivery::state::Scope;
use crate::ids::{CandidateSeq, DeploymentId, LockId, StageName};
use serde::{Deserialize, Serialize};

/// What is asked of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivering {
    /// Anything but a lock.
    Wish(Wish),
    /// A lock: when it ends depends on whose clocks are meant.
    Lock {
        /// What it is on.
        scope: Scope,
        /// Until when, and why.
        stop: Stop,
        /// Not even hotfixes and rollbacks pass.
        strict: bool,
    },
}

type Read = Result<Command, String>;

fn wish(wish: Wish) -> Command {
    Command::Deliver(Delivering::Wish(wish))
}

/// Reads the words after one of the verbs that are about deliveries. Errors: what is wrong with them, in a sentence.
pub(super) fn read(verb: Verb, words: &[&str]) -> Read {
    let (before, reason) = split(words);
    let because = || reason.clone().ok_or("Everybody will ask why: say `because` and the reason.".to_owned());
    match (verb, before) {
        (Verb::Promote, [at]) => {
            let (stage, candidate) = (stage(at)?, None);
            Ok(wish(Wish::Approve { stage, candidate, note: reason.unwrap_or_default() }))
        }
        (Verb::Promote, [at, which]) => {
            let (stage, candidate) = (stage(at)?, Some(candidate(which)?));
            Ok(wish(Wish::Approve { stage, candidate, note: reason.unwrap_or_default() }))
        }
        (Verb::Reject, [which]) => {
            Ok(wish(Wish::Reject { candidate: candidate(which)?, stage: None, reason: because()? }))
        }
        (Verb::Reject, [which, of, at]) if of.eq_ignore_ascii_case("for") => {
            let (candidate, stage) = (candidate(which)?, Some(stage(at)?));
            Ok(wish(Wish::Reject { candidate, stage, reason: because()? }))
        }
        (Verb::Unreject, [which]) => Ok(wish(Wish::Unreject { candidate: candidate(which)?, reason: because()? })),
        (Verb::Deploy, [which, to, at, rest @ ..]) if to.eq_ignore_ascii_case("to") => {
            let overrides = match rest {
                [] => false,
                [word] if word.eq_ignore_ascii_case("override") => true,
                [word, ..] => return Err(unknown(word)),
            };
            let reason = if overrides { because()? } else { reason.unwrap_or_default() };
            let (stage, candidate, expect_current) = (stage(at)?, candidate(which)?, None);
            Ok(wish(Wish::Deploy { stage, candidate, overrides, reason, expect_current }))
        }
        (Verb::Rollback, [at]) => {
            Ok(wish(Wish::Rollback { stage: stage(at)?, to: None, reason: because()?, confirm: None }))
        }
        // Who names the candidate knows where it goes.
        (Verb::Rollback, [at, to, which]) if to.eq_ignore_ascii_case("to") => {
            let to = Some(candidate(which)?);
            Ok(wish(Wish::Rollback { stage: stage(at)?, to, reason: because()?, confirm: to }))
        }
        (Verb::Verify, [at, how]) => verify(stage(at)?, how, because),
        (Verb::Deployment, [number, how]) => deployment(number, how),
        (Verb::Resume, [at]) => Ok(wish(Wish::Resume(stage(at)?))),
        (Verb::Lock, [what, rest @ ..]) => lock(what, rest, &because()?),
        (Verb::Unlock, [number]) => Ok(wish(Wish::Unlock(LockId::new(whole(number)?)))),
        (Verb::Cut, []) => Ok(wish(Wish::Cut)),
        (Verb::Fixing, []) => Ok(wish(Wish::Fixing)),
        (Verb::Restore, [which]) => Ok(wish(Wish::RestoreTag(candidate(which)?))),
        (verb, [] | [..]) => Err(format!("It is followed by `{}`.", verb.takes().trim_start())),
    }
}

/// `hold STAGE because REASON`.
pub(super) fn hold(at: &str, reason: Option<String>) -> Read {
    let reason = reason.ok_or("Everybody will ask why: say `because` and the reason.")?;
    Ok(wish(Wish::Hold { stage: stage(at)?, reason }))
}

/// `approve STAGE`; nothing if it is no stage's name.
pub(super) fn approve(words: &[&str]) -> Option<Command> {
    let [at] = words else { return None };
    // Whoever writes letters and digits up to `f` means a commit.
    let commit = at.len() >= 7 && at.bytes().all(|b| b.is_ascii_hexdigit());
    let stage = at.parse().ok().filter(|_| !commit)?;
    Some(wish(Wish::Approve { stage, candidate: None, note: String::new() }))
}

fn verify(stage: StageName, how: &str, because: impl Fn() -> Result<String, String>) -> Read {
    match how.to_ascii_lowercase().as_str() {
        "pass" => Ok(wish(Wish::Judge { stage, pass: true, note: because()? })),
        "fail" => Ok(wish(Wish::Judge { stage, pass: false, note: because()? })),
        "again" => Ok(wish(Wish::Reverify(stage))),
        _ => Err(unknown(how)),
    }
}

fn deployment(number: &str, how: &str) -> Read {
    let deployment = DeploymentId::new(whole(number)?);
    Ok(wish(match how.to_ascii_lowercase().as_str() {
        "cancel" => Wish::Cancel(deployment),
        "retry" => Wish::Retry(deployment),
        "succeeded" => Wish::Resolve { deployment, outcome: Resolution::Succeeded },
        "failed" => Wish::Resolve { deployment, outcome: Resolution::Failed },
        "again" => Wish::Resolve { deployment, outcome: Resolution::Again },
        _ => return Err(unknown(how)),
    }))
}

fn lock(what: &str, rest: &[&str], because: &str) -> Read {
    let scope = match what.to_ascii_lowercase().as_str() {
        "merges" => Scope::Merges,
        "stages" => Scope::Stages,
        _ => Scope::Stage(stage(what)?),
    };
    let (strict, rest) = match rest {
        [word, rest @ ..] if word.eq_ignore_ascii_case("strictly") => (true, rest),
        rest => (false, rest),
    };
    let until = stop::ending(rest)?;
    let stop = Stop { until, reason: because.to_owned() };
    Ok(Command::Deliver(Delivering::Lock { scope, stop, strict }))
}

fn stage(word: &str) -> Result<StageName, String> {
    word.to_ascii_lowercase().parse().map_err(|_| unknown(word))
}

/// `12`, `000012` or `candidate/000012`: its number is what counts.
fn candidate(word: &str) -> Result<CandidateSeq, String> {
    let digits = word.trim_start_matches(|c: char| !c.is_ascii_digit());
    let prefix = &word[..word.len() - digits.len()];
    let plain = prefix.is_empty() || prefix.ends_with(['/', '-', 'v', '#']);
    digits.parse().ok().filter(|_| plain).map(CandidateSeq::new).ok_or_else(|| unknown(word))
}

fn whole(word: &str) -> Result<u64, String> {
    word.trim_start_matches('#').parse().map_err(|_| unknown(word))
}

impl Delivering {
    /// The verb it is said with.
    pub(super) fn verb(&self) -> Verb {
        match self {
            Self::Lock { .. } => Verb::Lock,
            Self::Wish(wish) => match wish {
                Wish::Approve { .. } | Wish::Unapprove { .. } => Verb::Promote,
                Wish::Reject { .. } => Verb::Reject,
                Wish::Unreject { .. } => Verb::Unreject,
                Wish::Deploy { .. } => Verb::Deploy,
                Wish::Rollback { .. } => Verb::Rollback,
                Wish::Cancel(_) | Wish::Retry(_) | Wish::Resolve { .. } => Verb::Deployment,
                Wish::Judge { .. } | Wish::Reverify(_) => Verb::Verify,
                Wish::Hold { .. } => Verb::Hold,
                Wish::Resume(_) => Verb::Resume,
                Wish::Lock { .. } => Verb::Lock,
                Wish::Unlock(_) => Verb::Unlock,
                Wish::Cut => Verb::Cut,
                Wish::Fixing => Verb::Fixing,
                Wish::RestoreTag(_) => Verb::Restore,
            },
        }
    }

    /// What stands behind the verb.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Lock { scope, stop, strict } => {
                let scope = match scope {
                    Scope::Merges => "merges".to_owned(),
                    Scope::Stages => "stages".to_owned(),
                    Scope::Stage(stage) => stage.to_string(),
                };
                format!("{scope}{} {stop}", if *strict { " strictly" } else { "" })
            }
            Self::Wish(wish) => words(wish),
        }
    }
}

fn words(wish: &Wish) -> String {
    let because = |reason: &str| if reason.is_empty() { String::new() } else { format!(" because {reason}") };
    match wish {
        Wish::Approve { stage, candidate: None, note } => format!("{stage}{}", because(note)),
        Wish::Approve { stage, candidate: Some(seq), note } => format!("{stage} {seq}{}", because(note)),
        Wish::Unapprove { stage } | Wish::Resume(stage) => stage.to_string(),
        Wish::Reject { candidate, stage: None, reason } | Wish::Unreject { candidate, reason } => {
            format!("{candidate}{}", because(reason))
        }
        Wish::Reject { candidate, stage: Some(stage), reason } => {
            format!("{candidate} for {stage}{}", because(reason))
        }
        Wish::Deploy { stage, candidate, overrides, reason, .. } => {
            let overrides = if *overrides { " override" } else { "" };
            format!("{candidate} to {stage}{overrides}{}", because(reason))
        }
        Wish::Rollback { stage, to: None, reason, .. } | Wish::Hold { stage, reason } => {
            format!("{stage}{}", because(reason))
        }
        Wish::Rollback { stage, to: Some(to), reason, .. } => format!("{stage} to {to}{}", because(reason)),
        Wish::Cancel(id) => format!("{id} cancel"),
        Wish::Retry(id) => format!("{id} retry"),
        Wish::Resolve { deployment, outcome: Resolution::Succeeded } => format!("{deployment} succeeded"),
        Wish::Resolve { deployment, outcome: Resolution::Failed } => format!("{deployment} failed"),
        Wish::Resolve { deployment, outcome: Resolution::Again } => format!("{deployment} again"),
        Wish::Judge { stage, pass, note } => {
            format!("{stage} {}{}", if *pass { "pass" } else { "fail" }, because(note))
        }
        Wish::Reverify(stage) => format!("{stage} again"),
        Wish::Lock { reason, .. } => because(reason).trim_start().to_owned(),
        Wish::Unlock(id) => id.to_string(),
        Wish::RestoreTag(seq) => seq.to_string(),
        Wish::Cut | Wish::Fixing => String::new(),
    }
}
