//! Only GitHub's record of the deployment is made; somebody else listens to it, deploys, and posts how that goes. What we post
//! there ourselves is never taken for their word.

use super::line;
use crate::ids::{Login, RecordId};
use crate::port::deploy::{Handle, Order, Progress, Started, Stopped};
use crate::port::records::{NewRecord, RecordState, RecordStatus};
use crate::port::{Outcome, Records, Trouble};

pub async fn start(forge: &impl Records, environment: &str, order: &Order) -> Result<Started, Trouble> {
    if let Some(id) = forge.recorded(order.commit, environment, &order.key).await? {
        return Ok(Started::Running(handle(id)));
    }
    Ok(match forge.record(&NewRecord::of(order, environment)).await? {
        Outcome::Done(id) => Started::Running(handle(id)),
        Outcome::Rejected(why) => Started::Refused(why),
        Outcome::Unknown(why) => Started::Unknown(why),
    })
}

pub async fn progress(
    forge: &impl Records,
    environment: &str,
    by: &[Login],
    order: &Order,
    handle: Option<&Handle>,
) -> Result<Progress, Trouble> {
    let id = match handle.and_then(|handle| handle.0.parse().ok()).map(RecordId::new) {
        Some(id) => id,
        None => match forge.recorded(order.commit, environment, &order.key).await? {
            Some(id) => id,
            None => return Ok(Progress::NotBegun),
        },
    };
    let Some(statuses) = forge.record_statuses(id).await? else {
        return Ok(Progress::Lost(format!("GitHub's record {id} of the deployment is gone; somebody deleted it")));
    };
    Ok(standing(&statuses, by))
}

pub fn stop() -> Stopped {
    Stopped::No("whoever listens to GitHub's deployments deploys it, and cannot be stopped from here".into())
}

fn handle(id: RecordId) -> Handle {
    Handle(id.to_string())
}

/// By the newest state of somebody whose word counts.
fn standing(statuses: &[RecordStatus], by: &[Login]) -> Progress {
    let counts = |status: &&RecordStatus| {
        let named = |login: &Login| status.by.as_ref().is_some_and(|who| who.is(login));
        !status.ours && (by.is_empty() || by.iter().any(named))
    };
    for status in statuses.iter().filter(counts) {
        let note = status.description.as_deref().map(line);
        let failed = |what: &str, passing| {
            let who = status.by.as_ref().map_or("somebody", |who| who.as_str());
            let why = note.as_deref().map_or_else(String::new, |note| format!(": {note}"));
            Progress::Failed { why: format!("{who} says that it {what}{why}"), passing, unchanged: false }
        };
        match status.state {
            RecordState::Success => return Progress::Succeeded { at: status.at },
            RecordState::Failure => return failed("failed", false),
            RecordState::Error => return failed("broke", true),
            RecordState::Queued | RecordState::Pending | RecordState::InProgress => {
                return Progress::Running { note, log: status.log_url.clone() };
            }
            // Neither says how this deployment went.
            RecordState::Inactive | RecordState::Unrecognised => {}
        }
    }
    Progress::Running { note: Some("nobody has said yet that they deploy it".into()), log: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(state: RecordState, by: &str, ours: bool) -> RecordStatus {
        let by = by.parse().ok();
        RecordStatus { state, by, ours, at: None, description: None, log_url: None }
    }

    #[test]
    fn only_the_word_of_those_who_may_counts_and_ours_never_does() {
        let said = [
            status(RecordState::Inactive, "Deployer", false),
            status(RecordState::Success, "greenline[bot]", true),
            status(RecordState::Success, "mallory", false),
            status(RecordState::InProgress, "Deployer", false),
        ];
        assert!(matches!(standing(&said, &["deployer".parse().expect("a login")]), Progress::Running { .. }));
        assert_eq!(standing(&said, &[]), Progress::Succeeded { at: None });
        assert!(matches!(standing(&said[..2], &[]), Progress::Running { .. }));
    }
}
