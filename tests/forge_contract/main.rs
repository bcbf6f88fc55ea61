//! The traps of GitHub's REST API and of octocrab, played by a small server with state: what is read is true or trouble,
//! and what is written is written once.

mod deploy;
mod hub;
mod people;
mod sign_in;
mod words;

use greenline::facts::{CheckState, Demands, Permission, PullState};
use greenline::ids::{AppId, CommentId, InstallationId, Moment, PrNumber, RepoId, Sha};
use greenline::port::{Forge, Outcome, Trouble};
use hub::{Hub, Reply, Seen, World, json, refused};

const SHA: &str = "757107ea0eb2509fc211221cce984b8a37570b6d";

fn sha() -> Sha {
    SHA.parse().expect("a commit id")
}

fn pull(number: u64) -> String {
    format!(
        r#"{{"number":{number},"title":"t","state":"open","user":{{"id":1,"login":"ann","type":"User"}},
        "base":{{"ref":"main","sha":"{SHA}","repo":{{"id":7,"full_name":"o/r"}}}},
        "head":{{"ref":"topic","sha":"{SHA}","repo":{{"id":7,"full_name":"o/r"}}}},
        "labels":[{{"name":"x"}}],"updated_at":"2026-01-01T00:00:00Z"}}"#
    )
}

