//! What a repository owes the world, computed from its state: after a crash the unfinished work is the same. Nothing is done here.

use super::delivery;
use super::job::{Bar, Deletion, Descent, Job, LandMember, Landing, landing_ref, run_branch};
use super::posts;
use super::proposals;
use super::recipe::recipe;
use super::state::RepoState;
use super::trials;
use crate::admission::Obstacle;
use crate::delivery::policy::CutWhen;
use crate::ids::{PrNumber, RefName, Sha};
use crate::queue::{self, Effect, EntryId, Member, Phase, RedWhy, Why};
use std::collections::BTreeSet;

/// Everything that is owed now, most urgent first.
pub fn jobs(state: &RepoState) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    match state.queue.trunk {
        None => jobs.push(Job::ReadTrunk(state.trunk().clone())),
        Some(trunk) if !state.knows_settings() => {
            jobs.push(Job::ReadSettings {
                at: trunk.tip,
                trunk: state.trunk().clone(),
                default: state.branch.is_none(),
            });
        }
        Some(_) => {}
    }
    let mut effects = queue::outstanding(&state.queue);
    effects.sort_by_key(urgency);
    jobs.extend(effects.iter().filter_map(|effect| effect_job(state, effect)));
    jobs.extend(unread(state));
    jobs.extend(state.answers.iter().map(|(comment, reply)| Job::Answer {
        comment: *comment,
        pr: reply.pr,
        body: reply.body.clone(),
    }));
    jobs.extend(after_landing(state));
    jobs.extend(strays(state).map(Job::DropRef));
    let label = &state.config().queue.label;
    jobs.extend(state.labels_off.iter().map(|pr| Job::RemoveLabel { pr: *pr, label: label.clone() }));
    jobs.extend(posts::jobs(state));
    let reports = state.reports.values().flatten();
    jobs.extend(reports.filter_map(|known| {
        let report = Box::new(known.wanted.clone()?);
        Some(Job::Report { id: known.id, report })
    }));
    jobs.extend(trials::jobs(state));
    jobs.extend(proposals::jobs(state));
    jobs.extend(delivery::owed::jobs(state).into_iter().map(Job::Delivery));
    jobs
}

/// Trunk first, then whoever is about to be sent back; the smaller, the sooner.
fn urgency(effect: &Effect) -> u8 {
    match effect {
        Effect::Land { .. } | Effect::Revoke { .. } => 0,
        Effect::ConfirmEject { .. } => 1,
        Effect::Compose { .. } | Effect::StartRun { .. } | Effect::CancelRun { .. } | Effect::Tell { .. } => 2,
    }
}

/// What is owed to pull requests that landed, and to those that stood on them.
fn after_landing(state: &RepoState) -> impl Iterator<Item = Job> {
    let closings = state.closings.iter().map(|(pr, closing)| Job::Close {
        pr: *pr,
        tip: closing.tip,
        unmoved: closing.unmoved,
        kept: closing.kept,
    });
    let branches = state.branches.iter().map(|(pr, branch)| {
        Job::DeleteBranch(Deletion {
            pr: *pr,
            branch: branch.name.clone(),
            left_at: branch.left_at.clone(),
            trunk: state.trunk().clone(),
        })
    });
    let asked_on = move |pr: &PrNumber| Some(state.desk.pulls.get(pr)?.approval.as_ref()?.base.clone());
    let retarget = move |pr: &PrNumber| Job::Retarget { pr: *pr, from: asked_on(pr), trunk: state.trunk().clone() };
    let retargets = state.retargets.iter().map(retarget);
    closings.chain(retargets).chain(branches)
}

/// Requests that wait for being weighed.
fn unread(state: &RepoState) -> impl Iterator<Item = Job> {
    let waiting = state
        .desk
        .pulls
        .iter()
        .filter(|(_, record)| record.waits().is_some_and(|waits| waits.contains(&Obstacle::Unread)));
    waiting.filter_map(|(pr, record)| {
        let (subject, terms) = (Box::new(record.subject()?), Box::new(state.terms()));
        Some(Job::Weigh { pr: *pr, subject, terms, by: state.settings.read_at })
    })
}

