//! Templates of commit messages: text with a few known places in it. What is wrong with one is said when it is read, so that
//! filling it in cannot fail.

use super::foreign::skip_mark;
use crate::wording::{nearest, shown};
use serde::{Deserialize, Serialize};

/// A template has so many bytes, at the most.
const TEMPLATE_MAX: usize = 4_000;

/// A place in a template where something is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The pull request's number.
    Number,
    /// Its title.
    Title,
    /// The login of who opened it.
    Author,
    /// The commit that was approved.
    Head,
    /// Its page.
    Url,
    /// Its description.
    Body,
    /// A list of its commits by their subjects; of an only one what stands below its subject.
    Commits,
}

impl Place {
    /// Each place by its name between braces.
    pub const WORDS: [(&'static str, Self); 7] = [
        ("number", Self::Number),
        ("title", Self::Title),
        ("author", Self::Author),
        ("head", Self::Head),
        ("url", Self::Url),
        ("body", Self::Body),
        ("commits", Self::Commits),
    ];

    /// What is put there may have several lines.
    fn is_long(self) -> bool {
        matches!(self, Self::Body | Self::Commits)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Piece {
    Text(String),
    Place(Place),
}

/// A commit message with places in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Template(Vec<Piece>);

/// What is wrong with a template, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {hint}")]
pub struct Misshapen {
    /// What is wrong, to be read after the name of the setting.
    pub what: String,
    /// What to write.
    pub hint: String,
}

fn wrong<T>(what: impl Into<String>, hint: impl Into<String>) -> Result<T, Misshapen> {
    Err(Misshapen { what: what.into(), hint: hint.into() })
}

impl Template {
    /// Reads a template. Errors: the first thing that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Misshapen> {
        let text = text.trim_matches('\n');
        if text.len() > TEMPLATE_MAX {
            return wrong("is too long", format!("write at most {TEMPLATE_MAX} bytes"));
        }
        if text.chars().any(|c| c.is_control() && c != '\n') {
            return wrong("has control characters in it", "write plain lines");
        }
        if let Some(mark) = skip_mark(text) {
            return wrong(format!("has `{mark}` in it, by which CI would never start"), "leave that out");
        }
        let mut lines = text.split('\n');
        let subject = lines.next().unwrap_or_default();
        if subject.trim().is_empty() {
            return wrong("is empty", "write a subject such as \"{title} (#{number})\"");
        }
        if lines.next().is_some_and(|second| !second.trim().is_empty()) {
            return wrong(
                "has text in its second line, which git takes for the subject's",
                "leave the second line empty",
            );
        }
        let long = |piece: &Piece| matches!(piece, Piece::Place(place) if place.is_long());
        if pieces(subject)?.iter().any(long) {
            return wrong("has {body} or {commits} in its first line", "put them into a paragraph of their own");
        }
        pieces(text).map(Self)
    }

    /// Something is put at this place.
    pub fn uses(&self, place: Place) -> bool {
        self.0.contains(&Piece::Place(place))
    }

    /// The text with every place filled in.
    pub fn fill(&self, mut value: impl FnMut(Place) -> String) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Place(place) => value(*place),
        };
        self.0.iter().map(text).collect()
    }
}

/// Text and places in turn; `{{` and `}}` are braces.
fn pieces(text: &str) -> Result<Vec<Piece>, Misshapen> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, brace) = rest.split_at(at);
        plain.push_str(before);
        if brace.starts_with("{{") || brace.starts_with("}}") {
            plain.push_str(&brace[..1]);
            rest = &brace[2..];
            continue;
        }
        let Some(end) = brace.find('}').filter(|_| brace.starts_with('{')) else {
            return wrong("has a brace without its other half", "write {{ or }} for a brace that is to stay");
        };
        pieces.push(Piece::Text(std::mem::take(&mut plain)));
        pieces.push(Piece::Place(place(&brace[1..end])?));
        rest = &brace[end + 1..];
    }
    plain.push_str(rest);
    pieces.push(Piece::Text(plain));
    pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    Ok(pieces)
}

fn place(word: &str) -> Result<Place, Misshapen> {
    if let Some((_, place)) = Place::WORDS.iter().find(|(known, _)| *known == word) {
        return Ok(*place);
    }
    let known = || Place::WORDS.iter().map(|(known, _)| *known);
    let meant = nearest(word, known()).map(|meant| format!("did you mean {{{meant}}}? ")).unwrap_or_default();
    let all: Vec<String> = known().map(|known| format!("{{{known}}}")).collect();
    wrong(format!("knows no place `{{{}}}`", shown(word)), format!("{meant}known are {}", all.join(", ")))
}
