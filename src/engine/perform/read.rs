//! Reads the world: what a hint points at, or everything. Webhooks only say where to look; what counts is read here.

use super::settings::settings;
use super::{depends, requests, teams};
use crate::admission::{Grounds, Heard, PullReading, Subject};
use crate::command::{self, Command, Request};
use crate::engine::fact::Fact;
use crate::engine::perform::grounds::{Weighing, grounds};
use crate::engine::trials::TrialFact;
use crate::engine::view::View;
use crate::engine::world::World;
use crate::facts::{CheckState, Comment, Opinion, Pull, PullState, Repository, Rolls, Since};
use crate::ids::{BranchName, Moment, PrNumber, RepoId, Sha};
use crate::port::{Clock, Forge, Git, Trouble};
use crate::queue::{EntryId, Event};
use std::collections::{BTreeMap, BTreeSet};

/// Comments this much older than the last look are read again: clocks differ.
const COMMENT_OVERLAP_MS: i64 = 120_000;

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// Everything.
    All,
    /// The repository itself and its settings.
    Repository,
    /// Where trunk is.
    Trunk,
    /// One pull request.
    Pull(PrNumber),
    /// One comment.
    Comment(Comment),
    /// One request through the API.
    Request(Request),
    /// The checks on a commit.
    Checks(Sha),
}

/// What a look found. Of everything there is, a part may be out of reach: the rest is no less true for it.
#[derive(Debug, Default)]
pub struct Found {
    /// What was read.
    pub facts: Vec<Fact>,
    /// The first thing that could not be.
    pub trouble: Option<Trouble>,
}

impl Found {
    /// Takes a result apart: what was read goes on, what was not is kept in mind.
    fn part<T>(&mut self, result: Result<T, Trouble>) -> Option<T> {
        result.map_err(|trouble| self.trouble.get_or_insert(trouble)).ok()
    }
}

impl From<Result<Vec<Fact>, Trouble>> for Found {
    fn from(result: Result<Vec<Fact>, Trouble>) -> Self {
        match result {
            Ok(facts) => Self { facts, trouble: None },
            Err(trouble) => Self { facts: Vec::new(), trouble: Some(trouble) },
        }
    }
}

/// Looks at one thing.
pub async fn look<W: World>(world: &W, view: &View, look: &Look) -> Found {
    match look {
        Look::All => reconcile(world, view).await,
        Look::Repository => about_repository(world, view).await.into(),
        Look::Trunk => trunk(world, &view.trunk).await.into(),
        Look::Pull(number) => pull_reading(world, view, *number).await.map(|reading| vec![Fact::Pull(reading)]).into(),
        Look::Comment(comment) => comment_look(world, view, comment).await.into(),
        Look::Request(request) => requests::look(world, request, &view.terms).await.into(),
        Look::Checks(sha) => checks(world, view, *sha).await.into(),
    }
}

async fn about_repository<W: World>(world: &W, view: &View) -> Result<Vec<Fact>, Trouble> {
    let mut facts = vec![Fact::Repository(repository(world).await?)];
    if let Some(tip) = view.tip {
        facts.extend(settings(world, tip, &view.trunk, !view.further).await?);
    }
    Ok(facts)
}

/// Asks the forge and the remote what is true, and says everything that may differ from what is known.
pub async fn reconcile<W: World>(world: &W, view: &View) -> Found {
    let began = world.clock().now();
    let mut found = Found::default();
    let Some(repository) = found.part(repository(world).await) else { return found };
    let (id, default) = (repository.id, repository.default_branch.clone());
    found.facts.push(Fact::Repository(repository));
    let base = if view.further { view.trunk.clone() } else { default };
    if let Some(facts) = found.part(trunk_and_settings(world, &base, !view.further).await) {
        found.facts.extend(facts);
    }
    let stacked = pulls(world, view, (id, &base), &mut found).await;
    comments(world, view, began, &mut found).await;
    // What one stands on may be asked for by a comment only.
    found.facts.extend(stacked.into_iter().map(Fact::Pull));
    for (run, sha) in &view.runs {
        if let Some(seen) = found.part(world.forge().checks(*sha).await) {
            found.facts.push(Fact::Checks { run: *run, seen });
        }
    }
    for (number, sha) in &view.trials {
        if let Some(seen) = found.part(world.forge().checks(*sha).await) {
            found.facts.push(Fact::Trial(TrialFact::Checks { number: *number, seen }));
        }
    }
    if view.red_trunk.is_some() && view.doubt_trunk {
        found.facts.push(Fact::TrunkDoubted);
    }
    found
}

