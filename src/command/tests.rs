//! What is a command and what is none, as tables and as properties over every command and every embedding.

use super::*;
use crate::facts::Strategy;
use crate::ids::PrNumber;

fn merge() -> Command {
    Command::Merge(Wish::default())
}

/// Every command as it is written, without what may be left out.
fn all() -> [(&'static str, Command); 14] {
    [
        ("merge", merge()),
        ("cancel", Command::Cancel),
        ("try", Command::Try(Trying::default())),
        ("try cancel", Command::TryCancel),
        ("approve", Command::Approve(None)),
        ("unapprove", Command::Unapprove),
        ("delegate @ann", Command::Delegate("ann".parse().expect("a login"))),
        ("depends on #7, #8", Command::Depends([7, 8].map(PrNumber::new).into())),
        ("hold", Command::Hold(None)),
        ("release", Command::Release),
        ("thaw", Command::Thaw),
        ("status", Command::Status),
        ("ping", Command::Ping),
        ("help", Command::Help),
    ]
}

fn commands(body: &str) -> Vec<Command> {
    read(body, PREFIX).into_iter().filter_map(Result::ok).collect()
}

fn misread(body: &str) -> Misread {
    let mut read = read(body, PREFIX);
    assert_eq!(read.len(), 1, "{body:?} {read:?}");
    read.remove(0).expect_err("not a command")
}

#[test]
fn plain_lines_are_commands() {
    for body in [
        "@greenline merge",
        "@GreenLine MERGE  ",
        "   @greenline   merge",
        "@greenline: merge",
        "@greenline, merge",
        "@greenline\tmerge",
        "Looks good!\n@greenline merge\nThank you",
        "Looks good!\r\n\r\n@greenline merge\r\nThank you\r\n",
        "> what about this?\n\nfine now\n@greenline queue",
        "<details><summary>log</summary>\n\nlong\n\n</details>\n\n@greenline merge",
        "<!-- <details> is how one folds\n\n -->\n\n@greenline merge",
        "> <!-- left open in a quotation\n\n@greenline merge",
        "a<br>b <img src=x> c\n@greenline merge",
    ] {
        assert_eq!(commands(body), [merge()], "{body:?}");
    }
}

#[test]
fn every_word_of_the_table_is_a_command_and_in_the_help() {
    let help = help(PREFIX);
    for (written, command) in all() {
        let word = command.word().split(' ').next().expect("a word");
        assert!(help.contains(&format!("`{PREFIX} {word}")), "{help}");
        assert_eq!(commands(&format!("{PREFIX} {written}")), [command]);
    }
    assert_eq!(read(&help, PREFIX), [], "the bot must not answer its own help");
}

#[test]
fn an_embedded_command_is_none() {
    let embeddings = [
        ("> ", ""),
        ("> > ", ""),
        ("    ", ""),
        ("```\n", "\n```"),
        ("~~~text\n", "\n~~~"),
        ("```\n", ""),
        ("`", "`"),
        ("``", "``"),
        ("# ", ""),
        ("", "\n==="),
        ("- ", ""),
        ("1. ", ""),
        ("- [ ] ", ""),
        ("* one\n\n  ", ""),
        ("<!-- ", " -->"),
        ("<!--\n\n", "\n\n-->"),
        ("<!--\n\n", ""),
        ("> <!--\n\n<details>\n\n", ""),
        ("<details>\n\n", "\n\n</details>"),
        ("<DETAILS open>\n<summary>x</summary>\n\n", "\n\n</DETAILS>"),
        ("x <details> y\n", "\nz"),
        ("<p>", "</p>"),
        ("<b>", "</b>"),
        ("<pre>\n", "\n</pre>"),
        ("<script>\n", "\n</script>"),
        ("<div>\n\n", "\n"),
        ("[", "](https://example.com)"),
        ("[", "]\n\n[x]: y"),
        ("![", "](x.png)"),
        ("**", "**"),
        ("*see\n", "*"),
        ("~~", "~~"),
        ("| a |\n|---|\n| ", " |"),
        ("x[^1]\n\n[^1]: ", ""),
        ("text ", ""),
        ("cc ", ""),
        ("\\", ""),
        ("&#64;", ""),
        ("\u{200b}", ""),
        ("\u{feff}a", ""),
        ("\u{202e}", ""),
        ("\u{a0}", ""),
        ("x", ""),
        ("@", ""),
        ("/", ""),
    ];
    for (written, _) in all() {
        for (before, after) in embeddings {
            let said = format!("{PREFIX} {written}");
            let said = if before == "&#64;" { said.trim_start_matches('@') } else { said.as_str() };
            let body = format!("{before}{said}{after}");
            assert_eq!(read(&body, PREFIX), [], "{body:?}");
        }
    }
}

#[test]
fn a_look_alike_prefix_is_none() {
    for body in [
        "@greenl\u{456}ne merge",
        "@green\u{200b}line merge",
        "\u{ff20}greenline merge",
        "@greenline\u{a0}merge",
        "@greenline\u{200b} merge",
        "@greenline-bot merge",
        "@greenlinemerge",
        "@greenline/merge",
        "greenline merge",
        "@greenli",
        "@greenlinö merge",
        "",
        "@",
    ] {
        assert_eq!(read(body, PREFIX), [], "{body:?}");
    }
}

#[test]
fn what_is_not_understood_is_suggested_and_never_done() {
    for (said, meant) in [
        ("r+", Some(Verb::Merge)),
        ("R+ rollup", Some(Verb::Merge)),
        ("mrege", Some(Verb::Merge)),
        ("r-", Some(Verb::Cancel)),
        ("cancle", Some(Verb::Cancel)),
        ("statsu please", Some(Verb::Status)),
        ("pong", Some(Verb::Ping)),
        ("delegate+", Some(Verb::Delegate)),
        ("d+", Some(Verb::Delegate)),
        ("lgtm", Some(Verb::Merge)),
        ("treeclosed=5", None),
        ("treeopen", Some(Verb::Thaw)),
        ("frezee because of it", Some(Verb::Freeze)),
        ("block", Some(Verb::Hold)),
        ("мerge", Some(Verb::Merge)),
        ("`merge`", None),
        ("priority=99999999999999999999", None),
    ] {
        let Misread::Unknown { suggestion, .. } = misread(&format!("{PREFIX} {said}")) else { panic!("{said}") };
        assert_eq!(suggestion, meant, "{said}");
    }
    let zero_width = misread("@greenline merge\u{200b}").to_string();
    assert!(zero_width.contains("`merge\\u{200b}`"), "{zero_width}");
    assert_eq!(misread(PREFIX), Misread::Nothing);
    assert_eq!(misread("@greenline r+").to_string(), "I do not know `r+`. Did you mean `@greenline merge`?");
    let long = misread(&format!("@greenline {}", "x @everyone ".repeat(1000)));
    assert!(long.to_string().chars().count() < 100);
    for said in ["merge [x](y)", "*merge*", "merge <!-- not yet -->", "@greenline merge"] {
        let answer = misread(&format!("{PREFIX} {said}")).to_string();
        assert_eq!(read(&answer, PREFIX), [], "an answer must not be a command: {answer}");
    }
}

#[test]
fn the_first_five_count_in_their_order() {
    let body = "@greenline merge\n@greenline cancel\n@greenline r+\n".repeat(300);
    let read = read(&body, PREFIX);
    assert_eq!(read.len(), COMMANDS_MAX);
    assert_eq!(read[..2], [Ok(merge()), Ok(Command::Cancel)]);
    assert!(read[2].is_err());
}

#[test]
fn another_prefix_works_as_well() {
    assert_eq!(read("@acme-queue merge", "@acme-queue"), [Ok(merge())]);
    assert_eq!(read("@greenline merge", "@acme-queue"), []);
}

/// Not a timed test: an implementation that is not linear in the text's length would run for minutes here.
#[test]
fn the_longest_comment_is_read_at_once() {
    let pieces = [
        "@greenline merge\n",
        "> ",
        "[",
        "*",
        "`",
        "<a>",
        "</b>",
        "<!--",
        "<",
        "&",
        "\\",
        "- ",
        "| ",
        "![",
        "@someone ",
        "_a",
        "\u{200b}",
        "ö",
        "\r\n",
        "[^1]",
        "<a b='",
        "[x]: y\n",
        "a*b_",
    ];
    for piece in pieces {
        let body: String = piece.chars().cycle().take(65_536).collect();
        assert!(read(&body, PREFIX).len() <= COMMANDS_MAX, "{piece:?}");
    }
    assert_eq!(read(&"@greenline merge\n".repeat(100_000), PREFIX), [], "longer than any comment");
}

#[test]
fn merge_takes_a_commit_a_shape_a_rank_and_company() {
    let wish = |said: &str| match commands(&format!("{PREFIX} {said}")).pop() {
        Some(Command::Merge(wish)) => wish,
        other => panic!("{said}: {other:?}"),
    };
    let head: crate::ids::Sha = "0123456789abcdef0123456789abcdef01234567".parse().expect("a commit");
    let meant = |said: &str| wish(said).head.is_some_and(|named| named.is(head));
    assert!(meant("merge 0123456789ab") && meant("merge 0123456789abcdef0123456789abcdef01234567"));
    for not_it in ["merge 0123456789a", "merge 012345", "merge 0123456789AB", "merge 0123456789ac"] {
        assert!(!meant(not_it) && wish(not_it).head.is_some(), "{not_it}");
    }
    let all = wish("Merge 0123456789ab AS Squash priority=-7 alone");
    assert_eq!((all.strategy, all.priority, all.alone), (Some(Strategy::Squash), Some(-7), true));
    for (word, strategy) in Strategy::WORDS {
        assert_eq!(wish(&format!("merge as {word}")).strategy, Some(strategy));
    }
    assert_eq!(wish("merge p=100").priority, Some(100));
    assert!(wish("merge hotfix").hotfix && wish("merge as HOTFIX as squash").hotfix && !wish("merge").hotfix);
    assert_eq!(wish("squash alone"), Wish { strategy: Some(Strategy::Squash), alone: true, ..Wish::default() });
    assert!(wish("retry").is_plain() && wish("merge 0123456789ab").is_plain() && !wish("merge alone").is_plain());
}

#[test]
fn what_follows_a_command_is_understood_or_nothing_is_done() {
    for said in [
        "merge when the tests are mended",
        "merge!",
        "merge as",
        "merge as octopus",
        "merge priority=101",
        "merge priority=99999999999999999999",
        "merge p=-1.5",
        "merge please",
        "merge 01234",
        "squash as merge",
        "cancel it",
        "status 3",
        "freeze",
        "freeze because",
        "freeze for because it burns",
        "freeze for 2 hours because it burns",
        "freeze until soon because it burns",
        "freeze the queue because it burns",
        "thaw because it is over",
        "hold on",
        "release it",
    ] {
        let answer = misread(&format!("{PREFIX} {said}")).to_string();
        assert_eq!(read(&answer, PREFIX), [], "an answer must not be a command: {answer}");
        assert!(said.ends_with('!') || answer.contains("was not done"), "{answer}");
    }
}

#[test]
fn a_freeze_says_until_when_and_why() {
    let stop = |said: &str| match commands(&format!("{PREFIX} {said}")).pop() {
        Some(Command::Freeze(stop)) => (stop.until, stop.reason),
        other => panic!("{said}: {other:?}"),
    };
    assert_eq!(stop("freeze because it burns"), (None, "it burns".into()));
    assert_eq!(stop("Freeze FOR 1h30m Because of #12"), (Some(Until::For(5_400_000)), "of #12".into()));
    let spoken = |words: &[&str]| crate::calendar::Spoken::parse(words).map(Until::At);
    assert_eq!(stop("freeze until mon 08:00 because of it").0, spoken(&["mon", "08:00"]));
    assert_eq!(stop("freeze until 18:00 because because").1, "because");
    assert_eq!(stop("freeze because `rm -rf` was run").1, "… was run", "what is markup is not repeated");
    assert_eq!(stop(&format!("freeze because {}", "x".repeat(500))).1.len(), 200);
    assert_eq!(commands("@greenline hold because of a doubt"), [Command::Hold(Some("of a doubt".into()))]);
}

#[test]
fn the_readme_says_what_the_table_says() {
    let readme = include_str!("../../README.md");
    assert!(readme.contains(&help(PREFIX)), "README's commands are not those of the table:\n{}", help(PREFIX));
}

#[test]
fn try_takes_a_commit_and_a_shape_or_ends() {
    let said = |said: &str| commands(&format!("{PREFIX} {said}")).pop();
    assert_eq!(said("try"), Some(Command::Try(Trying::default())));
    assert_eq!(said("TRY Cancel"), Some(Command::TryCancel));
    let Some(Command::Try(trying)) = said("try 0123456789ab as squash") else { panic!("it is understood") };
    assert_eq!(
        (trying.head.map(|head| head.to_string()), trying.strategy),
        (Some("0123456789ab".into()), Some(Strategy::Squash))
    );
    for wrong in ["try soon", "try cancel now", "try alone", "try priority=3", "try as"] {
        assert_eq!(said(wrong), None, "{wrong}");
    }
}
