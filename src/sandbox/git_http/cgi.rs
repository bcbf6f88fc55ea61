//! One call of `git http-backend` by the rules of CGI: request into environment and stdin, stdout into an answer.
//! Decides nothing about who may do what.

use super::super::git_program;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt};
use std::path::Path;
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Git sends something (a keepalive at least) every few seconds; this long without a byte is a dead process.
const SILENCE_MAX: Duration = Duration::from_mins(5);
/// A push's answer is a line per ref and what the hooks said.
const REPORT_BYTES_MAX: u64 = 16 << 20;
const HEADER_BYTES_MAX: u64 = 16 << 10;

/// A call that is being prepared.
pub struct Cgi {
    command: Command,
    settings: Vec<(&'static str, String)>,
}

impl Cgi {
    /// A POST to `path` in the bare repository `dir`, with what git needs to know of the request's headers.
    pub fn new(backend: &Path, dir: &Path, path: &'static str, headers: &HeaderMap) -> Self {
        let mut command = Command::new(backend);
        command
            .env("GIT_PROJECT_ROOT", dir)
            .env("GIT_HTTP_EXPORT_ALL", "1")
            .env("PATH_INFO", path)
            .env("REQUEST_METHOD", "POST")
            .env("QUERY_STRING", "")
            .env("REMOTE_USER", "sandbox")
            .env("REMOTE_ADDR", "127.0.0.1");
        let passed = [
            (header::CONTENT_TYPE, "CONTENT_TYPE"),
            (header::CONTENT_LENGTH, "CONTENT_LENGTH"),
            (header::CONTENT_ENCODING, "HTTP_CONTENT_ENCODING"),
            (HeaderName::from_static("git-protocol"), "GIT_PROTOCOL"),
        ];
        let mut cgi = Self { command, settings: Vec::new() };
        for (from, to) in passed {
            match headers.get(from).and_then(|value| value.to_str().ok()) {
                Some(value) => cgi.command.env(to, value),
                None => cgi.command.env_remove(to),
            };
        }
        cgi
    }

    /// Turns it into the GET that lists refs for `service`.
    pub fn advertise(mut self, service: &str) -> Self {
        self.command.env("REQUEST_METHOD", "GET").env("QUERY_STRING", format!("service={service}"));
        self
    }

    /// Gives the call, and the hooks it runs, one more variable.
    pub fn env(mut self, name: &str, value: &Path) -> Self {
        self.command.env(name, value);
        self
    }

    /// Gives the call one more git setting.
    pub fn setting(mut self, key: &'static str, value: &Path) -> Self {
        self.settings.push((key, value.to_string_lossy().into_owned()));
        self
    }

    /// Answers as soon as git does, and streams both ways; the process dies with the connection.
    pub async fn stream(self, body: Body) -> Response {
        match self.begin(body.into_data_stream()).await {
            Ok(begun) => begun.stream(),
            Err(trouble) => broken(&trouble),
        }
    }

    /// Runs the call to its end before anything is answered.
    pub async fn complete<S>(self, body: S) -> Response
    where
        S: Stream<Item = Result<Bytes, axum::Error>> + Send + 'static,
    {
        match self.begin(body).await {
            Ok(begun) => begun.complete().await.unwrap_or_else(|trouble| broken(&trouble)),
            Err(trouble) => broken(&trouble),
        }
    }

    async fn begin<S>(mut self, body: S) -> std::io::Result<Begun>
    where
        S: Stream<Item = Result<Bytes, axum::Error>> + Send + 'static,
    {
        // `isolate` removes every GIT_ variable of our own environment, so it must come before those of the request.
        let explicit: Vec<_> =
            self.command.as_std().get_envs().map(|(k, v)| (k.to_owned(), v.map(ToOwned::to_owned))).collect();
        let more: Vec<_> = self.settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
        git_program::isolate(&mut self.command, &more);
        for (name, value) in explicit {
            match value {
                Some(value) => self.command.env(name, value),
                None => self.command.env_remove(name),
            };
        }
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = self.command.spawn()?;
        let stdin = child.stdin.take().expect("stdin is piped above");
        tokio::spawn(feed(stdin, body));
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped above"));
        let (status, headers) = tokio::time::timeout(SILENCE_MAX, read_headers(&mut stdout)).await??;
        Ok(Begun { child, stdout, status, headers })
    }
}

/// Git has said the headers of its answer; the rest is to come.
struct Begun {
    child: Child,
    stdout: BufReader<ChildStdout>,
    status: StatusCode,
    headers: HeaderMap,
}

impl Begun {
    fn stream(self) -> Response {
        let Self { child, stdout, status, headers } = self;
        let chunks = futures_util::stream::unfold((child, stdout), |(child, mut stdout)| async move {
            let mut chunk = Vec::with_capacity(64 << 10);
            match tokio::time::timeout(SILENCE_MAX, stdout.read_buf(&mut chunk)).await {
                Ok(Ok(0)) => None,
                Ok(Ok(_)) => Some((Ok(Bytes::from(chunk)), (child, stdout))),
                Ok(Err(trouble)) => Some((Err(trouble), (child, stdout))),
                Err(silent) => Some((Err(silent.into()), (child, stdout))),
            }
        });
        (status, headers, Body::from_stream(chunks)).into_response()
    }

    async fn complete(mut self) -> std::io::Result<Response> {
        let mut report = Vec::new();
        let mut stdout = (&mut self.stdout).take(REPORT_BYTES_MAX);
        tokio::time::timeout(SILENCE_MAX, stdout.read_to_end(&mut report)).await??;
        tokio::time::timeout(SILENCE_MAX, self.child.wait()).await??;
        Ok((self.status, self.headers, report).into_response())
    }
}

/// Copies the request's body; git closing its end early is git's answer, not our trouble.
async fn feed<S>(mut stdin: ChildStdin, body: S)
where
    S: Stream<Item = Result<Bytes, axum::Error>> + Send,
{
    let mut body = pin!(body);
    while let Some(Ok(chunk)) = body.next().await {
        if stdin.write_all(&chunk).await.is_err() {
            return;
        }
    }
}

async fn read_headers(stdout: &mut BufReader<ChildStdout>) -> std::io::Result<(StatusCode, HeaderMap)> {
    let mut status = StatusCode::OK;
    let mut headers = HeaderMap::new();
    let mut lines = stdout.take(HEADER_BYTES_MAX).lines();
    while let Some(line) = lines.next_line().await? {
        if line.is_empty() {
            return Ok((status, headers));
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            status = value.get(..3).and_then(|code| code.parse().ok()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        } else if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    }
    Err(std::io::Error::other("git http-backend ended before it had answered"))
}

fn broken(trouble: &std::io::Error) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("git http-backend did not answer: {trouble}\n")).into_response()
}
