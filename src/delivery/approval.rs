//! Whose word lets a candidate onto a stage. An approval is about one candidate, one stage and what runs there now: about
//! exactly the changes that would go. Four eyes are on the changes, not on whoever pressed what.

use super::candidate::Change;
use super::deployment::{Deployment, Kind};
use super::policy::{ApprovalRule, Eyes, Promote, Stage};
use super::state::State;
use crate::facts::Permission;
use crate::ids::{CommentId, Login, Moment, Party, TeamName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A person's word about a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Whose.
    pub by: Login,
    /// By which way it came.
    pub via: Via,
    /// When.
    pub at: Moment,
    /// What they said to it.
    pub note: String,
    /// Teams they were in, of those that matter.
    pub teams: BTreeSet<TeamName>,
    /// The rule it was given under.
    pub rule: ApprovalRule,
    /// Why it does not count any more.
    pub void: Option<Void>,
}

impl Approval {
    /// Why it counts no more by now, by time and the stage's rule.
    pub fn stale(&self, stage: &Stage, now: Moment) -> Option<Void> {
        if self.rule != stage.approval {
            return Some(Void::RuleChanged);
        }
        (now.since_ms(self.at) >= self.rule.expires_ms).then_some(Void::Expired)
    }

    fn stands(&self, stage: &Stage, now: Moment) -> bool {
        self.void.is_none() && self.stale(stage, now).is_none()
    }
}

/// By which way a word came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// A button on the page.
    Page,
    /// A comment; its id.
    Comment(CommentId),
    /// The API; the token's name.
    Api(String),
    /// GitHub's protection rule of an environment.
    ProtectionRule,
}

/// Why an approval does not count any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Void {
    /// Something else runs on the stage now, so other changes would go.
    BaseChanged,
    /// The rule of the stage is another now.
    RuleChanged,
    /// It is too old.
    Expired,
    /// Whoever gave it may not any more.
    LostRight,
    /// Whoever gave it took it back.
    TakenBack,
}

/// What a person may do, read when they asked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rights {
    /// In the repository; none means that they may do nothing.
    pub permission: Option<Permission>,
    /// The teams they are in, of those that the stages name.
    pub teams: BTreeSet<TeamName>,
    /// It is no person.
    pub bot: bool,
}

impl Rights {
    /// They may push.
    pub fn writes(&self) -> bool {
        !self.bot && self.permission >= Some(Permission::Write)
    }

    /// They may do everything.
    pub fn administers(&self) -> bool {
        !self.bot && self.permission >= Some(Permission::Admin)
    }
}

/// What is still missing before a deployment counts as approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// So many more words.
    Count(u8),
    /// Of these changes everybody who agreed wrote some.
    OtherEyes(Vec<u64>),
    /// The word of somebody who wrote none of them.
    Outsider,
    /// The word of one of these.
    Required(Vec<Party>),
    /// Who wrote these is not read yet.
    Authors(Vec<u64>),
}

/// Whoever this is may give a word under a rule.
pub fn may(rule: &ApprovalRule, by: &Login, rights: &Rights) -> bool {
    let known = |party: &Party| match party {
        Party::Person(login) => login.is(by),
        Party::Team(team) => rights.teams.iter().any(|own| own.is(team)),
    };
    let named = rule.from.is_empty() || rule.from.iter().chain(&rule.required).any(known);
    !rights.bot && rights.permission >= Some(rule.permission) && named
}

/// The teams that a rule names.
pub fn teams(rule: &ApprovalRule) -> impl Iterator<Item = &TeamName> {
    rule.from.iter().chain(&rule.required).filter_map(|party| match party {
        Party::Team(team) => Some(team),
        Party::Person(_) => None,
    })
}

/// How many words a deployment needs; none for one that needs nobody's.
pub fn wanted(state: &State, deployment: &Deployment, stage: &Stage) -> u8 {
    match (deployment.kind, state.promote(stage)) {
        (Kind::Hotfix, Promote::Approve | Promote::Manual) => state.policy.hotfix.approvals,
        (Kind::Forward, Promote::Approve | Promote::Manual) => stage.approval.min,
        (Kind::Rollback { .. } | Kind::Redeploy, _)
        | (Kind::Forward | Kind::Hotfix, Promote::Auto | Promote::VetoAfter(_)) => 0,
    }
}

/// What is still missing; empty if it is approved.
pub fn missing(state: &State, deployment: &Deployment, stage: &Stage, now: Moment) -> Vec<Missing> {
    let wanted = wanted(state, deployment, stage);
    if wanted == 0 {
        return Vec::new();
    }
    let changes = state.range(deployment.from, deployment.candidate);
    let unread: Vec<u64> = changes.iter().filter(|c| c.authors.is_none()).map(|c| c.pr.get()).collect();
    let judges_authors = matches!(stage.approval.who, Eyes::FourEyes | Eyes::Outsider);
    if judges_authors && !unread.is_empty() {
        return vec![Missing::Authors(unread)];
    }
    let standing: Vec<&Approval> = deployment.approvals.iter().filter(|a| a.stands(stage, now)).collect();
    let mut missing = Vec::new();
    let counted = u8::try_from(standing.iter().filter(|a| counts(stage, deployment, a)).count()).unwrap_or(u8::MAX);
    if counted < wanted {
        missing.push(Missing::Count(wanted - counted));
    }
    missing.extend(eyes(stage.approval.who, &changes, &standing));
    let required = &stage.approval.required;
    let by_one_of = |a: &&Approval| {
        required.iter().any(|party| match party {
            Party::Person(login) => login.is(&a.by),
            Party::Team(team) => a.teams.iter().any(|own| own.is(team)),
        })
    };
    if !required.is_empty() && !standing.iter().any(by_one_of) {
        missing.push(Missing::Required(required.clone()));
    }
    missing
}

/// A word counts towards the number that is needed.
fn counts(stage: &Stage, deployment: &Deployment, approval: &Approval) -> bool {
    match stage.approval.who {
        Eyes::Any | Eyes::FourEyes | Eyes::Outsider => true,
        Eyes::NotRequester => deployment.by.as_ref().is_none_or(|by| !by.is(&approval.by)),
    }
}

fn eyes(who: Eyes, changes: &[&Change], standing: &[&Approval]) -> Option<Missing> {
    let wrote = |change: &Change, by: &Login| change.authors.iter().flatten().any(|author| author.is(by));
    match who {
        Eyes::Any | Eyes::NotRequester => None,
        Eyes::FourEyes => {
            let unseen = |change: &&&Change| !standing.iter().any(|a| !wrote(change, &a.by));
            let unseen: Vec<u64> = changes.iter().filter(unseen).map(|c| c.pr.get()).collect();
            (!unseen.is_empty() && !standing.is_empty()).then_some(Missing::OtherEyes(unseen))
        }
        Eyes::Outsider => {
            let outside = |a: &&Approval| !changes.iter().any(|change| wrote(change, &a.by));
            (!standing.iter().any(outside)).then_some(Missing::Outsider)
        }
    }
}
