//! Who is signed in: sessions by the digest of their secret, bounded in number, in length, and in presses. Time comes in.

use super::attempt::chance;
use crate::facts::Person;
use crate::http::tokens::Window;
use crate::ids::Moment;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The longest a session lasts, in milliseconds.
pub(super) const LONGEST_MS: i64 = 8 * 3_600_000;
/// How long it lasts without any use, in milliseconds.
const IDLE_MS: i64 = 2 * 3_600_000;
/// Sessions of everybody; of more the one goes that was not used for longest.
const MOST: usize = 2_000;
/// Sessions of one person: anybody with an account on the forge may sign in, and nobody can crowd out the others.
const MOST_OF_ONE: usize = 5;
/// Presses of one session in a minute.
const PRESSES_A_MINUTE: u32 = 60;

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(super) struct Session {
    /// Who.
    pub person: Person,
    /// What the forms of their pages carry.
    pub csrf: String,
    began: Moment,
    used: Moment,
    presses: Window,
}

impl Session {
    fn is_over(&self, now: Moment) -> bool {
        now.since_ms(self.began) >= LONGEST_MS || now.since_ms(self.used) >= IDLE_MS
    }
}

/// Everybody who is signed in.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    all: BTreeMap<[u8; 32], Session>,
}

impl Sessions {
    /// Begins a session under a new secret, which is answered and kept nowhere here.
    pub fn begin(&mut self, person: Person, now: Moment) -> std::io::Result<String> {
        let (secret, csrf) = (chance()?, chance()?);
        self.all.retain(|_, session| !session.is_over(now));
        let theirs = self.all.values().filter(|session| session.person.id == person.id).count();
        if theirs >= MOST_OF_ONE {
            self.drop_oldest(|session| session.person.id == person.id);
        }
        if self.all.len() >= MOST {
            self.drop_oldest(|_| true);
        }
        self.all.insert(digest(&secret), Session { person, csrf, began: now, used: now, presses: Window::default() });
        Ok(secret)
    }

    fn drop_oldest(&mut self, among: impl Fn(&Session) -> bool) {
        let oldest = self.all.iter().filter(|(_, session)| among(session)).min_by_key(|(_, session)| session.used);
        if let Some(key) = oldest.map(|(key, _)| *key) {
            self.all.remove(&key);
        }
    }

    /// Whose session it is, which counts as a use of it. A digest is looked up, so time tells nothing of any secret.
    pub fn find(&mut self, secret: &str, now: Moment) -> Option<&mut Session> {
        let key = digest(secret);
        if self.all.get(&key)?.is_over(now) {
            self.all.remove(&key);
            return None;
        }
        let session = self.all.get_mut(&key)?;
        session.used = now;
        Some(session)
    }

    /// Whose session it is, and whether they may press once more now.
    pub fn press(&mut self, secret: &str, now: Moment) -> Option<(Session, bool)> {
        let session = self.find(secret, now)?;
        let within = session.presses.counts(PRESSES_A_MINUTE, now);
        Some((session.clone(), within))
    }

    /// Ends a session.
    pub fn end(&mut self, secret: &str) {
        self.all.remove(&digest(secret));
    }
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;

    fn person(n: u64) -> Person {
        Person { id: UserId::new(n), login: format!("p{n}").parse().expect("a login"), bot: false }
    }

    fn at(minute: i64) -> Moment {
        Moment::from_ms(minute * 60_000)
    }

    fn begin(sessions: &mut Sessions, n: u64, minute: i64) -> String {
        sessions.begin(person(n), at(minute)).expect("there is chance")
    }

    #[test]
    fn a_session_ends_when_it_is_not_used_and_after_eight_hours_in_any_case() {
        let mut sessions = Sessions::default();
        let secret = begin(&mut sessions, 1, 0);
        assert!(sessions.find(&secret, at(119)).is_some_and(|session| session.person == person(1)));
        assert!(sessions.find(&secret, at(119 + 120)).is_none());
        let secret = begin(&mut sessions, 1, 0);
        for minute in (100..480).step_by(100) {
            assert!(sessions.find(&secret, at(minute)).is_some(), "{minute}");
        }
        assert!(sessions.find(&secret, at(480)).is_none());
        assert!(sessions.find("", at(1)).is_none() && sessions.find("guess", at(1)).is_none());
    }

    #[test]
    fn who_signs_out_is_out_and_others_are_not() {
        let mut sessions = Sessions::default();
        let (one, other) = (begin(&mut sessions, 1, 0), begin(&mut sessions, 1, 0));
        assert_ne!(one, other);
        sessions.end(&one);
        assert!(sessions.find(&one, at(1)).is_none() && sessions.find(&other, at(1)).is_some());
    }

    #[test]
    fn nobody_crowds_out_the_others() {
        let mut sessions = Sessions::default();
        let mine = begin(&mut sessions, 1, 0);
        let theirs: Vec<String> = (0..10).map(|minute| begin(&mut sessions, 2, minute)).collect();
        let alive = theirs.iter().filter(|secret| sessions.find(secret, at(10)).is_some()).count();
        assert_eq!(alive, MOST_OF_ONE);
        assert!(sessions.find(&mine, at(10)).is_some());
        for n in 0..MOST as u64 {
            begin(&mut sessions, 100 + n, 11);
        }
        assert_eq!(sessions.all.len(), MOST);
        assert!(sessions.find(&mine, at(12)).is_none(), "of all it was not used for longest");
    }

    #[test]
    fn presses_are_counted_by_the_minute() {
        let mut sessions = Sessions::default();
        let secret = begin(&mut sessions, 1, 5);
        let mut within = |minute| sessions.press(&secret, at(minute)).is_some_and(|(_, within)| within);
        assert!((0..PRESSES_A_MINUTE).all(|_| within(5)));
        assert!(!within(5));
        assert!(within(6));
    }
}
