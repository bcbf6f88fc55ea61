//! Deliveries as the service's own adapter sees them on the look-alike: records and their states, releases, workflows that really
//! run. Every exchange is judged by GitHub's description.

use crate::openapi::Referee;
use crate::stand::{PATIENCE, Stand};
use greenline::adapter::deploy::{Allowed, Drivers};
use greenline::adapter::git::{CacheOptions, GitCache, Identity, TimeLimits};
use greenline::adapter::github::{App, GithubForge};
use greenline::config::service::GithubConfig;
use greenline::delivery::policy::Driver;
use greenline::ids::{AppId, InstallationId, Moment, RepoId, Sha};
use greenline::port::deploy::{Order, Progress, Started, Stopped};
use greenline::port::records::{NewRecord, NewRecordStatus, NewRelease, RecordState};
use greenline::port::{Deploy, Outcome, Records};
use greenline::sandbox::Exchange;
use secrecy::SecretString;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

const WORKFLOW: &str = "name: Deploy
run-name: deploy to ${{ inputs.stage }} (${{ inputs.key }})
on:
  workflow_dispatch:
    inputs:
      candidate: { required: true }
      sha: { required: true }
      stage: { required: true }
      key: { required: true }
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: test \"$(git rev-parse HEAD)\" = '${{ inputs.sha }}'
      - run: |
          echo '${{ inputs.stage }}' >> \"$OUT\"
          case '${{ inputs.stage }}' in slow) sleep 600;; broken) exit 1;; esac
";

/// The look-alike with a tagged candidate, and the service's way to it.
struct Site {
    stand: Stand,
    forge: Arc<GithubForge>,
    drivers: Drivers<GithubForge>,
    commit: Sha,
    seen: Arc<Mutex<Vec<Exchange>>>,
}

impl Site {
    async fn open() -> Self {
        let stand = Stand::open().await;
        // A step knows no more than its checkout, which stands elsewhere.
        let workflow = WORKFLOW.replace("$OUT", &stand.dir.path().join("deployed").display().to_string());
        std::fs::create_dir_all(stand.work().join(".github/workflows")).expect("a writable tree");
        let commit = stand.commit("deploys", ".github/workflows/deploy.yml", &workflow);
        stand.git(&["tag", "candidate/000001"]);
        assert!(stand.push(&stand.maintainer(), &["main", "candidate/000001"]).status.success());
        let seen: Arc<Mutex<Vec<Exchange>>> = Arc::default();
        let keep = Arc::clone(&seen);
        stand.forge.set_recorder(move |exchange| keep.lock().expect("not poisoned").push(exchange.clone()));
        let who = stand.forge.identities();
        let app = App::new(&GithubConfig {
            api_url: format!("{}/api/v3", stand.base),
            git_url: stand.base.clone(),
            app_id: AppId::new(who.app.id),
            private_key: SecretString::from(who.private_key_pem),
            webhook_secrets: vec![],
            slug: None,
            sign_in: None,
        });
        let app = app.expect("the settings are right");
        let (repo, name) = (RepoId::new(stand.repo.id), "acme/demo".parse().expect("a name"));
        let forge = Arc::new(app.forge(InstallationId::new(who.installation), repo, name));
        let cache = stand.dir.path().join("cache.git");
        let drivers = Drivers::new(Arc::clone(&forge), git(&stand, &cache), cache.join("none"), Allowed::default());
        Self { stand, forge, drivers, commit: commit.parse().expect("a commit id"), seen }
    }

    fn order(&self, stage: &str, number: u8) -> Order {
        let began = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970");
        Order {
            driver: Driver::Actions { workflow: "deploy.yml".into() },
            key: format!("{number:02x}").repeat(32),
            kind: "forward",
            stage: stage.parse().expect("a stage's name"),
            production: false,
            tag: "candidate/000001".into(),
            commit: self.commit,
            version: None,
            from: None,
            reason: "green".into(),
            url: None,
            begun_at: Moment::from_ms(i64::try_from(began.as_millis()).expect("it is before the year 292 million")),
        }
    }

