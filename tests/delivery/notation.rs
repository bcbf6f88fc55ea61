//! The short words scripts are written in: commits by name, effects, news and answers on one line each.

use greenline::delivery::approval::Missing;
use greenline::delivery::deployment::StopWhy;
use greenline::delivery::explain::{Cell, Pass};
use greenline::delivery::plan::Move;
use greenline::delivery::state::Scope;
use greenline::delivery::{Deployment, Effect, End, Gate, Granted, Kind, News, Phase, Refusal, State};
use greenline::ids::{Moment, PrNumber, Sha};
use std::fmt::Display;

/// A commit named like this: the name's bytes are the commit id, so no table is needed.
pub fn sha(name: &str) -> Sha {
    let mut bytes = [0; 20];
    assert!(name.len() <= 20, "`{name}` is too long for a commit's name");
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    Sha::from_bytes(bytes).unwrap_or_else(|| panic!("a commit has a name"))
}

pub fn name(sha: Sha) -> String {
    String::from_utf8_lossy(sha.as_bytes()).trim_end_matches('\0').to_owned()
}

/// Hours and minutes, UTC; with the date if it is not the first day.
pub fn clock(at: Moment) -> String {
    let text = greenline::when::print(at);
    if text.starts_with(super::script::FIRST_DAY) { text[11..16].to_owned() } else { text[5..16].replace('T', " ") }
}

pub fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Cut(commit) => format!("cut {}", name(*commit)),
        Effect::Judge(commit) => format!("judge {}", name(*commit)),
        Effect::ReadChange(pr) => format!("read who wrote #{pr}"),
        Effect::Confirm(id) => format!("confirm {id}"),
        Effect::Start { deployment, attempt } => format!("start {deployment}, attempt {attempt}"),
        Effect::Watch { deployment, attempt } => format!("watch {deployment}, attempt {attempt}"),
        Effect::Stop { deployment, attempt } => format!("stop {deployment}, attempt {attempt}"),
        Effect::Sample { deployment, check, due } => format!("sample {deployment} {check} at {}", clock(*due)),
        Effect::Rerun(commit) => format!("run the checks of {} again", name(*commit)),
        Effect::ProposeRevert(pr) => format!("propose to take #{pr} back"),
        Effect::Restore(seq) => format!("restore the tag of C{seq}"),
    }
}

pub fn news(state: &State, news: &News) -> String {
    match news {
        News::Ready(seq) => format!("C{seq} is ready"),
        News::NotReleasable(seq) => format!("C{seq} is not releasable"),
        News::Rejected(seq) => format!("C{seq} is rejected"),
        News::Unrejected(seq) => format!("C{seq} is not rejected any more"),
        News::Tampered(seq) => format!("the tag of C{seq} is not ours"),
        News::Restored(seq) => format!("the tag of C{seq} is ours again"),
        News::Released(seq) => {
            let version = state.candidates.get(seq).and_then(|candidate| candidate.version.clone());
            format!("C{seq} is released as {}", version.unwrap_or_default())
        }
        News::Deployment(id) => state.deployments.get(id).map_or_else(|| format!("{id} is forgotten"), deployment),
        News::ApprovalWanted(id) => format!("{id} wants approval"),
        News::RollbackAsked(id) => format!("{id} is a rollback"),
        News::NotRolledBack(stage) => format!("{stage} is not rolled back by itself"),
        News::Held(stage) => format!("{stage} is held"),
        News::Resumed(stage) => format!("{stage} is resumed"),
        News::Locked(id) => format!("lock {id} is made"),
        News::Unlocked(id) => format!("lock {id} is gone"),
        News::Flaky { commit, checks } => format!("{} was flaky at {}", checks.join(", "), name(*commit)),
        News::TrunkRed(commit) => format!("trunk is red at {}", name(*commit)),
        News::TrunkGreen(commit) => format!("trunk is green at {}", name(*commit)),
    }
}

pub fn deployment(d: &Deployment) -> String {
    let by = d.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    let back = d.rolled_back_by.map(|by| format!(", rolled back by {by}")).unwrap_or_default();
    let kind = match d.kind {
        Kind::Forward => "",
        Kind::Hotfix => "hotfix ",
        Kind::Redeploy => "again ",
        Kind::Rollback { automatic: true, .. } => "automatic rollback ",
        Kind::Rollback { automatic: false, .. } => "rollback ",
    };
    format!("{}: {kind}C{} to {}{by}: {}{back}", d.id, d.candidate, d.stage, phase(&d.phase))
}

