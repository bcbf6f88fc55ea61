//! Webhooks on their way: signed, sent in order, logged, sent again when asked. Like GitHub it never retries by itself.

mod log;
mod send;

use super::admin::HookFate;
use super::lookalike::Lookalike;
use super::types::SandboxEvent;
use super::world::Outgoing;
use super::world::model::{Delivery, Hook};
use super::world::time::now;
use hmac::{KeyInit as _, Mac as _};
use log::Log;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};

/// A delivery held back by a reordering fault goes after the next one, or after this long if none comes.
const HELD_AT_MOST: Duration = Duration::from_secs(1);

/// Takes webhooks from the world to the App.
pub(super) struct Courier {
    queue: mpsc::UnboundedSender<Delivery>,
    waiting: Mutex<Option<mpsc::UnboundedReceiver<Delivery>>>,
    log: Log,
    events: broadcast::Sender<SandboxEvent>,
}

impl Courier {
    pub(super) fn open(file: &Path, events: broadcast::Sender<SandboxEvent>) -> io::Result<Self> {
        let (queue, waiting) = mpsc::unbounded_channel();
        Ok(Self { queue, waiting: Mutex::new(Some(waiting)), log: Log::open(file)?, events })
    }

    /// Begins to send. The task ends with the look-alike.
    pub(super) fn start(&self, look: &Lookalike) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waiting) = waiting {
            tokio::spawn(round(look.downgrade(), waiting));
        }
    }

    /// Signs a webhook and puts it in the queue.
    pub(super) fn post(&self, hook: &Hook, id: u64, due: Outgoing) {
        let Some(url) = &hook.url else { return };
        let payload = due.payload.to_string();
        let guid = super::world::guid();
        let headers = BTreeMap::from([
            ("Accept".to_owned(), "*/*".to_owned()),
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("User-Agent".to_owned(), format!("GitHub-Hookshot/{}", &guid[..7])),
            ("X-GitHub-Delivery".to_owned(), guid.clone()),
            ("X-GitHub-Event".to_owned(), due.event.to_owned()),
            ("X-GitHub-Hook-ID".to_owned(), hook.id.to_string()),
            ("X-GitHub-Hook-Installation-Target-ID".to_owned(), due.app.to_string()),
            ("X-GitHub-Hook-Installation-Target-Type".to_owned(), "integration".to_owned()),
            ("X-Hub-Signature-256".to_owned(), signature(&hook.secret, payload.as_bytes())),
        ]);
        let delivery = Delivery {
            id,
            guid,
            event: due.event.to_owned(),
            action: due.action,
            installation: Some(due.installation),
            repository: due.repository,
            delivered_at: now(),
            duration_ms: 0,
            redelivery: false,
            status_code: 0,
            status: "pending".into(),
            url: url.clone(),
            request_headers: headers,
            payload,
            response_headers: BTreeMap::new(),
            response_body: String::new(),
        };
        self.enqueue(delivery);
    }

    fn enqueue(&self, delivery: Delivery) {
        // The receiver lives as long as the look-alike; when that goes, nothing is owed any more.
        let _ = self.queue.send(delivery);
    }

    /// Sends a delivery again under the same GUID, to where webhooks go now. `false` if there is none by that id.
    pub(super) fn redeliver(&self, id: u64, fresh_id: u64, url: Option<&str>) -> bool {
        let Some(known) = self.log.get(id) else { return false };
        let url = url.map_or(known.url.clone(), str::to_owned);
        self.enqueue(Delivery { id: fresh_id, redelivery: true, url, ..known });
        true
    }

    /// The log, newest first.
    pub(super) fn deliveries(&self) -> Vec<Delivery> {
        self.log.newest_first()
    }

    fn done(&self, delivery: Delivery) {
        let event = SandboxEvent::Delivery {
            guid: delivery.guid.clone(),
            hook: delivery.event.clone(),
            action: delivery.action.clone(),
            status_code: delivery.status_code,
            status: delivery.status.clone(),
            redelivery: delivery.redelivery,
        };
        self.log.keep(delivery);
        // Nobody listening is no trouble.
        let _ = self.events.send(event);
    }
}

/// `sha256=` and the HMAC of the raw body.
pub(super) fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// Sends one after the other; faults may lose, delay, double or swap them.
async fn round(look: impl Fn() -> Option<Lookalike> + Send, mut waiting: mpsc::UnboundedReceiver<Delivery>) {
    let mut held: Vec<Delivery> = Vec::new();
    loop {
        let wait = if held.is_empty() { Duration::MAX } else { HELD_AT_MOST };
        let Ok(next) = tokio::time::timeout(wait, waiting.recv()).await else {
            let Some(look) = look() else { return };
            send_all(&look, held.drain(..)).await;
            continue;
        };
        let (Some(delivery), Some(look)) = (next, look()) else { return };
        let fate = look.faults().fate(&delivery.event, delivery.action.as_deref());
        match fate {
            HookFate::Send => send_all(&look, std::iter::once(delivery).chain(held.drain(..))).await,
            HookFate::Twice => {
                let again = [delivery.clone(), delivery];
                send_all(&look, again.into_iter().chain(held.drain(..))).await;
            }
            HookFate::Swap => held.push(delivery),
            HookFate::Lose => {
                let status = "lost by a fault of the sandbox".to_owned();
                look.courier().done(Delivery { status, delivered_at: now(), ..delivery });
            }
            HookFate::Late(delay) => {
                let look = look.downgrade();
                tokio::spawn(async move {
                    tokio::time::sleep(delay).await;
                    if let Some(look) = look() {
                        send_all(&look, std::iter::once(delivery)).await;
                    }
                });
            }
        }
    }
}

async fn send_all(look: &Lookalike, deliveries: impl Iterator<Item = Delivery>) {
    for delivery in deliveries {
        let delivery = send::send(delivery).await;
        look.courier().done(delivery);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn signs_as_github_documents() {
        let expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert_eq!(super::signature("It's a Secret to Everybody", b"Hello, World!"), expected);
    }
}
