//! How a deployment stands.

use super::candidate;
use crate::delivery::State;
use crate::delivery::deployment::{Deployment, End, Phase, StopWhy};

/// A word for it, for tables and styles.
pub fn phase_word(phase: &Phase) -> &'static str {
    match phase {
        Phase::Waiting => "waiting",
        Phase::Confirming => "confirming",
        Phase::Starting => "starting",
        Phase::Running => "running",
        Phase::Stopping { .. } => "stopping",
        Phase::Unknown { .. } => "unknown",
        Phase::Verifying => "verifying",
        Phase::Ended(End::Superseded(_)) => "superseded",
        Phase::Ended(End::Cancelled(_)) => "cancelled",
        Phase::Ended(End::Denied(_)) => "denied",
        Phase::Ended(End::Succeeded) => "succeeded",
        Phase::Ended(End::Failed { .. }) => "failed",
        Phase::Ended(End::TimedOut) => "timed-out",
        Phase::Ended(End::VerifyFailed(_)) => "verify-failed",
        Phase::Ended(End::Aborted(_)) => "aborted",
    }
}

/// How it stands, one sentence.
pub fn phase(value: &State, deployment: &Deployment) -> String {
    let (what, stage) = (candidate(value, deployment.candidate), &deployment.stage);
    let note = deployment.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
    match &deployment.phase {
        Phase::Waiting => format!("{what} waits for {stage}."),
        Phase::Confirming => format!("{what} goes to {stage} next; what it rests on is read once more."),
        Phase::Starting => format!("The deployment of {what} to {stage} is being started."),
        Phase::Running => format!("{what} is on its way to {stage}{note}."),
        Phase::Stopping { why, waits } => {
            let why = match why {
                StopWhy::TimedOut => "it takes too long".to_owned(),
                StopWhy::Asked(by) => format!("@{by} asked for that"),
                StopWhy::RolledBack(by) => format!("deployment {by} goes back"),
            };
            let how = if *waits { "cannot be stopped, so its end is waited for" } else { "is being stopped" };
            format!("The deployment of {what} to {stage} {how}: {why}{note}.")
        }
        Phase::Unknown { why } => {
            format!("Nobody knows whether {what} reached {stage}: {why}. Look there, then say whether it did.")
        }
        Phase::Verifying => format!("{what} is on {stage} and is being verified."),
        Phase::Ended(End::Succeeded) => format!("{what} is on {stage}, verified."),
        Phase::Ended(End::Superseded(by)) => format!("{what} did not go to {stage}: deployment {by} took its place."),
        Phase::Ended(End::Cancelled(why)) => format!("{what} did not go to {stage}: {why}."),
        Phase::Ended(End::Denied(by)) => format!("{what} did not go to {stage}: @{by} rejected it."),
        Phase::Ended(End::Failed { why, unchanged: true }) => {
            format!("The deployment of {what} to {stage} failed, and {stage} is as it was: {why}.")
        }
        Phase::Ended(End::Failed { why, unchanged: false }) => {
            format!("The deployment of {what} to {stage} failed, and {stage} may be half changed: {why}.")
        }
        Phase::Ended(End::TimedOut) => format!("The deployment of {what} to {stage} took too long and was stopped."),
        Phase::Ended(End::VerifyFailed(why)) => format!("{what} is on {stage} and is not as it should be: {why}."),
        Phase::Ended(End::Aborted(why)) => format!("The deployment of {what} to {stage} was broken off: {why}."),
    }
}
