//! Small words of the page: times, links, commits. It decides nothing.

use crate::ids::{Moment, PrNumber, RepoName, Sha};
use crate::when;
use maud::{Markup, html};

/// An address a browser may be sent to; anything else (`javascript:` above all) is shown as text or not at all.
pub fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// A moment, as the time that has gone since; the exact time in the attributes.
pub fn time(at: Moment, now: Moment) -> Markup {
    let exact = when::print(at);
    html! { time datetime=(exact) title=(exact) { (ago(now.since_ms(at))) } }
}

/// A pull request, linked where the forge has pages.
pub fn pull(number: PrNumber, repo_url: Option<&str>) -> Markup {
    html! {
        @match repo_url {
            Some(url) => a class="pull" href=(format!("{url}/pull/{number}")) { "#" (number) },
            None => span class="pull" { "#" (number) },
        }
    }
}

/// The page that says why a pull request stands where it stands.
pub fn why(repository: &RepoName, number: PrNumber) -> Markup {
    html! { a class="why" href=(format!("/repos/{repository}/pulls/{number}")) { "why?" } }
}

/// A commit by its short id, linked where the forge has pages.
pub fn commit(sha: Sha, repo_url: Option<&str>) -> Markup {
    html! {
        @match repo_url {
            Some(url) => a href=(format!("{url}/commit/{sha}")) { code class="sha" title=(sha) { (sha.short()) } },
            None => code class="sha" title=(sha) { (sha.short()) },
        }
    }
}

/// A sentence as `text` makes them: what stands between back quotes is code, a whole commit id becomes a short one. All
/// else stays text; a back quote without its partner does, too.
pub fn sentence(text: &str, repo_url: Option<&str>) -> Markup {
    let mut parts: Vec<&str> = text.split('`').collect();
    let rest = if parts.len().is_multiple_of(2) { parts.pop() } else { None };
    html! {
        @for (i, part) in parts.iter().enumerate() {
            @if i % 2 == 1 { code { (part) } } @else { (with_commits(part, repo_url)) }
        }
        @if let Some(rest) = rest { "`" (rest) }
    }
}

/// Text in which whole commit ids are shown as commits.
fn with_commits(text: &str, repo_url: Option<&str>) -> Markup {
    html! {
        @for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
            @let (id, end) = word.split_at(word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).len());
            @match id.parse::<Sha>() { Ok(sha) => { (commit(sha, repo_url)) (end) }, Err(_) => (word) }
        }
    }
}

/// A length of time for people, from milliseconds.
pub fn ago(ms: i64) -> String {
    match ms / 1000 {
        ..=4 => "just now".into(),
        s @ 5..=119 => format!("{s} s ago"),
        s @ 120..=7_199 => format!("{} min ago", s / 60),
        s @ 7_200..=172_799 => format!("{} h ago", s / 3_600),
        s => format!("{} days ago", s / 86_400),
    }
}
