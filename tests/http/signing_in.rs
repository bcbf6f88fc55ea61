//! The doors for people: signing in by the forge's word, pressing buttons, signing out; and everything that is no press of theirs.

use super::house::{Answer, House};
use base64::Engine as _;
use greenline::command::About;
use greenline::engine::board::Board;
use greenline::facts::Person;
use greenline::ids::{Moment, PrNumber, QueueId, RepoId, UserId};
use greenline::port::identity::{Identity, Redeemed};
use greenline::port::store::Hint;
use greenline::port::{Outcome, Store, Trouble};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

const HEAD: &str = "757107ea0eb2509fc211221cce984b8a37570b6d";
const PAGE: &str = "/repos/octo/hello/pulls/12";
const BUTTON: &str = "/repos/octo/hello/pulls/12/queue";
const OURS: &str = "Origin: https://queue.example";
const SESSION: &str = "__Host-greenline-session";
const ATTEMPT: &str = "__Host-greenline-sign-in";

/// A forge that lets in whoever has a code, `LOGIN:CHALLENGE`, once, and only with what the challenge was made from.
#[derive(Debug, Default)]
struct Gatekeeper {
    used: Mutex<BTreeSet<String>>,
}

impl Gatekeeper {
    fn judge(&self, code: &str, verifier: &str) -> Result<Outcome<Person>, Trouble> {
        let challenge = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        match code.split_once(':') {
            Some(("busy", _)) => Err(Trouble::busy("the forge is busy")),
            Some(("denied", _)) => Err(Trouble::Denied("the secret is wrong: sesame".into())),
            Some(("lost", _)) => Ok(Outcome::Unknown("the forge did not answer".into())),
            Some((login, given))
                if given == challenge && self.used.lock().expect("no panic").insert(code.to_owned()) =>
            {
                let id = UserId::new(login.bytes().map(u64::from).sum());
                Ok(Outcome::Done(Person { id, login: login.parse().expect("a login"), bot: false }))
            }
            Some(_) | None => Ok(Outcome::Rejected("the code is worth nothing".into())),
        }
    }
}

impl Identity for Gatekeeper {
    fn authorize_url(&self, state: &str, challenge: &str) -> String {
        format!("https://forge.example/let-me-in?state={state}&challenge={challenge}")
    }
    fn redeem<'a>(&'a self, code: &'a str, verifier: &'a str) -> Redeemed<'a> {
        Box::pin(async move { self.judge(code, verifier) })
    }
}

async fn house() -> House {
    let house = House::with_identity(Arc::new(Gatekeeper::default())).await;
    let (name, trunk) = ("octo/hello".parse().expect("a name"), "main".parse().expect("a branch"));
    let mut board = Board::empty(name, trunk, Moment::from_ms(0));
    let why = serde_json::json!({
        "pull": 12, "title": "A lamp", "author": "zoe", "head": HEAD, "state": "not-asked", "position": null,
        "code": "not-asked", "sentence": "Nobody has asked.", "since": 0, "next": "Ask.", "rule": null,
    });
    board.answers.whys.insert(PrNumber::new(12), serde_json::from_value(why).expect("an answer"));
    house.boards.publish(QueueId::of(RepoId::new(7)), board);
    house
}

async fn ask(house: &House, what: &str, headers: &[&str], body: &str) -> Answer {
    let head = headers.iter().fold(String::new(), |all, line| format!("{all}{line}\r\n"));
    let length = body.len();
    let request =
        format!("{what} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{head}\r\n{body}");
    house.send(request).await
}

fn header<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let lines = answer.head.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
}

/// The cookie of that name that an answer sets, as `NAME=VALUE`, and its attributes.
fn cookie<'a>(answer: &'a Answer, name: &str) -> (&'a str, &'a str) {
    let all = header(answer, "set-cookie");
    let found = all.into_iter().find(|line| line.starts_with(&format!("{name}=")));
    found.unwrap_or_else(|| panic!("no {name} in {}", answer.head)).split_once("; ").expect("it has attributes")
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split(after).next().unwrap_or_default()
}

