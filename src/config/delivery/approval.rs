//! How `approval = { … }` of a stage is read: who must agree. Whether somebody did is not known here.

use super::{APPROVALS_MAX, DAY_MS, MINUTE_MS, small};
use crate::config::read::{Reader, Section};
use crate::config::rules_file::party;
use crate::delivery::policy::{ApprovalRule, Eyes};
use crate::facts::Permission;
use crate::ids::Party;

/// People and teams of each list, at the most.
const PARTIES_MAX: usize = 50;

pub(super) fn approval(read: &mut Reader, section: &mut Section<'_>, usual: ApprovalRule) -> ApprovalRule {
    let example = "{ policy = \"four-eyes\", min = 1 }";
    let Some(mut table) = read.table(section, "approval", example) else { return usual };
    let policies = [
        ("any", Eyes::Any),
        ("not-requester", Eyes::NotRequester),
        ("four-eyes", Eyes::FourEyes),
        ("outsider", Eyes::Outsider),
    ];
    let permissions = [("write", Permission::Write), ("admin", Permission::Admin)];
    let rule = ApprovalRule {
        who: read.word(&mut table, "policy", &policies).unwrap_or(usual.who),
        min: small(read.whole(&mut table, "min", 1..=APPROVALS_MAX)).unwrap_or(usual.min),
        from: read.each(&mut table, "from", PARTIES_MAX, party).unwrap_or(usual.from),
        required: read.each(&mut table, "required", PARTIES_MAX, party).unwrap_or(usual.required),
        permission: read.word(&mut table, "permission", &permissions).unwrap_or(usual.permission),
        expires_ms: read.duration(&mut table, "expires", (MINUTE_MS, 30 * DAY_MS)).unwrap_or(usual.expires_ms),
    };
    read.close(&table);
    enough(read, &table, &rule);
    rule
}

/// Nobody knows here how many are in a team; of people by name it is plain when they are too few.
fn enough(read: &mut Reader, table: &Section<'_>, rule: &ApprovalRule) {
    let person = |party: &Party| matches!(party, Party::Person(_));
    if rule.from.is_empty() || !rule.from.iter().all(person) {
        return;
    }
    if rule.from.len() < usize::from(rule.min) {
        let what = format!("asks for {} approvals, and only {} may give one", rule.min, rule.from.len());
        read.wrong(&table.at("min"), what, "name more people or a team in `from`, or ask for fewer");
    }
    let can = |party: &&Party| rule.from.contains(party);
    if rule.required.iter().all(person) && !rule.required.is_empty() && !rule.required.iter().any(|party| can(&party)) {
        let what = "names nobody whose approval counts by `from`";
        read.wrong(&table.at("required"), what, "name them in `from`, too");
    }
}
