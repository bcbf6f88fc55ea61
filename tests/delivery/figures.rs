//! Numbers and trust in the short words of the scripts.

use greenline::calendar::duration::written;
use greenline::delivery::numbers::{Numbers, Share, Spread};
use greenline::delivery::trust::Card;
use greenline::when;

fn time(ms: Option<i64>) -> String {
    ms.map_or_else(|| "none".into(), written)
}

fn share(share: Share) -> String {
    let percent = share.percent().map(|percent| format!(", {percent} %")).unwrap_or_default();
    format!("{} of {}{percent}", share.count, share.of)
}

fn spread(spread: Option<Spread>) -> String {
    spread.map_or_else(|| "none".into(), |s| format!("{}, p90 {}, of {}", written(s.median), written(s.p90), s.of))
}

pub fn numbers(n: &Numbers) -> Vec<String> {
    let enough = if n.enough { "" } else { ", not enough to say" };
    let split = [
        ("coding", n.split.coding_ms),
        ("review", n.split.review_ms),
        ("queue", n.split.queue_ms),
        ("post-merge", n.split.post_merge_ms),
        ("staging", n.split.staging_ms),
        ("word", n.split.word_ms),
        ("deploy", n.split.deploy_ms),
    ];
    let split: Vec<String> = split.iter().map(|(name, ms)| format!("{name} {}", written(*ms))).collect();
    vec![
        format!("{} deployments in {} days{enough}, {:?}, gap {}", n.deployments, n.days, n.pace, time(n.gap_ms)),
        format!("lead {}", spread(n.lead_ms)),
        format!("split {}", split.join(", ")),
        format!("failed {}; recovery {}; rework {}", share(n.failed), time(n.recovery_ms), share(n.rework)),
        format!("rollbacks {}; undelivered {}", n.rollbacks, n.undelivered),
    ]
}

pub fn card(c: &Card) -> Vec<String> {
    let day = |at: greenline::ids::Moment| when::print(at)[..10].to_owned();
    let since = c.streak_since.map(|at| format!(" since {}", day(at))).unwrap_or_default();
    let back = c.went_back_at.map_or_else(|| "never".into(), day);
    vec![
        format!("changed {}; escaped {}; agreed {}", share(c.changed), c.escaped, share(c.agreed)),
        format!("waited {}", spread(c.waited_ms)),
        format!("overridden {}; failed on trial {}", c.overridden, c.would_have_failed),
        format!("streak {}{since}; failed {}; went back {back}; demoted {}", c.streak, share(c.failed), c.demoted),
        format!("missing {:?}", c.missing),
    ]
}
