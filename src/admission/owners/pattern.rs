//! The patterns of `CODEOWNERS`: those of gitignore files, without negation, ranges of characters and an escaped `#`, and with
//! `dir/*` meaning only what stands in that directory itself (GitHub, "About code owners").

/// A pattern, taken apart at its slashes.
#[derive(Debug)]
pub(super) struct Pattern {
    parts: Vec<Part>,
    /// What lies below a directory that matches is meant, too.
    below: bool,
}

#[derive(Debug)]
enum Part {
    /// `**`: any number of directories; at the end, at least one name.
    Deep,
    /// One name.
    Name(Vec<Piece>),
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
            return Some(Self { parts: Vec::new(), below: false });
        }
        let mut names: Vec<&str> = text.split('/').collect();
        let inner = text.strip_suffix('/').unwrap_or(text);
        if names.first() == Some(&"") {
            names.remove(0);
        } else if !inner.contains('/') && inner != "**" {
            // A name without a slash before it is found at any depth.
            names.insert(0, "**");
        }
        if names.last() == Some(&"") {
            names.pop();
            names.push("**");
        }
        let below = !matches!(names.last(), Some(&("*" | "**")));
        let parts = names.into_iter().map(part).collect::<Option<Vec<_>>>()?;
        Some(Self { parts, below })
    }

    /// The pattern means this path, given by its parts.
    pub(super) fn matches(&self, path: &[&str]) -> bool {
        // `reached[n]`: the parts of the pattern so far may mean the first `n` of the path.
        let mut reached = vec![false; path.len() + 1];
        reached[0] = true;
        for (at, part) in self.parts.iter().enumerate() {
            let mut next = vec![false; path.len() + 1];
            match part {
                Part::Name(pieces) => {
                    for (n, name) in path.iter().enumerate().filter(|(n, _)| reached[*n]) {
                        next[n + 1] = name_matches(pieces, name);
                    }
                }
                Part::Deep => {
                    let first = reached.iter().position(|reached| *reached).unwrap_or(path.len());
                    let least = usize::from(at + 1 == self.parts.len());
                    next.iter_mut().skip(first + least).for_each(|next| *next = true);
                }
            }
            if !next.contains(&true) {
                return false;
            }
            reached = next;
        }
        reached[path.len()] || (self.below && reached.contains(&true))
    }
}

fn part(name: &str) -> Option<Part> {
    if name == "**" {
        return Some(Part::Deep);
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
    (!pieces.is_empty()).then_some(Part::Name(pieces))
}

/// Without recursion: only the last star that was passed is ever tried again.
fn name_matches(pieces: &[Piece], name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let (mut piece, mut at) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while at < name.len() {
        match pieces.get(piece) {
            Some(Piece::Any) => {
                star = Some((piece, at));
                piece += 1;
                continue;
            }
            Some(Piece::One) => {
                (piece, at) = (piece + 1, at + 1);
                continue;
            }
            Some(Piece::Is(c)) if *c == name[at] => {
                (piece, at) = (piece + 1, at + 1);
                continue;
            }
            Some(Piece::Is(_)) | None => {}
        }
        let Some((after, from)) = star else { return false };
        star = Some((after, from + 1));
        (piece, at) = (after + 1, from + 1);
    }
    pieces[piece..].iter().all(|piece| *piece == Piece::Any)
}
