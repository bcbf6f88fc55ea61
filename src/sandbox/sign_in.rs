//! GitHub's side of signing in, `/login/oauth`: a page to choose as whom, and the exchange of its code for a user's token. As on
//! GitHub a refusal of that exchange has status 200 (docs.github.com, "Troubleshooting OAuth app access token request errors").
//! Two things are the sandbox's own: nobody has a password, and `login` chooses at once where GitHub only suggests it.

use super::lookalike::Lookalike;
use super::world::{Asked, Redeeming, World};
use axum::Json;
use axum::extract::{Form, FromRequest, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use maud::{DOCTYPE, Markup, html};
use serde_json::{Value, json};
use std::collections::BTreeMap;

type Fields = BTreeMap<String, String>;

pub(super) fn router(look: &Lookalike) -> axum::Router {
    axum::Router::new()
        .route("/login/oauth/authorize", get(authorize))
        .route("/login/oauth/access_token", post(access_token))
        .with_state(look.clone())
}

/// `GET /login/oauth/authorize`: chooses, or lets choose.
async fn authorize(State(look): State<Lookalike>, Query(given): Query<Fields>) -> Response {
    let field = |name: &str| given.get(name).filter(|text| !text.is_empty()).cloned();
    let asked = Asked {
        client_id: field("client_id").unwrap_or_default(),
        redirect_uri: field("redirect_uri"),
        challenge: field("code_challenge"),
        challenge_method: field("code_challenge_method"),
    };
    let state = field("state");
    let (app, to, wrong, user) = {
        let world = look.world();
        let Some(app) = world.app_by_client(&asked.client_id) else { return nothing_there() };
        let Some((to, wrong)) = World::way_back(app, &asked) else { return nothing_there() };
        let user =
            given.get("login").and_then(|login| world.people_accounts().find(|a| a.login == *login)).map(|a| a.id);
        (app.id, to.to_owned(), wrong, user)
    };
    // Only S256 is taken.
    let plain = asked.challenge.is_some() && asked.challenge_method.as_deref() != Some("S256");
    let refused =
        wrong.or(plain.then_some("invalid_request")).or(given.contains_key("cancel").then_some("access_denied"));
    if let Some(error) = refused {
        return back(
            &to,
            &[("error", Some(error)), ("error_description", Some(described(error))), ("state", state.as_deref())],
        );
    }
    match user {
        Some(user) => {
            let look = look.clone();
            let (from, challenge) = (to.clone(), asked.challenge);
            let made =
                tokio::task::spawn_blocking(move || look.change(|world| world.new_code(app, user, &from, challenge)))
                    .await;
            let Ok(code) = made else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
            back(&to, &[("code", Some(&code)), ("state", state.as_deref())])
        }
        None => Html(page(&look.world(), &given).into_string()).into_response(),
    }
}

/// GitHub's answer where no App is meant.
fn nothing_there() -> Response {
    (StatusCode::NOT_FOUND, "Not Found").into_response()
}

fn back(to: &str, fields: &[(&str, Option<&str>)]) -> Response {
    let fields = fields.iter().filter_map(|(name, value)| Some(format!("{name}={}", encode((*value)?))));
    let query = fields.collect::<Vec<_>>().join("&");
    let join = if to.contains('?') { '&' } else { '?' };
    (StatusCode::FOUND, [(header::LOCATION, format!("{to}{join}{query}"))]).into_response()
}

fn page(world: &World, given: &Fields) -> Markup {
    let again = |more: &str, value: &str| {
        let others = given.iter().filter(|(name, _)| *name != "login");
        let mut pairs: Vec<String> = others.map(|(name, value)| format!("{name}={}", encode(value))).collect();
        pairs.push(format!("{more}={}", encode(value)));
        format!("/login/oauth/authorize?{}", pairs.join("&"))
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { "Sign in to the sandbox's GitHub" } }
            body {
                h1 { "Sign in to the sandbox's GitHub" }
                p { "Greenline asks who you are. As whom do you want to sign in?" }
                ul { @for person in world.people_accounts() { li { a href=(again("login", &person.login)) { (person.login) } } } }
                p { a href=(again("cancel", "1")) { "Cancel" } }
            }
        }
    }
}

/// `POST /login/oauth/access_token`: fields in the query, as a form or as JSON; answered as `Accept` says.
async fn access_token(State(look): State<Lookalike>, Query(mut fields): Query<Fields>, request: Request) -> Response {
    let headers = request.headers().clone();
    if says(&headers, &header::CONTENT_TYPE, "json") {
        fields.extend(Json::<Fields>::from_request(request, &()).await.map(|told| told.0).unwrap_or_default());
    } else {
        fields.extend(Form::<Fields>::from_request(request, &()).await.map(|told| told.0).unwrap_or_default());
    }
    exchange(look, &headers, fields).await
}

async fn exchange(look: Lookalike, headers: &HeaderMap, mut fields: Fields) -> Response {
    let mut field = |name: &str| fields.remove(name).filter(|text| !text.is_empty());
    let asked = Redeeming {
        client_id: field("client_id").unwrap_or_default(),
        client_secret: field("client_secret").unwrap_or_default(),
        code: field("code").unwrap_or_default(),
        redirect_uri: field("redirect_uri"),
        verifier: field("code_verifier"),
    };
    if look.world().app_by_client(&asked.client_id).is_none() {
        return (StatusCode::NOT_FOUND, Json(json!({"error": "Not Found"}))).into_response();
    }
    let redeemed = tokio::task::spawn_blocking(move || look.change(|world| world.redeem(&asked))).await;
    let answer = match redeemed {
        Ok(Ok(token)) => json!({
            "access_token": token, "expires_in": super::world::TOKEN_S, "refresh_token": format!("ghr_{}", super::world::secret(57)),
            "refresh_token_expires_in": 15_897_600, "token_type": "bearer", "scope": "",
        }),
        Ok(Err(error)) => json!({
            "error": error, "error_description": described(error),
            "error_uri": "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/",
        }),
        Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    if says(headers, &header::ACCEPT, "json") {
        return Json(answer).into_response();
    }
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs =
        answer.as_object().into_iter().flatten().map(|(name, value)| format!("{name}={}", encode(&text(value))));
    let form = [(header::CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")];
    (form, pairs.collect::<Vec<_>>().join("&")).into_response()
}

fn says(headers: &HeaderMap, name: &header::HeaderName, word: &str) -> bool {
    headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(word))
}

fn described(error: &str) -> &'static str {
    match error {
        "access_denied" => "The user has denied your application access.",
        "redirect_uri_mismatch" => "The redirect_uri MUST match the registered callback URL for this application.",
        "incorrect_client_credentials" => "The client_id and/or client_secret passed are incorrect.",
        "bad_verification_code" => "The code passed is incorrect or expired.",
        _ => "The request is not understood.",
    }
}

fn encode(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
