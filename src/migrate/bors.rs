//! bors-ng's `bors.toml`. What each key meant: bors-ng, `lib/worker/batcher/bors_toml.ex` and its documentation.

use super::Around;
use super::draft::{At, Draft};
use super::setting::{Check, Setting, any_app};
use crate::config::repo::PlanConfig;
use crate::document::{Entry, Node};
use crate::wording::{nearest, shown};

const KNOWN: [&str; 18] = [
    "status",
    "pr_status",
    "block_labels",
    "timeout_sec",
    "prerun_timeout_sec",
    "use_squash_merge",
    "required_approvals",
    "up_to_date_approvals",
    "cut_body_after",
    "delete_merged_branches",
    "use_codeowners",
    "committer",
    "commit_title",
    "update_base_for_deletes",
    "max_batch_size",
    "pre_test_hooks",
    "pre_try_hooks",
    "pre_merge_hooks",
];

/// bors-ng's own, where a file says nothing.
const TIMEOUT_SEC: i64 = 3600;

/// As many as Greenline puts into a batch, where bors had no bound.
const BATCH_MAX: u32 = 64;

pub(super) fn read(root: &Node, around: &Around) -> Draft {
    let mut draft = Draft::default();
    for entry in root.entries() {
        // Both spellings were read.
        let key = entry.key.replace('-', "_");
        if !queue_key(&mut draft, &key, entry, (root, around)) && !merge_key(&mut draft, &key, entry) {
            unknown(&mut draft, &key, entry);
        }
    }
    let has = |key: &str| root.entries().iter().any(|entry| entry.key.replace('-', "_") == key);
    if !has("max_batch_size") {
        let plan = Setting::Plan(PlanConfig::Batch { size: BATCH_MAX });
        draft.change(
            plan,
            At::default_of("max_batch_size"),
            "bors tests all that waits as one batch; here it has a bound",
        );
    }
    if !has("timeout_sec") {
        draft.carry(Setting::FinishDeadline { ms: TIMEOUT_SEC * 1000 }, At::default_of("timeout_sec"));
    }
    if !has("use_squash_merge") {
        draft.change(Setting::Strategy("merge"), At::default_of("use_squash_merge"), ONE_MERGE);
    }
    draft
}

const ONE_MERGE: &str = "bors makes one merge commit for a batch, Greenline one for each pull request";

fn queue_key(draft: &mut Draft, key: &str, entry: &Entry, (root, around): (&Node, &Around)) -> bool {
    let at = || At::new(&entry.key, entry.line);
    let node = &entry.node;
    match key {
        "status" => checks(draft, entry, around, Setting::Required),
        "pr_status" => checks(draft, entry, around, Setting::Before),
        "block_labels" => draft.carry(Setting::BlockingLabels(texts(node)), at()),
        "timeout_sec" => match node.whole() {
            Some(seconds) => draft.carry(Setting::FinishDeadline { ms: seconds.saturating_mul(1000) }, at()),
            None => no_value(draft, at(), "a number of seconds"),
        },
        "prerun_timeout_sec" => {
            draft.needless(at(), "a pull request whose checks still run waits visibly, for as long as they take");
        }
        "required_approvals" => match node.whole().and_then(|n| u32::try_from(n).ok()) {
            Some(count) if count == 0 || root.get("up_to_date_approvals").and_then(Node::flag) == Some(true) => {
                draft.carry(Setting::Approvals(count), at());
            }
            Some(count) => draft.change(
                Setting::Approvals(count),
                at(),
                "an approval ends with the next push, as it did not in bors",
            ),
            None => no_value(draft, at(), "a number"),
        },
        "up_to_date_approvals" if node.flag() == Some(true) => {
            draft.needless(at(), "an approval always counts for exactly the commit that was approved");
        }
        "up_to_date_approvals" => {
            let why = "an approval counts only for the commit that was approved";
            draft.drop(at(), why, "approve again after a push; there is no way around it");
        }
        "max_batch_size" => match node.whole().and_then(|n| u32::try_from(n).ok()) {
            Some(size) => draft.carry(Setting::Plan(PlanConfig::Batch { size: size.clamp(1, BATCH_MAX) }), at()),
            None => no_value(draft, at(), "a number"),
        },
        "use_codeowners" if node.flag() == Some(false) => draft.needless(at(), "it was off"),
        "use_codeowners" => draft.carry(Setting::CodeOwners(true), at()),
        "pre_test_hooks" | "pre_try_hooks" | "pre_merge_hooks" => {
            draft.drop(at(), "nothing is run before a test or a landing", "make it a job of your CI");
        }
        _ => return false,
    }
    true
}

fn merge_key(draft: &mut Draft, key: &str, entry: &Entry) -> bool {
    let at = || At::new(&entry.key, entry.line);
    let node = &entry.node;
    match key {
        "use_squash_merge" if node.flag() == Some(true) => draft.carry(Setting::Strategy("squash"), at()),
        "use_squash_merge" => draft.change(Setting::Strategy("merge"), at(), ONE_MERGE),
        "delete_merged_branches" => draft.carry(Setting::DeleteBranch(node.flag().unwrap_or(false)), at()),
        "cut_body_after" => match node.text() {
            Some(text) => draft.carry(Setting::CutBodyAfter(text.to_owned()), at()),
            None => no_value(draft, at(), "a text"),
        },
        "update_base_for_deletes" => {
            draft.needless(at(), "what goes to a branch that landed is always sent to trunk before that is deleted");
        }
        "committer" => {
            let why = "who commits is the service's business, the same for all repositories";
            draft.drop(at(), why, "set name and email in [git] of bot.toml");
        }
        "commit_title" => {
            let title = node.text().unwrap_or_default().replace("${PR_REFS}", "#{number}");
            let difference = "bors named all pull requests of a batch, here each has a commit of its own";
            draft.change(Setting::MergeMessage(title), at(), difference);
        }
        _ => return false,
    }
    true
}

fn unknown(draft: &mut Draft, key: &str, entry: &Entry) {
    let meant = nearest(key, KNOWN).map(|meant| format!("if `{meant}` was meant, mend it and import again"));
    let instead = meant.unwrap_or_else(|| "nothing is lost".to_owned());
    draft.drop(At::new(&entry.key, entry.line), "bors has no such key and did not read it", &instead);
}

fn no_value(draft: &mut Draft, at: At, wanted: &str) {
    draft.drop(at, &format!("its value is not {wanted}"), "mend it and import again");
}

fn texts(node: &Node) -> Vec<String> {
    node.items().iter().filter_map(Node::scalar).collect()
}

fn checks(draft: &mut Draft, entry: &Entry, around: &Around, setting: fn(Vec<Check>) -> Setting) {
    let mut checks: Vec<Check> = Vec::new();
    let mut from = Vec::new();
    for item in entry.node.items() {
        let at = At::new(&entry.key, item.line);
        let name = item.scalar().unwrap_or_default();
        if name.contains('%') {
            let why = format!("`{}` stands for many checks, and here each has its name", shown(&name));
            draft.drop(at, &why, "write those that must pass into [checks] required");
            continue;
        }
        let check = Check { by_workflow: around.reported.contains(&name), name };
        from.push((at, any_app(&check)));
        if !checks.contains(&check) {
            checks.push(check);
        }
    }
    let at = At::new(&entry.key, entry.line);
    if entry.node.items().is_empty() && entry.key != "status" {
        draft.needless(at, "it names no check");
    } else if checks.is_empty() {
        draft.drop(at, "it names no check", "name what must pass in [checks] required");
    } else {
        draft.set(setting(checks), from);
    }
}
