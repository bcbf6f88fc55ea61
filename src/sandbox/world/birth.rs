//! How things come to be: the standard people and Apps, repositories, forks, tokens.

use super::model::{Account, App, Hook, Installation, Kind, Label, Protection, Pushers, Repo, Role, Token};
use super::time::now;
use super::{Cast, World, git};
use crate::sandbox::types::{Actor, Refused, RepoSummary, Tokens};
use base64::Engine as _;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The organization that owns repositories until the first repository names another one.
const ORGANIZATION: &str = "example";

const APP_PERMISSIONS: &[(&str, &str)] = &[
    ("actions", "write"),
    ("administration", "read"),
    ("checks", "write"),
    ("contents", "write"),
    ("deployments", "write"),
    ("environments", "read"),
    ("issues", "write"),
    ("members", "read"),
    ("metadata", "read"),
    ("pull_requests", "write"),
    ("statuses", "write"),
    ("workflows", "write"),
];

const CI_PERMISSIONS: &[(&str, &str)] = &[
    ("actions", "write"),
    ("checks", "write"),
    ("contents", "read"),
    ("metadata", "read"),
    ("pull_requests", "read"),
    ("statuses", "write"),
];

const APP_EVENTS: &[&str] = &[
    "branch_protection_rule",
    "check_run",
    "check_suite",
    "create",
    "delete",
    "deployment",
    "deployment_status",
    "issue_comment",
    "issues",
    "pull_request",
    "pull_request_review",
    "pull_request_review_thread",
    "push",
    "release",
    "repository",
    "repository_ruleset",
    "status",
    "workflow_run",
];

