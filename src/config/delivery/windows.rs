//! How `windows = [{ … }]` of a stage is read: when deployments may begin, and may not. What the calendar says now is not known
//! here.

use super::line;
use crate::calendar::{self, When, Window, Zone};
use crate::config::freeze::zone;
use crate::config::problem::Fault;
use crate::config::read::{Reader, Section};
use crate::config::tree::{At, Node};
use crate::delivery::policy::Opening;
use crate::ids::Moment;

/// Windows of a stage, at the most.
const WINDOWS_MAX: usize = 20;
/// Changes of all windows that are looked at before it is believed that none of them opens.
const CHANGES_MAX: usize = 500;
/// A Monday in winter and one in summer of the same year: what never opens in either fortnight opens never.
const MONDAYS: [i64; 2] = [1_767_571_200_000, 1_783_296_000_000];
const FORTNIGHT_MS: i64 = 14 * super::DAY_MS;

pub(super) fn windows(read: &mut Reader, section: &mut Section<'_>, usual: &Zone) -> Vec<Opening> {
    let at = section.at("windows");
    let items = read.items(section, "windows", WINDOWS_MAX).unwrap_or_default();
    let found: Vec<Opening> = items.iter().filter_map(|item| opening(read, item, usual)).collect();
    if found.len() == items.len() {
        expect_open(read, &at, &found);
    }
    found
}

fn opening(read: &mut Reader, item: &Node, usual: &Zone) -> Option<Opening> {
    let hint =
        "write { allow = \"mon-thu 09:00-16:00\" } or { deny = \"2026-12-18..2027-01-04\", reason = \"year end\" }";
    let table = Section::of(item).map(|table| (table.has("allow"), table.has("deny"), table));
    let Some((allows, _, mut table)) = table.filter(|(allow, deny, _)| allow != deny) else {
        read.wrong(&item.at, "must say either when deployments may begin or when they may not", hint);
        return None;
    };
    let key = if allows { "allow" } else { "deny" };
    let when = read.checked(&mut table, key, |text| When::parse(text).map_err(|(what, hint)| Fault::new(what, hint)));
    let reason = if allows {
        Some(String::new())
    } else {
        read.needs(&table, "reason", "write what everybody who waits shall read");
        read.checked(&mut table, "reason", |text| line(text, 200))
    };
    let zone = read.checked(&mut table, "time_zone", zone).unwrap_or_else(|| usual.clone());
    read.close(&table);
    Some(Opening { window: Window { when: when?, zone }, allows, reason: reason? })
}

/// Reports windows that are denied whenever they are allowed.
fn expect_open(read: &mut Reader, at: &At, openings: &[Opening]) {
    let mut allowed = openings.iter().filter(|opening| opening.allows).peekable();
    if allowed.peek().is_some() && !allowed.any(|opening| opens(opening, openings)) {
        read.wrong(at, "are denied whenever they are allowed", "leave some time in which deployments may begin");
    }
}

/// At some time it is allowed by this and not denied. Against what comes every week only what comes every week counts: what is
/// denied once is over some day.
fn opens(allowed: &Opening, openings: &[Opening]) -> bool {
    let (starts, once) = match &allowed.window.when {
        When::Weekly { .. } => (MONDAYS.map(Moment::from_ms).to_vec(), false),
        When::Dates { from, .. } => (vec![allowed.window.zone.moment(*from)], true),
    };
    let weekly = |opening: &&Opening| matches!(opening.window.when, When::Weekly { .. });
    let denied = openings.iter().filter(|opening| !opening.allows).filter(|opening| once || weekly(opening));
    let windows: Vec<&Window> = std::iter::once(allowed).chain(denied).map(|opening| &opening.window).collect();
    starts.into_iter().any(|start| {
        let mut now = start;
        for _ in 0..CHANGES_MAX {
            let outlook = calendar::at(windows.iter().copied(), now);
            if outlook.inside == [0] {
                return true;
            }
            let comes_again = allowed.window.at(now).1.is_some();
            match outlook.next.filter(|next| comes_again && (once || next.since_ms(start) < FORTNIGHT_MS)) {
                Some(next) => now = next,
                None => return false,
            }
        }
        // Too many to look at; what is not plain is no mistake.
        true
    })
}
