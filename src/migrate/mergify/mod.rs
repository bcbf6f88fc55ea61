//! Mergify's `.mergify.yml`: the one queue rule that Greenline's queue can stand for, the pull request rules that lead into it,
//! and what they ask for. What each key meant: Mergify's documentation and its published configuration schema.

mod condition;
mod gathered;
mod queue;

use super::Around;
use super::draft::{At, Draft};
use super::setting::Setting;
use crate::document::{Entry, Node, Value};
use condition::{Says, Told};
use gathered::{Gathered, Where};
use std::collections::BTreeSet;

/// Sections that stay behind, why, and what to do instead.
const DROPPED: [(&str, &str, &str); 5] = [
    ("priority_rules", "nothing gives a priority by rule", "say `@greenline merge priority=10`"),
    ("commands_restrictions", "who may ask is no condition of Mergify's kind", "see [rules] mergers"),
    ("partition_rules", "one trunk has one queue", "nothing waits longer than its place in it"),
    ("scopes", "one trunk has one queue", "nothing waits longer than its place in it"),
    ("extends", "a file stands for itself", "import the file that it extends as well, and put the two together"),
];

const OTHER_BRANCH: &str = "to give it a queue as well, name it in [queue] trunks, and put a file of its own on it";

pub(super) fn read(root: &Node, around: &Around) -> Draft {
    let mut draft = Draft::default();
    let mut gathered = Gathered::beside(routes(root));
    for entry in root.entries() {
        let at = || At::new(&entry.key, entry.line);
        match entry.key.as_str() {
            "queue_rules" => queue_rules(&mut draft, &mut gathered, root, around),
            "pull_request_rules" => {
                let queued = root.get("queue_rules").is_some();
                pull_request_rules(&mut draft, &mut gathered, &entry.node, around, queued);
            }
            "merge_protections" => protections(&mut draft, &mut gathered, &entry.node, around),
            "merge_protections_settings" => protection_settings(&mut draft, &mut gathered, &entry.node),
            "merge_queue" => queue::whole(&mut draft, &mut gathered, &entry.node),
            "defaults" => gathered.defaults = Some(entry.node.clone()),
            "shared" => draft.needless(at(), "what it holds is read where it is used"),
            key => match DROPPED.iter().find(|(name, ..)| *name == key) {
                Some((_, why, instead)) => draft.drop(at(), why, instead),
                None => draft.drop(at(), "Mergify has no such section, or none of pull requests", "look at it"),
            },
        }
    }
    defaults(&mut draft, &mut gathered);
    gathered.finish(&mut draft, around);
    draft
}

/// Whether conditions are for another branch than trunk.
fn elsewhere(told: &[Told], around: &Around) -> Option<String> {
    let trunk = around.trunk.as_deref()?;
    let base = |told: &Told| if let Says::Base(base) = &told.says { Some(base.clone()) } else { None };
    told.iter().filter_map(base).find(|base| base != trunk)
}

fn name(rule: &Node) -> String {
    rule.get("name").and_then(Node::scalar).unwrap_or_else(|| "without a name".to_owned())
}

fn asked(rule: &Node) -> Vec<Told> {
    ["queue_conditions", "merge_conditions", "conditions"].iter().flat_map(|k| condition::read(rule.get(k))).collect()
}

fn rules<'n>(root: &'n Node, section: &str) -> &'n [Node] {
    root.get(section).map(Node::items).unwrap_or_default()
}

/// How a pull request rule leads into the queue, or to trunk, if it does.
fn landing(rule: &Node) -> Option<&Entry> {
    let actions = rule.get("actions").map(Node::entries).unwrap_or_default();
    actions.iter().find(|entry| entry.key == "queue" || entry.key == "merge")
}

/// The labels that some rule lands by.
fn routes(root: &Node) -> BTreeSet<String> {
    let landing = rules(root, "pull_request_rules").iter().filter(|rule| landing(rule).is_some());
    let told = rules(root, "queue_rules").iter().chain(landing).flat_map(asked);
    told.flat_map(|told| match told.says {
        Says::Label(label) => vec![label],
        Says::LabelWith(labels) => labels,
        Says::Check { .. }
        | Says::Approvals(_)
        | Says::NoLabels { .. }
        | Says::Resolved
        | Says::NoTitle(_)
        | Says::Base(_)
        | Says::Always(_)
        | Says::Nothing(..) => Vec::new(),
    })
    .collect()
}

/// One rule becomes the queue: the one that pull requests are led to, or that of the name `default`, or the first that is for
/// trunk and asks for anything.
fn queue_rules(draft: &mut Draft, gathered: &mut Gathered, root: &Node, around: &Around) {
    let led = rules(root, "pull_request_rules").iter().find_map(|rule| landing(rule)?.node.get("name")?.scalar());
    let mut candidates = Vec::new();
    for rule in rules(root, "queue_rules") {
        let at = At::new(&format!("queue_rules \"{}\"", name(rule)), rule.line);
        match elsewhere(&asked(rule), around) {
            Some(base) => {
                draft.drop(at, &format!("it is for the branch `{base}`"), OTHER_BRANCH);
            }
            None => candidates.push((rule, at)),
        }
    }
    // A rule that asks for nothing is what others fall back on.
    let asks = |rule: &Node| !asked(rule).is_empty();
    let led = candidates.iter().position(|(rule, _)| Some(name(rule)) == led);
    let usual = candidates.iter().position(|(rule, _)| name(rule) == "default" && asks(rule));
    let chosen = led.or(usual).or_else(|| candidates.iter().position(|(rule, _)| asks(rule))).unwrap_or(0);
    for (index, (rule, at)) in candidates.into_iter().enumerate() {
        if index == chosen {
            queue::rule(draft, gathered, rule);
        } else {
            draft.drop(
                at,
                "trunk has one queue, and another rule was taken for it",
                "look at what differs, and choose",
            );
        }
    }
}

