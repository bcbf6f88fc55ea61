//! What is a command and what is none, as tables and as properties over every command and every embedding.

use super::*;

const ALL: [Command; 3] = [Command::Merge, Command::Cancel, Command::Status];

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
        assert_eq!(commands(body), [Command::Merge], "{body:?}");
    }
}

#[test]
fn every_word_of_the_table_is_a_command_and_in_the_help() {
    let help = help(PREFIX);
    for command in ALL {
        assert_eq!(commands(&format!("{PREFIX} {}", command.word())), [command]);
        assert!(help.contains(&format!("`{PREFIX} {}`", command.word())), "{help}");
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
    for command in ALL {
        for (before, after) in embeddings {
            let said = format!("{PREFIX} {}", command.word());
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
        ("r+", Some(Command::Merge)),
        ("R+ rollup", Some(Command::Merge)),
        ("merge when the tests are mended", Some(Command::Merge)),
        ("merge!", Some(Command::Merge)),
        ("mrege", Some(Command::Merge)),
        ("retry", Some(Command::Merge)),
        ("r-", Some(Command::Cancel)),
        ("cancle", Some(Command::Cancel)),
        ("statsu please", Some(Command::Status)),
        ("ping", Some(Command::Status)),
        ("delegate+", None),
        ("мerge", Some(Command::Merge)),
        ("`merge`", None),
        ("priority=99999999999999999999", None),
    ] {
        assert_eq!(misread(&format!("{PREFIX} {said}")).suggestion, meant, "{said}");
    }
    assert_eq!(misread(PREFIX).written, "");
    assert_eq!(misread("@greenline merge\u{200b}").written, "merge\\u{200b}");
    assert_eq!(misread("@greenline r+").to_string(), "I do not know `r+`. Did you mean `@greenline merge`?");
    let long = misread(&format!("@greenline {}", "x @everyone ".repeat(1000)));
    assert!(long.written.chars().count() < 70);
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
    assert_eq!(read[..2], [Ok(Command::Merge), Ok(Command::Cancel)]);
    assert!(read[2].is_err());
}

#[test]
fn another_prefix_works_as_well() {
    assert_eq!(read("@acme-queue merge", "@acme-queue"), [Ok(Command::Merge)]);
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
