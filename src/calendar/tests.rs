//! Windows at their edges, across nights, weeks and turned clocks; moments as people say them.

use super::*;
use crate::when;

fn moment(text: &str) -> Moment {
    when::parse(text).unwrap_or_else(|| panic!("`{text}` is a moment"))
}

fn window(when: &str, zone: &str) -> Window {
    let when = When::parse(when).unwrap_or_else(|why| panic!("`{when}`: {why:?}"));
    Window { when, zone: Zone::named(zone).expect("a zone") }
}

/// Inside or not, and when that changes.
fn seen(window: &Window, at: &str) -> (bool, String) {
    let (inside, next) = window.at(moment(at));
    (inside, next.map(when::print).unwrap_or_default())
}

#[test]
fn a_weekend_begins_and_ends_to_the_minute() {
    let weekend = window("fri 16:00 - mon 08:00", "Europe/Berlin");
    // 2026-11-20 is a Friday; Berlin is an hour ahead of UTC in winter.
    for (at, expected) in [
        ("2026-11-20T14:59:59Z", (false, "2026-11-20T15:00:00Z")),
        ("2026-11-20T15:00:00Z", (true, "2026-11-23T07:00:00Z")),
        ("2026-11-22T12:00:00Z", (true, "2026-11-23T07:00:00Z")),
        ("2026-11-23T06:59:59.999Z", (true, "2026-11-23T07:00:00Z")),
        ("2026-11-23T07:00:00Z", (false, "2026-11-27T15:00:00Z")),
    ] {
        assert_eq!(seen(&weekend, at), (expected.0, expected.1.to_owned()), "{at}");
    }
}

#[test]
fn nights_lunches_and_whole_days() {
    let nights = window("mon-thu 22:00-06:00", "UTC");
    assert_eq!(
        seen(&nights, "2026-11-20T05:59:00Z"),
        (true, "2026-11-20T06:00:00Z".into()),
        "Thursday's night ends on Friday"
    );
    assert_eq!(seen(&nights, "2026-11-20T22:00:00Z"), (false, "2026-11-23T22:00:00Z".into()));
    let lunch = window("12:00-13:00", "UTC");
    assert_eq!(seen(&lunch, "2026-11-22T12:30:00Z"), (true, "2026-11-22T13:00:00Z".into()));
    let days = window("sat, sun", "Asia/Tokyo");
    assert_eq!(
        seen(&days, "2026-11-20T15:00:00Z"),
        (true, "2026-11-22T15:00:00Z".into()),
        "two days that touch are one span"
    );
    assert_eq!(seen(&window("Friday-Mon", "UTC"), "2026-11-22T00:00:00Z"), (true, "2026-11-24T00:00:00Z".into()));
}

#[test]
fn dates_come_once_and_include_their_last_day() {
    let year_end = window("2026-12-18..2027-01-04", "America/New_York");
    assert_eq!(seen(&year_end, "2026-12-18T04:59:00Z"), (false, "2026-12-18T05:00:00Z".into()));
    assert_eq!(seen(&year_end, "2026-12-31T00:00:00Z"), (true, "2027-01-05T05:00:00Z".into()));
    assert_eq!(seen(&year_end, "2027-01-05T05:00:00Z"), (false, String::new()), "and never again");
    let minutes = window("2026-12-18 16:00 .. 2026-12-18 16:01", "UTC");
    assert_eq!(seen(&minutes, "2026-12-18T16:00:30Z"), (true, "2026-12-18T16:01:00Z".into()));
}

#[test]
fn turned_clocks_make_days_of_23_and_25_hours() {
    let night = window("sun 02:30-03:30", "Europe/Berlin");
    // 2026-03-29: 02:00 becomes 03:00, so 02:30 is not; the hour after it is 03:30, and nothing is left of the window.
    assert_eq!(seen(&night, "2026-03-29T00:30:00Z"), (false, "2026-04-05T00:30:00Z".into()));
    // 2026-10-25: 03:00 becomes 02:00, so 02:30 comes twice; the window begins at the first and is two hours long.
    assert_eq!(seen(&night, "2026-10-25T00:30:00Z"), (true, "2026-10-25T02:30:00Z".into()));
    let day = window("sun", "Europe/Berlin");
    assert_eq!(seen(&day, "2026-03-28T23:00:00Z"), (true, "2026-03-29T22:00:00Z".into()), "23 hours");
    assert_eq!(seen(&day, "2026-10-24T22:00:00Z"), (true, "2026-10-25T23:00:00Z".into()), "25 hours");
    let after = window("mon 08:00-09:00", "Europe/Berlin");
    assert_eq!(seen(&after, "2026-03-28T12:00:00Z").1, "2026-03-30T06:00:00Z");
    assert_eq!(seen(&after, "2026-10-24T12:00:00Z").1, "2026-10-26T07:00:00Z");
}

