//! What keeps a deployment from beginning, and what opens it.

use super::candidate;
use crate::delivery::Gate;
use crate::delivery::approval::Missing;
use crate::delivery::state::{Lock, State};
use crate::ids::{Moment, StageName};
use crate::text::{Told, list};
use crate::when;

/// Everything that is closed, one sentence after the other.
pub fn closed(value: &State, stage: &StageName, gates: &[Gate]) -> Vec<Told> {
    gates.iter().map(|one| gate(value, stage, one)).collect()
}

/// One gate: what it is, and what opens it.
pub fn gate(value: &State, stage: &StageName, gate: &Gate) -> Told {
    match gate {
        Gate::NoStage => Told::new(
            format!("The settings on trunk have no stage `{stage}`."),
            "Add it to .github/greenline.toml, or choose another stage.",
        ),
        Gate::CandidatePending
        | Gate::CandidateNotReleasable(_)
        | Gate::CandidateTampered(_)
        | Gate::CandidateRejected(_)
        | Gate::NotNewer(_)
        | Gate::NotVerified(_)
        | Gate::NeverVerifiedHere => of_candidate(value, stage, gate),
        Gate::Held(reason) => Told::new(
            format!("Nothing goes to {stage} by itself: {reason}."),
            format!("Resume {stage}, or press Promote for this candidate."),
        ),
        Gate::Locked(id) => value.locks.get(id).map_or_else(|| Told::from("It is locked."), lock),
        Gate::WindowClosed { reason, opens_at } => {
            let why = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            let next = opens_at.map(|at| format!("It opens {}.", when::print(at))).unwrap_or_default();
            Told::new(format!("Deployments to {stage} may not begin now{why}."), next)
        }
        Gate::NotApproved(missing) => {
            let said: Vec<String> = missing.iter().map(still_missing).collect();
            Told::new(format!("It waits for people: {}.", said.join("; ")), "Whoever may approve presses Promote.")
        }
        Gate::Veto(at) => Told::new(
            format!("It goes to {stage} {} unless somebody rejects it before.", when::print(*at)),
            "To stop it, reject it.",
        ),
        Gate::HealthUnknown => Told::new(
            format!("Nobody knows what runs on {stage}."),
            format!("Look there, then resume {stage}, or press Promote."),
        ),
        Gate::GroupBusy(other) => Told::new(
            format!("Deployment {other} is under way on a stage of the same group."),
            "It goes on after that.",
        ),
        Gate::Busy(other) => Told::new(format!("Deployment {other} has {stage} to itself."), "It goes on after that."),
    }
}

/// A gate that is about the candidate itself; nothing for others.
fn of_candidate(value: &State, stage: &StageName, gate: &Gate) -> Told {
    match gate {
        Gate::CandidatePending => {
            Told::new("Its checks after the landing are not over.", "It goes on by itself when they are green.")
        }
        Gate::CandidateNotReleasable(failed) if failed.is_empty() => Told::new(
            "Its checks after the landing gave no result in time.",
            "Run them again: a green result lets it go on. The next green candidate carries its changes, too.",
        ),
        Gate::CandidateNotReleasable(failed) => Told::new(
            format!("After the landing {} failed on it.", list(failed.iter().map(|name| format!("`{name}`")))),
            "The next green candidate carries its changes, too.",
        ),
        Gate::CandidateTampered(seen) => {
            let what = seen.map_or_else(
                || "Its tag is gone from the repository.".to_owned(),
                |seen| format!("Its tag is another object now ({}), which Greenline did not make.", seen.short()),
            );
            Told::new(what, "Find out who moved it, and put it back as it was.")
        }
        Gate::CandidateRejected(reason) => Told::new(
            format!("It was rejected for {stage}: {reason}."),
            "Take a newer candidate, or have somebody who may approve take the rejection back.",
        ),
        Gate::NotNewer(current) => Told::new(
            format!("{stage} has {}, which is not older.", candidate(value, *current)),
            format!("To go back, ask for `rollback {stage}`."),
        ),
        Gate::NotVerified(stages) => Told::new(
            format!("{} has not verified it.", list(stages.iter().map(ToString::to_string))),
            "It goes on by itself when that is done.",
        ),
        Gate::NeverVerifiedHere => Told::new(format!("It was never verified on {stage}."), "Go back to one that was."),
        Gate::NoStage
        | Gate::Held(_)
        | Gate::Locked(_)
        | Gate::WindowClosed { .. }
        | Gate::NotApproved(_)
        | Gate::Veto(_)
        | Gate::HealthUnknown
        | Gate::GroupBusy(_)
        | Gate::Busy(_) => Told::from(String::new()),
    }
}

/// A lock: whose, why, until when.
fn lock(lock: &Lock) -> Told {
    let Lock { reason, by, until, .. } = lock;
    let whose = by.as_ref().map_or_else(|| "It is locked".to_owned(), |by| format!("@{by} locked it"));
    let until: Option<Moment> = *until;
    let next = match until {
        Some(at) => format!("It opens {}, or when the lock is taken away.", when::print(at)),
        None => "It goes on when the lock is taken away.".to_owned(),
    };
    Told::new(format!("{whose}: {reason}."), next)
}

/// What of an approval is still missing, half a sentence.
pub(super) fn still_missing(missing: &Missing) -> String {
    let numbers = |prs: &[u64]| list(prs.iter().map(|pr| format!("#{pr}")));
    match missing {
        Missing::Count(1) => "one approval is missing".to_owned(),
        Missing::Count(n) => format!("{n} approvals are missing"),
        Missing::OtherEyes(prs) => format!("somebody who did not write {} has to agree", numbers(prs)),
        Missing::Outsider => "somebody who wrote none of its changes has to agree".to_owned(),
        Missing::Required(parties) => {
            format!("one of {} has to agree", list(parties.iter().map(|party| format!("@{party}"))))
        }
        Missing::Authors(prs) => format!("who wrote {} is being read", numbers(prs)),
    }
}
