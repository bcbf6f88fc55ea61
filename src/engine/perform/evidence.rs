//! Reads what failed checks say of themselves, for whoever is sent back by them. A courtesy: it has little time, and nothing waits
//! for it or depends on it.

use crate::checks::Named;
use crate::engine::world::World;
use crate::port::{Clock, Forge};
use crate::text;

/// Failed checks that are asked.
const ASKED: usize = 2;
/// All reading together has this long.
const PATIENCE_MS: u64 = 5_000;

/// The words of the first failed checks, as Markdown; empty if there are none.
pub(super) async fn evidence<W: World>(world: &W, failed: &[Named]) -> String {
    let mut excerpts: Vec<String> = Vec::new();
    let read = async {
        for check in failed.iter().take(ASKED) {
            // A commit status says no more than its page does.
            let output = if check.app.is_some() {
                world.forge().output(check.id, check.url.as_deref()).await.unwrap_or_else(|trouble| {
                    tracing::debug!(check = check.id, %trouble, "what a failed check says cannot be read");
                    None
                })
            } else {
                None
            };
            excerpts.push(text::excerpt(check, output.as_ref()));
        }
    };
    tokio::select! {
        biased;
        () = read => {}
        () = world.clock().sleep_ms(PATIENCE_MS) => {}
    }
    // Those that there was no time for have their links.
    excerpts.extend(failed.iter().take(ASKED).skip(excerpts.len()).map(|check| text::excerpt(check, None)));
    excerpts.retain(|excerpt| !excerpt.is_empty());
    excerpts.join("\n\n")
}
