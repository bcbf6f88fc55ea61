//! One request to an address from a repository's file, and its answer: the name is resolved once, checked, and connected to as
//! it was checked. Nothing is followed, nothing is kept open, every answer has a bound and an end.

use super::address::{Address, is_public};
use bytes::Bytes;
use http::header::USER_AGENT;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::time::Duration;

const CONNECT_MAX: Duration = Duration::from_secs(5);
/// From the name to the end of the answer.
const WHOLE_MAX: Duration = Duration::from_secs(15);
/// Of an answer no more than this is read; a page may be larger, an answer to us is not.
const BODY_BYTES_MAX: usize = 1 << 20;
const AGENT: &str = concat!("greenline/", env!("CARGO_PKG_VERSION"));

/// An answer, whatever it says.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Why there is none; each a clause for people.
#[derive(Debug)]
pub enum Silence {
    /// We do not ask there; a person must change something.
    Barred(String),
    /// The name is not known, now.
    Nameless(String),
    /// Nobody could be reached, so nothing was sent.
    Unsent(String),
    /// It was sent, and no whole answer came.
    Lost(String),
}

impl Silence {
    /// The clause.
    pub fn why(self) -> String {
        match self {
            Self::Barred(why) | Self::Nameless(why) | Self::Unsent(why) | Self::Lost(why) => why,
        }
    }
}

/// The way to addresses out there.
pub struct Web {
    private: bool,
    /// Made when first needed: the machine's certificates are read for it.
    wire: OnceLock<Result<Wire, String>>,
}

type Wire = Client<HttpsConnector<HttpConnector<Names>>, Full<Bytes>>;

impl Web {
    /// A way that leads to private addresses too, or only to public ones.
    pub fn new(private: bool) -> Self {
        Self { private, wire: OnceLock::new() }
    }

    /// Asks once.
    pub async fn ask(
        &self,
        method: Method,
        to: &Address,
        headers: HeaderMap,
        body: impl Into<Bytes>,
    ) -> Result<Answer, Silence> {
        if let Some(ip) = to.ip().filter(|ip| !self.private && !is_public(*ip)) {
            return Err(Silence::Barred(barred(&ip.to_string())));
        }
        let wire = self.wire.get_or_init(|| wire(self.private)).as_ref().map_err(|why| Silence::Barred(why.clone()))?;
        let mut request = Request::builder().method(method).uri(to.uri()).body(Full::new(body.into()));
        if let Ok(request) = &mut request {
            *request.headers_mut() = headers;
            request.headers_mut().insert(USER_AGENT, http::HeaderValue::from_static(AGENT));
        }
        let request = request.map_err(|why| Silence::Barred(format!("{to} cannot be asked: {why}")))?;
        let whole = async {
            let (parts, mut body) = wire.request(request).await.map_err(|error| silence(to, &error))?.into_parts();
            let mut read = Vec::new();
            while let Some(frame) = body.frame().await {
                let frame = frame.map_err(|why| Silence::Lost(format!("{to} gave no whole answer: {why}")))?;
                let data = frame.data_ref().map(Bytes::as_ref).unwrap_or_default();
                read.extend_from_slice(&data[..data.len().min(BODY_BYTES_MAX - read.len())]);
                if read.len() == BODY_BYTES_MAX {
                    break;
                }
            }
            Ok(Answer { status: parts.status, headers: parts.headers, body: read.into() })
        };
        let late = |_| Silence::Lost(format!("{to} took more than {} s to answer", WHOLE_MAX.as_secs()));
        tokio::time::timeout(WHOLE_MAX, whole).await.map_err(late)?
    }

    /// Reads.
    pub async fn get(&self, from: &Address) -> Result<Answer, Silence> {
        self.ask(Method::GET, from, HeaderMap::new(), Bytes::new()).await
    }
}

fn wire(private: bool) -> Result<Wire, String> {
    let mut http = HttpConnector::new_with_resolver(Names { private });
    http.enforce_http(false);
    http.set_connect_timeout(Some(CONNECT_MAX));
    let connector = HttpsConnectorBuilder::new()
        .with_native_roots()
        .map_err(|error| format!("this machine's list of certificate authorities cannot be read: {error}"))?
        .https_or_http()
        .enable_http1()
        .wrap_connector(http);
    // A connection that is kept is one to an address that was checked a while ago.
    Ok(Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector))
}

fn silence(to: &Address, error: &hyper_util::client::legacy::Error) -> Silence {
    let mut cause = std::error::Error::source(error);
    let mut root = error.to_string();
    while let Some(error) = cause {
        match error.downcast_ref::<Unresolved>() {
            Some(Unresolved::Barred(why)) => return Silence::Barred(why.clone()),
            Some(Unresolved::Nameless(why)) => return Silence::Nameless(why.clone()),
            None => root = error.to_string(),
        }
        cause = error.source();
    }
    if error.is_connect() {
        Silence::Unsent(format!("{to} cannot be reached: {root}"))
    } else {
        Silence::Lost(format!("{to} gave no answer: {root}"))
    }
}

fn barred(host: &str) -> String {
    format!(
        "`{host}` is an address of this machine or of a private network, and this service does not let repositories ask \
         there; whoever runs it can allow it with `private_addresses` in bot.toml"
    )
}

/// Why a name leads nowhere.
#[derive(Debug, thiserror::Error)]
enum Unresolved {
    #[error("{0}")]
    Barred(String),
    #[error("{0}")]
    Nameless(String),
}

/// Resolves names, and answers only addresses that may be asked.
#[derive(Debug, Clone)]
struct Names {
    private: bool,
}

impl tower::Service<Name> for Names {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Unresolved;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Unresolved>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unresolved>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let private = self.private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let found = found
                .map_err(|why| Unresolved::Nameless(format!("the name `{}` is not known: {why}", name.as_str())))?;
            let allowed: Vec<SocketAddr> = found.filter(|at| private || is_public(at.ip())).collect();
            if allowed.is_empty() { Err(Unresolved::Barred(barred(name.as_str()))) } else { Ok(allowed.into_iter()) }
        })
    }
}
