//! A small HTTP client for the API of a running service: one request at a time, with an end, following nothing. A change is
//! sent again under the same key when it was not answered, so it never counts twice.

use crate::config::service_url;
use crate::wording::shown;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt;
use std::time::Duration;

const USUAL: &str = "http://127.0.0.1:8080";
/// One request, from its connection to the end of its answer.
const ANSWER_MAX: Duration = Duration::from_secs(20);
const ANSWER_BYTES_MAX: usize = 32 << 20;
/// Times that a change is sent when nobody answers, and the pause between.
const TIMES: u32 = 4;
const PAUSE: Duration = Duration::from_secs(1);

/// Why the service was not asked, or would not listen: a sentence with what to do.
#[derive(Debug)]
pub struct Trouble {
    what: String,
    /// The same may do better when it is sent again.
    passing: bool,
}

impl Trouble {
    pub fn said(what: impl Into<String>) -> Self {
        Self { what: what.into(), passing: false }
    }

    fn passing(what: String) -> Self {
        Self { what, passing: true }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// The way to one service.
pub struct Client {
    base: String,
    token: Option<SecretString>,
    wire: hyper_util::client::legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Client {
    /// Opens nothing yet. The address is the given one, else the environment's, else this machine's.
    pub fn new(url: Option<&str>, token: Option<SecretString>) -> Result<Self, Trouble> {
        let said = url.map(str::to_owned).or_else(|| std::env::var("GREENLINE_URL").ok().filter(|url| !url.is_empty()));
        let said = said.unwrap_or_else(|| USUAL.to_owned());
        let base =
            service_url(&said, token.is_some()).map_err(|why| Trouble::said(format!("the service's address {why}")))?;
        let connector = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|error| {
                Trouble::said(format!("this machine's list of certificate authorities cannot be read: {error}"))
            })?
            .https_or_http()
            .enable_http1()
            .build();
        let wire = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { base, token, wire })
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Result<Value, Trouble> {
        self.exchange("GET", path, &Value::Null, "").await
    }

    /// Asks for a change; answers where its answer will be.
    pub async fn change(&self, method: &str, path: &str, body: &Value) -> Result<String, Trouble> {
        let key = key()?;
        let mut times = 1;
        loop {
            match self.exchange(method, path, body, &key).await {
                Err(trouble) if trouble.passing && times < TIMES => {
                    eprintln!("greenline: {trouble}; trying again");
                    tokio::time::sleep(PAUSE).await;
                    times += 1;
                }
                Err(trouble) => return Err(trouble),
                Ok(answer) => {
                    let look = answer["look"].as_str().filter(|look| look.starts_with("/api/"));
                    return look.map(str::to_owned).ok_or_else(|| foreign(&self.base));
                }
            }
        }
    }

    async fn exchange(&self, method: &str, path: &str, body: &Value, key: &str) -> Result<Value, Trouble> {
        let silent = |why: &dyn fmt::Display| {
            let base = &self.base;
            Trouble::passing(format!(
                "no answer from {base}: {why}; see that `greenline serve` runs there, or name it with --url"
            ))
        };
        let whole = async {
            let request = self.request(method, path, body, key)?;
            let answer = self.wire.request(request).await.map_err(|error| silent(&root(&error)))?;
            let status = answer.status();
            let bytes =
                Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await.map_err(|error| silent(&error))?;
            Ok((status, bytes.to_bytes()))
        };
        let whole = tokio::time::timeout(ANSWER_MAX, whole).await;
        let (status, bytes) = whole.map_err(|_| silent(&format!("nothing within {} s", ANSWER_MAX.as_secs())))??;
        let answer: Option<Value> = serde_json::from_slice(&bytes).ok();
        match answer {
            Some(answer) if status.is_success() => Ok(answer),
            Some(answer) => Err(refused(status, &answer)),
            None if status.is_server_error() => Err(silent(&format!("it said {status}"))),
            None => Err(foreign(&self.base)),
        }
    }

    fn request(&self, method: &str, path: &str, body: &Value, key: &str) -> Result<Request<Full<Bytes>>, Trouble> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, concat!("greenline/", env!("CARGO_PKG_VERSION")));
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose_secret()));
        }
        let bytes = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        if !bytes.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let wrong = |error| Trouble::said(format!("the request cannot be written: {error}; check address and token"));
        request.body(Full::new(bytes)).map_err(wrong)
    }
}

/// Makes of an answer what it should be.
pub fn read<T: DeserializeOwned>(answer: &Value) -> Result<T, Trouble> {
    T::deserialize(answer).map_err(|error| {
        Trouble::said(format!(
            "the service's answer cannot be understood ({error}); use the same version here and there"
        ))
    })
}

/// A refusal in the shape all of the service's have.
fn refused(status: StatusCode, answer: &Value) -> Trouble {
    let part = |name: &str| answer[name].as_str().map(str::to_owned).unwrap_or_default();
    let passing =
        matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT);
    Trouble { what: format!("{} ({}, {}) — {}", part("why"), part("error"), status.as_u16(), part("fix")), passing }
}

fn foreign(base: &str) -> Trouble {
    Trouble::said(format!("{} does not answer as Greenline does; check --url or GREENLINE_URL", shown(base)))
}

fn key() -> Result<String, Trouble> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Trouble::said(format!("the operating system gave no chance: {error}")))?;
    Ok(u128::from_ne_bytes(bytes).to_string())
}

/// What an error is at its root: the layers above only say that something failed.
fn root(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
