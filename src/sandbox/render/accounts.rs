//! Users, organizations, Apps and installations as bodies.

use super::node_id;
use crate::sandbox::world::World;
use crate::sandbox::world::model::{App, Installation, Kind};
use crate::sandbox::world::time::iso;
use serde_json::{Value, json};

impl World {
    /// `simple-user`; the account `ghost` when it is gone.
    pub fn user_json(&self, id: u64) -> Value {
        let account = self.accounts.get(&id);
        let login = account.map_or("ghost", |a| &a.login);
        let kind = match account.map(|a| a.kind) {
            Some(Kind::Bot) => "Bot",
            Some(Kind::Organization) => "Organization",
            Some(Kind::User) | None => "User",
        };
        // A bot's name has brackets, which URLs write in percent; its page is the App's.
        let part = login.replace('[', "%5B").replace(']', "%5D");
        let page = login.strip_suffix("[bot]").map_or_else(|| login.to_owned(), |slug| format!("apps/{slug}"));
        let (url, base) = (format!("{}/users/{part}", self.api()), &self.base);
        json!({
            "login": login, "id": id, "node_id": node_id("User", id), "gravatar_id": "",
            "avatar_url": format!("{base}/avatars/u/{id}"),
            "url": url, "html_url": format!("{base}/{page}"),
            "followers_url": format!("{url}/followers"),
            "following_url": format!("{url}/following{{/other_user}}"),
            "gists_url": format!("{url}/gists{{/gist_id}}"),
            "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"),
            "subscriptions_url": format!("{url}/subscriptions"),
            "organizations_url": format!("{url}/orgs"),
            "repos_url": format!("{url}/repos"),
            "events_url": format!("{url}/events{{/privacy}}"),
            "received_events_url": format!("{url}/received_events"),
            "type": kind, "user_view_type": "public", "site_admin": id == self.cast.admin,
        })
    }

    pub fn users_json(&self, ids: &[u64]) -> Value {
        ids.iter().map(|id| self.user_json(*id)).collect()
    }

    /// `public-user` / `private-user`: what `/users/LOGIN` and `/user` answer.
    pub fn profile_json(&self, id: u64) -> Value {
        let mut body = self.user_json(id);
        let Some(account) = self.accounts.get(&id) else { return body };
        let at = iso(account.created_at);
        let more = json!({
            "name": account.name, "company": null, "blog": "", "location": null, "email": account.email,
            "hireable": null, "bio": null, "twitter_username": null, "public_repos": 0, "public_gists": 0,
            "followers": 0, "following": 0, "created_at": at, "updated_at": at,
        });
        if let (Value::Object(into), Value::Object(more)) = (&mut body, more) {
            into.extend(more);
        }
        body
    }

    /// The short form of an organization in webhooks; `None` for a person's account.
    pub fn organization_json(&self, id: u64) -> Option<Value> {
        let account = self.accounts.get(&id).filter(|a| a.kind == Kind::Organization)?;
        let url = format!("{}/orgs/{}", self.api(), account.login);
        Some(json!({
            "login": account.login, "id": id, "node_id": node_id("Organization", id), "url": url,
            "repos_url": format!("{url}/repos"), "events_url": format!("{url}/events"),
            "hooks_url": format!("{url}/hooks"), "issues_url": format!("{url}/issues"),
            "members_url": format!("{url}/members{{/member}}"),
            "public_members_url": format!("{url}/public_members{{/member}}"),
            "avatar_url": format!("{}/avatars/u/{id}", self.base), "description": "",
        }))
    }

    /// `integration`.
    pub fn app_json(&self, app: &App) -> Value {
        json!({
            "id": app.id, "slug": app.slug, "node_id": node_id("App", app.id), "client_id": app.client_id,
            "owner": self.user_json(app.owner), "name": app.name, "description": "",
            "external_url": self.base, "html_url": format!("{}/apps/{}", self.base, app.slug),
            "created_at": iso(app.created_at), "updated_at": iso(app.created_at),
            "permissions": app.permissions, "events": app.events,
        })
    }

    /// `integration` by id, or null.
    pub fn maybe_app_json(&self, app: Option<u64>) -> Value {
        app.and_then(|id| self.apps.get(&id)).map_or(Value::Null, |app| self.app_json(app))
    }

    /// `installation`.
    pub fn installation_json(&self, of: &Installation) -> Value {
        let app = self.apps.get(&of.app);
        let kind = self.accounts.get(&of.account).map_or("User", |a| match a.kind {
            Kind::Organization => "Organization",
            Kind::User | Kind::Bot => "User",
        });
        json!({
            "id": of.id, "account": self.user_json(of.account), "repository_selection": "all",
            "access_tokens_url": format!("{}/app/installations/{}/access_tokens", self.api(), of.id),
            "repositories_url": format!("{}/installation/repositories", self.api()),
            "html_url": format!("{}/settings/installations/{}", self.base, of.id),
            "app_id": of.app, "app_slug": app.map(|a| a.slug.clone()), "client_id": app.map(|a| a.client_id.clone()),
            "target_id": of.account, "target_type": kind,
            "permissions": app.map(|a| a.permissions.clone()), "events": app.map(|a| a.events.clone()),
            "created_at": iso(of.created_at), "updated_at": iso(of.updated_at),
            "single_file_name": null, "has_multiple_single_files": false, "single_file_paths": [],
            "suspended_by": of.suspended_at.map(|_| self.user_json(self.cast.admin)),
            "suspended_at": of.suspended_at.map(iso),
        })
    }
}