fn phase(phase: &Phase) -> String {
    match phase {
        Phase::Waiting => "waits".into(),
        Phase::Confirming => "confirming".into(),
        Phase::Starting => "starting".into(),
        Phase::Running => "running".into(),
        Phase::Stopping { why, waits } => {
            let waits = if *waits { ", its end is waited for" } else { "" };
            match why {
                StopWhy::TimedOut => format!("stopping, too long{waits}"),
                StopWhy::Asked(by) => format!("stopping, as {by} asked{waits}"),
                StopWhy::RolledBack(by) => format!("stopping for {by}{waits}"),
            }
        }
        Phase::Unknown { why } => format!("unknown ({why})"),
        Phase::Verifying => "verifying".into(),
        Phase::Ended(end) => ended(end),
    }
}

fn ended(end: &End) -> String {
    match end {
        End::Superseded(by) => format!("superseded by {by}"),
        End::Cancelled(why) => format!("cancelled ({why})"),
        End::Denied(by) => format!("denied by {by}"),
        End::Succeeded => "succeeded".into(),
        End::Failed { why, unchanged } => {
            format!("failed ({why}){}", if *unchanged { ", nothing changed" } else { "" })
        }
        End::TimedOut => "timed out".into(),
        End::VerifyFailed(why) => format!("verification failed ({why})"),
        End::Aborted(why) => format!("aborted ({why})"),
    }
}

fn list<T: Display>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn missing(missing: &Missing) -> String {
    let prs =
        |all: &[u64]| list(&all.iter().map(|pr| PrNumber::new(*pr)).map(|pr| format!("#{pr}")).collect::<Vec<_>>());
    match missing {
        Missing::Count(count) => format!("{count} more"),
        Missing::OtherEyes(all) => format!("others' eyes on {}", prs(all)),
        Missing::Outsider => "an outsider".into(),
        Missing::Required(parties) => format!("one of {}", list(parties)),
        Missing::Authors(all) => format!("who wrote {}", prs(all)),
    }
}

pub fn gate(gate: &Gate) -> String {
    let code = gate.code();
    let what = match gate {
        Gate::NoStage | Gate::CandidatePending | Gate::NeverVerifiedHere | Gate::HealthUnknown => String::new(),
        Gate::CandidateNotReleasable(failed) => list(failed),
        Gate::CandidateTampered(seen) => seen.map_or_else(|| "gone".into(), name),
        Gate::CandidateRejected(reason) | Gate::Held(reason) => reason.clone(),
        Gate::NotNewer(current) => format!("C{current} is there"),
        Gate::NotVerified(stages) => list(stages),
        Gate::Locked(id) => id.to_string(),
        Gate::WindowClosed { reason, opens_at } => {
            let opens = opens_at.map_or_else(|| "no opening is seen".into(), |at| format!("opens {}", clock(at)));
            reason.iter().cloned().chain([opens]).collect::<Vec<_>>().join(", ")
        }
        Gate::NotApproved(all) => list(&all.iter().map(missing).collect::<Vec<_>>()),
        Gate::Veto(at) => format!("goes {}", clock(*at)),
        Gate::Busy(id) | Gate::GroupBusy(id) => id.to_string(),
    };
    if what.is_empty() { code.into() } else { format!("{code} ({what})") }
}

pub fn gates(gates: &[Gate]) -> String {
    if gates.is_empty() { "open".into() } else { list(&gates.iter().map(gate).collect::<Vec<_>>()) }
}

pub fn granted(granted: &Granted) -> String {
    match granted {
        Granted::Approved { deployment, missing: all } if all.is_empty() => {
            format!("granted: {deployment} is approved")
        }
        Granted::Approved { deployment, missing: all } => {
            format!("granted: {deployment} still needs {}", list(&all.iter().map(missing).collect::<Vec<_>>()))
        }
        Granted::Requested { deployment, closed } => format!("granted: {deployment}, {}", gates(closed)),
        Granted::Joined(id) => format!("granted: {id} is on its way"),
        Granted::Locked(id) => format!("granted: lock {id}"),
        Granted::Done => "granted".into(),
    }
}

