//! What the body of a request says: read within bounds, and made into a command of the table that comments are read by. It
//! decides nothing about who may ask.

use super::ApiError;
use crate::command::{Command, PRIORITIES, Stop, Trying, Wish, reason};
use crate::facts::Strategy;
use crate::ids::Sha;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The largest body; what can be asked has some two hundred bytes.
const BODY_BYTES: usize = 4 << 10;

const SHAPES: &str = r#""as": "rebase", "merge", "squash", "rebase-merge" or "fast-forward""#;

/// How a pull request is to land.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Add {
    /// The head that is meant, whole.
    commit: Sha,
    /// The shape of its commits on trunk.
    #[serde(default, rename = "as")]
    shape: Option<Strategy>,
    #[serde(default)]
    priority: Option<i32>,
    #[serde(default)]
    alone: bool,
    #[serde(default)]
    when_green: bool,
    #[serde(default)]
    hotfix: bool,
}

/// What is to be tried.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Try {
    commit: Option<Sha>,
    #[serde(rename = "as")]
    shape: Option<Strategy>,
}

/// Why a pull request is to be held.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Hold {
    because: Option<String>,
}

/// Why nothing is to land, and until when.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Freeze {
    because: String,
    #[serde(default)]
    until: Option<String>,
    #[serde(default, rename = "for")]
    length: Option<String>,
}

/// What a body may say.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asks {
    Add,
    Try,
    Hold,
    Freeze,
}

impl Asks {
    /// The command that these bytes say; of what may be left out, all may be.
    fn command(self, bytes: &Bytes) -> Result<Command, ApiError> {
        match self {
            Self::Add => self.parse::<Add>(bytes).and_then(|add| self.merge(&add)),
            Self::Try => self
                .parse_or_default::<Try>(bytes)
                .map(|Try { commit, shape }| Command::Try(Trying { head: commit.map(Into::into), strategy: shape })),
            Self::Hold => {
                self.parse_or_default::<Hold>(bytes).map(|hold| Command::Hold(hold.because.as_deref().and_then(reason)))
            }
            Self::Freeze => {
                let Freeze { because, until, length } = self.parse(bytes)?;
                let stop = Stop::said(until.as_deref(), length.as_deref(), &because);
                stop.map(Command::Freeze).map_err(|why| self.wrong(why))
            }
        }
    }

    fn merge(self, add: &Add) -> Result<Command, ApiError> {
        if add.priority.is_some_and(|priority| !PRIORITIES.contains(&priority)) {
            return Err(self.wrong(format!(
                "a priority is a whole number from {} to {}",
                PRIORITIES.start(),
                PRIORITIES.end()
            )));
        }
        Ok(Command::Merge(Wish {
            head: Some(add.commit.into()),
            strategy: add.shape,
            priority: add.priority,
            alone: add.alone,
            when_green: add.when_green,
            hotfix: add.hotfix,
        }))
    }

    fn parse_or_default<T: DeserializeOwned + Default>(self, bytes: &Bytes) -> Result<T, ApiError> {
        if bytes.is_empty() { Ok(T::default()) } else { self.parse(bytes) }
    }

    fn parse<T: DeserializeOwned>(self, bytes: &Bytes) -> Result<T, ApiError> {
        serde_json::from_slice(bytes).map_err(|error| {
            if error.is_data() {
                self.wrong(error.to_string())
            } else {
                let why = format!("the body is no JSON: {error}");
                ApiError::new(StatusCode::BAD_REQUEST, "not_json", why).fix(self.fix())
            }
        })
    }

    fn wrong(self, why: String) -> ApiError {
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong_fields", why).fix(self.fix())
    }

    fn fix(self) -> String {
        match self {
            Self::Add => format!(
                r#"send {{"commit": "40 hex digits"}}, and if wished {SHAPES}, "priority": N, "alone": true, "when_green": true, "hotfix": true"#
            ),
            Self::Try => format!(r#"send no body, or {{"commit": "40 hex digits", {SHAPES}}}"#),
            Self::Hold => r#"send no body, or {"because": "the reason"}"#.to_owned(),
            Self::Freeze => {
                r#"send {"because": "the reason"}, and if wished "until": "2026-12-01 08:00" or "for": "2h30m""#
                    .to_owned()
            }
        }
    }
}

/// Reads a body of at most so many bytes.
pub(super) async fn whole(body: Body, patience_ms: u64, most: usize) -> Result<Bytes, ApiError> {
    let read = tokio::time::timeout(Duration::from_millis(patience_ms), to_bytes(body, most)).await;
    let bytes = read.map_err(|_| {
        ApiError::new(StatusCode::REQUEST_TIMEOUT, "slow_body", "the body did not arrive in time")
            .fix("send it again")
            .closing()
    })?;
    bytes.map_err(|_| {
        let why = format!("a body may have {most} bytes; this one has more, or its connection broke");
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", why).fix("send only what is asked").closing()
    })
}

/// Reads a body and what it asks.
pub(super) async fn read(headers: &HeaderMap, body: Body, patience_ms: u64, asks: Asks) -> Result<Command, ApiError> {
    let bytes = whole(body, patience_ms, BODY_BYTES).await?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !bytes.is_empty() && !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
    {
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", "the body is not said to be JSON")
            .fix("send Content-Type: application/json"));
    }
    asks.command(&bytes)
}
