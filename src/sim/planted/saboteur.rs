//! Planted bugs: each bends what the bot sees or does, right between it and the world, as a bug inside it would. The product
//! knows nothing of them; they prove that the oracle sees what it is there to see.

use crate::facts::{
    Check, CheckState, Membership, Opinion, OwnersFile, Permission, Pull, PullState, Review, Since, Unresolved,
};
use crate::ids::{BranchName, PrNumber, RefName, Sha};
use crate::ledger;
use crate::port::Trouble;
use crate::port::git::{Expect, Pushed, RefUpdate, RemoteRef};
use crate::port::store::{Turn, Written};
use crate::sim::ground::pulls::{BLOCKING, PullFile};
use crate::sim::ground::trunks::branch_of;
use crate::sim::ground::world::{Ground, Push};
use crate::sim::planted::bugs::Bug;
use std::collections::BTreeMap;
use std::sync::Arc;

fn landing(ground: &Ground) -> bool {
    ground.all_durable().any(|state| state.contains("\"landing\":[\""))
}

/// What a process makes of the state it loads.
pub fn loaded(ground: &mut Ground, state: Arc<str>) -> Arc<str> {
    match ground.bug {
        Some(Bug::ForgetsLandings) => edited(&state, |state| {
            each_node(state, |phase| {
                let sha = phase.get("landing").or_else(|| phase.get("revoking")).and_then(|p| p.get(0)).cloned();
                sha.map(|sha| serde_json::json!({ "green": sha }))
            });
        }),
        Some(Bug::ForgetsQueue) => edited(&state, |state| {
            state["queue"]["order"] = serde_json::json!([]);
            state["queue"]["tree"] = serde_json::json!({ "nodes": {}, "roots": [], "next": 1000 });
            state["queue"]["cancelling"] = serde_json::json!({});
        }),
        Some(Bug::ForgetsFreeze) => {
            edited(&state, |state| state["desk"]["freeze"] = serde_json::json!({ "standing": null, "heard": null }))
        }
        Some(Bug::ForgetsHolds) => edited(&state, |state| {
            let aside = state["queue"]["aside"].take();
            state["queue"]["aside"] = serde_json::json!([]);
            if let (Some(order), Some(aside)) = (state["queue"]["order"].as_array_mut(), aside.as_array()) {
                order.extend(aside.iter().cloned());
            }
        }),
        _ => state,
    }
}

fn edited(state: &Arc<str>, edit: impl FnOnce(&mut serde_json::Value)) -> Arc<str> {
    let Ok(mut value) = serde_json::from_str(state) else { return Arc::clone(state) };
    edit(&mut value);
    Arc::from(value.to_string())
}

fn each_node(state: &mut serde_json::Value, phase: impl Fn(&serde_json::Value) -> Option<serde_json::Value>) {
    let nodes = state["queue"]["tree"]["nodes"].as_object_mut().into_iter().flatten();
    for (_, node) in nodes {
        if let Some(new) = phase(&node["phase"]) {
            node["phase"] = new;
        }
    }
}

/// A write that is not made, and what is said of it.
pub fn unwritten(ground: &mut Ground, turn: &Turn) -> Option<Written> {
    match ground.bug {
        // One turn in a hundred is not flushed; the loop goes on as though it were, and writes over it later.
        Some(Bug::PerformsBeforeCommitting) if ground.dice.one_in(30) => {
            ground.rows.entry(branch_of(&turn.queue)).or_default().version += 1;
            Some(Written::Yes)
        }
        Some(Bug::IgnoresFencing) => {
            let rows = ground.rows.get(&branch_of(&turn.queue));
            rows.is_some_and(|rows| rows.epoch != turn.epoch.0).then_some(Written::Yes)
        }
        _ => None,
    }
}

/// Trouble with a write is taken for done.
pub fn swallows(ground: &Ground) -> bool {
    ground.bug == Some(Bug::NeverRetells)
}

/// What is said of a pull request that is out of reach.
pub fn out_of_reach(ground: &Ground, trouble: Trouble) -> Trouble {
    match trouble {
        // As if everybody had to wait.
        Trouble::Busy { what, .. } if ground.bug == Some(Bug::WaitsForTheLost) => {
            Trouble::Busy { what, retry_after_ms: Some(1) }
        }
        Trouble::Busy { .. } | Trouble::Denied(_) | Trouble::Bug(_) => trouble,
    }
}

