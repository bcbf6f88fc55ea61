//! What may follow `merge`: which commit, in which shape, how urgently, with whom. It reads words and decides nothing.

use crate::facts::Strategy;
use crate::ids::Sha;
use crate::wording::shown;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::RangeInclusive;

/// Ranks a person can ask for.
pub const PRIORITIES: RangeInclusive<i32> = -100..=100;

/// Fewer digits name no commit: whoever may push could make another one that begins with them.
const DIGITS_MIN: usize = 12;

/// How somebody wants a pull request to land, as far as they say so.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Wish {
    /// The head that is meant.
    pub head: Option<Named>,
    /// The shape of its commits on trunk; the repository's usual one if nothing is said.
    pub strategy: Option<Strategy>,
    /// Its rank; higher goes first.
    pub priority: Option<i32>,
    /// In no group with others.
    pub alone: bool,
    /// Not before the required checks have passed on its own head.
    pub when_green: bool,
    /// Before everybody else, because it mends what is broken.
    pub hotfix: bool,
}

/// A commit as a person writes it: hex digits, perhaps too few of them, perhaps of another commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named(String);

impl Named {
    /// These digits are this commit and leave no doubt about it.
    pub fn is(&self, sha: Sha) -> bool {
        self.0.len() >= DIGITS_MIN && sha.to_string().starts_with(&self.0)
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Sha> for Named {
    fn from(sha: Sha) -> Self {
        Self(sha.to_string())
    }
}

impl Wish {
    /// Nothing is said about how it lands; a commit may be named.
    pub fn is_plain(&self) -> bool {
        *self == Self { head: self.head.clone(), ..Self::default() }
    }
}

/// Reads the words after `merge`. Errors: what is wrong with which of them, in a sentence.
pub(super) fn read(words: &[&str]) -> Result<Wish, String> {
    let mut wish = Wish::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let lower = word.to_ascii_lowercase();
        if lower == "alone" {
            wish.alone = true;
        } else if lower == "when" {
            let green = words.next().is_some_and(|word| word.eq_ignore_ascii_case("green"));
            wish.when_green = green.then_some(true).ok_or("`when` is followed by `green`.")?;
        } else if lower == "hotfix" {
            wish.hotfix = true;
        } else if lower == "as" {
            let shape = words.next().copied().unwrap_or_default();
            // `as hotfix` is what one says elsewhere.
            if shape.eq_ignore_ascii_case("hotfix") {
                wish.hotfix = true;
            } else {
                once(&mut wish.strategy, strategy(shape)?, "a shape")?;
            }
        } else if let Some(number) = lower.strip_prefix("priority=").or_else(|| lower.strip_prefix("p=")) {
            once(&mut wish.priority, priority(number)?, "a priority")?;
        } else if let Some(head) = named(word) {
            once(&mut wish.head, head, "a commit")?;
        } else {
            return Err(unknown(word));
        }
    }
    Ok(wish)
}

/// Whoever says two different things has not said which one counts.
fn once<T: PartialEq>(place: &mut Option<T>, said: T, what: &str) -> Result<(), String> {
    match place.replace(said) {
        before @ Some(_) if before != *place => Err(format!("It names {what} twice, and they differ.")),
        Some(_) | None => Ok(()),
    }
}

/// A sentence about a word that has no meaning where it stands.
pub(super) fn unknown(word: &str) -> String {
    format!("`{}` means nothing to me there.", shown(word))
}

/// The commit that a word may name.
pub(super) fn named(word: &str) -> Option<Named> {
    let legal = (6..=40).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_hexdigit());
    legal.then(|| Named(word.to_owned()))
}

fn strategy(word: &str) -> Result<Strategy, String> {
    let found = Strategy::WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
    found.map(|(_, strategy)| *strategy).ok_or_else(|| {
        let known: Vec<String> = Strategy::WORDS.iter().map(|(known, _)| format!("`{known}`")).collect();
        format!("`as` is followed by one of {}.", known.join(", "))
    })
}

fn priority(number: &str) -> Result<i32, String> {
    number
        .parse()
        .ok()
        .filter(|n| PRIORITIES.contains(n))
        .ok_or_else(|| format!("A priority is a whole number from {} to {}.", PRIORITIES.start(), PRIORITIES.end()))
}
