//! An answer before it is dressed: status, body, headers. Refusals become GitHub's error bodies here.

use crate::sandbox::types::Refused;
use serde_json::{Value, json};

#[derive(Debug, Clone)]
enum Content {
    Empty,
    Json(Value),
    Text(String),
    Bytes(Vec<u8>),
}

/// What a route answers.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    content: Content,
}

impl Reply {
    pub fn json(&self) -> Option<&Value> {
        match &self.content {
            Content::Json(value) => Some(value),
            Content::Empty | Content::Text(_) | Content::Bytes(_) => None,
        }
    }

    pub fn ok(body: Value) -> Self {
        Self::with(200, body)
    }

    pub fn with(status: u16, body: Value) -> Self {
        let headers = vec![("content-type", "application/json; charset=utf-8".to_owned())];
        Self { status, headers, content: Content::Json(body) }
    }

    /// 201, with `Location` when the body has a `url`.
    pub fn created(body: Value) -> Self {
        let location = body["url"].as_str().map(str::to_owned);
        let mut reply = Self::with(201, body);
        reply.headers.extend(location.map(|url| ("location", url)));
        reply
    }

    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), content: Content::Empty }
    }

    pub fn text(status: u16, mime: &str, text: String) -> Self {
        Self { status, headers: vec![("content-type", mime.to_owned())], content: Content::Text(text) }
    }

    /// Raw content of a file, or what else a media type asks for instead of JSON.
    pub fn bytes_of(mime: &str, bytes: &[u8]) -> Self {
        let headers = vec![("content-type", mime.to_owned())];
        Self { status: 200, headers, content: Content::Bytes(bytes.to_vec()) }
    }

    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The same answer, its headers too, with another body.
    pub fn with_body(mut self, body: Value) -> Self {
        self.content = Content::Json(body);
        self
    }

    pub fn refused(refused: &Refused) -> Self {
        let mut body = json!({"message": refused.message, "documentation_url": "https://docs.github.com/rest",
            "status": refused.status.to_string()});
        if !refused.errors.is_empty() {
            body["errors"] = json!(refused.errors);
        }
        Self::with(refused.status, body)
    }

    pub fn bytes(&self) -> Vec<u8> {
        match &self.content {
            Content::Empty => Vec::new(),
            Content::Json(value) => value.to_string().into_bytes(),
            Content::Text(text) => text.clone().into_bytes(),
            Content::Bytes(bytes) => bytes.clone(),
        }
    }

    /// The same answer without a body, for 304.
    pub fn not_modified(mut self) -> Self {
        (self.status, self.content) = (304, Content::Empty);
        self.headers.retain(|(name, _)| *name != "content-type");
        self
    }
}
