//! A number out of a JSON answer, compared with its bound without rounding. Pure.

use crate::delivery::policy::Bound;
use serde_json::Value;

/// What stands at a path of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// A number: its millionths rounded down, and whether something was left over.
    Is(i128, bool),
    /// Nothing there, or no number by its own word (`null`, `NaN`).
    Missing,
    /// Something that is no number.
    Other,
}

/// Finds a number: names and numbers of places with dots between. A text that is a number counts, for monitoring writes so.
pub fn find(answer: &Value, path: &str) -> Number {
    let step = |value: &Value, part: &str| match value {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?).cloned(),
        Value::Object(fields) => fields.get(part).cloned(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    let parts = path.split('.').filter(|part| !part.is_empty());
    match parts.into_iter().try_fold(answer.clone(), |value, part| step(&value, part)) {
        None | Some(Value::Null) => Number::Missing,
        Some(Value::Number(number)) => read(&number.to_string()),
        Some(Value::String(text)) => read(text.trim()),
        Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => Number::Other,
    }
}

/// A reading that crosses its bound.
pub fn crosses(number: i128, rest: bool, bound: Bound) -> bool {
    match bound {
        Bound::Above(limit) => number > i128::from(limit) || (number == i128::from(limit) && rest),
        Bound::Below(limit) => number < i128::from(limit),
    }
}

fn read(text: &str) -> Number {
    match text.to_ascii_lowercase().trim_start_matches(['+', '-']) {
        "nan" => return Number::Missing,
        "inf" | "infinity" => return Number::Is(if text.starts_with('-') { i128::MIN } else { i128::MAX }, false),
        _ => {}
    }
    decimal(text).map_or(Number::Other, |(millionths, rest)| Number::Is(millionths, rest))
}

/// A decimal (`-1.5e-3`) in millionths, rounded down.
fn decimal(text: &str) -> Option<(i128, bool)> {
    let (text, exponent) = match text.split_once(['e', 'E']) {
        Some((text, exponent)) => (text, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = [whole, fraction].concat();
    if digits.is_empty() || digits.len() > 400 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Where the point of millionths stands among the digits.
    let point = i64::try_from(whole.len()).ok()? + i64::from(exponent) + 6;
    let point = usize::try_from(point.clamp(0, 500)).ok()?;
    let (kept, left) = digits.split_at(point.min(digits.len()));
    let zeros = if digits.bytes().all(|byte| byte == b'0') { 0 } else { point - kept.len() };
    let kept = format!("0{kept}{}", "0".repeat(zeros));
    let rest = left.bytes().any(|byte| byte != b'0');
    let size = kept.parse::<i128>().unwrap_or(i128::MAX - 1);
    Some(if negative { (-size - i128::from(rest), rest) } else { (size, rest) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Number {
        find(&serde_json::from_str(text).expect("JSON"), "data.result.0.value.1")
    }

    #[test]
    fn a_number_is_found_where_the_path_leads() {
        assert_eq!(at(r#"{"data":{"result":[{"value":[1700000000,"0.02"]}]}}"#), Number::Is(20_000, false));
        assert_eq!(at(r#"{"data":{"result":[{"value":[1700000000,0.02]}]}}"#), Number::Is(20_000, false));
        for nothing in [
            r#"{"data":{"result":[]}}"#,
            "{}",
            "[]",
            "7",
            r#"{"data":{"result":[{"value":[0,null]}]}}"#,
            r#"{"data":{"result":[{"value":[0,"NaN"]}]}}"#,
        ] {
            assert_eq!(at(nothing), Number::Missing, "{nothing}");
        }
        for other in ["\"down\"", "true", "{}", "\"\"", "\"1.2.3\"", "\"0x10\""] {
            assert_eq!(at(&format!(r#"{{"data":{{"result":[{{"value":[0,{other}]}}]}}}}"#)), Number::Other, "{other}");
        }
    }

    #[test]
    fn decimals_are_exact() {
        for (text, want) in [
            ("0", (0, false)),
            ("0.0000", (0, false)),
            ("1", (1_000_000, false)),
            ("-1.5", (-1_500_000, false)),
            ("0.02", (20_000, false)),
            ("0.0200001", (20_000, true)),
            ("-0.0000001", (-1, true)),
            ("1e-7", (0, true)),
            ("2.5e2", (250_000_000, false)),
            ("1E3", (1_000_000_000, false)),
            (".5", (500_000, false)),
            ("5.", (5_000_000, false)),
            ("0e999", (0, false)),
            ("1e99", (i128::MAX - 1, false)),
            ("1e-999", (0, true)),
        ] {
            assert_eq!(decimal(text), Some(want), "{text}");
        }
        for bad in ["", ".", "-", "1e", "1,5", "e5", "--1", "1e99999999999"] {
            assert_eq!(decimal(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_bound_is_crossed_only_beyond_it() {
        let crossed = |text: &str, bound| decimal(text).map(|(number, rest)| crosses(number, rest, bound));
        let (above, below) = (Bound::Above(20_000), Bound::Below(-1_000_000));
        assert_eq!(crossed("0.02", above), Some(false));
        assert_eq!(crossed("0.0200000001", above), Some(true));
        assert_eq!(crossed("-1", below), Some(false));
        assert_eq!(crossed("-1.0000001", below), Some(true));
        assert_eq!(crossed("-0.9999999", below), Some(false));
    }
}
