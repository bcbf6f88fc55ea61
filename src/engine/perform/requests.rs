//! Reads what a request through the API is judged by: its pull request, and what its person may do now. It decides nothing.

use crate::admission::{Asked, Terms};
use crate::command::{About, Request};
use crate::engine::fact::Fact;
use crate::engine::perform::teams;
use crate::engine::world::World;
use crate::port::{Forge, Trouble};

/// A request with its pull request and its person as they are now.
pub async fn look<W: World>(world: &W, request: &Request, terms: &Terms) -> Result<Vec<Fact>, Trouble> {
    let reading = world.readings().begin();
    let pull = match request.about {
        About::Pull(number) => world.forge().pull(number).await?,
        About::Trunk(_) => None,
    };
    let asker = world.forge().collaborator(&request.login).await?;
    let rolls = teams::for_classes(world, terms, &request.login, [request.command.class()]).await?;
    let (request, on_trial, archived) = (request.clone(), false, false);
    Ok(vec![Fact::Request(Asked { reading, request, pull, asker, rolls, on_trial, archived })])
}
