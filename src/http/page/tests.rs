//! What strangers wrote stays text, whatever they wrote; and times read as they should.

use super::words::{ago, sentence};
use super::*;
use crate::engine::board::{Answers, ClosureRow, DepartureRow, GroupRow, HeldRow, LandingRow, QueueRow, TrialRow};
use crate::engine::why::Why;
use crate::facts::Person;
use crate::ids::{PrNumber, RepoId, RunId, Sha, UserId};

fn sha() -> Sha {
    "757107ea0eb2509fc211221cce984b8a37570b6d".parse().expect("a sha")
}

/// A board whose every free text is `text`.
fn trial_saying(text: &str, by: &Person) -> TrialRow {
    TrialRow {
        pull: PrNumber::new(12),
        title: text.to_owned(),
        by: by.login.clone(),
        head: sha(),
        tip: None,
        phase: text.to_owned(),
        status: text.to_owned(),
        since: Moment::from_ms(0),
    }
}

fn board_saying(text: &str) -> Board {
    let text = text.to_owned();
    let pull = PrNumber::new(12);
    let at = Moment::from_ms(0);
    let author = Person { id: UserId::new(1), login: "octocat".parse().expect("a login"), bot: false };
    Board {
        name: "octo/hello".parse().expect("a name"),
        trunk: "\"><b>".parse().expect("git allows it"),
        tip: Some(sha()),
        troubles: vec![text.clone()],
        closures: vec![ClosureRow {
            by: Some(author.clone()),
            reason: text.clone(),
            until: Some(at),
            sentence: text.clone(),
        }],
        held: vec![HeldRow {
            pull,
            title: text.clone(),
            author: author.clone(),
            head: sha(),
            status: text.clone(),
            since: at,
        }],
        trials: vec![trial_saying(&text, &author)],
        queue: vec![QueueRow {
            pull,
            title: text.clone(),
            author,
            head: sha(),
            position: 1,
            status: text.clone(),
            since: at,
            eta_ms: Some(720_000),
        }],
        groups: vec![GroupRow {
            pulls: vec![pull],
            tip: Some(sha()),
            phase: text.clone(),
            run: Some(RunId::new(3)),
            url: Some(format!("https://ci.example/{text}")),
        }],
        landings: vec![LandingRow {
            retried: vec![text.clone()],
            at,
            commit: sha(),
            pulls: vec![pull],
            candidate: Some(text.clone()),
            checks: vec![text.clone()],
        }],
        waiting: vec![],
        departures: vec![DepartureRow { at, pull, code: text.clone(), sentence: text }],
        run_ms: Some(360_000),
        wait_ms: None,
        counters: BTreeMap::new(),
        at,
        answers: Answers::default(),
    }
}

/// The page about a pull request whose every free text is `text`.
fn why_saying(text: &str) -> String {
    let why: Why = serde_json::from_value(serde_json::json!({
        "pull": 12, "title": text, "author": "octocat", "head": sha(), "state": "out", "position": null, "code": text,
        "sentence": text, "since": 0, "next": text,
        "rule": {"from": "setting", "key": text, "place": format!("{text}:3"), "commit": sha(), "says": text},
    }))
    .expect("an answer");
    let (board, boards) = (board_saying(text), BTreeMap::new());
    let view = View {
        boards: &boards,
        now: Moment::from_ms(0),
        forge_url: Some("https://forge.example"),
        public_url: None,
        viewer: &Viewer::default(),
    };
    why::document(&view, &board, &why, None).into_string()
}

fn render(board: Board) -> String {
    let boards = BTreeMap::from([(QueueId::of(RepoId::new(7)), Arc::new(board))]);
    let now = Moment::from_ms(60_000);
    let view = View {
        boards: &boards,
        now,
        forge_url: Some("https://forge.example"),
        public_url: None,
        viewer: &Viewer::default(),
    };
    document(&view).into_string()
}

/// The page with all text and all attribute values taken out: tags and attribute names only, as a browser sees them.
fn skeleton(page: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(begin) = rest.find('<') {
        rest = &rest[begin + 1..];
        let (mut tag, mut quoted, mut end) = (String::new(), false, rest.len());
        for (at, c) in rest.char_indices() {
            match c {
                '"' => quoted = !quoted,
                '>' if !quoted => {
                    end = at;
                    break;
                }
                _ if !quoted => tag.push(c),
                _ => {}
            }
        }
        tags.push(tag);
        rest = &rest[end..];
    }
    tags
}

