//! Foreign words inside our own sentences: shown without harm, and matched to the known word they were probably meant to be.
//! It decides nothing and touches nothing.

/// Characters of foreign text that a sentence of ours repeats, at the most.
const SHOWN_MAX: usize = 60;

/// Longer words are no typing mistakes of anything, and comparing costs length times length.
const COMPARED_MAX: usize = 48;

/// A foreign text as a sentence may repeat it: one line, bounded, invisible and text-turning characters spelt out,
/// back quotes replaced so that it can stand between back quotes.
pub fn shown(text: &str) -> String {
    let mut out = String::new();
    for (count, c) in text.trim().chars().enumerate() {
        if count == SHOWN_MAX {
            out.push('…');
            break;
        }
        match c {
            '`' => out.push('\''),
            '\'' | '"' | '\\' => out.push(c),
            other => out.extend(other.escape_debug()),
        }
    }
    out
}

/// The known word that `word` was probably meant to be, if there is one.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word: Vec<char> = word.to_ascii_lowercase().chars().collect();
    if word.is_empty() || word.len() > COMPARED_MAX {
        return None;
    }
    known
        .into_iter()
        .filter_map(|candidate| {
            let letters: Vec<char> = candidate.chars().collect();
            let near = distance(&word, &letters);
            let close = near <= word.len().max(letters.len()).div_ceil(4);
            let same_start = word.iter().zip(&letters).take_while(|(a, b)| a == b).count() >= 5;
            (close || same_start).then_some((!close, near, candidate))
        })
        .min()
        .map(|(_, _, candidate)| candidate)
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut cost = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_word_finds_the_one_that_was_meant() {
        let known = ["required", "skipped_passes", "start_deadline", "finish_deadline"];
        assert_eq!(nearest("require_chekcs", known), Some("required"));
        assert_eq!(nearest("reqiured", known), Some("required"));
        assert_eq!(nearest("Finish_Dedline", known), Some("finish_deadline"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest(&"r".repeat(10_000), known), None);
    }

    #[test]
    fn foreign_text_is_shown_without_harm() {
        assert_eq!(shown(" a`b\n\u{200b}c\u{202e} "), "a'b\\n\\u{200b}c\\u{202e}");
        assert_eq!(shown(&"x".repeat(1000)).chars().count(), SHOWN_MAX + 1);
        assert_eq!(shown("äöü \"quoted\""), "äöü \"quoted\"");
    }
}
