//! The example project: a teahouse in shell, its history, and eight pull requests that show what a merge queue is for.
//! Data only. Its CI needs `sh` and coreutils, nothing else.

use super::Expected;
use super::history::Commit;

/// A pull request to be opened.
pub struct Plan {
    /// The branch it comes from.
    pub branch: &'static str,
    /// From the contributor's fork, not from the repository itself.
    pub from_fork: bool,
    /// Its title.
    pub title: &'static str,
    /// Its description.
    pub body: &'static str,
    /// How it should end.
    pub expected: Expected,
}

/// What CI runs.
pub const CI_COMMAND: &str = "./ci.sh";

const CHECKS_FAILED: &str = "checks-failed";
const CONFLICT: &str = "conflict";

const README: &str = "# Teahouse\n\nGreets guests and adds up their bills.\n\n## Use\n\n    . lib/greeting.sh\n    \
    greet morning Ada\n\n## Test\n\n    ./ci.sh\n\nEvery file in `tests` is run by itself, an error in one fails them al.\n";
const CI: &str = r#"#!/bin/sh
# Runs every test; says which failed.
failed=0
for test in tests/*.sh; do
    if sh -eu "$test"; then echo "ok      $test"; else echo "FAILED  $test"; failed=1; fi
done
sleep 1 # stands for all that a real project does here
exit "$failed"
"#;
const GREETING: &str = "greet() {\n    printf 'Good %s, %s!\\n' \"$1\" \"$2\"\n}\n";
const GREETING_TEST: &str = ". ./lib/greeting.sh\n[ \"$(greet morning Ada)\" = 'Good morning, Ada!' ]\n";
const MENU: &str = "tea 2\ncoffee 3\ncake 4\n";
const BILL: &str = r#"price() {
    while read -r item price; do
        if [ "$item" = "$1" ]; then echo "$price"; return 0; fi
    done <menu.txt
    echo "we have no $1" >&2
    return 1
}

bill() {
    sum=0
    for item; do sum=$((sum + $(price "$item"))); done
    echo "$sum"
}
"#;
const BILL_TEST: &str = r#". ./lib/bill.sh
[ "$(bill tea tea)" = $((2 * $(price tea))) ]
[ "$(bill)" = 0 ]
"#;

fn on(branch: &'static str, minute: u32, author: &'static str, message: &'static str) -> Commit {
    Commit { branch, from: None, author, minute, message, files: Vec::new() }
}

impl Commit {
    fn from(mut self, branch: &'static str) -> Self {
        self.from = Some(branch);
        self
    }

    fn file(mut self, path: &'static str, text: impl Into<String>) -> Self {
        self.files.push((path, text.into()));
        self
    }
}

/// One commit: a README and the settings.
pub fn only_commit(settings: &str) -> Vec<Commit> {
    let readme = "# Empty\n\nNothing is here yet but the merge queue's settings in `.github/greenline.toml`.\n";
    vec![on("main", 0, "Ada", "Begin").file("README.md", readme).file(".github/greenline.toml", settings)]
}

/// Trunk, then every branch.
pub fn commits(settings: &str) -> Vec<Commit> {
    let mut commits = trunk(settings);
    commits.extend(ordinary());
    commits.extend(fail_together());
    commits.extend(conflict_textually());
    commits.extend(red());
    commits
}

fn trunk(settings: &str) -> Vec<Commit> {
    vec![
        on("main", 0, "Ada", "Greet the guests")
            .file("README.md", README)
            .file("lib/greeting.sh", GREETING)
            .file("tests/greeting.sh", GREETING_TEST),
        on("main", 95, "Grace", "Add up the bill\n\nThe menu is a file, so that the kitchen can change it.")
            .file("menu.txt", MENU)
            .file("lib/bill.sh", BILL)
            .file("tests/bill.sh", BILL_TEST),
        on("main", 1_480, "Alan", "Run every test with one command").file("ci.sh", CI),
        on("main", 1_510, "Ada", "Queue what is to be merged").file(".github/greenline.toml", settings),
    ]
}

fn ordinary() -> Vec<Commit> {
    let hours = "opening_hours() {\n    echo '08:00 to 18:00'\n}\n";
    let late =
        "opening_hours() {\n    case $1 in\n    sunday) echo closed ;;\n    *) echo '08:00 to 18:00' ;;\n    esac\n}\n";
    let test = ". ./lib/hours.sh\n[ \"$(opening_hours monday)\" = '08:00 to 18:00' ]\n[ \"$(opening_hours sunday)\" = closed ]\n";
    let tip = "with_tip() {\n    echo $((($1 + 4) / 5 * 5))\n}\n";
    let tip_mended = "# Rounds up to the next five.\nwith_tip() {\n    echo $((($1 + 4) / 5 * 5))\n}\n";
    let tip_test = ". ./lib/tip.sh\n[ \"$(with_tip 7)\" = 10 ]\n[ \"$(with_tip 10)\" = 10 ]\n";
    vec![
        on("opening-hours", 1_600, "Grace", "Say when we are open").from("main").file("lib/hours.sh", hours),
        on("opening-hours", 1_640, "Grace", "Close on Sundays").file("lib/hours.sh", late),
        on("opening-hours", 1_655, "Alan", "Test the opening hours").file("tests/hours.sh", test),
        on("tip", 1_700, "Alan", "Round the bill up for the tip")
            .from("main")
            .file("lib/tip.sh", tip)
            .file("tests/tip.sh", tip_test),
        on("tip", 1_720, "Alan", "fixup! Round the bill up for the tip").file("lib/tip.sh", tip_mended),
        on("spelling", 1_800, "Sam", "Spell \"all\" with two l")
            .from("main")
            .file("README.md", README.replace("fails them al.", "fails them all.")),
    ]
}

/// One renames a function and all its callers, the other adds a caller: no line of text in common.
fn fail_together() -> Vec<Commit> {
    let night =
        ". ./lib/greeting.sh\n\nnight_shift() {\n    greet night \"$1\"\n    echo 'The kitchen is closed.'\n}\n";
    let night_test = ". ./lib/night.sh\nnight_shift Ada >/dev/null\n";
    vec![
        on("welcome", 1_650, "Ada", "Call it welcome, as the sign at the door does")
            .from("main")
            .file("lib/greeting.sh", GREETING.replace("greet()", "welcome()"))
            .file("tests/greeting.sh", GREETING_TEST.replace("greet ", "welcome ")),
        on("night-shift", 1_690, "Grace", "Greet those who come at night")
            .from("main")
            .file("lib/night.sh", night)
            .file("tests/night.sh", night_test),
    ]
}

fn conflict_textually() -> Vec<Commit> {
    vec![
        on("dearer-tea", 1_710, "Alan", "Tea costs 3 from April")
            .from("main")
            .file("menu.txt", MENU.replace("tea 2", "tea 3")),
        on("cheaper-tea", 1_715, "Ada", "Tea costs 1 this week")
            .from("main")
            .file("menu.txt", MENU.replace("tea 2", "tea 1")),
    ]
}

fn red() -> Vec<Commit> {
    let discount = "# Ten percent off for regulars.\ndiscount() {\n    echo $(($1 * 9 / 10))\n}\n";
    let test = ". ./lib/discount.sh\n[ \"$(discount 10)\" = 9 ]\n[ \"$(discount 5)\" = 5 ] # 4, in truth\n";
    vec![
        on("discount", 1_730, "Grace", "Give regulars a discount")
            .from("main")
            .file("lib/discount.sh", discount)
            .file("tests/discount.sh", test),
    ]
}

/// The pull requests, in the order in which they are opened and labelled.
pub fn pulls() -> Vec<Plan> {
    let plan = |branch, title, body, expected| Plan { branch, from_fork: false, title, body, expected };
    vec![
        plan("opening-hours", "Say when we are open", "Three commits; each stays a commit.", Expected::Lands),
        plan(
            "welcome",
            "Call it welcome",
            "Renames `greet`. Passes alone, and breaks with the pull request that adds a caller.",
            Expected::OneOf { pair: 1, code: CHECKS_FAILED },
        ),
        plan(
            "night-shift",
            "Greet those who come at night",
            "Calls `greet`. Passes alone, and breaks with the pull request that renames it.",
            Expected::OneOf { pair: 1, code: CHECKS_FAILED },
        ),
        plan("tip", "Round the bill up", "One commit and a fixup of it.", Expected::Lands),
        plan(
            "dearer-tea",
            "Tea costs 3 from April",
            "Changes the same line as another pull request.",
            Expected::OneOf { pair: 2, code: CONFLICT },
        ),
        plan(
            "cheaper-tea",
            "Tea costs 1 this week",
            "Changes the same line as another pull request.",
            Expected::OneOf { pair: 2, code: CONFLICT },
        ),
        plan("discount", "Give regulars a discount", "Its own test fails.", Expected::SentBack { code: CHECKS_FAILED }),
        Plan {
            branch: "spelling",
            from_fork: true,
            title: "Spell \"all\" with two l",
            body: "From a fork.",
            expected: Expected::Lands,
        },
    ]
}
