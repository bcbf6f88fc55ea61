//! Pull requests: list, get, open, change, commits, files, merge.

use super::Answer;
use super::call::Call;
use super::reply::Reply;
use super::route::{Need, Route, get, patch, post, put};
use crate::sandbox::render::{commit_json, files_json, pull_range};
use crate::sandbox::types::{NewPull, Refused};
use crate::sandbox::world::issue::{Issue, Pull};
use crate::sandbox::world::model::{Repo, Role};
use crate::sandbox::world::{Method, PullChange, World, git};
use serde_json::json;

pub(super) const ROUTES: &[Route] = &[
    get("/repos/{owner}/{repo}/pulls", Need::Repo(Role::Read, "pull_requests"), list),
    post("/repos/{owner}/{repo}/pulls", Need::Repo(Role::Read, "pull_requests"), open),
    get("/repos/{owner}/{repo}/pulls/{pull_number}", Need::Repo(Role::Read, "pull_requests"), show),
    patch("/repos/{owner}/{repo}/pulls/{pull_number}", Need::Repo(Role::Read, "pull_requests"), update),
    get("/repos/{owner}/{repo}/pulls/{pull_number}/commits", Need::Repo(Role::Read, "pull_requests"), commits),
    get("/repos/{owner}/{repo}/pulls/{pull_number}/files", Need::Repo(Role::Read, "pull_requests"), files),
    get("/repos/{owner}/{repo}/pulls/{pull_number}/merge", Need::Repo(Role::Read, "contents"), is_merged),
    put("/repos/{owner}/{repo}/pulls/{pull_number}/merge", Need::Repo(Role::Write, "contents"), merge),
    put(
        "/repos/{owner}/{repo}/pulls/{pull_number}/update-branch",
        Need::Repo(Role::Write, "pull_requests"),
        update_branch,
    ),
];

fn pull_of(issue: &Issue) -> Result<&Pull, Refused> {
    issue.pull.as_ref().ok_or_else(Refused::not_found)
}

pub(super) fn issue_of<'a>(call: &Call, repo: &'a Repo, param: &str) -> Result<&'a Issue, Refused> {
    repo.issues.get(&call.number(param)?).ok_or_else(Refused::not_found)
}

fn list(call: &Call) -> Answer {
    call.read(|world, repo| {
        let state = call.query("state").unwrap_or("open");
        let head = call.query("head");
        let mut found: Vec<&Issue> = repo
            .issues
            .values()
            .filter(|i| match state {
                "open" => i.open,
                "closed" => !i.open,
                _ => true,
            })
            .filter(|i| {
                i.pull.as_ref().is_some_and(|p| {
                    let label = format!("{}:{}", world.login(p.head_owner), p.head_ref);
                    // `head` without an owner is ignored by GitHub.
                    head.is_none_or(|h| !h.contains(':') || h.eq_ignore_ascii_case(&label))
                        && call.query("base").is_none_or(|b| b == p.base_ref)
                })
            })
            .collect();
        sort(call, &mut found);
        Ok(call.page(&found, |i| world.pull_simple_json(repo.id, i)))
    })
}

/// By `sort` and `direction`: newest first unless something else is asked for.
pub(super) fn sort(call: &Call, issues: &mut [&Issue]) {
    let by = call.query("sort").unwrap_or("created");
    match by {
        "updated" => issues.sort_by_key(|i| (i.updated_at, i.number)),
        "popularity" | "comments" => issues.sort_by_key(|i| (i.comments.len(), i.number)),
        "long-running" => issues.sort_by_key(|i| (std::cmp::Reverse(i.created_at), i.number)),
        _ => issues.sort_by_key(|i| i.number),
    }
    let ascending = match call.query("direction") {
        Some(direction) => direction == "asc",
        None => by != "created",
    };
    if !ascending {
        issues.reverse();
    }
}

fn open(call: &Call) -> Answer {
    let (title, head, base) =
        (call.need("PullRequest", "title")?, call.need("PullRequest", "head")?, call.need("PullRequest", "base")?);
    let new = {
        let world = call.look.world();
        let repo = world.repo(call.repo)?;
        let (owner, branch) = head.split_once(':').unwrap_or_else(|| (world.login(repo.owner), head));
        let invalid = || Refused::invalid("PullRequest", "head", "invalid");
        let head_repo = if owner.eq_ignore_ascii_case(world.login(repo.owner)) {
            Some(repo)
        } else {
            let account = world.account(owner).ok_or_else(invalid)?.id;
            let related = |r: &&Repo| r.fork_of == Some(repo.id) || repo.fork_of == Some(r.id);
            world.repos.values().filter(|r| r.owner == account).find(related)
        };
        NewPull {
            repo: call.repo,
            head_repo: head_repo.ok_or_else(invalid)?.id,
            head: branch.to_owned(),
            base: base.to_owned(),
            title: title.to_owned(),
            body: call.text("body")?.unwrap_or_default().to_owned(),
            draft: call.flag("draft")?.unwrap_or(false),
            maintainer_can_modify: call.flag("maintainer_can_modify")?.unwrap_or(true),
        }
    };
    let number = call.change(|world, by| {
        if new.head_repo == new.repo && !call.is_writer(world) {
            return Err(Refused::new(403, "must be a collaborator"));
        }
        world.open_pull(by, &new)
    })?;
    call.read(|world, repo| {
        let issue = repo.issues.get(&number).ok_or_else(Refused::not_found)?;
        Ok(Reply::created(world.pull_json(repo.id, issue)))
    })
}

