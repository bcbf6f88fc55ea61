//! Patterns by which rulesets choose refs and rule over names. It knows GitHub's dialect of them, and no rule.

use super::reading::{NamePattern, Ruleset};

/// Whether a ruleset is about a ref, by its full name. `~DEFAULT_BRANCH` is about no tag.
pub(super) fn covers(set: &Ruleset, name: &str) -> bool {
    let any = |patterns: &[String]| patterns.iter().any(|pattern| pattern == "~ALL" || matches(pattern, name));
    any(&set.include) && !any(&set.exclude)
}

/// Ruby's `File.fnmatch` with `FNM_PATHNAME`, as GitHub documents it, without sets in square brackets: `*` and `?` stop at a
/// slash, `**` does not.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    // Row by row, so that no pattern takes long: whether the pattern so far matches the first n letters.
    let mut ends = vec![false; name.len() + 1];
    ends[0] = true;
    let mut rest = pattern.as_slice();
    while let [first, more @ ..] = rest {
        let deep = *first == '*' && more.first() == Some(&'*');
        rest = if deep { &more[1..] } else { more };
        let mut next = vec![false; ends.len()];
        for at in 0..ends.len() {
            if *first == '*' {
                next[at] |= ends[at] || (at > 0 && next[at - 1] && (deep || name[at - 1] != '/'));
            } else if at > 0 && ends[at - 1] {
                next[at] = *first == name[at - 1] || (*first == '?' && name[at - 1] != '/');
            }
        }
        ends = next;
    }
    ends[name.len()]
}

/// Whether a name is as a rule demands; `None` for a regular expression, which is not tried.
pub(super) fn allowed(rule: &NamePattern, name: &str) -> Option<bool> {
    let holds = match rule.operator.as_str() {
        "starts_with" => name.starts_with(&rule.pattern),
        "ends_with" => name.ends_with(&rule.pattern),
        "contains" => name.contains(&rule.pattern),
        _ => return None,
    };
    Some(holds != rule.negate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_by_path_part() {
        for (pattern, name, holds) in [
            ("refs/tags/candidate/*", "refs/tags/candidate/000001", true),
            ("refs/tags/*", "refs/tags/candidate/000001", false),
            ("refs/tags/**", "refs/tags/candidate/000001", true),
            ("refs/tags/v?", "refs/tags/v1", true),
            ("refs/tags/v?", "refs/tags/v/", false),
            ("refs/tags/v*1", "refs/tags/v1.0.1", true),
            ("", "refs/tags/v1", false),
        ] {
            assert_eq!(matches(pattern, name), holds, "{pattern} {name}");
        }
    }
}
