//! Faults as data: what is to go wrong, how often, and whether it strikes now. It sends and answers nothing.

use crate::sandbox::rest::Reply;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest a fault may delay anything.
const LONGEST_MS: u64 = 600_000;

/// What goes wrong with webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum HookFaultKind {
    Lose,
    Delay,
    Duplicate,
    Reorder,
}

/// One fault of webhooks.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HookFault {
    #[serde(default)]
    id: u64,
    kind: HookFaultKind,
    /// Only this event.
    event: Option<String>,
    /// Only this action.
    action: Option<String>,
    /// How likely it strikes, 0 to 1.
    #[serde(default = "always")]
    rate: f64,
    /// How often it strikes before it is used up.
    times: Option<u64>,
    #[serde(default)]
    delay_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum When {
    /// Nothing happened.
    #[default]
    Before,
    /// It happened, but the caller is told otherwise.
    After,
}

/// One fault of the REST interface (or of any route, if it names no status: then it only delays).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sandbox) struct Fault {
    #[serde(default)]
    id: u64,
    /// Only this method.
    method: Option<String>,
    /// Path below `/api/v3`; `*` is one part, a last `**` all the rest.
    #[serde(default = "everywhere")]
    path: String,
    #[serde(default)]
    when: When,
    status: Option<u16>,
    body: Option<Value>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    delay_ms: u64,
    #[serde(default = "always")]
    rate: f64,
    times: Option<u64>,
}

fn always() -> f64 {
    1.0
}

fn everywhere() -> String {
    "/**".into()
}

impl Fault {
    pub(in crate::sandbox) fn delay(&self) -> Option<Duration> {
        (self.delay_ms > 0).then(|| Duration::from_millis(self.delay_ms.min(LONGEST_MS)))
    }

    pub(in crate::sandbox) fn reply_before(&self) -> Option<Reply> {
        if self.when == When::Before { self.reply() } else { None }
    }

    pub(in crate::sandbox) fn reply_after(&self) -> Option<Reply> {
        if self.when == When::After { self.reply() } else { None }
    }

    fn reply(&self) -> Option<Reply> {
        let status = self.status.filter(|s| (200..600).contains(s))?;
        let default = || serde_json::json!({"message": "a fault of the sandbox", "status": status.to_string()});
        Some(self.headed(Reply::with(status, self.body.clone().unwrap_or_else(default))))
    }

    /// An answer with the fault's headers.
    pub(in crate::sandbox) fn headed(&self, mut reply: Reply) -> Reply {
        for (name, value) in &self.headers {
            // Header names live as long as the program: faults are few and set by hand.
            let name: &'static str = Box::leak(name.to_lowercase().into_boxed_str());
            reply = reply.header(name, value.clone());
        }
        reply
    }
}

/// What shall become of one webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum HookFate {
    Send,
    Lose,
    Twice,
    /// After the next one.
    Swap,
    Late(Duration),
}

/// All faults in force. They are not kept over a restart.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Faults {
    next: u64,
    chance: u64,
    pub(super) hooks: Vec<HookFault>,
    pub(super) routes: Vec<Fault>,
}

impl Faults {
    pub(super) fn add_hook(&mut self, fault: HookFault) -> u64 {
        self.next += 1;
        self.hooks.push(HookFault { id: self.next, ..fault });
        self.next
    }

    pub(super) fn add_route(&mut self, fault: Fault) -> u64 {
        self.next += 1;
        self.routes.push(Fault { id: self.next, ..fault });
        self.next
    }

    /// Takes one fault out, or all of them.
    pub(super) fn clear(&mut self, id: Option<u64>) {
        self.hooks.retain(|f| id.is_some_and(|id| f.id != id));
        self.routes.retain(|f| id.is_some_and(|id| f.id != id));
    }

    /// The same sequence in every run, so that a scenario with rates can be played again.
    fn strikes(&mut self, rate: f64) -> bool {
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let drawn = u32::try_from(self.chance >> 32).unwrap_or(u32::MAX);
        f64::from(drawn) < rate * f64::from(u32::MAX) + 0.5
    }

    pub(in crate::sandbox) fn fate(&mut self, event: &str, action: Option<&str>) -> HookFate {
        for at in 0..self.hooks.len() {
            let fault = self.hooks[at].clone();
            let fits = fault.event.as_deref().is_none_or(|e| e == event)
                && fault.action.as_deref().is_none_or(|a| Some(a) == action);
            if !fits || fault.times == Some(0) || !self.strikes(fault.rate) {
                continue;
            }
            self.hooks[at].times = fault.times.map(|n| n - 1);
            return match fault.kind {
                HookFaultKind::Lose => HookFate::Lose,
                HookFaultKind::Delay => HookFate::Late(Duration::from_millis(fault.delay_ms.min(LONGEST_MS))),
                HookFaultKind::Duplicate => HookFate::Twice,
                HookFaultKind::Reorder => HookFate::Swap,
            };
        }
        HookFate::Send
    }

    /// The first fault in force for a request, counted as used.
    pub(in crate::sandbox) fn strike(&mut self, method: &str, path: &str) -> Option<Fault> {
        for at in 0..self.routes.len() {
            let fault = self.routes[at].clone();
            let fits =
                fault.method.as_deref().is_none_or(|m| m.eq_ignore_ascii_case(method)) && glob(&fault.path, path);
            if fits && fault.times != Some(0) && self.strikes(fault.rate) {
                self.routes[at].times = fault.times.map(|n| n - 1);
                return Some(fault);
            }
        }
        None
    }
}

fn glob(pattern: &str, path: &str) -> bool {
    let mut parts = path.trim_matches('/').split('/');
    for want in pattern.trim_matches('/').split('/') {
        match (want, parts.next()) {
            ("**", _) => return true,
            ("*", Some(_)) => {}
            (want, Some(part)) if want == part => {}
            (_, _) => return false,
        }
    }
    parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_matched_part_by_part() {
        for (pattern, path, holds) in [
            ("/**", "/repos/a/b", true),
            ("/repos/*/*/pulls/*", "/repos/a/b/pulls/1", true),
            ("/repos/*/*/pulls/*", "/repos/a/b/pulls/1/merge", false),
            ("/repos/*/*/git/**", "/repos/a/b/git/refs/heads/main", true),
        ] {
            assert_eq!(glob(pattern, path), holds, "{pattern} {path}");
        }
    }

    #[test]
    fn a_fault_is_used_up() {
        let mut faults = Faults::default();
        let fault = serde_json::json!({"method": "PUT", "status": 502, "times": 2});
        faults.add_route(serde_json::from_value(fault).expect("a fault"));
        assert!(faults.strike("GET", "/x").is_none());
        assert!(faults.strike("PUT", "/x").is_some_and(|f| f.reply_before().is_some()));
        assert!(faults.strike("put", "/x").is_some());
        assert!(faults.strike("PUT", "/x").is_none());
    }
}
