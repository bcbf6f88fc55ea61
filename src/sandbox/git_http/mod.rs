//! Git over HTTP, as GitHub has it: who may, then the real `git http-backend` as a CGI program. Knows no pull requests.

mod cgi;
mod commands;
mod push;

use super::Lookalike;
use super::git_program;
use super::types::{Actor, GitAccess};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use cgi::Cgi;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// The git door of the look-alike. Cheap to clone.
#[derive(Clone)]
pub struct GitHttp(Arc<Inner>);

struct Inner {
    forge: Lookalike,
    /// The `git-http-backend` program.
    backend: PathBuf,
    hooks: push::Hooks,
    /// One push at a time for each repository, by its id.
    turns: Mutex<HashMap<u64, Arc<tokio::sync::Mutex<()>>>>,
}

/// A repository somebody may use.
struct Granted {
    actor: Actor,
    repo: u64,
    dir: PathBuf,
}

impl GitHttp {
    /// Looks for git and writes the hook scripts under `dir`.
    ///
    /// # Errors
    /// When git is absent or too old, or `dir` cannot be written.
    pub async fn new(forge: Lookalike, dir: &std::path::Path) -> Result<Self, super::SandboxTrouble> {
        let backend = git_program::require().await?.join("git-http-backend");
        let hooks = push::Hooks::write(&dir.join("hooks"))?;
        Ok(Self(Arc::new(Inner { forge, backend, hooks, turns: Mutex::default() })))
    }

    /// `/{owner}/{name}/info/refs` and the two services; `.git` may follow the name.
    pub fn router(self) -> Router {
        Router::new()
            .route("/{owner}/{name}/info/refs", get(advertise))
            .route("/{owner}/{name}/git-upload-pack", post(fetch))
            .route("/{owner}/{name}/git-receive-pack", post(receive))
            .with_state(self)
    }

    /// Lets a caller in to read, or to write too.
    fn admit(&self, names: &(String, String), headers: &HeaderMap, to_write: bool) -> Result<Granted, Denial> {
        let name = names.1.strip_suffix(".git").unwrap_or(&names.1);
        let full_name = format!("{}/{name}", names.0);
        let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        match self.0.forge.git_access(authorization, &full_name) {
            GitAccess::Allowed { actor, can_write, repo, repo_dir } => {
                if to_write && !can_write {
                    let anonymous = actor == Actor::Anonymous;
                    return Err(if anonymous { Denial::WhoAreYou } else { Denial::ReadOnly(full_name) });
                }
                Ok(Granted { actor, repo, dir: repo_dir })
            }
            GitAccess::NotFound => Err(Denial::NoSuchRepository),
            GitAccess::Unauthorized => Err(Denial::WhoAreYou),
        }
    }

    fn turn(&self, repo: u64) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.turns.lock().expect("no holder of this lock panics");
        turns.entry(repo).or_default().clone()
    }

    fn cgi(&self, granted: &Granted, path: &'static str, headers: &HeaderMap) -> Cgi {
        Cgi::new(&self.0.backend, &granted.dir, path, headers)
    }
}

/// Why nothing is served.
enum Denial {
    WhoAreYou,
    NoSuchRepository,
    ReadOnly(String),
    OldClient,
}

impl IntoResponse for Denial {
    fn into_response(self) -> Response {
        let text = match &self {
            Self::WhoAreYou => {
                "Invalid username or token. Password authentication is not supported for Git operations.\n".into()
            }
            Self::NoSuchRepository => "Repository not found.\n".into(),
            Self::ReadOnly(full_name) => format!("Permission to {full_name}.git denied to these credentials.\n"),
            Self::OldClient => "Please upgrade your git client: only smart HTTP is served.\n".into(),
        };
        let status = match self {
            Self::WhoAreYou => {
                let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"GitHub\"")];
                return (StatusCode::UNAUTHORIZED, challenge, text).into_response();
            }
            Self::NoSuchRepository => StatusCode::NOT_FOUND,
            Self::ReadOnly(_) | Self::OldClient => StatusCode::FORBIDDEN,
        };
        (status, text).into_response()
    }
}

async fn advertise(
    State(door): State<GitHttp>,
    Path(names): Path<(String, String)>,
    request: Request,
) -> Result<Response, Denial> {
    let service = match request.uri().query() {
        Some("service=git-upload-pack") => "git-upload-pack",
        Some("service=git-receive-pack") => "git-receive-pack",
        Some(_) | None => return Err(Denial::OldClient),
    };
    let granted = door.admit(&names, request.headers(), service == "git-receive-pack")?;
    Ok(door.cgi(&granted, "/info/refs", request.headers()).advertise(service).stream(Body::empty()).await)
}

async fn fetch(
    State(door): State<GitHttp>,
    Path(names): Path<(String, String)>,
    request: Request,
) -> Result<Response, Denial> {
    let (head, body) = request.into_parts();
    let granted = door.admit(&names, &head.headers, false)?;
    Ok(door.cgi(&granted, "/git-upload-pack", &head.headers).stream(body).await)
}

async fn receive(
    State(door): State<GitHttp>,
    Path(names): Path<(String, String)>,
    request: Request,
) -> Result<Response, Denial> {
    let (head, body) = request.into_parts();
    let granted = door.admit(&names, &head.headers, true)?;
    // A task of its own: once git has begun to move refs, a client that hangs up must not keep the forge from hearing of it.
    let task = tokio::spawn(async move { push::receive(&door, &granted, &head.headers, body).await });
    Ok(task.await.unwrap_or_else(|broken| {
        let text = format!("the push broke off inside the sandbox: {broken}\n");
        (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
    }))
}
