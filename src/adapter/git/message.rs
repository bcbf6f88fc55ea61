//! What the messages of commits are made of: subjects, bodies, and what git knows for the texts of merge and squash commits.
//! Pure; how those texts read stands in `crate::message`.

use super::objects::Commit;
use crate::message::{self, Ingredients};
use crate::port::git::Recipe;

/// A subject in a list of commits has so many characters, at the most.
const SUBJECT_MAX: usize = 200;
/// A commit names so many people who wrote along, at the most.
const PEOPLE_MAX: usize = 100;

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

/// The message of a merge commit; `commits` are those of the pull request, where its template asks for them.
pub fn of_merge(recipe: &Recipe, commits: &[&Commit]) -> String {
    match &recipe.pull {
        Some(about) => {
            let ingredients = Ingredients { commits: listed(commits), ..Ingredients::default() };
            recipe.messages.write(&recipe.messages.merge, about, recipe.head, &ingredients)
        }
        None => format!("Merge commit '{}'\n", recipe.head),
    }
}

/// The message of a squash commit: the title, what was in it, and who else wrote it.
pub fn of_squash(recipe: &Recipe, commits: &[&Commit]) -> String {
    let ingredients = Ingredients {
        commits: listed(commits),
        author: commits.first().map_or_else(String::new, |commit| author(commit)),
        others: authors(commits),
    };
    let Some(about) = &recipe.pull else {
        let first = commits.first().map_or_else(String::new, |commit| text(&subject(&commit.message)));
        return message::without_pull(&format!("{first}\n\n{}", ingredients.commits), &ingredients);
    };
    recipe.messages.write(&recipe.messages.squash, about, recipe.head, &ingredients)
}

/// Several commits by their subjects; of an only one what stands below its subject.
fn listed(commits: &[&Commit]) -> String {
    match commits {
        [only] => message::bounded(text(body(&only.message)).trim_end()),
        many => {
            let line = |commit: &&Commit| {
                let subject: String = text(&subject(&commit.message)).chars().take(SUBJECT_MAX).collect();
                format!("* {}", message::one_line(&subject))
            };
            many.iter().map(line).collect::<Vec<_>>().join("\n")
        }
    }
}

/// The author without the date.
fn author(commit: &Commit) -> String {
    let line = text(&commit.author);
    line.rfind('>').map_or(String::new(), |at| message::one_line(&line[..=at]))
}

/// Every author, and those the commits name as having written along.
fn authors(commits: &[&Commit]) -> Vec<String> {
    let mut people = Vec::new();
    for commit in commits {
        let message = text(&commit.message);
        people.push(author(commit));
        people.extend(message.lines().filter_map(message::co_author).take(PEOPLE_MAX).map(message::one_line));
    }
    people
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
}
