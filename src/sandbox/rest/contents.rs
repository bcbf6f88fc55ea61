//! Files and directories at a commit.

use super::Answer;
use super::call::{Call, encode};
use super::reply::Reply;
use super::route::{Need, Route, get};
use crate::sandbox::types::Refused;
use crate::sandbox::world::model::{Repo, Role};
use crate::sandbox::world::{World, git};
use base64::Engine as _;
use git2::ObjectType;
use serde_json::{Value, json};
use std::path::Path;

const READ: Need = Need::Repo(Role::Read, "contents");

pub(super) const ROUTES: &[Route] = &[
    get("/repos/{owner}/{repo}/contents", READ, show),
    get("/repos/{owner}/{repo}/contents/{+path}", READ, show),
    get("/repos/{owner}/{repo}/readme", READ, readme),
    get("/repos/{owner}/{repo}/codeowners/errors", READ, codeowners),
    super::commits::SHOW,
];

fn show(call: &Call) -> Answer {
    call.read(|world, repo| {
        let git = world.open_git(repo.id)?;
        let name = call.query("ref").unwrap_or(&repo.default_branch);
        let missing = || Refused::new(404, format!("No commit found for the ref {name}"));
        let tree = git.find_commit(git::resolve(&git, name).ok_or_else(missing)?)?.tree()?;
        let path = call.param("path").trim_matches('/');
        if path.is_empty() {
            let place = Place { api: world.repo_api(repo), html: world.html(repo), name };
            return Ok(Reply::ok(list(&git, &place, &tree, "")));
        }
        if call.accepts("raw")
            && let Some(blob) = tree.get_path(Path::new(path)).ok().and_then(|e| git.find_blob(e.id()).ok())
        {
            return Ok(Reply::bytes_of("application/vnd.github.raw; charset=utf-8", blob.content()));
        }
        file_at(world, repo, &git, &tree, (path, name), true).map(Reply::ok)
    })
}

fn readme(call: &Call) -> Answer {
    call.read(|world, repo| {
        let git = world.open_git(repo.id)?;
        let name = call.query("ref").unwrap_or(&repo.default_branch);
        let tree = git.find_commit(git::resolve(&git, name).ok_or_else(Refused::not_found)?)?.tree()?;
        let called = |e: &git2::TreeEntry<'_>| String::from_utf8_lossy(e.name_bytes()).into_owned();
        let found =
            tree.iter().find(|e| called(e).to_lowercase().starts_with("readme") && e.kind() == Some(ObjectType::Blob));
        let found = found.ok_or_else(Refused::not_found)?;
        if call.accepts("raw") {
            let blob = git.find_blob(found.id())?;
            return Ok(Reply::bytes_of("application/vnd.github.raw; charset=utf-8", blob.content()));
        }
        file_at(world, repo, &git, &tree, (&called(&found), name), true).map(Reply::ok)
    })
}

/// Every line is taken for right: nothing here reads the file.
fn codeowners(call: &Call) -> Answer {
    call.read(|world, repo| {
        let git = world.open_git(repo.id)?;
        let name = call.query("ref").unwrap_or(&repo.default_branch);
        let tree = git.find_commit(git::resolve(&git, name).ok_or_else(Refused::not_found)?)?.tree()?;
        let places = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];
        if places.iter().any(|path| tree.get_path(Path::new(path)).is_ok()) {
            Ok(Reply::ok(json!({"errors": []})))
        } else {
            Err(Refused::not_found())
        }
    })
}

/// What is at a path of a tree: a file with its content if `whole`, or a directory's list.
pub(super) fn file_at(
    world: &World,
    repo: &Repo,
    git: &git2::Repository,
    tree: &git2::Tree<'_>,
    (path, name): (&str, &str),
    whole: bool,
) -> Result<Value, Refused> {
    let place = Place { api: world.repo_api(repo), html: world.html(repo), name };
    let entry = tree.get_path(Path::new(path)).map_err(|_| Refused::not_found())?;
    if entry.kind() == Some(ObjectType::Tree) {
        return Ok(list(git, &place, &git.find_tree(entry.id())?, path));
    }
    Ok(file(git, &place, &entry, path, whole))
}

struct Place<'a> {
    api: String,
    html: String,
    name: &'a str,
}

fn list(git: &git2::Repository, place: &Place<'_>, tree: &git2::Tree<'_>, below: &str) -> Value {
    let path = |name: &[u8]| {
        let name = String::from_utf8_lossy(name).into_owned();
        if below.is_empty() { name } else { format!("{below}/{name}") }
    };
    tree.iter().map(|entry| file(git, place, &entry, &path(entry.name_bytes()), false)).collect()
}

fn file(git: &git2::Repository, at: &Place<'_>, entry: &git2::TreeEntry<'_>, path: &str, whole: bool) -> Value {
    let sha = entry.id().to_string();
    let blob = git.find_blob(entry.id()).ok();
    let (kind, part) = match (entry.kind(), entry.filemode()) {
        (Some(ObjectType::Tree), _) => ("dir", "trees"),
        (Some(ObjectType::Commit), _) => ("submodule", "trees"),
        (_, 0o120_000) => ("symlink", "blobs"),
        (_, _) => ("file", "blobs"),
    };
    let parts: Vec<_> = path.split('/').map(encode).collect();
    let url = format!("{}/contents/{}?ref={}", at.api, parts.join("/"), encode(at.name));
    let (git_url, html) = (format!("{}/git/{part}/{sha}", at.api), format!("{}/blob/{}/{path}", at.html, at.name));
    let download = (kind == "file").then(|| format!("{}/raw/{}/{path}", at.html, at.name));
    let mut body = json!({
        "type": kind, "name": path.rsplit('/').next(), "path": path, "sha": sha,
        "size": blob.as_ref().map_or(0, git2::Blob::size), "url": url, "html_url": html, "git_url": git_url,
        "download_url": download, "_links": {"self": url, "git": git_url, "html": html},
    });
    match (whole, kind, &blob) {
        (true, "file", Some(blob)) => {
            // GitHub breaks the text after 60 characters, as RFC 2045 encoders do.
            let text = base64::engine::general_purpose::STANDARD.encode(blob.content());
            let lines = text.as_bytes().chunks(60).map(|c| String::from_utf8_lossy(c).into_owned() + "\n");
            body["encoding"] = json!("base64");
            body["content"] = json!(lines.collect::<String>());
        }
        (true, "symlink", Some(blob)) => body["target"] = json!(String::from_utf8_lossy(blob.content())),
        _ => {}
    }
    body
}
