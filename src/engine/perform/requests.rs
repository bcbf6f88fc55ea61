//! Reads what a request through the API is judged by: its pull request, and what its person may do now. It decides nothing.

use crate::admission::Asked;
use crate::command::Request;
use crate::engine::fact::Fact;
use crate::engine::world::World;
use crate::port::{Forge, Trouble};

/// A request with its pull request and its person as they are now.
pub async fn look<W: World>(world: &W, request: &Request) -> Result<Vec<Fact>, Trouble> {
    let reading = world.readings().begin();
    let pull = world.forge().pull(request.pull).await?;
    let asker = world.forge().collaborator(&request.login).await?;
    Ok(vec![Fact::Request(Asked { reading, request: request.clone(), pull, asker })])
}
