//! Answers we may be told to use again (304, which costs nothing of the rate limit). Bounded by bytes; the oldest goes first.

use super::answer::Answer;
use super::client::Who;
use http::HeaderValue;
use http::header::ETAG;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

const MOST_BYTES: usize = 8 * 1024 * 1024;
/// A longer answer would push out too many others.
const LONGEST: usize = 512 * 1024;
/// What an entry costs beside its body: headers, keys.
const OVERHEAD: usize = 2048;

type Key = (Who, String);

#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<Key, Arc<Answer>>,
    order: VecDeque<Key>,
    bytes: usize,
}

/// The answers of one App, by who asked and for what: what one installation may see another may not.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<Kept>);

impl Cache {
    /// The last answer to this question, with the tag to ask about it.
    pub(super) fn get(&self, who: Who, path: &str) -> Option<(HeaderValue, Arc<Answer>)> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = kept.answers.get(&(who, path.to_owned()))?;
        Some((answer.headers.get(ETAG)?.clone(), Arc::clone(answer)))
    }

    /// Keeps a good answer that has a tag.
    pub(super) fn put(&self, who: Who, path: &str, answer: &Arc<Answer>) {
        if !answer.status.is_success() || !answer.headers.contains_key(ETAG) || answer.body.len() > LONGEST {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = &mut *kept;
        let key = (who, path.to_owned());
        kept.bytes += answer.body.len() + OVERHEAD;
        match kept.answers.insert(key.clone(), Arc::clone(answer)) {
            Some(old) => kept.bytes -= old.body.len() + OVERHEAD,
            None => kept.order.push_back(key),
        }
        while kept.bytes > MOST_BYTES {
            let Some(oldest) = kept.order.pop_front() else { return };
            kept.bytes -= kept.answers.remove(&oldest).map_or(0, |gone| gone.body.len() + OVERHEAD);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, StatusCode};

    fn answer(length: usize) -> Arc<Answer> {
        let headers = HeaderMap::from_iter([(ETAG, HeaderValue::from_static("\"x\""))]);
        Arc::new(Answer { status: StatusCode::OK, headers, body: vec![b'x'; length].into(), moved: false })
    }

    #[test]
    fn the_oldest_goes_first_and_the_bound_holds() {
        let cache = Cache::default();
        for n in 0..10_000 {
            cache.put(Who::App, &format!("/{n}"), &answer(n % 5000));
            cache.put(Who::App, "/again", &answer(10));
        }
        cache.put(Who::App, "/huge", &answer(LONGEST + 1));
        let kept = cache.0.lock().expect("not poisoned");
        let bytes: usize = kept.answers.values().map(|a| a.body.len() + OVERHEAD).sum();
        assert_eq!((kept.bytes, kept.answers.len()), (bytes, kept.order.len()));
        assert!(bytes <= MOST_BYTES && bytes > MOST_BYTES / 2);
        drop(kept);
        assert!(cache.get(Who::App, "/9999").is_some() && cache.get(Who::App, "/0").is_none());
        assert!(cache.get(Who::Installation(crate::ids::InstallationId::new(1)), "/9999").is_none());
        assert!(cache.get(Who::App, "/huge").is_none());
    }
}
