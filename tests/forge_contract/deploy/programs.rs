//! Programs: begun once, outliving the service, stopped with all they began, and lost only when nobody can know.

use super::{Ground, end, text, until};
use greenline::adapter::deploy::Allowed;
use greenline::delivery::policy::{Driver, Probe};
use greenline::port::Deploy;
use greenline::port::deploy::{Look, Order, Progress, SampleVerdict, Started, Stopped};
use rustix::process::{Pid, Signal, kill_process};
use std::path::PathBuf;

fn allowed() -> Allowed {
    let keeper = (PathBuf::from(env!("CARGO_BIN_EXE_greenline")), vec!["keep-program".to_owned()]);
    Allowed { programs: Some(keeper), ..Allowed::default() }
}

fn runs(argv: &[&str]) -> Driver {
    Driver::Command { argv: argv.iter().map(|part| (*part).to_owned()).collect() }
}

fn ended_with(progress: &Progress) -> (bool, bool, bool) {
    match progress {
        Progress::Succeeded { .. } => (true, false, false),
        Progress::Failed { passing, unchanged, .. } => (false, *passing, *unchanged),
        Progress::Running { .. } | Progress::NotBegun | Progress::Lost(_) => panic!("it did not end: {progress:?}"),
    }
}

const DEPLOY: &str = "#!/bin/sh\nset -u\ncat VERSION >> \"$1\"\nenv > \"$1.env\"\necho deployed\n";

#[tokio::test]
async fn it_is_begun_once_under_a_key_in_the_candidates_files() {
    let ground = Ground::with(&[("deploy.sh", DEPLOY), ("VERSION", "seven\n")]).await;
    let out = ground.dir.path().join("out");
    let order = ground.order(runs(&["./deploy.sh", &text(out.clone())]), 1);
    let drivers = ground.drivers(allowed());
    assert_eq!(drivers.progress(&order, None).await, Ok(Progress::NotBegun));
    let began = drivers.start(&order).await.expect("it can");
    assert!(matches!(began, Started::Running(_)), "{began:?}");
    assert_eq!(drivers.start(&order).await, Ok(began.clone()));
    let anew = ground.drivers(allowed());
    assert!(matches!(end(&anew, &order).await, Progress::Succeeded { at: Some(_) }));
    assert_eq!(anew.start(&order).await, Ok(began));
    assert_eq!(std::fs::read_to_string(&out).expect("it ran"), "seven\n");
    assert_eq!(anew.log(&order.key).as_deref(), Some("deployed\n"));

    let env = std::fs::read_to_string(out.with_extension("env")).expect("it ran");
    for line in [
        "GREENLINE_STAGE=staging",
        "GREENLINE_TAG=candidate/000123",
        "GREENLINE_VERSION=",
        "GREENLINE_REASON=it's \"green\"; $(touch oops) ",
    ] {
        assert!(env.lines().any(|has| has == line), "{line} in {env}");
    }
    assert!(env.contains(&format!("GREENLINE_COMMIT={}\n", ground.commit)));
    assert!(!env.contains("CARGO"), "nothing of our own environment: {env}");
    let room = ground.dir.path().join("deployments").join(&order.key);
    let left: Vec<_> = std::fs::read_dir(room).expect("it is kept").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left.len(), 3, "the checkout and the task are gone: {left:?}");
}

#[tokio::test]
async fn its_code_says_what_it_left_behind() {
    let ground = Ground::with(&[("exit.sh", "#!/bin/sh\necho so it is >&2\nexit \"$1\"\n")]).await;
    let drivers = ground.drivers(allowed());
    for (number, code, want) in [
        (1, "0", (true, false, false)),
        (2, "75", (false, true, false)),
        (3, "10", (false, false, true)),
        (4, "3", (false, false, false)),
    ] {
        let order = ground.order(runs(&["./exit.sh", code]), number);
        drivers.start(&order).await.expect("it can");
        let ended = end(&drivers, &order).await;
        assert_eq!(ended_with(&ended), want, "{code}");
        if let Progress::Failed { why, .. } = ended {
            assert!(why.contains(&format!("code {code}")) && why.contains("so it is"), "{why}");
        }
    }
    let order = ground.order(runs(&["./nothing.sh"]), 5);
    drivers.start(&order).await.expect("it can");
    assert_eq!(ended_with(&end(&drivers, &order).await), (false, false, true), "it never ran");
}

const WAITS: &str = "#!/bin/sh\necho up > \"$1\"\nwhile ! test -e \"$1.go\"; do sleep 0.02; done\necho done\n";

/// A program that runs until it may end, and the file that says it is up.
async fn waits(ground: &Ground, number: u8) -> (Order, PathBuf) {
    let up = ground.dir.path().join(format!("up{number}"));
    let order = ground.order(runs(&["./waits.sh", &text(up.clone())]), number);
    let began = ground.drivers(allowed()).start(&order).await;
    assert!(matches!(began, Ok(Started::Running(_))), "{began:?}");
    until(|| async { up.exists().then_some(()) }).await;
    (order, up)
}

#[tokio::test]
async fn it_outlives_the_service_that_began_it() {
    let ground = Ground::with(&[("waits.sh", WAITS)]).await;
    let (order, up) = waits(&ground, 1).await;
    let anew = ground.drivers(allowed());
    assert!(matches!(anew.progress(&order, None).await, Ok(Progress::Running { .. })));
    std::fs::write(up.with_extension("go"), "").expect("writable");
    assert!(matches!(end(&anew, &order).await, Progress::Succeeded { .. }));
}

