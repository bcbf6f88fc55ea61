//! Tells an address to deploy, signed as GitHub signs its webhooks, and asks the address that it answers how that goes. An
//! address is only told to if the service's settings hold a secret for it.

use super::address::{Address, is_under};
use super::line;
use super::web::{Answer, Silence, Web};
use crate::port::Trouble;
use crate::port::deploy::{Handle, Order, Progress, Started, Stopped};
use crate::when;
use hmac::{Hmac, KeyInit, Mac};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

const SIGNATURE: HeaderName = HeaderName::from_static("x-greenline-signature-256");
/// Begins the handle of a deployment that had failed already when it was accepted.
const FAILED: &str = "failed: ";
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

#[derive(Serialize)]
struct Body<'a> {
    key: &'a str,
    kind: &'a str,
    stage: &'a str,
    production: bool,
    candidate: &'a str,
    commit: String,
    version: Option<&'a str>,
    from: Option<From<'a>>,
    reason: &'a str,
    url: Option<&'a str>,
    begun_at: String,
}

#[derive(Serialize)]
struct From<'a> {
    candidate: &'a str,
    commit: String,
}

/// What whoever deploys says; all of it may be missing.
#[derive(Debug, Default, Deserialize)]
struct Said {
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    status_url: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    log_url: Option<String>,
    /// A failure that may pass.
    #[serde(default)]
    passing: bool,
    /// A failure that changed nothing.
    #[serde(default)]
    unchanged: bool,
    /// When it ended.
    #[serde(default)]
    at: Option<String>,
}

impl Said {
    fn of(answer: &Answer) -> Self {
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }

    fn progress(self) -> Option<Progress> {
        let told = |text: Option<String>| text.filter(|text| !text.is_empty()).map(|text| line(&text));
        match self.state.as_deref()? {
            "success" => Some(Progress::Succeeded { at: self.at.as_deref().and_then(when::parse) }),
            "failure" => Some(Progress::Failed {
                why: told(self.description)
                    .unwrap_or_else(|| "whoever deploys says that it failed, and not why".into()),
                passing: self.passing,
                unchanged: self.unchanged,
            }),
            "running" | "pending" | "queued" => {
                Some(Progress::Running { note: told(self.description), log: self.log_url })
            }
            _ => None,
        }
    }
}

fn body(order: &Order) -> Vec<u8> {
    let from = order.from.as_ref();
    let body = Body {
        key: &order.key,
        kind: order.kind,
        stage: order.stage.as_str(),
        production: order.production,
        candidate: &order.tag,
        commit: order.commit.to_string(),
        version: order.version.as_deref(),
        from: from.map(|(candidate, commit)| From { candidate, commit: commit.to_string() }),
        reason: &order.reason,
        url: order.url.as_deref(),
        begun_at: when::print(order.begun_at),
    };
    serde_json::to_vec(&body).expect("a plain struct of texts")
}

/// The headers that say whose word a body is.
fn signed(key: &str, secret: &SecretString, body: &[u8]) -> HeaderMap {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).expect("a key of any length will do");
    mac.update(body);
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let value = |text: &str| HeaderValue::from_str(text).expect("hex digits fit into a header");
    HeaderMap::from_iter([
        (SIGNATURE, value(&signature)),
        (KEY, HeaderValue::from_str(key).unwrap_or(HeaderValue::from_static(""))),
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
    ])
}

pub async fn start(
    web: &Web,
    secrets: &[(String, SecretString)],
    url: &str,
    order: &Order,
) -> Result<Started, Trouble> {
    let to = match Address::parse(url) {
        Ok(to) => to,
        Err(why) => return Ok(Started::Refused(format!("the stage's webhook {why}"))),
    };
    let Some((_, secret)) = secrets.iter().find(|(prefix, _)| is_under(url, prefix)) else {
        return Ok(Started::Refused(format!(
            "this service has no secret for {to}, and without one the address could not know whose order it is; whoever runs \
             the service adds a `[[deploy.webhook]]` with the address and a secret's file to bot.toml"
        )));
    };
    let body = body(order);
    let answer = match web.ask(Method::POST, &to, signed(&order.key, secret, &body), body).await {
        Ok(answer) => answer,
        Err(Silence::Barred(why)) => return Ok(Started::Refused(why)),
        Err(Silence::Nameless(why) | Silence::Unsent(why)) => return Err(Trouble::busy(why)),
        Err(Silence::Lost(why)) => return Ok(Started::Unknown(why)),
    };
    Ok(started(&to, &answer))
}

