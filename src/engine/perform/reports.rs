//! Writes our own check runs, each looked for before it is made. What they say is decided elsewhere.

use crate::engine::fact::Fact;
use crate::engine::world::World;
use crate::ids::CheckRunId;
use crate::port::report::Report;
use crate::port::{Forge, Outcome, Trouble};

pub(super) async fn report<W: World>(
    world: &W,
    known: Option<CheckRunId>,
    report: &Report,
) -> Result<Vec<Fact>, Trouble> {
    let refused = |denied| Fact::ReportRefused { report: Box::new(report.clone()), id: known, denied };
    match write(world, known, report).await {
        Ok(Outcome::Done(id)) => Ok(vec![Fact::Reported { id, report: Box::new(report.clone()) }]),
        Ok(Outcome::Rejected(why)) => {
            tracing::warn!(pr = %report.pr, why, "a check run of ours was refused");
            Ok(vec![refused(None)])
        }
        Ok(Outcome::Unknown(why)) => {
            Err(Trouble::busy(format!("no answer to a check run of ours on #{}: {why}", report.pr)))
        }
        // The status comment says the same; an App that may not write checks must not be asked every half minute for each.
        Err(Trouble::Denied(why)) => Ok(vec![refused(Some(why))]),
        Err(trouble) => Err(trouble),
    }
}

async fn write<W: World>(
    world: &W,
    known: Option<CheckRunId>,
    report: &Report,
) -> Result<Outcome<CheckRunId>, Trouble> {
    let there = match known {
        Some(id) => Some(id),
        None => world.forge().own_report(report).await?,
    };
    world.forge().report(there, report).await
}
