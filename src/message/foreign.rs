//! Foreign text on its way into a commit message: whatever it holds, it notifies nobody, keeps no CI from starting, and does
//! not pass for what we say ourselves. What it says stays readable. Issue words (`Fixes #1`) are left as they are: they
//! belong to the change, and GitHub acts on them in the description too.

/// Of a description, or of what commits say, so many bytes go into a message.
const LONG_MAX: usize = 16 << 10;

/// Marks by which GitHub Actions skips a pushed commit, and other CI by some of them ("Skipping workflow runs" in GitHub's
/// documentation).
const SKIP_MARKS: [&str; 5] = ["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]"];

/// Words of the trailers that only we write.
const OURS: [&str; 3] = ["approved-by", "pull-request", "reviewed-by"];

/// Any text as one line.
pub fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// By what CI would not start on a commit with this message, if so.
pub fn skip_mark(message: &str) -> Option<&'static str> {
    let lower = message.to_ascii_lowercase();
    let mark = SKIP_MARKS.into_iter().find(|mark| lower.contains(mark));
    mark.or_else(|| lower.lines().any(skips_checks).then_some("skip-checks: true"))
}

fn skips_checks(line: &str) -> bool {
    let line = line.trim().to_ascii_lowercase();
    line.strip_prefix("skip-checks:").is_some_and(|rest| rest.trim() == "true")
}

/// The message with its marks made plain words: `(skip ci)`.
pub(super) fn without_skip_marks(message: &str) -> String {
    let lower = message.to_ascii_lowercase();
    let mut out = message.to_owned();
    for mark in SKIP_MARKS {
        for (at, _) in lower.match_indices(mark) {
            let end = at + mark.len() - 1;
            out.replace_range(at..=at, "(");
            out.replace_range(end..=end, ")");
        }
    }
    if !out.lines().any(skips_checks) {
        return out;
    }
    let quoted = |line: &str| if skips_checks(line) { format!("> {line}") } else { line.to_owned() };
    out.split('\n').map(quoted).collect::<Vec<_>>().join("\n")
}

/// Nobody is mentioned, and no line passes for a trailer of ours.
pub(super) fn harmless(text: &str) -> String {
    let is_ours = |line: &str| {
        let word = line.split_once(':').map_or("", |(word, _)| word.trim());
        OURS.iter().any(|ours| ours.eq_ignore_ascii_case(word))
    };
    let quoted = |line: &str| if is_ours(line) { format!("> {line}") } else { line.to_owned() };
    without_mentions(&plain(text).split('\n').map(quoted).collect::<Vec<_>>().join("\n"))
}

/// `@name` between back quotes, where GitHub does not take it for a mention. Addresses are none.
fn without_mentions(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, mention) = rest.split_at(at);
        out.push_str(before);
        let in_a_word = out.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '`');
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_/".contains(c);
        let name = mention[1..].find(|c| !is_name(c)).map_or(mention.len(), |end| end + 1);
        if in_a_word || name == 1 {
            out.push_str(&mention[..name]);
        } else {
            out.extend(["`", &mention[..name], "`"]);
        }
        rest = &mention[name..];
    }
    out + rest
}

/// Line ends as git has them, and no other control characters: git takes no message with a zero byte.
pub(super) fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| !c.is_control() || *c == '\n' || *c == '\t').collect()
}

/// Without HTML comments; one that does not end hides the rest, as GitHub shows it.
pub(super) fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("<!--") {
        out.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
    }
    out + rest
}

/// As much of it as goes into a message; where something is left out it says so.
pub fn bounded(text: &str) -> String {
    let kept = &text[..text.floor_char_boundary(LONG_MAX)];
    if kept.len() == text.len() { text.to_owned() } else { format!("{kept}\n\n(It goes on in the pull request.)") }
}

/// Without the `Co-authored-by` lines below the first line, and who stands in them.
pub(super) fn take_co_authors(text: &str) -> (String, Vec<String>) {
    let mut people = Vec::new();
    let mut kept = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        match co_author(line).filter(|_| index > 0) {
            Some(person) => people.push(person.to_owned()),
            None => kept.push(line),
        }
    }
    (kept.join("\n"), people)
}

/// Who stands in a `Co-authored-by` line.
pub fn co_author(line: &str) -> Option<&str> {
    let (word, person) = line.split_once(':')?;
    let person = person.trim();
    (word.eq_ignore_ascii_case("co-authored-by") && person.ends_with('>')).then_some(person)
}

/// Without blanks at line ends, with one empty line where there are more, and none at either end; as `git stripspace` does.
pub(super) fn tidy(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.split('\n').map(str::trim_end) {
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line);
        }
    }
    lines.join("\n").trim_end().to_owned()
}