#[tokio::test]
async fn it_is_stopped_with_all_that_it_began() {
    // It does not listen when it is asked, and it waits for another.
    let stubborn = "#!/bin/sh\n(exec 9> \"$1.alive\"; sleep 600) &\necho up > \"$1\"\nwait\n";
    let ground = Ground::with(&[("waits.sh", stubborn)]).await;
    let fifo = ground.dir.path().join("up1.alive");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().expect("coreutils");
    assert!(made.success());
    // The pipe closes when whoever holds it is dead; until then this read would wait.
    let closed = tokio::task::spawn_blocking(move || std::fs::read(fifo));
    let (order, _) = waits(&ground, 1).await;
    let anew = ground.drivers(allowed());
    assert_eq!(anew.stop(&order, None).await, Ok(Stopped::Yes));
    let ended = end(&anew, &order).await;
    assert!(matches!(&ended, Progress::Failed { why, unchanged: false, .. } if why.contains("stopped")), "{ended:?}");
    tokio::time::timeout(super::PATIENCE, closed).await.expect("the child is dead").expect("joined").expect("read");

    let never = ground.order(runs(&["./waits.sh", "nowhere"]), 2);
    assert_eq!(anew.stop(&never, None).await, Ok(Stopped::Yes));
    anew.start(&never).await.expect("it can");
    assert_eq!(ended_with(&end(&anew, &never).await), (false, false, true), "it was stopped before it began");
}

#[tokio::test]
async fn it_is_lost_when_nobody_can_know() {
    let ground = Ground::with(&[("waits.sh", WAITS)]).await;
    let begun = |order: &Order| ground.dir.path().join("deployments").join(&order.key).join("begun");
    let drivers = ground.drivers(allowed());

    let (killed, up) = waits(&ground, 1).await;
    let life: serde_json::Value =
        serde_json::from_slice(&std::fs::read(begun(&killed)).expect("it has begun")).expect("JSON");
    let keeper = life["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    kill_process(keeper.expect("a number"), Signal::KILL).expect("it is alive");
    let ended = end(&drivers, &killed).await;
    assert!(matches!(&ended, Progress::Lost(why) if why.contains("killed")), "{ended:?}");
    std::fs::write(up.with_extension("go"), "").expect("writable");

    let (rebooted, up) = waits(&ground, 2).await;
    let mut life: serde_json::Value =
        serde_json::from_slice(&std::fs::read(begun(&rebooted)).expect("it has begun")).expect("JSON");
    life["boot"] = "of yesterday".into();
    std::fs::write(begun(&rebooted), life.to_string()).expect("writable");
    let ended = end(&drivers, &rebooted).await;
    assert!(matches!(&ended, Progress::Lost(why) if why.contains("started anew")), "{ended:?}");
    assert!(matches!(drivers.stop(&rebooted, None).await, Ok(Stopped::No(_))));
    assert!(matches!(drivers.start(&rebooted).await, Ok(Started::Running(_))), "it is not begun a second time");
    std::fs::write(up.with_extension("go"), "").expect("writable");
    // Whoever keeps it does not know of the prank, and says how it ended.
    let told = || async { (drivers.progress(&rebooted, None).await != Ok(ended.clone())).then_some(()) };
    until(told).await;
}

#[tokio::test]
async fn nothing_runs_unless_the_service_lets_it() {
    let ground = Ground::with(&[("deploy.sh", DEPLOY)]).await;
    let drivers = ground.drivers(Allowed::default());
    let order = ground.order(runs(&["./deploy.sh", "x"]), 1);
    let refused = drivers.start(&order).await;
    assert!(matches!(&refused, Ok(Started::Refused(why)) if why.contains("bot.toml")), "{refused:?}");
    let odd = Order { key: "../oops".into(), ..order };
    assert!(ground.drivers(allowed()).start(&odd).await.is_err(), "a key is no path");
}

#[tokio::test]
async fn a_program_looks_at_a_stage_once() {
    let probe = "#!/bin/sh\necho \"$GREENLINE_STAGE says $1\"\ncase $1 in long) sleep 600;; esac\nexit \"$1\"\n";
    let ground = Ground::with(&[("probe.sh", probe)]).await;
    let drivers = ground.drivers(allowed());
    let look = |argument: &str, timeout_ms| Look {
        probe: Probe::Command { argv: vec!["./probe.sh".into(), argument.into()] },
        order: ground.order(Driver::Manual, 1),
        timeout_ms,
    };
    for (code, want) in [("0", SampleVerdict::Good), ("75", SampleVerdict::Unread), ("1", SampleVerdict::Bad)] {
        let sample = drivers.look(&look(code, 60_000)).await.expect("it can");
        assert_eq!(sample.verdict, want, "{code}");
        assert!(sample.note.contains(&format!("staging says {code}")), "{}", sample.note);
    }
    let sample = drivers.look(&look("long", 200)).await.expect("it can");
    assert_eq!(sample.verdict, SampleVerdict::Unread, "{}", sample.note);
    let barred = ground.drivers(Allowed::default()).look(&look("0", 60_000)).await.expect("it can");
    assert_eq!(barred.verdict, SampleVerdict::Unread);
}
