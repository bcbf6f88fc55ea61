//! Carries one request to GitHub and its answer back, as the App or as an installation. It follows redirects on the same
//! host, makes a refused token anew once, and stops at rate limits. It never repeats a request that may have had an effect.

mod question;
mod stream;

use super::answer::{Answer, Ask, Failed, silent, written};
use super::cache::Cache;
use super::host::{GRAPHQL, Host};
use super::limits::{self, Gates};
use super::model::MintedToken;
use super::tokens::{Slot, Token, Tokens};
use crate::adapter::clock::SystemClock;
use crate::config::service::GithubConfig;
use crate::ids::{AppId, InstallationId};
use crate::port::{Clock, Outcome, Trouble};
use crate::when;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, IF_NONE_MATCH, USER_AGENT};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use octocrab::auth::{EncodingKey, create_jwt};
use octocrab::{OctoBody, Octocrab};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex as AsyncMutex, Semaphore};
use tokio::time::Instant;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const READ_TIMEOUT: Duration = Duration::from_secs(15);
pub(super) const WHOLE_TIMEOUT: Duration = Duration::from_secs(30);
const MOST_BYTES: usize = 32 * 1024 * 1024;
const MOST_HOPS: usize = 3;
/// Pages of one list, of a hundred items each.
const MOST_PAGES: usize = 100;
/// Requests under way at the same time.
const MOST_AT_ONCE: usize = 64;
/// octocrab's own tokens end after nine minutes.
const APP_TOKEN_MS: i64 = 9 * 60 * 1000;
/// For a minted token that does not say when it ends, which GitHub's never do not.
const UNSAID_MS: i64 = 15 * 60 * 1000;
pub(super) const API_VERSION: &str = "2022-11-28";
pub(super) const AGENT: &str = concat!("greenline/", env!("CARGO_PKG_VERSION"));

/// As whom we ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Who {
    /// The App itself.
    App,
    /// One installation of it.
    Installation(InstallationId),
}

/// What came of walking through a list.
pub(super) struct Walked {
    /// The answer to the first page, if it was a refusal; then there was no page at all.
    pub(super) refused: Option<Arc<Answer>>,
    /// The list is at another place now, for good.
    pub(super) moved: bool,
}

/// The connection to one GitHub, and everything known about it for as long as the service runs.
pub(super) struct Client {
    crab: Octocrab,
    /// For what does not stand under the REST interface: the other one puts that interface's path before every address.
    strangers: Octocrab,
    host: Host,
    app: AppId,
    key: EncodingKey,
    own: AsyncMutex<Slot>,
    tokens: Tokens,
    /// GitHub takes a hundred requests at the same time, and shuts out who asks more ("Rate limits for the REST API").
    at_once: Semaphore,
    gates: Gates,
    /// For questions alone: GitHub counts those apart, in points.
    question_gates: Gates,
    cache: Cache,
}

impl Client {
    /// Opens nothing yet; must be called inside a tokio runtime. `Denied` when the settings cannot be right.
    pub(super) fn new(settings: &GithubConfig) -> Result<Self, Trouble> {
        let (crab, strangers) = (connections(Some(&settings.api_url))?, connections(None)?);
        let key = EncodingKey::from_rsa_pem(settings.private_key.expose_secret().as_bytes()).map_err(|why| {
            Trouble::Denied(format!(
                "the App's private key is not an RSA key in PEM form ({why}); download a new one from the App's settings"
            ))
        })?;
        Ok(Self {
            crab,
            strangers,
            host: Host::new(&settings.api_url)?,
            app: settings.app_id,
            key,
            own: AsyncMutex::default(),
            tokens: Tokens::default(),
            at_once: Semaphore::new(MOST_AT_ONCE),
            gates: Gates::default(),
            question_gates: Gates::default(),
            cache: Cache::default(),
        })
    }

    /// The App we are.
    pub(super) fn app(&self) -> AppId {
        self.app
    }

    /// Reads. The answer may be a refusal, but neither silence nor a rate limit.
    pub(super) async fn get(&self, who: Who, ask: &Ask) -> Result<Arc<Answer>, Trouble> {
        let known = self.cache.get(who, &ask.path);
        let tag = known.as_ref().map(|(tag, _)| tag);
        let answer = match self.exchange(who, ask, tag).await {
            Err(Failed::Trouble(trouble)) => return Err(trouble),
            Err(Failed::Lost(why)) => return Err(Trouble::busy(format!("no answer to {}: {why}", ask.name()))),
            Ok(answer) if silent(answer.status) => return Err(answer.refusal(ask)),
            Ok(answer) => answer,
        };
        if answer.status == StatusCode::NOT_MODIFIED {
            let (_, known) = known.ok_or_else(|| Trouble::Bug(format!("GitHub says 304 to {} unasked", ask.name())))?;
            return Ok(if answer.moved { Arc::new(Answer { moved: true, ..(*known).clone() }) } else { known });
        }
        let answer = Arc::new(answer);
        self.cache.put(who, &ask.path, &answer);
        Ok(answer)
    }

