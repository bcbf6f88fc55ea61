//! A request through the API: weighed by the same rules as a comment that names its commit, and answered exactly once.

use super::comments::{Heard, obey};
use super::deliver::{self, Asker};
use super::desk::{Answer, Decision, Desk, Refusal};
use super::pulls::renew;
use super::rules::Terms;
use super::stop;
use crate::command::{About, Command, Request};
use crate::delivery::approval::Via;
use crate::facts::{Comment, Permission, Person, Pull, Rolls, Since};
use crate::ids::{CommentId, Moment, PrNumber, Reading};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A request with what was read to judge it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// When the reading began.
    pub reading: Reading,
    /// The request.
    pub request: Request,
    /// The pull request as it is; `None` if the forge knows none by this number, or it is about a whole queue.
    pub pull: Option<Pull>,
    /// The person in whose name the token speaks, and what they may do now; `None` if the forge knows nobody by that login.
    pub asker: Option<(Person, Permission)>,
    /// In which of the teams that decide whether they may ask they are; read where they ask for landing.
    #[serde(default)]
    pub rolls: Rolls,
    /// The pull request is being tried; known when the request is judged.
    #[serde(default)]
    pub on_trial: bool,
    /// The repository takes no push; known when the request is judged.
    #[serde(default)]
    pub archived: bool,
}

/// Takes in a request. Whoever calls sees to it that none is taken in twice.
pub fn ask(desk: &mut Desk, asked: &Asked, now: Moment, terms: &Terms) -> Vec<Decision> {
    let Request { id, ref command, ref login, .. } = asked.request;
    let reply = |answer| Decision::Reply { request: Box::new(asked.request.clone()), answer };
    let refused = |why| vec![reply(Answer::Refused { word: command.word(), why })];
    match &asked.request.about {
        About::Trunk(branch) if *branch != terms.trunk => {
            return refused(Refusal::NoQueue { branch: branch.to_string() });
        }
        About::Pull(_) if asked.pull.is_none() => return refused(Refusal::NoSuchPull),
        About::Trunk(_) | About::Pull(_) => {}
    }
    // To take something out, or to hold it, is the queue's own business.
    if asked.archived && matches!(command, Command::Merge(_) | Command::Try(_)) {
        return refused(Refusal::Archived);
    }
    let Some((by, permission)) = &asked.asker else { return refused(Refusal::NeedsWrite { login: login.to_string() }) };
    if asked.request.person.is_some_and(|pressed| pressed != by.id) {
        return refused(Refusal::Renamed { login: login.to_string() });
    }
    let comment = instead_of(asked, by);
    if let Some(answer) = stop::obey(&mut desk.freeze, command, (&comment, *permission), now, terms) {
        return vec![reply(answer)];
    }
    let asker = Asker {
        by,
        permission: *permission,
        rolls: &asked.rolls,
        via: via(&asked.request),
        id: format!("request-{id}"),
        at: asked.request.at,
    };
    let mut decisions = Vec::new();
    if let Some(answer) = deliver::obey(command, asker, now, terms, &mut decisions) {
        decisions.push(reply(answer));
        return decisions;
    }
    let Some(pull) = &asked.pull else { return refused(Refusal::NoSuchPull) };
    if desk.pulls.get(&pull.number).is_none_or(|known| known.reading < asked.reading) {
        renew(desk, pull.clone(), asked.reading, now, terms);
    }
    let Some(record) = desk.pulls.get_mut(&pull.number) else { return Vec::new() };
    let heard = Heard {
        reading: asked.reading,
        comment,
        pull: pull.clone(),
        permission: *permission,
        rolls: asked.rolls.clone(),
        since: Since::Nothing,
        request: Some(id),
        on_trial: asked.on_trial,
        // What comes through the API names no other pull request.
        unknown: BTreeSet::new(),
    };
    let answer = obey(record, command, &heard, now, terms, &mut decisions);
    decisions.push(reply(answer));
    decisions
}

/// By which way it came: the page's buttons have a token of their own.
fn via(request: &Request) -> Via {
    if request.person.is_some() { Via::Page } else { Via::Api(request.token.clone()) }
}

/// The comment that would have asked the same.
fn instead_of(asked: &Asked, by: &Person) -> Comment {
    let pull = asked.pull.as_ref().map_or(PrNumber::new(0), |pull| pull.number);
    let body = asked.request.words();
    Comment { id: CommentId::new(0), pull, by: by.clone(), body, created_at: asked.request.at, edited: false }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PR, Story};
    use super::*;
    use crate::ids::{RequestId, UserId};

    #[test]
    fn whoever_has_the_login_now_is_not_whoever_signed_in_by_it() {
        let mut story = Story::new();
        let (by, permission) = story.who.clone();
        let mut pressed = |person| {
            let request = Request {
                id: RequestId::from_bytes([1; 16]),
                about: About::Pull(PR),
                command: Command::Cancel,
                login: by.login.clone(),
                person,
                token: "page".into(),
                at: Moment::from_ms(0),
            };
            let asked = Asked {
                reading: Reading::new(1),
                request,
                pull: Some(story.pull.clone()),
                asker: Some((by.clone(), permission)),
                rolls: Rolls::default(),
                on_trial: false,
                archived: false,
            };
            let decisions = ask(&mut story.desk, &asked, Moment::from_ms(0), &story.terms);
            decisions.into_iter().find_map(|decision| match decision {
                Decision::Reply { answer, .. } => Some(answer),
                _ => None,
            })
        };
        let login = by.login.to_string();
        let renamed = Answer::Refused { word: "cancel", why: Refusal::Renamed { login } };
        assert_eq!(pressed(Some(UserId::new(by.id.get() + 1))), Some(renamed));
        assert_eq!(pressed(Some(by.id)), Some(Answer::NotQueued));
        assert_eq!(pressed(None), Some(Answer::NotQueued), "a program says only the login");
    }
}