fn repository(id: u64, name: &str) -> Reply {
    json(format!(r#"{{"id":{id},"full_name":"{name}","default_branch":"main","archived":null}}"#))
}

#[tokio::test]
async fn page_2_is_asked_with_the_credential_and_repeats_do_no_harm() {
    let hub = Hub::open(|world, seen| {
        if seen.path.starts_with("/repositories/7/pulls?page=2") {
            return json(format!("[{},{}]", pull(2), pull(3)));
        }
        let next = format!(r#"<{}/repositories/7/pulls?page=2>; rel="next""#, world.base);
        Reply(200, vec![("link", next)], format!("[{},{}]", pull(1), pull(2)))
    })
    .await;
    let pulls = hub.forge().open_pulls(Some(&"main".parse().expect("a branch"))).await.expect("both pages");
    assert_eq!(pulls.iter().map(|p| p.number.get()).collect::<Vec<_>>(), [1, 2, 3]);
    hub.world(|world| {
        let seen = world.seen.last().expect("it asked");
        assert_eq!(seen.header("user-agent"), concat!("greenline/", env!("CARGO_PKG_VERSION")));
        assert_eq!(seen.header("accept"), "application/vnd.github+json");
        assert_eq!(seen.header("x-github-api-version"), "2022-11-28");
    });
}

#[tokio::test]
async fn no_list_is_endless_and_none_leads_to_another_host() {
    let hub = Hub::open(|world, seen| {
        let host = if seen.path.contains("/7/") { "https://evil.example/api/v3" } else { &world.base };
        Reply(200, vec![("link", format!(r#"<{host}/again?page=2>; rel="next""#))], "[]".into())
    })
    .await;
    let forge = hub.forge();
    let got = forge.comments(PrNumber::new(7), Moment::from_ms(0)).await;
    assert!(matches!(got, Err(Trouble::Bug(why)) if why.contains("another host")));
    let got = forge.comments(PrNumber::new(8), Moment::from_ms(0)).await;
    assert!(matches!(got, Err(Trouble::Bug(why)) if why.contains("100 pages")));
}

fn keeps_comments(status: u16) -> impl Fn(&mut World, &Seen) -> Reply {
    move |world, seen| {
        world.comments.push(seen.body.clone());
        Reply(status, vec![], format!(r#"{{"id":{}}}"#, world.comments.len()))
    }
}

#[tokio::test]
async fn a_write_that_failed_after_its_effect_is_unknown_and_not_repeated() {
    for status in [500, 502, 503] {
        let hub = Hub::open(keeps_comments(status)).await;
        let got = hub.forge().comment(PrNumber::new(3), "hello").await;
        assert!(matches!(got, Ok(Outcome::Unknown(_))), "{status}");
        assert_eq!(hub.world(|w| w.comments.clone()), [r#"{"body":"hello"}"#]);
    }
    let hub = Hub::open(keeps_comments(201)).await;
    assert_eq!(hub.forge().comment(PrNumber::new(3), "hello").await, Ok(Outcome::Done(CommentId::new(1))));
    let hub = Hub::open(|_, _| Reply(201, vec![], "<html>".into())).await;
    assert!(matches!(hub.forge().comment(PrNumber::new(3), "hello").await, Ok(Outcome::Unknown(_))));
}

#[tokio::test]
async fn nobody_at_home_is_busy_for_reads() {
    let app = hub::app("http://127.0.0.1:1/api/v3");
    let forge = app.forge(InstallationId::new(9), RepoId::new(7), "o/r".parse().expect("a name"));
    assert!(matches!(forge.pull(PrNumber::new(1)).await, Err(Trouble::Busy { .. })));
    // Not even a token could be had, so nothing can have been written.
    assert!(matches!(forge.comment(PrNumber::new(1), "x").await, Err(Trouble::Busy { .. })));
}

#[tokio::test]
async fn a_refused_token_is_made_anew_once() {
    let hub = Hub::open(keeps_comments(201)).await;
    let forge = hub.forge();
    hub.app.installation_token(InstallationId::new(9)).await.expect("a token");
    hub.world(|world| world.minted += 1);
    assert_eq!(forge.comment(PrNumber::new(3), "a").await, Ok(Outcome::Done(CommentId::new(1))));
    assert_eq!(hub.world(|world| (world.minted, world.comments.len())), (3, 1));
    assert_eq!(forge.comment(PrNumber::new(3), "b").await, Ok(Outcome::Done(CommentId::new(2))));
    assert_eq!(hub.world(|world| world.minted), 3);
    hub.world(|world| world.locked_out = true);
    assert!(matches!(forge.comment(PrNumber::new(3), "c").await, Err(Trouble::Denied(_))));
    assert_eq!(hub.world(|world| (world.minted, world.comments.len())), (4, 2));
}

#[tokio::test]
async fn a_rename_is_followed_and_remembered() {
    let hub = Hub::open(|world, seen| match seen.path.as_str() {
        path if path.starts_with("/repos/o/r") => {
            let status = if seen.method == "GET" { 301 } else { 307 };
            let to = format!("{}{}", world.base, path.replacen("/repos/o/r", "/repositories/7", 1));
            Reply(status, vec![("location", to)], r#"{"message":"Moved Permanently"}"#.into())
        }
        "/repositories/7" | "/repos/o/new" => repository(7, "o/new"),
        "/repositories/7/pulls/3" | "/repos/o/new/pulls/3" => json(pull(3)),
        path if path.ends_with("/comments") && seen.method == "POST" => keeps_comments(201)(world, seen),
        _ => refused(404, "Not Found"),
    })
    .await;
    let forge = hub.forge();
    assert_eq!(forge.comment(PrNumber::new(3), "x").await, Ok(Outcome::Done(CommentId::new(1))));
    assert_eq!(hub.world(|w| w.comments.len()), 1);
    let got = forge.pull(PrNumber::new(3)).await.expect("an answer").expect("a pull request");
    assert_eq!((got.number.get(), got.state), (3, PullState::Open));
    assert_eq!(forge.name().as_str(), "o/new");
    forge.pull(PrNumber::new(3)).await.expect("an answer");
    assert_eq!(hub.asked().last().map(String::as_str), Some("GET /repos/o/new/pulls/3"));
}

#[tokio::test]
async fn a_name_that_means_another_repository_now_is_noticed() {
    let hub = Hub::open(|_, seen| match seen.path.as_str() {
        "/repos/o/r" => repository(8, "o/r"),
        "/repositories/7" => repository(7, "o/new"),
        "/repos/o/r/pulls/3" => json(pull(3).replace(r#"{"id":7"#, r#"{"id":8"#)),
        "/repos/o/new/pulls/3" => json(pull(3)),
        _ => refused(404, "Not Found"),
    })
    .await;
    let forge = hub.forge();
    assert!(matches!(forge.pull(PrNumber::new(3)).await, Err(Trouble::Busy { .. })));
    assert!(forge.pull(PrNumber::new(3)).await.expect("an answer").is_some());
    let got = forge.repository().await.expect("by its new name, or by id");
    assert_eq!((got.id.get(), got.name.as_str()), (7, "o/new"));
}

#[tokio::test]
async fn what_is_no_json_is_never_a_fact() {
    for body in ["<html>Unicorn!</html>", r#"{"permission":"adm"#, "", "[]"] {
        let hub = Hub::open(move |_, _| json(body)).await;
        let got = hub.forge().permission(&"ann".parse().expect("a login")).await;
        assert!(matches!(got, Err(Trouble::Bug(_))), "{body}: {got:?}");
        let got = hub.forge().pull(PrNumber::new(3)).await;
        assert!(matches!(got, Err(Trouble::Bug(_))), "{body}: {got:?}");
        let got = hub.forge().checks(sha()).await;
        assert!(got.as_ref().is_ok_and(Vec::is_empty) || matches!(got, Err(Trouble::Bug(_))), "{body}: {got:?}");
        let got = hub.forge().reviews(PrNumber::new(3)).await;
        assert!(got.as_ref().is_ok_and(Vec::is_empty) || matches!(got, Err(Trouble::Bug(_))), "{body}: {got:?}");
    }
    let hub = Hub::open(|_, _| json(r#"{"permission":"emperor","role_name":"emperor"}"#)).await;
    let got = hub.forge().permission(&"ann".parse().expect("a login")).await;
    assert!(
        got.as_ref().is_ok_and(|may| *may < Permission::Write) || got.is_err(),
        "a new word lets nobody in: {got:?}"
    );
    let hub = Hub::open(|_, _| refused(404, "ann is not a user")).await;
    assert_eq!(hub.forge().permission(&"ann".parse().expect("a login")).await, Ok(Permission::None));
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let hub = Hub::open(|_, seen| {
        let same = seen.header("if-none-match") == "\"v1\"";
        Reply(if same { 304 } else { 200 }, vec![("etag", "\"v1\"".into())], if same { String::new() } else { pull(3) })
    })
    .await;
    let forge = hub.forge();
    let first = forge.pull(PrNumber::new(3)).await.expect("an answer");
    assert!(first.is_some());
    assert_eq!(forge.pull(PrNumber::new(3)).await, Ok(first));
    assert_eq!(hub.world(|w| w.seen.last().map(|s| s.header("if-none-match").to_owned())), Some("\"v1\"".into()));
}

#[tokio::test]
async fn a_rate_limit_stops_one_installation_and_no_other() {
    let hub = Hub::open(|_, seen| match seen.path.as_str() {
        "/repos/o/r/pulls/1" => Reply(403, vec![("retry-after", "7200".into())], "{}".into()),
        "/repos/o/r/pulls/2" => Reply(403, vec![], r#"{"message":"You have exceeded a secondary rate limit"}"#.into()),
        _ => json(pull(3)),
    })
    .await;
    let other = hub.app.forge(InstallationId::new(10), RepoId::new(7), "o/r".parse().expect("a name"));
    let wait = |got| match got {
        Err(Trouble::Busy { retry_after_ms: Some(ms), .. }) => ms,
        got => panic!("no limit: {got:?}"),
    };
    assert_eq!(wait(other.pull(PrNumber::new(2)).await), 60_000);
    let forge = hub.forge();
    assert_eq!(wait(forge.pull(PrNumber::new(1)).await), 7_200_000);
    let asked = hub.asked();
    assert!(wait(forge.pull(PrNumber::new(3)).await) > 7_000_000);
    assert!(matches!(forge.comment(PrNumber::new(3), "x").await, Err(Trouble::Busy { .. })));
    assert_eq!(hub.asked(), asked, "nothing is asked while the gate is shut");
}

#[tokio::test]
async fn checks_are_runs_and_statuses() {
    let hub = Hub::open(|_, seen| {
        if seen.is("GET", &format!("/repos/o/r/commits/{SHA}/check-runs?filter=latest&per_page=100")) {
            let run = |id: u64| {
                format!(r#"{{"id":{id},"name":"ci","head_sha":"{SHA}","status":"completed","conclusion":"success","app":{{"id":5}}}}"#)
            };
            return json(format!(r#"{{"total_count":2,"check_runs":[{},{}]}}"#, run(1), run(2)));
        }
        let status = r#"{"id":9,"context":"lint","state":"pending","target_url":null}"#;
        json(format!(r#"{{"state":"failure","sha":"{SHA}","total_count":1,"statuses":[{status}]}}"#))
    })
    .await;
    let got = hub.forge().checks(sha()).await.expect("checks");
    let seen: Vec<_> = got.iter().map(|c| (c.id, c.app.map(AppId::get), c.state)).collect();
    let (passed, runs) = (CheckState::Success, CheckState::InProgress);
    assert_eq!(seen, [(1, Some(5), passed), (2, Some(5), passed), (9, None, runs)]);
}

#[tokio::test]
async fn a_branch_without_rules_requires_nothing_and_its_slash_is_encoded() {
    let hub = Hub::open(|_, seen| match seen.path.as_str() {
        "/repos/o/r/rules/branches/rel%2F1?per_page=100" => json(
            r#"[{"type":"required_status_checks","parameters":{"required_status_checks":[{"context":"ci","integration_id":5}]}}]"#,
        ),
        path if path.contains("rel%2F1") => refused(403, "Resource not accessible by integration"),
        _ => refused(404, "Branch not protected"),
    })
    .await;
    let forge = hub.forge();
    assert_eq!(forge.demands(&"main".parse().expect("a branch")).await, Ok(Demands::default()));
    let got = forge.demands(&"rel/1".parse().expect("a branch")).await.expect("rules").checks;
    assert_eq!(got.iter().map(|r| (r.name.as_str(), r.app.map(AppId::get))).collect::<Vec<_>>(), [("ci", Some(5))]);
}

#[tokio::test]
async fn our_comment_is_the_newest_with_the_marker_by_our_bot() {
    let hub = Hub::open(|_, seen| {
        if seen.is("GET", "/app") {
            return json(r#"{"id":1,"slug":"greenline"}"#);
        }
        let comment = |id: u64, login: &str, kind: &str| {
            format!(
                r#"{{"id":{id},"user":{{"id":2,"login":"{login}","type":"{kind}"}},"body":"<!-- m -->","created_at":"2026-01-01T00:00:00Z"}}"#
            )
        };
        let (ours, older) = (comment(5, "greenline[bot]", "Bot"), comment(4, "greenline[bot]", "Bot"));
        json(format!("[{older},{ours},{},{}]", comment(6, "ann", "User"), comment(7, "other[bot]", "Bot")))
    })
    .await;
    let forge = hub.forge();
    assert_eq!(forge.own_comment(PrNumber::new(3), "<!-- m -->").await, Ok(Some(CommentId::new(5))));
    assert_eq!(forge.own_comment(PrNumber::new(3), "<!-- n -->").await, Ok(None));
    let all = forge.comments(PrNumber::new(3), Moment::from_ms(1_767_225_600_700)).await.expect("comments");
    assert_eq!(all.iter().map(|c| c.id.get()).collect::<Vec<_>>(), [4, 5, 6, 7], "within the second they were made in");
    assert_eq!(forge.comments(PrNumber::new(3), Moment::from_ms(1_767_225_601_000)).await, Ok(vec![]));
}

#[tokio::test]
async fn what_is_so_already_is_done() {
    let runs = r#"{"workflow_runs":[{"id":1,"head_sha":"SHA","status":"queued"},{"id":2,"head_sha":"SHA","status":"completed"}]}"#;
    let hub = Hub::open(move |_, seen| match (seen.method.as_str(), seen.path.as_str()) {
        ("DELETE", "/repos/o/r/issues/3/labels/ready%20to%20merge") => refused(404, "Label does not exist"),
        ("PATCH", "/repos/o/r/pulls/3") => json(pull(3)),
        ("PATCH", "/repos/o/r/issues/comments/5") => refused(404, "Not Found"),
        ("POST", "/repos/o/r/issues/comments/5/reactions") => json("{}"),
        ("POST", "/repos/o/r/actions/runs/1/cancel") => refused(409, "Cannot cancel a workflow run that is completed."),
        ("GET", path) if path.starts_with("/repos/o/r/actions/runs?") => json(runs.replace("SHA", SHA)),
        _ => refused(500, "unexpected"),
    })
    .await;
    let forge = hub.forge();
    assert_eq!(forge.remove_label(PrNumber::new(3), "ready to merge").await, Ok(Outcome::Done(())));
    assert_eq!(forge.close(PrNumber::new(3)).await, Ok(Outcome::Done(())));
    assert_eq!(forge.acknowledge(CommentId::new(5)).await, Ok(Outcome::Done(())));
    assert!(matches!(forge.edit_comment(CommentId::new(5), "x").await, Ok(Outcome::Rejected(_))));
    assert_eq!(forge.cancel_runs(sha()).await, Ok(Outcome::Done(())));
    let hub = Hub::open(|_, _| refused(403, "Resource not accessible by integration")).await;
    assert_eq!(hub.forge().cancel_runs(sha()).await, Ok(Outcome::Done(())));
    let got = hub.forge().comment(PrNumber::new(3), "x").await;
    assert!(matches!(got, Err(Trouble::Denied(why)) if why.contains("Issues: write")));
}

#[tokio::test]
async fn the_app_knows_itself_its_installations_and_what_never_arrived() {
    let attempt = |id: u64, guid: &str, code: u16, minute: u32| {
        format!(
            r#"{{"id":{id},"guid":"{guid}","delivered_at":"2026-01-01T00:{minute:02}:00Z","status":"x","status_code":{code},"event":"push"}}"#
        )
    };
    let newest = format!("[{},{},{}]", attempt(9, "a", 200, 9), attempt(8, "b", 502, 8), attempt(7, "b", 0, 7));
    let older = format!("[{},{},{}]", attempt(6, "a", 500, 6), attempt(5, "c", 500, 5), attempt(1, "d", 500, 1));
    let hub = Hub::open(move |world, seen| match seen.path.as_str() {
        "/app" => json(r#"{"id":1,"slug":"greenline"}"#),
        "/app/installations?per_page=100" => json(
            r#"[{"id":9,"account":{"login":"o"},"suspended_at":null},{"id":10,"account":null,"suspended_at":"2026-01-01T00:00:00Z"}]"#,
        ),
        "/installation/repositories?per_page=100" => json(
            r#"{"total_count":1,"repositories":[{"id":7,"full_name":"o/r","default_branch":"main","archived":true}]}"#,
        ),
        "/app/hook/deliveries?per_page=100" => {
            let next = format!(r#"<{}/app/hook/deliveries?per_page=100&cursor=v1>; rel="next""#, world.base);
            Reply(200, vec![("link", next)], newest.clone())
        }
        "/app/hook/deliveries?per_page=100&cursor=v1" => json(older.clone()),
        "/app/hook/deliveries/8/attempts" => Reply(202, vec![], String::new()),
        _ => refused(404, "Not Found"),
    })
    .await;
    assert_eq!(hub.app.slug().await.expect("a slug").as_str(), "greenline");
    let installations = hub.app.installations().await.expect("installations");
    assert_eq!(installations.iter().map(|i| (i.id.get(), i.account.as_str())).collect::<Vec<_>>(), [(9, "o")]);
    let repositories = hub.app.repositories(InstallationId::new(9)).await.expect("repositories");
    assert!(repositories.len() == 1 && repositories[0].archived);
    let failed = hub.app.failed_deliveries(Moment::from_ms(1_767_225_600_000 + 2 * 60_000)).await.expect("deliveries");
    assert_eq!(failed.iter().map(|f| (f.id, f.guid.as_str())).collect::<Vec<_>>(), [(5, "c"), (8, "b")]);
    assert_eq!(hub.app.redeliver(8).await, Ok(Outcome::Done(())));
}
