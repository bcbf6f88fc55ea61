//! Who looks at a page, and what they see of that: the way in, or their name, the way out, and buttons. It decides nothing.

use super::attempt::{chance, encoded, local};
use super::cookie::Kind;
use crate::facts::Person;
use crate::http::Shared;
use crate::port::{Clock, Store};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use maud::{Markup, html};
use std::convert::Infallible;

/// The hidden field with what proves that a form is from a page of this session.
pub(super) const CSRF: &str = "csrf";
/// The hidden field that makes a form that is sent twice the same request.
pub(super) const ONCE: &str = "once";

/// Whoever looks at a page. Any GET handler takes one as an argument.
#[derive(Debug, Clone, Default)]
pub struct Viewer(Standing);

#[derive(Debug, Clone, Default)]
enum Standing {
    /// Nobody can sign in here.
    #[default]
    Closed,
    /// Not signed in; the address to do so at.
    Stranger { sign_in: String },
    /// Signed in.
    Known { person: Person, csrf: String },
}

impl<S: Store, C: Clock> FromRequestParts<Shared<S, C>> for Viewer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, house: &Shared<S, C>) -> Result<Self, Infallible> {
        let Some(entrance) = &house.entrance else { return Ok(Self::default()) };
        let secret = entrance.cookies.read(&parts.headers, Kind::Session);
        let now = house.doors.clock.now();
        let mut sessions = entrance.sessions();
        let session = secret.and_then(|secret| sessions.find(&secret, now).map(|session| session.clone()));
        Ok(Self(match session {
            Some(session) => Standing::Known { person: session.person, csrf: session.csrf },
            // The whole address: at another name of this host cookies would be lost on the way.
            None => Standing::Stranger { sign_in: format!("{}/sign-in", entrance.public_url) },
        }))
    }
}

impl Viewer {
    /// Who it is, if they are signed in.
    pub fn person(&self) -> Option<&Person> {
        match &self.0 {
            Standing::Known { person, .. } => Some(person),
            Standing::Stranger { .. } | Standing::Closed => None,
        }
    }

    /// For the head of the page at the local address `here`: the way in, or who it is and the way out; nothing where nobody
    /// can sign in.
    pub fn header(&self, here: &str) -> Markup {
        html! {
            @match &self.0 {
                Standing::Closed => {}
                Standing::Stranger { sign_in } => {
                    p class="viewer" { a href=(format!("{sign_in}?to={}", encoded(local(here)))) { "Sign in" } }
                }
                Standing::Known { person, .. } => {
                    div class="viewer" {
                        (self.form("/sign-out", &html! {
                            "signed in as " span class="login" { (person.login) } " "
                            input type="hidden" name="to" value=(local(here));
                            button type="submit" { "Sign out" }
                        }))
                    }
                }
            }
        }
    }

    /// A form that POSTs `inside` (fields and buttons) to a local address whose handler takes a [`super::Pressed`]. Whoever is
    /// not signed in sees nothing.
    pub fn form(&self, action: &str, inside: &Markup) -> Markup {
        html! {
            @if let Standing::Known { csrf, .. } = &self.0 {
                form method="post" action=(action) {
                    input type="hidden" name=(CSRF) value=(csrf);
                    // Without chance for it, a form that is sent twice is two requests, and nothing worse.
                    input type="hidden" name=(ONCE) value=(chance().unwrap_or_default());
                    (inside)
                }
            }
        }
    }
}