/// A pull request as it is read.
pub fn pull(ground: &mut Ground, trunk: &BranchName, pr: PrNumber, seen: Option<Pull>) -> Option<Pull> {
    if ground.bug == Some(Bug::SkipsApprovalRecheck) && landing(ground) {
        let file = ground.pulls.get(&pr)?;
        let open = |pull: &&Pull| pull.state == PullState::Open && !pull.draft && !pull.labels.is_empty();
        return file.past.iter().map(|(_, pull)| pull).find(open).cloned().or(seen);
    }
    let mut seen = seen?;
    if ground.bug == Some(Bug::TakesAnothersPulls) && ground.trunks().contains(&seen.base) {
        seen.base.clone_from(trunk);
    }
    let awaited = match ground.bug {
        Some(Bug::IgnoresDependencies) => awaited(ground, pr),
        Some(Bug::ForgetsWhatItStandsOn) => stood_on(ground, pr),
        _ => false,
    };
    let state = if awaited { PullState::Merged } else { seen.state };
    Some(unmarked(ground, Pull { state, ..seen }))
}

/// What is seen to have changed after somebody spoke.
pub fn since(ground: &Ground, pr: PrNumber, seen: Since) -> Since {
    let heads = |file: &PullFile| file.past.iter().any(|(_, pull)| pull.head != file.shown.head);
    match seen {
        Since::Retargeted if ground.bug == Some(Bug::OverlooksBaseChanges) => {
            if ground.pulls.get(&pr).is_some_and(heads) { Since::Pushed } else { Since::Nothing }
        }
        Since::Retargeted | Since::Pushed | Since::Nothing => seen,
    }
}

/// By the newest state something depends on this pull request.
fn awaited(ground: &Ground, pr: PrNumber) -> bool {
    let of = |state: &Arc<str>| {
        let named = state.split("\"depends\":").skip(1);
        // By command or by the description: the one is kept with when it was said.
        let lists =
            named.filter_map(|rest| rest.trim_start_matches("{\"standing\":").strip_prefix('[')?.split(']').next());
        lists.map(str::to_owned).collect::<Vec<_>>()
    };
    let lists: Vec<String> = ground.all_durable().flat_map(of).collect();
    lists.iter().flat_map(|list| list.split(',')).any(|number| number == pr.to_string())
}

/// By the newest state something stands on this pull request.
fn stood_on(ground: &Ground, pr: PrNumber) -> bool {
    ground.all_durable().any(|state| state.contains(&format!("\"stack\":{{\"on\":{pr},")))
}

/// That a pull request was sent to trunk is said without doing it.
pub fn never_sends(ground: &Ground) -> bool {
    ground.bug == Some(Bug::NeverRetargets)
}

/// A pull request without its blocking label, once anything is queued.
fn unmarked(ground: &Ground, mut pull: Pull) -> Pull {
    let queued = || ground.all_durable().any(|state| !state.contains("\"order\":[]"));
    if ground.bug == Some(Bug::OverlooksBlockingLabels) && queued() {
        pull.labels.retain(|label| label != BLOCKING);
    }
    pull
}

/// Open pull requests as they are listed.
pub fn listed(ground: &mut Ground, base: Option<&BranchName>, seen: Vec<Pull>) -> Vec<Pull> {
    let blind = match ground.bug {
        Some(Bug::SkipsReconcile) => true,
        Some(Bug::DeletesUnderOthers) => base.is_some(),
        _ => false,
    };
    if blind {
        return Vec::new();
    }
    seen.into_iter().map(|pull| unmarked(ground, pull)).collect()
}

/// The reviews of a pull request.
pub fn reviews(ground: &mut Ground, pr: PrNumber, seen: Vec<Review>) -> Vec<Review> {
    let Some(file) = ground.pulls.get(&pr) else { return seen };
    let approves = |review: &Review| review.opinion == Opinion::Approves;
    match ground.bug {
        Some(Bug::CountsOldApprovals) => {
            let head = file.words.last().map_or(file.shown.head, |word| word.head);
            let renewed = |review: Review| if approves(&review) { Review { head, ..review } } else { review };
            seen.into_iter().map(renewed).collect()
        }
        Some(Bug::CountsDismissed) => file.reviews.iter().map(|reviewed| reviewed.review.clone()).collect(),
        Some(Bug::OverlooksWantedChanges) => seen.into_iter().filter(approves).collect(),
        _ => seen,
    }
}

/// A comment as it is read.
pub fn written(ground: &Ground, text: String) -> String {
    let words = text.split(' ');
    match ground.bug {
        Some(Bug::IgnoresShapes) => text.split(" as ").next().map_or(text.clone(), str::to_owned),
        Some(Bug::IgnoresAlone) => words.filter(|word| *word != "alone").collect::<Vec<_>>().join(" "),
        _ => text,
    }
}

/// The owners' file as it is read.
pub fn owners(ground: &Ground, seen: OwnersFile) -> Option<OwnersFile> {
    (ground.bug != Some(Bug::OverlooksOwners)).then_some(seen)
}