fn pull_request_rules(draft: &mut Draft, gathered: &mut Gathered, rules: &Node, around: &Around, queued: bool) {
    let mut led = false;
    for rule in rules.items() {
        let at = At::new(&format!("pull_request_rules \"{}\"", name(rule)), rule.line);
        let told = condition::read(rule.get("conditions"));
        let actions = rule.get("actions").map(Node::entries).unwrap_or_default();
        let Some(action) = landing(rule) else {
            other_actions(draft, at, actions, &told);
            continue;
        };
        if rule.get("disabled").is_some_and(|disabled| disabled.value != Value::Nothing) {
            draft.needless(at, "it was disabled");
        } else if let Some(base) = elsewhere(&told, around) {
            draft.drop(at, &format!("it is for the branch `{base}`"), OTHER_BRANCH);
        } else if queued && action.key == "merge" {
            let why = "it merges past the queue, and here nothing lands that was not tested";
            draft.drop(at, why, "say `@greenline merge priority=100`");
        } else if led {
            let why = "another rule leads into the queue already, and there is one way in";
            draft.drop(at, why, "say what differs in the comment: `@greenline merge as squash priority=5`");
        } else {
            led = true;
            gathered.take(draft, told, Where::Entry);
            queue::action(draft, gathered, action);
            let others: Vec<Entry> = actions.iter().filter(|entry| entry.key != action.key).cloned().collect();
            if !others.is_empty() {
                other_actions(draft, at, &others, &[]);
            }
        }
    }
}

/// What a rule does beside landing: deleting the branch is a setting, the rest is for other tools.
fn other_actions(draft: &mut Draft, at: At, actions: &[Entry], told: &[Told]) {
    let deletes = actions.iter().find(|entry| entry.key == "delete_head_branch");
    if let Some(delete) = deletes {
        let plain = told
            .iter()
            .all(|told| matches!(told.says, Says::Base(_)) || ["merged", "closed"].contains(&told.at.key.as_str()));
        let place = At::new("delete_head_branch", delete.line);
        if plain {
            draft.carry(Setting::DeleteBranch(true), place);
        } else {
            draft.change(Setting::DeleteBranch(true), place, "after each landing, whatever the rule's conditions");
        }
    }
    let rest: Vec<&str> = actions.iter().map(|e| e.key.as_str()).filter(|key| *key != "delete_head_branch").collect();
    if !rest.is_empty() || deletes.is_none() {
        let what = if rest.is_empty() { "none".to_owned() } else { rest.join(", ") };
        let why = format!("its actions ({}) land nothing", crate::wording::shown(&what));
        draft.drop(at, &why, "Greenline only lands; keep it where it is, or make it a workflow");
    }
}

fn protections(draft: &mut Draft, gathered: &mut Gathered, rules: &Node, around: &Around) {
    for rule in rules.items() {
        let when = condition::read(rule.get("if"));
        let at = At::new(&format!("merge_protections \"{}\"", name(rule)), rule.line);
        let only_base = when.iter().all(|told| matches!(told.says, Says::Base(_)));
        if let Some(base) = elsewhere(&when, around) {
            draft.drop(at, &format!("it is for the branch `{base}`"), OTHER_BRANCH);
        } else if only_base {
            gathered.take(draft, condition::read(rule.get("success_conditions")), Where::Tip);
        } else {
            draft.drop(at, "it holds for some pull requests only", "have a check of your own that knows for which");
        }
    }
}

fn protection_settings(draft: &mut Draft, gathered: &mut Gathered, settings: &Node) {
    for entry in settings.entries() {
        let at = At::new(&format!("merge_protections_settings.{}", entry.key), entry.line);
        match entry.key.as_str() {
            "auto_merge_conditions" if entry.node.flag().is_none() => {
                gathered.take(draft, condition::read(Some(&entry.node)), Where::Entry);
            }
            "auto_merge_conditions" | "auto_merge" => {
                let why = "a pull request lands only if somebody who may asks for it";
                draft.drop(at, why, "put the label on, or comment `@greenline merge when green`");
            }
            _ => draft.needless(at, "how it reports is no setting"),
        }
    }
}

fn defaults(draft: &mut Draft, gathered: &mut Gathered) {
    let Some(defaults) = gathered.defaults.take() else { return };
    for entry in defaults.entries() {
        match entry.key.as_str() {
            "queue_rule" => queue::rule(draft, gathered, &entry.node),
            "actions" => {
                for action in entry.node.entries() {
                    if action.key == "queue" || action.key == "merge" {
                        queue::action(draft, gathered, action);
                    } else {
                        other_actions(
                            draft,
                            At::new("defaults.actions", action.line),
                            std::slice::from_ref(action),
                            &[],
                        );
                    }
                }
            }
            key => draft.drop(At::new(key, entry.line), "Mergify has no such defaults", "look at it"),
        }
    }
}
