//! How long it takes from the last required check to trunk moved, in the sandbox without delays: real processes, real git over
//! HTTP, a database that is flushed. Beside it the least a landing could cost: one `git push` to the same server.
//!
//! `cargo bench --bench landing`

#[path = "../tests/stories/driver/mod.rs"]
#[expect(dead_code, reason = "a landing needs only some of what the stories can do")]
mod driver;
#[path = "../tests/support/openapi.rs"]
#[expect(dead_code, reason = "the driver judges exchanges when a story ends; nothing is judged here")]
mod openapi;

use driver::Stage;
use git2::Repository;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const ROUNDS: usize = 20;
/// Landed before them and not counted: connections are open and tokens are there.
const WARM_UP: usize = 2;
/// Trunk is looked at this often.
const LOOK: Duration = Duration::from_micros(500);
/// A landing that takes so long does not come.
const PATIENCE: Duration = Duration::from_secs(30);

fn main() {
    let stage = Stage::empty();
    let told = |pointer: &str| stage.fact(pointer).as_str().expect("the introduction has it").to_owned();
    let git = PathBuf::from(told("/dir")).join("git").join(format!("{}.git", stage.full_name()));
    let trunk = Repository::open_bare(git).expect("the repository the sandbox serves");
    let token = told("/tokens/maintainer");
    let (mut landings, mut pushes) = (Vec::new(), Vec::new());
    for round in 0..WARM_UP + ROUNDS {
        let (landing, push) = (land(&stage, &trunk, round), push(&stage, &token, round));
        if round >= WARM_UP {
            landings.push(landing);
            pushes.push(push);
        }
    }
    let (landing, push) = (median(&mut landings), median(&mut pushes));
    println!("{ROUNDS} landings of one pull request each, one after the other");
    println!("from posting the last check to trunk moved   median {:>7.1} ms, max {:>7.1} ms", landing.0, landing.1);
    println!("one `git push` of one commit to that server  median {:>7.1} ms, max {:>7.1} ms", push.0, push.1);
    println!("a landing costs as much as {:.1} pushes", landing.0 / push.0);
}

/// Lands a pull request; from the moment its check is posted, so the look-alike's own work is in it.
fn land(stage: &Stage, trunk: &Repository, round: usize) -> Duration {
    let pull = stage.ready(&format!("round{round}"));
    let tip = stage.tip(&[&pull]);
    let posted = Instant::now();
    stage.conclude(&tip, "success");
    while trunk.refname_to_id("refs/heads/main").expect("trunk is always there").to_string() != tip {
        assert!(posted.elapsed() < PATIENCE, "#{} did not land", pull.number);
        std::thread::sleep(LOOK);
    }
    let took = posted.elapsed();
    // Until everything about it is over, so that the next round does not pay for it.
    stage.merged(&pull);
    took
}

fn push(stage: &Stage, token: &str, round: usize) -> Duration {
    let name = format!("pushed{round}");
    let commit = stage.commit("origin/main", &name, "by hand\n");
    let began = Instant::now();
    stage.push_commit(token, &stage.full_name(), &commit, &name);
    began.elapsed()
}

/// Median and maximum in milliseconds.
fn median(times: &mut [Duration]) -> (f64, f64) {
    times.sort_unstable();
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    (ms(times[times.len() / 2]), ms(times[times.len() - 1]))
}
