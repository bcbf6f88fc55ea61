//! The rules of admission: what voids an approval, and what stands against a request.

use super::desk::{Approval, Record, Refusal};
use crate::command::Wish;
use crate::config::freeze::FreezeConfig;
use crate::config::repo::{ChecksConfig, RulesConfig, TryBy};
use crate::facts::{Membership, Person, Pull, PullState, RequiredCheck, Rolls};
use crate::ids::{BranchName, Login, Party, RepoId, TeamName};
use crate::queue::LeaveWhy;
use std::collections::BTreeSet;

/// What the repository's settings and the forge's own rules say about admission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The repository that trunk is in.
    pub repository: RepoId,
    /// The branch the queue lands on.
    pub trunk: BranchName,
    /// The label that asks for landing.
    pub label: String,
    /// An approving review asks for landing, too.
    pub review_asks: bool,
    /// The settings are there and valid.
    pub configured: bool,
    /// `[rules]`, with what the forge demands beyond them.
    pub rules: RulesConfig,
    /// What green means.
    pub checks: ChecksConfig,
    /// Checks that must pass on a tip.
    pub required: Vec<RequiredCheck>,
    /// Commits name whose reviews approved.
    pub names_reviewers: bool,
    /// The label that makes a pull request a hotfix, if one does.
    pub hotfix_label: Option<String>,
    /// When nothing lands, and who may say so.
    pub freeze: FreezeConfig,
    /// Who may have a pull request tried without landing.
    pub try_by: TryBy,
    /// Teams whose members' word counts for stages of delivery.
    pub stage_teams: BTreeSet<TeamName>,
}

impl Terms {
    /// The pull request carries the label.
    pub fn labelled(&self, pull: &Pull) -> bool {
        pull.carries(&self.label)
    }

    /// Reviews must be read to weigh a request, or may be one.
    pub fn asks_reviews(&self) -> bool {
        self.weighs_reviews() || self.review_asks || self.names_reviewers
    }

    /// Reviews decide whether a request may enter.
    pub(super) fn weighs_reviews(&self) -> bool {
        self.rules.approvals > 0 || self.rules.code_owners || self.rules.last_push_approved
    }

    /// The teams that decide whether this person may ask for landing; none where their own name does.
    pub fn teams_for<'a>(&'a self, login: &Login) -> impl Iterator<Item = &'a TeamName> {
        let mergers = &self.rules.mergers;
        let by_name = mergers.iter().any(|known| matches!(known, Party::Person(known) if known.is(login)));
        mergers.iter().filter(move |_| !by_name).filter_map(|known| match known {
            Party::Team(team) => Some(team),
            Party::Person(_) => None,
        })
    }

    /// Checks on the pull request's own head must be read to weigh this request.
    pub fn asks_head(&self, wish: &Wish) -> bool {
        (wish.when_green || !self.checks.before.is_empty()) && !self.before().is_empty()
    }

    /// The checks that must pass on the head where any must.
    pub fn before(&self) -> &[RequiredCheck] {
        if self.checks.before.is_empty() { &self.required } else { &self.checks.before }
    }

    /// A wish with what the pull request's labels add to it now, when it is approved: who labels it later needs nobody's approval.
    pub(super) fn wish(&self, wish: &Wish, pull: &Pull) -> Wish {
        let labelled = self.hotfix_label.as_deref().is_some_and(|label| pull.carries(label));
        Wish { hotfix: wish.hotfix || labelled, ..wish.clone() }
    }
}

/// Why an approval no longer holds for the pull request as it is read now, if it does not.
pub(super) fn void(approval: &Approval, moves: &[crate::ids::Sha], pull: &Pull, terms: &Terms) -> Option<LeaveWhy> {
    match pull.state {
        PullState::Closed => return Some(LeaveWhy::Closed),
        PullState::Merged => return Some(LeaveWhy::MergedElsewhere),
        PullState::Open => {}
    }
    if pull.head_repo.is_none() {
        Some(LeaveWhy::HeadGone)
    } else if pull.head != approval.head && !moves.contains(&pull.head) {
        Some(LeaveWhy::NewHead { head: pull.head })
    } else if pull.base != approval.base && !(approval.stack.is_some() && pull.base == terms.trunk) {
        Some(LeaveWhy::BaseChanged { base: pull.base.to_string() })
    } else if pull.draft {
        Some(LeaveWhy::Draft)
    } else if matches!(approval.via, super::Via::Label(_)) && !terms.labelled(pull) {
        Some(LeaveWhy::LabelRemoved)
    } else {
        None
    }
}