/// What is still talked about.
pub fn talks(ground: &Ground, seen: Unresolved) -> Unresolved {
    if ground.bug == Some(Bug::OverlooksTalks) { Unresolved::default() } else { seen }
}

/// Somebody who is not in a team.
pub fn outsider(ground: &Ground) -> Membership {
    if ground.bug == Some(Bug::TakesAnybodyForMembers) { Membership::Member } else { Membership::Outsider }
}

/// What a person may do.
pub fn permission(ground: &mut Ground, may: Permission) -> Permission {
    if ground.bug == Some(Bug::TrustsEverybody) { Permission::Write } else { may }
}

/// The checks of a commit.
pub fn checks(ground: &mut Ground, sha: Sha, seen: Vec<Check>) -> Vec<Check> {
    let green = |check: Check| Check { state: CheckState::Success, ..check };
    match ground.bug {
        Some(Bug::AcceptsAnyChecks) => {
            let any = ground.checked_commits().into_iter().flat_map(|other| ground.seen_checks(other));
            let passed: Vec<Check> = any.filter(|check| check.state == CheckState::Success).collect();
            passed.into_iter().map(|check| Check { sha, ..check }).chain(seen).collect()
        }
        Some(Bug::ReusesGreen) => {
            let member = ground.truth.get(sha).member;
            let same = |other: &Sha| member.is_some() && ground.truth.get(*other).member == member;
            let others = ground.checked_commits().into_iter().filter(same);
            let passed: Vec<Check> = others.flat_map(|other| ground.seen_checks(other)).collect();
            let ended = passed.iter().filter(|check| check.state == CheckState::Success).count() >= 2;
            if ended { passed.into_iter().map(|check| green(Check { sha, ..check })).collect() } else { seen }
        }
        Some(Bug::TakesTriedForTested) => {
            let member = ground.truth.get(sha).member;
            let tried = ground.oracle.tried.clone().into_iter();
            let mut tried = tried.filter(|tried| *tried != sha && ground.truth.get(*tried).member == member);
            let passed = |tried: &Sha| ground.all_green(*tried) && !ground.seen_checks(*tried).is_empty();
            let found = tried.find(passed).filter(|_| member.is_some());
            let as_own = |tried| ground.seen_checks(tried).into_iter().map(|check| Check { sha, ..check }).collect();
            found.map_or(seen, as_own)
        }
        Some(Bug::UnknownIsGreen) => {
            let open = |state| !matches!(state, CheckState::Failure | CheckState::TimedOut);
            seen.into_iter().map(|check| if open(check.state) { green(check) } else { check }).collect()
        }
        Some(Bug::CancelledIsRed) => {
            let red = |check: Check| Check { state: CheckState::Failure, ..check };
            seen.into_iter().map(|c| if c.state == CheckState::Cancelled { red(c) } else { c }).collect()
        }
        Some(Bug::CountsRedTwice) => {
            let offset = ground.id() << 20;
            seen.into_iter().map(|check| Check { id: check.id + offset, ..check }).collect()
        }
        Some(Bug::BlamesOnRedTrunk) if ground.tips().contains(&sha) => seen.into_iter().map(green).collect(),
        _ => seen,
    }
}

/// Our own comment that was looked for.
pub fn own_comment(ground: &mut Ground, found: Option<crate::ids::CommentId>) -> Option<crate::ids::CommentId> {
    if ground.bug == Some(Bug::AnswersTwice) { None } else { found }
}

/// The remote's refs as they are read.
pub fn refs(
    ground: &mut Ground,
    (trunk, prefixes): (&BranchName, &[&str]),
    mut seen: BTreeMap<RefName, RemoteRef>,
) -> BTreeMap<RefName, RemoteRef> {
    match ground.bug {
        Some(Bug::EjectsWithoutReread) if prefixes == [trunk.to_ref().as_str()] => {
            let state = ground.durable(trunk).filter(|state| state.contains("\"ejecting\":"));
            let tip = state.and_then(|state| remembered(&state)).filter(|tip| ground.truth.has(*tip));
            if let Some(tip) = tip {
                seen.insert(trunk.to_ref(), RemoteRef { target: tip, peeled: None });
            }
        }
        Some(Bug::SkipsRevoke) => {
            let tip = RemoteRef { target: ground.tip_of(trunk), peeled: None };
            let hidden =
                ground.oracle.hidden.iter().filter(|name| prefixes.iter().any(|p| name.as_str().starts_with(p)));
            seen.extend(hidden.map(|name| (name.clone(), tip.clone())));
        }
        Some(Bug::MovesTags) => seen.retain(|name, _| !name.as_str().starts_with("refs/tags/")),
        Some(Bug::DeletesWhatWasPushedTo) => {
            for (name, found) in &mut seen {
                let of =
                    ground.pulls.values().find(|file| file.branch == *name && file.shown.state == PullState::Merged);
                found.target = of.and_then(|file| file.landed.values().last().copied()).unwrap_or(found.target);
            }
        }
        _ => {}
    }
    seen
}

