//! A few lines of GitHub with state: it mints tokens, asks for them on every page, keeps comments, and remembers who asked
//! for what. What it answers beside that is each test's own.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use greenline::adapter::github::{App, GithubForge};
use greenline::config::service::GithubConfig;
use greenline::ids::{AppId, InstallationId, RepoId};
use secrecy::SecretString;
use std::sync::{Arc, Mutex};

/// A request as it came, with the path under the API's base.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Seen {
    pub fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && self.path == path
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// What has happened at the hub.
#[derive(Debug, Default)]
pub struct World {
    /// `http://HOST:PORT/api/v3`.
    pub base: String,
    /// How many tokens were minted; only the newest is good.
    pub minted: usize,
    /// Not even that one.
    pub locked_out: bool,
    pub comments: Vec<String>,
    pub seen: Vec<Seen>,
}

pub struct Reply(pub u16, pub Vec<(&'static str, String)>, pub String);

pub fn json(body: impl Into<String>) -> Reply {
    Reply(200, vec![], body.into())
}

pub fn refused(status: u16, message: &str) -> Reply {
    Reply(status, vec![], format!(r#"{{"message":"{message}"}}"#))
}

type Answers = Box<dyn Fn(&mut World, &Seen) -> Reply + Send + Sync>;

struct Inner {
    world: Mutex<World>,
    answers: Answers,
}

pub struct Hub {
    inner: Arc<Inner>,
    pub app: App,
}

impl Hub {
    pub async fn open(answers: impl Fn(&mut World, &Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}/api/v3", listener.local_addr().expect("bound"));
        let world = Mutex::new(World { base: base.clone(), ..World::default() });
        let inner = Arc::new(Inner { world, answers: Box::new(answers) });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { inner, app: app(&base) }
    }

    pub fn forge(&self) -> GithubForge {
        self.app.forge(InstallationId::new(9), RepoId::new(7), "o/r".parse().expect("a name"))
    }

    pub fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.inner.world.lock().expect("not poisoned"))
    }

    /// The requests that are not about tokens, as `METHOD path`.
    pub fn asked(&self) -> Vec<String> {
        let about_tokens = |seen: &&Seen| !seen.path.ends_with("/access_tokens");
        self.world(|w| w.seen.iter().filter(about_tokens).map(|s| format!("{} {}", s.method, s.path)).collect())
    }
}

pub fn app(base: &str) -> App {
    App::new(&GithubConfig {
        api_url: base.to_owned(),
        git_url: "http://127.0.0.1/git".to_owned(),
        app_id: AppId::new(1),
        private_key: SecretString::from(include_str!("key.pem")),
        webhook_secrets: vec![],
        slug: None,
        sign_in: None,
    })
    .expect("the settings are right")
}

async fn answer(State(hub): State<Arc<Inner>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a small body");
    let full = parts.uri.path_and_query().map_or("", |p| p.as_str());
    let seen = Seen {
        method: parts.method.to_string(),
        path: full.strip_prefix("/api/v3").unwrap_or("outside the API").to_owned(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).expect("JSON is UTF-8"),
    };
    let mut world = hub.world.lock().expect("not poisoned");
    let Reply(status, headers, body) = reply(&hub.answers, &mut world, &seen);
    world.seen.push(seen);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().expect("a header"));
    }
    response
}

fn reply(answers: &Answers, world: &mut World, seen: &Seen) -> Reply {
    let bearer = seen.header("authorization").strip_prefix("Bearer ").unwrap_or_default();
    if seen.path.starts_with("/app") {
        if bearer.split('.').count() != 3 {
            return refused(401, "A JSON web token could not be decoded");
        }
        if seen.path.ends_with("/access_tokens") {
            world.minted += 1;
            let token = format!("ghs_1_{}.{}", world.minted, "x".repeat(300));
            return Reply(201, vec![], format!(r#"{{"token":"{token}","expires_at":"2999-01-01T00:00:00Z"}}"#));
        }
    } else if world.locked_out || !bearer.starts_with(&format!("ghs_1_{}.", world.minted)) {
        return refused(401, "Bad credentials");
    }
    answers(world, seen)
}