fn started(to: &Address, answer: &Answer) -> Started {
    let status = answer.status;
    if status.is_success() {
        let location = answer.headers.get(LOCATION).and_then(|at| at.to_str().ok()).map(str::to_owned);
        let mut said = Said::of(answer);
        let status_url = said.status_url.take().or(location);
        return match (said.progress(), status_url) {
            (Some(Progress::Succeeded { .. }), _) => Started::Done,
            (Some(Progress::Failed { why, unchanged: true, .. }), _) => Started::Refused(why),
            (Some(Progress::Failed { why, .. }), None) => Started::Running(Handle(format!("{FAILED}{why}"))),
            (_, None) => Started::Running(Handle(String::new())),
            (_, Some(at)) => match to.join(&at) {
                Ok(at) => Started::Running(Handle(at.to_string())),
                Err(why) => {
                    tracing::warn!(%to, why, "the address where a deployment's state stands is not asked");
                    Started::Running(Handle(String::new()))
                }
            },
        };
    }
    let told = format!("{to} answered {status}");
    match status {
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Started::Unknown(told),
        _ if status.is_server_error() => Started::Unknown(told),
        _ if status.is_redirection() => {
            Started::Refused(format!("{told}, which leads elsewhere and is not followed; write the final address"))
        }
        _ => Started::Refused(match Said::of(answer).description {
            Some(why) => format!("{told}: {}", line(&why)),
            None => told,
        }),
    }
}

pub async fn progress(web: &Web, url: &str, handle: Option<&Handle>) -> Result<Progress, Trouble> {
    // Whether the order arrived nobody can tell; under the same key it may be given again.
    let Some(Handle(at)) = handle else { return Ok(Progress::NotBegun) };
    if let Some(why) = at.strip_prefix(FAILED) {
        return Ok(Progress::Failed { why: why.to_owned(), passing: false, unchanged: false });
    }
    if at.is_empty() {
        return Ok(Progress::Running { note: Some("whoever deploys will tell how it ends".into()), log: None });
    }
    let at = match Address::parse(url).and_then(|to| to.join(at)) {
        Ok(at) => at,
        Err(why) => return Ok(Progress::Lost(format!("how it stands cannot be asked: {why}"))),
    };
    let answer = match web.get(&at).await {
        Ok(answer) => answer,
        Err(Silence::Barred(why)) => return Ok(Progress::Lost(why)),
        Err(other @ (Silence::Nameless(_) | Silence::Unsent(_) | Silence::Lost(_))) => {
            return Err(Trouble::busy(other.why()));
        }
    };
    let status = answer.status;
    if matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) {
        return Ok(Progress::Lost(format!("{at} knows nothing of the deployment any more ({status})")));
    }
    if !status.is_success() {
        return Err(Trouble::busy(format!("{at} answered {status}")));
    }
    Said::of(&answer).progress().ok_or_else(|| {
        Trouble::busy(format!(
            "{at} did not say how it stands; it is to answer JSON with a `state`: running, success or failure"
        ))
    })
}

pub fn stop() -> Stopped {
    Stopped::No("whoever deploys was told to and cannot be stopped from here; its end is waited for".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_github() {
        // GitHub's own example ("Validating webhook deliveries").
        let headers = signed("k", &SecretString::from("It's a Secret to Everybody"), b"Hello, World!");
        let want = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert_eq!(headers.get(SIGNATURE).and_then(|value| value.to_str().ok()), Some(want));
    }

    #[test]
    fn a_word_we_do_not_know_is_no_state() {
        let said = |text: &str| serde_json::from_str::<Said>(text).expect("JSON").progress();
        assert_eq!(said(r#"{"state":"splendid"}"#), None);
        assert_eq!(said("{}"), None);
        assert_eq!(
            said(r#"{"state":"failure","description":"no","unchanged":true}"#),
            Some(Progress::Failed { why: "no".into(), passing: false, unchanged: true })
        );
    }
}
