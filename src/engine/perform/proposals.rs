//! Reads what a pull request's head would make of the settings. One request to the forge tells nearly always that it touches
//! nothing; only where the file differs is the head fetched and composed, for its branch may just be behind trunk.

use super::settings::parse;
use crate::config::Problem;
use crate::config::repo::SETTINGS_PATH;
use crate::engine::fact::Fact;
use crate::engine::proposals::Proposed;
use crate::engine::world::World;
use crate::ids::PrNumber;
use crate::port::git::{Composed, PullHead, Recipe};
use crate::port::{Forge, Git, Trouble};

pub(super) async fn proposal<W: World>(world: &W, pr: PrNumber, recipe: &Recipe) -> Result<Vec<Fact>, Trouble> {
    let proposed = read(world, pr, recipe).await?;
    Ok(vec![Fact::Proposal { pr, head: recipe.head, proposed }])
}

/// The file on trunk once the pull request has landed.
enum Then {
    /// As it is now.
    Same,
    /// Gone.
    Gone,
    /// This.
    File(Vec<u8>),
}

async fn read<W: World>(world: &W, pr: PrNumber, recipe: &Recipe) -> Result<Proposed, Trouble> {
    let there = match world.forge().file(recipe.head, SETTINGS_PATH).await {
        // A directory, or more than the forge gives away like this: git says which.
        Err(Trouble::Bug(_)) => Some(Vec::new()),
        there => there?,
    };
    world.git().fetch(&[recipe.onto], &[]).await?;
    let now = match world.git().file(recipe.onto, SETTINGS_PATH).await {
        // Trunk's own file is too large to be settings; whatever takes its place is news.
        Err(Trouble::Denied(_)) => None,
        now => now?,
    };
    if there == now {
        return Ok(Proposed::Same);
    }
    let then = then(world, pr, recipe, now.as_deref()).await?;
    // The file as it is on the branch says what is wrong in it, with the lines its author sees.
    let on_branch = there.as_deref().map(parse);
    Ok(match (then, on_branch) {
        (Then::Same, _) => Proposed::Same,
        (_, Some(Err(problems))) => Proposed::Wrong(problems),
        (Then::Gone, _) => Proposed::Valid(Box::default()),
        (Then::File(bytes), _) => match parse(&bytes) {
            Ok(config) => Proposed::Valid(Box::new(config)),
            Err(problems) => Proposed::Wrong(problems),
        },
    })
}

/// What cannot be composed is taken as it stands on its branch.
async fn then<W: World>(world: &W, pr: PrNumber, recipe: &Recipe, now: Option<&[u8]>) -> Result<Then, Trouble> {
    match world.git().fetch(&[], &[PullHead { number: pr, head: recipe.head }]).await {
        // It has moved on; its next head is looked at instead.
        Err(Trouble::Bug(why)) => {
            tracing::debug!(%pr, why, "a head that is to be looked at cannot be fetched");
            return Ok(Then::Same);
        }
        fetched => fetched?,
    }
    let at = match world.git().compose(recipe).await? {
        Composed::Tip { tip, .. } => tip,
        Composed::Nothing => return Ok(Then::Same),
        Composed::Conflict { .. } | Composed::Refused { .. } => recipe.head,
    };
    let file = match world.git().file(at, SETTINGS_PATH).await {
        // More than settings may have; parsing says so.
        Err(Trouble::Denied(_)) => Some(vec![b' '; crate::config::BYTES_MAX + 1]),
        file => file?,
    };
    Ok(match file {
        file if file.as_deref() == now => Then::Same,
        None => Then::Gone,
        Some(bytes) => Then::File(bytes),
    })
}

/// So that a file that is no text is told like one that is wrong.
pub(super) fn not_text() -> Vec<Problem> {
    let (what, hint) = ("it is not UTF-8 text".to_owned(), "write TOML in UTF-8".to_owned());
    vec![Problem { line: None, key: String::new(), what, hint }]
}
