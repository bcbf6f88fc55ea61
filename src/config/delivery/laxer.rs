//! What a change of the settings would make less strict on the way to production. It only says so; whether that may be, and who
//! must agree, is decided elsewhere.

use crate::delivery::Policy;
use crate::delivery::policy::{ApprovalRule, Eyes, Need, OnFailure, Opening, Promote, Stage, Trust, Verify};
use crate::ids::StageName;

/// Something that would be less strict than it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Laxer {
    /// The stage would be gone, and with it what is verified there.
    Gone(StageName),
    /// Candidates would wait for less before this stage.
    Promote(StageName, Promote, Promote),
    /// Fewer stages would have to verify a candidate before this one gets it.
    After(StageName),
    /// Who must agree would be fewer, or others.
    Approval(StageName),
    /// Less would be looked at there.
    Verify(StageName),
    /// A candidate would run there for a shorter time before it counts as verified.
    Soak(StageName),
    /// Deployments might begin at more times.
    Windows(StageName),
    /// A failure there would stop less.
    Failure(StageName),
    /// Less would have to be green after a landing.
    PostMerge,
    /// A hotfix would need less.
    Hotfix,
    /// A red trunk would stop nothing any more.
    Lock,
    /// The tests of a stage would be trusted sooner, or for longer.
    Trust,
}

/// What the second would make less strict than the first.
pub fn laxer(old: &Policy, new: &Policy) -> Vec<Laxer> {
    let mut found = Vec::new();
    for before in &old.stages {
        match new.stage(&before.name) {
            None => found.push(Laxer::Gone(before.name.clone())),
            Some(after) => at_stage(&mut found, (old, before), (new, after)),
        }
    }
    let lost = |of: &[_], not_in: &[_]| of.iter().any(|one| !not_in.contains(one));
    let hotfix = old.hotfix.through.iter().any(|stage| !new.hotfix.through.contains(stage));
    found.extend(lost(&old.cut.post_merge, &new.cut.post_merge).then_some(Laxer::PostMerge));
    found.extend((hotfix || new.hotfix.approvals < old.hotfix.approvals).then_some(Laxer::Hotfix));
    found.extend((old.red.lock && !new.red.lock).then_some(Laxer::Lock));
    found.extend(sooner(&old.trust, &new.trust).then_some(Laxer::Trust));
    found
}

fn at_stage(found: &mut Vec<Laxer>, (old, before): (&Policy, &Stage), (new, after): (&Policy, &Stage)) {
    let name = || before.name.clone();
    let (was, will) = (old.promote(before), new.promote(after));
    let (needed, will_need) = (upstream(old, before), upstream(new, after));
    let fewer = needed.iter().any(|stage| !will_need.contains(stage));
    let one_of = before.need == Need::All && after.need == Need::Any && after.after.len() > 1;
    let all = [
        (freer(was, will), Laxer::Promote(name(), was, will)),
        (fewer || one_of, Laxer::After(name())),
        (easier(&before.approval, &after.approval), Laxer::Approval(name())),
        (before.verify.iter().any(|one| counts(one) && !kept(one, after)), Laxer::Verify(name())),
        (after.soak_ms < before.soak_ms, Laxer::Soak(name())),
        (wider(&before.windows, &after.windows), Laxer::Windows(name())),
        (stops(after.on_failure) < stops(before.on_failure), Laxer::Failure(name())),
    ];
    found.extend(all.into_iter().filter(|(holds, _)| *holds).map(|(_, what)| what));
}

/// The stages that a candidate has passed when it comes to this one.
fn upstream<'p>(policy: &'p Policy, stage: &'p Stage) -> Vec<&'p StageName> {
    let mut found: Vec<&StageName> = stage.after.iter().collect();
    for before in policy.stages.iter().rev() {
        if found.contains(&&before.name) {
            found.extend(&before.after);
        }
    }
    found
}

/// Both wait for a person, for a while, or for nothing: the second for less.
fn freer(was: Promote, will: Promote) -> bool {
    let rank = |promote: Promote| match promote {
        Promote::Manual => (0, 0),
        Promote::Approve => (1, 0),
        Promote::VetoAfter(ms) => (2, -ms),
        Promote::Auto => (3, 0),
    };
    rank(will) > rank(was)
}

fn easier(was: &ApprovalRule, will: &ApprovalRule) -> bool {
    let eyes = |who: Eyes| match who {
        Eyes::Any => 0,
        Eyes::NotRequester => 1,
        Eyes::FourEyes => 2,
        Eyes::Outsider => 3,
    };
    let more_people =
        !was.from.is_empty() && (will.from.is_empty() || will.from.iter().any(|one| !was.from.contains(one)));
    let less_required = !was.required.is_empty()
        && (will.required.is_empty() || will.required.iter().any(|one| !was.required.contains(one)));
    eyes(will.who) < eyes(was.who)
        || will.min < was.min
        || will.permission < was.permission
        || will.expires_ms > was.expires_ms
        || more_people
        || less_required
}

fn counts(one: &Verify) -> bool {
    !one.dry_run
}

fn kept(one: &Verify, after: &Stage) -> bool {
    after.verify.iter().any(|other| counts(other) && other.probe == one.probe)
}

fn wider(was: &[Opening], will: &[Opening]) -> bool {
    let allowed = |of: &[Opening]| of.iter().filter(|one| one.allows).map(|one| one.window.clone()).collect::<Vec<_>>();
    let (before, after) = (allowed(was), allowed(will));
    let opened = !before.is_empty() && (after.is_empty() || after.iter().any(|window| !before.contains(window)));
    let denied = |one: &Opening| will.iter().any(|other| !other.allows && other.window == one.window);
    opened || was.iter().any(|one| !one.allows && !denied(one))
}

fn stops(on_failure: OnFailure) -> u8 {
    match on_failure {
        OnFailure::Notify => 0,
        OnFailure::Hold => 1,
        OnFailure::Rollback => 2,
    }
}

fn sooner(was: &Trust, will: &Trust) -> bool {
    will.deployments < was.deployments
        || will.days < was.days
        || will.failures_percent > was.failures_percent
        || will.demote_for < was.demote_for
}
