//! Tags and releases.

use super::Answer;
use super::call::Call;
use super::reply::Reply;
use super::route::{Need, Route, delete, get, patch, post};
use crate::sandbox::render::node_id;
use crate::sandbox::types::{RefChange, Refused};
use crate::sandbox::world::git::{self, ABSENT};
use crate::sandbox::world::model::{Release, Role};
use crate::sandbox::world::{By, World, time};
use serde_json::json;

const READ: Need = Need::Repo(Role::Read, "contents");
const WRITE: Need = Need::Repo(Role::Write, "contents");

pub(super) const ROUTES: &[Route] = &[
    get("/repos/{owner}/{repo}/tags", READ, tags),
    get("/repos/{owner}/{repo}/releases", READ, list),
    post("/repos/{owner}/{repo}/releases", WRITE, create),
    post("/repos/{owner}/{repo}/releases/generate-notes", WRITE, notes),
    get("/repos/{owner}/{repo}/releases/tags/{+tag}", READ, by_tag),
    get("/repos/{owner}/{repo}/releases/latest", READ, newest),
    get("/repos/{owner}/{repo}/releases/{release_id}", READ, by_id),
    patch("/repos/{owner}/{repo}/releases/{release_id}", WRITE, update),
    delete("/repos/{owner}/{repo}/releases/{release_id}", WRITE, remove),
];

fn tags(call: &Call) -> Answer {
    call.read(|world, repo| {
        let (git, api) = (world.open_git(repo.id)?, world.repo_api(repo));
        let all = repo.refs.keys().rev().filter_map(|name| Some((name.strip_prefix("refs/tags/")?, name)));
        let all: Vec<_> = all.filter_map(|(tag, name)| Some((tag, git::tip(&git, name)?))).collect();
        Ok(call.page(&all, |(tag, sha)| {
            json!({"name": tag, "commit": {"sha": sha, "url": format!("{api}/commits/{sha}")},
                "zipball_url": format!("{api}/zipball/refs/tags/{tag}"),
                "tarball_url": format!("{api}/tarball/refs/tags/{tag}"), "node_id": node_id("Ref", tag)})
        }))
    })
}

fn list(call: &Call) -> Answer {
    call.read(|world, repo| {
        let newest: Vec<_> = repo.releases.iter().rev().collect();
        Ok(call.page(&newest, |r| world.release_json(repo, r)))
    })
}

fn show(call: &Call, wanted: impl Fn(&Release) -> bool, status: u16) -> Answer {
    call.read(|world, repo| {
        let found = repo.releases.iter().find(|r| wanted(r)).ok_or_else(Refused::not_found)?;
        let body = world.release_json(repo, found);
        Ok(if status == 201 { Reply::created(body) } else { Reply::ok(body) })
    })
}

fn by_tag(call: &Call) -> Answer {
    let tag = call.param("tag").to_owned();
    show(call, move |r| r.tag_name == tag && !r.draft, 200)
}

fn by_id(call: &Call) -> Answer {
    let id = call.number("release_id")?;
    show(call, |r| r.id == id, 200)
}

/// The latest that is neither a draft nor a prerelease.
fn newest(call: &Call) -> Answer {
    let id = call.read(|_, repo| {
        let full = repo.releases.iter().filter(|r| !r.draft && !r.prerelease);
        full.max_by_key(|r| (r.published_at, r.id)).map(|r| r.id).ok_or_else(Refused::not_found)
    })?;
    show(call, |r| r.id == id, 200)
}

/// The release goes, its tag stays.
fn remove(call: &Call) -> Answer {
    let id = call.number("release_id")?;
    call.change(|world, by| {
        let repo = world.repo(call.repo)?;
        let found = repo.releases.iter().find(|r| r.id == id).ok_or_else(Refused::not_found)?;
        let body = json!({"release": world.release_json(repo, found)});
        world.repo_mut(call.repo)?.releases.retain(|r| r.id != id);
        world.hook(call.repo, "release", Some("deleted"), by, body);
        Ok(())
    })?;
    Ok(Reply::empty(204))
}

