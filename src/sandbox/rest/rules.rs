//! Branches, their protection and rulesets, to read.

use super::Answer;
use super::call::{Call, encode};
use super::reply::Reply;
use super::route::{Need, Route, get};
use crate::sandbox::render::commit_json;
use crate::sandbox::types::Refused;
use crate::sandbox::world::model::{Protection, Repo, Role};
use crate::sandbox::world::{World, rules_for};
use serde_json::{Value, json};

const READ: Need = Need::Repo(Role::Read, "contents");
const ADMIN: Need = Need::Repo(Role::Admin, "administration");
const RULES: Need = Need::Repo(Role::Read, "metadata");

pub(super) const ROUTES: &[Route] = &[
    get("/repos/{owner}/{repo}/branches", READ, branches),
    get("/repos/{owner}/{repo}/branches/{+branch}/protection/required_status_checks", ADMIN, required_checks),
    get("/repos/{owner}/{repo}/branches/{+branch}/protection", ADMIN, protection),
    get("/repos/{owner}/{repo}/branches/{+branch}", READ, branch),
    get("/repos/{owner}/{repo}/rules/branches/{+branch}", RULES, rules),
    get("/repos/{owner}/{repo}/rulesets", RULES, rulesets),
    get("/repos/{owner}/{repo}/rulesets/rule-suites", ADMIN, rule_suites),
    get("/repos/{owner}/{repo}/rulesets/{ruleset_id}", RULES, ruleset),
];

fn branches(call: &Call) -> Answer {
    call.read(|world, repo| {
        let wanted = call.query("protected");
        let all = repo.refs.iter().filter_map(|(name, sha)| Some((name.strip_prefix("refs/heads/")?, sha)));
        let protected = |name: &str| repo.protection.contains_key(name);
        let all: Vec<_> = all.filter(|(name, _)| wanted.is_none_or(|w| (w == "true") == protected(name))).collect();
        Ok(call.page(&all, |(name, sha)| {
            let rule = repo.protection.get(*name);
            json!({"name": name, "commit": {"sha": sha, "url": format!("{}/commits/{sha}", world.repo_api(repo))},
                "protected": rule.is_some(), "protection": World::branch_protection_stub(rule),
                "protection_url": format!("{}/branches/{}/protection", world.repo_api(repo), encode(name))})
        }))
    })
}

fn branch(call: &Call) -> Answer {
    call.read(|world, repo| {
        let name = call.param("branch");
        let git = world.open_git(repo.id)?;
        let missing = || Refused::new(404, "Branch not found");
        let found = git.find_reference(&format!("refs/heads/{name}")).map_err(|_| missing())?;
        let commit = found.peel_to_commit()?;
        let rule = repo.protection.get(name);
        let url = format!("{}/branches/{}", world.repo_api(repo), encode(name));
        Ok(Reply::ok(json!({
            "name": name, "commit": commit_json(world, repo, &commit), "protected": rule.is_some(),
            "_links": {"self": url, "html": format!("{}/tree/{name}", world.html(repo))},
            "protection": World::branch_protection_stub(rule), "protection_url": format!("{url}/protection"),
        })))
    })
}

pub(super) fn rule_of<'a>(call: &Call, repo: &'a Repo) -> Result<&'a Protection, Refused> {
    let name = call.param("branch");
    if !repo.refs.contains_key(&format!("refs/heads/{name}")) {
        return Err(Refused::new(404, "Branch not found"));
    }
    repo.protection.get(name).ok_or_else(|| Refused::new(404, "Branch not protected"))
}

fn protection(call: &Call) -> Answer {
    call.read(|world, repo| Ok(Reply::ok(world.protection_json(repo, call.param("branch"), rule_of(call, repo)?))))
}

fn required_checks(call: &Call) -> Answer {
    call.read(|world, repo| {
        let rule = rule_of(call, repo)?;
        if rule.required_checks.is_none() {
            return Err(Refused::new(404, "Required status checks not enabled"));
        }
        Ok(Reply::ok(world.status_policy_json(repo, call.param("branch"), rule)))
    })
}

fn rules(call: &Call) -> Answer {
    call.read(|_, repo| {
        let detailed = |(set, rule): (&Value, &Value)| {
            let mut body = rule.clone();
            body["ruleset_source_type"] = set["source_type"].clone();
            body["ruleset_source"] = set["source"].clone();
            body["ruleset_id"] = set["id"].clone();
            body
        };
        let all: Vec<_> = rules_for(repo, call.param("branch")).map(detailed).collect();
        Ok(call.page(&all, Clone::clone))
    })
}

fn rulesets(call: &Call) -> Answer {
    call.read(|world, repo| Ok(call.page(&repo.rulesets, |r| world.ruleset_json(repo, r, &call.actor, false))))
}

fn ruleset(call: &Call) -> Answer {
    let id = call.number("ruleset_id")?;
    call.read(|world: &World, repo| {
        let found = repo.rulesets.iter().find(|r| r["id"].as_u64() == Some(id)).ok_or_else(Refused::not_found)?;
        Ok(Reply::ok(world.ruleset_json(repo, found, &call.actor, true)))
    })
}

fn rule_suites(_: &Call) -> Answer {
    Ok(Reply::ok(json!([])))
}