/// Refs of ours that no run and no landing needs.
fn strays(state: &RepoState) -> impl Iterator<Item = RefName> {
    let mut needed: BTreeSet<RefName> = state.runs.keys().map(|run| run_branch(state.trunk(), *run)).collect();
    needed.extend(trials::branches(state));
    let trunk = state.queue.trunk.map(|trunk| trunk.tip);
    needed.extend(state.revoked.iter().filter(|(_, on)| Some(**on) == trunk).map(|(name, _)| name.clone()));
    let settling = state.queue.tree.settling().map(|id| &state.queue.tree.get(id).phase);
    if let Some(Phase::Landing(_, attempt) | Phase::Revoking(_, attempt)) = settling {
        needed.insert(landing_ref(state.trunk(), *attempt));
    }
    state.refs.iter().filter(move |name| !needed.contains(name)).cloned()
}

fn effect_job(state: &RepoState, effect: &Effect) -> Option<Job> {
    let trunk = state.trunk();
    Some(match effect {
        // What is composed is about to go: nothing is begun with it any more.
        Effect::Compose { .. } | Effect::StartRun { .. } if state.queue.reshaping() => return None,
        // What trunk itself says is read first: the landing before may have changed it. By other settings it might become another
        // commit, and its answer could not be told from that of the right one; land, or be sent back, for what no longer holds.
        Effect::Compose { .. } | Effect::Land { .. } | Effect::ConfirmEject { .. } if !state.knows_settings() => {
            return None;
        }
        Effect::Compose { onto, entry } => {
            Job::Compose { entry: *entry, recipe: recipe(state, *onto, *entry), below: descent(state, *onto)? }
        }
        Effect::StartRun { run, sha } => {
            // Once CI was asked the run is waited for by reading, not asked again.
            if state.runs.get(run).is_some_and(|run| run.asked_at.is_some()) {
                return None;
            }
            let (descent, branch, bar) = (descent(state, *sha)?, run_branch(trunk, *run), bar(state, *sha));
            Job::StartRun { run: *run, sha: *sha, descent, branch, bar, seen_before: seen_before(state, *sha) }
        }
        Effect::CancelRun { run, sha } => Job::CancelRun { run: *run, sha: *sha, branch: run_branch(trunk, *run) },
        Effect::Land { from, to, run, attempt, members } => Job::Land(Box::new(Landing {
            repository: state.repository.clone(),
            trunk: trunk.clone(),
            from: *from,
            to: to.sha(),
            attempt: *attempt,
            branch: run_branch(trunk, *run),
            members: members.iter().map(|member| land_member(state, *member)).collect(),
            bar: bar(state, to.sha()),
            tag: state.config().candidate.tag.clone(),
            cuts: state.config().delivery.cut.when == CutWhen::Landed,
            terms: state.terms(),
            settings_at: state.settings.in_force_at().unwrap_or(*from),
            trunks: state.trunks(),
            stopped: members.iter().any(|member| stopped(state, member.entry)),
        })),
        Effect::Revoke { to, attempt } => Job::Revoke {
            trunk: trunk.clone(),
            to: to.sha(),
            attempt: *attempt,
            tag: state.config().candidate.tag.clone(),
            bar: bar(state, to.sha()),
        },
        Effect::ConfirmEject { entry, why, .. } => {
            let red = match why {
                Why::Red(tip, RedWhy::Failed(_)) => state.failed.get(tip).map(|failed| (*tip, failed.clone())),
                Why::Red(..) | Why::Unfit(_) => None,
            };
            Job::ConfirmEject { entry: *entry, trunk: trunk.clone(), red }
        }
        // Told within the turn itself: what is owed then is a post, a label, a closing.
        Effect::Tell { .. } => return None,
    })
}

/// The forge knows the commit, and may have checked it.
pub(super) fn seen_before(state: &RepoState, sha: Sha) -> bool {
    state.queue.trunk.is_some_and(|trunk| trunk.tip == sha)
        || state.spent.contains_key(&sha)
        || state.trials.tried(sha)
        || state.desk.pulls.values().any(|record| record.pull.head == sha)
}

/// An entry must not begin to land any more.
fn stopped(state: &RepoState, entry: EntryId) -> bool {
    let held = state.queue.order.iter().any(|queued| queued.id == entry && queued.held);
    held || !state.queue.gate.lets(entry.pr)
}

pub(super) fn bar(state: &RepoState, sha: Sha) -> Bar {
    let spent = state.spent.get(&sha).cloned().unwrap_or_default();
    Bar { required: state.required().to_vec(), rules: state.config().checks.clone(), spent }
}

/// What was composed by other settings than those of trunk now says nothing, though it stands on the same commit.
pub(super) fn is_outdated(state: &RepoState, job: &Job) -> bool {
    if let Job::Compose { entry, recipe: by, .. } = job { recipe(state, by.onto, *entry) != *by } else { false }
}

