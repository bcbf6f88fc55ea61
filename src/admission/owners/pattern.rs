//! The patterns of `CODEOWNERS`: those of gitignore files, without negation, ranges of characters and an escaped `#`, and with
//! `dir/*` meaning only what stands in that directory itself (GitHub, "About code owners"). Thousands of them are held against
//! thousands of paths, so matching allocates nothing.

use std::str::Chars;

/// A pattern, taken apart at its slashes.
#[derive(Debug)]
pub(super) struct Pattern(Vec<Part>);

#[derive(Debug)]
enum Part {
    /// `**`: any number of directories, or none.
    Deep,
    /// `*`: one name.
    Any,
    /// One name without anything special in it.
    Is(String),
    /// `*.js`: names that end so.
    Ends(String),
    /// Any other name.
    Like(Vec<Piece>),
}

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Any,
    One,
    Is(char),
}

impl Pattern {
    /// `None` for what GitHub does not understand.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.starts_with(['!', '#']) || text.starts_with("\\#") || text.contains(['[', ']']) || text.contains("***")
        {
            return None;
        }
        if text == "/" {
            return Some(Self(Vec::new()));
        }
        let mut names: Vec<&str> = text.split('/').collect();
        let inner = text.strip_suffix('/').unwrap_or(text);
        if names.first() == Some(&"") {
            names.remove(0);
        } else if !inner.contains('/') && inner != "**" {
            // A name without a slash before it is found at any depth.
            names.insert(0, "**");
        }
        match names.last() {
            // A directory, and then whatever stands in it, at any depth.
            Some(&("" | "**")) => {
                names.pop();
                names.extend(["*", "**"]);
            }
            Some(&"*") | None => {}
            // What lies below a directory that matches is meant, too.
            Some(_) => names.push("**"),
        }
        names.into_iter().map(part).collect::<Option<Vec<_>>>().map(Self)
    }

    /// The pattern means this path, given by its parts.
    pub(super) fn matches(&self, path: &[&str]) -> bool {
        let Self(parts) = self;
        let (mut part, mut at) = (0, 0);
        // Without recursion: only the last `**` that was passed is ever tried again.
        let mut deep: Option<(usize, usize)> = None;
        while let Some(name) = path.get(at) {
            let fits = match parts.get(part) {
                Some(Part::Deep) if part + 1 == parts.len() => return true,
                Some(Part::Deep) => {
                    deep = Some((part, at));
                    part += 1;
                    continue;
                }
                Some(Part::Any) => true,
                Some(Part::Is(own)) => own == name,
                Some(Part::Ends(end)) => name.ends_with(end.as_str()),
                Some(Part::Like(pieces)) => like(pieces, name),
                None => false,
            };
            if fits {
                (part, at) = (part + 1, at + 1);
            } else if let Some((passed, from)) = deep {
                deep = Some((passed, from + 1));
                (part, at) = (passed + 1, from + 1);
            } else {
                return false;
            }
        }
        parts[part..].iter().all(|part| matches!(part, Part::Deep))
    }
}

fn part(name: &str) -> Option<Part> {
    match name {
        "" => return None,
        "**" => return Some(Part::Deep),
        "*" => return Some(Part::Any),
        _ => {}
    }
    let plain = |text: &str| !text.contains(['*', '?', '\\']);
    if plain(name) {
        return Some(Part::Is(name.to_owned()));
    }
    if let Some(end) = name.strip_prefix('*').filter(|end| plain(end)) {
        return Some(Part::Ends(end.to_owned()));
    }
    let mut pieces = Vec::new();
    let mut chars = name.chars();
    while let Some(c) = chars.next() {
        let piece = match c {
            '*' => Piece::Any,
            '?' => Piece::One,
            '\\' => Piece::Is(chars.next()?),
            c => Piece::Is(c),
        };
        if piece != Piece::Any || pieces.last() != Some(&Piece::Any) {
            pieces.push(piece);
        }
    }
    Some(Part::Like(pieces))
}

/// The same for one name and its stars.
fn like(pieces: &[Piece], name: &str) -> bool {
    let (mut piece, mut rest) = (0, name.chars());
    let mut star: Option<(usize, Chars<'_>)> = None;
    while let Some(c) = rest.clone().next() {
        let fits = match pieces.get(piece) {
            Some(Piece::Any) => {
                star = Some((piece, rest.clone()));
                piece += 1;
                continue;
            }
            Some(Piece::One) => true,
            Some(Piece::Is(own)) => *own == c,
            None => false,
        };
        if fits {
            piece += 1;
            rest.next();
        } else if let Some((passed, from)) = &mut star {
            from.next();
            (piece, rest) = (*passed + 1, from.clone());
        } else {
            return false;
        }
    }
    pieces[piece..].iter().all(|piece| *piece == Piece::Any)
}
