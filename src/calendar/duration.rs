//! Lengths of time as people write them (`10m`, `1h30m`), in milliseconds inside.

/// Units in the order in which they must be written.
const UNITS: [(char, i64); 4] = [('d', 86_400_000), ('h', 3_600_000), ('m', 60_000), ('s', 1000)];

/// Milliseconds of `1d2h3m4s`; each unit at most once and in this order. `None` for anything else, also what overflows.
pub fn parse_ms(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut total: i64 = 0;
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|digits| (1..=9).contains(digits))?;
        let number: i64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?;
        let (_, ms) = units.by_ref().find(|(name, _)| *name == unit)?;
        total = total.checked_add(number.checked_mul(*ms)?)?;
        rest = &rest[digits + unit.len_utf8()..];
    }
    (!text.is_empty()).then_some(total)
}

/// A length of time as one writes it; parts of a second are dropped.
pub fn written(ms: i64) -> String {
    let mut rest = ms;
    let mut parts = Vec::new();
    for (name, unit) in UNITS {
        if rest >= unit {
            parts.push(format!("{}{name}", rest / unit));
            rest %= unit;
        }
    }
    if parts.is_empty() { "0s".into() } else { parts.concat() }
}

/// A regular expression for what `parse_ms` reads, with as many digits for each unit as the longest time needs: it knows no
/// ranges, but what is far beyond does not match. It also matches the empty text.
pub fn pattern(longest_ms: i64) -> String {
    let digits = |unit: i64| (longest_ms / unit).max(1).ilog10() + 1;
    let parts = UNITS.map(|(name, unit)| format!("([0-9]{{1,{}}}{name})?", digits(unit)));
    format!("^{}$", parts.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        for (text, ms) in [("10m", 600_000), ("1h30m", 5_400_000), ("2d", 172_800_000), ("90s", 90_000), ("0s", 0)] {
            assert_eq!(parse_ms(text), Some(ms), "{text}");
        }
        assert_eq!(written(5_400_000), "1h30m");
        assert_eq!(written(604_800_000), "7d");
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in
            ["", "1h30", "10", "m", "-5m", "1.5h", "30m1h", "1m1m", "10 m", "1ö", "9999999999s", "99999999999999"]
        {
            assert_eq!(parse_ms(bad), None, "{bad}");
        }
    }
}
