//! GitHub's side of signing in: whom it sends back to where, what a code is worth, and in which words it refuses.

use crate::api::{Answered, Api};
use axum::body::Body;
use serde_json::Value;

const BACK: &str = "http://127.0.0.1:7/sign-in/callback";
// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn api() -> Api {
    let api = Api::open().await;
    api.look.set_callback_url(BACK);
    api
}

async fn authorize(api: &Api, more: &str) -> Answered {
    let path = format!("/login/oauth/authorize?client_id={}&state=s%26t{more}", api.who.client.0);
    api.send("GET", &path, "", &[], Body::empty()).await
}

/// A code that stands for a person, asked for with PKCE.
async fn code(api: &Api, login: &str) -> String {
    let more = format!("&code_challenge={CHALLENGE}&code_challenge_method=S256&login={login}");
    let sent = authorize(api, &more).await;
    assert_eq!(sent.status, 302, "{}", sent.text());
    let place = sent.header("location").to_owned();
    let rest = place.strip_prefix(&format!("{BACK}?code=")).unwrap_or_else(|| panic!("{place}"));
    rest.strip_suffix("&state=s%26t").unwrap_or_else(|| panic!("{place}")).to_owned()
}

async fn redeem(api: &Api, fields: &[(&str, &str)]) -> Value {
    let form: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let headers = [("accept", "application/json"), ("content-type", "application/x-www-form-urlencoded")];
    let answer = api.send("POST", "/login/oauth/access_token", "", &headers, Body::from(form.join("&"))).await;
    assert_eq!(answer.status, 200, "GitHub refuses with 200, too: {}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_code_is_worth_a_persons_token_once() {
    let api = api().await;
    let code = code(&api, "maintainer").await;
    let (id, secret) = &api.who.client;
    let fields = [
        ("client_id", id.as_str()),
        ("client_secret", secret),
        ("code", &code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    let token = redeem(&api, &fields).await;
    assert_eq!(
        (&token["token_type"], &token["scope"], &token["expires_in"]),
        (&"bearer".into(), &"".into(), &28_800.into())
    );
    let token = token["access_token"].as_str().expect("a token").to_owned();
    assert!(token.starts_with("ghu_"), "{token}");
    let who = api.send("GET", "/api/v3/user", &token, &[], Body::empty()).await;
    assert_eq!((who.status, who.json()["login"].as_str()), (200, Some("maintainer")));
    assert_eq!(redeem(&api, &fields).await["error"], "bad_verification_code", "a code is good once");
    api.judge();
}

#[tokio::test]
async fn wrong_secrets_codes_and_proofs_are_refused_in_githubs_words() {
    let api = api().await;
    let (id, secret) = &api.who.client;
    for (secret, code, verifier, back, error) in [
        ("wrong", code(&api, "user").await.as_str(), VERIFIER, BACK, "incorrect_client_credentials"),
        (secret, "0123456789abcdef0123", VERIFIER, BACK, "bad_verification_code"),
        (secret, &code(&api, "user").await, "guess", BACK, "bad_verification_code"),
        (secret, &code(&api, "user").await, "", BACK, "bad_verification_code"),
        (secret, &code(&api, "user").await, VERIFIER, "http://127.0.0.1:8/", "redirect_uri_mismatch"),
    ] {
        let fields = [
            ("client_id", id.as_str()),
            ("client_secret", secret),
            ("code", code),
            ("redirect_uri", back),
            ("code_verifier", verifier),
        ];
        let answer = redeem(&api, &fields).await;
        assert_eq!(answer["error"], error, "{answer}");
        assert!(answer["error_description"].is_string() && answer["access_token"].is_null(), "{answer}");
    }
    let unknown =
        api.send("POST", "/login/oauth/access_token?client_id=x", "", &[("accept", "application/json")], Body::empty());
    assert_eq!(unknown.await.status, 404);
    let path = format!("/login/oauth/access_token?client_id={id}&client_secret=x&code=y");
    let plain = api.send("POST", &path, "", &[], Body::empty()).await;
    assert!(
        plain.text().starts_with("error=incorrect_client_credentials&"),
        "without Accept it is a form: {}",
        plain.text()
    );
}

#[tokio::test]
async fn people_choose_who_they_are_and_are_sent_back_to_known_places_only() {
    let api = api().await;
    let page = authorize(&api, "").await;
    for login in ["maintainer", "user", "outsider"] {
        assert!(page.text().contains(&format!("login={login}\"")), "{}", page.text());
    }
    assert!(!page.text().contains("greenline[bot]"), "{}", page.text());
    for (more, error) in [
        ("&login=user&redirect_uri=http%3A%2F%2Fevil.example%2F", "redirect_uri_mismatch"),
        ("&login=user&code_challenge=x&code_challenge_method=plain", "invalid_request"),
        ("&cancel=1", "access_denied"),
    ] {
        let sent = authorize(&api, more).await;
        let place = sent.header("location");
        assert!(place.starts_with(&format!("{BACK}?error={error}&")) && place.ends_with("&state=s%26t"), "{place}");
    }
    let unknown = api.send("GET", "/login/oauth/authorize?client_id=x&login=user", "", &[], Body::empty()).await;
    assert_eq!(unknown.status, 404);
}
