//! Signing in by a GitHub App's user authorization: GitHub's page to send people to, and what a code from there is worth. The
//! user's token asks once who they are and is forgotten; it is never kept, printed or used for anything else.
//!
//! What GitHub does here: docs.github.com, "Generating a user access token for a GitHub App" and "Troubleshooting OAuth app
//! access token request errors". Refusals come with status 200.

use super::client::{AGENT, API_VERSION, WHOLE_TIMEOUT, chain, connections};
use super::host::{Host, encoded};
use super::model::Account;
use crate::config::service::{GithubConfig, SignInConfig};
use crate::facts::Person;
use crate::port::identity::{Identity, Redeemed};
use crate::port::{Outcome, Trouble};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Limited};
use octocrab::{OctoBody, Octocrab};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::fmt;

/// Where GitHub sends people back, under the page's own address.
const CALLBACK: &str = "/sign-in/callback";
/// Far more than any answer to a sign-in has.
const MOST_BYTES: usize = 1 << 20;

/// GitHub, as far as it says who people are.
pub struct SignIn {
    crab: Octocrab,
    /// Base of GitHub's own pages.
    web: String,
    user: Uri,
    redirect_uri: String,
    settings: SignInConfig,
}

/// Not printable, for the token's sake.
#[derive(Deserialize)]
struct TokenAnswer {
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    error_description: Option<String>,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn")
            .field("web", &self.web)
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

impl SignIn {
    /// Opens nothing yet. `public_url` is how people reach the page. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// `Denied` if the addresses cannot be right.
    pub fn new(github: &GithubConfig, settings: &SignInConfig, public_url: &str) -> Result<Self, Trouble> {
        Ok(Self {
            crab: connections(None)?,
            web: github.git_url.trim_end_matches('/').to_owned(),
            user: Host::new(&github.api_url)?.uri("/user")?,
            redirect_uri: format!("{}{CALLBACK}", public_url.trim_end_matches('/')),
            settings: settings.clone(),
        })
    }

    async fn person(&self, code: &str, verifier: &str) -> Result<Outcome<Person>, Trouble> {
        let token = match self.exchange(code, verifier).await? {
            Outcome::Done(token) => token,
            Outcome::Rejected(why) => return Ok(Outcome::Rejected(why)),
            Outcome::Unknown(why) => return Ok(Outcome::Unknown(why)),
        };
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
            .map_err(|_| Trouble::Bug("GitHub's token does not fit into a header".to_owned()))?;
        bearer.set_sensitive(true);
        let request = Request::get(self.user.clone())
            .header(AUTHORIZATION, bearer)
            .header(ACCEPT, "application/vnd.github+json")
            .header("x-github-api-version", API_VERSION);
        match self.carry(request, OctoBody::empty()).await {
            Ok((StatusCode::OK, body)) => {
                let account: Result<Account, _> = serde_json::from_slice(&body);
                let person =
                    account.map_err(|why| why.to_string()).and_then(|a| a.person().map_err(|why| why.to_string()));
                person.map(Outcome::Done).map_err(|why| Trouble::Bug(format!("GitHub's answer to GET /user: {why}")))
            }
            Ok((status, _)) => Ok(Outcome::Unknown(format!("GitHub did not say who you are (GET /user: {status})"))),
            Err(why) => Ok(Outcome::Unknown(format!("GitHub did not say who you are (GET /user: {why})"))),
        }
    }

    async fn exchange(&self, code: &str, verifier: &str) -> Result<Outcome<SecretString>, Trouble> {
        let fields = [
            ("client_id", self.settings.client_id.as_str()),
            ("client_secret", self.settings.client_secret.expose_secret()),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", verifier),
        ];
        let form: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let request = Request::post(format!("{}/login/oauth/access_token", self.web))
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let (status, body) = match self.carry(request, OctoBody::from(form.join("&"))).await {
            Ok(answer) => answer,
            Err(why) => return Ok(Outcome::Unknown(format!("GitHub did not answer ({why})"))),
        };
        match status {
            StatusCode::OK => self.judge(&body),
            // GitHub's answer to a client id it does not know.
            StatusCode::NOT_FOUND => Err(self.unknown_app("404")),
            StatusCode::TOO_MANY_REQUESTS => Err(Trouble::busy("GitHub takes no more sign-ins for a while")),
            _ => Ok(Outcome::Unknown(format!("GitHub could not answer ({status})"))),
        }
    }