#[test]
fn several_windows_are_clear_when_none_holds() {
    let windows =
        [window("fri 16:00-24:00", "UTC"), window("sat, sun", "UTC"), window("2026-11-23..2026-11-23", "UTC")];
    let now = moment("2026-11-20T17:00:00Z");
    let outlook = at(&windows, now);
    assert_eq!((outlook.inside, outlook.next), (vec![0], Some(moment("2026-11-21T00:00:00Z"))));
    let all: Vec<&Window> = windows.iter().collect();
    assert_eq!(clear_from(&all, now), Some(moment("2026-11-24T00:00:00Z")));
    let ever = [&window("mon-thu", "UTC"), &window("fri-sun", "UTC")];
    assert_eq!(clear_from(&ever, now), None, "no end is seen");
}

#[test]
fn what_is_no_window_is_refused_with_the_forms() {
    for bad in [
        "",
        "mon-",
        "monday to friday",
        "25:00-26:00",
        "9-17",
        "fri 16:00 - 08:00 mon",
        "2026-02-30..2026-03-01",
        "mon 08:00",
        "2026-12-18",
    ] {
        let (what, hint) = When::parse(bad).expect_err(bad);
        assert!(what.ends_with("is no stretch of time") && hint.contains("fri 16:00 - mon 08:00"), "{bad}: {what}");
    }
    assert!(When::parse("2027-01-04..2026-12-18").expect_err("backwards").0.contains("ends before it begins"));
    for ever in ["mon-sun", "00:00-24:00", "08:00-08:00"] {
        assert!(When::parse(ever).expect_err(ever).0.contains("never ends"), "{ever}");
    }
    assert_eq!(
        Zone::named("Europe/Berln").expect_err("mistyped"),
        "`Europe/Berln` is no time zone; did you mean `Europe/Berlin`?"
    );
    assert_eq!(Zone::named("europe/berlin").expect("any case").name(), "Europe/Berlin");
}

#[test]
fn what_is_written_again_is_read_as_the_same() {
    for text in ["mon-thu 09:00-16:00", "mon-thu 22:00-06:00", "sat-sun", "mon,wed,fri-sun", "fri 16:00 - mon 08:00"] {
        assert_eq!(When::parse(text).expect(text).to_string(), text);
    }
    for (text, written) in [
        ("sat, sun", "sat-sun"),
        ("12:00-13:00", "mon-sun 12:00-13:00"),
        ("fri-mon 09:00-24:00", "mon,fri-sun 09:00-24:00"),
        ("fri 16:00 - fri 08:00", "fri 16:00 - fri 08:00"),
        ("2026-12-18..2027-01-04", "2026-12-18 00:00..2027-01-05 00:00"),
    ] {
        let when = When::parse(text).expect(text);
        assert_eq!((when.to_string().as_str(), When::parse(written)), (written, Ok(when)), "{text}");
    }
}

#[test]
fn moments_are_said_in_passing() {
    let zone = Zone::named("Europe/Berlin").expect("a zone");
    // A Sunday, 11:00 in Berlin.
    let said = moment("2026-11-22T10:00:00Z");
    for (words, expected) in [
        ("2026-12-01T08:00:00Z", "2026-12-01T08:00:00Z"),
        ("2026-12-01 08:00", "2026-12-01T07:00:00Z"),
        ("2026-12-01T08:00", "2026-12-01T07:00:00Z"),
        ("2026-12-01", "2026-11-30T23:00:00Z"),
        ("18:00", "2026-11-22T17:00:00Z"),
        ("11:00", "2026-11-23T10:00:00Z"),
        ("today 12:00", "2026-11-22T11:00:00Z"),
        ("tomorrow", "2026-11-22T23:00:00Z"),
        ("Tomorrow 08:00", "2026-11-23T07:00:00Z"),
        ("mon 08:00", "2026-11-23T07:00:00Z"),
        ("sunday", "2026-11-28T23:00:00Z"),
    ] {
        let spoken = Spoken::parse(&words.split(' ').collect::<Vec<_>>()).unwrap_or_else(|| panic!("{words}"));
        assert_eq!(when::print(spoken.resolve(&zone, said)), expected, "{words}");
    }
    for bad in ["", "soon", "today", "mon tue", "2026-02-30", "8 o'clock", "tomorrow 25:00"] {
        assert_eq!(Spoken::parse(&bad.split(' ').collect::<Vec<_>>()), None, "{bad}");
    }
    assert_eq!(zone.print(said), "2026-11-22 11:00 (Europe/Berlin)");
}