    /// Reads a list page by page by its `Link` headers, until `each` breaks off. Pages may repeat items.
    pub(super) async fn walk<P: DeserializeOwned>(
        &self,
        who: Who,
        mut ask: Ask,
        mut each: impl FnMut(P) -> ControlFlow<()> + Send,
    ) -> Result<Walked, Trouble> {
        let mut moved = false;
        for page in 0..MOST_PAGES {
            let answer = self.get(who, &ask).await?;
            moved |= answer.moved;
            if page == 0 && !answer.status.is_success() {
                return Ok(Walked { refused: Some(answer), moved });
            }
            let go_on = each(answer.json(&ask)?).is_continue();
            match self.host.next(&answer.headers)? {
                Some(next) if go_on => ask.path = next,
                Some(_) | None => return Ok(Walked { refused: None, moved }),
            }
        }
        Err(Trouble::Bug(format!("the list {} has more than {MOST_PAGES} pages, which is more than we read", ask.path)))
    }

    /// Writes, once.
    pub(super) async fn write(&self, who: Who, ask: &Ask) -> Result<Outcome<Answer>, Trouble> {
        written(ask, self.exchange(who, ask, None).await)
    }

    /// An installation's token: kept until five minutes before its end.
    pub(super) async fn token(&self, installation: InstallationId) -> Result<SecretString, Trouble> {
        let slot = self.tokens.slot(installation);
        let mut slot = slot.lock().await;
        if let Some(good) = slot.good(SystemClock.now()) {
            return Ok(good);
        }
        let token = self.mint(installation).await?;
        slot.put(token.clone());
        Ok(token.secret())
    }

    /// Never uses this token again.
    async fn forget(&self, installation: InstallationId, refused: &SecretString) {
        self.tokens.slot(installation).lock().await.forget(refused);
    }

    async fn exchange(&self, who: Who, ask: &Ask, tag: Option<&HeaderValue>) -> Result<Answer, Failed> {
        let Who::Installation(installation) = who else {
            return self.follow(who, ask, tag, &self.own_token().await?).await;
        };
        let token = self.token(installation).await?;
        let answer = self.follow(who, ask, tag, &token).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        // A 401 is given before anything is done, so asking once more is safe for writes, too.
        self.forget(installation, &token).await;
        self.follow(who, ask, tag, &self.token(installation).await?).await
    }

    async fn own_token(&self) -> Result<SecretString, Trouble> {
        let mut own = self.own.lock().await;
        let now = SystemClock.now();
        if let Some(good) = own.good(now) {
            return Ok(good);
        }
        let jwt = create_jwt(octocrab::models::AppId(self.app.get()), &self.key)
            .map_err(|why| Trouble::Denied(format!("the App's private key signs nothing: {why}")))?;
        let token = Token::new(SecretString::from(jwt), now.plus_ms(APP_TOKEN_MS));
        own.put(token.clone());
        Ok(token.secret())
    }

