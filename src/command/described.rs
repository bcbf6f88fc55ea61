//! What a pull request's description says about its place among others: `Depends-On: #7`, as a line of an ordinary paragraph. It
//! reads text and decides nothing.

use super::arguments::is_elsewhere;
use super::lines;
use crate::ids::PrNumber;
use crate::wording::shown;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a line begins with, in any case of its letters.
const WORD: &str = "depends-on:";
/// Pull requests named in one description, at the most.
const PULLS_MAX: usize = 10;

/// What a description names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Described {
    /// What has to land before.
    pub depends: BTreeSet<PrNumber>,
    /// What stands there and names no other pull request of this repository, or one too many; a line, safe between back quotes.
    pub unclear: Option<String>,
    /// What stands there and names one of another repository; a line, safe between back quotes.
    pub elsewhere: Option<String>,
}

/// Reads a description; `page` is the pull request's own page, by which links to its neighbours are known.
pub fn described(description: &str, page: &str) -> Described {
    let mut said = Described::default();
    // Most descriptions have nothing of it, and they are read often.
    if !description.to_ascii_lowercase().contains(WORD) {
        return said;
    }
    let (place, own) = page.rsplit_once('/').unwrap_or_default();
    let own = own.parse().ok().map(PrNumber::new);
    for line in lines::plain(description) {
        let Some((word, rest)) = line.trim_start().split_at_checked(WORD.len()) else { continue };
        if !word.eq_ignore_ascii_case(WORD) {
            continue;
        }
        let words = || rest.split([',', ' ']).filter(|part| !part.is_empty());
        let named: Option<Vec<PrNumber>> = words().map(|part| number(part, place)).collect();
        match named {
            Some(numbers) if named_well(&numbers, own) && said.depends.len() + numbers.len() <= PULLS_MAX => {
                said.depends.extend(numbers);
            }
            None if words().any(is_elsewhere) => said.elsewhere = Some(shown(line.trim())),
            Some(_) | None => said.unclear = Some(shown(line.trim())),
        }
    }
    said
}

/// It names some, and not itself.
fn named_well(numbers: &[PrNumber], own: Option<PrNumber>) -> bool {
    !numbers.is_empty() && numbers.iter().all(|number| Some(*number) != own)
}

/// `#7`, or a link to the same.
fn number(text: &str, place: &str) -> Option<PrNumber> {
    let linked = || text.strip_prefix(place)?.strip_prefix('/').filter(|_| !place.is_empty());
    let digits = text.strip_prefix('#').or_else(linked)?;
    digits.parse().ok().filter(|number| *number > 0).map(PrNumber::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "https://github.com/acme/widget/pull/9";

    fn numbers(text: &str) -> Vec<u64> {
        described(text, PAGE).depends.into_iter().map(PrNumber::get).collect()
    }

    #[test]
    fn plain_lines_name_pull_requests_of_this_repository() {
        assert_eq!(numbers("It does a thing.\n\nDepends-On: #7\ndepends-on: #8, #3\n"), [3, 7, 8]);
        assert_eq!(numbers("Depends-On: https://github.com/acme/widget/pull/12"), [12]);
        assert_eq!(
            numbers("    Depends-On: #7\n\n> Depends-On: #8\n\n`Depends-On: #9`\n\n<!-- Depends-On: #1 -->"),
            Vec::<u64>::new()
        );
        assert_eq!(numbers("It Depends-On: #7"), Vec::<u64>::new());
    }

    #[test]
    fn what_names_none_is_told_and_not_passed_over() {
        for line in
            ["Depends-On:", "Depends-On: #9", "Depends-On: seven", "Depends-On: #0", "Depends-On: https://acme/7"]
        {
            let said = described(line, PAGE);
            assert!(said.depends.is_empty() && said.unclear.is_some(), "{line}");
        }
        let many: Vec<_> = (1..=11).map(|number| format!("#{number}")).collect();
        assert!(described(&format!("Depends-On: {}", many.join(" ")), PAGE).unclear.is_some());
        for line in ["Depends-On: #3 other/place#7", "Depends-On: https://github.com/acme/other/pull/12"] {
            let said = described(line, PAGE);
            let told = (said.depends.len(), said.unclear, said.elsewhere.as_deref());
            assert_eq!(told, (0, None, Some(line)));
        }
    }
}
