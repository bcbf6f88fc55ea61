//! The page of whoever cannot have what they asked for: what happened, and what to do. For people what `ApiError` is for programs.

use crate::http::ApiError;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

/// An error as a page, with a link to go on by.
#[derive(Debug)]
pub struct Sorry {
    error: ApiError,
    link: (&'static str, &'static str),
}

impl From<ApiError> for Sorry {
    fn from(error: ApiError) -> Self {
        Self { error, link: ("/", "To the status page") }
    }
}

impl Sorry {
    /// Says where to go on, and what that is called.
    #[must_use]
    pub fn with_link(mut self, to: &'static str, called: &'static str) -> Self {
        self.link = (to, called);
        self
    }

    fn document(&self) -> Markup {
        let (to, called) = self.link;
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { "Not done – Greenline" }
                    link rel="stylesheet" href="/static/style.css";
                }
                body {
                    header class="top" { h1 { a href="/" { "Greenline" } } }
                    main {
                        section class="why" role="alert" {
                            h2 { "Not done " span class="code" { (self.error.code()) } }
                            p class="status" { (sentence(self.error.why())) }
                            h3 { "What to do" }
                            p class="status next" { (sentence(self.error.fix_said())) }
                            p { a href=(to) { (called) } }
                        }
                    }
                }
            }
        }
    }
}

impl IntoResponse for Sorry {
    fn into_response(self) -> Response {
        let page = self.document().into_string();
        let mut response = self.error.into_response();
        *response.body_mut() = Body::from(page);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        response
    }
}

/// Words that begin small and end without a full stop, as a sentence.
fn sentence(words: &str) -> String {
    let mut rest = words.chars();
    let first: String = rest.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", rest.as_str().trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;

    #[test]
    fn what_happened_and_what_to_do_are_sentences_and_stay_text() {
        let error = ApiError::new(StatusCode::FORBIDDEN, "wrong_state", "it said <b>").fix("do so.");
        let sorry = Sorry::from(error).with_link("/sign-in", "Sign in again");
        let page = sorry.document().into_string();
        for part in ["It said &lt;b&gt;.<", "Do so.<", "wrong_state", "href=\"/sign-in\""] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        let response = sorry.into_response();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
    }
}
