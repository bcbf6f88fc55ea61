//! Reads who is in which team, and nothing that no rule asks for. An unreadable team is an answer, not trouble.

use super::all;
use crate::admission::Terms;
use crate::command::Class;
use crate::engine::world::World;
use crate::facts::Rolls;
use crate::ids::{Login, TeamName};
use crate::port::{Forge, Trouble};
use std::collections::BTreeSet;

/// In which of the teams whose members may ask for landing a person is.
pub(super) async fn of<W: World>(world: &W, terms: &Terms, login: &Login) -> Result<Rolls, Trouble> {
    for_classes(world, terms, login, [Class::Lands]).await
}

/// What commands of these classes by this person rest on.
pub(super) async fn for_classes<W: World>(
    world: &W,
    terms: &Terms,
    login: &Login,
    classes: impl IntoIterator<Item = Class>,
) -> Result<Rolls, Trouble> {
    let classes: Vec<Class> = classes.into_iter().collect();
    let asks = terms.teams_for(login).filter(|_| classes.contains(&Class::Lands));
    let delivers = terms.stage_teams.iter().filter(|_| classes.contains(&Class::Delivers));
    rolls(world, asks.chain(delivers).map(|team| (team.clone(), login.clone())).collect()).await
}

/// Whether each of these people is in the team beside them.
pub(super) async fn rolls<W: World>(world: &W, pairs: BTreeSet<(TeamName, Login)>) -> Result<Rolls, Trouble> {
    let read = all(pairs.into_iter().map(|(team, login)| async {
        let membership = world.forge().membership(&team, &login).await?;
        Ok::<_, Trouble>((team, login, membership))
    }))
    .await?;
    Ok(read.into_iter().collect())
}
