//! The rules of admission: what voids an approval, and what stands against a request.

use super::desk::{Approval, Refusal};
use crate::command::Wish;
use crate::config::freeze::FreezeConfig;
use crate::facts::{Pull, PullState};
use crate::ids::BranchName;
use crate::queue::LeaveWhy;

/// What the repository's settings say about admission.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The branch the queue lands on.
    pub trunk: &'a BranchName,
    /// The label that asks for landing.
    pub label: &'a str,
    /// The settings are there and valid.
    pub configured: bool,
    /// The label that makes a pull request a hotfix, if one does.
    pub hotfix_label: Option<&'a str>,
    /// When nothing lands, and who may say so.
    pub freeze: &'a FreezeConfig,
}

impl Terms<'_> {
    /// The pull request carries the label.
    pub fn labelled(&self, pull: &Pull) -> bool {
        pull.labels.iter().any(|label| label.eq_ignore_ascii_case(self.label))
    }

    /// A wish with what the pull request's labels add to it now, when it is approved: who labels it later needs nobody's approval.
    pub(super) fn wish(&self, wish: &Wish, pull: &Pull) -> Wish {
        let labelled = |label: &str| pull.labels.iter().any(|own| own.eq_ignore_ascii_case(label));
        Wish { hotfix: wish.hotfix || self.hotfix_label.is_some_and(labelled), ..wish.clone() }
    }
}

/// Why an approval no longer holds for the pull request as it is read now, if it does not.
pub fn void(approval: &Approval, moves: &[crate::ids::Sha], pull: &Pull, terms: Terms<'_>) -> Option<LeaveWhy> {
    match pull.state {
        PullState::Closed => return Some(LeaveWhy::Closed),
        PullState::Merged => return Some(LeaveWhy::MergedElsewhere),
        PullState::Open => {}
    }
    if pull.head_repo.is_none() {
        Some(LeaveWhy::HeadGone)
    } else if pull.head != approval.head && !moves.contains(&pull.head) {
        Some(LeaveWhy::NewHead { head: pull.head })
    } else if pull.base != approval.base {
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
pub(super) fn against(pull: &Pull, terms: Terms<'_>) -> Option<Refusal> {
    if pull.state != PullState::Open {
        Some(Refusal::NotOpen)
    } else if !terms.configured {
        Some(Refusal::NotConfigured)
    } else if pull.draft {
        Some(Refusal::Draft)
    } else if pull.base != *terms.trunk {
        Some(Refusal::OtherBase { base: pull.base.to_string(), trunk: terms.trunk.to_string() })
    } else if pull.head_repo.is_none() {
        Some(Refusal::HeadGone)
    } else {
        None
    }
}
