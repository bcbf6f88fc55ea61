//! Repositories, labels, tags and releases as bodies.

use super::node_id;
use crate::sandbox::types::Actor;
use crate::sandbox::world::World;
use crate::sandbox::world::model::{Label, Release, Repo, Role};
use crate::sandbox::world::time::iso;
use serde_json::{Map, Value, json};

/// `NAME_url` and the path below the repository's REST URL.
const URLS: &[(&str, &str)] = &[
    ("forks_url", "/forks"),
    ("keys_url", "/keys{/key_id}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("teams_url", "/teams"),
    ("hooks_url", "/hooks"),
    ("issue_events_url", "/issues/events{/number}"),
    ("events_url", "/events"),
    ("assignees_url", "/assignees{/user}"),
    ("branches_url", "/branches{/branch}"),
    ("tags_url", "/tags"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("trees_url", "/git/trees{/sha}"),
    ("statuses_url", "/statuses/{sha}"),
    ("languages_url", "/languages"),
    ("stargazers_url", "/stargazers"),
    ("contributors_url", "/contributors"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("commits_url", "/commits{/sha}"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("comments_url", "/comments{/number}"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("contents_url", "/contents/{+path}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("merges_url", "/merges"),
    ("archive_url", "/{archive_format}{/ref}"),
    ("downloads_url", "/downloads"),
    ("issues_url", "/issues{/number}"),
    ("pulls_url", "/pulls{/number}"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("labels_url", "/labels{/name}"),
    ("releases_url", "/releases{/id}"),
    ("deployments_url", "/deployments"),
];

impl World {
    /// `simple-repository`.
    pub fn simple_repository_json(&self, repo: &Repo) -> Map<String, Value> {
        let (api, html) = (self.repo_api(repo), self.html(repo));
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
        put("id", json!(repo.id));
        put("node_id", json!(node_id("Repository", repo.id)));
        put("name", json!(repo.name));
        put("full_name", json!(self.full_name(repo)));
        put("private", json!(repo.private));
        put("owner", self.user_json(repo.owner));
        put("html_url", json!(html));
        put("description", json!(repo.description));
        put("fork", json!(repo.fork_of.is_some()));
        put("url", json!(api));
        for (name, path) in URLS {
            put(name, json!(format!("{api}{path}")));
        }
        body
    }

    /// `repository`, as in webhooks and lists.
    pub fn repository_json(&self, repo: &Repo) -> Value {
        let mut body = self.simple_repository_json(repo);
        let html = self.html(repo);
        let open = repo.issues.values().filter(|i| i.open).count();
        let forks = self.repos.values().filter(|r| r.fork_of == Some(repo.id)).count();
        let host = self.base.split("://").nth(1).unwrap_or_default();
        let more = json!({
            "created_at": iso(repo.created_at), "updated_at": iso(repo.updated_at), "pushed_at": iso(repo.pushed_at),
            "git_url": format!("git://{host}/{}.git", self.full_name(repo)),
            "ssh_url": format!("git@{host}:{}.git", self.full_name(repo)),
            "clone_url": format!("{html}.git"), "svn_url": html, "mirror_url": null, "homepage": null,
            "size": 0, "stargazers_count": 0, "watchers_count": 0, "language": null,
            "has_issues": true, "has_projects": false, "has_downloads": true, "has_wiki": false, "has_pages": false,
            "has_discussions": false, "forks_count": forks, "forks": forks, "archived": repo.archived, "disabled": false,
            "open_issues_count": open, "open_issues": open, "watchers": 0, "license": null, "allow_forking": true,
            "is_template": false, "web_commit_signoff_required": false, "topics": [],
            "visibility": if repo.private { "private" } else { "public" }, "default_branch": repo.default_branch,
        });
        if let Value::Object(more) = more {
            body.extend(more);
        }
        Value::Object(body)
    }

    /// The repository in a push webhook: dates are seconds there, and the owner has a name.
    pub fn pushed_repository_json(&self, repo: &Repo) -> Value {
        let mut body = self.repository_json(repo);
        let login = self.login(repo.owner).to_owned();
        body["created_at"] = json!(repo.created_at / 1000);
        body["pushed_at"] = json!(repo.pushed_at / 1000);
        body["stargazers"] = json!(0);
        body["master_branch"] = json!(repo.default_branch);
        body["owner"]["name"] = json!(login);
        body["owner"]["email"] = json!(self.accounts.get(&repo.owner).map(|a| a.email.clone()));
        body
    }

    /// `full-repository`, as the actor sees it.
    pub fn full_repository_json(&self, repo: &Repo, actor: &Actor) -> Value {
        let mut body = self.repository_json(repo);
        let role = self.actor_role(actor, repo);
        body["permissions"] = permissions_json(role);
        let more = json!({
            "temp_clone_token": null, "allow_rebase_merge": true, "allow_squash_merge": true, "allow_merge_commit": true,
            "allow_auto_merge": false, "delete_branch_on_merge": false, "allow_update_branch": false,
            "network_count": body["forks_count"], "subscribers_count": 0,
        });
        if let (Value::Object(into), Value::Object(more)) = (&mut body, more) {
            into.extend(more);
        }
        if let Some(owner) =
            self.accounts.get(&repo.owner).filter(|a| a.kind == crate::sandbox::world::model::Kind::Organization)
        {
            body["organization"] = self.user_json(owner.id);
        }
        if let Some(parent) = repo.fork_of.and_then(|id| self.repos.get(&id)) {
            body["parent"] = self.repository_json(parent);
            body["source"] = self.repository_json(parent);
        }
        body
    }

    /// The few fields that installation webhooks have.
    pub fn repository_stub(&self, repo: &Repo) -> Value {
        json!({"id": repo.id, "node_id": node_id("Repository", repo.id), "name": repo.name,
            "full_name": self.full_name(repo), "private": repo.private})
    }

    pub fn label_json(&self, repo: &Repo, label: &Label) -> Value {
        json!({
            "id": label.id, "node_id": node_id("Label", label.id), "name": label.name, "color": label.color,
            "url": format!("{}/labels/{}", self.repo_api(repo), label.name.replace(' ', "%20")),
            "description": label.description.as_deref().unwrap_or_default(), "default": label.name == "bug",
        })
    }

    pub fn release_json(&self, repo: &Repo, release: &Release) -> Value {
        let (api, html) = (self.repo_api(repo), self.html(repo));
        let url = format!("{api}/releases/{}", release.id);
        json!({
            "url": url, "assets_url": format!("{url}/assets"), "upload_url": format!("{url}/assets{{?name,label}}"),
            "html_url": format!("{html}/releases/tag/{}", release.tag_name), "id": release.id,
            "node_id": node_id("Release", release.id), "tag_name": release.tag_name, "target_commitish": release.target,
            "name": release.name, "body": release.body, "draft": release.draft, "prerelease": release.prerelease,
            "created_at": iso(release.created_at), "published_at": release.published_at.map(iso),
            "author": self.user_json(release.author), "assets": [],
            "tarball_url": format!("{api}/tarball/{}", release.tag_name),
            "zipball_url": format!("{api}/zipball/{}", release.tag_name),
        })
    }
}

fn permissions_json(role: Role) -> Value {
    json!({
        "admin": role >= Role::Admin, "maintain": role >= Role::Maintain, "push": role >= Role::Write,
        "triage": role >= Role::Triage, "pull": role >= Role::Read,
    })
}
