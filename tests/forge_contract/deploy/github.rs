//! Deployments by GitHub: a workflow that is dispatched, and a record that somebody listens to. Both are found again by key.

use super::Ground;
use crate::hub::{Hub, Reply, json, refused};
use greenline::adapter::deploy::Allowed;
use greenline::delivery::policy::Driver;
use greenline::port::Deploy;
use greenline::port::deploy::{Handle, Order, Progress, Started, Stopped};
use std::sync::{Arc, Mutex};

/// A run as GitHub shows it: title, status, conclusion.
type Run = (String, &'static str, &'static str);

/// GitHub with a workflow that names its runs by the key, or does not.
async fn with_workflow(named: bool, says_id: bool) -> (Ground, Arc<Mutex<Vec<Run>>>) {
    let runs: Arc<Mutex<Vec<Run>>> = Arc::default();
    let kept = Arc::clone(&runs);
    let shown = |id: usize, (title, status, conclusion): &Run| {
        let ended = if conclusion.is_empty() { "null".into() } else { format!("\"{conclusion}\"") };
        format!(
            r#"{{"id":{id},"path":".github/workflows/deploy.yml@refs/tags/candidate/000123","display_title":"{title}","status":"{status}",
            "conclusion":{ended},"html_url":"https://github.example/runs/{id}","updated_at":"2026-01-01T00:00:00Z"}}"#
        )
    };
    let hub = Hub::open(move |_, seen| {
        let mut runs = kept.lock().expect("not poisoned");
        match (seen.method.as_str(), seen.path.trim_start_matches("/repos/o/r/actions/")) {
            ("POST", "workflows/deploy.yml/dispatches") => {
                let body: serde_json::Value = serde_json::from_str(&seen.body).expect("JSON");
                assert_eq!(body["ref"], "candidate/000123");
                let key = body["inputs"]["key"].as_str().expect("a key");
                runs.push((if named { format!("to staging {key}") } else { "Deploy".into() }, "queued", ""));
                if says_id {
                    json(format!(r#"{{"workflow_run_id":{}}}"#, runs.len()))
                } else {
                    Reply(204, vec![], String::new())
                }
            }
            ("POST", "runs/1/cancel") => {
                runs[0] = (runs[0].0.clone(), "completed", "cancelled");
                Reply(202, vec![], "{}".into())
            }
            ("GET", "runs/1") if !runs.is_empty() => json(shown(1, &runs[0])),
            ("GET", path) if path.starts_with("runs?event=workflow_dispatch&created=%3E%3D") => {
                let all: Vec<_> = runs.iter().enumerate().map(|(at, run)| shown(at + 1, run)).collect();
                json(format!(r#"{{"total_count":{},"workflow_runs":[{}]}}"#, all.len(), all.join(",")))
            }
            _ => refused(404, "Not Found"),
        }
    })
    .await;
    (Ground::on(&[], hub), runs)
}

fn deploys() -> Driver {
    Driver::Actions { workflow: "deploy.yml".into() }
}

/// Begun so long ago that whatever there is can be seen.
fn ago(order: Order) -> Order {
    let begun_at = order.begun_at.plus_ms(-120_000);
    Order { begun_at, ..order }
}

#[tokio::test]
async fn a_workflow_is_dispatched_once_and_found_by_its_title() {
    for says_id in [true, false] {
        let (ground, runs) = with_workflow(true, says_id).await;
        let drivers = ground.drivers(Allowed::default());
        let order = ago(ground.order(deploys(), 1));
        assert_eq!(drivers.progress(&order, None).await, Ok(Progress::NotBegun));
        let Started::Running(handle) = drivers.start(&order).await.expect("it can") else { panic!("it began") };
        assert_eq!(handle.0, if says_id { "1" } else { "" });
        let anew = ground.drivers(Allowed::default());
        assert_eq!(anew.start(&order).await, Ok(Started::Running(Handle("1".into()))), "the same run");
        assert_eq!(runs.lock().expect("not poisoned").len(), 1);
        for known in [Some(&handle), None] {
            assert!(matches!(anew.progress(&order, known).await, Ok(Progress::Running { log: Some(_), .. })));
        }
        runs.lock().expect("not poisoned")[0].1 = "completed";
        for (conclusion, passing) in [("failure", false), ("cancelled", true)] {
            runs.lock().expect("not poisoned")[0].2 = conclusion;
            let ended = anew.progress(&order, Some(&handle)).await.expect("it can be read");
            assert!(matches!(&ended, Progress::Failed { passing: may, .. } if *may == passing), "{ended:?}");
        }
        runs.lock().expect("not poisoned")[0].2 = "success";
        assert!(matches!(anew.progress(&order, Some(&handle)).await, Ok(Progress::Succeeded { at: Some(_) })));
        assert_eq!(anew.stop(&order, None).await, Ok(Stopped::Yes));
    }
}

#[tokio::test]
async fn a_run_that_cannot_be_told_apart_is_lost_and_never_begun_again() {
    let (ground, runs) = with_workflow(false, false).await;
    let drivers = ground.drivers(Allowed::default());
    let order = ground.order(deploys(), 1);
    let Started::Running(handle) = drivers.start(&order).await.expect("it can") else { panic!("it began") };
    assert!(matches!(drivers.progress(&order, Some(&handle)).await, Ok(Progress::Running { .. })), "not shown yet");
    for known in [Some(&handle), None] {
        let lost = drivers.progress(&ago(order.clone()), known).await;
        assert!(matches!(&lost, Ok(Progress::Lost(why)) if why.contains("run-name: ${{ inputs.key }}")), "{lost:?}");
    }
    let another = ago(ground.order(deploys(), 3));
    let title = format!("to production {}", "ff".repeat(32));
    *runs.lock().expect("not poisoned") = vec![(title, "queued", "")];
    assert_eq!(drivers.progress(&another, None).await, Ok(Progress::NotBegun), "that run is of another deployment");
    let missing = ground.order(Driver::Actions { workflow: "missing.yml".into() }, 2);
    let refused = drivers.start(&missing).await;
    assert!(matches!(&refused, Ok(Started::Refused(why)) if why.contains("workflow_dispatch")), "{refused:?}");
}

/// GitHub with records of deployments, and what somebody said of the first.
async fn with_records() -> (Ground, Arc<Mutex<Vec<String>>>) {
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let (heard, records) = (Arc::clone(&said), Mutex::new(Vec::<serde_json::Value>::new()));
    let hub = Hub::open(move |_, seen| {
        let mut records = records.lock().expect("not poisoned");
        match (seen.method.as_str(), seen.path.trim_start_matches("/repos/o/r/")) {
            ("POST", "deployments") => {
                let mut record: serde_json::Value = serde_json::from_str(&seen.body).expect("JSON");
                assert_eq!((&record["auto_merge"], &record["environment"]), (&false.into(), &"staging".into()));
                record["id"] = (records.len() + 1).into();
                records.push(record.clone());
                Reply(201, vec![], record.to_string())
            }
            ("GET", "deployments/1/statuses?per_page=100") if !records.is_empty() => {
                json(format!("[{}]", heard.lock().expect("not poisoned").join(",")))
            }
            ("GET", path) if path.starts_with("deployments?sha=") => {
                json(serde_json::Value::from(records.clone()).to_string())
            }
            _ => refused(404, "Not Found"),
        }
    })
    .await;
    (Ground::on(&[], hub), said)
}

fn status(state: &str, login: &str, app: &str) -> String {
    format!(
        r#"{{"state":"{state}","creator":{{"id":5,"login":"{login}"}},"performed_via_github_app":{app},"description":"","created_at":"2026-01-01T00:00:00Z"}}"#
    )
}

#[tokio::test]
async fn a_record_is_made_once_and_ends_by_the_word_of_whoever_deploys() {
    let (ground, said) = with_records().await;
    let by = |by: &[&str]| Driver::GithubDeployment {
        environment: None,
        by: by.iter().map(|who| who.parse().expect("a login")).collect(),
    };
    let drivers = ground.drivers(Allowed::default());
    let order = ground.order(by(&["argo[bot]"]), 1);
    assert_eq!(drivers.progress(&order, None).await, Ok(Progress::NotBegun));
    let began = drivers.start(&order).await.expect("it can");
    assert_eq!(began, Started::Running(Handle("1".into())));
    let anew = ground.drivers(Allowed::default());
    assert_eq!(anew.start(&order).await, Ok(began));
    assert_eq!(ground.hub.asked().iter().filter(|asked| asked.as_str() == "POST /repos/o/r/deployments").count(), 1);
    let now = |states: &[String]| *said.lock().expect("not poisoned") = states.to_vec();
    now(&[status("success", "greenline[bot]", r#"{"id":1}"#), status("success", "mallory", "null")]);
    assert!(matches!(anew.progress(&order, None).await, Ok(Progress::Running { .. })), "neither is their word");
    now(&[status("success", "argo[bot]", r#"{"id":2}"#), status("in_progress", "argo[bot]", r#"{"id":2}"#)]);
    assert!(matches!(anew.progress(&order, None).await, Ok(Progress::Succeeded { at: Some(_) })));
    now(&[status("failure", "argo[bot]", r#"{"id":2}"#)]);
    let ended = anew.progress(&order, None).await;
    assert!(matches!(&ended, Ok(Progress::Failed { why, .. }) if why.contains("argo[bot]")), "{ended:?}");
    assert!(matches!(anew.stop(&order, None).await, Ok(Stopped::No(_))));
    let manual = ground.order(Driver::Manual, 2);
    assert_eq!(anew.start(&manual).await, Ok(Started::Running(Handle("manual".into()))));
    assert!(matches!(anew.progress(&manual, None).await, Ok(Progress::Running { .. })));
}