impl Call {
    fn is_writer(&self, world: &World) -> bool {
        self.is_at_least(world, Role::Write)
    }
}

fn show(call: &Call) -> Answer {
    if call.accepts("diff") || call.accepts("patch") {
        return text(call);
    }
    let number = call.number("pull_number")?;
    let (reply, asked) = call.read(|world, repo| {
        let issue = issue_of(call, repo, "pull_number")?;
        let pull = pull_of(issue)?;
        Ok((Reply::ok(world.pull_json(repo.id, issue)), issue.open && pull.mergeable.is_none()))
    })?;
    if asked {
        // `mergeable` is null in the first answer; asking is what makes GitHub compute it.
        call.change(|world, _| world.test_merge(call.repo, number))?;
    }
    Ok(reply)
}

fn text(call: &Call) -> Answer {
    call.read(|world, repo| {
        let pull = pull_of(issue_of(call, repo, "pull_number")?)?;
        let git = world.open_git(repo.id)?;
        let (base, head) = pull_range(&git, pull).ok_or_else(Refused::not_found)?;
        super::commits::as_text(call, &git, base, head)
    })
}

fn update(call: &Call) -> Answer {
    let number = call.number("pull_number")?;
    let open = match call.text("state")? {
        None => None,
        Some("open") => Some(true),
        Some("closed") => Some(false),
        Some(_) => return Err(Refused::invalid("PullRequest", "state", "invalid")),
    };
    let change = PullChange {
        title: call.text("title")?.map(str::to_owned),
        body: call.text("body")?.map(str::to_owned),
        open,
        base: call.text("base")?.map(str::to_owned),
        maintainer_can_modify: call.flag("maintainer_can_modify")?,
        draft: None,
    };
    call.change(|world, by| {
        let author = world.issue(call.repo, number)?.author;
        super::auth::own_or(call, world, author, Role::Triage)?;
        world.update_pull(call.repo, number, by, &change)
    })?;
    call.read(|world, repo| Ok(Reply::ok(world.pull_json(repo.id, issue_of(call, repo, "pull_number")?))))
}

fn commits(call: &Call) -> Answer {
    call.read(|world, repo| {
        let pull = pull_of(issue_of(call, repo, "pull_number")?)?;
        let git = world.open_git(repo.id)?;
        let (base, head) = pull_range(&git, pull).ok_or_else(Refused::not_found)?;
        let oids = git::between(&git, &[base], head, 250)?;
        let found: Vec<_> = oids.into_iter().filter_map(|oid| git.find_commit(oid).ok()).collect();
        Ok(call.page(&found, |c| commit_json(world, repo, c)))
    })
}

fn files(call: &Call) -> Answer {
    call.read(|world, repo| {
        let pull = pull_of(issue_of(call, repo, "pull_number")?)?;
        let git = world.open_git(repo.id)?;
        let (base, head) = pull_range(&git, pull).ok_or_else(Refused::not_found)?;
        let (files, _, _) = files_json(world, repo, &git, Some(base), head)?;
        Ok(call.page(&files, Clone::clone))
    })
}

fn is_merged(call: &Call) -> Answer {
    call.read(|_, repo| {
        let pull = pull_of(issue_of(call, repo, "pull_number")?)?;
        if pull.merged_at.is_some() { Ok(Reply::empty(204)) } else { Err(Refused::not_found()) }
    })
}

fn merge(call: &Call) -> Answer {
    let number = call.number("pull_number")?;
    let method = match call.text("merge_method")?.unwrap_or("merge") {
        "merge" => Method::Merge,
        "squash" => Method::Squash,
        "rebase" => Method::Rebase,
        _ => return Err(Refused::invalid("PullRequest", "merge_method", "invalid")),
    };
    let (sha, text) = (call.text("sha")?, (call.text("commit_title")?, call.text("commit_message")?));
    let commit = call.change(|world, _| world.merge_pull((call.repo, number), &call.actor, method, sha, text))?;
    Ok(Reply::ok(json!({"sha": commit, "merged": true, "message": "Pull Request successfully merged"})))
}

fn update_branch(call: &Call) -> Answer {
    let number = call.number("pull_number")?;
    let expected = call.text("expected_head_sha")?;
    call.change(|world, _| {
        let issue = world.issue(call.repo, number)?;
        if expected.is_some_and(|sha| sha != issue.pull.as_ref().map_or("", |p| &p.head_sha)) {
            return Err(Refused::new(422, "expected head sha didn't match current head ref."));
        }
        world.update_branch(call.repo, number, &call.actor)
    })?;
    let url = call.url.trim_end_matches("/update-branch");
    Ok(Reply::with(202, json!({"message": "Updating pull request branch.", "url": url})))
}
