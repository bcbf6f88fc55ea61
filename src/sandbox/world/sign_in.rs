//! Signing in as GitHub's user authorization does it for Apps: codes that count once and not for long, and user tokens. Rules only.

use super::model::{Account, App, Code, Kind, Token};
use super::{World, secret, time::now};
use crate::sandbox::types::Actor;
use base64::Engine as _;
use sha2::{Digest, Sha256};

/// How long a code is good.
const CODE_MS: i64 = 10 * 60 * 1000;
/// How long a user's token is good.
pub const TOKEN_S: i64 = 8 * 3600;
/// Codes that are remembered.
const CODES_MAX: usize = 1_000;

/// What an App asks on the authorization page.
#[derive(Debug, Default)]
pub struct Asked {
    pub client_id: String,
    pub redirect_uri: Option<String>,
    pub challenge: Option<String>,
    pub challenge_method: Option<String>,
}

/// What an App sends to turn a code into a token.
#[derive(Debug, Default)]
pub struct Redeeming {
    pub client_id: String,
    pub client_secret: String,
    pub code: String,
    pub redirect_uri: Option<String>,
    pub verifier: Option<String>,
}

impl World {
    /// Gives the Apps a client secret that have none, also in a state from before there were any.
    pub fn keep_client_secret(&mut self) {
        for app in self.apps.values_mut().filter(|app| app.client_secret.is_empty()) {
            app.client_secret = hex::encode(secret(15));
        }
    }

    /// The one place people are sent back to by the App under test.
    pub fn set_callback_url(&mut self, url: &str) {
        let app = self.cast.app;
        if let Some(app) = self.apps.get_mut(&app) {
            app.callback_urls = vec![url.to_owned()];
        }
    }

    pub fn app_by_client(&self, client_id: &str) -> Option<&App> {
        self.apps.values().find(|app| app.client_id == client_id)
    }

    /// Everybody who could sign in.
    pub fn people_accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values().filter(|account| account.kind == Kind::User)
    }

    /// Where to send back to: what is asked for if the App lists exactly that, else the first that it lists, with GitHub's word
    /// for the error. `None` if it lists none.
    pub fn way_back<'a>(app: &'a App, asked: &'a Asked) -> Option<(&'a str, Option<&'static str>)> {
        let first = app.callback_urls.first()?;
        match &asked.redirect_uri {
            Some(uri) if !app.callback_urls.contains(uri) => Some((first, Some("redirect_uri_mismatch"))),
            Some(uri) => Some((uri, None)),
            None => Some((first, None)),
        }
    }

    /// A code that stands for a person.
    pub fn new_code(&mut self, app: u64, user: u64, redirect_uri: &str, challenge: Option<String>) -> String {
        let at = now();
        self.codes.retain(|_, code| code.expires_at > at);
        while self.codes.len() >= CODES_MAX {
            self.codes.pop_first();
        }
        let code = hex::encode(secret(7));
        let redirect_uri = redirect_uri.to_owned();
        self.codes.insert(code.clone(), Code { app, user, redirect_uri, challenge, expires_at: at + CODE_MS });
        code
    }

    /// A user's token for a code, which is used up by that. Errors: GitHub's word for what is wrong.
    pub fn redeem(&mut self, asked: &Redeeming) -> Result<String, &'static str> {
        let app = self.app_by_client(&asked.client_id).filter(|app| app.client_secret == asked.client_secret);
        let app = app.ok_or("incorrect_client_credentials")?.id;
        let code = self.codes.get(&asked.code).filter(|code| code.app == app && code.expires_at > now());
        let code = code.ok_or("bad_verification_code")?;
        if asked.redirect_uri.as_ref().is_some_and(|uri| *uri != code.redirect_uri) {
            return Err("redirect_uri_mismatch");
        }
        let user = code.user;
        let proved = code.challenge.as_deref().is_none_or(|challenge| {
            asked.verifier.as_deref().is_some_and(|verifier| challenge_of(verifier) == challenge)
        });
        // Whether the proof held or not: a code is shown once.
        self.codes.remove(&asked.code);
        if !proved {
            return Err("bad_verification_code");
        }
        let token = format!("ghu_{}", secret(27));
        let expires_at = Some(now() + TOKEN_S * 1_000);
        self.tokens.insert(token.clone(), Token { actor: Actor::User(user), expires_at });
        Ok(token)
    }
}

/// PKCE's S256.
fn challenge_of(verifier: &str) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}
