//! What the conditions of several rules ask for together, until it is known which settings that makes.

use super::super::Around;
use super::super::draft::{At, Draft};
use super::super::setting::{Check, Setting, any_app};
use super::condition::{Says, Told};
use crate::config::repo::PlanConfig;
use crate::document::Node;
use crate::wording::shown;
use std::collections::BTreeSet;

/// More groups are never tested at once.
const GROUPS_MAX: u32 = 64;

/// [queue] gather takes no longer time.
const GATHER_MAX_MS: i64 = 3_600_000;

/// When a condition must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// Before the pull request enters the queue.
    Entry,
    /// On the commit that lands.
    Tip,
}

#[derive(Default)]
pub(super) struct Gathered {
    pub batch: Option<(u32, At)>,
    pub depth: Option<(u32, At)>,
    /// How long a batch waits for others, in milliseconds.
    pub wait: Option<(i64, At)>,
    pub defaults: Option<Node>,
    /// Labels for which the file has a rule that lands what carries them: another rule that leaves them out keeps nobody out.
    routes: BTreeSet<String>,
    tip: Vec<(String, At)>,
    entry: Vec<(String, At)>,
    skipped: Vec<(String, At)>,
    neutral: Vec<(String, At)>,
    blocking: Vec<(String, At)>,
    looked_inside: bool,
    resolved: Vec<At>,
    titles: Vec<(String, At)>,
    labels: Vec<(String, At)>,
    approvals: Vec<(u32, At)>,
}

impl Gathered {
    /// Nothing yet, beside rules that land what carries one of these labels.
    pub fn beside(routes: BTreeSet<String>) -> Self {
        Self { routes, ..Self::default() }
    }

    pub fn take(&mut self, draft: &mut Draft, told: Vec<Told>, when: Where) {
        for Told { at, says } in told {
            match says {
                Says::Check { name, skipped, neutral } => {
                    if skipped {
                        self.skipped.push((name.clone(), at.clone()));
                    }
                    if neutral {
                        self.neutral.push((name.clone(), at.clone()));
                    }
                    match when {
                        Where::Entry => self.entry.push((name, at)),
                        Where::Tip => self.tip.push((name, at)),
                    }
                }
                Says::Approvals(count) => self.approvals.push((count, at)),
                Says::Label(label) => self.labels.push((label, at)),
                Says::LabelWith(_) => {
                    draft.drop(
                        at,
                        "one label asks for landing, compared as a whole",
                        "set [queue] label, if this is the one",
                    );
                }
                Says::NoLabels { labels, inside } => {
                    let (routes, stops): (Vec<_>, Vec<_>) =
                        labels.into_iter().partition(|label| self.routes.contains(label));
                    if !routes.is_empty() {
                        let why = format!("another rule lands what carries {}", shown(&routes.join(" or ")));
                        draft.drop(
                            at.clone(),
                            &why,
                            "say what differs in the comment, such as `@greenline merge as squash hotfix`",
                        );
                    }
                    self.looked_inside |= inside && !stops.is_empty();
                    self.blocking.extend(stops.into_iter().map(|label| (label, at.clone())));
                }
                Says::Resolved => self.resolved.push(at),
                Says::NoTitle(pattern) => self.titles.push((pattern, at)),
                Says::Base(_) => draft.needless(at, "the queue is for the default branch"),
                Says::Always(why) => draft.needless(at, why),
                Says::Nothing(why, instead) => draft.drop(at, &why, instead),
            }
        }
    }

    pub fn finish(self, draft: &mut Draft, around: &Around) {
        wait(draft, self.batch.as_ref(), self.wait);
        plan(draft, self.batch, self.depth);
        label(draft, self.labels);
        if let Some(most) = self.approvals.iter().map(|(count, _)| *count).max() {
            let from = self.approvals.into_iter().map(|(count, at)| (at, more(count, most))).collect();
            draft.set(Setting::Approvals(most), from);
        }
        if !self.resolved.is_empty() {
            let from = self.resolved.into_iter().map(|at| (at, None)).collect();
            draft.set(Setting::ConversationsResolved(true), from);
        }
        let whole = "a label is compared as a whole here, and Mergify looked for the text in it";
        blocking(draft, self.blocking, self.looked_inside.then_some(whole));
        texts(draft, self.titles, Setting::BlockingTitles);
        // Checks that only let it in are all there is to ask for where no others are named.
        let (tip, entry) = if self.tip.is_empty() { (self.entry, Vec::new()) } else { (self.tip, self.entry) };
        let required = names(&tip);
        let apart = names(&entry) != required;
        let (before, same) = if apart { (entry, Vec::new()) } else { (Vec::new(), entry) };
        checks(draft, tip.into_iter().chain(same).collect(), around, Setting::Required);
        checks(draft, before, around, Setting::Before);
        texts(draft, self.skipped, Setting::SkippedPasses);
        texts(draft, self.neutral, Setting::NeutralPasses);
    }
}