fn nasty() -> Vec<String> {
    let seeds = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "\" onmouseover=\"alert(1)",
        "</title><svg/onload=alert(1)>",
        "</p></li></ol></main>",
        "<!--",
        "-->",
        "<![CDATA[",
        "&lt;script&gt;",
        "&#60;script&#62;",
        "javascript:alert(1)",
        "{{7*7}}${7*7}",
        "\u{202e}gnp.exe",
        "\0\u{1}\u{7f}",
        "<style>*{display:none}</style>",
        "<base href=//evil.example>",
        "<meta http-equiv=refresh content=0>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "\u{feff}<\u{0}script>",
    ];
    let wraps: [fn(&str) -> String; 10] = [
        str::to_owned,
        |s| s.to_uppercase(),
        |s| format!("fix: {s}"),
        |s| s.repeat(3),
        |s| format!("\"{s}\""),
        |s| format!("'{s}'"),
        |s| format!("</script>{s}"),
        |s| s.replace('<', "<<"),
        |s| s.chars().rev().collect(),
        |s| format!("{s}\r\n\r\n{s}"),
    ];
    seeds.iter().flat_map(|seed| wraps.iter().map(|wrap| wrap(seed))).collect()
}

#[test]
fn two_hundred_nasty_strings_change_no_tag_and_no_attribute() {
    let harmless = skeleton(&render(board_saying("harmless")));
    assert!(harmless.len() > 50, "the skeleton sees the page: {harmless:?}");
    let why = skeleton(&why_saying("harmless"));
    let nasty = nasty();
    assert_eq!(nasty.len(), 200);
    for text in nasty {
        assert_eq!(skeleton(&render(board_saying(&text))), harmless, "{text:?}");
        assert_eq!(skeleton(&why_saying(&text)), why, "{text:?}");
    }
}

#[test]
fn only_web_addresses_become_links() {
    let mut board = board_saying("x");
    board.groups[0].url = Some("javascript:alert(1)".into());
    assert!(!render(board).contains("javascript:"));
    assert!(render(board_saying("x")).contains("href=\"https://forge.example/octo/hello/pull/12\""));
}

#[test]
fn sentences_show_code_and_short_commits() {
    let id = sha().to_string();
    let said =
        sentence(&format!("Commit {id}, and `<ci>` failed on {id}"), Some("https://forge.example/o/h")).into_string();
    let shown = format!(
        "<a href=\"https://forge.example/o/h/commit/{id}\"><code class=\"sha\" title=\"{id}\">757107ea0e</code></a>"
    );
    assert_eq!(said, format!("Commit {shown}, and <code>&lt;ci&gt;</code> failed on {shown}"));
    assert_eq!(sentence("one ` alone, é", None).into_string(), "one ` alone, é");
    assert_eq!(sentence("`a` ` b", None).into_string(), "<code>a</code> ` b");
}

#[test]
fn troubles_are_headed_as_what_they_are_and_a_picture_by_its_age() {
    let page = render(board_saying("GitHub refused a comment"));
    assert!(page.contains("<h3>What went wrong</h3>") && page.contains("GitHub refused a comment"), "{page}");
    assert!(
        page.contains("drawn <time datetime=\"1970-01-01T00:00:00Z\" title=\"1970-01-01T00:00:00Z\">60 s ago"),
        "{page}"
    );
    let mut well = board_saying("x");
    well.troubles.clear();
    assert!(!render(well).contains("role=\"alert\""));
}

#[test]
fn an_empty_page_says_what_to_do() {
    let view = View {
        boards: &BTreeMap::new(),
        now: Moment::from_ms(0),
        forge_url: None,
        public_url: None,
        viewer: &Viewer::default(),
    };
    assert!(document(&view).into_string().contains("Install the GitHub App"));
    let mut idle = board_saying("x");
    idle.queue.clear();
    assert!(render(idle).contains("@greenline merge"));
}

#[test]
fn lengths_of_time_read_well() {
    let read = [-5_000, 5_000, 119_999, 120_000, 7_200_000, 172_800_000].map(ago);
    assert_eq!(read, ["just now", "5 s ago", "119 s ago", "2 min ago", "2 h ago", "2 days ago"]);
}