/// Trunk as a state remembers it.
fn remembered(state: &str) -> Option<Sha> {
    let key = "\"queue\":{\"trunk\":{\"tip\":\"";
    state.get(state.find(key)? + key.len()..)?.get(..40)?.parse().ok()
}

/// Whether one commit can be reached from another, which is trunk or was.
pub fn is_ancestor(ground: &Ground, reached: bool, of_trunk: bool) -> bool {
    reached && !(of_trunk && ground.bug == Some(Bug::LandedMeansTip))
}

/// The commit whose settings are taken for those of another.
pub fn judged_by(ground: &Ground, commit: Sha) -> Sha {
    if ground.bug != Some(Bug::BelievesTheHeadsSettings) || !ground.tips().contains(&commit) {
        return commit;
    }
    let version = |sha: Sha| ground.truth.get(sha).content.get(&0).copied();
    let edits = |head: &Sha| version(*head) > version(commit) && ground.settings_at(*head).is_some();
    ground.pulls.values().filter(|file| file.open()).map(|file| file.shown.head).find(edits).unwrap_or(commit)
}

/// The settings file.
pub fn settings(ground: &Ground, text: &str) -> String {
    match ground.bug {
        Some(Bug::OverspendsRuns) => text.replace("\nbudget = ", "\nbudget = 1"),
        Some(Bug::ForgivesNothing) => {
            let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("retries")).collect();
            format!("{}\n", lines.join("\n"))
        }
        Some(Bug::RedAtOnce) => text.replace("tries = 2", "tries = 1").replace("tries = 3", "tries = 1"),
        Some(Bug::WaitsForever) => {
            let lines = text.lines().filter(|line| !line.contains("_deadline"));
            let kept: Vec<&str> = lines.collect();
            format!("{}\nstart_deadline = \"6d\"\nfinish_deadline = \"6d\"\n", kept.join("\n"))
        }
        _ => text.to_owned(),
    }
}

/// A push arrives.
pub fn push(ground: &mut Ground, mut push: Push) -> Vec<Pushed> {
    let revokes = |push: &Push| match push.updates.as_slice() {
        [only] => only.name.as_str().starts_with("refs/greenline/landing/").then_some(only.to),
        _ => None,
    };
    let revokes = revokes(&push) == Some(Some(ground.tip_of(&push.trunk)));
    match ground.bug {
        Some(Bug::SkipsRevoke) if revokes => {
            let name = push.updates[0].name.clone();
            ground.oracle.hidden.insert(name);
            vec![Pushed::Done]
        }
        Some(Bug::IgnoresLease) => ground.arrive(&push, false),
        Some(Bug::DeletesWhatWasPushedTo) => {
            let left = |update: &&mut RefUpdate| update.to.is_none() && update.name.as_str().contains("/topic-");
            for update in push.updates.iter_mut().filter(left) {
                let there = ground.refs.get(&update.name).copied();
                update.expect = there.map_or(update.expect, Expect::At);
            }
            ground.arrive(&push, true)
        }
        Some(Bug::LandsUnrecorded) => {
            let asked = push.updates.len();
            push.updates.retain(|update| update.name != ledger::name());
            let mut outcomes = ground.arrive(&push, true);
            outcomes.resize(asked, outcomes.first().cloned().unwrap_or(Pushed::Done));
            outcomes
        }
        Some(Bug::ForcesLedger) => {
            let there = ground.refs.get(&ledger::name()).copied();
            for update in push.updates.iter_mut().filter(|update| update.name == ledger::name()) {
                update.expect = there.map_or(update.expect, Expect::At);
            }
            ground.arrive(&push, true)
        }
        Some(Bug::MixesUpTrunks) => {
            for update in &mut push.updates {
                let name = update.name.as_str().replace("greenline/next/run-", "greenline/main/run-");
                update.name = name.parse().unwrap_or(update.name.clone());
            }
            ground.arrive(&push, true)
        }
        Some(Bug::MovesTags) => {
            let tag = |name: &RefName| name.as_str().starts_with("refs/tags/");
            for update in push.updates.iter_mut().filter(|update| tag(&update.name)) {
                let there = ground.refs.get(&update.name).copied();
                update.expect = there.map_or(update.expect, Expect::At);
            }
            ground.arrive(&push, true)
        }
        _ => ground.arrive(&push, true),
    }
}
