//! One push: protection is asked before git runs, refuses by hook, and what really moved is told to the look-alike.
//! Never writes a ref itself.

use super::super::types::{Actor, RefChange, RefVerdict};
use super::commands::{CommandReader, NotAPush};
use super::{GitHttp, Granted};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Names the directory by which a push and its hooks speak.
const SCRATCH: &str = "GREENLINE_SANDBOX_PUSH";
/// How long a push waits for those before it on the same repository.
const TURN_MAX: Duration = Duration::from_mins(5);

/// Writes what moved, one `old new name` a line.
const POST_RECEIVE: &str = r#"#!/bin/sh
while read -r line; do printf '%s\n' "$line"; done > "$GREENLINE_SANDBOX_PUSH/moved"
"#;

/// Refuses a ref by what protection said of it. `.lock` ends no legal ref, so no two refs share a file or directory.
const UPDATE: &str = r#"#!/bin/sh
refused="$GREENLINE_SANDBOX_PUSH/refused/$1.lock"
forward="$GREENLINE_SANDBOX_PUSH/forward/$1.lock"
if [ -f "$refused" ]; then cat "$refused" >&2; exit 1; fi
if [ -f "$GREENLINE_SANDBOX_PUSH/no-workflows" ]; then
    case $3 in *[!0]*) flow=$(git log --format= --name-only "$3" --not --all -- .github/workflows | head -n 1) ;; esac
    if [ -n "$flow" ]; then
        printf 'refusing to allow a GitHub App to create or update workflow `%s` without `workflows` permission\n' "$flow" >&2
        exit 1
    fi
fi
[ -f "$forward" ] || exit 0
case $2 in *[!0]*) ;; *) exit 0 ;; esac
case $3 in *[!0]*) git merge-base --is-ancestor "$2" "$3" 2>/dev/null && exit 0 ;; esac
cat "$forward" >&2
exit 1
"#;

/// The hook scripts: one set for pushes that protection has nothing against, one for the others.
pub struct Hooks {
    free: PathBuf,
    judged: PathBuf,
}

impl Hooks {
    /// Writes them under `dir`.
    pub fn write(dir: &Path) -> io::Result<Self> {
        let hooks = Self { free: dir.join("free"), judged: dir.join("judged") };
        let scripts = [
            (hooks.free.join("post-receive"), POST_RECEIVE),
            (hooks.judged.join("post-receive"), POST_RECEIVE),
            (hooks.judged.join("update"), UPDATE),
        ];
        for (path, text) in scripts {
            fs::create_dir_all(path.parent().expect("joined above"))?;
            fs::write(&path, text)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        }
        Ok(hooks)
    }
}

/// Carries out a push that its caller is allowed to begin.
pub async fn receive(door: &GitHttp, granted: &Granted, headers: &HeaderMap, body: Body) -> Response {
    let gzip = headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding == "gzip");
    let Ok((changes, body)) = read_commands(gzip, body).await else {
        return (StatusCode::BAD_REQUEST, "this is not a push\n").into_response();
    };
    let turn = door.turn(granted.repo);
    let Ok(_turn) = tokio::time::timeout(TURN_MAX, turn.lock()).await else {
        return (StatusCode::SERVICE_UNAVAILABLE, "other pushes to this repository take too long\n").into_response();
    };
    match perform(door, granted, headers, changes, body).await {
        Ok(response) => response,
        Err(trouble) => {
            (StatusCode::INTERNAL_SERVER_ERROR, format!("the push could not be prepared: {trouble}\n")).into_response()
        }
    }
}

type Chunks = stream::BoxStream<'static, Result<Bytes, axum::Error>>;

/// Reads as much as holds the commands; the stream answered still begins with the first byte.
async fn read_commands(gzip: bool, body: Body) -> Result<(Vec<RefChange>, Chunks), NotAPush> {
    let mut reader = CommandReader::new(gzip);
    let mut rest = body.into_data_stream();
    let mut seen = Vec::new();
    let mut done = false;
    while !done && let Some(chunk) = rest.next().await {
        let chunk = chunk.map_err(|_| NotAPush)?;
        done = reader.take(&chunk)?;
        seen.push(Ok(chunk));
    }
    Ok((reader.changes(), stream::iter(seen).chain(rest).boxed()))
}

async fn perform<S>(
    door: &GitHttp,
    granted: &Granted,
    headers: &HeaderMap,
    changes: Vec<RefChange>,
    body: S,
) -> io::Result<Response>
where
    S: Stream<Item = Result<Bytes, axum::Error>> + Send + 'static,
{
    let (forge, repo, actor) = (door.0.forge.clone(), granted.repo, granted.actor.clone());
    let verdicts = forge.judge_push(repo, &actor, &changes);
    let scratch = tempfile::tempdir()?;
    let mut free = write_verdicts(scratch.path(), &changes, &verdicts)?;
    if !may_change_workflows(&actor) {
        fs::write(scratch.path().join("no-workflows"), "")?;
        free = false;
    }
    let hooks = if free { &door.0.hooks.free } else { &door.0.hooks.judged };
    let response = door
        .cgi(granted, "/git-receive-pack", headers)
        .env(SCRATCH, scratch.path())
        .setting("core.hooksPath", hooks)
        .complete(body)
        .await;
    let moved = read_moved(scratch.path());
    if !moved.is_empty() {
        let told = tokio::task::spawn_blocking(move || forge.pushed(repo, &actor, &moved));
        told.await.map_err(io::Error::other)?;
    }
    Ok(response)
}

/// Only the hook sees what is in a push.
fn may_change_workflows(actor: &Actor) -> bool {
    match actor {
        Actor::Installation { permissions, .. } => permissions.get("workflows").is_some_and(|level| level == "write"),
        Actor::Anonymous | Actor::User(_) | Actor::App(_) | Actor::Admin => true,
    }
}

/// Lays the verdicts out for the hook; true when there is nothing to refuse.
fn write_verdicts(dir: &Path, changes: &[RefChange], verdicts: &[RefVerdict]) -> io::Result<bool> {
    let mut free = true;
    for (change, verdict) in changes.iter().zip(verdicts) {
        let (kind, text) = match verdict {
            RefVerdict::Allowed => continue,
            RefVerdict::FastForwardOnly(text) => ("forward", text),
            RefVerdict::Refused(text) => ("refused", text),
        };
        // A name git would refuse must not become a path; git refuses it before any hook runs.
        if change.name.parse::<crate::ids::RefName>().is_err() {
            continue;
        }
        let path = dir.join(kind).join(format!("{}.lock", change.name));
        fs::create_dir_all(path.parent().expect("joined above"))?;
        fs::write(path, format!("{}\n", text.trim_end()))?;
        free = false;
    }
    Ok(free)
}

fn read_moved(dir: &Path) -> Vec<RefChange> {
    let text = fs::read_to_string(dir.join("moved")).unwrap_or_default();
    let change = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let (old, new, name) = (words.next()?, words.next()?, words.next()?);
        (old != new).then(|| RefChange { name: name.into(), old: old.into(), new: new.into() })
    };
    text.lines().filter_map(change).collect()
}
