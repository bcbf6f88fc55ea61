//! Branch protection and rulesets as administrators change them by REST. Reading is in `rules`.

use super::Answer;
use super::call::Call;
use super::reply::Reply;
use super::route::{Need, Route, delete, get, patch, post, put};
use super::rules::rule_of;
use crate::sandbox::types::Refused;
use crate::sandbox::world::World;
use crate::sandbox::world::model::{Protection, Pushers, Repo, RequiredCheck, Role};
use serde_json::{Map, Value};

const ADMIN: Need = Need::Repo(Role::Admin, "administration");

pub(super) const ROUTES: &[Route] = &[
    put("/repos/{owner}/{repo}/branches/{+branch}/protection", ADMIN, replace),
    delete("/repos/{owner}/{repo}/branches/{+branch}/protection", ADMIN, remove),
    patch("/repos/{owner}/{repo}/branches/{+branch}/protection/required_status_checks", ADMIN, edit_checks),
    delete("/repos/{owner}/{repo}/branches/{+branch}/protection/required_status_checks", ADMIN, remove_checks),
    get("/repos/{owner}/{repo}/branches/{+branch}/protection/required_pull_request_reviews", ADMIN, reviews),
    patch("/repos/{owner}/{repo}/branches/{+branch}/protection/required_pull_request_reviews", ADMIN, edit_reviews),
    delete("/repos/{owner}/{repo}/branches/{+branch}/protection/required_pull_request_reviews", ADMIN, remove_reviews),
    get("/repos/{owner}/{repo}/branches/{+branch}/protection/enforce_admins", ADMIN, admins),
    post("/repos/{owner}/{repo}/branches/{+branch}/protection/enforce_admins", ADMIN, bind_admins),
    delete("/repos/{owner}/{repo}/branches/{+branch}/protection/enforce_admins", ADMIN, free_admins),
    get("/repos/{owner}/{repo}/branches/{+branch}/protection/restrictions", ADMIN, restrictions),
    get("/repos/{owner}/{repo}/branches/{+branch}/protection/restrictions/{kind}", ADMIN, restrictions),
    post("/repos/{owner}/{repo}/rulesets", ADMIN, create_ruleset),
    put("/repos/{owner}/{repo}/rulesets/{ruleset_id}", ADMIN, edit_ruleset),
    delete("/repos/{owner}/{repo}/rulesets/{ruleset_id}", ADMIN, delete_ruleset),
];

/// GitHub wants these named, if only as null, so that nobody drops a rule by leaving it out.
const NAMED: [&str; 4] = ["required_status_checks", "enforce_admins", "required_pull_request_reviews", "restrictions"];

fn replace(call: &Call) -> Answer {
    let missing: Vec<_> = NAMED.iter().filter(|n| call.body.get(**n).is_none()).map(|n| format!("\"{n}\"")).collect();
    if !missing.is_empty() {
        let verb = if missing.len() == 1 { "wasn't" } else { "weren't" };
        return Err(Refused::new(422, format!("Invalid request.\n\n{} {verb} supplied.", missing.join(", "))));
    }
    let on = |name: &str| call.body[name] == true;
    let checks = &call.body["required_status_checks"];
    let reviews = &call.body["required_pull_request_reviews"];
    let who = &call.body["restrictions"];
    let rule = Protection {
        restrict_pushes: who.is_object().then(|| Pushers { users: texts(&who["users"]), apps: texts(&who["apps"]) }),
        required_checks: checks.is_object().then(|| checks_of(checks)),
        strict: checks["strict"] == true,
        enforce_admins: on("enforce_admins"),
        allow_force_pushes: on("allow_force_pushes"),
        allow_deletions: on("allow_deletions"),
        required_linear_history: on("required_linear_history"),
        required_approvals: reviews
            .is_object()
            .then(|| reviews["required_approving_review_count"].as_u64().unwrap_or(1)),
        code_owner_reviews: reviews["require_code_owner_reviews"] == true,
        conversation_resolution: on("required_conversation_resolution"),
    };
    call.read(|_, repo| branch_of(call, repo).map(|_| ()))?;
    call.change(|world, _| world.set_protection(call.repo, call.param("branch"), Some(rule)))?;
    shown(call, |world, repo, rule| world.protection_json(repo, call.param("branch"), rule))
}

fn branch_of<'a>(call: &'a Call, repo: &Repo) -> Result<&'a str, Refused> {
    let name = call.param("branch");
    let known = repo.refs.contains_key(&format!("refs/heads/{name}"));
    if known { Ok(name) } else { Err(Refused::new(404, "Branch not found")) }
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// `checks` with their App (-1 and null mean any), or the older `contexts`.
fn checks_of(body: &Value) -> Vec<RequiredCheck> {
    let Some(checks) = body["checks"].as_array().filter(|c| !c.is_empty() || body["contexts"].is_null()) else {
        return texts(&body["contexts"]).into_iter().map(|context| RequiredCheck { context, app_id: None }).collect();
    };
    let one =
        |c: &Value| Some(RequiredCheck { context: c["context"].as_str()?.to_owned(), app_id: c["app_id"].as_u64() });
    checks.iter().filter_map(one).collect()
}

