//! What the messages of commits are made of: subjects, bodies, and the texts of merge and squash commits. Pure.

use super::objects::Commit;
use crate::ids::PrNumber;
use git2::Oid;
use std::collections::BTreeSet;

/// The first paragraph on one line, as git's `%s`.
pub fn subject(message: &[u8]) -> Vec<u8> {
    let (paragraph, _) = split(message);
    let lines = paragraph.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    lines.collect::<Vec<_>>().join(&b' ')
}

/// Everything after the first paragraph.
pub fn body(message: &[u8]) -> &[u8] {
    split(message).1
}

fn split(message: &[u8]) -> (&[u8], &[u8]) {
    let is_blank = |line: &[u8]| line.trim_ascii().is_empty();
    let (mut from, mut at, mut begun) = (0, 0, false);
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        match (is_blank(line), begun) {
            (true, true) => {
                let rest = &message[at..];
                let blank = rest.split_inclusive(|byte| *byte == b'\n').take_while(|line| is_blank(line));
                let skip: usize = blank.map(<[u8]>::len).sum();
                return (message[from..at].trim_ascii_end(), &rest[skip..]);
            }
            (true, false) => from = at + line.len(),
            (false, _) => begun = true,
        }
        at += line.len();
    }
    (message[from..].trim_ascii_end(), &[])
}

/// The message of a merge commit.
pub fn of_merge(pull: Option<&(PrNumber, String)>, head: Oid) -> String {
    match pull {
        Some((number, title)) => format!("Merge pull request #{number}: {}\n", one_line(title)),
        None => format!("Merge commit '{head}'\n"),
    }
}

/// The message of a squash commit: the title, what was in it, and who else wrote it.
pub fn of_squash(pull: Option<&(PrNumber, String)>, commits: &[&Commit]) -> String {
    let first = commits.first().map_or_else(String::new, |commit| text(&subject(&commit.message)));
    let mut message = match pull {
        Some((number, title)) => format!("{} (#{number})", one_line(title)),
        None => first,
    };
    let about = match commits {
        [only] => text(body(&only.message)).trim_end().to_owned(),
        many => {
            let lines = many.iter().map(|commit| format!("* {}", text(&subject(&commit.message))));
            lines.collect::<Vec<_>>().join("\n")
        }
    };
    let trailers: Vec<String> = co_authors(commits).into_iter().filter(|line| !about.contains(line.as_str())).collect();
    for part in [about, trailers.join("\n")] {
        if !part.is_empty() {
            message.push_str("\n\n");
            message.push_str(&part);
        }
    }
    message.push('\n');
    message
}

/// `Co-authored-by` lines for every author but the first, and those the commits have already; each person once.
fn co_authors(commits: &[&Commit]) -> Vec<String> {
    let who = |commit: &Commit| {
        let line = text(&commit.author);
        line.rfind('>').map_or(String::new(), |at| line[..=at].trim().to_owned())
    };
    let address = |person: &str| person.rfind('<').map_or(person, |at| &person[at..]).to_ascii_lowercase();
    let mut seen: BTreeSet<String> = commits.first().map(|commit| address(&who(commit))).into_iter().collect();
    let mut lines = Vec::new();
    for commit in commits {
        let message = text(&commit.message);
        let named = message.lines().filter_map(|line| {
            let (word, person) = line.split_once(':')?;
            word.eq_ignore_ascii_case("co-authored-by").then(|| person.trim().to_owned())
        });
        for person in std::iter::once(who(commit)).chain(named) {
            if !person.is_empty() && seen.insert(address(&person)) {
                lines.push(format!("Co-authored-by: {person}"));
            }
        }
    }
    lines
}

/// A title is a person's text: whatever it holds, it stays one line of the message.
fn one_line(title: &str) -> String {
    let spaced: String = title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_the_first_paragraph_on_one_line() {
        assert_eq!(subject(b"\n\none\ntwo  \n\nbody\n"), b"one two");
        assert_eq!(body(b"\n\none\ntwo\n\n\nbody\n\nmore\n"), b"body\n\nmore\n");
        assert_eq!((subject(b"").as_slice(), body(b"only")), (&b""[..], &b""[..]));
    }

    #[test]
    fn a_title_cannot_write_more_than_its_line() {
        let pull = (PrNumber::new(7), "Open\n\nCo-authored-by: Mallory <m@x>\r\nthe door".to_owned());
        let message = of_merge(Some(&pull), Oid::ZERO_SHA1);
        assert_eq!(message, "Merge pull request #7: Open Co-authored-by: Mallory <m@x> the door\n");
    }
}