/// What a forge requires of a branch changes without trunk moving, and perhaps without a webhook.
async fn trunk_and_settings<W: World>(world: &W, base: &BranchName, default: bool) -> Result<Vec<Fact>, Trouble> {
    let reading = world.readings().begin();
    let tip = trunk_tip(world, base).await?;
    let mut facts = vec![Fact::Trunk { reading, tip }];
    facts.extend(settings(world, tip, base, default).await?);
    Ok(facts)
}

/// Open pull requests that ask for landing, and all that are queued; answers those that go to another's branch.
async fn pulls<W: World>(
    world: &W,
    view: &View,
    (id, base): (RepoId, &BranchName),
    found: &mut Found,
) -> Vec<PullReading> {
    let reading = world.readings().begin();
    let Some(open) = found.part(world.forge().open_pulls(None).await) else { return Vec::new() };
    world.memory().retain(|number| view.approved.contains_key(&number));
    let mut readings = Vec::new();
    for pull in open.iter().filter(|pull| view.looks_at(pull, &open) && view.concerns(pull)) {
        // Lists do not say whether a fork's branch may be pushed to, and an approval keeps that.
        let in_fork = pull.head_repo.as_ref().is_some_and(|head| head.id != id);
        let one = if (in_fork && view.asks(pull)) || view.lost.contains(&pull.number) {
            pull_reading(world, view, pull.number).await
        } else {
            labelled(world, view, (pull.number, Some(pull.clone())), reading, true).await
        };
        readings.extend(found.part(one));
    }
    // First come, first served, also for those who came while we were not listening, or were out of reach together.
    readings.sort_by_key(|reading| {
        let labelled = reading.labelled.as_ref().map(|(labelled, _)| labelled.at);
        (view.asked_at.get(&reading.number).copied().or(labelled), reading.number)
    });
    found.facts.extend(heads(view, base, &open));
    let listed: BTreeSet<PrNumber> = open.iter().map(|pull| pull.number).collect();
    let known = view.approved.keys().chain(&view.on_trial).chain(&view.below);
    let unlisted: BTreeSet<_> = known.filter(|pr| !listed.contains(pr)).collect();
    for number in unlisted {
        readings.extend(found.part(pull_reading(world, view, *number).await));
    }
    let onto = |reading: &PullReading| reading.pull.as_ref().is_none_or(|pull| pull.base == *base);
    let (onto, stacked): (Vec<_>, Vec<_>) = readings.into_iter().partition(onto);
    found.facts.extend(onto.into_iter().map(Fact::Pull));
    stacked
}

/// Heads onto trunk that nobody told us of, as far as they changed since the last look; and who is not open any more.
fn heads(view: &View, base: &BranchName, open: &[Pull]) -> Option<Fact> {
    let open: Vec<&Pull> = open.iter().filter(|pull| pull.base == *base).collect();
    let since = view.heard_until.plus_ms(-COMMENT_OVERLAP_MS);
    let news = |pull: &&&Pull| pull.updated_at >= since && view.heads.get(&pull.number) != Some(&pull.head);
    let listed: BTreeSet<PrNumber> = open.iter().map(|pull| pull.number).collect();
    let open: Vec<_> = open.iter().filter(news).map(|pull| (pull.number, pull.head)).collect();
    let gone: Vec<_> = view.heads.keys().filter(|pr| !listed.contains(pr)).copied().collect();
    (!open.is_empty() || !gone.is_empty()).then_some(Fact::Heads { open, gone })
}