pub fn refusal(refusal: &Refusal) -> String {
    let why = match refusal {
        Refusal::MayNotWrite => "may not write".into(),
        Refusal::MayNotAdminister => "may not administer".into(),
        Refusal::MayNotApprove(stage) => format!("may not approve for {stage}"),
        Refusal::NoSuchStage(stage) => format!("no stage {stage}"),
        Refusal::NoSuchCandidate(seq) => format!("no candidate C{seq}"),
        Refusal::NoSuchDeployment(id) => format!("no deployment {id}"),
        Refusal::NoSuchLock(id) => format!("no lock {id}"),
        Refusal::NothingWaits(stage) => format!("nothing waits on {stage}"),
        Refusal::SupersededBy(seq) => format!("superseded by C{seq}"),
        Refusal::Closed(all) => gates(all),
        Refusal::OtherCurrent(seq) => {
            seq.map_or_else(|| "nothing runs there".into(), |seq| format!("C{seq} runs there"))
        }
        Refusal::AlreadySo => "it is so already".into(),
        Refusal::NotNow(id) => format!("{id} is not in a state for that"),
        Refusal::NoWayBack(stage) => format!("nothing to go back to on {stage}"),
        Refusal::NotOlder(seq) => format!("that is not older than C{seq}"),
        Refusal::Unsafe { changes, confirm } => format!("unsafe {}, confirm {confirm}", list(changes)),
        Refusal::OtherRollback(id) => format!("{id} goes back elsewhere"),
        Refusal::NoReason => "no reason given".into(),
        Refusal::NothingToCut => "nothing to cut".into(),
        Refusal::Off => "delivery is off".into(),
    };
    format!("refused: {why}")
}

pub fn cell(cell: &Cell) -> String {
    let marks = [(cell.current, " ●"), (cell.stable, " ★")];
    let marks: String = marks.iter().filter(|(on, _)| *on).map(|(_, mark)| *mark).collect();
    let minutes = |ms: i64| ms / 60_000;
    let pass = match &cell.pass {
        Pass::NotYet(all) => format!("not yet, {}", gates(all)),
        Pass::Waiting(id, all) => format!("{id} waits, {}", gates(all)),
        Pass::Confirming(id) => format!("{id} confirming"),
        Pass::Deploying(id) => format!("{id} deploying"),
        Pass::Stopping(id) => format!("{id} stopping"),
        Pass::Unknown(id) => format!("{id} unknown"),
        Pass::Verifying { deployment, soak_ms: 0, .. } => format!("{deployment} verifying"),
        Pass::Verifying { deployment, soaked_ms, soak_ms } => {
            format!("{deployment} verifying, soaked {} of {} min", minutes(*soaked_ms), minutes(*soak_ms))
        }
        Pass::Verified { at, deployment } => format!("verified {} by {deployment}", clock(*at)),
        Pass::Failed(id) => format!("{id} failed"),
        Pass::Superseded(by) => format!("superseded by {by}"),
        Pass::Cancelled(id) => format!("{id} cancelled"),
        Pass::Rejected(why) => format!("rejected ({why})"),
    };
    format!("{}: {pass}{marks}", cell.stage)
}

pub fn scope(scope: &Scope) -> String {
    match scope {
        Scope::Merges => "merges".into(),
        Scope::Stage(stage) => stage.to_string(),
        Scope::Stages => "all stages".into(),
    }
}

pub fn planned(step: &Move) -> String {
    match step {
        Move::Unlock(id) => format!("lock {id} goes"),
        Move::GiveUpOn(commit) => format!("{} gave no result", name(*commit)),
        Move::Cut(commit) => format!("{} becomes a candidate", name(*commit)),
        Move::Drop(id, end) => format!("{id} is {}", ended(end)),
        Move::Rebase(id) => format!("{id} is about other changes"),
        Move::VoidApproval(id, place, why) => format!("approval {place} of {id} is void ({why:?})"),
        Move::ExpireCheck(id, check) => format!("check {check} of {id} ends"),
        Move::Succeed(id) => format!("{id} succeeds"),
        Move::FailVerification(id, why) => format!("{id} fails ({why})"),
        Move::TimeOut(id) => format!("{id} takes too long"),
        Move::Lose(id) => format!("{id} is lost"),
        Move::Offer(stage, seq) => format!("C{seq} is offered to {stage}"),
        Move::Shadow(id) => format!("{id} wants approval"),
        Move::MakeRoom { active, rollback } => format!("{active} makes room for {rollback}"),
        Move::Begin(id) => format!("{id} begins"),
    }
}
