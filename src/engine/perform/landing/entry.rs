//! What the ledger says of a landing. All of it follows from the landing and from what was read for it; no clock is asked.

use super::{Ready, Refs};
use crate::admission;
use crate::checks::Named;
use crate::engine::job::LandMember;
use crate::engine::perform::ledger::append;
use crate::engine::world::World;
use crate::ids::{RefName, Sha};
use crate::ledger::{self, Approved, Candidate, Entry, Green, Member, Via};
use crate::port::git::RefUpdate;
use crate::port::{Git, Trouble};
use std::collections::BTreeMap;

/// The update of the ledger that belongs into the landing's push.
pub(super) async fn update<W: World>(
    world: &W,
    ready: Ready<'_>,
    tag: Option<&(RefName, Sha)>,
    refs: &Refs,
) -> Result<RefUpdate, Trouble> {
    let Ready { landing, green, unmoved } = ready;
    let mut members = Vec::new();
    for member in &landing.members {
        let tree = world.git().tree(member.member.tip).await?;
        let unmoved = unmoved.contains(&member.member.entry.pr);
        members.push(Member { unmoved, ..recorded(member, tree)? });
    }
    let at = world.git().committed_at(landing.to).await?;
    let short = |name: &RefName| name.as_str().trim_start_matches("refs/tags/").to_owned();
    let entry = Entry::landed(ledger::Landing {
        trunk: landing.trunk.clone(),
        from: landing.from,
        to: landing.to,
        at,
        settings_at: landing.settings_at,
        candidate: tag.map(|(name, object)| Candidate { tag: short(name), object: *object }),
        required: landing.bar.required.clone(),
        green: green.iter().map(shown).collect(),
        members,
    });
    append(world, refs.at(&ledger::name()), &entry, (at, BTreeMap::new())).await
}

fn recorded(member: &LandMember, tree: Sha) -> Result<Member, Trouble> {
    let (entry, recipe) = (member.member.entry, &member.recipe);
    let approval = member.approval.as_ref();
    let approval = approval.ok_or_else(|| Trouble::Bug(format!("#{} was to land without an approval", entry.pr)))?;
    Ok(Member {
        pr: entry.pr,
        title: member.title.clone(),
        author: recipe.pull.as_ref().map(|pull| pull.author.clone()),
        head: entry.head,
        onto: member.member.onto,
        tip: member.member.tip,
        tree,
        strategy: recipe.strategy,
        inner_merges: recipe.inner_merges,
        approved: Approved {
            head: approval.head,
            by: approval.by.login.clone(),
            id: approval.by.id,
            on_the_word_of: approval.on_the_word_of.clone(),
            at: approval.at,
            via: match approval.via {
                admission::Via::Label(event) => Via::Label(event),
                admission::Via::Comment(comment) => Via::Comment(comment),
                admission::Via::Review(review) => Via::Review(review),
                admission::Via::Request(request) => Via::Request(request),
            },
        },
        unmoved: false,
    })
}

fn shown(check: &Named) -> Green {
    Green { name: check.name.clone(), app: check.app, id: check.id, state: check.state, url: check.url.clone() }
}
