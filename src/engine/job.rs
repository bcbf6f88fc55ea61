//! What is owed to the world, computed from the state alone: each job says everything its performer needs, and leaves it no choice.

use super::proposals;
use super::recipe::recipe;
use super::state::RepoState;
use crate::admission::{Approval, Obstacle, Said, Subject, Terms};
use crate::checks::Named;
use crate::config::repo::{ChecksConfig, TagTemplate};
use crate::facts::{Repository, RequiredCheck};
use crate::ids::{Attempt, BranchName, CheckRunId, CommentId, PrNumber, RefName, RunId, Sha};
use crate::port::git::Recipe;
use crate::port::report::{Report, Topic};
use crate::queue::{self, Effect, EntryId, Member, Phase, RedWhy, Why};
use std::collections::BTreeSet;

/// What green means for one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// Checks that must pass.
    pub required: Vec<RequiredCheck>,
    /// How they are read.
    pub rules: ChecksConfig,
    /// Checks an earlier run of the same commit was judged by.
    pub spent: BTreeSet<u64>,
}

/// How a commit of the queue came about. Composing is a pure function, so the same descent gives the same commit again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descent {
    /// The trunk commit at the bottom.
    pub from: Sha,
    /// What was composed on it, each on the one before.
    pub recipes: Vec<Recipe>,
}

/// One member of a landing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LandMember {
    /// Which entry, on what, as what.
    pub member: Member,
    /// How it was composed.
    pub recipe: Recipe,
    /// The approval it lands by; `None` when it has been withdrawn meanwhile.
    pub approval: Option<Approval>,
    /// What people said about it.
    pub said: Said,
    /// Commits its head may be at besides the approved one.
    pub moves: Vec<Sha>,
    /// Its title.
    pub title: String,
}

/// Everything a landing needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing {
    /// The repository as last read.
    pub repository: Repository,
    /// The branch.
    pub trunk: BranchName,
    /// Where it must be.
    pub from: Sha,
    /// Where it goes; a tested commit.
    pub to: Sha,
    /// The attempt.
    pub attempt: Attempt,
    /// The branch of the run that tested it.
    pub branch: RefName,
    /// Who lands.
    pub members: Vec<LandMember>,
    /// What green means.
    pub bar: Bar,
    /// How candidates are named.
    pub tag: TagTemplate,
    /// The rules its members were admitted by.
    pub terms: Terms,
    /// One of them is frozen or held by now: a landing that begins only now finds out whether it has happened, and no more.
    pub stopped: bool,
}

/// The branch of a landed pull request that is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// Whose it was.
    pub pr: PrNumber,
    /// Which.
    pub branch: BranchName,
    /// Where it may be: anywhere else somebody pushed to it.
    pub left_at: Vec<Sha>,
    /// Where pull requests onto it go.
    pub trunk: BranchName,
}

