//! A button was pressed: by whom, with what, and that it was they, on a page of ours. What they may do is not decided here.

use super::cookie::Kind;
use super::viewer::{CSRF, ONCE};
use super::{Entrance, no_entrance};
use crate::facts::Person;
use crate::http::page::Sorry;
use crate::http::tokens::{same, too_often};
use crate::http::{ApiError, Shared, bodies};
use crate::port::{Clock, Store};
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use sha2::{Digest, Sha256};

/// The largest form.
const FORM_BYTES: usize = 16 << 10;

/// A form that a signed-in person sent from one of our pages. A POST handler takes one as its last argument.
#[derive(Debug)]
pub struct Pressed {
    /// Who.
    pub who: Person,
    /// What the form said.
    pub form: Fields,
}

/// The fields of a form.
#[derive(Debug)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// A field's text; the first, if there are more of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }
}

impl Pressed {
    /// The key of this press: the same when the form is sent twice, another one for another button of it. None for a form that
    /// was made without chance.
    pub fn once(&self) -> Option<String> {
        self.form.get(ONCE).filter(|chance| !chance.is_empty())?;
        let mut digest = Sha256::new();
        for (name, text) in self.form.0.iter().filter(|(name, _)| name != CSRF) {
            digest.update(format!("{name}\0{text}\0"));
        }
        Some(hex::encode(digest.finalize()))
    }
}

impl<S: Store, C: Clock> FromRequest<Shared<S, C>> for Pressed {
    type Rejection = Sorry;

    async fn from_request(request: Request, house: &Shared<S, C>) -> Result<Self, Sorry> {
        let entrance = house.entrance.as_ref().ok_or_else(no_entrance)?;
        let (parts, body) = request.into_parts();
        if !is_from_us(&parts.headers, &entrance.origin) {
            return Err(foreign(entrance).into());
        }
        let secret = entrance.cookies.read(&parts.headers, Kind::Session).ok_or_else(signed_out)?;
        let (session, within) = entrance.sessions().press(&secret, house.doors.clock.now()).ok_or_else(signed_out)?;
        if !within {
            return Err(too_often().into());
        }
        let body = bodies::whole(body, house.doors.limits.body_ms, FORM_BYTES).await?;
        let form: Result<axum::Form<Vec<(String, String)>>, _> =
            axum::Form::from_request(Request::from_parts(parts, Body::from(body)), house).await;
        let form = Fields(form.map_err(|_| no_form())?.0);
        if !form.get(CSRF).is_some_and(|given| same(given, &session.csrf)) {
            return Err(other_session().into());
        }
        Ok(Self { who: session.person, form })
    }
}

/// The browser says that one of our pages sent it: by `Origin`, or, where it sends none, by `Referer`.
fn is_from_us(headers: &HeaderMap, origin: &str) -> bool {
    let all = |name: HeaderName| headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default());
    let mut origins = all(header::ORIGIN).peekable();
    if origins.peek().is_some() {
        return origins.all(|given| given == origin);
    }
    let mut referers = all(header::REFERER).peekable();
    let ours = |from: &str| from.strip_prefix(origin).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    referers.peek().is_some() && referers.all(ours)
}

fn signed_out() -> Sorry {
    let why = "you are not signed in, or no longer: a session ends after eight hours, after two without use, and when the \
               service is started again";
    let error = ApiError::new(StatusCode::UNAUTHORIZED, "signed_out", why).fix("sign in, and press the button again");
    Sorry::from(error).with_link("/sign-in", "Sign in")
}

fn foreign(entrance: &Entrance) -> ApiError {
    let why = format!("your browser does not say that the button stands on a page of {}", entrance.origin);
    ApiError::new(StatusCode::FORBIDDEN, "foreign_origin", why)
        .fix(format!("open the page at {} and press the button there", entrance.public_url))
}

fn other_session() -> ApiError {
    let why = "the button stands on a page from before you signed in, or was made elsewhere";
    ApiError::new(StatusCode::FORBIDDEN, "wrong_csrf", why).fix("load the page again, and press the button there")
}

fn no_form() -> ApiError {
    let why = "the request is not the form that a page of ours sends";
    ApiError::new(StatusCode::BAD_REQUEST, "no_form", why).fix("load the page again, and press the button there")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const OURS: &str = "https://queue.example";

    fn from(headers: &[(HeaderName, &'static str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        let mut map = HeaderMap::new();
        headers.for_each(|(name, value)| _ = map.append(name, value));
        is_from_us(&map, OURS)
    }

    #[test]
    fn only_our_own_pages_send_forms() {
        assert!(from(&[(header::ORIGIN, OURS)]));
        assert!(from(&[(header::REFERER, "https://queue.example/repos/octo/hello/pulls/7")]));
        assert!(from(&[(header::ORIGIN, OURS), (header::REFERER, "https://evil.example/")]), "Origin decides");
        for foreign in [
            &[][..],
            &[(header::ORIGIN, "null")],
            &[(header::ORIGIN, "https://evil.example")],
            &[(header::ORIGIN, "http://queue.example")],
            &[(header::ORIGIN, "https://queue.example:8443")],
            &[(header::ORIGIN, "https://queue.example.evil.example")],
            &[(header::ORIGIN, OURS), (header::ORIGIN, "https://evil.example")],
            &[(header::ORIGIN, "null"), (header::REFERER, "https://queue.example/")],
            &[(header::REFERER, "https://queue.example.evil.example/")],
            &[(header::REFERER, "https://evil.example/?https://queue.example/")],
        ] {
            assert!(!from(foreign), "{foreign:?}");
        }
    }
}
