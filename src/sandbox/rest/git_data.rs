//! Git objects by REST: blobs, trees, commits, annotated tags. Objects only; no ref moves here.

use super::Answer;
use super::call::Call;
use super::reply::Reply;
use super::route::{Need, Route, get, post};
use crate::sandbox::render::{git_commit_json, node_id};
use crate::sandbox::types::Refused;
use crate::sandbox::world::model::Role;
use crate::sandbox::world::{World, git, time};
use base64::Engine as _;
use git2::{Oid, Repository, Signature, Time, TreeWalkMode, TreeWalkResult};
use serde_json::{Value, json};

const READ: Need = Need::Repo(Role::Read, "contents");
const WRITE: Need = Need::Repo(Role::Write, "contents");
/// GitHub lists at most this many entries of a recursive tree.
const MOST_ENTRIES: usize = 100_000;

pub(super) const ROUTES: &[Route] = &[
    get("/repos/{owner}/{repo}/git/commits/{commit_sha}", READ, commit),
    post("/repos/{owner}/{repo}/git/commits", WRITE, create_commit),
    get("/repos/{owner}/{repo}/git/trees/{+tree_sha}", READ, tree),
    post("/repos/{owner}/{repo}/git/trees", WRITE, create_tree),
    get("/repos/{owner}/{repo}/git/blobs/{file_sha}", READ, blob),
    post("/repos/{owner}/{repo}/git/blobs", WRITE, create_blob),
    get("/repos/{owner}/{repo}/git/tags/{tag_sha}", READ, tag),
    post("/repos/{owner}/{repo}/git/tags", WRITE, create_tag),
];

fn oid(text: &str) -> Result<Oid, Refused> {
    Oid::from_str(text).ok().filter(|_| text.len() == 40).ok_or_else(Refused::not_found)
}

fn commit(call: &Call) -> Answer {
    call.read(|world, repo| {
        let git = world.open_git(repo.id)?;
        let found = git.find_commit(oid(call.param("commit_sha"))?)?;
        Ok(Reply::ok(git_commit_json(world, repo, &found)))
    })
}

/// The person in the body, or the caller at this moment.
pub(super) fn person(call: &Call, world: &World, given: &Value) -> Result<Signature<'static>, Refused> {
    let (Some(name), Some(email)) = (given["name"].as_str(), given["email"].as_str()) else {
        return world.signature(call.by(world));
    };
    let at = given["date"].as_str().and_then(time::parse).unwrap_or_else(time::now);
    Ok(Signature::new(name, email, &Time::new(at / 1000, 0))?)
}

