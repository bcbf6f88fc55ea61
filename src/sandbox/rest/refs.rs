//! Refs by REST: get, list, create, update (forward only unless forced), delete. Protection is asked before anything moves.

use super::Answer;
use super::call::Call;
use super::reply::Reply;
use super::route::{Need, Route, delete, get, patch, post};
use crate::sandbox::render::ref_json;
use crate::sandbox::types::{RefChange, Refused};
use crate::sandbox::world::git::{self, ABSENT};
use crate::sandbox::world::model::Role;
use git2::Oid;

const READ: Need = Need::Repo(Role::Read, "contents");
const WRITE: Need = Need::Repo(Role::Write, "contents");

pub(super) const ROUTES: &[Route] = &[
    get("/repos/{owner}/{repo}/git/ref/{+ref}", READ, show),
    get("/repos/{owner}/{repo}/git/matching-refs/{+ref}", READ, matching),
    get("/repos/{owner}/{repo}/git/matching-refs", READ, matching),
    // GitHub's former way to list; PyGithub still goes it.
    get("/repos/{owner}/{repo}/git/refs", READ, matching),
    get("/repos/{owner}/{repo}/git/refs/{+ref}", READ, show_or_match),
    post("/repos/{owner}/{repo}/git/refs", WRITE, create),
    patch("/repos/{owner}/{repo}/git/refs/{+ref}", WRITE, update),
    delete("/repos/{owner}/{repo}/git/refs/{+ref}", WRITE, remove),
];

fn full(name: &str) -> String {
    format!("refs/{}", name.trim_start_matches("refs/"))
}

fn show(call: &Call) -> Answer {
    call.read(|world, repo| {
        let (git, name) = (world.open_git(repo.id)?, full(call.param("ref")));
        let oid = git.refname_to_id(&name).map_err(|_| Refused::not_found())?;
        Ok(Reply::ok(ref_json(world, repo, &git, &name, oid)))
    })
}

fn show_or_match(call: &Call) -> Answer {
    show(call).or_else(|_| matching(call))
}

fn matching(call: &Call) -> Answer {
    call.read(|world, repo| {
        let (git, prefix) = (world.open_git(repo.id)?, full(call.param("ref")));
        let mut found = Vec::new();
        for entry in git.references()? {
            let entry = entry?;
            if let (Ok(name), Some(oid)) = (entry.name(), entry.target())
                && name.starts_with(&prefix)
                && !name.starts_with("refs/network/")
            {
                found.push((name.to_owned(), oid));
            }
        }
        found.sort();
        Ok(Reply::ok(found.iter().map(|(name, oid)| ref_json(world, repo, &git, name, *oid)).collect()))
    })
}

fn sha(call: &Call) -> Result<Oid, Refused> {
    let sha = call.need("Reference", "sha")?;
    let wrong = || Refused::new(422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f].");
    let hex = sha.len() == 40 && sha.bytes().all(|b| b.is_ascii_hexdigit());
    if hex { Oid::from_str(sha).map_err(|_| wrong()) } else { Err(wrong()) }
}

fn create(call: &Call) -> Answer {
    let (name, oid) = (call.need("Reference", "ref")?.to_owned(), sha(call)?);
    let legal = name.parse::<crate::ids::RefName>().is_ok() && name.split('/').count() >= 3;
    if !legal || name.starts_with("refs/pull/") {
        return Err(Refused::new(422, "Reference name must start with 'refs/' and have at least two slashes."));
    }
    call.change(|world, by| {
        let git = world.open_git(call.repo)?;
        if git.find_object(oid, None).is_err() {
            return Err(Refused::new(422, "Object does not exist"));
        }
        if git.find_reference(&name).is_ok() {
            return Err(Refused::new(422, "Reference already exists"));
        }
        if name.starts_with("refs/heads/") && git.find_commit(oid).is_err() {
            return Err(Refused::new(422, "Reference update failed"));
        }
        let change = RefChange { name: name.clone(), old: ABSENT.to_owned(), new: oid.to_string() };
        world.allow_ref(call.repo, &call.actor, &change).map_err(|why| refused(&why))?;
        git.reference(&name, oid, false, "created").map_err(|_| Refused::new(422, "Reference update failed"))?;
        world.pushed(call.repo, by, &[change])
    })?;
    call.read(|world, repo| {
        let git = world.open_git(repo.id)?;
        Ok(Reply::created(ref_json(world, repo, &git, &name, oid)))
    })
}

/// Protection's text for `git push`, as the API says it.
fn refused(why: &str) -> Refused {
    Refused::new(422, git::plain(why))
}

fn update(call: &Call) -> Answer {
    let (name, oid, force) = (full(call.param("ref")), sha(call)?, call.flag("force")?.unwrap_or(false));
    call.change(|world, by| {
        let git = world.open_git(call.repo)?;
        let old = git.refname_to_id(&name).map_err(|_| Refused::new(422, "Reference does not exist"))?;
        if git.find_object(oid, None).is_err() {
            return Err(Refused::new(422, "Object does not exist"));
        }
        let change = RefChange { name: name.clone(), old: old.to_string(), new: oid.to_string() };
        if !force && !git::reaches(&git, &change.new, &change.old) {
            return Err(Refused::new(422, "Update is not a fast forward"));
        }
        world.allow_ref(call.repo, &call.actor, &change).map_err(|why| refused(&why))?;
        let moved = git.reference_matching(&name, oid, true, old, "updated");
        moved.map_err(|_| Refused::new(409, "Reference cannot be updated"))?;
        world.pushed(call.repo, by, &[change])
    })?;
    call.read(|world, repo| {
        let git = world.open_git(repo.id)?;
        Ok(Reply::ok(ref_json(world, repo, &git, &name, oid)))
    })
}

fn remove(call: &Call) -> Answer {
    let name = full(call.param("ref"));
    call.change(|world, by| {
        let git = world.open_git(call.repo)?;
        let mut found = git.find_reference(&name).map_err(|_| Refused::new(422, "Reference does not exist"))?;
        let old = found.target().map(|oid| oid.to_string()).unwrap_or_default();
        let change = RefChange { name: name.clone(), old, new: ABSENT.to_owned() };
        world.allow_ref(call.repo, &call.actor, &change).map_err(|why| refused(&why))?;
        found.delete()?;
        world.pushed(call.repo, by, &[change])
    })?;
    Ok(Reply::empty(204))
}
