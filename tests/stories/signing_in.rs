//! Stories of people at the page: they sign in by GitHub, press buttons, and read what comes of that.

use crate::driver::browser::{Browser, Page};
use crate::driver::{Pull, Stage, until};

/// Signs in on the page about a pull request, and comes back to it.
fn signed_in(stage: &Stage, who: &str, pull: &Pull) -> (Browser, Page) {
    let browser = Browser::default();
    let page = browser.open(&stage.page_of(pull));
    let choice = browser.follow(&page, "Sign in");
    assert!(choice.text.contains("As whom do you want to sign in?"), "{choice:?}");
    let page = browser.follow(&choice, who);
    assert_eq!((page.status, &page.url), (200, &stage.page_of(pull)), "{page:?}");
    assert!(page.text.contains(&format!("signed in as <span class=\"login\">{who}</span>")), "{page:?}");
    (browser, page)
}

/// Opens the page again until it has the answer.
fn answered(browser: &Browser, page: &Page) -> String {
    until("the press is answered", || {
        let text = browser.open(&page.url).text;
        let (_, answer) = text.split_once("<section class=\"answer\"")?;
        let answer = answer.split("</section>").next().unwrap_or_default();
        (!answer.contains("is being judged")).then(|| answer.to_owned())
    })
}

fn known(stage: &Stage, name: &str) -> Pull {
    let pull = stage.pull(name);
    until("it was heard of", || stage.why(&pull)["head"].is_string().then_some(()));
    pull
}

#[test]
fn a_person_signs_in_and_queues_a_pull_request_by_a_button() {
    let stage = Stage::empty();
    let pull = known(&stage, "lamp");
    let (browser, page) = signed_in(&stage, "maintainer", &pull);
    let asked = browser.press(&page, " into the queue");
    let answer = answered(&browser, &asked);
    let words = format!("You asked on this page: <code>merge {}</code>", pull.head);
    assert!(answer.contains(&words) && answer.contains("Done. 1st of 1"), "{answer}");
    stage.in_queue(&pull);
    let (_, request) = asked.url.split_once("request=").expect("it leads to its answer");
    let (_, answer) = stage.api("", "GET", &format!("/requests/{request}"), &serde_json::Value::Null);
    assert_eq!((&answer["login"], &answer["token"]), (&"maintainer".into(), &"page".into()), "{answer}");
    let page = browser.open(&stage.page_of(&pull));
    let answer = answered(&browser, &browser.press(&page, "Take out of the queue"));
    assert!(answer.contains("<code>cancel</code>") && answer.contains("Done."), "{answer}");
    until("it has left the queue", || (!stage.queued(&pull)).then_some(()));
    let page = browser.open(&stage.page_of(&pull));
    browser.press(&page, " into the queue");
    let tip = stage.tip(&[&pull]);
    stage.conclude(&tip, "success");
    stage.merged(&pull);
    assert_eq!(stage.trunk(), tip);
    assert!(!browser.open(&stage.page_of(&pull)).text.contains("the queue</button>"), "what has landed has no button");
    stage.end();
}

#[test]
fn who_may_not_is_told_so_and_a_restart_or_signing_out_ends_it() {
    let stage = Stage::empty();
    let pull = known(&stage, "lamp");
    let (browser, page) = signed_in(&stage, "outsider", &pull);
    let answer = answered(&browser, &browser.press(&page, " into the queue"));
    assert!(answer.contains("Refused <span class=\"code\">needs-write</span>"), "{answer}");
    let out = browser.press(&page, "Sign out");
    assert!(out.text.contains("Sign in</a>") && out.url == stage.page_of(&pull), "{out:?}");
    let refused = browser.press(&page, " into the queue");
    assert!(refused.status == 401 && refused.text.contains("signed_out"), "{refused:?}");
    let (browser, page) = signed_in(&stage, "maintainer", &pull);
    stage.kill_service();
    until("the service is back", || stage.says_ready().then_some(()));
    let refused = browser.press(&page, " into the queue");
    assert!(refused.status == 401 && refused.text.contains("when the service is started again"), "{refused:?}");
    assert!(!stage.queued(&pull));
    let choice = browser.follow(&browser.follow(&refused, "Sign in"), "Cancel");
    assert!(choice.status == 403 && choice.text.contains("declined"), "{choice:?}");
    stage.end();
}