async fn repository<W: World>(world: &W) -> Result<Repository, Trouble> {
    let repository = world.forge().repository().await?;
    world.renamed(&repository.name);
    Ok(repository)
}

/// Where trunk points.
pub(super) async fn trunk<W: World>(world: &W, branch: &BranchName) -> Result<Vec<Fact>, Trouble> {
    let reading = world.readings().begin();
    let tip = trunk_tip(world, branch).await?;
    Ok(vec![Fact::Trunk { reading, tip }])
}

pub(super) async fn trunk_tip<W: World>(world: &W, branch: &BranchName) -> Result<Sha, Trouble> {
    let name = branch.to_ref();
    let refs = world.git().remote_refs(&[name.as_str()]).await?;
    let found = refs.get(&name).map(|found| found.target);
    found.ok_or_else(|| {
        Trouble::Denied(format!("{branch} is not there: push a first commit to it, or choose another default branch"))
    })
}

/// Trunk again, before an entry is ejected.
pub(super) async fn confirm_eject<W: World>(
    world: &W,
    entry: EntryId,
    branch: &BranchName,
) -> Result<Vec<Fact>, Trouble> {
    let reading = world.readings().begin();
    let trunk = trunk_tip(world, branch).await?;
    Ok(vec![Fact::Queue(Event::EjectAnswered { entry, reading, trunk })])
}

/// One pull request, with whoever asks for it or approved it.
pub async fn pull_reading<W: World>(world: &W, view: &View, number: PrNumber) -> Result<PullReading, Trouble> {
    let reading = world.readings().begin();
    let pull = world.forge().pull(number).await?;
    labelled(world, view, (number, pull), reading, false).await
}

/// With `recall`, what takes many requests may be as it was read lately.
async fn labelled<W: World>(
    world: &W,
    view: &View,
    (number, pull): (PrNumber, Option<Pull>),
    reading: crate::ids::Reading,
    recall: bool,
) -> Result<PullReading, Trouble> {
    let ours = pull.as_ref().is_some_and(|pull| view.answers_for(&pull.base));
    let asks = ours && pull.as_ref().is_some_and(|pull| pull.state == PullState::Open && view.asks(pull));
    let labelled = if asks && pull.as_ref().is_some_and(|pull| view.terms.labelled(pull)) {
        world.forge().labelled(number, &view.terms.label).await?
    } else {
        None
    };
    let (labelled, rolls) = match labelled {
        Some(labelled) => {
            let permission = world.forge().permission(&labelled.by.login).await?;
            let rolls = teams::of(world, &view.terms, &labelled.by.login).await?;
            (Some((labelled, permission)), rolls)
        }
        None => (None, Rolls::default()),
    };
    let may_ask = pull.as_ref().filter(|_| asks && view.terms.review_asks);
    let asked = may_ask.map(|pull| Subject::of_head(pull.head));
    let grounds = match (view.approved.get(&number).or(asked.as_ref()), &pull) {
        (Some(subject), Some(pull)) => {
            let (terms, by) = (&view.terms, view.settings_at);
            Some(grounds(world, Weighing { pull, reading, subject, terms, by, recall }).await?)
        }
        (_, None) | (None, _) => None,
    };
    let retargeted_at =
        if may_ask.is_some() && approved(grounds.as_ref()) { world.forge().retargeted_at(number).await? } else { None };
    Ok(PullReading { labelled, rolls, retargeted_at, grounds, ..PullReading::of(reading, number, pull) })
}

fn approved(grounds: Option<&Grounds>) -> bool {
    let reviews = grounds.and_then(|grounds| grounds.reviews.as_ref());
    reviews.is_some_and(|reviews| reviews.iter().any(|(review, _)| review.opinion == Opinion::Approves))
}

