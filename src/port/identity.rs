//! Who sits at the browser, by the forge's own word. Nothing of theirs is kept but who they are.

use super::{Outcome, Trouble};
use crate::facts::Person;
use std::fmt::Debug;
use std::pin::Pin;

/// Whom a code stands for, once the forge was asked. `Rejected`: the code is worth nothing (used, too old, not ours); `Unknown`:
/// no answer came, and the code may be used up.
pub type Redeemed<'a> = Pin<Box<dyn Future<Output = Result<Outcome<Person>, Trouble>> + Send + 'a>>;

/// Lets people prove who they are on a page of the forge, which sends them back with a code.
pub trait Identity: Debug + Send + Sync {
    /// The forge's page to send them to. `state` comes back with the code; only who knows what `challenge` was made from
    /// (PKCE, S256) can redeem it.
    fn authorize_url(&self, state: &str, challenge: &str) -> String;

    /// Asks whom a code stands for. Whatever right to act for them the forge gives along is given up at once.
    ///
    /// # Errors
    /// `Busy` if the forge cannot be asked now, `Denied` if it does not know us: a setting must be mended.
    fn redeem<'a>(&'a self, code: &'a str, verifier: &'a str) -> Redeemed<'a>;
}
