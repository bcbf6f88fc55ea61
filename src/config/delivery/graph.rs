//! All `[[stage]]`s together: who comes after whom, in an order in which a change can pass them, and that no two of them are in
//! each other's way. What one stage says by itself is read in `stage`.

use super::{Around, stage, stage_name};
use crate::config::read::{Reader, Section};
use crate::config::tree::{At, Table};
use crate::delivery::policy::Stage;
use crate::ids::{BranchName, StageName};
use crate::wording::nearest;

/// Stages, at the most.
const STAGES_MAX: usize = 20;

/// The stages of a file.
pub(super) struct Stages {
    /// Each behind those it comes after.
    pub in_order: Vec<Stage>,
    /// Every one has a name that could be read; else a name that is not among them may be one that could not.
    pub all_named: bool,
}

/// A stage and where it stands.
pub(super) struct Draft {
    pub stage: Stage,
    /// Where its name stands.
    pub at: At,
    /// Where the name of its ref stands, or would stand.
    pub ref_at: At,
    /// The stages it comes after, where they are named.
    pub after: Vec<(At, StageName)>,
}

/// The stages of a file, if it has any.
pub(super) fn stages(read: &mut Reader, root: &Table, around: &Around<'_>) -> Option<Stages> {
    let sections = read.sections(root, "stage", STAGES_MAX)?;
    let written = sections.len();
    let mut drafts: Vec<Draft> = Vec::new();
    for section in sections {
        let before = drafts.last().map(|draft| draft.stage.name.clone());
        drafts.extend(stage::stage(read, section, before, around));
    }
    let stages = Stages { all_named: drafts.len() == written, in_order: sorted(&drafts) };
    told_apart(read, &drafts);
    for (at, name) in drafts.iter().flat_map(|draft| &draft.after) {
        if !drafts.iter().any(|other| other.stage.name == *name) {
            unknown(read, at, name, &stages);
        }
    }
    circles(read, &drafts, &stages.in_order);
    refs(read, &drafts, around);
    Some(stages)
}

/// A list of stages' names with where each stands.
pub(super) fn names(read: &mut Reader, section: &mut Section<'_>, key: &'static str) -> Option<Vec<(At, StageName)>> {
    let mut names = Vec::new();
    for (at, text) in read.texts(section, key, STAGES_MAX)? {
        match stage_name(&text) {
            Ok(name) => names.push((at, name)),
            Err(fault) => read.wrong(&at, fault.what, fault.hint),
        }
    }
    Some(names)
}

/// Reports a name that no stage has.
pub(super) fn unknown(read: &mut Reader, at: &At, name: &StageName, stages: &Stages) {
    let known = || stages.in_order.iter().map(|stage| stage.name.as_str());
    if stages.all_named {
        let meant = nearest(name.as_str(), known()).map(|meant| format!("did you mean `{meant}`? "));
        let hint = format!("{}stages are {}", meant.unwrap_or_default(), known().collect::<Vec<_>>().join(", "));
        read.wrong(at, format!("there is no stage `{name}`"), hint);
    }
}

/// In the order in which they are written, as far as each then stands behind those it comes after; what cannot (for it comes
/// after itself in the end, or after what is not there) stands last.
fn sorted(drafts: &[Draft]) -> Vec<Stage> {
    let mut waiting: Vec<&Stage> = drafts.iter().map(|draft| &draft.stage).collect();
    let mut placed: Vec<Stage> = Vec::new();
    while let Some(next) = waiting.iter().position(|stage| ready(stage, &placed)) {
        placed.push(waiting.remove(next).clone());
    }
    placed.extend(waiting.into_iter().cloned());
    placed
}

fn ready(stage: &Stage, placed: &[Stage]) -> bool {
    stage.after.iter().all(|before| placed.iter().any(|other| other.name == *before))
}

fn told_apart(read: &mut Reader, drafts: &[Draft]) {
    for (place, draft) in drafts.iter().enumerate() {
        if drafts[..place].iter().any(|other| other.stage.name == draft.stage.name) {
            let what = format!("there is a stage `{}` already", draft.stage.name);
            read.wrong(&draft.at, what, "give each stage a name of its own");
        }
    }
}

/// Reports stages that in the end come after themselves, each circle once.
fn circles(read: &mut Reader, drafts: &[Draft], in_order: &[Stage]) {
    let mut told: Vec<&StageName> = Vec::new();
    for draft in drafts {
        let way = way_back(drafts, &draft.stage.name);
        let Some(way) = way.filter(|_| !told.contains(&&draft.stage.name)) else { continue };
        told.extend(in_order.iter().map(|stage| &stage.name).filter(|name| way.contains(name)));
        let at = draft.after.first().map_or(&draft.at, |(at, _)| at);
        let way: Vec<String> = way.iter().map(|name| format!("`{name}`")).collect();
        let what = format!("goes in a circle: {} comes after {}", way[0], way[1..].join(", that after "));
        read.wrong(at, what, "drop one of these, so that a change can begin somewhere");
    }
}

/// From a stage over those it comes after back to itself, if there is such a way; the first that is found.
fn way_back<'d>(drafts: &'d [Draft], start: &'d StageName) -> Option<Vec<&'d StageName>> {
    let before = |name: &StageName| {
        let draft = drafts.iter().find(|draft| draft.stage.name == *name);
        draft.into_iter().flat_map(|draft| &draft.stage.after)
    };
    let mut ways: Vec<Vec<&StageName>> = vec![vec![start]];
    let mut seen: Vec<&StageName> = Vec::new();
    while let Some(way) = ways.pop() {
        let last = way.last()?;
        for name in before(last) {
            let longer: Vec<&StageName> = way.iter().copied().chain([name]).collect();
            if name == start {
                return Some(longer);
            }
            if !seen.contains(&name) {
                seen.push(name);
                ways.push(longer);
            }
        }
    }
    None
}

/// What runs on a stage is said by a ref. Two stages that move the same would lie about each other, and git cannot keep one
/// ref below another.
fn refs(read: &mut Reader, drafts: &[Draft], around: &Around<'_>) {
    for (place, draft) in drafts.iter().enumerate() {
        let own = draft.stage.deploy_ref();
        for other in drafts[..place].iter().filter(|other| other.stage.name != draft.stage.name) {
            let theirs = other.stage.deploy_ref();
            let below = |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.starts_with('/'));
            if own == theirs {
                let what = format!("`{own}` is moved by the stage `{}`, too", other.stage.name);
                read.wrong(&draft.ref_at, what, "give each stage a ref of its own, or leave the name out");
            } else if below(own.as_str(), theirs.as_str()) || below(theirs.as_str(), own.as_str()) {
                let what = format!("git cannot keep `{own}` beside `{theirs}` of the stage `{}`", other.stage.name);
                read.wrong(&draft.ref_at, what, "write names of which none is a folder of the other");
            }
        }
        let branch = own.as_str().strip_prefix("refs/heads/").and_then(|name| name.parse::<BranchName>().ok());
        if let Some(trunk) = branch.and_then(|branch| around.trunks.iter().find(|trunk| trunk.matches(&branch))) {
            let what =
                format!("`{own}` has a queue by queue.trunks (`{trunk}`), and nothing but landing moves such a branch");
            read.wrong(&draft.ref_at, what, "write another ref");
        }
    }
}
