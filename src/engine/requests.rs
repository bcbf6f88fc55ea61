//! Requests through the API and what became of wishes to land: kept until asked for, bounded. No I/O.

use super::board::RequestRow;
use super::posts;
use super::state::{LastWord, RepoState};
use super::trials;
use crate::admission::Answer;
use crate::command::{About, Class, Request, Verb};
use crate::facts::PullState;
use crate::ids::{Moment, PrNumber, RequestId};
use crate::text::{self, Told};

/// Answers to requests that are kept.
const REQUESTS_KEPT: usize = 100;
/// Pull requests whose last word is kept.
const WORDS_KEPT: usize = 100;

/// The request has its answer.
pub(super) fn is_answered(state: &RepoState, request: RequestId) -> bool {
    state.requests.iter().any(|row| row.request == request)
}

/// Writes down what a request is answered, once everything it led to is taken in.
pub(super) fn answered(state: &mut RepoState, request: &Request, answer: &Answer, now: Moment) {
    let (done, code, sentence) = match answer {
        Answer::Done
        | Answer::Status
        | Answer::Here
        | Answer::Help
        | Answer::NothingToTakeBack
        | Answer::Delegated { .. } => (true, "done", stands(state, request, now)),
        Answer::Stop { word, came } => (came.is_as_asked(), text::stop::came_code(came), text::stop::came(word, came)),
        Answer::NotQueued => {
            (true, "not-queued", "It is not in the queue, so there is nothing to take out.".to_owned())
        }
        Answer::Refused { why, .. } => (false, text::why::refusal_code(why), text::refusal(why).to_string()),
        Answer::Trial { word, came } => (false, "not-tried", text::trial::came(word, came)),
        Answer::Deliver { id } => delivered(state, id),
        Answer::Misread(misread) => (false, "misread", misread.to_string()),
    };
    if let About::Pull(pr) = request.about {
        refused(state, pr, std::slice::from_ref(answer), now);
    }
    keep(state, request, (done, code, sentence), now);
}

/// What a wish about a delivery was answered.
fn delivered(state: &mut RepoState, id: &str) -> (bool, &'static str, String) {
    let told = state.delivery.told.remove(id);
    told.map_or_else(|| (false, "unread", String::new()), |(done, code, told)| (done, code, told.to_string()))
}

/// How what a request was about stands after it was followed.
fn stands(state: &RepoState, request: &Request, now: Moment) -> String {
    match request.about {
        About::Trunk(_) => text::stop::closed(&state.closed),
        About::Pull(pr) if request.command.class() == Class::Tries => trials::standing(state, pr).unwrap_or_default(),
        About::Pull(pr) => posts::standing(state, pr, now),
    }
}

/// Writes down that a request cannot be judged.
pub(super) fn unread(state: &mut RepoState, request: &Request, why: &str, now: Moment) {
    if !is_answered(state, request.id) {
        let sentence = format!(
            "It could not be judged, although that was tried many times: {why}. Ask again when that is mended."
        );
        keep(state, request, (false, "unread", sentence), now);
    }
}

pub(super) fn keep(
    state: &mut RepoState,
    request: &Request,
    (done, code, sentence): (bool, &str, String),
    now: Moment,
) {
    let row = RequestRow {
        request: request.id,
        at: now,
        about: request.about.clone(),
        asked: request.words(),
        login: request.login.clone(),
        token: request.token.clone(),
        done,
        code: code.to_owned(),
        sentence,
    };
    state.requests.insert(0, row);
    state.requests.truncate(REQUESTS_KEPT);
}

/// Remembers why landing was refused, for whoever asks later.
pub(super) fn refused(state: &mut RepoState, pr: PrNumber, answers: &[Answer], now: Moment) {
    let why = answers.iter().find_map(|answer| match answer {
        Answer::Refused { word, why } if *word == Verb::Merge.word() => Some(why),
        Answer::Refused { .. }
        | Answer::Done
        | Answer::Status
        | Answer::Here
        | Answer::Help
        | Answer::NotQueued
        | Answer::NothingToTakeBack
        | Answer::Delegated { .. }
        | Answer::Stop { .. }
        | Answer::Trial { .. }
        | Answer::Deliver { .. }
        | Answer::Misread(_) => None,
    });
    if let Some(why) = why
        && state.queue.entry(pr).is_none()
    {
        remember(state, pr, text::why::refusal_code(why), text::refusal(why), now);
    }
}

/// Remembers the last word on an open pull request; of too many the oldest is forgotten.
pub(super) fn remember(state: &mut RepoState, pr: PrNumber, code: &str, told: Told, now: Moment) {
    let open = |pr: &PrNumber| state.desk.pulls.get(pr).is_some_and(|record| record.pull.state == PullState::Open);
    state.last_words.retain(|known, _| open(known));
    let Told { what: sentence, next } = told;
    state.last_words.insert(pr, LastWord { at: now, code: code.to_owned(), sentence, next });
    if state.last_words.len() > WORDS_KEPT
        && let Some(oldest) = state.last_words.iter().min_by_key(|(_, word)| word.at).map(|(pr, _)| *pr)
    {
        state.last_words.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Command, Wish};
    use crate::facts::Repository;
    use crate::ids::RepoId;

    fn state() -> RepoState {
        let repository = Repository {
            id: RepoId::new(1),
            name: "acme/widget".parse().expect("a name"),
            default_branch: "main".parse().expect("a branch"),
            archived: false,
        };
        RepoState::new(repository, Moment::from_ms(0))
    }

    fn request(n: u8) -> Request {
        Request {
            id: RequestId::from_bytes([n; 16]),
            about: About::Pull(PrNumber::new(u64::from(n))),
            command: Command::Merge(Wish::default()),
            login: "ann".parse().expect("a login"),
            person: None,
            token: "ci".into(),
            at: Moment::from_ms(0),
        }
    }

    #[test]
    fn what_could_never_be_judged_is_answered_once() {
        let mut state = state();
        for _ in 0..2 {
            unread(&mut state, &request(1), "the forge answered 502", Moment::from_ms(1));
        }
        let [row] = state.requests.as_slice() else { panic!("{:?}", state.requests) };
        assert_eq!((row.done, row.code.as_str()), (false, "unread"));
        assert!(row.sentence.contains("502") && row.sentence.contains("Ask again"), "{}", row.sentence);
    }

    #[test]
    fn answers_are_kept_newest_first_and_bounded() {
        let mut state = state();
        for n in 0..=120 {
            answered(&mut state, &request(n), &Answer::NotQueued, Moment::from_ms(i64::from(n)));
        }
        assert_eq!((state.requests.len(), &state.requests[0].about), (REQUESTS_KEPT, &About::Pull(PrNumber::new(120))));
        assert!(is_answered(&state, request(120).id) && !is_answered(&state, request(0).id));
    }
}
