//! Teams of an organization, to read: who is in one. Whoever may not see a team is told that there is none, as on GitHub.

use super::Answer;
use super::call::Call;
use super::reply::Reply;
use super::route::{Need, Route, get};
use crate::sandbox::types::{Actor, Refused};
use crate::sandbox::world::World;
use crate::sandbox::world::model::Team;
use serde_json::json;

pub(super) const ROUTES: &[Route] = &[
    get("/orgs/{org}/teams/{team_slug}/members", Need::Nothing, members),
    get("/orgs/{org}/teams/{team_slug}/memberships/{username}", Need::Nothing, membership),
];

fn team<'a>(call: &Call, world: &'a World) -> Result<&'a Team, Refused> {
    match &call.actor {
        Actor::Anonymous => return Err(Refused::new(401, "Requires authentication")),
        Actor::Installation { .. } if !World::grants(&call.actor, "members", false) => {
            return Err(Refused::new(403, "Resource not accessible by integration"));
        }
        Actor::Installation { .. } | Actor::User(_) | Actor::App(_) | Actor::Admin => {}
    }
    world.team(call.param("org"), call.param("team_slug")).ok_or_else(Refused::not_found)
}

fn members(call: &Call) -> Answer {
    let world = call.look.world();
    let members: Vec<u64> = team(call, &world)?.members.iter().copied().collect();
    Ok(call.page(&members, |id| world.user_json(*id)))
}

fn membership(call: &Call) -> Answer {
    let world = call.look.world();
    let team = team(call, &world)?;
    let who = world.account(call.param("username")).ok_or_else(Refused::not_found)?;
    if !team.members.contains(&who.id) {
        return Err(Refused::not_found());
    }
    Ok(Reply::ok(json!({"url": call.url, "role": "member", "state": "active"})))
}