/// Somebody on the way to the forge: the cookie to come back with, the state, and the challenge.
async fn set_out(house: &House, to: &str) -> (String, String, String) {
    let sent = house.get(&format!("/sign-in?to={to}")).await;
    assert_eq!(sent.status, 303, "{}", sent.text());
    let there = header(&sent, "location")[0];
    assert!(there.starts_with("https://forge.example/let-me-in?"), "{there}");
    let (state, challenge) = (between(there, "state=", "&"), between(there, "challenge=", "&"));
    let (kept, attributes) = cookie(&sent, ATTEMPT);
    assert_eq!(attributes, "Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure");
    (format!("Cookie: {kept}"), state.to_owned(), challenge.to_owned())
}

/// The cookie of somebody who has signed in.
async fn signed_in(house: &House, login: &str, before: &str) -> String {
    let (kept, state, challenge) = set_out(house, PAGE).await;
    let back = format!("GET /sign-in/callback?code={login}:{challenge}&state={state}");
    let came = ask(house, &back, &[&kept, before], "").await;
    assert_eq!((came.status, header(&came, "location")), (303, vec![PAGE]), "{}", came.text());
    let (session, attributes) = cookie(&came, SESSION);
    assert_eq!(attributes, "Path=/; Max-Age=28800; HttpOnly; SameSite=Lax; Secure");
    assert!(cookie(&came, ATTEMPT).1.contains("Max-Age=0"), "the attempt is over: {}", came.head);
    format!("Cookie: {session}")
}

/// The form that puts #12 into the queue, as the page of this session has it.
async fn form(house: &House, session: &str) -> String {
    let page = ask(house, &format!("GET {PAGE}"), &[session], "").await;
    let form = between(page.text(), &format!("<form method=\"post\" action=\"{BUTTON}\">"), "</form>");
    let value = |name: &str| between(form, &format!("name=\"{name}\" value=\""), "\"").to_owned();
    format!("csrf={}&once={}&commit={}&ask=add", value("csrf"), value("once"), value("commit"))
}

async fn press(house: &House, headers: &[&str], form: &str) -> Answer {
    let all = [&["Content-Type: application/x-www-form-urlencoded"], headers].concat();
    ask(house, &format!("POST {BUTTON}"), &all, form).await
}

/// A refusal is a page for people with a stable code.
fn refusal(answer: &Answer) -> (u16, &str) {
    assert_eq!(header(answer, "content-type"), ["text/html; charset=utf-8"], "{}", answer.text());
    assert!(answer.text().contains("What to do"), "{}", answer.text());
    (answer.status, between(answer.text(), "<span class=\"code\">", "<"))
}

