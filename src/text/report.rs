//! The words of our own check runs. Words only; no decision is made here.

use super::{Standing, ordinal};

/// The title while a pull request is queued; plain text.
pub fn queued_title(standing: &Standing) -> String {
    format!("{} of {} in the queue", ordinal(standing.position), standing.of)
}

/// The title of a pull request that was sent back or taken out, by the stable code of its departure; plain text.
pub fn departure_title(headline: &str, code: &str) -> String {
    format!("{}: {code}", headline.trim_end_matches('.'))
}

/// What a check run says around one paragraph.
pub fn report(body: &str, page: Option<&str>) -> String {
    page.map_or_else(|| format!("{body}\n"), |page| format!("{body}\n\n[The whole queue]({page})\n"))
}

/// Our own check is required somewhere, which nothing can ever meet.
pub fn waits_for_itself(whose: &str, name: &str) -> String {
    format!(
        "{whose} requires the check `{name}`, which is Greenline's own word about a pull request and turns green only when that has \
         landed: waiting for it would never end. Take it out there, and require the checks of CI instead."
    )
}
