//! Reads what deliveries rest on: checks after a landing, who wrote a change, tags, and what people may.

use super::happened;
use crate::checks::{Evidence, Judgement, judge as judged};
use crate::config::repo::ChecksConfig;
use crate::delivery::Event;
use crate::delivery::candidate::PostMerge;
use crate::engine::fact::Fact;
use crate::engine::world::World;
use crate::facts::{Membership, Permission, RequiredCheck};
use crate::ids::{CandidateSeq, DeploymentId, Login, Moment, PrNumber, RefName, Sha, TeamName};
use crate::port::{Clock, Forge, Git, Trouble};
use std::collections::BTreeSet;

/// How a landed commit's checks fare. That they take long is for the core to say.
pub(super) async fn judge<W: World>(
    world: &W,
    commit: Sha,
    (required, rules): (&[RequiredCheck], &ChecksConfig),
    landed_at: Moment,
) -> Result<Vec<Fact>, Trouble> {
    let seen = world.forge().checks(commit).await?;
    let (spent, now) = (BTreeSet::new(), world.clock().now());
    let evidence = Evidence { sha: commit, seen: &seen, spent: &spent, asked_at: Some(landed_at), now };
    let verdict = match judged(required, rules, evidence) {
        Judgement::Passed(_) => PostMerge::Green,
        Judgement::Failed(failed) => PostMerge::Red(failed.iter().map(|check| check.name.to_string()).collect()),
        Judgement::Cancelled(_)
        | Judgement::Pending { .. }
        | Judgement::NeverStarted(_)
        | Judgement::NeverFinished(_) => return Ok(Vec::new()),
    };
    Ok(vec![happened(Event::Judged { commit, verdict })])
}

/// Who wrote a change: whoever opened the pull request, and the authors of its commits as far as the forge knows them.
pub(super) async fn change<W: World>(world: &W, pr: PrNumber) -> Result<Vec<Fact>, Trouble> {
    let Some(pull) = world.forge().pull(pr).await? else { return Ok(Vec::new()) };
    let authors = BTreeSet::from([pull.author.login]);
    let (first_commit_at, opened_at) = (None, None);
    Ok(vec![happened(Event::ChangeRead { pr, authors, first_commit_at, opened_at })])
}

/// A candidate's tag as it stands in the remote, and whether whoever approved still may.
pub(super) async fn confirm<W: World>(
    world: &W,
    (deployment, candidate): (DeploymentId, CandidateSeq),
    (name, object): &(RefName, Sha),
    approvers: &[(Login, BTreeSet<TeamName>)],
) -> Result<Vec<Fact>, Trouble> {
    let refs = world.git().remote_refs(&[name.as_str()]).await?;
    let seen = refs.get(name).map(|found| found.target);
    if seen != Some(*object) {
        return Ok(vec![happened(Event::TagMoved { candidate, seen })]);
    }
    let mut lost = Vec::new();
    for (login, teams) in approvers {
        let writes = world.forge().permission(login).await? >= Permission::Write;
        let mut stays = true;
        for team in teams {
            stays &= world.forge().membership(team, login).await? == Membership::Member;
        }
        if !(writes && stays) {
            lost.push(login.clone());
        }
    }
    Ok(vec![happened(Event::Confirmed { deployment, lost })])
}
