//! What GitHub says about owners, teams and conversations, and how easily that is misread: 404 for two things, 200 for a refusal,
//! a list that ends without saying so.

use crate::hub::{Hub, Reply, json, refused};
use greenline::facts::{Membership, Pusher, Unresolved};
use greenline::ids::PrNumber;
use greenline::port::{Forge, Trouble};

async fn membership(status: u16, body: &'static str, team: u16) -> Result<Membership, Trouble> {
    let hub = Hub::open(move |_, seen| match seen.path.as_str() {
        "/orgs/acme/teams/core/memberships/ann" => Reply(status, vec![], body.into()),
        "/orgs/acme/teams/core/members?per_page=1" if team == 200 => json("[]"),
        _ => refused(404, "Not Found"),
    })
    .await;
    hub.forge().membership(&"acme/core".parse().expect("a team"), &"ann".parse().expect("a login")).await
}

#[tokio::test]
async fn not_in_a_team_is_told_apart_from_a_team_that_is_hidden() {
    let missing = r#"{"message":"Not Found"}"#;
    let hidden = r#"{"message":"Resource not accessible by integration"}"#;
    for (status, body, team, expected) in [
        (200, r#"{"state":"active","role":"member"}"#, 404, Membership::Member),
        (200, r#"{"state":"pending","role":"maintainer"}"#, 404, Membership::Outsider),
        (404, missing, 200, Membership::Outsider),
        (404, missing, 404, Membership::Unreadable),
        (403, hidden, 200, Membership::Unreadable),
    ] {
        assert_eq!(membership(status, body, team).await, Ok(expected), "{status} {body} {team}");
    }
    assert!(matches!(membership(502, "<html>", 200).await, Err(Trouble::Busy { .. })));
    assert!(matches!(membership(200, "[]", 200).await, Err(Trouble::Bug(_))));
}

#[tokio::test]
async fn changed_paths_are_old_and_new_names_and_a_full_list_is_not_the_whole() {
    let hub = Hub::open(|_, seen| {
        let file = |n: usize| format!(r#"{{"filename":"f{n}","status":"added"}}"#);
        match seen.path.as_str() {
            "/repos/o/r/pulls/1/files?per_page=100" => json(
                r#"[{"filename":"new","previous_filename":"old","status":"renamed"},{"filename":"gone","status":"removed"}]"#,
            ),
            _ => json(format!("[{}]", (0..3_000).map(file).collect::<Vec<_>>().join(","))),
        }
    })
    .await;
    let changed = hub.forge().changed(PrNumber::new(1)).await.expect("a list");
    assert!(changed.whole);
    assert_eq!(changed.paths.iter().map(String::as_str).collect::<Vec<_>>(), ["gone", "new", "old"]);
    let changed = hub.forge().changed(PrNumber::new(2)).await.expect("a list");
    assert_eq!((changed.whole, changed.paths.len()), (false, 3_000));
}

#[tokio::test]
async fn a_spent_limit_of_questions_stops_questions_until_it_is_renewed_and_nothing_else() {
    let spent = r#"{"data":null,"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}"#;
    for (headers, expected) in [
        (vec![("retry-after", "1200")], 1_200_000),
        (vec![("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "99999999999")], 3_600_000),
        (vec![], 60_000),
    ] {
        let hub = Hub::open(move |_, seen| match seen.method.as_str() {
            "POST" => Reply(200, headers.iter().map(|(k, v)| (*k, (*v).to_owned())).collect(), spent.to_owned()),
            _ => json("[]"),
        })
        .await;
        let forge = hub.forge();
        for nth in 0..2 {
            let got = forge.unresolved(PrNumber::new(1)).await;
            let Err(Trouble::Busy { retry_after_ms: Some(ms), .. }) = got else { panic!("no limit: {got:?}") };
            assert!((expected - 30_000..=expected).contains(&ms), "{nth}: {ms} of {expected}");
        }
        assert_eq!(hub.asked().len(), 1, "who is told to wait asks no more");
        assert_eq!(
            forge.changed(PrNumber::new(1)).await.map(|changed| changed.whole),
            Ok(true),
            "what is no question goes on"
        );
    }
}

fn page(nodes: &str, next: bool) -> Reply {
    json(format!(
        r#"{{"data":{{"repository":{{"databaseId":7,"pullRequest":{{"reviewThreads":{{
        "pageInfo":{{"hasNextPage":{next},"endCursor":"c1"}},"nodes":[{nodes}]}}}}}}}}}}"#
    ))
}

