//! Rust source as text with its comments and literals blanked out, and the few things the rules look for in it.

use std::fs;
use std::path::Path;

pub struct Source {
    /// Relative to the project's folder, with slashes.
    pub path: String,
    pub text: String,
    /// The text with comments and literals replaced by blanks, byte for byte.
    pub code: String,
    /// The code without its `#[cfg(test)]` modules.
    pub product: String,
}

/// A word of the code and where it stands.
pub struct Word<'s> {
    pub text: &'s str,
    pub start: usize,
    pub end: usize,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let code = blank(text);
        let product = without_tests(&code);
        Self { path: path.into(), text: text.into(), code, product }
    }

    pub fn line(&self, offset: usize) -> usize {
        self.text.bytes().take(offset).filter(|b| *b == b'\n').count() + 1
    }

    /// The top-level module the file belongs to; none for files outside of `src`, `lib.rs` and `main.rs`.
    pub fn module(&self) -> Option<&str> {
        let name = self.path.strip_prefix("src/")?.split('/').next()?;
        let name = name.strip_suffix(".rs").unwrap_or(name);
        (name != "lib" && name != "main").then_some(name)
    }
}

/// All Rust files of the project, in order of their paths.
pub fn all(root: &Path) -> Vec<Source> {
    let mut sources = Vec::new();
    for folder in ["benches", "src", "tests"] {
        walk(root, &root.join(folder), &mut sources);
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

fn walk(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("a folder that can be opened can be listed").path();
        if path.is_dir() {
            walk(root, &path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("source files are UTF-8");
            let relative = path.strip_prefix(root).expect("it was found below the root");
            let name: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
            sources.push(Source::new(&name.join("/"), &text));
        }
    }
}

pub fn words(code: &str) -> impl Iterator<Item = Word<'_>> {
    let part_of_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let mut at = 0;
    std::iter::from_fn(move || {
        let bytes = code.as_bytes();
        let start = at + bytes[at..].iter().position(|b| part_of_word(*b))?;
        let end = start + bytes[start..].iter().position(|b| !part_of_word(*b)).unwrap_or(bytes.len() - start);
        at = end;
        Some(Word { text: &code[start..end], start, end })
    })
}

/// The end of the block that begins with the first `{` at or after `from`; none if a `;` comes first.
pub fn block_end(code: &str, from: usize) -> Option<usize> {
    let (mut round, mut curly) = (0_i32, 0_i32);
    for (at, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' if curly == 0 => round += 1,
            b')' | b']' if curly == 0 => round -= 1,
            b';' if curly == 0 && round == 0 => return None,
            b'{' => curly += 1,
            b'}' => {
                curly -= 1;
                if curly == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

fn without_tests(code: &str) -> String {
    let mut product = code.to_owned();
    let mut from = 0;
    while let Some(found) = product[from..].find("#[cfg(test)]") {
        let mark = from + found;
        from = mark + "#[cfg(test)]".len();
        if words(&product[from..]).next().is_none_or(|word| word.text != "mod") {
            continue;
        }
        let end = block_end(&product, from).map_or_else(|| product[from..].find(';').map(|at| from + at), Some);
        let end = end.unwrap_or(product.len() - 1);
        let blank: String = product[mark..=end].chars().map(|c| if c == '\n' { c } else { ' ' }).collect();
        product.replace_range(mark..=end, &blank);
    }
    product
}

/// Replaces every byte of comments and literals by a blank; lines stay where they are.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = skipped(bytes, at);
        for byte in &bytes[at..end.max(at + 1)] {
            let kept = *byte == b'\n' || (end == at && byte.is_ascii());
            out.push(if kept { *byte } else { b' ' });
        }
        at = end.max(at + 1);
    }
    String::from_utf8(out).expect("only ASCII is kept")
}

/// The end of the comment or literal that begins at `at`; `at` itself if none does.
fn skipped(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let in_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    match rest {
        [b'/', b'/', ..] => at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => at + comment(rest),
        [b'"', ..] => at + string(rest),
        [b'r', ..] | [b'b' | b'c', b'r', ..] if !in_word => at + raw(rest),
        [b'\'', b'\\', ..] => at + 2 + rest[2..].iter().skip(1).position(|b| *b == b'\'').map_or(0, |end| end + 2),
        [b'\'', first, ..] => {
            let width = if first.is_ascii() { 1 } else { rest[1..].iter().take_while(|b| !b.is_ascii()).count() };
            if rest.get(1 + width) == Some(&b'\'') { at + width + 2 } else { at }
        }
        _ => at,
    }
}

fn comment(rest: &[u8]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != b'"' {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

fn raw(rest: &[u8]) -> usize {
    let letters = rest.iter().take_while(|b| b.is_ascii_lowercase()).count();
    let hashes = rest[letters..].iter().take_while(|b| **b == b'#').count();
    if letters > 2 || rest.get(letters + hashes) != Some(&b'"') {
        return 0;
    }
    let end: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let body = letters + hashes + 1;
    rest[body..].windows(end.len()).position(|w| w == end).map_or(rest.len(), |at| body + at + end.len())
}
