//! Keeps the App's own token and the installations' tokens until shortly before they end. It never looks into a token:
//! they grew from 40 characters to `ghs_APPID_JWT` once already. It asks nobody.

use crate::ids::{InstallationId, Moment};
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Mutex as AsyncMutex;

/// A token is not used in its last five minutes, so that what starts with it can also end with it.
const MARGIN_MS: i64 = 5 * 60 * 1000;

/// A token and the moment it is no longer to be used.
#[derive(Debug, Clone)]
pub(super) struct Token {
    secret: SecretString,
    until: Moment,
}

impl Token {
    /// A token that ends at `expires_at`.
    pub(super) fn new(secret: SecretString, expires_at: Moment) -> Self {
        Self { secret, until: expires_at.plus_ms(-MARGIN_MS) }
    }

    /// The token, for anyone.
    pub(super) fn secret(&self) -> SecretString {
        self.secret.clone()
    }
}

/// The place of one token. Whoever finds it empty holds the lock while making a new one, so that only one is made.
#[derive(Debug, Default)]
pub(super) struct Slot(Option<Token>);

impl Slot {
    /// The token, if it may still be used.
    pub(super) fn good(&self, now: Moment) -> Option<SecretString> {
        self.0.as_ref().filter(|token| token.until > now).map(Token::secret)
    }

    /// Puts a new one in.
    pub(super) fn put(&mut self, token: Token) {
        self.0 = Some(token);
    }

    /// Throws the token away if it still is the one that was refused.
    pub(super) fn forget(&mut self, refused: &SecretString) {
        self.0 = self.0.take().filter(|token| token.secret.expose_secret() != refused.expose_secret());
    }
}

/// The installations' tokens.
#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<HashMap<InstallationId, Arc<AsyncMutex<Slot>>>>);

impl Tokens {
    /// The place of an installation's token.
    pub(super) fn slot(&self, installation: InstallationId) -> Arc<AsyncMutex<Slot>> {
        Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(installation).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_used_until_five_minutes_before_its_end_or_until_refused() {
        let mut slot = Slot::default();
        let secret = SecretString::from("ghs_1_abc");
        assert!(slot.good(Moment::from_ms(0)).is_none());
        slot.put(Token::new(secret.clone(), Moment::from_ms(3_600_000)));
        assert!(slot.good(Moment::from_ms(3_299_999)).is_some());
        assert!(slot.good(Moment::from_ms(3_300_000)).is_none());
        slot.forget(&SecretString::from("ghs_1_older"));
        assert!(slot.good(Moment::from_ms(0)).is_some());
        slot.forget(&secret);
        assert!(slot.good(Moment::from_ms(0)).is_none());
        assert!(!format!("{:?}", Token::new(secret, Moment::from_ms(0))).contains("abc"));
    }
}
