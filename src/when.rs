//! Moments as text (RFC 3339, as GitHub writes them) and back. It knows the calendar and no clock.

use crate::ids::Moment;

const DAY_MS: i64 = 86_400_000;

/// The moment an RFC 3339 text names (`2026-11-22T04:00:16Z`, `…16.123+01:00`); `None` if it is not one.
pub fn parse(text: &str) -> Option<Moment> {
    let (date, rest) = text.split_at_checked(10)?;
    let (year, month, day) = (number(date, 0, 4)?, number(date, 5, 7)?, number(date, 8, 10)?);
    let (time, zone) = rest.split_at_checked(9)?;
    let (hour, minute, second) = (number(time, 1, 3)?, number(time, 4, 6)?, number(time, 7, 9)?);
    let fits = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    let (fraction_ms, zone) = fraction(zone)?;
    let offset_min = offset(zone)?;
    let ms = ((hour * 60 + minute - offset_min) * 60 + second) * 1000 + fraction_ms;
    (fits && punctuated(date, time)).then(|| Moment::from_ms(days(year, month, day) * DAY_MS + ms))
}

/// The moment in UTC, cut to whole seconds: `2026-11-22T04:00:16Z`.
pub fn print(moment: Moment) -> String {
    let seconds = moment.ms().div_euclid(1000);
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, date) = civil(day);
    format!("{year:04}-{month:02}-{date:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

fn number(text: &str, from: usize, to: usize) -> Option<i64> {
    let digits = text.get(from..to)?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn punctuated(date: &str, time: &str) -> bool {
    let (date, time) = (date.as_bytes(), time.as_bytes());
    date[4] == b'-' && date[7] == b'-' && b"Tt ".contains(&time[0]) && time[3] == b':' && time[6] == b':'
}

fn fraction(zone: &str) -> Option<(i64, &str)> {
    let Some(rest) = zone.strip_prefix('.') else { return Some((0, zone)) };
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    let digits: String = rest[..end].chars().chain("000".chars()).take(3).collect();
    Some((digits.parse().ok()?, &rest[end..]))
}

fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" || zone == "z" {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    (zone.len() == 6 && zone.as_bytes()[3] == b':').then_some(())?;
    Some(sign * (number(zone, 1, 3)? * 60 + number(zone, 4, 6)?))
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. Years are counted from March, so that the leap day ends one.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468
}

/// The date that many days after 1970-01-01; the inverse of [`days`].
fn civil(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments() {
        for (text, ms) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59Z", -1_000),
            ("2000-02-29T12:00:00Z", 951_825_600_000),
            ("2021-11-24T16:10:16Z", 1_637_770_216_000),
            ("2021-11-24T16:10:16.5Z", 1_637_770_216_500),
            ("2021-11-24T17:10:16.123456+01:00", 1_637_770_216_123),
            ("2021-11-24T08:40:16-07:30", 1_637_770_216_000),
        ] {
            assert_eq!(parse(text), Some(Moment::from_ms(ms)), "{text}");
        }
        assert_eq!(print(Moment::from_ms(1_637_770_216_999)), "2021-11-24T16:10:16Z");
        assert_eq!(print(Moment::from_ms(-1)), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn every_day_of_four_centuries_comes_back() {
        for day in (-10_000..140_000).step_by(7) {
            let moment = Moment::from_ms(day * DAY_MS + 3_661_000);
            assert_eq!(parse(&print(moment)), Some(moment), "day {day}");
        }
    }

    #[test]
    fn what_is_not_a_timestamp_is_nothing() {
        for bad in [
            "",
            "2021",
            "2021-11-24",
            "2021-11-24T16:10:16",
            "2021-13-24T16:10:16Z",
            "2021-11-24T25:10:16Z",
            "2021/11/24T16:10:16Z",
            "2021-11-24T16:10:16.Zx",
            "2021-11-24T16:10:16+1",
            "+021-11-24T16:10:16Z",
            "2021-11-24T16:10:é6Z",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