fn create_commit(call: &Call) -> Answer {
    let (message, tree) = (call.need("Commit", "message")?, oid(call.need("Commit", "tree")?)?);
    let made = call.read(|world, repo| {
        let git = world.open_git(repo.id)?;
        let tree = git.find_tree(tree).map_err(|_| Refused::new(422, "Tree SHA does not exist"))?;
        let parents = call.body["parents"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let missing = |_| Refused::new(422, "Parent SHA does not exist or is not a commit object");
        let parents = parents.map(|p| git.find_commit(oid(p)?).map_err(missing));
        let parents = parents.collect::<Result<Vec<_>, Refused>>()?;
        let author = person(call, world, &call.body["author"])?;
        let committer = &call.body["committer"];
        let committer = if committer.is_object() { person(call, world, committer)? } else { author.clone() };
        let parents: Vec<_> = parents.iter().collect();
        Ok(git.commit(None, &author, &committer, message, &tree, &parents)?)
    })?;
    call.read(|world, repo| {
        let git = world.open_git(repo.id)?;
        Ok(Reply::created(git_commit_json(world, repo, &git.find_commit(made)?)))
    })
}

fn entry_json(git: &Repository, api: &str, path: &str, entry: &git2::TreeEntry<'_>) -> Value {
    let (kind, id) = (entry.kind().map_or("blob", |k| k.str()), entry.id());
    let mut body =
        json!({"path": path, "mode": format!("{:06o}", entry.filemode()), "type": kind, "sha": id.to_string()});
    if kind != "commit" {
        body["url"] = json!(format!("{api}/git/{kind}s/{id}"));
    }
    if let Ok(blob) = git.find_blob(id) {
        body["size"] = json!(blob.size());
    }
    body
}

fn tree(call: &Call) -> Answer {
    call.read(|world, repo| {
        let git = world.open_git(repo.id)?;
        let name = call.param("tree_sha");
        let by_commit = || git.find_commit(git::resolve(&git, name)?).and_then(|c| c.tree()).ok();
        let found = oid(name).ok().and_then(|id| git.find_tree(id).ok()).or_else(by_commit);
        let found = found.ok_or_else(Refused::not_found)?;
        let (api, recursive) = (world.repo_api(repo), call.query("recursive").is_some());
        let mut entries = Vec::new();
        found.walk(TreeWalkMode::PreOrder, |below, entry| {
            if entries.len() >= MOST_ENTRIES {
                return TreeWalkResult::Abort;
            }
            let path = format!("{below}{}", String::from_utf8_lossy(entry.name_bytes()));
            entries.push(entry_json(&git, &api, &path, entry));
            if recursive { TreeWalkResult::Ok } else { TreeWalkResult::Skip }
        })?;
        let truncated = entries.len() >= MOST_ENTRIES;
        let (sha, url) = (found.id().to_string(), format!("{api}/git/trees/{}", found.id()));
        Ok(Reply::ok(json!({"sha": sha, "url": url, "tree": entries, "truncated": truncated})))
    })
}

fn create_tree(call: &Call) -> Answer {
    let entries = call.body["tree"].as_array().ok_or_else(|| Refused::invalid("Tree", "tree", "missing_field"))?;
    let made = call.read(|world, repo| {
        let git = world.open_git(repo.id)?;
        let base = call.text("base_tree")?.map(|sha| git.find_tree(oid(sha)?).map_err(Refused::from)).transpose()?;
        let mut update = git2::build::TreeUpdateBuilder::new();
        for entry in entries {
            let path = entry["path"].as_str().ok_or_else(|| Refused::invalid("Tree", "path", "missing_field"))?;
            let mode = match entry["mode"].as_str() {
                Some("100755") => git2::FileMode::BlobExecutable,
                Some("120000") => git2::FileMode::Link,
                Some("160000") => git2::FileMode::Commit,
                Some("040000") => git2::FileMode::Tree,
                _ => git2::FileMode::Blob,
            };
            match (entry["sha"].as_str(), entry["content"].as_str()) {
                (Some(sha), _) => drop(update.upsert(path, oid(sha)?, mode)),
                (None, Some(content)) => drop(update.upsert(path, git.blob(content.as_bytes())?, mode)),
                (None, None) => drop(update.remove(path)),
            }
        }
        let empty = git.treebuilder(None)?.write()?;
        let onto = match base {
            Some(base) => base,
            None => git.find_tree(empty)?,
        };
        Ok(update.create_updated(&git, &onto)?)
    })?;
    call.read(|world, repo| {
        let (git, api) = (world.open_git(repo.id)?, world.repo_api(repo));
        let found = git.find_tree(made)?;
        let name = |e: &git2::TreeEntry<'_>| String::from_utf8_lossy(e.name_bytes()).into_owned();
        let entries: Value = found.iter().map(|e| entry_json(&git, &api, &name(&e), &e)).collect();
        let url = format!("{api}/git/trees/{made}");
        Ok(Reply::created(json!({"sha": made.to_string(), "url": url, "tree": entries, "truncated": false})))
    })
}

fn blob(call: &Call) -> Answer {
    call.read(|world, repo| {
        let (git, id) = (world.open_git(repo.id)?, oid(call.param("file_sha"))?);
        let found = git.find_blob(id)?;
        let content = base64::engine::general_purpose::STANDARD.encode(found.content());
        let url = format!("{}/git/blobs/{id}", world.repo_api(repo));
        Ok(Reply::ok(json!({"sha": id.to_string(), "node_id": node_id("Blob", id), "size": found.size(), "url": url,
            "content": content, "encoding": "base64"})))
    })
}

fn create_blob(call: &Call) -> Answer {
    let content = call.need("Blob", "content")?;
    let bytes = match call.text("encoding")?.unwrap_or("utf-8") {
        "base64" => {
            let plain: String = content.split_whitespace().collect();
            let decoded = base64::engine::general_purpose::STANDARD.decode(plain);
            decoded.map_err(|_| Refused::new(422, "content is not valid Base64"))?
        }
        _ => content.as_bytes().to_vec(),
    };
    call.read(|world, repo| {
        let id = world.open_git(repo.id)?.blob(&bytes)?;
        let url = format!("{}/git/blobs/{id}", world.repo_api(repo));
        Ok(Reply::created(json!({"sha": id.to_string(), "url": url})))
    })
}

fn tag_json(api: &str, tag: &git2::Tag<'_>) -> Value {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let tagger = tag.tagger();
    let kind = tag.target_type().map_or("commit", |k| k.str());
    let id = tag.id();
    json!({
        "node_id": node_id("Tag", id), "sha": id.to_string(), "url": format!("{api}/git/tags/{id}"),
        "tag": text(tag.name_bytes()), "message": tag.message_bytes().map(text).unwrap_or_default(),
        "tagger": {
            "name": tagger.as_ref().map(|t| text(t.name_bytes())).unwrap_or_default(),
            "email": tagger.as_ref().map(|t| text(t.email_bytes())).unwrap_or_default(),
            "date": time::iso(tagger.as_ref().map_or(0, |t| t.when().seconds() * 1000)),
        },
        "object": {"sha": tag.target_id().to_string(), "type": kind, "url": format!("{api}/git/{kind}s/{}", tag.target_id())},
        "verification": {"verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null},
    })
}

fn tag(call: &Call) -> Answer {
    call.read(|world, repo| {
        let git = world.open_git(repo.id)?;
        Ok(Reply::ok(tag_json(&world.repo_api(repo), &git.find_tag(oid(call.param("tag_sha"))?)?)))
    })
}

fn create_tag(call: &Call) -> Answer {
    let (name, message) = (call.need("Tag", "tag")?, call.need("Tag", "message")?);
    let target = oid(call.need("Tag", "object")?)?;
    call.read(|world, repo| {
        let git = world.open_git(repo.id)?;
        let object = git.find_object(target, None).map_err(|_| Refused::new(422, "Object does not exist"))?;
        let tagger = person(call, world, &call.body["tagger"])?;
        let id = git.tag_annotation_create(name, &object, &tagger, message)?;
        Ok(Reply::created(tag_json(&world.repo_api(repo), &git.find_tag(id)?)))
    })
}