/// Something that is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// Read the settings on a trunk commit.
    ReadSettings {
        /// The commit.
        at: Sha,
        /// The branch whose protection is asked.
        trunk: BranchName,
    },
    /// Read trunk for the first time.
    ReadTrunk(BranchName),
    /// Read what a request is weighed by.
    Weigh {
        /// Which pull request.
        pr: PrNumber,
        /// What must be read.
        subject: Box<Subject>,
        /// The rules it is weighed by.
        terms: Box<Terms>,
    },
    /// Compose an entry.
    Compose {
        /// Which.
        entry: EntryId,
        /// How.
        recipe: Recipe,
        /// How the commit it is composed on came about.
        below: Descent,
    },
    /// Have CI check a commit.
    StartRun {
        /// As this run.
        run: RunId,
        /// The commit.
        sha: Sha,
        /// How it came about.
        descent: Descent,
        /// The branch to push it to.
        branch: RefName,
        /// What green means: what is green or red already is not run again.
        bar: Bar,
        /// The commit may have been checked before: it is trunk, a head, or was run before.
        seen_before: bool,
    },
    /// Stop a run.
    CancelRun {
        /// Which.
        run: RunId,
        /// Its commit.
        sha: Sha,
        /// Its branch.
        branch: RefName,
    },
    /// Delete a ref of ours that nothing needs any more.
    DropRef(RefName),
    /// Move trunk.
    Land(Box<Landing>),
    /// Make sure a landing can no longer happen.
    Revoke {
        /// The branch it was to move.
        trunk: BranchName,
        /// The commit.
        to: Sha,
        /// The attempt.
        attempt: Attempt,
        /// How candidates are named, should it have landed.
        tag: TagTemplate,
        /// What green means, should it have landed.
        bar: Bar,
    },
    /// Read trunk again before an entry is ejected.
    ConfirmEject {
        /// Which.
        entry: EntryId,
        /// The branch.
        trunk: BranchName,
        /// The commit that is red and the checks that failed there, if that is why; what they say is read for its people.
        red: Option<(Sha, Vec<Named>)>,
    },
    /// Write a status comment.
    Post {
        /// On which pull request.
        pr: PrNumber,
        /// The comment, if there is one.
        comment: Option<CommentId>,
        /// The text.
        body: String,
    },
    /// Write one of our check runs.
    Report {
        /// The check run, if there is one.
        id: Option<CheckRunId>,
        /// What it is to say.
        report: Box<Report>,
    },
    /// Read what the head of a pull request would make of the settings.
    ReadProposal {
        /// Whose.
        pr: PrNumber,
        /// How it would be composed on trunk.
        recipe: Recipe,
    },
    /// Answer a comment.
    Answer {
        /// Which.
        comment: CommentId,
        /// On which pull request.
        pr: PrNumber,
        /// The text; `None` for a thumbs-up.
        body: Option<String>,
    },
    /// Take the label off.
    RemoveLabel {
        /// Of which pull request.
        pr: PrNumber,
        /// The label.
        label: String,
    },
    /// See a landed pull request shown as merged, or close it.
    Close {
        /// Which.
        pr: PrNumber,
        /// What it landed as.
        tip: Sha,
        /// Its head could not be moved, so it will never show as merged.
        unmoved: bool,
        /// The head that landed as it is: with another one it stays open.
        kept: Option<Sha>,
    },
    /// Delete a branch that was landed.
    DeleteBranch(Deletion),
}

/// What a job is about: at most one job of a key is under way at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Settings of a commit.
    Settings(Sha),
    /// Trunk.
    Trunk,
    /// A request.
    Weigh(PrNumber),
    /// A composition.
    Compose(Sha, EntryId),
    /// Starting a run.
    Start(RunId),
    /// Stopping a run.
    Cancel(RunId),
    /// A ref.
    Drop(RefName),
    /// A landing.
    Land(Attempt),
    /// A revocation.
    Revoke(Attempt),
    /// An ejection.
    Eject(EntryId),
    /// A status comment.
    Post(PrNumber),
    /// One of our check runs.
    Report(PrNumber, Topic, Sha),
    /// What a head would make of the settings.
    Proposal(PrNumber, Sha),
    /// An answer.
    Answer(CommentId),
    /// A label.
    Label(PrNumber),
    /// A closing.
    Close(PrNumber),
    /// A landed branch.
    Branch(PrNumber),
}

impl Job {
    /// What it is about.
    pub fn key(&self) -> Key {
        match self {
            Self::ReadSettings { at, .. } => Key::Settings(*at),
            Self::ReadTrunk(_) => Key::Trunk,
            Self::Weigh { pr, .. } => Key::Weigh(*pr),
            Self::Compose { entry, recipe, .. } => Key::Compose(recipe.onto, *entry),
            Self::StartRun { run, .. } => Key::Start(*run),
            Self::CancelRun { run, .. } => Key::Cancel(*run),
            Self::DropRef(name) => Key::Drop(name.clone()),
            Self::Land(landing) => Key::Land(landing.attempt),
            Self::Revoke { attempt, .. } => Key::Revoke(*attempt),
            Self::ConfirmEject { entry, .. } => Key::Eject(*entry),
            Self::Post { pr, .. } => Key::Post(*pr),
            Self::Report { report, .. } => Key::Report(report.pr, report.topic, report.head),
            Self::ReadProposal { pr, recipe } => Key::Proposal(*pr, recipe.head),
            Self::Answer { comment, .. } => Key::Answer(*comment),
            Self::RemoveLabel { pr, .. } => Key::Label(*pr),
            Self::Close { pr, .. } => Key::Close(*pr),
            Self::DeleteBranch(deletion) => Key::Branch(deletion.pr),
        }
    }
}

