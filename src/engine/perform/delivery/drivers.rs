//! Asks drivers to begin and to stop, asks how they stand, looks at stages; and says in the core's words what they answered.

use super::happened;
use crate::delivery::Event;
use crate::delivery::event::{Report, StartAnswer};
use crate::delivery::verify::Sample;
use crate::engine::fact::Fact;
use crate::engine::world::World;
use crate::ids::{DeploymentId, Moment};
use crate::port::deploy::{Handle, Look, Order, Progress, SampleVerdict, Started, Stopped};
use crate::port::{Deploy, Trouble};

pub(super) async fn start<W: World>(
    world: &W,
    (deployment, attempt): (DeploymentId, u16),
    order: &Order,
) -> Result<Vec<Fact>, Trouble> {
    let answer = match world.deploy().start(order).await? {
        Started::Running(Handle(handle)) => StartAnswer::Running(handle),
        Started::Done => StartAnswer::Done,
        Started::Refused(why) => StartAnswer::Refused(why),
        Started::Unknown(why) => StartAnswer::Unknown(why),
    };
    Ok(vec![happened(Event::Started { deployment, attempt, answer })])
}

pub(super) async fn watch<W: World>(
    world: &W,
    (deployment, attempt): (DeploymentId, u16),
    order: &Order,
    handle: Option<&Handle>,
    known: Option<&Report>,
) -> Result<Vec<Fact>, Trouble> {
    let report = match world.deploy().progress(order, handle).await? {
        Progress::Running { note, log } => Report::Running { note, log },
        Progress::Succeeded { at } => Report::Succeeded(at),
        Progress::Failed { why, passing, unchanged } => Report::Failed { why, passing, unchanged },
        Progress::NotBegun => Report::NotBegun,
        Progress::Lost(why) => Report::Lost(why),
    };
    if known == Some(&report) {
        return Ok(Vec::new());
    }
    Ok(vec![happened(Event::Reported { deployment, attempt, report })])
}

pub(super) async fn stop<W: World>(
    world: &W,
    (deployment, attempt): (DeploymentId, u16),
    order: &Order,
    handle: Option<&Handle>,
) -> Result<Vec<Fact>, Trouble> {
    let report = match world.deploy().stop(order, handle).await? {
        Stopped::Yes => Report::Stopped,
        Stopped::No(why) => Report::CannotStop(why),
    };
    Ok(vec![happened(Event::Reported { deployment, attempt, report })])
}

/// One look. What cannot be asked at all is a reading, too: it says that nothing could be read.
pub(super) async fn sample<W: World>(
    world: &W,
    (deployment, check, due): (DeploymentId, usize, Moment),
    look: &Look,
) -> Result<Vec<Fact>, Trouble> {
    let (sample, note) = match world.deploy().look(look).await {
        Ok(read) => {
            let sample = match read.verdict {
                SampleVerdict::Good => Sample::Good,
                SampleVerdict::Bad => Sample::Bad,
                SampleVerdict::Nothing => Sample::Nothing,
                SampleVerdict::Unread => Sample::Unread,
            };
            (sample, read.note)
        }
        Err(trouble) => (Sample::Unread, trouble.to_string()),
    };
    Ok(vec![happened(Event::Sampled { deployment, check, due, sample, note })])
}
