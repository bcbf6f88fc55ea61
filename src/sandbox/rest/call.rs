//! One request as a route sees it: parameters, query, body, caller. Wrong types are refused in GitHub's words.

use super::reply::Reply;
use crate::sandbox::lookalike::Lookalike;
use crate::sandbox::types::{Actor, Refused};
use crate::sandbox::world::model::{Repo, Role};
use crate::sandbox::world::{By, World};
use serde_json::{Value, json};

pub(super) struct Call {
    pub look: Lookalike,
    pub params: Vec<(&'static str, String)>,
    pub query: Vec<(String, String)>,
    pub body: Value,
    /// The `Accept` header.
    pub accept: String,
    pub actor: Actor,
    /// The credential as given; requests are counted by it.
    pub key: String,
    /// The repository the path names; 0 if it names none.
    pub repo: u64,
    /// The URL asked for, without query.
    pub url: String,
}

impl Call {
    /// A parameter of the path, decoded.
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(n, _)| *n == name).map_or("", |(_, v)| v)
    }

    /// A parameter of the path that is a number; anything else is not found.
    pub fn number(&self, name: &str) -> Result<u64, Refused> {
        self.param(name).parse().map_err(|_| Refused::not_found())
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty())
    }

    /// The caller asks for this media type: `raw` of `application/vnd.github.raw+json`, `…github.v3.raw` and the like.
    pub fn accepts(&self, kind: &str) -> bool {
        let ours = |wanted: &str| {
            let name = wanted.split(';').next().unwrap_or_default().trim();
            let rest = name.strip_prefix("application/vnd.github.").unwrap_or_default();
            rest.trim_start_matches("v3.").split('+').next() == Some(kind)
        };
        self.accept.split(',').any(ours)
    }

    pub fn by(&self, world: &World) -> By {
        world.by(&self.actor)
    }

    /// The caller's role on the repository is at least this.
    pub fn is_at_least(&self, world: &World, role: Role) -> bool {
        world.repo(self.repo).is_ok_and(|repo| world.actor_role(&self.actor, repo) >= role)
    }

    /// The present state with the repository in it, to read.
    pub fn read<R>(&self, read: impl FnOnce(&World, &Repo) -> Result<R, Refused>) -> Result<R, Refused> {
        let world = self.look.world();
        let repo = world.repo(self.repo)?;
        read(&world, repo)
    }

    /// Changes the state.
    pub fn change<R>(&self, act: impl FnOnce(&mut World, By) -> Result<R, Refused>) -> Result<R, Refused> {
        self.look.change(|world| {
            let by = world.by(&self.actor);
            act(world, by)
        })
    }

    /// A text of the body; `None` when it is absent or null.
    pub fn text(&self, field: &str) -> Result<Option<&str>, Refused> {
        match self.body.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong_type(field, "string", other)),
        }
    }

    pub fn need(&self, resource: &str, field: &str) -> Result<&str, Refused> {
        self.text(field)?.ok_or_else(|| Refused::invalid(resource, field, "missing_field"))
    }

    pub fn flag(&self, field: &str) -> Result<Option<bool>, Refused> {
        match self.body.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => Err(self.wrong_type(field, "boolean", other)),
        }
    }

    /// A time of the body.
    pub fn time(&self, field: &str) -> Result<Option<i64>, Refused> {
        let parse = |text: &str| crate::sandbox::world::time::parse(text);
        let wrong = || Refused::new(422, format!("Invalid request.\n\n{field} is not a date-time."));
        self.text(field)?.map(|text| parse(text).ok_or_else(wrong)).transpose()
    }

    fn wrong_type(&self, field: &str, wanted: &str, given: &Value) -> Refused {
        let text = format!("Invalid request.\n\nFor '{}/{field}', {given} is not a {wanted}.", self.url);
        Refused::new(422, text)
    }

    /// One page of a list, each item rendered, with `Link`.
    pub fn page<T>(&self, items: &[T], render: impl Fn(&T) -> Value) -> Reply {
        let (from, to, link) = self.slice(items.len());
        let mut reply = Reply::ok(items[from..to].iter().map(render).collect());
        reply.headers.extend(link.map(|l| ("link", l)));
        reply
    }

    /// One page of a list inside an object, with `total_count`.
    pub fn counted<T>(&self, name: &str, items: &[T], render: impl Fn(&T) -> Value) -> Reply {
        let (from, to, link) = self.slice(items.len());
        let shown: Value = items[from..to].iter().map(render).collect();
        let mut reply = Reply::ok(json!({"total_count": items.len(), name: shown}));
        reply.headers.extend(link.map(|l| ("link", l)));
        reply
    }

    /// Where the wanted page begins and ends, and its `Link`.
    fn slice(&self, len: usize) -> (usize, usize, Option<String>) {
        let number = |name, default: usize| self.query(name).and_then(|v| v.parse().ok()).unwrap_or(default);
        let (size, page) = (number("per_page", 30).clamp(1, 100), number("page", 1).max(1));
        let from = page.saturating_sub(1).saturating_mul(size).min(len);
        let last = len.div_ceil(size).max(1);
        let to = (from + size).min(len);
        let link = |page: usize, rel: &str| {
            let others = self.query.iter().filter(|(n, _)| n != "page");
            let mut pairs: Vec<_> = others.map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect();
            pairs.push(format!("page={page}"));
            format!("<{}?{}>; rel=\"{rel}\"", self.url, pairs.join("&"))
        };
        let mut links = Vec::new();
        if page > 1 {
            links.push(link((page - 1).min(last), "prev"));
        }
        if page < last {
            links.push(link(page + 1, "next"));
            links.push(link(last, "last"));
        }
        if page > 1 {
            links.push(link(1, "first"));
        }
        (from, to, (!links.is_empty()).then(|| links.join(", ")))
    }
}

/// The query's pairs, decoded.
pub(super) fn query(uri: &http::Uri) -> Vec<(String, String)> {
    axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri).map(|q| q.0).unwrap_or_default()
}

/// Percent-encodes what is not plain in a URL's query or path part.
pub(super) fn encode(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// Undoes percent-encoding; what is no UTF-8 afterwards is replaced.
pub(super) fn decode(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|h| std::str::from_utf8(h).ok()).and_then(|h| u8::from_str_radix(h, 16).ok());
        let escaped = hex.filter(|_| *first == b'%');
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