fn create(call: &Call) -> Answer {
    let tag = call.need("Release", "tag_name")?;
    let (name, body) = (call.text("name")?.map(str::to_owned), call.text("body")?.map(str::to_owned));
    let (draft, prerelease) = (call.flag("draft")?.unwrap_or(false), call.flag("prerelease")?.unwrap_or(false));
    let target = call.text("target_commitish")?;
    let id = call.change(|world, by| {
        let repo = world.repo(call.repo)?;
        if repo.releases.iter().any(|r| r.tag_name == tag && !r.draft) {
            return Err(Refused::invalid("Release", "tag_name", "already_exists"));
        }
        let target = target.unwrap_or(&repo.default_branch).to_owned();
        if !draft {
            make_tag(world, call.repo, by, tag, &target)?;
        }
        let (id, at) = (world.id(), time::now());
        let release = Release {
            id,
            tag_name: tag.to_owned(),
            target,
            name,
            body,
            draft,
            prerelease,
            author: by.user,
            created_at: at,
            published_at: (!draft).then_some(at),
        };
        world.repo_mut(call.repo)?.releases.push(release.clone());
        if !draft {
            let body = json!({"release": world.release_json(world.repo(call.repo)?, &release)});
            world.hook(call.repo, "release", Some("published"), by, body);
        }
        Ok(id)
    })?;
    show(call, |r| r.id == id, 201)
}

/// A published release has a tag; it is made where there is none.
fn make_tag(world: &mut World, repo: u64, by: By, tag: &str, target: &str) -> Result<(), Refused> {
    let git = world.open_git(repo)?;
    let full = format!("refs/tags/{tag}");
    if git.find_reference(&full).is_ok() {
        return Ok(());
    }
    let oid = git::resolve(&git, target);
    let oid = oid.ok_or_else(|| Refused::invalid("Release", "target_commitish", "invalid"))?;
    git.reference(&full, oid, false, "release").map_err(|_| Refused::invalid("Release", "tag_name", "invalid"))?;
    world.pushed(repo, by, &[RefChange { name: full, old: ABSENT.to_owned(), new: oid.to_string() }])
}

fn update(call: &Call) -> Answer {
    let id = call.number("release_id")?;
    let (name, body) = (call.text("name")?, call.text("body")?);
    let (draft, prerelease) = (call.flag("draft")?, call.flag("prerelease")?);
    call.change(|world, by| {
        let all = &mut world.repo_mut(call.repo)?.releases;
        let release = all.iter_mut().find(|r| r.id == id).ok_or_else(Refused::not_found)?;
        let published = release.draft && draft == Some(false);
        if published {
            release.published_at = Some(time::now());
        }
        release.name = name.map(str::to_owned).or(release.name.take());
        release.body = body.map(str::to_owned).or(release.body.take());
        release.draft = draft.unwrap_or(release.draft);
        release.prerelease = prerelease.unwrap_or(release.prerelease);
        let release = release.clone();
        if published {
            make_tag(world, call.repo, by, &release.tag_name, &release.target)?;
        }
        let body = json!({"release": world.release_json(world.repo(call.repo)?, &release), "changes": {}});
        world.hook(call.repo, "release", Some(if published { "published" } else { "edited" }), by, body);
        Ok(())
    })?;
    show(call, |r| r.id == id, 200)
}

fn notes(call: &Call) -> Answer {
    let tag = call.need("Release", "tag_name")?;
    let previous = call.text("previous_tag_name")?;
    call.read(|world, repo| {
        let git = world.open_git(repo.id)?;
        let since = previous.and_then(|p| git::resolve(&git, p)).map(|oid| oid.to_string());
        let merged = repo.issues.values().filter(|i| {
            i.pull.as_ref().is_some_and(|p| {
                let commit = p.merge_commit_sha.as_deref().filter(|_| p.merged_at.is_some());
                commit.is_some_and(|c| since.as_ref().is_none_or(|s| !git::reaches(&git, s, c)))
            })
        });
        let html = world.html(repo);
        let lines =
            merged.map(|i| format!("* {} by @{} in {html}/pull/{}\n", i.title, world.login(i.author), i.number));
        let body =
            format!("## What's Changed\n{}\n**Full Changelog**: {html}/commits/{tag}", lines.collect::<String>());
        Ok(Reply::ok(json!({"name": tag, "body": body})))
    })
}