    async fn until(&self, order: &Order, wanted: impl Fn(&Progress) -> bool) -> Progress {
        let asking = async {
            loop {
                let progress = self.drivers.progress(order, None).await.expect("it can be read");
                if wanted(&progress) {
                    return progress;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, asking).await.expect("it comes to that")
    }

    fn judge(&self) {
        let (referee, seen) = (Referee::new(), self.seen.lock().expect("not poisoned"));
        let faults: Vec<String> = seen.iter().flat_map(|exchange| referee.judge(exchange)).collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

fn git(stand: &Stand, dir: &Path) -> Arc<GitCache> {
    let options = CacheOptions {
        dir: dir.to_owned(),
        git_url: stand.base.clone(),
        repo: "acme/demo".parse().expect("a name"),
        identity: Identity::new("Greenline", "greenline@example.com"),
        token: None,
        limits: TimeLimits::default(),
    };
    Arc::new(GitCache::open(options).expect("a cache"))
}

fn done<T>(outcome: Outcome<T>) -> T {
    match outcome {
        Outcome::Done(done) => done,
        Outcome::Rejected(why) | Outcome::Unknown(why) => panic!("{why}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatched_workflow_runs_on_the_candidate() {
    let site = Site::open().await;
    let (out, runner) = (site.stand.dir.path().join("deployed"), site.stand.runner("true", PATIENCE));
    let good = site.order("staging", 1);
    let began = site.drivers.start(&good).await.expect("it can");
    assert!(matches!(&began, Started::Running(handle) if !handle.0.is_empty()), "{began:?}");
    assert_eq!(site.drivers.start(&good).await, Ok(began), "the same run");
    let ended = |progress: &Progress| !matches!(progress, Progress::Running { .. });
    assert!(matches!(site.until(&good, ended).await, Progress::Succeeded { at: Some(_) }));
    assert_eq!(std::fs::read_to_string(&out).expect("it was deployed"), "staging\n");

    let broken = site.order("broken", 2);
    site.drivers.start(&broken).await.expect("it can");
    assert!(matches!(site.until(&broken, ended).await, Progress::Failed { passing: false, .. }));

    let slow = site.order("slow", 3);
    site.drivers.start(&slow).await.expect("it can");
    site.until(
        &slow,
        |progress| matches!(progress, Progress::Running { note: Some(note), .. } if note.contains("runs")),
    )
    .await;
    assert_eq!(site.drivers.stop(&slow, None).await, Ok(Stopped::Yes));
    assert!(matches!(site.until(&slow, ended).await, Progress::Failed { passing: true, .. }));

    let nowhere = Order { driver: Driver::Actions { workflow: "none.yml".into() }, ..site.order("staging", 4) };
    assert!(matches!(site.drivers.start(&nowhere).await, Ok(Started::Refused(_))));
    runner.stop().await;
    site.judge();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_found_by_its_key_and_shows_its_states() {
    let site = Site::open().await;
    let order = site.order("staging", 1);
    let (forge, new) = (&site.forge, NewRecord::of(&order, "staging"));
    assert_eq!(forge.recorded(site.commit, "staging", &order.key).await, Ok(None));
    let id = done(forge.record(&new).await.expect("it can"));
    assert_eq!(forge.recorded(site.commit, "staging", &order.key).await, Ok(Some(id)));
    assert_eq!(forge.recorded(site.commit, "production", &order.key).await, Ok(None));
    for state in [RecordState::Queued, RecordState::InProgress, RecordState::Success, RecordState::Inactive] {
        let (log_url, environment_url) = (Some("https://log.example/1".into()), Some("https://staging.example".into()));
        let status = NewRecordStatus { state, description: "é".repeat(300), log_url, environment_url };
        done(forge.record_status(id, &status).await.expect("it can"));
    }
    let statuses = forge.record_statuses(id).await.expect("readable").expect("it is there");
    assert_eq!(statuses.iter().map(|status| status.state).next(), Some(RecordState::Inactive));
    assert!(statuses.len() == 4 && statuses.iter().all(|status| status.ours), "{statuses:?}");
    let listens = Order { driver: Driver::GithubDeployment { environment: None, by: vec![] }, ..order };
    let began = site.drivers.start(&listens).await;
    assert!(matches!(&began, Ok(Started::Running(handle)) if handle.0 == id.to_string()), "{began:?}");
    assert!(matches!(site.drivers.progress(&listens, None).await, Ok(Progress::Running { .. })), "ours is no news");
    site.judge();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_drafted_found_and_published() {
    let site = Site::open().await;
    let forge = &site.forge;
    let draft = NewRelease {
        tag: "release/7".into(),
        target: site.commit,
        title: "7".into(),
        notes: "- one".into(),
        draft: true,
        prerelease: false,
    };
    assert_eq!(forge.release("release/7").await, Ok(None));
    let id = done(forge.make_release(&draft).await.expect("it can"));
    let found = forge.release("release/7").await.expect("readable").expect("it is there");
    assert_eq!((found.id, found.draft), (id, true));
    assert_eq!(site.stand.remote("refs/tags/release/7"), "", "a draft makes no tag");
    let published = NewRelease { draft: false, notes: "- one\n- two".into(), ..draft };
    done(forge.change_release(id, &published).await.expect("it can"));
    let found = forge.release("release/7").await.expect("readable").expect("it is there");
    assert_eq!((found.id, found.draft), (id, false));
    site.judge();
}
