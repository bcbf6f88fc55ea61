//! Reads the world: what a hint points at, or everything. Webhooks only say where to look; what counts is read here.

use crate::admission::{Heard, PullReading};
use crate::command::{self, Command};
use crate::config::RepoConfig;
use crate::engine::fact::Fact;
use crate::engine::view::View;
use crate::engine::world::World;
use crate::facts::{CheckState, Comment, Pull, PullState, Repository};
use crate::ids::{BranchName, Moment, PrNumber, Sha};
use crate::port::{Clock, Forge, Git, Trouble};
use crate::queue::{EntryId, Event};
use std::collections::BTreeSet;

/// Where the repository's settings are, on trunk.
pub const SETTINGS_PATH: &str = ".github/greenline.toml";
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
    /// The checks on a commit.
    Checks(Sha),
}

/// Looks at one thing.
pub async fn look<W: World>(world: &W, view: &View, look: &Look) -> Result<Vec<Fact>, Trouble> {
    match look {
        Look::All => reconcile(world, view).await,
        Look::Repository => {
            let mut facts = vec![Fact::Repository(repository(world).await?)];
            if let Some(tip) = view.tip {
                facts.extend(settings(world, tip, &view.trunk).await?);
            }
            Ok(facts)
        }
        Look::Trunk => trunk(world, &view.trunk).await,
        Look::Pull(number) => Ok(vec![Fact::Pull(pull_reading(world, view, *number).await?)]),
        Look::Comment(comment) => comment_look(world, comment).await,
        Look::Checks(sha) => checks(world, view, *sha).await,
    }
}

/// Asks the forge and the remote what is true, and says everything that may differ from what is known.
pub async fn reconcile<W: World>(world: &W, view: &View) -> Result<Vec<Fact>, Trouble> {
    let began = world.clock().now();
    let repository = repository(world).await?;
    let base = repository.default_branch.clone();
    let mut facts = vec![Fact::Repository(repository)];
    facts.extend(trunk(world, &base).await?);
    let reading = world.readings().begin();
    let open = world.forge().open_pulls(&base).await?;
    let mut pulls = Vec::new();
    for pull in open.iter().filter(|pull| view.concerns(pull)) {
        pulls.push(labelled(world, view, pull.number, Some(pull.clone()), reading).await?);
    }
    // First come, first served, also for those who came while we were not listening.
    pulls.sort_by_key(|reading| (reading.labelled.as_ref().map(|(labelled, _)| labelled.at), reading.number));
    facts.extend(pulls.into_iter().map(Fact::Pull));
    let listed: BTreeSet<PrNumber> = open.iter().map(|pull| pull.number).collect();
    for number in view.queued.iter().filter(|number| !listed.contains(number)) {
        facts.push(Fact::Pull(pull_reading(world, view, *number).await?));
    }
    facts.extend(comments(world, view, began).await?);
    for (run, sha) in &view.runs {
        facts.push(Fact::Checks { run: *run, seen: world.forge().checks(*sha).await? });
    }
    if view.red_trunk.is_some() && view.doubt_trunk {
        facts.push(Fact::TrunkDoubted);
    }
    Ok(facts)
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

/// The settings on a trunk commit.
pub(super) async fn settings<W: World>(world: &W, at: Sha, branch: &BranchName) -> Result<Vec<Fact>, Trouble> {
    world.git().fetch(&[at], &[]).await?;
    let forge_requires = world.forge().required_checks(branch).await?;
    let file = match world.git().file(at, SETTINGS_PATH).await? {
        None => Ok(None),
        Some(bytes) => parse(&bytes).map(|config| Some(Box::new(config))),
    };
    Ok(vec![Fact::Settings { at, file, forge_requires }])
}

fn parse(bytes: &[u8]) -> Result<RepoConfig, Vec<String>> {
    let text = std::str::from_utf8(bytes).map_err(|_| vec!["it is not UTF-8 text".to_owned()])?;
    RepoConfig::parse(text).map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

/// One pull request, with whoever asks for it or approved it.
pub async fn pull_reading<W: World>(world: &W, view: &View, number: PrNumber) -> Result<PullReading, Trouble> {
    let reading = world.readings().begin();
    let pull = world.forge().pull(number).await?;
    labelled(world, view, number, pull, reading).await
}

async fn labelled<W: World>(
    world: &W,
    view: &View,
    number: PrNumber,
    pull: Option<Pull>,
    reading: crate::ids::Reading,
) -> Result<PullReading, Trouble> {
    let asks = pull.as_ref().is_some_and(|pull| pull.state == PullState::Open && view.asks(pull));
    let labelled = if asks { world.forge().labelled(number, &view.label).await? } else { None };
    let labelled = match labelled {
        Some(labelled) => {
            let permission = world.forge().permission(&labelled.by.login).await?;
            Some((labelled, permission))
        }
        None => None,
    };
    Ok(PullReading { reading, number, pull, labelled, approver: None })
}

/// Comments that speak to us on pull requests that changed since the last look; they may be closed or rebased by now.
async fn comments<W: World>(world: &W, view: &View, began: Moment) -> Result<Vec<Fact>, Trouble> {
    let since = view.heard_until.plus_ms(-COMMENT_OVERLAP_MS);
    let mut facts = Vec::new();
    for number in world.forge().changed_since(since).await? {
        for comment in world.forge().comments(number, since).await? {
            if speaks_to_us(&comment) && !view.answered(number, comment.id) {
                facts.extend(comment_look(world, &comment).await?);
            }
        }
    }
    facts.push(Fact::HeardUntil(began));
    Ok(facts)
}

fn speaks_to_us(comment: &Comment) -> bool {
    !comment.by.bot && !comment.edited && !command::read(&comment.body, command::PREFIX).is_empty()
}

/// A comment with its pull request and what its writer may do; nothing if it does not speak to us.
pub async fn comment_look<W: World>(world: &W, comment: &Comment) -> Result<Vec<Fact>, Trouble> {
    if !speaks_to_us(comment) {
        return Ok(Vec::new());
    }
    let reading = world.readings().begin();
    let Some(pull) = world.forge().pull(comment.pull).await? else { return Ok(Vec::new()) };
    let permission = world.forge().permission(&comment.by.login).await?;
    // The timeline is read after the pull request: whatever was pushed before that reading stands in it.
    let asks = command::read(&comment.body, command::PREFIX).iter().any(|c| matches!(c, Ok(Command::Merge(_))));
    let pushed_since = asks && world.forge().pushed_since(comment).await?;
    Ok(vec![Fact::Comment(Heard { reading, comment: comment.clone(), pull, permission, pushed_since })])
}

async fn checks<W: World>(world: &W, view: &View, sha: Sha) -> Result<Vec<Fact>, Trouble> {
    let runs: Vec<_> = view.runs.iter().filter(|(_, own)| *own == sha).map(|(run, _)| *run).collect();
    let red = view.red_trunk.as_ref().filter(|red| red.sha == sha);
    if runs.is_empty() && red.is_none() {
        return Ok(Vec::new());
    }
    let seen = world.forge().checks(sha).await?;
    // A red trunk is looked at again only when a required check that was not judged yet is green there.
    let better = red.is_some_and(|red| {
        seen.iter()
            .any(|c| c.state == CheckState::Success && red.required.contains(&c.name) && !red.spent.contains(&c.id))
    });
    let doubt = better.then_some(Fact::TrunkDoubted);
    Ok(runs.into_iter().map(|run| Fact::Checks { run, seen: seen.clone() }).chain(doubt).collect())
}