    async fn mint(&self, installation: InstallationId) -> Result<Token, Trouble> {
        let path = format!("/app/installations/{installation}/access_tokens");
        let ask = Ask { method: Method::POST, path, body: Some("{}".to_owned()), fine: None, needs: "the App itself" };
        let answer = match self.follow(Who::App, &ask, None, &self.own_token().await?).await {
            Ok(answer) => answer,
            Err(Failed::Trouble(trouble)) => return Err(trouble),
            Err(Failed::Lost(why)) => return Err(Trouble::busy(format!("no answer to {}: {why}", ask.name()))),
        };
        if matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) {
            return Err(Trouble::Denied(format!(
                "GitHub gives no token for installation {installation} ({}); it was removed or suspended: install the App \
                 again or lift the suspension",
                answer.message()
            )));
        }
        let minted: MintedToken = answer.json(&ask)?;
        let expires_at = minted.expires_at.as_deref().and_then(when::parse);
        let expires_at = expires_at.unwrap_or_else(|| SystemClock.now().plus_ms(UNSAID_MS));
        Ok(Token::new(SecretString::from(minted.token), expires_at))
    }

    /// One exchange under one credential. Redirects are followed with the same method and body, as GitHub asks: a
    /// redirect says that nothing was done here.
    async fn follow(
        &self,
        who: Who,
        ask: &Ask,
        tag: Option<&HeaderValue>,
        token: &SecretString,
    ) -> Result<Answer, Failed> {
        if let Some(ms) = self.gates.shut_for_ms(who) {
            return Err(limit(ask, ms));
        }
        let (mut path, mut moved) = (ask.path.clone(), false);
        for _ in 0..=MOST_HOPS {
            let mut answer = self.once(ask, &path, tag, token).await?;
            if let Some(wait) = limits::limited(answer.status, &answer.headers, &answer.body, SystemClock.now()) {
                return Err(limit(ask, self.gates.shut(who, wait)));
            }
            match answer.status.as_u16() {
                301 | 302 | 307 | 308 => {
                    moved |= matches!(answer.status.as_u16(), 301 | 308);
                    path = self.host.redirect(&answer.headers)?;
                }
                _ => {
                    self.gates.open(who);
                    answer.moved = moved;
                    return Ok(answer);
                }
            }
        }
        Err(Trouble::Bug(format!("GitHub sent {} in circles", ask.name())).into())
    }

    async fn once(
        &self,
        ask: &Ask,
        path: &str,
        tag: Option<&HeaderValue>,
        token: &SecretString,
    ) -> Result<Answer, Failed> {
        let request = self.request(ask, path, tag, token)?;
        let _turn = self.at_once.acquire().await.expect("it is never closed");
        let (method, began) = (&ask.method, Instant::now());
        let got = tokio::time::timeout(WHOLE_TIMEOUT, self.carry(request, ask.path == GRAPHQL)).await;
        let ms = began.elapsed().as_millis();
        match got {
            Ok(Ok(answer)) => {
                tracing::debug!(%method, path, status = answer.status.as_u16(), ms, "asked GitHub");
                Ok(answer)
            }
            Ok(Err(why)) => {
                tracing::debug!(%method, path, ms, why, "asked GitHub in vain");
                Err(Failed::Lost(why))
            }
            Err(_) => {
                tracing::debug!(%method, path, ms, "asked GitHub in vain: time-out");
                Err(Failed::Lost(format!("it took more than {} s", WHOLE_TIMEOUT.as_secs())))
            }
        }
    }

    fn request(
        &self,
        ask: &Ask,
        path: &str,
        tag: Option<&HeaderValue>,
        token: &SecretString,
    ) -> Result<Request<OctoBody>, Trouble> {
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
            .map_err(|_| Trouble::Bug("GitHub's token does not fit into a header".to_owned()))?;
        bearer.set_sensitive(true);
        let mut request = Request::builder()
            .method(ask.method.clone())
            .uri(self.host.uri(path)?)
            .header(AUTHORIZATION, bearer)
            .header(ACCEPT, "application/vnd.github+json")
            .header("x-github-api-version", API_VERSION)
            .header(USER_AGENT, AGENT);
        if let Some(tag) = tag {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let body = match &ask.body {
            Some(json) => {
                request = request.header(CONTENT_TYPE, "application/json");
                OctoBody::from(json.clone())
            }
            None => OctoBody::empty(),
        };
        request.body(body).map_err(|why| Trouble::Bug(format!("{} cannot be asked: {why}", ask.name())))
    }

    async fn carry(&self, request: Request<OctoBody>, beside: bool) -> Result<Answer, String> {
        let crab = if beside { &self.strangers } else { &self.crab };
        let (parts, body) = crab.send(request).await.map_err(|why| chain(&why))?.into_parts();
        let body = Limited::new(body, MOST_BYTES).collect().await.map_err(|why| chain(why.as_ref()))?;
        Ok(Answer { status: parts.status, headers: parts.headers, body: body.to_bytes(), moved: false })
    }
}

/// Connections that wait for nothing without end: below one base URL, or to wherever a request says.
pub(super) fn connections(base: Option<&str>) -> Result<Octocrab, Trouble> {
    let bad = |why: &dyn std::fmt::Display| Trouble::Denied(format!("the HTTP client cannot be made: {why}"));
    let mut crab = Octocrab::builder()
        .set_connect_timeout(Some(CONNECT_TIMEOUT))
        .set_read_timeout(Some(READ_TIMEOUT))
        .set_write_timeout(Some(READ_TIMEOUT));
    if let Some(base) = base {
        crab = crab.base_uri(base).map_err(|why| bad(&why))?;
    }
    crab.build().map_err(|why| bad(&why))
}

fn limit(ask: &Ask, ms: u64) -> Failed {
    let what = format!("GitHub's rate limit is used up, {} has to wait", ask.name());
    Failed::Trouble(Trouble::Busy { what, retry_after_ms: Some(ms) })
}

/// An error and what caused it, one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !line.contains(&text) {
            line = format!("{line}: {text}");
        }
        cause = error.source();
    }
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).take(400).collect()
}
