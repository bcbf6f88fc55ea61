//! GitHub's patterns for branches: `*`, `**`, `?`, `+`, `[…]`, `!`. They look like shell patterns and are not: `?` and `+`
//! repeat what stands before them. Rules: GitHub Docs, *Workflow syntax*, "Filter pattern cheat sheet".

/// A longer pattern matches nothing: no branch's name is as long.
const LENGTH_MAX: usize = 1000;

/// One pattern of a `branches` or `branches-ignore` filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// As it was written.
    pub text: String,
    /// It begins with `!`: what it matches is taken out of what the patterns before it let in.
    pub negative: bool,
    parts: Vec<(Atom, Times)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Atom {
    Letter(char),
    OneOf(Vec<(char, char)>),
    /// `*`: anything without a slash.
    Name,
    /// `**`: anything.
    Anything,
    /// `**/`: nothing, or anything that ends with a slash.
    Folders,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Times {
    Once,
    AtMostOnce,
    OnceOrMore,
}

impl Pattern {
    /// Reads a pattern; each text is one, if only for itself.
    pub fn new(text: &str) -> Self {
        let negative = text.starts_with('!');
        let letters: Vec<char> = text.chars().skip(usize::from(negative)).take(LENGTH_MAX).collect();
        let mut parts = Vec::new();
        let mut rest = letters.as_slice();
        while !rest.is_empty() {
            let (atom, length) = atom(rest);
            rest = &rest[length..];
            let times = match (&atom, rest.first()) {
                (Atom::Letter(_) | Atom::OneOf(_), Some('?')) => Times::AtMostOnce,
                (Atom::Letter(_) | Atom::OneOf(_), Some('+')) => Times::OnceOrMore,
                _ => Times::Once,
            };
            rest = &rest[usize::from(times != Times::Once)..];
            parts.push((atom, times));
        }
        Self { text: text.to_owned(), negative, parts }
    }

    /// Whether the pattern, its `!` aside, matches the whole name.
    pub fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().take(LENGTH_MAX).collect();
        // Where in the name the parts so far can end: no backtracking, so no pattern is slow.
        let mut ends = vec![false; name.len() + 1];
        ends[0] = true;
        for (atom, times) in &self.parts {
            ends = after(atom, *times, &name, &ends);
        }
        ends[name.len()]
    }
}

fn atom(rest: &[char]) -> (Atom, usize) {
    match rest {
        ['*', '*', '/', ..] => (Atom::Folders, 3),
        ['*', '*', ..] => (Atom::Anything, 2),
        ['*', ..] => (Atom::Name, 1),
        ['\\', letter, ..] => (Atom::Letter(*letter), 2),
        ['[', more @ ..] => more
            .iter()
            .position(|c| *c == ']')
            .filter(|end| *end > 0)
            .map_or_else(|| (Atom::Letter('['), 1), |end| (Atom::OneOf(ranges(&more[..end])), end + 2)),
        [letter, ..] => (Atom::Letter(*letter), 1),
        [] => (Atom::Anything, 0),
    }
}

fn ranges(letters: &[char]) -> Vec<(char, char)> {
    let mut ranges = Vec::new();
    let mut rest = letters;
    while let [first, more @ ..] = rest {
        if let ['-', last, beyond @ ..] = more {
            ranges.push((*first, *last));
            rest = beyond;
        } else {
            ranges.push((*first, *first));
            rest = more;
        }
    }
    ranges
}

fn after(atom: &Atom, times: Times, name: &[char], ends: &[bool]) -> Vec<bool> {
    let mut next = vec![false; ends.len()];
    let fits = |c: char| match atom {
        Atom::Letter(letter) => c == *letter,
        Atom::OneOf(ranges) => ranges.iter().any(|(first, last)| (*first..=*last).contains(&c)),
        Atom::Name => c != '/',
        Atom::Anything | Atom::Folders => true,
    };
    let many = times == Times::OnceOrMore || matches!(atom, Atom::Name | Atom::Anything);
    let none = times == Times::AtMostOnce || matches!(atom, Atom::Name | Atom::Anything | Atom::Folders);
    let mut begun = false;
    for at in 0..ends.len() {
        next[at] |= none && ends[at];
        begun |= ends[at];
        let Some(c) = name.get(at) else { break };
        if *atom == Atom::Folders {
            next[at + 1] |= begun && *c == '/';
        } else if fits(*c) && (ends[at] || (many && next[at])) {
            next[at + 1] = true;
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheat_sheet_holds() {
        for (pattern, yes, no) in [
            ("feature/*", &["feature/my-branch", "feature/"][..], &["feature/a/b", "feature"][..]),
            ("feature/**", &["feature/beta-a/my-branch", "feature/x"], &["features/x"]),
            ("main", &["main"], &["main2", "amain"]),
            ("*", &["main", "releases"], &["all/the/branches"]),
            ("**", &["main", "all/the/branches"], &[]),
            ("*feature", &["mona-feature", "feature", "ver-10-feature"], &["a/feature"]),
            ("v2*", &["v2", "v2.0", "v2.9"], &["v1"]),
            ("v[12].[0-9]+.[0-9]+", &["v1.10.1", "v2.0.0"], &["v3.1.1", "v1..1", "v1.1.x"]),
            ("*.jsx?", &["page.js", "page.jsx"], &["page.jsxx"]),
            ("**/docs", &["docs", "a/docs", "a/b/docs"], &["adocs"]),
            ("greenline/**", &["greenline/main/run-7"], &["main"]),
            ("**/**", &["a/b", "a"], &[]),
            ("[CB]at", &["Cat", "Bat"], &["Rat"]),
            ("release\\*", &["release*"], &["release1"]),
            ("a[", &["a["], &["a"]),
        ] {
            let matcher = Pattern::new(pattern);
            for name in yes {
                assert!(matcher.matches(name), "{pattern} {name}");
            }
            for name in no {
                assert!(!matcher.matches(name), "{pattern} {name}");
            }
        }
    }

    #[test]
    fn no_pattern_is_slow() {
        let pattern = Pattern::new(&"**a".repeat(300));
        assert!(!pattern.matches(&"a".repeat(250)));
    }
}