#[tokio::test]
async fn conversations_are_counted_over_all_pages() {
    let hub = Hub::open(|_, seen| {
        // GraphQL stands beside the REST interface, which is at `/api/v3`.
        assert!(seen.is("POST", "outside the API"), "{seen:?}");
        let open = r#"{"isResolved":false,"comments":{"nodes":[{"url":"http://x/1"}]}}"#;
        if seen.body.contains(r#""after":"c1""#) {
            return page(r#"{"isResolved":false,"comments":{"nodes":[]}},null"#, false);
        }
        page(&format!(r#"{{"isResolved":true}},{open}"#), true)
    })
    .await;
    let expected = Unresolved { count: 2, first: Some("http://x/1".into()) };
    assert_eq!(hub.forge().unresolved(PrNumber::new(1)).await, Ok(expected));
    let endless = Hub::open(|_, _| page("", true)).await;
    assert!(matches!(endless.forge().unresolved(PrNumber::new(1)).await, Err(Trouble::Bug(_))));
}

#[tokio::test]
async fn an_error_in_a_good_answer_is_no_fact() {
    let empty = r#""data":{"repository":null}"#;
    let ask = |body: String| async move {
        let hub = Hub::open(move |_, _| json(body.clone())).await;
        hub.forge().unresolved(PrNumber::new(1)).await
    };
    let typed = |kind: &str| format!(r#"{{{empty},"errors":[{{"type":"{kind}","message":"so it is"}}]}}"#);
    for kind in ["FORBIDDEN", "NOT_FOUND"] {
        let got = ask(typed(kind)).await;
        assert!(matches!(&got, Err(Trouble::Denied(why)) if why.contains("Pull requests: read")), "{got:?}");
    }
    assert!(matches!(ask(typed("undefinedField")).await, Err(Trouble::Bug(_))));
    let fault = format!(r#"{{{empty},"errors":[{{"message":"Something went wrong while executing your query."}}]}}"#);
    assert!(matches!(ask(fault).await, Err(Trouble::Busy { .. })));
    for body in [format!("{{{empty}}}"), "{}".into(), "<html>".into()] {
        assert!(matches!(ask(body.clone()).await, Err(Trouble::Bug(_))), "{body}");
    }
}

#[tokio::test]
async fn who_pushed_a_commit_is_whoever_last_made_the_branch_point_there() {
    let (head, other) = ("a".repeat(40), "b".repeat(40));
    let pull = format!(
        r#"{{"number":3,"state":"open","user":null,"base":{{"ref":"main","sha":"{other}","repo":null}},
        "head":{{"ref":"topic/x","sha":"{head}","repo":{{"id":9,"full_name":"ann/fork"}}}},"updated_at":"2026-01-01T00:00:00Z"}}"#
    );
    let did = |after: &str, login: &str| {
        format!(r#"{{"after":"{after}","actor":{{"id":5,"login":"{login}","type":"User"}}}}"#)
    };
    let record = format!("[{},{},{}]", did(&other, "carl"), did(&head, "ben"), did(&head, "ann"));
    for (status, record, expected) in [
        (200, record, Some("ben")),
        (200, "[]".to_owned(), None),
        (200, format!(r#"[{{"after":"{head}","actor":null}}]"#), None),
        (404, r#"{"message":"Not Found"}"#.to_owned(), None),
        (403, r#"{"message":"Resource not accessible by integration"}"#.to_owned(), None),
    ] {
        let pull = pull.clone();
        let hub = Hub::open(move |_, seen| match seen.path.as_str() {
            "/repos/o/r/pulls/3" => json(pull.clone()),
            "/repos/ann/fork/activity?ref=refs%2Fheads%2Ftopic%2Fx&per_page=100" => {
                Reply(status, vec![], record.clone())
            }
            _ => refused(404, "No such path"),
        })
        .await;
        let found = hub.forge().pusher(PrNumber::new(3), head.parse().expect("a commit")).await.expect("an answer");
        let known = if let Pusher::Known(person) = found { Some(person.login.to_string()) } else { None };
        assert_eq!(known.as_deref(), expected, "{status}");
    }
}

#[tokio::test]
async fn approval_of_the_last_push_is_read_from_rulesets_and_from_branch_protection() {
    for (rules, protection) in [(true, false), (false, true), (false, false)] {
        let hub = Hub::open(move |_, seen| match seen.path.as_str() {
            "/repos/o/r/rules/branches/main?per_page=100" => json(format!(
                r#"[{{"type":"pull_request","parameters":{{"required_approving_review_count":0,"require_last_push_approval":{rules}}}}}]"#
            )),
            "/repos/o/r/branches/main/protection" => {
                json(format!(r#"{{"required_pull_request_reviews":{{"require_last_push_approval":{protection}}}}}"#))
            }
            _ => refused(404, "No such path"),
        })
        .await;
        let demands = hub.forge().demands(&"main".parse().expect("a branch")).await.expect("rules");
        assert_eq!(demands.last_push, rules || protection);
    }
}
