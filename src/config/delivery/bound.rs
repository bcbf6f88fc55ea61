//! How a bound such as `> 0.02` is read: exactly, digit by digit, for a number that was rounded would be another bound.

use crate::config::problem::Fault;
use crate::delivery::policy::Bound;
use crate::wording::shown;

/// Digits before the point, at the most: with six behind it they fit 64 bits.
const WHOLE_DIGITS: usize = 12;
/// Digits behind the point, at the most: a millionth is the finest that is kept.
const FINE_DIGITS: usize = 6;

/// The bound a text says.
pub(super) fn bound(text: &str) -> Result<Bound, Fault> {
    let above = text.strip_prefix('>').map(|rest| (true, rest));
    let sides = above.or_else(|| text.strip_prefix('<').map(|rest| (false, rest)));
    let read = sides.and_then(|(above, rest)| Some((above, millionths(rest.trim_start_matches(' '))?)));
    match read {
        Some((true, number)) => Ok(Bound::Above(number)),
        Some((false, number)) => Ok(Bound::Below(number)),
        None => {
            let hint = "write > or < and a number of up to 12 digits and 6 behind the point, such as \"> 0.02\"";
            Err(Fault::new(format!("`{}` is no bound", shown(text)), hint))
        }
    }
}

fn millionths(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fine) = match digits.split_once('.') {
        Some((whole, fine)) => (whole, Some(fine)),
        None => (digits, None),
    };
    let number = |digits: &str, most: usize| {
        let legal = (1..=most).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        legal.then(|| digits.parse::<i64>().ok()).flatten()
    };
    let whole = number(whole, WHOLE_DIGITS)?;
    let fine = fine.map_or(Some(0), |fine| {
        number(fine, FINE_DIGITS).and(number(&format!("{fine:0<FINE_DIGITS$}"), FINE_DIGITS))
    })?;
    Some(sign * (whole * 1_000_000 + fine))
}

/// A bound as it is written.
pub(super) fn written(bound: Bound) -> String {
    let (side, number) = match bound {
        Bound::Above(number) => ('>', number),
        Bound::Below(number) => ('<', number),
    };
    let sign = if number < 0 { "-" } else { "" };
    let (whole, fine) = (number.unsigned_abs() / 1_000_000, number.unsigned_abs() % 1_000_000);
    let fine = format!("{fine:06}");
    let fine = fine.trim_end_matches('0');
    let point = if fine.is_empty() { "" } else { "." };
    format!("{side} {sign}{whole}{point}{fine}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_exactly_and_written_as_they_were() {
        for (text, expected) in [
            ("> 0.02", Bound::Above(20_000)),
            ("< 99.5", Bound::Below(99_500_000)),
            ("> 0.000001", Bound::Above(1)),
            ("< -0.5", Bound::Below(-500_000)),
            ("> 0", Bound::Above(0)),
            ("> 999999999999.999999", Bound::Above(999_999_999_999_999_999)),
        ] {
            assert_eq!(bound(text), Ok(expected), "{text}");
            assert_eq!(written(expected), text);
        }
        assert_eq!(bound(">0.020000"), Ok(Bound::Above(20_000)));
    }

    #[test]
    fn what_is_no_bound_or_cannot_be_kept_exactly_is_refused() {
        for bad in [
            "",
            "0.02",
            "> ",
            ">= 1",
            "> 0.0000001",
            "> 1.",
            "> .5",
            "> 1e3",
            "> --1",
            "> 1 %",
            "> 1234567890123",
            "> +1",
            "> ١",
        ] {
            assert!(bound(bad).is_err(), "{bad}");
        }
    }
}
