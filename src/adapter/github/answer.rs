//! What GitHub's answers mean: which are facts, which are refusals, which are trouble, and which say nothing about what
//! happened. Pure; it asks nothing and retries nothing.

use crate::port::{Outcome, Trouble};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// One request, before it is sent.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) method: Method,
    /// Under the API's base, with its query.
    pub(super) path: String,
    /// JSON.
    pub(super) body: Option<String>,
    /// A refusal that means: what you want is so already.
    pub(super) fine: Option<StatusCode>,
    /// The permission of the App it takes, as its settings call it.
    pub(super) needs: &'static str,
}

impl Ask {
    /// A request that changes nothing.
    pub(super) fn get(path: impl Into<String>, needs: &'static str) -> Self {
        Self { method: Method::GET, path: path.into(), body: None, fine: None, needs }
    }

    /// The request's name in messages.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// An answer that came whole, whatever it says.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// It came from another place than asked, for good.
    pub(super) moved: bool,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failed {
    /// The request was not carried out.
    Trouble(Trouble),
    /// It was sent, and nothing came back: it may have been carried out.
    Lost(String),
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

#[derive(Deserialize)]
struct ErrorBody {
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    errors: Option<serde_json::Value>,
}

impl Answer {
    /// What GitHub says about it, one line, for people.
    pub(super) fn message(&self) -> String {
        let said = match serde_json::from_slice::<ErrorBody>(&self.body) {
            Ok(ErrorBody { message: Some(message), errors: Some(errors) }) => format!("{message}: {errors}"),
            Ok(ErrorBody { message: Some(message), errors: None }) => message,
            Ok(ErrorBody { message: None, errors: _ }) | Err(_) => "no message".to_owned(),
        };
        let line: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
        format!("{}, {line}", self.status.as_u16())
    }

    /// The facts in a good answer to `ask`; anything else is trouble, never an empty fact.
    pub(super) fn json<T: DeserializeOwned>(&self, ask: &Ask) -> Result<T, Trouble> {
        if !self.status.is_success() {
            return Err(self.refusal(ask));
        }
        serde_json::from_slice(&self.body)
            .map_err(|why| Trouble::Bug(format!("GitHub's answer to {} is not what it should be: {why}", ask.name())))
    }

    /// What it means that a question was not answered with a fact.
    pub(super) fn refusal(&self, ask: &Ask) -> Trouble {
        let (name, said) = (ask.name(), self.message());
        if silent(self.status) {
            return Trouble::busy(format!("GitHub could not answer {name} ({said})"));
        }
        match self.status {
            StatusCode::UNAUTHORIZED => Trouble::Denied(format!(
                "GitHub does not accept our credentials for {name} ({said}); check the App's id, its private key and this \
                 machine's clock"
            )),
            StatusCode::FORBIDDEN => Trouble::Denied(format!(
                "GitHub refuses {name} ({said}); the App needs the permission \"{}\": grant it in the App's settings, then \
                 accept it for the installation",
                self.accepted().unwrap_or_else(|| ask.needs.to_owned())
            )),
            StatusCode::NOT_FOUND | StatusCode::GONE => Trouble::Denied(format!(
                "GitHub shows us nothing at {name} ({said}); check that the App is installed on the repository and has the \
                 permission \"{}\"",
                ask.needs
            )),
            _ => Trouble::Bug(format!("GitHub does not take our question {name} ({said})")),
        }
    }

    /// The permissions that would do, by GitHub's own header.
    fn accepted(&self) -> Option<String> {
        let header = self.headers.get("x-accepted-github-permissions")?.to_str().ok()?;
        (!header.is_empty()).then(|| header.replace('=', ": "))
    }
}

/// Statuses that do not say whether the request was carried out.
pub(super) fn silent(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT
}

/// What became of a write. A refusal for want of a permission is a person's to mend, any other is an outcome.
pub(super) fn written(ask: &Ask, got: Result<Answer, Failed>) -> Result<Outcome<Answer>, Trouble> {
    let answer = match got {
        Err(Failed::Trouble(trouble)) => return Err(trouble),
        Err(Failed::Lost(why)) => return Ok(Outcome::Unknown(format!("no answer to {}: {why}", ask.name()))),
        Ok(answer) => answer,
    };
    if answer.status.is_success() {
        return Ok(Outcome::Done(answer));
    }
    let said = format!("GitHub on {}: {}", ask.name(), answer.message());
    match answer.status {
        status if silent(status) => Ok(Outcome::Unknown(said)),
        StatusCode::UNAUTHORIZED => Err(answer.refusal(ask)),
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND if lacks_permission(&answer.message()) => {
            Err(answer.refusal(ask))
        }
        status if ask.fine == Some(status) => Ok(Outcome::Done(answer)),
        status if status.is_client_error() => Ok(Outcome::Rejected(said)),
        _ => Err(Trouble::Bug(said)),
    }
}

fn lacks_permission(said: &str) -> bool {
    let said = said.to_lowercase();
    ["not accessible by", "must have", "suspended", "permission"].iter().any(|sign| said.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask() -> Ask {
        Ask { method: Method::POST, path: "/x".into(), body: None, fine: None, needs: "Issues: write" }
    }

    fn answer(status: u16, body: &'static str) -> Answer {
        let status = StatusCode::from_u16(status).expect("a status");
        Answer { status, headers: HeaderMap::new(), body: Bytes::from_static(body.as_bytes()), moved: false }
    }

    #[test]
    fn only_json_of_the_right_shape_is_a_fact() {
        assert_eq!(answer(200, "[1,2]").json::<Vec<u8>>(&ask()), Ok(vec![1, 2]));
        for (status, body) in [(200, "<html>Unicorn!</html>"), (200, "[1,2"), (200, ""), (200, "{}"), (422, "[]")] {
            assert!(matches!(answer(status, body).json::<Vec<u8>>(&ask()), Err(Trouble::Bug(_))), "{status} {body}");
        }
        for status in [500, 502, 503, 504, 408] {
            let got = answer(status, "<html>").json::<Vec<u8>>(&ask());
            assert!(matches!(got, Err(Trouble::Busy { .. })), "{status}");
        }
    }

    #[test]
    fn a_missing_permission_is_named() {
        let mut answer = answer(403, r#"{"message":"Resource not accessible by integration"}"#);
        assert!(answer.refusal(&ask()).to_string().contains("\"Issues: write\""));
        answer.headers.insert("x-accepted-github-permissions", http::HeaderValue::from_static("pull_requests=write"));
        assert!(answer.refusal(&ask()).to_string().contains("\"pull_requests: write\""));
    }

    #[test]
    fn a_write_is_done_rejected_unknown_or_denied() {
        let locked = r#"{"message":"Unable to create comment because issue is locked."}"#;
        let denied = r#"{"message":"Resource not accessible by integration"}"#;
        assert!(matches!(written(&ask(), Ok(answer(201, "{}"))), Ok(Outcome::Done(_))));
        for (status, body) in
            [(403, locked), (404, r#"{"message":"Not Found"}"#), (422, "{}"), (410, ""), (409, "<html>")]
        {
            assert!(matches!(written(&ask(), Ok(answer(status, body))), Ok(Outcome::Rejected(_))), "{status}");
        }
        for status in [500, 502, 503, 408] {
            assert!(matches!(written(&ask(), Ok(answer(status, ""))), Ok(Outcome::Unknown(_))), "{status}");
        }
        assert!(matches!(written(&ask(), Err(Failed::Lost("time-out".into()))), Ok(Outcome::Unknown(_))));
        for (status, body) in [(401, "{}"), (403, denied), (404, denied)] {
            assert!(matches!(written(&ask(), Ok(answer(status, body))), Err(Trouble::Denied(_))), "{status}");
        }
        let unlabel = Ask { fine: Some(StatusCode::NOT_FOUND), ..ask() };
        assert!(matches!(written(&unlabel, Ok(answer(404, "{}"))), Ok(Outcome::Done(_))));
        assert!(matches!(written(&unlabel, Ok(answer(404, denied))), Err(Trouble::Denied(_))));
        let busy = Trouble::busy("limit");
        assert_eq!(written(&ask(), Err(Failed::Trouble(busy.clone()))).map(|_| ()), Err(busy));
    }

    #[test]
    fn a_message_is_one_short_line() {
        let body = r#"{"message":"Validation\nFailed","errors":[{"code":"invalid"}]}"#;
        assert_eq!(answer(422, body).message(), r#"422, Validation Failed: [{"code":"invalid"}]"#);
        assert_eq!(answer(502, "<html>").message(), "502, no message");
    }
}