/// `len` random bytes, in base64 that is safe in URLs and headers.
pub fn secret(len: usize) -> String {
    let mut bytes = vec![0; len];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// A random GUID, as GitHub names deliveries.
pub fn guid() -> String {
    let mut b = [0u8; 16];
    getrandom::fill(&mut b).expect("the operating system gives random bytes");
    b[6] = b[6] & 0x0f | 0x40;
    b[8] = b[8] & 0x3f | 0x80;
    let hex = hex::encode(b);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The long form that rolls out since 2026-04-27: `ghs_APPID_` and a JSON web token; opaque to everybody.
fn installation_token(app: u64) -> String {
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"ES256"}"#);
    format!("ghs_{app}_{header}.{}.{}", secret(150), secret(64))
}

impl World {
    /// The standard world: people, two Apps, one organization with both installed; no repository yet.
    pub fn standard(git_root: PathBuf) -> Self {
        let (app, ci_app) = (2_260_001, 15_368);
        let tokens = Tokens {
            user: format!("ghp_{}", secret(27)),
            maintainer: format!("ghp_{}", secret(27)),
            outsider: format!("ghp_{}", secret(27)),
            ci: installation_token(ci_app),
            admin: format!("sandbox_admin_{}", secret(24)),
        };
        let cast = Cast {
            tokens,
            app,
            ci_app,
            installation: 0,
            ci_installation: 0,
            admin: 0,
            maintainer: 0,
            user: 0,
            outsider: 0,
        };
        let mut world = Self {
            next: 100_000,
            cast,
            accounts: BTreeMap::new(),
            apps: BTreeMap::new(),
            installations: BTreeMap::new(),
            teams: Vec::new(),
            tokens: BTreeMap::new(),
            codes: BTreeMap::new(),
            repos: BTreeMap::new(),
            renames: BTreeMap::new(),
            hook: Hook { id: 0, url: None, secret: secret(24) },
            base: String::new(),
            git_root,
            out: super::Outbox::default(),
        };
        world.people();
        world
    }

    fn people(&mut self) {
        self.cast.admin = self.add_account("site-admin", Kind::User);
        self.cast.maintainer = self.add_account("maintainer", Kind::User);
        self.cast.user = self.add_account("user", Kind::User);
        self.cast.outsider = self.add_account("outsider", Kind::User);
        let organization = self.add_account(ORGANIZATION, Kind::Organization);
        let (app, ci_app) = (self.cast.app, self.cast.ci_app);
        self.add_app(app, "greenline", organization, APP_PERMISSIONS, APP_EVENTS);
        self.add_app(ci_app, "sandbox-ci", organization, CI_PERMISSIONS, &[]);
        self.cast.installation = self.install(app, organization);
        self.cast.ci_installation = self.install(ci_app, organization);
        self.hook.id = self.id();
        self.keep_client_secret();
        let permanent = [
            (self.cast.tokens.user.clone(), Actor::User(self.cast.user)),
            (self.cast.tokens.maintainer.clone(), Actor::User(self.cast.maintainer)),
            (self.cast.tokens.outsider.clone(), Actor::User(self.cast.outsider)),
            (self.cast.tokens.admin.clone(), Actor::Admin),
            (
                self.cast.tokens.ci.clone(),
                Actor::Installation {
                    installation: self.cast.ci_installation,
                    app: ci_app,
                    repositories: None,
                    permissions: granted(CI_PERMISSIONS),
                },
            ),
        ];
        for (token, actor) in permanent {
            self.tokens.insert(token, Token { actor, expires_at: None });
        }
    }

    pub fn add_account(&mut self, login: &str, kind: Kind) -> u64 {
        let id = self.id();
        let email = format!("{id}+{login}@users.noreply.localhost");
        let account = Account { id, login: login.to_owned(), kind, name: login.to_owned(), email, created_at: now() };
        self.accounts.insert(id, account);
        id
    }

    fn add_app(&mut self, id: u64, slug: &str, owner: u64, permissions: &[(&str, &str)], events: &[&str]) {
        let bot = self.add_account(&format!("{slug}[bot]"), Kind::Bot);
        let app = App {
            id,
            slug: slug.to_owned(),
            name: slug.to_owned(),
            client_id: format!("Iv23li{}", secret(10)),
            client_secret: String::new(),
            callback_urls: Vec::new(),
            owner,
            bot,
            permissions: granted(permissions),
            events: events.iter().map(|&e| e.to_owned()).collect(),
            created_at: now(),
        };
        self.apps.insert(id, app);
    }

    fn install(&mut self, app: u64, account: u64) -> u64 {
        let (id, at) = (self.id(), now());
        let made = Installation { id, app, account, suspended_at: None, created_at: at, updated_at: at };
        self.installations.insert(id, made);
        id
    }

    /// A new token of an installation, good for an hour. Ended ones are forgotten on the way.
    pub fn mint(&mut self, actor: Actor, app: u64) -> (String, i64) {
        let at = now();
        self.tokens.retain(|_, t| t.expires_at.is_none_or(|end| end > at));
        let (token, expires_at) = (installation_token(app), at + 3_600_000);
        self.tokens.insert(token.clone(), Token { actor, expires_at: Some(expires_at) });
        (token, expires_at)
    }

    /// The account that is to own a repository: an existing one, the standard organization under its new name, or a new one
    /// with both Apps installed.
    fn owner(&mut self, login: &str) -> u64 {
        if let Some(account) = self.account(login) {
            return account.id;
        }
        let unused = self
            .accounts
            .values()
            .find(|a| a.login == ORGANIZATION && !self.repos.values().any(|r| r.owner == a.id))
            .map(|a| a.id);
        if let Some(organization) = unused.and_then(|id| self.accounts.get_mut(&id)) {
            login.clone_into(&mut organization.login);
            login.clone_into(&mut organization.name);
            return organization.id;
        }
        let id = self.add_account(login, Kind::Organization);
        let (app, ci_app) = (self.cast.app, self.cast.ci_app);
        self.install(app, id);
        self.install(ci_app, id);
        id
    }

    pub fn create_repository(&mut self, owner: &str, name: &str, trunk: &str) -> Result<RepoSummary, Refused> {
        let full = format!("{owner}/{name}");
        if full.parse::<crate::ids::RepoName>().is_err() || trunk.parse::<crate::ids::BranchName>().is_err() {
            return Err(Refused::invalid("Repository", "name", "invalid"));
        }
        if self.repo_named(owner, name).is_some() {
            return Err(Refused::custom("Repository", "name already exists on this account"));
        }
        let owner = self.owner(owner);
        let id = self.add_repo(owner, name, trunk, None)?;
        let protection = self.trunk_protection();
        let (maintainer, user) = (self.cast.maintainer, self.cast.user);
        let repo = self.repo_mut(id)?;
        repo.collaborators.insert(maintainer, Role::Maintain);
        repo.collaborators.insert(user, Role::Write);
        repo.protection.insert(trunk.to_owned(), protection);
        let stub = self.repo(id).map(|r| self.repository_stub(r))?;
        let installed = self.installations.values().find(|i| i.app == self.cast.app && i.account == owner);
        if let Some(installation) = installed.map(|i| i.id) {
            let extra = serde_json::json!({"repository_selection": "all", "repositories_added": [stub],
                "repositories_removed": [], "requester": null});
            self.installation_hook(installation, "installation_repositories", "added", extra);
        }
        self.repo(id).map(|r| self.summary(r))
    }

    /// Trunk: the App, the maintainer and administrators may push, forward only.
    fn trunk_protection(&self) -> Protection {
        let users = vec![self.login(self.cast.maintainer).to_owned()];
        let apps = self.apps.get(&self.cast.app).map(|a| a.slug.clone()).into_iter().collect();
        Protection { restrict_pushes: Some(Pushers { users, apps }), ..Protection::default() }
    }

    fn add_repo(&mut self, owner: u64, name: &str, trunk: &str, fork_of: Option<u64>) -> Result<u64, Refused> {
        let (id, at) = (self.id(), now());
        let labels = [("bug", "d73a4a"), ("ready to merge", "0e8a16")];
        let labels = labels.map(|(n, color)| Label {
            id: self.id(),
            name: n.to_owned(),
            color: color.to_owned(),
            description: None,
        });
        let repo = Repo {
            id,
            owner,
            name: name.to_owned(),
            private: false,
            description: None,
            fork_of,
            default_branch: trunk.to_owned(),
            archived: false,
            created_at: at,
            updated_at: at,
            pushed_at: at,
            collaborators: BTreeMap::new(),
            labels: labels.into(),
            next_number: 1,
            issues: BTreeMap::new(),
            suites: BTreeMap::new(),
            check_runs: BTreeMap::new(),
            statuses: Vec::new(),
            activities: Vec::new(),
            runs: BTreeMap::new(),
            deployments: BTreeMap::new(),
            releases: Vec::new(),
            protection: BTreeMap::new(),
            rulesets: Vec::new(),
            refs: BTreeMap::new(),
        };
        bare(&self.git_dir(&repo), trunk)?;
        self.repos.insert(id, repo);
        Ok(id)
    }

    pub fn fork(&mut self, parent: u64, login: &str) -> Result<RepoSummary, Refused> {
        let of = self.repo(parent)?;
        let (name, trunk, source) = (of.name.clone(), of.default_branch.clone(), self.git_dir(of));
        let owner = self.account(login).ok_or_else(Refused::not_found)?.id;
        if let Some(there) = self.repo_named(login, &name) {
            return if there.fork_of == Some(parent) {
                Ok(self.summary(there))
            } else {
                Err(Refused::custom("Repository", "name already exists on this account"))
            };
        }
        let id = self.add_repo(owner, &name, &trunk, Some(parent))?;
        let into = self.open_git(id)?;
        let url = source.to_string_lossy().into_owned();
        into.remote_anonymous(&url)?.fetch(&["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"], None, None)?;
        let refs = git::refs(&into)?;
        let repo = self.repo_mut(id)?;
        repo.refs = refs;
        self.repo(id).map(|r| self.summary(r))
    }
}

fn granted(permissions: &[(&str, &str)]) -> BTreeMap<String, String> {
    permissions.iter().map(|&(name, level)| (name.to_owned(), level.to_owned())).collect()
}

/// Makes the bare repository with the settings GitHub's git servers have as seen from outside.
fn bare(dir: &std::path::Path, trunk: &str) -> Result<(), Refused> {
    let mut options = git2::RepositoryInitOptions::new();
    options.bare(true).mkpath(true).no_reinit(true).initial_head(trunk);
    let git = git2::Repository::init_opts(dir, &options)?;
    let mut config = git.config()?;
    config.set_bool("http.receivepack", true)?;
    config.set_bool("uploadpack.allowFilter", true)?;
    config.set_bool("uploadpack.allowAnySHA1InWant", true)?;
    config.set_bool("receive.advertiseAtomic", true)?;
    // Pull request refs are GitHub's own: readable, never writable by a push.
    config.set_str("receive.hideRefs", "refs/pull")?;
    // Objects that only a closed pull request or a lost race needs must stay readable, as on GitHub.
    config.set_i32("gc.auto", 0)?;
    config.set_bool("receive.autogc", false)?;
    Ok(())
}