#[tokio::test]
async fn somebody_signs_in_and_sees_it_and_signs_out() {
    let house = house().await;
    let stranger = house.get(PAGE).await;
    let way_in = format!("href=\"https://queue.example/sign-in?to={PAGE}\"");
    assert!(stranger.text().contains(&way_in) && !stranger.text().contains("<form"), "{}", stranger.text());
    let session = signed_in(&house, "ann", "").await;
    for place in [PAGE, "/"] {
        let page = ask(&house, &format!("GET {place}"), &[&session], "").await;
        assert!(page.text().contains("signed in as <span class=\"login\">ann</span>"), "{}", page.text());
        let policy = header(&page, "content-security-policy")[0];
        assert!(policy.contains("form-action 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(
            header(&page, "referrer-policy"),
            ["same-origin"],
            "else browsers send `Origin: null` with our forms"
        );
        assert_eq!(header(&page, "cache-control"), ["no-store"]);
    }
    let csrf = between(&form(&house, &session).await, "csrf=", "&").to_owned();
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let out = ask(&house, "POST /sign-out", &[&session, OURS, kind], &format!("csrf={csrf}&to={PAGE}")).await;
    assert_eq!((out.status, header(&out, "location")), (303, vec![PAGE]));
    assert!(cookie(&out, SESSION).1.contains("Max-Age=0"), "{}", out.head);
    let page = ask(&house, &format!("GET {PAGE}"), &[&session], "").await;
    assert!(page.text().contains(&way_in), "the session is over, though the browser kept the cookie");
}

#[tokio::test]
async fn signing_in_ends_the_session_before_and_leads_nowhere_else() {
    let house = house().await;
    let first = signed_in(&house, "ann", "").await;
    let second = signed_in(&house, "ann", &first).await;
    assert_ne!(first, second);
    let text = ask(&house, "GET /", &[&first], "").await;
    assert!(text.text().contains("Sign in</a>"), "{}", text.text());
    for evil in ["//evil.example", "/%5Cevil.example", "https://evil.example", "/%09/evil.example", "/sign-in"] {
        let (kept, state, challenge) = set_out(&house, evil).await;
        let back = format!("GET /sign-in/callback?code=ann:{challenge}&state={state}");
        assert_eq!(header(&ask(&house, &back, &[&kept], "").await, "location"), ["/"], "{evil}");
    }
}

#[tokio::test]
async fn what_does_not_end_well_is_told_and_lets_nobody_in() {
    let house = house().await;
    for (code, status, error) in [
        ("code=ann:wrong", 403, "not_accepted"),
        ("code=busy:x", 503, "forge_busy"),
        ("code=denied:x", 502, "not_set_up"),
        ("code=lost:x", 502, "no_answer"),
        ("", 400, "no_code"),
        ("error=access_denied&error_description=no", 403, "declined"),
        ("error=application_suspended&error_description=%3Cb%3E", 403, "not_accepted"),
    ] {
        let (kept, state, _) = set_out(&house, PAGE).await;
        let answer = ask(&house, &format!("GET /sign-in/callback?{code}&state={state}"), &[&kept], "").await;
        assert_eq!(refusal(&answer), (status, error), "{code}");
        assert!(cookie(&answer, ATTEMPT).1.contains("Max-Age=0"), "an attempt counts once: {}", answer.head);
        assert!(!answer.head.contains(SESSION) && !answer.text().contains("sesame"), "{}", answer.text());
        assert!(answer.text().contains("href=\"/sign-in\""), "{}", answer.text());
    }
    let (kept, state, challenge) = set_out(&house, PAGE).await;
    let (_, other, _) = set_out(&house, PAGE).await;
    let good = format!("code=ann:{challenge}");
    for (headers, state, error) in [
        (vec![], state.as_str(), "no_attempt"),
        (vec![&*kept], &other, "wrong_state"),
        (vec![&*kept], "", "wrong_state"),
        (vec!["Cookie: __Host-greenline-sign-in=x"], &state, "no_attempt"),
    ] {
        let answer = ask(&house, &format!("GET /sign-in/callback?{good}&state={state}"), &headers, "").await;
        assert_eq!(refusal(&answer), (403, error), "{headers:?} {state}");
    }
    let back = format!("GET /sign-in/callback?{good}&state={state}");
    assert_eq!(ask(&house, &back, &[&kept], "").await.status, 303);
    assert_eq!(refusal(&ask(&house, &back, &[&kept], "").await), (403, "not_accepted"), "a code is good once");
}

#[tokio::test]
async fn a_press_is_a_request_in_the_persons_name_and_twice_the_same_is_one() {
    let house = house().await;
    let session = signed_in(&house, "ann", "").await;
    let form = form(&house, &session).await;
    let answer = press(&house, &[&session, OURS], &form).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let look = header(&answer, "location")[0].to_owned();
    assert!(look.starts_with(&format!("{PAGE}?request=")), "{look}");
    let rows = house.store.inbox(Some(&QueueId::of(RepoId::new(7))), 10).await.expect("memory answers");
    let Some(Hint::Request(request)) = rows.first().map(|row| row.hint.clone()) else { panic!("{rows:?}") };
    assert_eq!((&request.about, request.words()), (&About::Pull(PrNumber::new(12)), format!("merge {HEAD}")));
    assert_eq!((request.login.as_str(), request.token.as_str()), ("ann", "page"));
    assert_eq!(request.person, Some(UserId::new("ann".bytes().map(u64::from).sum())));
    let page = ask(&house, &format!("GET {look}"), &[&session], "").await;
    assert!(page.text().contains("is being judged") && page.text().contains("content=\"1\""), "{}", page.text());
    let again = press(&house, &[&session, OURS], &form).await;
    assert_eq!((again.status, header(&again, "location")), (303, vec![&*look]));
    assert_eq!(house.depth().await, 1, "a form that is sent twice is one request");
    let referer = format!("Referer: https://queue.example{PAGE}");
    let other = form.replace("ask=add", "ask=remove");
    assert_eq!(press(&house, &[&session, &referer], &other).await.status, 303);
    assert_eq!(house.depth().await, 2);
}

#[tokio::test]
async fn what_is_no_press_of_theirs_is_refused_and_leaves_nothing() {
    let house = house().await;
    let (session, other) = (signed_in(&house, "ann", "").await, signed_in(&house, "ben", "").await);
    let (form, foreign) = (form(&house, &session).await, form(&house, &other).await);
    let twice = format!("{session}; {}", session.trim_start_matches("Cookie: "));
    for (headers, form, status, error) in [
        (vec![OURS], &*form, 401, "signed_out"),
        (vec![OURS, "Cookie: __Host-greenline-session=guess"], &form, 401, "signed_out"),
        (vec![OURS, &twice], &form, 401, "signed_out"),
        (vec![&*session], &form, 403, "foreign_origin"),
        (vec![&session, "Origin: null"], &form, 403, "foreign_origin"),
        (vec![&session, "Origin: https://evil.example"], &form, 403, "foreign_origin"),
        (vec![&session, "Origin: http://queue.example"], &form, 403, "foreign_origin"),
        (vec![&session, "Referer: https://evil.example/"], &form, 403, "foreign_origin"),
        (vec![&session, OURS], &foreign, 403, "wrong_csrf"),
        (vec![&session, OURS], &form.replace("csrf=", "csrf=x"), 403, "wrong_csrf"),
        (vec![&session, OURS], "ask=add", 403, "wrong_csrf"),
        (vec![&session, OURS], "", 403, "wrong_csrf"),
        (vec![&session, OURS], &form.replace("ask=add", "ask=push"), 422, "wrong_fields"),
        (vec![&session, OURS], &form.replace(HEAD, "757107ea"), 422, "wrong_fields"),
        (vec![&session, OURS], &format!("{form}&x={}", "x".repeat(20_000)), 413, "too_large"),
    ] {
        let answer = press(&house, &headers, form).await;
        assert_eq!(refusal(&answer), (status, error), "{headers:?} {form:.60}");
    }
    let json = ask(&house, &format!("POST {BUTTON}"), &[&session, OURS, "Content-Type: application/json"], "{}").await;
    assert_eq!(refusal(&json), (400, "no_form"));
    for what in [format!("GET {BUTTON}?{form}"), "GET /sign-out".to_owned()] {
        assert_eq!(ask(&house, &what, &[&session, OURS], "").await.status, 405, "{what}");
    }
    assert_eq!(house.depth().await, 0);
    let page = ask(&house, &format!("GET {PAGE}"), &[&session], "").await;
    assert!(page.text().contains("signed in as"), "and nobody was signed out by any of it");
}

#[tokio::test]
async fn a_session_ends_by_itself_and_who_presses_too_often_waits() {
    let house = house().await;
    let session = signed_in(&house, "ann", "").await;
    let form = form(&house, &session).await;
    house.clock.by_minutes(121);
    assert_eq!(refusal(&press(&house, &[&session, OURS], &form).await), (401, "signed_out"));
    let session = signed_in(&house, "ann", "").await;
    for _ in 0..60 {
        assert_eq!(press(&house, &[&session, OURS], "ask=add").await.status, 403);
    }
    let answer = press(&house, &[&session, OURS], "ask=add").await;
    assert_eq!(refusal(&answer), (429, "too_many_requests"));
    assert_eq!(header(&answer, "retry-after"), ["60"]);
    let other = signed_in(&house, "ben", "").await;
    assert_eq!(press(&house, &[&other, OURS], "ask=add").await.status, 403, "nobody else waits for that");
    house.clock.by_minutes(1);
    assert_eq!(press(&house, &[&session, OURS], "ask=add").await.status, 403);
}

#[tokio::test]
async fn where_it_is_not_set_up_nobody_signs_in() {
    let house = House::usual().await;
    for what in ["GET /sign-in", "GET /sign-in/callback?code=x&state=y", "POST /sign-out", &format!("POST {BUTTON}")] {
        assert_eq!(refusal(&ask(&house, what, &[OURS], "").await), (404, "no_sign_in"), "{what}");
    }
    let page = house.get("/").await;
    assert!(!page.text().contains("sign-in") && !page.text().contains("<form"), "{}", page.text());
}
