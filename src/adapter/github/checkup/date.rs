//! The moment in an HTTP `Date` header (RFC 9110, section 5.6.7: IMF-fixdate, the one form that servers still send).

use crate::ids::Moment;
use crate::when;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Sun, 22 Nov 2026 10:20:31 GMT`; `None` for anything else.
pub(super) fn parse(text: &str) -> Option<Moment> {
    let (_, rest) = text.split_once(", ")?;
    let [day, month, year, time, "GMT"] = rest.split(' ').collect::<Vec<_>>()[..] else { return None };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    when::parse(&format!("{year}-{month:02}-{day}T{time}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_form_is_a_date() {
        assert_eq!(parse("Sun, 22 Nov 2026 10:20:31 GMT"), when::parse("2026-11-22T10:20:31Z"));
        for bad in
            ["", "Sunday, 22-Nov-26 10:20:31 GMT", "Sun, 22 Nov 2026 10:20:31 CET", "Sun, 2 Nov 2026 10:20:31 GMT"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
