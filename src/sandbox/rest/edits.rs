//! `PUT` and `DELETE …/contents/PATH`: files changed through the API, one commit each.

use super::Answer;
use super::call::Call;
use super::contents::file_at;
use super::git_data::person;
use super::reply::Reply;
use super::route::{Need, Route, delete, put};
use crate::sandbox::render::git_commit_json;
use crate::sandbox::types::Refused;
use crate::sandbox::world::FileChange;
use crate::sandbox::world::model::Role;
use base64::Engine as _;
use serde_json::{Value, json};

const WRITE: Need = Need::Repo(Role::Write, "contents");

pub(super) const ROUTES: &[Route] = &[
    put("/repos/{owner}/{repo}/contents/{+path}", WRITE, write),
    delete("/repos/{owner}/{repo}/contents/{+path}", WRITE, remove),
];

fn write(call: &Call) -> Answer {
    let content = call.need("Content", "content")?;
    let plain: String = content.split_whitespace().collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(plain);
    let bytes = bytes.map_err(|_| Refused::new(422, "content is not valid Base64"))?;
    change(call, Some(&bytes))
}

fn remove(call: &Call) -> Answer {
    if given(call, "sha")?.is_none() {
        return Err(Refused::new(422, "Invalid request.\n\n\"sha\" wasn't supplied."));
    }
    change(call, None)
}

/// A member of the body or, since many clients send none with `DELETE`, of the query.
fn given<'a>(call: &'a Call, name: &str) -> Result<Option<&'a str>, Refused> {
    Ok(call.text(name)?.or_else(|| call.query(name)))
}

fn change(call: &Call, content: Option<&[u8]>) -> Answer {
    let missing = || Refused::new(422, "Invalid request.\n\n\"message\" wasn't supplied.");
    let message = given(call, "message")?.ok_or_else(missing)?;
    let (was, path) = (given(call, "sha")?, call.param("path").trim_matches('/'));
    let (branch, changed) = call.change(|world, _| {
        let branch = match given(call, "branch")? {
            Some(branch) => branch.trim_start_matches("refs/heads/").to_owned(),
            None => world.repo(call.repo)?.default_branch.clone(),
        };
        let committer = person(call, world, &call.body["committer"])?;
        let author = &call.body["author"];
        let author = if author.is_object() { person(call, world, author)? } else { committer.clone() };
        let change = FileChange { branch: &branch, path, content, was, message, author, committer };
        let changed = world.change_file(call.repo, &call.actor, &change)?;
        Ok((change.branch.to_owned(), changed))
    })?;
    call.read(|world, repo| {
        let git = world.open_git(repo.id)?;
        let commit = git.find_commit(changed.commit)?;
        let shown = match content {
            Some(_) => file_at(world, repo, &git, &commit.tree()?, (path, &branch), false)?,
            None => Value::Null,
        };
        let status = if changed.created { 201 } else { 200 };
        Ok(Reply::with(status, json!({"content": shown, "commit": git_commit_json(world, repo, &commit)})))
    })
}