/// The branch a run's commit is pushed to.
pub fn run_branch(trunk: &BranchName, run: RunId) -> RefName {
    format!("refs/heads/greenline/{trunk}/run-{run}")
        .parse()
        .expect("a branch name with a number behind it is a ref name")
}

/// The ref that is in the lease of a landing: without it no push of this attempt succeeds.
pub fn landing_ref(attempt: Attempt) -> RefName {
    format!("refs/greenline/landing/{attempt}").parse().expect("a number makes a legal last part")
}

/// Everything that is owed now, most urgent first.
pub fn jobs(state: &RepoState) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    match state.queue.trunk {
        None => jobs.push(Job::ReadTrunk(state.trunk().clone())),
        Some(trunk) if state.settings.read_at != Some(trunk.tip) => {
            jobs.push(Job::ReadSettings { at: trunk.tip, trunk: state.trunk().clone() });
        }
        Some(_) => {}
    }
    let mut effects: Vec<Job> = queue::outstanding(&state.queue).iter().filter_map(|e| effect_job(state, e)).collect();
    effects.sort_by_key(|job| match job {
        Job::Land(_) | Job::Revoke { .. } => 0,
        Job::ConfirmEject { .. } => 1,
        Job::ReadSettings { .. }
        | Job::ReadTrunk(_)
        | Job::Weigh { .. }
        | Job::Compose { .. }
        | Job::StartRun { .. }
        | Job::CancelRun { .. }
        | Job::DropRef(_)
        | Job::Post { .. }
        | Job::Report { .. }
        | Job::ReadProposal { .. }
        | Job::Answer { .. }
        | Job::RemoveLabel { .. }
        | Job::DeleteBranch(_)
        | Job::Close { .. } => 2,
    });
    jobs.extend(effects);
    jobs.extend(unread(state));
    jobs.extend(state.answers.iter().map(|(comment, reply)| Job::Answer {
        comment: *comment,
        pr: reply.pr,
        body: reply.body.clone(),
    }));
    jobs.extend(state.closings.iter().map(|(pr, closing)| Job::Close {
        pr: *pr,
        tip: closing.tip,
        unmoved: closing.unmoved,
        kept: closing.kept,
    }));
    jobs.extend(state.branches.iter().map(|(pr, branch)| {
        Job::DeleteBranch(Deletion {
            pr: *pr,
            branch: branch.name.clone(),
            left_at: branch.left_at.clone(),
            trunk: state.trunk().clone(),
        })
    }));
    jobs.extend(strays(state).map(Job::DropRef));
    let label = state.config().queue.label;
    jobs.extend(state.labels_off.iter().map(|pr| Job::RemoveLabel { pr: *pr, label: label.clone() }));
    jobs.extend(
        state
            .posts
            .iter()
            .filter_map(|(pr, post)| Some(Job::Post { pr: *pr, comment: post.comment, body: post.body.clone()? })),
    );
    let reports = state.reports.values().flatten();
    jobs.extend(reports.filter_map(|known| {
        let report = Box::new(known.wanted.clone()?);
        Some(Job::Report { id: known.id, report })
    }));
    jobs.extend(proposals::jobs(state));
    jobs
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
        Some(Job::Weigh { pr: *pr, subject, terms })
    })
}

