//! How `verify = [{ … }]` of a stage is read: what is looked at once a candidate is there. Nothing is looked at here.

use super::{DAY_MS, MINUTE_MS, bound, driver, line};
use crate::config::problem::Fault;
use crate::config::read::{Reader, Section};
use crate::config::repo_file::check_under;
use crate::config::tree::Node;
use crate::config::url;
use crate::delivery::policy::{Probe, Verify};
use crate::wording::shown;

/// Things that are looked at on a stage, at the most.
const PROBES_MAX: usize = 20;
/// Characters of the name of one, at the most.
const NAME_MAX: usize = 100;
/// One request takes no longer than this, in milliseconds; more is added to pauses to say how long all of them may take.
const REQUEST_MS: i64 = 30_000;
/// Between two requests.
const EVERY: (i64, i64) = (1000, 60 * MINUTE_MS);

const KINDS: [&str; 4] = ["http", "check", "command", "metric"];

/// What is looked at where a stage for tests has an address and says nothing: that it answers.
pub(super) fn usual() -> Verify {
    plain(Probe::Http { url: "/".into(), expect: 200, contains: None, tries: 10, every_ms: 10_000 })
}

/// A probe of which nothing more is said.
fn plain(probe: Probe) -> Verify {
    Verify { name: probe.usual_name(), dry_run: false, timeout_ms: longest(&probe), probe }
}

/// How long a probe may take where nothing is said.
fn longest(probe: &Probe) -> i64 {
    match probe {
        Probe::Http { tries, every_ms, .. } => i64::from(*tries) * (every_ms + REQUEST_MS),
        Probe::Metric { count, every_ms, .. } => i64::from(*count) * (every_ms + REQUEST_MS),
        Probe::Check(_) => 60 * MINUTE_MS,
        Probe::Command { .. } => 10 * MINUTE_MS,
    }
}

/// What is looked at, where the key stands there.
pub(super) fn verify(read: &mut Reader, section: &mut Section<'_>, has_url: bool) -> Option<Vec<Verify>> {
    let items = read.items(section, "verify", PROBES_MAX)?;
    let mut all: Vec<Verify> = Vec::new();
    for item in items {
        let Some(one) = one(read, item, has_url) else { continue };
        if all.iter().any(|other| other.name == one.name) {
            let what = format!("`{}` is looked at twice, and results are known by that name", shown(&one.name));
            read.wrong(&item.at, what, "give one of them another name = \"…\", or drop it");
        }
        all.push(one);
    }
    Some(all)
}

fn one(read: &mut Reader, item: &Node, has_url: bool) -> Option<Verify> {
    let hint = "write { http = \"/healthz\" }, { check = \"e2e\", app = \"github-actions\" }, { command = [\"./smoke.sh\"] }, or \
                { metric = \"error_rate\", … }, a table for each";
    let Some(mut table) = Section::of(item) else {
        read.wrong(&item.at, "does not say what to look at", hint);
        return None;
    };
    let named: Vec<&str> = KINDS.into_iter().filter(|kind| table.has(kind)).collect();
    let probe = match named.as_slice() {
        ["http"] => http(read, &mut table, has_url),
        ["check"] => check_under(read, &mut table, "check").map(Probe::Check),
        ["command"] => driver::argv(read, &mut table, "command").map(|argv| Probe::Command { argv }),
        ["metric"] => metric(read, &mut table),
        [] => {
            read.wrong(&item.at, "does not say what to look at", hint);
            return None;
        }
        several => {
            read.wrong(&item.at, format!("says several things to look at: {}", several.join(", ")), hint);
            return None;
        }
    };
    let key = if named == ["metric"] { "metric" } else { "name" };
    let name = read.checked(&mut table, key, |text| line(text, NAME_MAX));
    let dry_run = read.flag(&mut table, "dry_run").unwrap_or(false);
    let waits = named == ["check"] || named == ["command"];
    let timeout = waits.then(|| read.duration(&mut table, "timeout", (1000, DAY_MS))).flatten();
    read.close(&table);
    let usual = plain(probe?);
    Some(Verify { name: name.unwrap_or(usual.name), dry_run, timeout_ms: timeout.unwrap_or(usual.timeout_ms), ..usual })
}

fn http(read: &mut Reader, table: &mut Section<'_>, has_url: bool) -> Option<Probe> {
    let url = read.checked(table, "http", |text| url::asked(text, has_url));
    let expect = read.whole(table, "expect", 100..=599).and_then(|status| u16::try_from(status).ok());
    let contains = read.checked(table, "contains", |text| line(text, 200));
    let tries = read.whole(table, "tries", 1..=100).and_then(|tries| u16::try_from(tries).ok());
    let every_ms = read.duration(table, "every", EVERY).unwrap_or(10_000);
    Some(Probe::Http { url: url?, expect: expect.unwrap_or(200), contains, tries: tries.unwrap_or(10), every_ms })
}

fn metric(read: &mut Reader, table: &mut Section<'_>) -> Option<Probe> {
    for (key, hint) in [
        ("url", "write the address that gives the number as JSON"),
        ("path", "write where in the answer the number stands, such as \"data.result.0.value.1\""),
        ("fail_if", "write what is bad, such as \"> 0.02\""),
    ] {
        read.needs(table, key, hint);
    }
    let url = read.checked(table, "url", url::address);
    let path = read.checked(table, "path", path);
    let fail_if = read.checked(table, "fail_if", bound::bound);
    let every_ms = read.duration(table, "every", EVERY).unwrap_or(MINUTE_MS);
    let count = read.whole(table, "count", 1..=1000).and_then(|count| u16::try_from(count).ok()).unwrap_or(10);
    let limit = read.whole(table, "fail_limit", 0..=999).and_then(|limit| u16::try_from(limit).ok()).unwrap_or(0);
    if limit >= count {
        let what = format!("bears {limit} bad readings of {count}, so nothing can fail");
        read.wrong(&table.at("fail_limit"), what, "write less than count");
    }
    Some(Probe::Metric { url: url?, path: path?, fail_if: fail_if?, count, every_ms, fail_limit: limit })
}

/// Names and numbers with dots between.
fn path(text: &str) -> Result<String, Fault> {
    let legal = |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_control() || c.is_whitespace());
    if text.len() <= 200 && !text.starts_with('$') && text.split('.').all(legal) {
        return Ok(text.to_owned());
    }
    let hint = "write names and numbers with dots between, such as \"data.result.0.value.1\"";
    Err(Fault::new(format!("`{}` is no place in an answer", shown(text)), hint))
}
