//! The one shape of an error answer: what happened, why, what to do. It never carries anything secret.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// An error answer, sent as `{"error": …, "why": …, "fix": …}`.
#[derive(Debug, Clone, Serialize)]
pub struct ApiError {
    #[serde(skip)]
    status: StatusCode,
    /// A stable code.
    error: &'static str,
    why: String,
    fix: String,
    #[serde(skip)]
    closes: bool,
}

impl ApiError {
    /// An error with a stable code and a sentence that says why.
    pub fn new(status: StatusCode, error: &'static str, why: impl Into<String>) -> Self {
        Self { status, error, why: why.into(), fix: String::new(), closes: false }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }

    /// The connection cannot be used again, because part of the request was not read.
    #[must_use]
    pub fn closing(mut self) -> Self {
        self.closes = true;
        self
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.error
    }

    /// What happened.
    pub fn why(&self) -> &str {
        &self.why
    }

    /// What to do about it.
    pub fn fix_said(&self) -> &str {
        &self.fix
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(&self)).into_response();
        if self.closes {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
        if self.error == "unauthorized" {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
