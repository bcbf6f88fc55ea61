//! Who asks and whether they may: token kinds, JSON web tokens, permissions of installations, roles of people.

use super::Reply;
use super::call::Call;
use super::route::{Need, Route};
use crate::sandbox::lookalike::Lookalike;
use crate::sandbox::types::{Actor, Refused};
use crate::sandbox::world::World;
use crate::sandbox::world::model::{Kind, Repo, Role};
use crate::sandbox::world::time::now;
use http::{HeaderMap, Method};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

const PUBLIC_KEY: &str = include_str!("../demo_key.pub.pem");
/// The longest an App's token may live.
const LONGEST_S: i64 = 600;
/// How far clocks may differ.
const SKEW_S: i64 = 60;

fn token(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.trim().split_once(' ')?;
    if scheme.eq_ignore_ascii_case("basic") {
        use base64::Engine as _;
        let raw = base64::engine::general_purpose::STANDARD.decode(rest.trim()).ok()?;
        return Some(String::from_utf8(raw).ok()?.split_once(':')?.1.to_owned());
    }
    Some(rest.trim().to_owned())
}

/// What requests are counted by.
pub(super) fn key(headers: &HeaderMap) -> String {
    token(headers).unwrap_or_default()
}

/// Who the credentials say is asking.
pub(super) fn caller(look: &Lookalike, headers: &HeaderMap) -> Result<Actor, Refused> {
    if !headers.contains_key(http::header::AUTHORIZATION) {
        return Ok(Actor::Anonymous);
    }
    let token = token(headers).ok_or_else(|| Refused::new(401, "Bad credentials"))?;
    if token.starts_with("eyJ") && token.split('.').count() == 3 {
        return app(&look.world(), &token).map(Actor::App);
    }
    look.world().token_actor(&token, now())
}

