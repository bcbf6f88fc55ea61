//! `GET /search/issues`: the qualifiers that merge tools use, on what the caller may see. Words match titles and bodies.

use super::Answer;
use super::call::Call;
use super::route::{Need, Route, get};
use crate::sandbox::types::Refused;
use crate::sandbox::world::World;
use crate::sandbox::world::issue::Issue;
use crate::sandbox::world::model::Repo;
use serde_json::json;

pub(super) const ROUTES: &[Route] = &[get("/search/issues", Need::Nothing, issues)];

fn issues(call: &Call) -> Answer {
    let query = call.query("q").ok_or_else(|| Refused::invalid("Search", "q", "missing"))?;
    let wanted = terms(query);
    let world = call.look.world();
    let all = world.repos.values().filter(|r| world.sees(&call.actor, r));
    let all = all.flat_map(|r| r.issues.values().map(move |i| (r, i)));
    let mut found: Vec<_> =
        all.filter(|(repo, issue)| wanted.iter().all(|term| fits(&world, repo, issue, term))).collect();
    match call.query("sort") {
        Some("updated") => found.sort_by_key(|(_, i)| i.updated_at),
        Some("comments") => found.sort_by_key(|(_, i)| i.comments.len()),
        _ => found.sort_by_key(|(_, i)| i.id),
    }
    if call.query("order") != Some("asc") {
        found.reverse();
    }
    let listed = call.counted("items", &found, |(repo, issue)| {
        let mut body = world.issue_json(repo.id, issue);
        body["score"] = json!(1.0);
        body
    });
    let mut body = listed.json().cloned().unwrap_or_default();
    body["incomplete_results"] = json!(false);
    Ok(listed.with_body(body))
}

/// Words and qualifiers; quotes hold blanks together, and a `-` before a term turns it around.
fn terms(query: &str) -> Vec<String> {
    let (mut all, mut now, mut quoted) = (Vec::new(), String::new(), false);
    for letter in query.chars() {
        match letter {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => all.push(std::mem::take(&mut now)),
            c => now.push(c),
        }
    }
    all.push(now);
    all.retain(|term| !term.is_empty());
    all
}

fn fits(world: &World, repo: &Repo, issue: &Issue, term: &str) -> bool {
    if let Some(rest) = term.strip_prefix('-') {
        return !fits(world, repo, issue, rest);
    }
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let pull = issue.pull.as_ref();
    match term.split_once(':') {
        Some(("repo", name)) => same(name, &world.full_name(repo)),
        Some(("org" | "user", owner)) => same(owner, world.login(repo.owner)),
        Some(("is" | "type" | "state", what)) => match what {
            "pr" | "pull-request" => pull.is_some(),
            "issue" => pull.is_none(),
            "open" => issue.open,
            "closed" => !issue.open,
            "merged" => pull.is_some_and(|p| p.merged_at.is_some()),
            "unmerged" => pull.is_some_and(|p| p.merged_at.is_none()),
            "draft" => pull.is_some_and(|p| p.draft),
            _ => false,
        },
        Some(("author", login)) => same(login, world.login(issue.author)),
        Some(("assignee", login)) => issue.assignees.iter().any(|id| same(login, world.login(*id))),
        Some(("label", name)) => {
            let mut labels = issue.labels.iter().filter_map(|id| repo.labels.iter().find(|l| l.id == *id));
            labels.any(|l| same(name, &l.name))
        }
        Some(("head", branch)) => pull.is_some_and(|p| p.head_ref == branch),
        Some(("base", branch)) => pull.is_some_and(|p| p.base_ref == branch),
        Some((_, _)) | None => {
            let wanted = term.to_lowercase();
            let sha = pull.is_some_and(|p| term.len() >= 7 && p.head_sha.starts_with(term));
            sha || issue.title.to_lowercase().contains(&wanted) || issue.body.to_lowercase().contains(&wanted)
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn quotes_hold_words_together() {
        assert_eq!(super::terms(r#"is:pr label:"ready to merge" fix"#), ["is:pr", "label:ready to merge", "fix"]);
    }
}
