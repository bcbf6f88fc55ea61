//! Webhooks and probes of addresses, against a server of our own: what is signed, what is followed, and what is not asked at all.

use super::Ground;
use super::listener::Listener;
use greenline::adapter::deploy::Allowed;
use greenline::delivery::policy::{Bound, Driver, Probe};
use greenline::port::deploy::{Handle, Look, Progress, SampleVerdict, Started};
use greenline::port::{Deploy, Trouble};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::SecretString;
use sha2::Sha256;

const SECRET: &str = "a secret of both";

fn allowed(listener: &Listener) -> Allowed {
    let webhooks = vec![(format!("{}/deploy", listener.base), SecretString::from(SECRET))];
    Allowed { private_addresses: true, webhooks, ..Allowed::default() }
}

fn tells(listener: &Listener) -> Driver {
    Driver::Webhook { url: format!("{}/deploy", listener.base) }
}

#[tokio::test]
async fn an_order_is_signed_told_once_and_followed() {
    let (ground, listener) = (Ground::with(&[]).await, Listener::open().await);
    let drivers = ground.drivers(allowed(&listener));
    let order = ground.order(tells(&listener), 1);
    listener.with(|kept| kept.to_orders = (202, vec![("location", "/runs/7".into())], "{}".into()));
    let began = drivers.start(&order).await.expect("it answers");
    let Started::Running(handle) = &began else { panic!("{began:?}") };
    assert_eq!(ground.drivers(allowed(&listener)).start(&order).await, Ok(began.clone()));
    listener.with(|kept| {
        assert_eq!(kept.orders.len(), 1, "one key, one deployment");
        let (headers, body) = &kept.orders[&order.key];
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
        mac.update(body.as_bytes());
        let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
        assert_eq!(headers["x-greenline-signature-256"], signature.as_str());
        let told: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!((&told["stage"], &told["candidate"]), (&"staging".into(), &"candidate/000123".into()));
        assert_eq!(told["from"]["candidate"], "candidate/000122");
    });

    let anew = ground.drivers(allowed(&listener));
    listener.page("/runs/7", 200, r#"{"state":"running","description":"half of it","log_url":"https://l"}"#);
    let want = Progress::Running { note: Some("half of it".into()), log: Some("https://l".into()) };
    assert_eq!(anew.progress(&order, Some(handle)).await, Ok(want));
    listener.page("/runs/7", 500, "");
    assert!(matches!(anew.progress(&order, Some(handle)).await, Err(Trouble::Busy { .. })));
    listener.page("/runs/7", 200, r#"{"state":"failure","description":"no room","passing":true}"#);
    let want = Progress::Failed { why: "no room".into(), passing: true, unchanged: false };
    assert_eq!(anew.progress(&order, Some(handle)).await, Ok(want));
    listener.page("/runs/7", 200, r#"{"state":"success","at":"2026-01-01T00:00:00Z"}"#);
    assert!(matches!(anew.progress(&order, Some(handle)).await, Ok(Progress::Succeeded { at: Some(_) })));
    listener.page("/runs/7", 404, "");
    assert!(matches!(anew.progress(&order, Some(handle)).await, Ok(Progress::Lost(_))));
    assert_eq!(anew.progress(&order, None).await, Ok(Progress::NotBegun), "under the same key it may be told again");
}

#[tokio::test]
async fn every_answer_to_an_order_has_one_meaning() {
    let (ground, listener) = (Ground::with(&[]).await, Listener::open().await);
    let drivers = ground.drivers(allowed(&listener));
    let order = ground.order(tells(&listener), 1);
    let told = async |status, headers, body: &str| {
        listener.with(|kept| kept.to_orders = (status, headers, body.to_owned()));
        drivers.start(&order).await.expect("it answers")
    };
    assert_eq!(told(200, vec![], r#"{"state":"success"}"#).await, Started::Done);
    assert_eq!(told(202, vec![], "").await, Started::Running(Handle(String::new())));
    assert!(
        matches!(told(422, vec![], r#"{"description":"not on fridays"}"#).await, Started::Refused(why) if why.contains("fridays"))
    );
    assert!(matches!(told(503, vec![], "").await, Started::Unknown(_)));
    assert!(matches!(told(429, vec![], "").await, Started::Unknown(_)));
    let elsewhere = vec![("location", "http://127.0.0.1:1/".to_owned())];
    assert!(matches!(told(302, elsewhere.clone(), "").await, Started::Refused(why) if why.contains("not followed")));
    assert_eq!(told(202, elsewhere, "").await, Started::Running(Handle(String::new())), "another host is not asked");
    let Started::Running(failed) = told(200, vec![], r#"{"state":"failure","description":"broke"}"#).await else {
        panic!("it began")
    };
    let want = Progress::Failed { why: "broke".into(), passing: false, unchanged: false };
    assert_eq!(drivers.progress(&order, Some(&failed)).await, Ok(want));
    let waits = drivers.progress(&order, Some(&Handle(String::new()))).await;
    assert!(matches!(waits, Ok(Progress::Running { note: Some(_), .. })), "{waits:?}");
}

#[tokio::test]
async fn nobody_is_told_whom_the_service_does_not_know() {
    let (ground, listener) = (Ground::with(&[]).await, Listener::open().await);
    let barred = |started: Result<Started, Trouble>| match started {
        Ok(Started::Refused(why)) => why,
        other => panic!("{other:?}"),
    };
    let order = ground.order(tells(&listener), 1);
    let why = barred(ground.drivers(Allowed::default()).start(&order).await);
    assert!(why.contains("no secret") && why.contains("bot.toml"), "{why}");
    let private = Allowed { private_addresses: false, ..allowed(&listener) };
    let why = barred(ground.drivers(private.clone()).start(&order).await);
    assert!(why.contains("private"), "{why}");
    // By name it leads to this machine, too.
    let named = listener.base.replace("127.0.0.1", "localhost");
    let by_name = Allowed { webhooks: vec![(named.clone(), SecretString::from(SECRET))], ..private };
    let why = barred(ground.drivers(by_name).start(&ground.order(Driver::Webhook { url: named }, 2)).await);
    assert!(why.contains("private"), "{why}");
    assert!(listener.with(|kept| kept.orders.is_empty()), "nothing was sent");
    let closed = Allowed {
        private_addresses: true,
        webhooks: vec![("http://127.0.0.1:1".into(), SecretString::from(SECRET))],
        ..Allowed::default()
    };
    let order = ground.order(Driver::Webhook { url: "http://127.0.0.1:1/x".into() }, 3);
    assert!(matches!(ground.drivers(closed).start(&order).await, Err(Trouble::Busy { .. })), "nothing was sent");
}

#[tokio::test]
async fn an_address_is_good_bad_or_unread() {
    let (ground, listener) = (Ground::with(&[]).await, Listener::open().await);
    let drivers = ground.drivers(allowed(&listener));
    let mut order = ground.order(Driver::Manual, 1);
    order.url = Some(format!("{}/", listener.base));
    let look = |url: &str, contains: Option<&str>| Look {
        probe: Probe::Http {
            url: url.into(),
            expect: 200,
            contains: contains.map(str::to_owned),
            tries: 1,
            every_ms: 1,
        },
        order: order.clone(),
        timeout_ms: 1_000,
    };
    listener.page("/healthz", 200, "all is well");
    listener.page("/broken", 500, "");
    let verdict = async |look| drivers.look(&look).await.expect("it can").verdict;
    assert_eq!(verdict(look("/healthz", None)).await, SampleVerdict::Good);
    assert_eq!(verdict(look("/healthz", Some("well"))).await, SampleVerdict::Good);
    assert_eq!(verdict(look("/healthz", Some("ill"))).await, SampleVerdict::Bad);
    assert_eq!(verdict(look("/broken", None)).await, SampleVerdict::Bad);
    assert_eq!(verdict(look("http://127.0.0.1:1/", None)).await, SampleVerdict::Bad, "nobody answers");
    let barred = ground.drivers(Allowed::default()).look(&look("/healthz", None)).await.expect("it can");
    assert_eq!(barred.verdict, SampleVerdict::Unread, "{}", barred.note);
    let mut nowhere = look("/healthz", None);
    nowhere.order.url = None;
    assert_eq!(verdict(nowhere).await, SampleVerdict::Unread);
}

#[tokio::test]
async fn a_number_is_good_bad_missing_or_unread() {
    let (ground, listener) = (Ground::with(&[]).await, Listener::open().await);
    let drivers = ground.drivers(allowed(&listener));
    let verdict = async |status, body: &str| {
        let url = listener.page("/query", status, body);
        let probe = Probe::Metric {
            url,
            path: "data.result.0.value.1".into(),
            fail_if: Bound::Above(20_000),
            count: 1,
            every_ms: 1,
            fail_limit: 0,
        };
        let look = Look { probe, order: ground.order(Driver::Manual, 1), timeout_ms: 1_000 };
        drivers.look(&look).await.expect("it can").verdict
    };
    let value = |value: &str| format!(r#"{{"data":{{"result":[{{"value":[1700000000.7,{value}]}}]}}}}"#);
    assert_eq!(verdict(200, &value("\"0.02\"")).await, SampleVerdict::Good);
    assert_eq!(verdict(200, &value("\"0.0200000001\"")).await, SampleVerdict::Bad);
    assert_eq!(verdict(200, &value("\"NaN\"")).await, SampleVerdict::Nothing);
    assert_eq!(verdict(200, r#"{"data":{"result":[]}}"#).await, SampleVerdict::Nothing);
    assert_eq!(verdict(200, "<html>").await, SampleVerdict::Unread);
    assert_eq!(verdict(503, &value("1")).await, SampleVerdict::Unread);
}

#[tokio::test]
async fn what_an_address_says_it_runs_is_read() {
    let (ground, listener) = (Ground::with(&[]).await, Listener::open().await);
    let drivers = ground.drivers(allowed(&listener));
    let commit = ground.commit;
    let body = listener.page("/version", 200, &format!("{{\"commit\":\"{commit}\"}}"));
    assert_eq!(drivers.observe(&body).await, Ok(Some(commit)));
    listener.with(|kept| kept.pages.insert("/h".into(), (200, vec![("x-commit", commit.to_string())], "hello".into())));
    assert_eq!(drivers.observe(&format!("{}/h", listener.base)).await, Ok(Some(commit)));
    let silent = listener.page("/silent", 200, "hello");
    assert_eq!(drivers.observe(&silent).await, Ok(None));
    assert!(matches!(ground.drivers(Allowed::default()).observe(&body).await, Err(Trouble::Denied(_))));
}
