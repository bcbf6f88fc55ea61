//! What may follow commands other than `merge`: a commit, a person, pull requests. It reads words and decides nothing.

use super::wish::{Named, named, unknown};
use crate::ids::{Login, PrNumber};
use crate::wording::shown;
use std::collections::BTreeSet;

/// Pull requests that one may be made to depend on by one command.
const PULLS_MAX: usize = 10;

/// One commit, or nothing.
pub(super) fn commit(words: &[&str]) -> Result<Option<Named>, String> {
    match words {
        [] => Ok(None),
        [word] => named(word).map(Some).ok_or_else(|| unknown(word)),
        [_, more, ..] => Err(unknown(more)),
    }
}

/// One person.
pub(super) fn login(words: &[&str]) -> Result<Login, String> {
    match words {
        [] => Err("It is followed by a person's login.".to_owned()),
        [word] => word.strip_prefix('@').unwrap_or(word).parse().map_err(|_| unknown(word)),
        [_, more, ..] => Err(unknown(more)),
    }
}

/// `on` and at least one pull request of this repository, or `on nothing`.
pub(super) fn depends(words: &[&str]) -> Result<BTreeSet<PrNumber>, String> {
    let asks = "It is followed by `on` and pull requests of this repository, as in `on #7 #8`, or by `on nothing`.";
    let Some((on, rest)) = words.split_first() else { return Err(asks.to_owned()) };
    match rest {
        _ if !on.eq_ignore_ascii_case("on") => Err(unknown(on)),
        [] => Err(asks.to_owned()),
        [word] if word.eq_ignore_ascii_case("nothing") => Ok(BTreeSet::new()),
        pulls if pulls.len() > PULLS_MAX => Err(format!("At most {PULLS_MAX} pull requests can be named.")),
        pulls => pulls.iter().map(|word| pull(word).ok_or_else(|| unnamed(word))).collect(),
    }
}

/// A sentence about a word that names no pull request of this repository.
fn unnamed(word: &str) -> String {
    if is_elsewhere(word) {
        format!(
            "`{}` is in another repository, and GitHub moves one repository at a time: I can neither wait for it nor land both or none. \
             Say `hold` here, and `release` when that one has landed.",
            shown(word)
        )
    } else {
        unknown(word)
    }
}

/// It names a pull request of some repository, by name or by link.
pub(super) fn is_elsewhere(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let by_name = word.split_once('#').is_some_and(|(place, number)| place.contains('/') && digits(number));
    let by_link = word.split_once("/pull/").is_some_and(|(place, number)| place.contains("://") && digits(number));
    by_name || by_link
}

fn pull(word: &str) -> Option<PrNumber> {
    let digits = word.strip_prefix('#')?.trim_end_matches(',');
    digits.parse().ok().filter(|number| *number > 0).map(PrNumber::new)
}