/// How a commit that the queue composed, or trunk, came about.
fn descent(state: &RepoState, sha: Sha) -> Option<Descent> {
    let from = state.queue.trunk?.tip;
    let members = if sha == from { Vec::new() } else { queue::members_of(&state.queue, sha)? };
    let recipes = members.iter().map(|member| recipe(state, member.onto, member.entry)).collect();
    Some(Descent { from, recipes })
}

fn land_member(state: &RepoState, member: Member) -> LandMember {
    let record = state.desk.pulls.get(&member.entry.pr);
    let approval = record.and_then(|record| record.approval.clone()).filter(|a| a.rev == member.entry.rev);
    LandMember {
        member,
        recipe: recipe(state, member.onto, member.entry),
        title: approval.as_ref().map_or_else(String::new, |approval| approval.title.clone()),
        approval,
        said: record.map(|record| record.said.clone()).unwrap_or_default(),
        moves: record.map(|record| record.moves.clone()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fact::Fact;
    use crate::engine::take::{Around, take_in};
    use crate::facts::Repository;
    use crate::ids::{Attempt, Moment, PrNumber, Reading, RepoId, RunId};
    use crate::queue::{Composition, Event, Priority, Verdict};

    fn sha(digit: char) -> Sha {
        digit.to_string().repeat(40).parse().expect("forty hex digits")
    }

    /// A repository whose only entry is about to land on `t`.
    fn landing() -> RepoState {
        let repository = Repository {
            id: RepoId::new(1),
            name: "acme/widget".parse().expect("a name"),
            default_branch: "main".parse().expect("a branch"),
            archived: false,
        };
        let entry = EntryId { pr: PrNumber::new(1), head: sha('a'), rev: Reading::new(2) };
        let mut state = RepoState::new(repository, Moment::from_ms(0));
        let facts = [
            Fact::Trunk { reading: Reading::new(1), tip: sha('b') },
            Fact::Queue(Event::Arrived { entry, priority: Priority::default(), alone: false }),
            Fact::Queue(Event::Composed { onto: sha('b'), entry, result: Composition::Tip(sha('c')) }),
            Fact::Queue(Event::RunFinished { run: RunId::new(1), verdict: Verdict::Passed }),
        ];
        take_in(&mut state, &facts, Around { now: Moment::from_ms(0), page: None });
        state
    }

    #[test]
    fn nothing_lands_before_the_rules_of_the_trunk_it_lands_on_are_read() {
        let mut state = landing();
        let owed = |state: &mut RepoState| {
            take_in(state, &[], Around { now: Moment::from_ms(0), page: None });
            let jobs = jobs(state);
            let lands = jobs.iter().any(|job| matches!(job, Job::Land(_)));
            let reads = jobs.iter().any(|job| matches!(job, Job::ReadSettings { .. }));
            (reads, lands)
        };
        assert_eq!(owed(&mut state), (true, false));
        state.settings.read_at = Some(sha('d'));
        assert_eq!(owed(&mut state), (true, false), "those of the trunk before do not count");
        state.settings.read_at = Some(sha('b'));
        assert_eq!(owed(&mut state), (false, true));
    }

    #[test]
    fn nobody_is_sent_back_before_the_rules_of_trunk_are_read() {
        let mut state = landing();
        let entry = EntryId { pr: PrNumber::new(1), head: sha('a'), rev: Reading::new(2) };
        let moved = [
            Fact::Trunk { reading: Reading::new(3), tip: sha('e') },
            Fact::Queue(Event::LandingAnswered {
                attempt: attempt(&state),
                reading: Reading::new(4),
                trunk: sha('e'),
                landed: Err(queue::Refusal::TrunkMoved),
            }),
            Fact::Queue(Event::Composed { onto: sha('e'), entry, result: Composition::Refused("no".into()) }),
        ];
        take_in(&mut state, &moved, Around { now: Moment::from_ms(0), page: None });
        let asks = |state: &RepoState| jobs(state).iter().any(|job| matches!(job, Job::ConfirmEject { .. }));
        assert!(!asks(&state), "by settings of the trunk before");
        state.settings.read_at = Some(sha('e'));
        assert!(asks(&state));
    }

    fn attempt(state: &RepoState) -> Attempt {
        let settling = state.queue.tree.settling().map(|id| &state.queue.tree.get(id).phase);
        if let Some(Phase::Landing(_, attempt)) = settling { *attempt } else { Attempt::new(0) }
    }
}