/// What stands against queueing a pull request as it is read now, whoever asks.
pub(super) fn against(record: &Record, terms: &Terms) -> Option<Refusal> {
    let pull = &record.pull;
    if pull.state != PullState::Open {
        Some(Refusal::NotOpen)
    } else if pull.draft {
        Some(Refusal::Draft)
    } else if pull.base != terms.trunk && record.under.is_none() {
        Some(Refusal::OtherBase { base: pull.base.to_string(), trunk: terms.trunk.to_string() })
    } else if pull.head_repo.is_none() {
        Some(Refusal::HeadGone)
    } else {
        None
    }
}

/// Whether the rules list a person among those who may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Listed {
    /// They do, or list nobody.
    Yes,
    /// They do not.
    No,
    /// By these teams they may, but the forge does not show us who is in those.
    Unreadable(Vec<String>),
    /// That was not read.
    Unread,
}

/// Whether this person is among those who may ask, as far as was read.
pub(super) fn listed(login: &Login, terms: &Terms, rolls: &Rolls) -> Listed {
    let mergers = &terms.rules.mergers;
    let by_name = |known: &Party| matches!(known, Party::Person(known) if known.is(login));
    if mergers.is_empty() || mergers.iter().any(by_name) {
        return Listed::Yes;
    }
    let read: Vec<_> = terms.teams_for(login).map(|team| (team, rolls.of(team, login))).collect();
    let is = |wanted: Option<Membership>| read.iter().filter(move |(_, found)| *found == wanted);
    if is(Some(Membership::Member)).next().is_some() {
        return Listed::Yes;
    }
    let unreadable: Vec<_> = is(Some(Membership::Unreadable)).map(|(team, _)| team.to_string()).collect();
    match (is(None).next(), unreadable.is_empty()) {
        (Some(_), _) => Listed::Unread,
        (None, false) => Listed::Unreadable(unreadable),
        (None, true) => Listed::No,
    }
}

/// What stands against this person asking for this pull request; `word_of` is whose permission to push that rests on, their own or
/// that of whoever delegated it to them. Who is in which team was read by now, or is read before it enters.
pub(super) fn unfit(
    by: &Person,
    word_of: Option<&Login>,
    pull: &Pull,
    (terms, rolls): (&Terms, &Rolls),
) -> Option<Refusal> {
    let login = by.login.to_string();
    let author = &pull.author;
    let own = author.id == by.id || word_of.is_some_and(|word_of| word_of.is(&author.login));
    if word_of.is_none() {
        return Some(Refusal::NeedsWrite { login });
    }
    match listed(&by.login, terms, rolls) {
        Listed::No => Some(Refusal::NotListed { login }),
        Listed::Unreadable(hidden) => Some(Refusal::TeamsUnread { login, teams: hidden }),
        Listed::Yes | Listed::Unread if terms.rules.no_self_merge && own => Some(Refusal::OwnWork { login }),
        Listed::Yes | Listed::Unread => None,
    }
}

/// Why an approval no longer counts by the rules as they are now, if so: they may have changed since it was given. A team that
/// cannot be read throws nobody out; [`super::weigh`] lets nobody in by it.
pub(super) fn outlawed(approval: &Approval, pull: &Pull, terms: &Terms, rolls: &Rolls) -> Option<LeaveWhy> {
    match unfit(&approval.by, Some(approval.rests_on()), pull, (terms, rolls))? {
        Refusal::TeamsUnread { .. } => None,
        _ => Some(LeaveWhy::MayNotAsk { by: approval.by.login.to_string() }),
    }
}