/// The App a JSON web token speaks for, if its signature and times hold.
fn app(world: &World, token: &str) -> Result<u64, Refused> {
    let undecodable = || Refused::new(401, "A JSON web token could not be decoded");
    let key = DecodingKey::from_rsa_pem(PUBLIC_KEY.as_bytes()).map_err(|_| undecodable())?;
    let mut validation = Validation::new(Algorithm::RS256);
    // Times are checked below, where GitHub's own words for what is wrong with them are.
    (validation.validate_exp, validation.validate_aud) = (false, false);
    validation.required_spec_claims.clear();
    let claims = jsonwebtoken::decode::<Value>(token, &key, &validation).map_err(|_| undecodable())?.claims;
    let seconds = |name: &str| claims[name].as_i64().or_else(|| claims[name].as_f64().map(whole));
    let at = now() / 1000;
    let bad = |text: &str| Refused::new(401, text);
    let exp = seconds("exp").ok_or_else(|| {
        bad("'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires")
    })?;
    let iat = seconds("iat").ok_or_else(|| {
        bad("'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
    })?;
    if exp <= at {
        return Err(bad(
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
        ));
    }
    if exp > at + LONGEST_S + SKEW_S || exp - iat > LONGEST_S + 2 * SKEW_S {
        return Err(bad("'Expiration time' claim ('exp') is too far in the future"));
    }
    if iat > at + SKEW_S {
        return Err(bad(
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
        ));
    }
    let issuer = claims["iss"].as_u64().map(|n| n.to_string()).or_else(|| claims["iss"].as_str().map(str::to_owned));
    let issuer = issuer.ok_or_else(|| bad("'Issuer' claim ('iss') must be an Integer"))?;
    let known = world.apps.values().find(|a| a.id.to_string() == issuer || a.client_id == issuer);
    known.map(|a| a.id).ok_or_else(|| Refused::new(404, "Integration not found"))
}

#[expect(clippy::cast_possible_truncation, reason = "a time in seconds; what does not fit is refused as out of range")]
fn whole(seconds: f64) -> i64 {
    seconds as i64
}

/// Lets a request through, answers a redirect for a renamed repository, or refuses.
pub(super) fn admit(call: &mut Call, route: &Route, method: &Method, path: &str) -> Result<Option<Reply>, Refused> {
    let needs_auth = || Refused::new(401, "Requires authentication");
    match route.need {
        Need::Nothing => Ok(None),
        Need::Person => match call.actor {
            Actor::User(_) | Actor::Admin => Ok(None),
            Actor::Anonymous => Err(needs_auth()),
            Actor::App(_) | Actor::Installation { .. } => {
                Err(Refused::new(403, "Resource not accessible by integration"))
            }
        },
        Need::Jwt => match call.actor {
            Actor::App(_) => Ok(None),
            _ => Err(Refused::new(401, "A JSON web token could not be decoded")),
        },
        Need::Installation => match call.actor {
            Actor::Installation { .. } => Ok(None),
            _ => Err(Refused::new(403, "Resource not accessible by integration")),
        },
        Need::Repo(role, permission) => admit_repo(call, (role, permission), method != Method::GET, method, path),
        Need::RepoRead(permission) => admit_repo(call, (Role::Read, permission), false, method, path),
    }
}

fn admit_repo(
    call: &mut Call,
    (role, permission): (Role, &str),
    write: bool,
    method: &Method,
    path: &str,
) -> Result<Option<Reply>, Refused> {
    let world = call.look.world();
    let (owner, name) = (call.param("owner"), call.param("repo"));
    let Some(repo) = world.repo_named(owner, name) else {
        let former = world.renames.get(&format!("{owner}/{name}").to_lowercase()).and_then(|id| world.repos.get(id));
        let repo = former.filter(|r| world.sees(&call.actor, r)).ok_or_else(Refused::not_found)?;
        return Ok(Some(moved(&world, repo, path, owner.len() + name.len() + 1, method)));
    };
    if !world.sees(&call.actor, repo) {
        return Err(Refused::not_found());
    }
    if repo.archived && method != Method::GET {
        return Err(Refused::new(403, "Repository was archived so is read-only."));
    }
    judge(&world, &call.actor, repo, (role, permission), write)?;
    let id = repo.id;
    drop(world);
    call.repo = id;
    Ok(None)
}

fn judge(
    world: &World,
    actor: &Actor,
    repo: &Repo,
    (role, permission): (Role, &str),
    write: bool,
) -> Result<(), Refused> {
    match actor {
        Actor::Anonymous if write || role > Role::Read => Err(Refused::new(401, "Requires authentication")),
        Actor::Admin | Actor::Anonymous => Ok(()),
        Actor::App(_) => Err(Refused::new(401, "This endpoint requires an installation access token")),
        // Only Apps may write check runs.
        Actor::User(_) if permission == "checks" && write => {
            Err(Refused::new(403, "You must authenticate via a GitHub App."))
        }
        Actor::User(id) => match (world.role(*id, repo) >= role, permission) {
            (true, _) => Ok(()),
            // GitHub hides what only people with push access can do to a repository's git data.
            (false, "contents" | "statuses" | "actions" | "deployments") => Err(Refused::not_found()),
            (false, _) => Err(Refused::new(403, "Must have admin rights to Repository.")),
        },
        Actor::Installation { .. } => {
            let granted = permission.split('|').any(|p| World::grants(actor, p, write));
            let open = !write && !repo.private && role <= Role::Read;
            if (granted && world.covers(actor, repo)) || (open && !world.covers(actor, repo)) {
                Ok(())
            } else {
                Err(Refused::new(403, "Resource not accessible by integration"))
            }
        }
    }
}

/// 301 for reads, 307 for the rest, to the URL that names the repository by its id.
fn moved(world: &World, repo: &Repo, path: &str, named: usize, method: &Method) -> Reply {
    let rest = path.get("/repos/".len() + named..).unwrap_or_default();
    let url = format!("{}/repositories/{}{rest}", world.api(), repo.id);
    let (status, message) =
        if *method == Method::GET { (301, "Moved Permanently") } else { (307, "Temporary Redirect") };
    let body = json!({"message": message, "url": url, "documentation_url": "https://docs.github.com/rest"});
    Reply::with(status, body).header("location", url)
}

/// The caller wrote this thing, or may change other people's.
pub(super) fn own_or(call: &Call, world: &World, author: u64, role: Role) -> Result<(), Refused> {
    let by = world.by(&call.actor);
    let installed = matches!(call.actor, Actor::Installation { .. });
    if by.user == author || installed || call.is_at_least(world, role) {
        return Ok(());
    }
    Err(Refused::new(403, "Must have admin rights to Repository."))
}

/// The account is a person's, not an organization's or a bot's.
pub(super) fn is_person(world: &World, id: u64) -> bool {
    world.accounts.get(&id).is_some_and(|a| a.kind == Kind::User)
}
