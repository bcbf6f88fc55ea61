//! Makes the tag of a candidate after its landing, and puts one back that somebody moved. What the remote says is the answer: a
//! tag that was made before a crash is found there.

use super::happened;
use crate::config::repo::TagTemplate;
use crate::delivery::Event;
use crate::delivery::candidate::Tag;
use crate::engine::fact::Fact;
use crate::engine::world::World;
use crate::ids::{CandidateSeq, Moment, PrNumber, RefName, Sha};
use crate::port::git::{Expect, Pushed, RefUpdate, TagObject};
use crate::port::{Git, Trouble};
use crate::text;

/// Makes a candidate of a landed commit, with the next number that no tag has.
pub(super) async fn cut<W: World>(
    world: &W,
    commit: Sha,
    template: &TagTemplate,
    (pulls, landed_at): (&[(PrNumber, String)], Moment),
) -> Result<Vec<Fact>, Trouble> {
    let all = world.git().remote_refs(&[&format!("refs/tags/{}", template.prefix)]).await?;
    let ours = || all.iter().filter_map(|(name, found)| Some((seq(template, name)?, found)));
    if let Some((seq, found)) = ours().find(|(_, found)| found.peeled == Some(commit)) {
        return Ok(made(commit, seq, template, found.target));
    }
    let last = ours().map(|(seq, _)| seq).max();
    let seq = last.map_or(CandidateSeq::new(1), CandidateSeq::next);
    let name = template.name(seq);
    let message = text::candidate(&name, last.map(|last| template.name(last)).as_deref(), pulls, &[]);
    world.git().fetch(&[commit], &[]).await?;
    let object = TagObject { name: name.clone(), target: commit, message, at: landed_at };
    let object = world.git().tag_object(&object).await?;
    push(world, RefUpdate { name: full(&name)?, expect: Expect::Absent, to: Some(object) }).await?;
    Ok(made(commit, seq, template, object))
}

/// Puts a candidate's tag back to what was made, over exactly what is there instead.
pub(super) async fn restore<W: World>(world: &W, candidate: CandidateSeq, tag: &Tag) -> Result<Vec<Fact>, Trouble> {
    let name = full(&tag.name)?;
    let there = world.git().remote_refs(&[name.as_str()]).await?.get(&name).map(|found| found.target);
    if there != Some(tag.object) {
        let expect = there.map_or(Expect::Absent, Expect::At);
        push(world, RefUpdate { name, expect, to: Some(tag.object) }).await?;
    }
    Ok(vec![happened(Event::TagRestored { candidate })])
}

fn made(commit: Sha, seq: CandidateSeq, template: &TagTemplate, object: Sha) -> Vec<Fact> {
    let tag = Tag { name: template.name(seq), object };
    vec![happened(Event::Cut { commit, seq, tag })]
}

fn seq(template: &TagTemplate, name: &RefName) -> Option<CandidateSeq> {
    template.parse(name.as_str().strip_prefix("refs/tags/")?)
}

fn full(name: &str) -> Result<RefName, Trouble> {
    let bad = |bad| Trouble::Denied(format!("the candidate tag's template makes a bad name: {bad}"));
    format!("refs/tags/{name}").parse().map_err(bad)
}

async fn push<W: World>(world: &W, update: RefUpdate) -> Result<(), Trouble> {
    let name = update.name.clone();
    for pushed in world.git().push(None, &[update], true).await? {
        match pushed {
            Pushed::Done => {}
            Pushed::Rejected(why) | Pushed::Unknown(why) => {
                return Err(Trouble::busy(format!(
                    "{name} could not be pushed ({why}). Where a ruleset guards tags, let the App bypass it"
                )));
            }
        }
    }
    Ok(())
}