fn more(count: u32, most: u32) -> Option<String> {
    (count < most).then(|| format!("another condition asks for {most}, and that counts for all"))
}

fn wait(draft: &mut Draft, batch: Option<&(u32, At)>, wait: Option<(i64, At)>) {
    match wait {
        None => {}
        Some((_, at)) if batch.is_none_or(|(size, _)| *size < 2) => {
            draft.needless(at, "one pull request at a time waits for no others");
        }
        Some((0, at)) => draft.needless(at, "no batch waits for others unless gather says so"),
        Some((ms, at)) if ms > GATHER_MAX_MS => {
            let longest = Setting::Gather { ms: GATHER_MAX_MS };
            draft.change(longest, at, "a batch waits for an hour at the most, and never while something is tested");
        }
        Some((ms, at)) => draft.change(Setting::Gather { ms }, at, "nothing waits while something is tested"),
    }
}

fn plan(draft: &mut Draft, batch: Option<(u32, At)>, depth: Option<(u32, At)>) {
    if let Some((size, at)) = batch {
        if size > 1 {
            let size = size.min(GROUPS_MAX);
            draft.carry(Setting::Plan(PlanConfig::Batch { size }), at);
            if let Some((_, at)) = depth {
                draft.drop(at, "one batch is tested at a time", "choose strategy = \"pipeline\" if that is too slow");
            }
            return;
        }
        draft.needless(at, "one pull request at a time is no batch");
    }
    if let Some((depth, at)) = depth {
        let depth = depth.clamp(1, GROUPS_MAX);
        let plan = if depth == 1 { PlanConfig::Serial } else { PlanConfig::Pipeline { depth } };
        draft.carry(Setting::Plan(plan), at);
    }
}

fn label(draft: &mut Draft, labels: Vec<(String, At)>) {
    let Some(first) = labels.first().map(|(label, _)| label.clone()) else { return };
    for (label, at) in labels {
        if label == first {
            draft.change(
                Setting::Label(label),
                at,
                "the label itself asks for landing, if somebody with write permission put it on",
            );
        } else {
            let why = "one label puts pull requests into the queue, and no other is asked for";
            draft.drop(
                at,
                why,
                "look whether both were to be there, or either; have a check of your own if it matters",
            );
        }
    }
}

fn names(checks: &[(String, At)]) -> Vec<String> {
    let mut names: Vec<String> = checks.iter().map(|(name, _)| name.clone()).collect();
    names.sort();
    names.dedup();
    names
}

fn in_order(items: &[(String, At)]) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for (text, _) in items {
        if !texts.contains(text) {
            texts.push(text.clone());
        }
    }
    texts
}

fn texts(draft: &mut Draft, items: Vec<(String, At)>, setting: fn(Vec<String>) -> Setting) {
    if !items.is_empty() {
        let value = setting(in_order(&items));
        draft.set(value, items.into_iter().map(|(_, at)| (at, None)).collect());
    }
}

fn blocking(draft: &mut Draft, items: Vec<(String, At)>, difference: Option<&str>) {
    if items.is_empty() {
        return;
    }
    let mut from: Vec<(At, Option<String>)> = Vec::new();
    let labels = in_order(&items);
    for (_, at) in items {
        let difference = difference.filter(|_| at.key.contains("~=")).map(str::to_owned);
        if !from.iter().any(|(known, _)| *known == at) {
            from.push((at, difference));
        }
    }
    draft.set(Setting::BlockingLabels(labels), from);
}

fn checks(draft: &mut Draft, items: Vec<(String, At)>, around: &Around, setting: fn(Vec<Check>) -> Setting) {
    if items.is_empty() {
        return;
    }
    let check = |name: &str| Check { by_workflow: around.reported.contains(name), name: name.to_owned() };
    let checks: Vec<Check> = in_order(&items).iter().map(|name| check(name)).collect();
    let from = items.into_iter().map(|(name, at)| (at, any_app(&check(&name)))).collect();
    draft.set(setting(checks), from);
}
