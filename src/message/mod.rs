//! What the messages of commits that are made here say: their templates, what foreign text may do in them, and the trailers
//! that are ours. Words only: it reads no commit and makes none.

mod foreign;
mod template;

pub use foreign::{bounded, co_author, one_line, skip_mark};
pub use template::{Misshapen, Place, Template};

use crate::facts::Person;
use crate::ids::{Login, PrNumber, Sha};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is said of a pull request in commits made for it, all of it as it was when it was approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Its number.
    pub number: PrNumber,
    /// Its title.
    pub title: String,
    /// Its description; empty where no template asks for it.
    pub body: String,
    /// Who opened it.
    pub author: Login,
    /// Its page; empty if it is not known.
    pub url: String,
    /// Who approved it.
    pub approved_by: Option<Person>,
    /// Whose reviews approved exactly this, when it entered the queue.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reviewed_by: Vec<Person>,
}

/// A line that we put at the end of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trailer {
    /// `Approved-by`, with the login of whoever asked for landing and the address that keeps theirs private.
    ApprovedBy,
    /// `Pull-request`, with its page.
    PullRequest,
    /// `Reviewed-by`, a line for each whose review approved exactly the head that lands.
    ReviewedBy,
}

impl Trailer {
    /// Each trailer by the word for it in settings.
    pub const WORDS: [(&'static str, Self); 3] =
        [("approved-by", Self::ApprovedBy), ("pull-request", Self::PullRequest), ("reviewed-by", Self::ReviewedBy)];

    /// The lines, as far as there is anything to say.
    fn lines(self, about: &About) -> Vec<String> {
        let host = host(&about.url);
        let named = |word: &str, Person { id, login, .. }: &Person| {
            format!("{word}: {login} <{id}+{login}@users.noreply.{host}>")
        };
        match self {
            Self::ApprovedBy => about.approved_by.iter().map(|person| named("Approved-by", person)).collect(),
            Self::PullRequest if about.url.is_empty() => Vec::new(),
            Self::PullRequest => vec![format!("Pull-request: {}", about.url)],
            Self::ReviewedBy => about.reviewed_by.iter().map(|person| named("Reviewed-by", person)).collect(),
        }
    }
}

/// The forge's host, without a port.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    if host.is_empty() { "github.com" } else { host }
}

/// How the messages of merge and squash commits read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Messages {
    /// Of merge commits.
    pub merge: Template,
    /// Of squash commits.
    pub squash: Template,
    /// What is put at their ends.
    pub trailers: BTreeSet<Trailer>,
    /// Of a description only what stands after the first of these is used.
    pub cut_body_before: Option<String>,
    /// Of a description only what stands before the first of these is used.
    pub cut_body_after: Option<String>,
}

impl Default for Messages {
    fn default() -> Self {
        let template = |text| Template::parse(text).expect("our own templates are well formed");
        Self {
            merge: template("Merge pull request #{number}: {title}"),
            squash: template("{title} (#{number})\n\n{commits}"),
            trailers: BTreeSet::new(),
            cut_body_before: None,
            cut_body_after: None,
        }
    }
}

/// What only git knows of the commits that go into one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ingredients {
    /// The text for [`Place::Commits`].
    pub commits: String,
    /// The line for the author, `Name <address>`; empty if it is us.
    pub author: String,
    /// Everybody else who wrote any of it, in the same form, perhaps more than once.
    pub others: Vec<String>,
}

impl Messages {
    /// The message of a commit made by one of the templates. Whatever the foreign texts in it hold, it mentions nobody,
    /// CI starts on it, and the trailers of ours in it are ours.
    pub fn write(&self, template: &Template, about: &About, head: Sha, ingredients: &Ingredients) -> String {
        let text = template.fill(|place| match place {
            Place::Number => about.number.to_string(),
            Place::Title => foreign::harmless(&one_line(&about.title)),
            Place::Author => about.author.to_string(),
            Place::Head => head.to_string(),
            Place::Url => about.url.clone(),
            Place::Body => foreign::harmless(&self.description(&about.body)),
            Place::Commits => foreign::harmless(&ingredients.commits),
        });
        let ours = self.trailers.iter().flat_map(|trailer| trailer.lines(about)).collect();
        let message = finished(&text, ingredients, ours);
        if message.trim().is_empty() { format!("Pull request #{}\n", about.number) } else { message }
    }

    /// What of a description goes into a message. Comments in it speak to whoever fills in the form, not to history.
    fn description(&self, body: &str) -> String {
        let body = foreign::plain(body);
        let from = self.cut_body_before.as_ref().and_then(|mark| Some(body.find(mark)? + mark.len())).unwrap_or(0);
        let body = &body[from..];
        let to = self.cut_body_after.as_ref().and_then(|mark| body.find(mark)).unwrap_or(body.len());
        foreign::bounded(&foreign::without_comments(&body[..to]))
    }
}

/// The message of a commit that belongs to no pull request of a forge.
pub fn without_pull(text: &str, ingredients: &Ingredients) -> String {
    finished(&foreign::harmless(text), ingredients, Vec::new())
}

/// Tidied, with all trailers in one last paragraph: git and GitHub look for them nowhere else.
fn finished(text: &str, ingredients: &Ingredients, ours: Vec<String>) -> String {
    let (text, named) = foreign::take_co_authors(text);
    let address = |person: &str| person.rfind('<').map_or(person, |at| &person[at..]).to_ascii_lowercase();
    let mut seen: BTreeSet<String> = BTreeSet::from([address(&ingredients.author), String::new()]);
    let people = ingredients.others.iter().chain(&named).filter(|person| seen.insert(address(person)));
    let trailers: Vec<String> = people.map(|person| format!("Co-authored-by: {person}")).chain(ours).collect();
    let mut message = foreign::tidy(&text);
    if !trailers.is_empty() {
        message.push_str("\n\n");
        message.push_str(&trailers.join("\n"));
    }
    message.push('\n');
    foreign::without_skip_marks(&message)
}

#[cfg(test)]
mod tests;
