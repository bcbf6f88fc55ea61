//! Whether a stage could do without the button: what people's words changed, what they cost, and what was missed. It proposes
//! nothing and switches nothing; upwards is a person's decision.

use super::deployment::Kind;
use super::history::{Delivery, Outcome, Remark};
use super::numbers::{self, Share, Spread};
use super::policy::Stage;
use super::state::State;
use crate::ids::Moment;

const DAY_MS: i64 = 86_400_000;
/// Days over which failures are counted.
const FAILURES_DAYS: u16 = 90;
/// An automatic rollback counts as proven for so many days.
const PROVEN_DAYS: i64 = 30;

/// What speaks for and against a stage without a button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Requests that people denied, of those they decided.
    pub changed: Share,
    /// What people approved, and what then failed: their word did not help either.
    pub escaped: usize,
    /// What the wait for a word cost, in milliseconds.
    pub waited_ms: Option<Spread>,
    /// What would have gone alone and people let go, of what would have gone alone.
    pub agreed: Share,
    /// Times that a person passed what was looked at.
    pub overridden: usize,
    /// Deployments that checks on trial would have failed.
    pub would_have_failed: usize,
    /// Good ones in a row, up to now.
    pub streak: usize,
    /// When the first of these was over.
    pub streak_since: Option<Moment>,
    /// Failed ones of those that reached people.
    pub failed: Share,
    /// When it last went back by itself and was good.
    pub went_back_at: Option<Moment>,
    /// So many deployments more wait for a person after a failure.
    pub demoted: u32,
    /// What is missing; nothing, if it could do without the button.
    pub missing: Vec<Doubt>,
}

/// Why a stage is not to do without the button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// So many good ones in a row are asked for.
    Streak(u32),
    /// Over so many days.
    Days(u32),
    /// People denied some.
    Denials,
    /// More than so many of a hundred failed.
    Failures(u8),
    /// It has not gone back by itself of late: nobody knows whether it would.
    NeverWentBack,
    /// Something is looked at for trial only.
    OnTrial,
    /// Nothing is looked at.
    Unverified,
    /// It failed, and waits for people.
    Demoted,
}

/// The card of a stage.
pub fn card(state: &State, stage: &Stage, now: Moment) -> Card {
    let here: Vec<&Delivery> = state.history.iter().filter(|d| d.stage == stage.name).collect();
    let asked: Vec<&Delivery> = here.iter().filter(|d| forward(d)).copied().collect();
    let denied = asked.iter().filter(|d| d.outcome == Outcome::Denied).count();
    let approved: Vec<&Delivery> = asked.iter().filter(|d| d.approved_at.is_some()).copied().collect();
    let alone: Vec<&Delivery> = asked.iter().filter(|d| d.shadow_at.is_some()).copied().collect();
    let agreed = alone.iter().filter(|d| d.outcome != Outcome::Denied).count();
    let waits = approved.iter().filter_map(|d| Some(d.approved_at?.since_ms(d.requested_at)));
    let bad = |d: &&&Delivery| d.failed() || matches!(d.outcome, Outcome::Bad | Outcome::Undelivered);
    let streak: Vec<&Delivery> =
        asked.iter().rev().take_while(|d| !bad(d)).filter(|d| d.outcome == Outcome::Succeeded).copied().collect();
    let back = here
        .iter()
        .rev()
        .find(|d| matches!(d.kind, Kind::Rollback { automatic: true, .. }) && d.outcome == Outcome::Succeeded);
    let mut card = Card {
        changed: Share { count: denied, of: denied + approved.len() },
        escaped: approved.iter().filter(|d| d.failed()).count(),
        waited_ms: numbers::spread(waits.collect()),
        agreed: Share { count: agreed, of: alone.len() },
        overridden: here.iter().filter(|d| d.remarks.contains(&Remark::Overridden)).count(),
        would_have_failed: here.iter().filter(|d| d.remarks.contains(&Remark::FailedOnTrial)).count(),
        streak: streak.len(),
        streak_since: streak.last().map(|d| d.ended_at),
        failed: numbers::numbers(&state.history, &stage.name, FAILURES_DAYS, now).failed,
        went_back_at: back.map(|d| d.ended_at),
        demoted: state.stage(&stage.name).demoted,
        missing: Vec::new(),
    };
    card.missing = doubts(state, stage, &card, now);
    card
}

fn forward(delivery: &Delivery) -> bool {
    matches!(delivery.kind, Kind::Forward | Kind::Hotfix)
}

fn doubts(state: &State, stage: &Stage, card: &Card, now: Moment) -> Vec<Doubt> {
    let trust = &state.policy.trust;
    let days = |at: Option<Moment>| at.map_or(-1, |at| now.since_ms(at) / DAY_MS);
    let streak = usize::try_from(trust.deployments).unwrap_or(usize::MAX);
    let wanted = [
        (card.streak < streak, Doubt::Streak(trust.deployments)),
        (days(card.streak_since) < i64::from(trust.days), Doubt::Days(trust.days)),
        (card.changed.count > 0, Doubt::Denials),
        (
            card.failed.count * 100 > card.failed.of * usize::from(trust.failures_percent),
            Doubt::Failures(trust.failures_percent),
        ),
        (!(0..=PROVEN_DAYS).contains(&days(card.went_back_at)), Doubt::NeverWentBack),
        (stage.verify.iter().any(|verify| verify.dry_run), Doubt::OnTrial),
        (stage.verify.is_empty(), Doubt::Unverified),
        (card.demoted > 0, Doubt::Demoted),
    ];
    wanted.into_iter().filter(|(holds, _)| *holds).map(|(_, doubt)| doubt).collect()
}