/// Comments that speak to us on pull requests that changed since the last look; they may be closed or rebased by now.
async fn comments<W: World>(world: &W, view: &View, began: Moment, found: &mut Found) {
    let since = view.heard_until.plus_ms(-COMMENT_OVERLAP_MS);
    let Some(changed) = found.part(world.forge().changed_since(since).await) else { return };
    let changed: BTreeMap<_, _> =
        changed.into_iter().map(|number| (number, since)).chain(view.unheard.clone()).collect();
    for (pr, since) in changed {
        let all = comments_on(world, view, (pr, since), found).await;
        if all == view.unheard.contains_key(&pr) {
            found.facts.push(Fact::Unheard { pr, since: (!all).then_some(since) });
        }
    }
    found.facts.push(Fact::HeardUntil(began));
}

/// True if everything that was said there since then was heard.
async fn comments_on<W: World>(world: &W, view: &View, (pr, since): (PrNumber, Moment), found: &mut Found) -> bool {
    let Some(comments) = found.part(world.forge().comments(pr, since).await) else { return false };
    let mut all = true;
    for comment in comments.iter().filter(|c| speaks_to_us(c) && !view.answered(pr, c.id)) {
        let heard = found.part(comment_look(world, view, comment).await);
        all &= heard.is_some();
        found.facts.extend(heard.unwrap_or_default());
    }
    all
}

fn speaks_to_us(comment: &Comment) -> bool {
    !comment.by.bot && !comment.edited && !command::read(&comment.body, command::PREFIX).is_empty()
}

/// A comment with its pull request and what its writer may do; nothing if it does not speak to us, or to another queue.
pub async fn comment_look<W: World>(world: &W, view: &View, comment: &Comment) -> Result<Vec<Fact>, Trouble> {
    if !speaks_to_us(comment) {
        return Ok(Vec::new());
    }
    let reading = world.readings().begin();
    let pull = world.forge().pull(comment.pull).await?;
    let Some(pull) = pull.filter(|pull| view.answers_for(&pull.base)) else { return Ok(Vec::new()) };
    let permission = world.forge().permission(&comment.by.login).await?;
    let commands = command::read(&comment.body, command::PREFIX);
    // The timeline is read after the pull request: whatever was changed before that reading stands in it.
    let changes = commands.iter().flatten().any(|command| !command.only_asks());
    let since = if changes { world.forge().since(comment).await? } else { Since::Nothing };
    let classes = commands.iter().flatten().map(Command::class);
    let rolls = teams::for_classes(world, &view.terms, &comment.by.login, classes).await?;
    let unknown = depends::unknown(world, commands.iter().flatten()).await;
    let comment = comment.clone();
    let heard = Heard { reading, comment, pull, permission, rolls, since, request: None, on_trial: false, unknown };
    Ok(vec![Fact::Comment(heard)])
}

async fn checks<W: World>(world: &W, view: &View, sha: Sha) -> Result<Vec<Fact>, Trouble> {
    let runs: Vec<_> = view.runs.iter().filter(|(_, own)| *own == sha).map(|(run, _)| *run).collect();
    let red = view.red_trunk.as_ref().filter(|red| red.sha == sha);
    let mut facts = Vec::new();
    for number in view.waiting_at(sha) {
        facts.push(Fact::Pull(pull_reading(world, view, number).await?));
    }
    let trials: Vec<_> = view.trials.iter().filter(|(_, own)| *own == sha).map(|(number, _)| *number).collect();
    if runs.is_empty() && trials.is_empty() && red.is_none() {
        return Ok(facts);
    }
    let seen = world.forge().checks(sha).await?;
    // A red trunk is looked at again only when a required check that was not judged yet is green there.
    let better = red.is_some_and(|red| {
        seen.iter()
            .any(|c| c.state == CheckState::Success && red.required.contains(&c.name) && !red.spent.contains(&c.id))
    });
    let doubt = better.then_some(Fact::TrunkDoubted);
    let of_trial = |number| Fact::Trial(TrialFact::Checks { number, seen: seen.clone() });
    facts.extend(trials.into_iter().map(of_trial));
    facts.extend(runs.into_iter().map(|run| Fact::Checks { run, seen: seen.clone() }).chain(doubt));
    Ok(facts)
}
