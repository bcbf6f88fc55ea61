//! The candidate tag of a landing: the next number, and bytes that follow from the landing alone.

use crate::checks::Named;
use crate::engine::job::Landing;
use crate::engine::world::World;
use crate::ids::{CandidateSeq, RefName, Sha};
use crate::port::git::{RemoteRef, TagObject};
use crate::port::{Git, Trouble};
use crate::text;
use std::collections::BTreeMap;

/// Makes the tag object; says its ref and its id.
pub(super) async fn tag<W: World>(
    world: &W,
    landing: &Landing,
    green: &[Named],
    refs: &BTreeMap<RefName, RemoteRef>,
) -> Result<(RefName, Sha), Trouble> {
    let previous = refs.keys().filter_map(|name| landing.tag.parse(name.as_str().strip_prefix("refs/tags/")?)).max();
    let seq = previous.map_or(CandidateSeq::new(1), CandidateSeq::next);
    let name = landing.tag.name(seq);
    let pulls: Vec<_> = landing.members.iter().map(|m| (m.member.entry.pr, m.title.clone())).collect();
    let previous = previous.map(|seq| landing.tag.name(seq));
    let message = text::candidate(&name, previous.as_deref(), &pulls, green);
    // The tip's own date: a second try makes the same object.
    let at = world.git().committed_at(landing.to).await?;
    let object = world.git().tag_object(&TagObject { name: name.clone(), target: landing.to, message, at }).await?;
    let full = format!("refs/tags/{name}");
    let full =
        full.parse().map_err(|bad| Trouble::Denied(format!("the candidate tag's template makes a bad name: {bad}")))?;
    Ok((full, object))
}
