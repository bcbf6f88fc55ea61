//! What somebody asks about a delivery, with what they may do: handed on as a wish, and answered by whoever grants it. Pure.

use super::desk::{Answer, Decision};
use super::rules::Terms;
use super::stop::Stopped;
use crate::calendar::Spoken;
use crate::command::{Command, Delivering};
use crate::delivery::approval::{Rights, Via};
use crate::delivery::{Ask, Wish};
use crate::facts::{Membership, Permission, Person, Rolls};
use crate::ids::{Moment, TeamName};

/// Who asks, and what was read of them.
pub(super) struct Asker<'a> {
    /// Who.
    pub(super) by: &'a Person,
    /// What they may do in the repository.
    pub(super) permission: Permission,
    /// Their teams, of those that the stages name.
    pub(super) rolls: &'a Rolls,
    /// By which way they ask.
    pub(super) via: Via,
    /// What the answer is known by.
    pub(super) id: String,
    /// When it was said.
    pub(super) at: Moment,
}

/// Hands a wish about a delivery on; nothing if it is another command.
pub(super) fn obey(
    command: &Command,
    asker: Asker<'_>,
    now: Moment,
    terms: &Terms,
    decisions: &mut Vec<Decision>,
) -> Option<Answer> {
    let Command::Deliver(asked) = command else { return None };
    let wish = match asked {
        Delivering::Wish(wish) => wish.clone(),
        Delivering::Lock { scope, stop, strict } => {
            let until = stop.until.map(|until| until.resolve(&terms.freeze.zone, asker.at));
            if until.is_some_and(|until| until <= now || until.since_ms(asker.at) > Spoken::LONGEST_MS) {
                return Some(Answer::Stop { word: command.word(), came: Stopped::NoEnd });
            }
            Wish::Lock { scope: scope.clone(), until, reason: stop.reason.clone(), strict: *strict }
        }
    };
    let is_member = |team: &&TeamName| asker.rolls.of(team, &asker.by.login) == Some(Membership::Member);
    let teams = terms.stage_teams.iter().filter(is_member).cloned().collect();
    let rights = Rights { permission: Some(asker.permission), teams, bot: asker.by.bot };
    let ask = Ask { id: asker.id.clone(), by: asker.by.login.clone(), rights, via: asker.via, wish };
    decisions.push(Decision::Deliver(Box::new(ask)));
    Some(Answer::Deliver { id: asker.id })
}
