//! Entries written and read.

use super::testing::landing;
use super::*;

#[test]
fn an_entry_is_a_subject_and_one_object_a_line() {
    let entry = Entry::landed(landing(1, 2, &[(7, 3)]));
    let message = entry.message();
    let lines: Vec<&str> = message.lines().collect();
    assert!(lines[0].starts_with("Landed #7 on main as ") && lines[1].is_empty(), "{message}");
    assert!(lines[2].starts_with("{\"landed\":{\"trunk\":\"main\",") && lines.len() == 3, "{message}");
    assert_eq!(Entry::read(&message), Ok(entry.clone()));
    assert_eq!(Entry::landed(landing(1, 2, &[(7, 3)])).message(), message, "the same landing gives the same bytes");
}

#[test]
fn a_subject_names_a_few_and_counts_the_others() {
    let many: Vec<(u64, u8)> = (1..=12).map(|number| (number, 40)).collect();
    let subject = Entry::landed(landing(1, 2, &many)).subject;
    assert!(subject.contains("#9, #10, 2 more on main"), "{subject}");
}

#[test]
fn a_newer_versions_word_is_kept_and_is_no_mistake() {
    let newer = "{\"promoted\":{\"to\":\"the moon\"}}";
    let entry = Entry::read(&format!("Promoted\n\n{newer}\n")).expect("it can be read");
    assert_eq!(entry.lines, [Line::Unknown(newer.to_owned())]);
    assert!(entry.message().contains(newer), "and written as it was");
    let fuller = Entry::landed(landing(1, 2, &[(7, 3)])).message().replace("\"from\":", "\"mood\":\"good\",\"from\":");
    assert!(Entry::read(&fuller).is_ok(), "nor is one more field");
}

#[test]
fn what_is_no_entry_is_refused_with_its_line() {
    for (message, told) in [
        ("", "no line for programs"),
        ("Only words", "no line for programs"),
        ("Only words\n\n", "no line for programs"),
        ("Words\nmore words\n\n{\"landed\":{}}", "line 2"),
        ("Words\n\nmore words", "line 3"),
        ("Words\n\n{\"landed\":{}}", "line 3 cannot be read (missing field `trunk`"),
        ("Words\n\n{\"x\":1}\n\n{\"x\":1}", "line 4"),
        ("Words\n\n{\"x\":1,\"y\":2}", "2 keys"),
        ("Words\n\n[1]", "line 3"),
    ] {
        let refusal = Entry::read(message).expect_err(message).to_string();
        assert!(refusal.contains(told), "{message:?}: {refusal}");
    }
    assert_eq!(Entry::read(&"x".repeat(MESSAGE_MAX + 1)), Err(Malformed::TooLong));
}