/// Refs of ours that no run and no landing needs.
fn strays(state: &RepoState) -> impl Iterator<Item = RefName> {
    let mut needed: BTreeSet<RefName> = state.runs.keys().map(|run| run_branch(state.trunk(), *run)).collect();
    let trunk = state.queue.trunk.map(|trunk| trunk.tip);
    needed.extend(state.revoked.iter().filter(|(_, on)| Some(**on) == trunk).map(|(name, _)| name.clone()));
    let settling = state.queue.tree.settling().map(|id| &state.queue.tree.get(id).phase);
    if let Some(Phase::Landing(_, attempt) | Phase::Revoking(_, attempt)) = settling {
        needed.insert(landing_ref(*attempt));
    }
    state.refs.iter().filter(move |name| !needed.contains(name)).cloned()
}

fn effect_job(state: &RepoState, effect: &Effect) -> Option<Job> {
    let trunk = state.trunk();
    Some(match effect {
        // What is composed is about to go: nothing is begun with it any more.
        Effect::Compose { .. } | Effect::StartRun { .. } if state.queue.reshaping() => return None,
        Effect::Compose { onto, entry } => {
            Job::Compose { entry: *entry, recipe: recipe(state, *onto, *entry), below: descent(state, *onto)? }
        }
        Effect::StartRun { run, sha } => {
            // Once CI was asked the run is waited for by reading, not asked again.
            if state.runs.get(run).is_some_and(|run| run.asked_at.is_some()) {
                return None;
            }
            let seen_before = state.queue.trunk.is_some_and(|trunk| trunk.tip == *sha)
                || state.spent.contains_key(sha)
                || state.desk.pulls.values().any(|record| record.pull.head == *sha);
            let (descent, branch, bar) = (descent(state, *sha)?, run_branch(trunk, *run), bar(state, *sha));
            Job::StartRun { run: *run, sha: *sha, descent, branch, bar, seen_before }
        }
        Effect::CancelRun { run, sha } => Job::CancelRun { run: *run, sha: *sha, branch: run_branch(trunk, *run) },
        // What trunk itself says about its successor is read first: the landing before may have changed it.
        Effect::Land { from, .. } if state.settings.read_at != Some(*from) => return None,
        Effect::Land { from, to, run, attempt, members } => Job::Land(Box::new(Landing {
            repository: state.repository.clone(),
            trunk: trunk.clone(),
            from: *from,
            to: to.sha(),
            attempt: *attempt,
            branch: run_branch(trunk, *run),
            members: members.iter().map(|member| land_member(state, *member)).collect(),
            bar: bar(state, to.sha()),
            tag: state.config().candidate.tag,
            terms: state.terms(),
            stopped: members.iter().any(|member| stopped(state, member.entry)),
        })),
        Effect::Revoke { to, attempt } => Job::Revoke {
            trunk: trunk.clone(),
            to: to.sha(),
            attempt: *attempt,
            tag: state.config().candidate.tag,
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

/// An entry must not begin to land any more.
fn stopped(state: &RepoState, entry: EntryId) -> bool {
    let held = state.queue.order.iter().any(|queued| queued.id == entry && queued.held);
    held || !state.queue.gate.lets(entry.pr)
}

fn bar(state: &RepoState, sha: Sha) -> Bar {
    let spent = state.spent.get(&sha).cloned().unwrap_or_default();
    Bar { required: state.required(), rules: state.config().checks, spent }
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
    use crate::ids::{Moment, Reading, RepoId};
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
        let owed = |state: &RepoState| {
            let jobs = jobs(state);
            let lands = jobs.iter().any(|job| matches!(job, Job::Land(_)));
            let reads = jobs.iter().any(|job| matches!(job, Job::ReadSettings { .. }));
            (reads, lands)
        };
        assert_eq!(owed(&state), (true, false));
        state.settings.read_at = Some(sha('d'));
        assert_eq!(owed(&state), (true, false), "those of the trunk before do not count");
        state.settings.read_at = Some(sha('b'));
        assert_eq!(owed(&state), (false, true));
    }
}