/// Shows a part of the protection as it is now.
fn shown(call: &Call, part: impl Fn(&World, &Repo, &Protection) -> Value) -> Answer {
    call.read(|world, repo| Ok(Reply::ok(part(world, repo, rule_of(call, repo)?))))
}

/// Changes the protection there is.
fn change(call: &Call, act: impl FnOnce(&mut Protection)) -> Result<(), Refused> {
    let mut rule = call.read(|_, repo| rule_of(call, repo).cloned())?;
    act(&mut rule);
    call.change(|world, _| world.set_protection(call.repo, call.param("branch"), Some(rule)))
}

fn remove(call: &Call) -> Answer {
    call.read(|_, repo| rule_of(call, repo).map(|_| ()))?;
    call.change(|world, _| world.set_protection(call.repo, call.param("branch"), None))?;
    Ok(Reply::empty(204))
}

fn edit_checks(call: &Call) -> Answer {
    change(call, |rule| {
        rule.strict = call.body["strict"].as_bool().unwrap_or(rule.strict);
        if call.body["checks"].is_array() || call.body["contexts"].is_array() {
            rule.required_checks = Some(checks_of(&call.body));
        }
    })?;
    shown(call, |world, repo, rule| world.status_policy_json(repo, call.param("branch"), rule))
}

fn remove_checks(call: &Call) -> Answer {
    change(call, |rule| (rule.required_checks, rule.strict) = (None, false))?;
    Ok(Reply::empty(204))
}

/// A part of the protection that is only there if it was asked for.
fn part(call: &Call, name: &str) -> Result<Value, Refused> {
    call.read(|world, repo| {
        let body = world.protection_json(repo, call.param("branch"), rule_of(call, repo)?);
        body.get(name).cloned().ok_or_else(Refused::not_found)
    })
}

fn reviews(call: &Call) -> Answer {
    part(call, "required_pull_request_reviews").map(Reply::ok)
}

/// Who may push: all, or only the users, teams or apps.
fn restrictions(call: &Call) -> Answer {
    let all = part(call, "restrictions")?;
    match call.param("kind") {
        "" => Ok(Reply::ok(all)),
        kind => all.get(kind).filter(|list| list.is_array()).cloned().map(Reply::ok).ok_or_else(Refused::not_found),
    }
}

fn edit_reviews(call: &Call) -> Answer {
    let count = call.body["required_approving_review_count"].as_u64();
    change(call, |rule| rule.required_approvals = count.or(rule.required_approvals).or(Some(1)))?;
    reviews(call)
}

fn remove_reviews(call: &Call) -> Answer {
    change(call, |rule| rule.required_approvals = None)?;
    Ok(Reply::empty(204))
}

fn admins(call: &Call) -> Answer {
    shown(call, |world, repo, rule| world.protection_json(repo, call.param("branch"), rule)["enforce_admins"].clone())
}

fn bind_admins(call: &Call) -> Answer {
    change(call, |rule| rule.enforce_admins = true)?;
    admins(call)
}

fn free_admins(call: &Call) -> Answer {
    change(call, |rule| rule.enforce_admins = false)?;
    Ok(Reply::empty(204))
}

/// The members of a ruleset that a caller may give.
fn given(call: &Call) -> Map<String, Value> {
    let known = ["name", "target", "enforcement", "bypass_actors", "conditions", "rules"];
    let members = call.body.as_object().into_iter().flatten();
    members.filter(|(name, _)| known.contains(&name.as_str())).map(|(n, v)| (n.clone(), v.clone())).collect()
}

fn create_ruleset(call: &Call) -> Answer {
    call.need("RepositoryRuleset", "name")?;
    if !["disabled", "active", "evaluate"].contains(&call.need("RepositoryRuleset", "enforcement")?) {
        return Err(Refused::invalid("RepositoryRuleset", "enforcement", "invalid"));
    }
    let made = call.change(|world, by| world.create_ruleset(call.repo, by, given(call)))?;
    call.read(|world, repo| Ok(Reply::with(201, world.ruleset_json(repo, &made, &call.actor, true))))
}

fn edit_ruleset(call: &Call) -> Answer {
    let id = call.number("ruleset_id")?;
    let changed = call.change(|world, by| world.edit_ruleset(call.repo, by, id, given(call)))?;
    call.read(|world, repo| Ok(Reply::ok(world.ruleset_json(repo, &changed, &call.actor, true))))
}

fn delete_ruleset(call: &Call) -> Answer {
    let id = call.number("ruleset_id")?;
    call.change(|world, by| world.delete_ruleset(call.repo, by, id))?;
    Ok(Reply::empty(204))
}
