//! What somebody is answered who asked something of a delivery.

use super::candidate;
use super::gate::{closed, still_missing};
use crate::delivery::{Deployment, Granted, Refusal, State, Wish};
use crate::ids::{DeploymentId, StageName};
use crate::text::{Told, list};

/// A stable word for an answer.
pub fn answer_code(answer: &Result<Granted, Refusal>) -> &'static str {
    let Err(refusal) = answer else { return "done" };
    match refusal {
        Refusal::MayNotWrite => "needs-write",
        Refusal::MayNotAdminister => "needs-admin",
        Refusal::MayNotApprove(_) => "may-not-approve",
        Refusal::NoSuchStage(_) => "no-such-stage",
        Refusal::NoSuchCandidate(_) => "no-such-candidate",
        Refusal::NoSuchDeployment(_) => "no-such-deployment",
        Refusal::NoSuchLock(_) => "no-such-lock",
        Refusal::NothingWaits(_) => "nothing-waits",
        Refusal::SupersededBy(_) => "superseded",
        Refusal::Closed(_) => "gate-closed",
        Refusal::OtherCurrent(_) => "other-current",
        Refusal::AlreadySo => "already-so",
        Refusal::NotNow(_) => "not-now",
        Refusal::NoWayBack(_) => "no-way-back",
        Refusal::Unsafe { .. } => "rollback-unsafe",
        Refusal::OtherRollback(_) => "other-rollback",
        Refusal::NotOlder(_) => "not-older",
        Refusal::NoReason => "no-reason",
        Refusal::NothingToCut => "nothing-to-cut",
        Refusal::Off => "delivery-off",
    }
}

