//! Somebody who deploys when told to by HTTP: keeps deployments by their key, and says how they go.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What it answers to a request: status, headers, body.
pub type Reply = (u16, Vec<(&'static str, String)>, String);

#[derive(Default)]
pub struct Kept {
    /// Orders, by their `Idempotency-Key`, as they came first.
    pub orders: BTreeMap<String, (HeaderMap, String)>,
    /// Answers to GET, by path.
    pub pages: BTreeMap<String, Reply>,
    /// The answer to an order.
    pub to_orders: Reply,
}

pub struct Listener {
    pub base: String,
    kept: Arc<Mutex<Kept>>,
}

impl Listener {
    pub async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("bound"));
        let kept = Arc::new(Mutex::new(Kept { to_orders: (202, vec![], "{}".into()), ..Kept::default() }));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&kept));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base, kept }
    }

    pub fn with<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> T {
        act(&mut self.kept.lock().expect("not poisoned"))
    }

    pub fn page(&self, path: &str, status: u16, body: &str) -> String {
        self.with(|kept| kept.pages.insert(path.to_owned(), (status, vec![], body.to_owned())));
        format!("{}{path}", self.base)
    }
}

async fn answer(State(kept): State<Arc<Mutex<Kept>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a small body");
    let mut kept = kept.lock().expect("not poisoned");
    let (status, headers, body) = if parts.method == "POST" {
        let key = parts.headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default().to_owned();
        let text = String::from_utf8(body.to_vec()).expect("JSON is UTF-8");
        kept.orders.entry(key).or_insert((parts.headers, text));
        kept.to_orders.clone()
    } else {
        kept.pages.get(parts.uri.path()).cloned().unwrap_or((404, vec![], String::new()))
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().expect("a header"));
    }
    response
}
