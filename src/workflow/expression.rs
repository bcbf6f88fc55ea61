//! As much of GitHub's expressions as names need: `${{ matrix.os }}`, `${{ inputs.x }}` and quoted texts. What else an
//! expression says is known only when it runs, and nothing is guessed.

use super::matrix::Leaf;
use crate::wording::shown;

const OPEN: &str = "${{";
const CLOSE: &str = "}}";

/// Conditions under which a job always reports a result of its own when its workflow runs and nothing else went wrong.
const ALWAYS: [&str; 6] = ["true", "always()", "success()", "!cancelled()", "!failure()", "success()||failure()"];

/// Whether a text has an expression in it.
pub(super) fn has_expression(text: &str) -> bool {
    text.contains(OPEN)
}

/// The condition, unless it is one that always holds.
pub(super) fn doubtful(condition: &str) -> Option<String> {
    let bare = condition.trim();
    let bare = bare.strip_prefix(OPEN).and_then(|inner| inner.strip_suffix(CLOSE)).unwrap_or(bare);
    let dense: String = bare.chars().filter(|c| !c.is_whitespace()).collect();
    (!ALWAYS.contains(&dense.as_str())).then(|| condition.trim().to_owned())
}

/// What expressions may refer to, by path (`matrix.os`), and whether all of the matrix is in it.
pub(super) struct Known<'k> {
    pub leaves: &'k [Leaf],
    pub matrix_is_whole: bool,
}

/// A text with its expressions replaced, or the first expression whose value is not known.
pub(super) fn expanded(text: &str, known: &Known<'_>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        out.push_str(before);
        let (inner, beyond) = after.split_once(CLOSE).ok_or_else(|| shown(after))?;
        out.push_str(&value(inner.trim(), known).ok_or_else(|| shown(inner))?);
        rest = beyond;
    }
    out.push_str(rest);
    Ok(out)
}

fn value(inner: &str, known: &Known<'_>) -> Option<String> {
    let quoted = inner.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    if let Some(text) = quoted.filter(|text| !text.contains('\'')) {
        return Some(text.to_owned());
    }
    let path = inner.to_ascii_lowercase();
    if let Some(leaf) = known.leaves.iter().rev().find(|leaf| leaf.path.eq_ignore_ascii_case(&path)) {
        return (!has_expression(&leaf.value)).then(|| leaf.value.clone());
    }
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    let inside = |leaf: &Leaf| leaf.path.to_ascii_lowercase().strip_prefix(&path).is_some_and(|r| r.starts_with('.'));
    // A property that a combination does not have is empty; a table has no text.
    let absent = plain && known.matrix_is_whole && path.starts_with("matrix.") && !known.leaves.iter().any(inside);
    absent.then(String::new)
}
