//! Reads what trunk says about how to judge: its settings file, what the forge demands beyond, who owns what. It judges nothing.

use super::trunks;
use crate::admission::owners;
use crate::config::repo::SETTINGS_PATH;
use crate::config::{self, Problem, RepoConfig};
use crate::engine::fact::Fact;
use crate::engine::world::World;
use crate::facts::{Demands, RequiredCheck};
use crate::ids::{AppId, BranchName, Sha};
use crate::port::report::Topic;
use crate::port::{Forge, Git, Trouble};
use crate::text;

/// What the file says, its problems if it is wrong, nothing if there is none.
type Said = Result<Option<Box<RepoConfig>>, Vec<String>>;

/// The settings on a trunk commit; those of the default branch also say which other branches have a queue.
pub(super) async fn settings<W: World>(
    world: &W,
    at: Sha,
    branch: &BranchName,
    default: bool,
) -> Result<Vec<Fact>, Trouble> {
    world.git().fetch(&[at], &[]).await?;
    let demands = world.forge().demands(branch).await?;
    let bytes = world.git().file(at, SETTINGS_PATH).await?;
    let places = bytes.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok()).map(config::places);
    let places = places.unwrap_or_default();
    let problems = |problems: Vec<Problem>| problems.iter().map(ToString::to_string).collect();
    let file: Said = bytes.as_deref().map(parse).transpose().map(|file| file.map(Box::new)).map_err(problems);
    let (demands, itself) = without_ourselves(demands, &file, world.forge().app(), branch);
    let mut facts = vec![Fact::WaitsForItself(itself)];
    if let (true, Ok(file)) = (default, &file) {
        let patterns = file.as_ref().map(|config| config.queue.trunks.as_slice());
        facts.push(trunks::matching(world, patterns.unwrap_or_default(), branch).await?);
    }
    let code_owners = demands.code_owners || file.iter().flatten().any(|config| config.rules.code_owners);
    facts.push(Fact::Settings { at, file, demands, places });
    if code_owners {
        let owners = world.git().owners(at).await?;
        facts.push(Fact::Owners(owners::seen(owners.as_ref())));
    }
    Ok(facts)
}

/// The settings that a file's bytes are.
pub(super) fn parse(bytes: &[u8]) -> Result<RepoConfig, Vec<Problem>> {
    RepoConfig::parse(std::str::from_utf8(bytes).map_err(|_| super::proposals::not_text())?)
}

/// The demands without our own check runs, which come only with the landing; and where those are required, with the fix.
fn without_ourselves(demands: Demands, file: &Said, us: AppId, branch: &BranchName) -> (Demands, Vec<String>) {
    let ours = |check: &RequiredCheck| {
        Topic::ALL.iter().any(|topic| topic.goes_by(check.name.as_str())) && check.app.is_none_or(|app| app == us)
    };
    let (own, checks): (Vec<_>, Vec<_>) = demands.checks.into_iter().partition(ours);
    let a_rule = format!("A rule for {branch}");
    let by_rules = own.iter().map(|check| text::waits_for_itself(&a_rule, check.name.as_str()));
    let named = file.iter().flatten().flat_map(|config| &config.checks.required);
    let named = named.filter(|check| ours(check) && check.app.is_some());
    let by_file = named.map(|check| text::waits_for_itself(SETTINGS_PATH, check.name.as_str()));
    (Demands { checks, ..demands }, by_rules.chain(by_file).collect())
}
