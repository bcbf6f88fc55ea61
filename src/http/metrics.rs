//! What is counted at the doors, and the `/metrics` text in Prometheus' format. Labels come from fixed lists, or name served
//! repositories, their trunks and the checks that their settings have run again: nobody else can add one.

use super::Shared;
use super::payload::EVENTS;
use crate::engine::board::Board;
use crate::ids::QueueId;
use crate::port::{Clock, Store};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the buckets of the answer times, in microseconds, and as Prometheus writes them in seconds.
const BUCKETS: &[(u64, &str)] = &[
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (2_500_000, "2.5"),
    (5_000_000, "5"),
    (10_000_000, "10"),
];

/// The label an event is counted under; what we make nothing of, and whatever a stranger sends, is `other`.
pub fn event_label(event: Option<&str>) -> &'static str {
    event.and_then(|event| EVENTS.iter().find(|known| **known == event)).copied().unwrap_or("other")
}

/// What the doors have counted since the process began.
#[derive(Debug, Default)]
pub struct Metrics {
    deliveries: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
    ack_buckets: [AtomicU64; BUCKETS.len()],
    ack_count: AtomicU64,
    ack_us: AtomicU64,
}

impl Metrics {
    /// Counts an answered delivery; the time counts only for those stored.
    pub(super) fn delivered(&self, event: &'static str, result: &'static str, took: Duration) {
        *self.deliveries.lock().unwrap_or_else(PoisonError::into_inner).entry((event, result)).or_default() += 1;
        if matches!(result, "new" | "again" | "conflict") {
            let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            self.ack_count.fetch_add(1, Ordering::Relaxed);
            self.ack_us.fetch_add(us, Ordering::Relaxed);
            for (bucket, (bound, _)) in self.ack_buckets.iter().zip(BUCKETS) {
                if us <= *bound {
                    bucket.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    fn write(&self, text: &mut Text) {
        text.family("greenline_deliveries_total", "counter", "Webhook deliveries answered, by event and result.");
        for ((event, result), n) in &*self.deliveries.lock().unwrap_or_else(PoisonError::into_inner) {
            text.sample("greenline_deliveries_total", &[("event", event), ("result", result)], n);
        }
        text.family("greenline_ack_seconds", "histogram", "From a delivery's head to its 202, in seconds.");
        let count = self.ack_count.load(Ordering::Relaxed);
        for (bucket, (_, bound)) in self.ack_buckets.iter().zip(BUCKETS) {
            text.sample("greenline_ack_seconds_bucket", &[("le", bound)], bucket.load(Ordering::Relaxed));
        }
        text.sample("greenline_ack_seconds_bucket", &[("le", "+Inf")], count);
        let sum = Duration::from_micros(self.ack_us.load(Ordering::Relaxed)).as_secs_f64();
        text.sample("greenline_ack_seconds_sum", &[], sum);
        text.sample("greenline_ack_seconds_count", &[], count);
    }
}

/// Prometheus' text format.
#[derive(Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a String cannot fail.
        let _infallible = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let escape = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _infallible = writeln!(self.0, "{name}{labels} {value}");
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.family(name, "gauge", help);
        self.sample(name, &[], value);
    }
}

/// `GET /metrics`
pub async fn metrics<S: Store, C: Clock>(State(house): State<Shared<S, C>>) -> Response {
    let mut text = Text::default();
    house.doors.metrics.write(&mut text);
    let (depth, unread) = (house.doors.store.depth().await, house.doors.store.unread_deliveries().await);
    text.gauge("greenline_store_up", "1 when the database can be read.", u8::from(depth.is_ok()));
    if let Ok(depth) = depth {
        text.gauge("greenline_inbox_rows", "Deliveries stored and not yet taken in.", depth);
    }
    if let Ok(unread) = unread {
        text.gauge("greenline_unread_deliveries", "Signed deliveries unreadable or in conflict.", unread);
    }
    write_boards(&mut text, &house.doors.boards.now());
    if let Some(bytes) = resident_bytes() {
        text.gauge("process_resident_memory_bytes", "Resident memory of this process.", bytes);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text.0).into_response()
}

fn write_boards(text: &mut Text, boards: &BTreeMap<QueueId, Arc<Board>>) {
    type Size = fn(&Board) -> usize;
    let repositories = boards.keys().filter(|queue| queue.branch.is_none()).count();
    text.gauge("greenline_repositories", "Repositories served.", repositories);
    let sizes: [(&str, &str, Size); 5] = [
        ("greenline_queue_entries", "Pull requests in the queue.", |board| board.queue.len()),
        ("greenline_held", "Pull requests held back.", |board| board.held.len()),
        ("greenline_freezes", "What keeps trunk where it is.", |board| board.closures.len()),
        ("greenline_groups", "Groups under composition or test.", |board| board.groups.len()),
        ("greenline_troubles", "What went wrong and has not been put right, as the page lists it.", |board| {
            board.troubles.len()
        }),
    ];
    for (name, help, size) in sizes {
        text.family(name, "gauge", help);
        for board in boards.values() {
            text.sample(name, &[("repo", board.name.as_str()), ("trunk", board.trunk.as_str())], size(board));
        }
    }
    let names: std::collections::BTreeSet<&str> =
        boards.values().flat_map(|board| board.counters.keys()).map(|key| counter(key).0).collect();
    for name in names.into_iter().filter(|name| is_metric_name(name)) {
        text.family(name, "counter", "Counted by the engine since the database was made.");
        for board in boards.values() {
            for (check, n) in
                board.counters.iter().map(|(key, n)| (counter(key), n)).filter(|((own, _), _)| *own == name)
            {
                let (repo, trunk) = (("repo", board.name.as_str()), ("trunk", board.trunk.as_str()));
                let labels = [repo, trunk, ("check", check.1.unwrap_or_default())];
                text.sample(name, &labels[..2 + usize::from(check.1.is_some())], n);
            }
        }
    }
}

/// A counter's name, and the check it is about, if it is about one.
fn counter(key: &str) -> (&str, Option<&str>) {
    key.split_once(' ').map_or((key, None), |(name, check)| (name, Some(check)))
}

fn is_metric_name(name: &str) -> bool {
    name.starts_with("greenline_") && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Resident memory as Linux tells it; elsewhere nobody is asked.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_cumulative_and_labels_bounded() {
        let metrics = Metrics::default();
        metrics.delivered(event_label(Some("push")), "new", Duration::from_millis(3));
        metrics.delivered(event_label(Some("made up")), "new", Duration::from_mins(1));
        metrics.delivered(event_label(None), "unsigned", Duration::from_millis(1));
        let mut text = Text::default();
        metrics.write(&mut text);
        for line in [
            "greenline_deliveries_total{event=\"push\",result=\"new\"} 1",
            "greenline_deliveries_total{event=\"other\",result=\"unsigned\"} 1",
            "greenline_ack_seconds_bucket{le=\"0.0025\"} 0",
            "greenline_ack_seconds_bucket{le=\"0.005\"} 1",
            "greenline_ack_seconds_bucket{le=\"10\"} 1",
            "greenline_ack_seconds_bucket{le=\"+Inf\"} 2",
        ] {
            assert!(text.0.lines().any(|l| l == line), "{line}\n{}", text.0);
        }
    }
}