    fn judge(&self, body: &[u8]) -> Result<Outcome<SecretString>, Trouble> {
        let answer: TokenAnswer = serde_json::from_slice(body)
            .map_err(|_| Trouble::Bug("GitHub's answer to a sign-in is not the JSON it should be".to_owned()))?;
        match (answer.error.as_deref(), answer.access_token) {
            (None, Some(token)) => Ok(Outcome::Done(SecretString::from(token))),
            (None, None) => Err(Trouble::Bug("GitHub's answer to a sign-in has neither token nor error".to_owned())),
            (Some(error @ "incorrect_client_credentials"), _) => Err(self.unknown_app(error)),
            (Some("redirect_uri_mismatch"), _) => Err(Trouble::Denied(format!(
                "the App does not list our address: add {} to the Callback URLs in its settings",
                self.redirect_uri
            ))),
            (Some("bad_verification_code"), _) => {
                Ok(Outcome::Rejected("GitHub says that the code is used already, or too old".to_owned()))
            }
            (Some(error), _) => {
                let said = answer.error_description.as_deref().unwrap_or(error);
                Ok(Outcome::Rejected(format!("GitHub says: {}", crate::wording::shown(said))))
            }
        }
    }

    fn unknown_app(&self, said: &str) -> Trouble {
        Trouble::Denied(format!(
            "GitHub does not take us for the App `{}` ({said}): check client_id and client_secret_file under [github] against \
             the App's settings page",
            self.settings.client_id
        ))
    }

    async fn carry(&self, request: http::request::Builder, body: OctoBody) -> Result<(StatusCode, Bytes), String> {
        let request = request.header(USER_AGENT, AGENT).body(body).map_err(|why| why.to_string())?;
        let whole = async {
            let (parts, body) = self.crab.send(request).await.map_err(|why| chain(&why))?.into_parts();
            let body = Limited::new(body, MOST_BYTES).collect().await.map_err(|why| chain(why.as_ref()))?;
            Ok((parts.status, body.to_bytes()))
        };
        let late = || format!("it took more than {} s", WHOLE_TIMEOUT.as_secs());
        tokio::time::timeout(WHOLE_TIMEOUT, whole).await.unwrap_or_else(|_| Err(late()))
    }
}

impl Identity for SignIn {
    fn authorize_url(&self, state: &str, challenge: &str) -> String {
        let fields = [
            ("client_id", self.settings.client_id.as_str()),
            ("redirect_uri", &self.redirect_uri),
            ("state", state),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ];
        let query: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        format!("{}/login/oauth/authorize?{}", self.web, query.join("&"))
    }

    fn redeem<'a>(&'a self, code: &'a str, verifier: &'a str) -> Redeemed<'a> {
        Box::pin(self.person(code, verifier))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AppId;

    fn sign_in() -> SignIn {
        let settings = SignInConfig { client_id: "Iv23li".into(), client_secret: SecretString::from("very secret") };
        let github = GithubConfig {
            api_url: "https://ghe.example/api/v3".into(),
            git_url: "https://ghe.example".into(),
            app_id: AppId::new(1),
            private_key: SecretString::from(""),
            webhook_secrets: vec![],
            slug: None,
            sign_in: None,
        };
        SignIn::new(&github, &settings, "https://queue.example/").expect("the addresses are right")
    }

    #[tokio::test]
    async fn people_are_sent_to_githubs_own_page_with_where_to_come_back() {
        let url = sign_in().authorize_url("st&te", "challenge");
        assert_eq!(
            url,
            "https://ghe.example/login/oauth/authorize?client_id=Iv23li\
             &redirect_uri=https%3A%2F%2Fqueue.example%2Fsign-in%2Fcallback&state=st%26te\
             &code_challenge=challenge&code_challenge_method=S256"
        );
        assert!(!format!("{:?}", sign_in()).contains("very secret"));
    }

    #[tokio::test]
    async fn each_refusal_says_whose_it_is() {
        let sign_in = sign_in();
        let judged =
            |error: &str| sign_in.judge(format!(r#"{{"error": "{error}", "error_description": "so"}}"#).as_bytes());
        assert!(matches!(judged("bad_verification_code"), Ok(Outcome::Rejected(_))));
        assert!(matches!(judged("unverified_user_email"), Ok(Outcome::Rejected(why)) if why.contains("so")));
        assert!(
            matches!(judged("incorrect_client_credentials"), Err(Trouble::Denied(why)) if why.contains("client_id"))
        );
        assert!(
            matches!(judged("redirect_uri_mismatch"), Err(Trouble::Denied(why)) if why.contains("/sign-in/callback"))
        );
        assert!(matches!(sign_in.judge(b"{}"), Err(Trouble::Bug(_))));
        assert!(matches!(sign_in.judge(br#"{"access_token": "ghu_x"}"#), Ok(Outcome::Done(_))));
    }
}