/// What is done, or why not and what to do.
pub fn answer(wish: &Wish, answer: &Result<Granted, Refusal>, value: &State) -> Told {
    match answer {
        Ok(granted) => done(wish, granted, value),
        Err(Refusal::Closed(gates)) => {
            let told = stage(wish).map(|stage| closed(value, stage, gates)).unwrap_or_default();
            Told::from(told.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        }
        Err(refusal) => refused(refusal, value),
    }
}

fn done(wish: &Wish, granted: &Granted, value: &State) -> Told {
    match granted {
        Granted::Approved { deployment, missing } if missing.is_empty() => {
            Told::from(format!("Approved. {}", on_its_way(value, *deployment)))
        }
        Granted::Approved { missing, .. } => {
            let said: Vec<String> = missing.iter().map(still_missing).collect();
            Told::from(format!("Your approval counts. Still: {}.", said.join("; ")))
        }
        Granted::Requested { deployment, closed: gates } => {
            let Some(of) = value.deployments.get(deployment) else { return Told::from("It is asked for.") };
            let waits: Vec<String> = closed(value, &of.stage, gates).iter().map(ToString::to_string).collect();
            Told::from(format!("{} {}", on_its_way(value, *deployment), waits.join(" ")).trim_end().to_owned())
        }
        Granted::Joined(rollback) => {
            Told::from(format!("It goes back already: deployment {rollback}. Yours is the same one."))
        }
        Granted::Locked(id) => Told::new(format!("Locked, as lock {id}."), format!("`unlock {id}` takes it away.")),
        Granted::Done => Told::from(what_was_done(wish, value)),
    }
}

fn on_its_way(value: &State, id: DeploymentId) -> String {
    let Some(deployment) = value.deployments.get(&id) else { return format!("Deployment {id} is asked for.") };
    let Deployment { stage, candidate: seq, .. } = deployment;
    format!("{} goes to {stage} as deployment {id}.", candidate(value, *seq))
}

fn what_was_done(wish: &Wish, value: &State) -> String {
    match wish {
        Wish::Approve { stage, .. } => format!("Approved for {stage}."),
        Wish::Unapprove { stage } => format!("Your approval for {stage} counts no more."),
        Wish::Reject { candidate: seq, stage: Some(stage), .. } => {
            format!("{} goes neither to {stage} nor further.", candidate(value, *seq))
        }
        Wish::Reject { candidate: seq, stage: None, .. } => format!("{} goes nowhere.", candidate(value, *seq)),
        Wish::Unreject { candidate: seq, .. } => format!("{} may go on.", candidate(value, *seq)),
        Wish::Deploy { stage, .. } => format!("It goes to {stage}."),
        Wish::Rollback { stage, .. } => format!("{stage} goes back."),
        Wish::Cancel(id) => format!("Deployment {id} does not go on."),
        Wish::Retry(id) => format!("Deployment {id} is tried again."),
        Wish::Resolve { deployment, .. } => format!("Noted, for deployment {deployment}."),
        Wish::Judge { stage, pass: true, .. } => format!("What is on {stage} counts as verified."),
        Wish::Judge { stage, pass: false, .. } => format!("What is on {stage} counts as failed."),
        Wish::Reverify(stage) => format!("What is on {stage} is looked at again."),
        Wish::Hold { stage, .. } => format!("Nothing goes to {stage} by itself until it is resumed."),
        Wish::Resume(stage) => format!("Candidates go to {stage} by themselves again."),
        Wish::Lock { .. } => "It is locked.".to_owned(),
        Wish::Unlock(id) => format!("Lock {id} is gone."),
        Wish::Fixing => "Noted: nothing is proposed for now. Landing opens when trunk is green.".to_owned(),
        Wish::RestoreTag(seq) => format!("The tag of {} is put back.", candidate(value, *seq)),
        Wish::Cut => "A candidate is made of the newest green commit.".to_owned(),
    }
}

fn refused(refusal: &Refusal, value: &State) -> Told {
    match refusal {
        Refusal::MayNotWrite => Told::new("Only who may push to the repository may ask for that.", "Ask one of them."),
        Refusal::MayNotAdminister => Told::new(
            "It is somebody else's lock, and only its owner or an administrator of the repository may take it away.",
            "Ask one of them.",
        ),
        Refusal::MayNotApprove(stage) => Told::new(
            format!("Your word does not count for {stage}: its settings name others."),
            "Ask one of those that `[[stage]] approval` names.",
        ),
        Refusal::NoSuchStage(stage) => {
            let known = list(value.policy.stages.iter().map(|stage| stage.name.to_string()));
            Told::new(format!("There is no stage `{stage}`."), format!("Known are {known}."))
        }
        Refusal::NoSuchCandidate(seq) => Told::new(
            format!("There is no candidate {seq}, or it is too old to be delivered."),
            "The page shows those that can be.",
        ),
        Refusal::NoSuchDeployment(id) => Told::from(format!("There is no deployment {id}, or it ended long ago.")),
        Refusal::NoSuchLock(id) => Told::from(format!("There is no lock {id}; perhaps it is gone already.")),
        Refusal::NothingWaits(stage) => Told::new(
            format!("Nothing waits for a word on {stage}."),
            format!("`deploy CANDIDATE to {stage}` asks for a deployment."),
        ),
        Refusal::SupersededBy(seq) => Told::new(
            format!("It was superseded by {}, which waits now.", candidate(value, *seq)),
            "Look at that one, and decide about it.",
        ),
        Refusal::Closed(_)
        | Refusal::OtherCurrent(_)
        | Refusal::AlreadySo
        | Refusal::NotNow(_)
        | Refusal::NoWayBack(_)
        | Refusal::Unsafe { .. }
        | Refusal::OtherRollback(_)
        | Refusal::NotOlder(_)
        | Refusal::NoReason
        | Refusal::NothingToCut
        | Refusal::Off => refused_as_things_are(refusal, value),
    }
}

/// A refusal that another state of things would not bring; nothing for others.
fn refused_as_things_are(refusal: &Refusal, value: &State) -> Told {
    match refusal {
        Refusal::MayNotWrite
        | Refusal::MayNotAdminister
        | Refusal::MayNotApprove(_)
        | Refusal::NoSuchStage(_)
        | Refusal::NoSuchCandidate(_)
        | Refusal::NoSuchDeployment(_)
        | Refusal::NoSuchLock(_)
        | Refusal::NothingWaits(_)
        | Refusal::SupersededBy(_)
        | Refusal::Closed(_) => Told::from(String::new()),
        Refusal::OtherCurrent(Some(seq)) => {
            Told::new(format!("{} runs there, not what you expected.", candidate(value, *seq)), "Look again.")
        }
        Refusal::OtherCurrent(None) => Told::new("Nothing runs there yet, as far as is known.", "Look again."),
        Refusal::AlreadySo => Told::from("It is so already."),
        Refusal::NotNow(id) => Told::new(
            format!("Deployment {id} is not in a state in which that can be asked."),
            "The page shows what can be.",
        ),
        Refusal::NoWayBack(stage) => Told::new(
            format!("Nothing older was ever verified on {stage}, so there is nothing to go back to."),
            "Land a revert, and let it go forward.",
        ),
        Refusal::Unsafe { changes, confirm } => Told::new(
            format!(
                "{} would be taken back and is marked as unsafe to take back.",
                list(changes.iter().map(|pr| format!("#{pr}")))
            ),
            format!("If you know what that means, ask again and name the candidate to go back to: {confirm}."),
        ),
        Refusal::OtherRollback(id) => Told::new(format!("Deployment {id} goes back elsewhere."), "Wait for its end."),
        Refusal::NotOlder(current) => Told::new(
            format!("One goes back to something older, and what runs there is {}.", candidate(value, *current)),
            "To go forward, ask for a deployment.",
        ),
        Refusal::NoReason => Told::new("That takes a reason.", "Write it behind ` -- `: everybody will read it."),
        Refusal::NothingToCut => {
            Told::new("Nothing green landed that is no candidate yet.", "It can be asked for when something has.")
        }
        Refusal::Off => Told::new("Delivery is switched off here.", "Set `mode` in [delivery] of the settings."),
    }
}

/// The stage that a wish is about, if it is about one.
fn stage(wish: &Wish) -> Option<&StageName> {
    match wish {
        Wish::Approve { stage, .. }
        | Wish::Unapprove { stage }
        | Wish::Deploy { stage, .. }
        | Wish::Rollback { stage, .. }
        | Wish::Judge { stage, .. }
        | Wish::Reverify(stage)
        | Wish::Hold { stage, .. }
        | Wish::Resume(stage) => Some(stage),
        Wish::Reject { stage, .. } => stage.as_ref(),
        Wish::Unreject { .. }
        | Wish::Cancel(_)
        | Wish::Retry(_)
        | Wish::Resolve { .. }
        | Wish::Lock { .. }
        | Wish::Unlock(_)
        | Wish::Cut
        | Wish::Fixing
        | Wish::RestoreTag(_) => None,
    }
}
