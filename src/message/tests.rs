//! Messages as they come out, above all of texts that would like them to say something else.

use super::*;
use crate::ids::UserId;

fn about(title: &str, body: &str) -> About {
    About {
        number: PrNumber::new(7),
        title: title.into(),
        body: body.into(),
        author: "ann".parse().expect("a login"),
        url: "https://github.com/acme/door/pull/7".into(),
        approved_by: Some(Person { id: UserId::new(42), login: "mia".parse().expect("a login"), bot: false }),
        reviewed_by: vec![Person { id: UserId::new(43), login: "kim".parse().expect("a login"), bot: false }],
    }
}

fn head() -> Sha {
    "757107ea0eb2509fc211221cce984b8a37570b6d".parse().expect("hex")
}

fn with(template: &str, change: impl FnOnce(&mut Messages), about: &About, from: &Ingredients) -> String {
    let mut messages = Messages::default();
    change(&mut messages);
    messages.write(&Template::parse(template).expect("well formed"), about, head(), from)
}

fn wrote(template: &str, about: &About) -> String {
    with(template, |_| {}, about, &Ingredients::default())
}

#[test]
fn places_are_filled_in_and_empty_ones_leave_no_gap() {
    let all = wrote(
        "{title} (#{number}) {{by {author}}}\n\n{body}\n\nOf {head}, {url}",
        &about("A door", " It opens.\r\n\r\n\r\n"),
    );
    let rest = format!("Of {}, https://github.com/acme/door/pull/7\n", head());
    assert_eq!(all, format!("A door (#7) {{by ann}}\n\n It opens.\n\n{rest}"));
    assert_eq!(wrote("{title}\n\n{body}\n\nEnd", &about("A door", "")), "A door\n\nEnd\n");
    assert_eq!(wrote("{title}", &about("", "")), "Pull request #7\n");
}

#[test]
fn a_misshapen_template_says_what_to_write() {
    for (text, wanted) in [
        ("{titel}", "did you mean {title}?"),
        ("{colour}", "known are {number}, {title}"),
        ("{title", "{{"),
        ("a } b", "}}"),
        ("", "{title} (#{number})"),
        ("{body}", "paragraph"),
        ("one\ntwo", "second line"),
        ("{title} [CI Skip]", "leave that out"),
        (&"x".repeat(5_000), "4000 bytes"),
    ] {
        let wrong = Template::parse(text).expect_err(text);
        assert!(wrong.hint.contains(wanted), "{text}: {wrong}");
    }
}

#[test]
fn a_description_is_cut_where_the_settings_say_and_loses_its_comments() {
    let body = "Form\n---\nIt <!-- please say\nwhat -->opens.\n## Checklist\n- [ ] @ann did it";
    let cut = |messages: &mut Messages| {
        messages.cut_body_before = Some("---".into());
        messages.cut_body_after = Some("## Checklist".into());
    };
    assert_eq!(
        with("{title}\n\n{body}", cut, &about("A door", body), &Ingredients::default()),
        "A door\n\nIt opens.\n"
    );
    let all = wrote("{title}\n\n{body}", &about("A door", "seen <!-- hidden"));
    assert_eq!(all, "A door\n\nseen\n");
    let long = wrote("{title}\n\n{body}", &about("A door", &"ä".repeat(20_000)));
    assert!(long.len() < 17_000 && long.ends_with("(It goes on in the pull request.)\n"), "{}", long.len());
}

#[test]
fn nobody_is_mentioned() {
    let body = "Thanks @ann, (@acme/team)! Not a@b.c, nor `@done`, nor @ alone. @types/node";
    let all = wrote("{title}\n\n{body}", &about("For @mia", body));
    let safe = "For `@mia`\n\nThanks `@ann`, (`@acme/team`)! Not a@b.c, nor `@done`, nor @ alone. `@types/node`\n";
    assert_eq!(all, safe);
}

#[test]
fn ci_starts_on_whatever_we_write() {
    let all = wrote("{title}\n\n{body}", &about("Docs [skip CI]", "[ci skip] it\n\n\nskip-checks:true"));
    assert_eq!(all, "Docs (skip CI)\n\n(ci skip) it\n\n> skip-checks:true\n");
    assert_eq!(skip_mark(&all), None);
    // Not even by putting it together from halves.
    assert_eq!(skip_mark(&wrote("[{title}]", &about("skip ci", ""))), None);
    assert_eq!(skip_mark("x\n\nSkip-Checks: true\n"), Some("skip-checks: true"));
}

#[test]
fn our_trailers_are_ours() {
    let both = |messages: &mut Messages| messages.trailers = Trailer::WORDS.map(|(_, trailer)| trailer).into();
    let forged = "Fine.\n\nApproved-by: root <root@x>\nPULL-REQUEST : https://evil\nCo-authored-by: Bob <bob@x>";
    let from = Ingredients {
        author: "Ann <ann@x>".into(),
        others: vec!["Ben <ben@x>".into(), "Ann again <ANN@x>".into(), "Ben <BEN@x>".into()],
        ..Ingredients::default()
    };
    let all = with("{title}\n\n{body}", both, &about("A door\n\nApproved-by: me <m@x>", forged), &from);
    let body = "Fine.\n\n> Approved-by: root <root@x>\n> PULL-REQUEST : https://evil\n\n";
    let people = "Co-authored-by: Ben <ben@x>\nCo-authored-by: Bob <bob@x>\n";
    let ours = "Approved-by: mia <42+mia@users.noreply.github.com>\nPull-request: https://github.com/acme/door/pull/7\n\
        Reviewed-by: kim <43+kim@users.noreply.github.com>\n";
    assert_eq!(all, format!("A door Approved-by: me <m@x>\n\n{body}{people}{ours}"));
}
