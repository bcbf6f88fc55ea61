//! Files and directories at a commit.

use super::Answer;
use super::call::{Call, encode};
use super::reply::Reply;
use super::route::{Need, Route, get};
use crate::sandbox::types::Refused;
use crate::sandbox::world::git;
use crate::sandbox::world::model::{Repo, Role};
use base64::Engine as _;
use git2::ObjectType;
use serde_json::{Value, json};
use std::path::Path;

const READ: Need = Need::Repo(Role::Read, "contents");

pub(super) const ROUTES: &[Route] = &[
    get("/repos/{owner}/{repo}/contents", READ, show),
    get("/repos/{owner}/{repo}/contents/{+path}", READ, show),
    super::commits::SHOW,
];

fn show(call: &Call) -> Answer {
    call.read(|world, repo| {
        let git = world.open_git(repo.id)?;
        let name = call.query("ref").unwrap_or(&repo.default_branch);
        let missing = || Refused::new(404, format!("No commit found for the ref {name}"));
        let tree = git.find_commit(git::resolve(&git, name).ok_or_else(missing)?)?.tree()?;
        let place = Place { api: world.repo_api(repo), html: world.html(repo), name };
        let path = call.param("path").trim_matches('/');
        if path.is_empty() {
            return Ok(Reply::ok(list(&git, &place, repo, &tree, "")));
        }
        let entry = tree.get_path(Path::new(path)).map_err(|_| Refused::not_found())?;
        if entry.kind() == Some(ObjectType::Tree) {
            return Ok(Reply::ok(list(&git, &place, repo, &git.find_tree(entry.id())?, path)));
        }
        Ok(Reply::ok(file(&git, &place, &entry, path, true)))
    })
}

struct Place<'a> {
    api: String,
    html: String,
    name: &'a str,
}

fn list(git: &git2::Repository, place: &Place<'_>, _: &Repo, tree: &git2::Tree<'_>, below: &str) -> Value {
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
