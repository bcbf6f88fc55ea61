//! Pushes to other remotes: done once, to whatever stands there, and only where the service lets them.

use super::{Ground, commit, text};
use git2::Repository;
use greenline::adapter::deploy::Allowed;
use greenline::adapter::git::Elsewhere;
use greenline::delivery::policy::Driver;
use greenline::port::Deploy;
use greenline::port::deploy::{Progress, Started};

#[tokio::test]
async fn a_commit_is_pushed_over_whatever_stands_there() {
    let ground = Ground::with(&[("a", "one")]).await;
    let path = ground.dir.path().join("elsewhere.git");
    let there = Repository::init_bare(&path).expect("a new repository");
    let other = commit(&there, &[("unrelated", "two")]);
    let remote = text(path);
    let driver = Driver::Push { remote: remote.clone(), branch: "main".parse().expect("a branch") };
    let order = ground.order(driver, 1);
    let refused = ground.drivers(Allowed::default()).start(&order).await;
    assert!(matches!(&refused, Ok(Started::Refused(why)) if why.contains("bot.toml")), "{refused:?}");

    let allowed = Allowed { remotes: vec![Elsewhere { url: remote, secret: None }], ..Allowed::default() };
    let drivers = ground.drivers(allowed.clone());
    assert_eq!(drivers.progress(&order, None).await, Ok(Progress::NotBegun));
    let tip = || there.refname_to_id("refs/heads/main").expect("it is there").to_string();
    assert_eq!(tip(), other.to_string());
    assert_eq!(drivers.start(&order).await, Ok(Started::Done));
    assert_eq!(tip(), ground.commit.to_string());
    assert_eq!(ground.drivers(allowed).start(&order).await, Ok(Started::Done), "it is there already");
    assert_eq!(drivers.progress(&order, None).await, Ok(Progress::Succeeded { at: None }));
}
