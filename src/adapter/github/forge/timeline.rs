//! Reads from a pull request's timeline who last put a label on, and whether its head moved since that or since a comment. It
//! does not judge whether they may.

use super::{GithubForge, malformed};
use crate::adapter::github::model::{Account, person_or_ghost};
use crate::facts::{Comment, Labelled};
use crate::ids::{Malformed, Moment, PrNumber};
use crate::port::Trouble;
use crate::when;
use serde::Deserialize;

/// Any timeline item; each kind has its own fields, and `committed` has neither id nor time of its own.
#[derive(Debug, Deserialize)]
struct Item {
    #[serde(default)]
    event: Option<String>,
    #[serde(default)]
    id: Option<u64>,
    #[serde(default)]
    actor: Option<Account>,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    label: Option<Label>,
    #[serde(default)]
    committer: Option<Signature>,
}

#[derive(Debug, Deserialize)]
struct Label {
    #[serde(default)]
    name: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Signature {
    #[serde(default)]
    date: Option<String>,
}

impl Item {
    fn is(&self, event: &str) -> bool {
        self.event.as_deref() == Some(event)
    }

    fn puts(&self, label: &str) -> bool {
        let name = self.label.as_ref().and_then(|l| l.name.as_deref()).unwrap_or_default();
        self.is("labeled") && name.to_lowercase() == label.to_lowercase()
    }

    fn at(&self) -> Option<Moment> {
        let own = self.created_at.as_deref();
        own.or_else(|| self.committer.as_ref()?.date.as_deref()).and_then(when::parse)
    }

    fn moves_the_head(&self) -> bool {
        self.is("committed") || self.is("head_ref_force_pushed")
    }

    /// Whoever spoke before it saw something else: another head, or another branch that it was to land on.
    fn changes_what_is_meant(&self) -> bool {
        self.moves_the_head() || self.is("base_ref_changed")
    }
}

/// The head moved after an item of the timeline. A commit's date is its author's word, so both place and time count against it.
fn moved_after(items: &[Item], place: usize, at: Moment) -> bool {
    let later = |(n, other): (usize, &Item)| n > place || other.at().is_none_or(|moment| moment > at);
    items.iter().enumerate().any(|(n, other)| other.changes_what_is_meant() && later((n, other)))
}

/// The last item that put the label on.
fn last(items: &[Item], label: &str) -> Result<Option<Labelled>, Malformed> {
    let Some((place, item)) = items.iter().enumerate().rev().find(|(_, item)| item.puts(label)) else {
        return Ok(None);
    };
    let at = item.at().unwrap_or(Moment::from_ms(0));
    let pushed_since = moved_after(items, place, at);
    Ok(Some(Labelled { event: item.id.unwrap_or(0), by: person_or_ghost(item.actor.as_ref())?, at, pushed_since }))
}

/// The head moved after a comment. One that is no longer in the timeline was deleted; then only the time counts.
fn since_comment(items: &[Item], comment: &Comment) -> bool {
    let here = |item: &Item| item.is("commented") && item.id == Some(comment.id.get());
    let place = items.iter().position(here).unwrap_or(items.len());
    moved_after(items, place, comment.created_at)
}

impl GithubForge {
    pub(super) async fn last_labelled(&self, number: PrNumber, label: &str) -> Result<Option<Labelled>, Trouble> {
        last(&self.timeline(number).await?, label).map_err(|why| malformed(&format!("the timeline of {number}"), &why))
    }

    pub(super) async fn moved_since(&self, comment: &Comment) -> Result<bool, Trouble> {
        Ok(since_comment(&self.timeline(comment.pull).await?, comment))
    }

    async fn timeline(&self, number: PrNumber) -> Result<Vec<Item>, Trouble> {
        self.list(&format!("issues/{number}/timeline?per_page=100"), "Issues: read").await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::CommentId;

    fn read(items: &[&str]) -> Option<Labelled> {
        let items: Vec<Item> = serde_json::from_str(&format!("[{}]", items.join(","))).expect("all fields may miss");
        last(&items, "ready to merge").expect("logins are legal")
    }

    fn labeled(id: u64, minute: u32, label: &str) -> String {
        format!(
            r#"{{"event":"labeled","id":{id},"created_at":"2026-01-01T00:{minute:02}:00Z","label":{{"name":"{label}","color":"x"}},
            "actor":{{"id":{id},"login":"ann","type":"User"}}}}"#
        )
    }

    fn committed(minute: u32) -> String {
        format!(
            r#"{{"event":"committed","sha":"x","committer":{{"name":"n","date":"2026-01-01T00:{minute:02}:00Z"}}}}"#
        )
    }

    const FORCED: &str =
        r#"{"event":"head_ref_force_pushed","id":99,"created_at":"2026-01-01T00:30:00Z","actor":null}"#;

    #[test]
    fn the_last_event_with_the_label_counts() {
        let (first, again) = (labeled(1, 1, "ready to merge"), labeled(2, 5, "Ready to merge"));
        let other = labeled(3, 9, "bug");
        let got = read(&[r#"{"event":"renamed"}"#, &committed(0), &first, &again, &other]).expect("it was labelled");
        assert_eq!((got.event, got.pushed_since, got.at.ms()), (2, false, 1_767_225_900_000));
        assert_eq!(read(&[&other]), None);
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn a_push_after_it_shows_by_place_or_by_time() {
        let label = labeled(1, 10, "ready to merge");
        let since = |items: &[&str]| read(items).expect("it was labelled").pushed_since;
        assert!(!since(&[&committed(9), &label]));
        assert!(since(&[&label, &committed(11)]));
        assert!(since(&[&committed(11), &label]), "dated after it");
        assert!(since(&[&label, &committed(1)]), "dated back, but pushed after it");
        assert!(since(&[&label, FORCED]));
        let rebased = r#"{"event":"base_ref_changed","id":98,"created_at":"2026-01-01T00:20:00Z","actor":null}"#;
        assert!(since(&[&label, rebased]), "it was to land on another branch then");
        assert!(since(&[FORCED, &label]));
        assert!(since(&[r#"{"event":"committed"}"#, &label]), "a commit without a date is not trusted");
        let late = labeled(2, 40, "ready to merge");
        assert!(!since(&[&label, FORCED, &late]));
    }

    #[test]
    fn a_comment_is_older_than_what_stands_after_it() {
        let comment = |id: u64| Comment {
            id: CommentId::new(id),
            pull: PrNumber::new(1),
            by: person_or_ghost(None).expect("a ghost"),
            body: String::new(),
            created_at: when::parse("2026-01-01T00:10:00Z").expect("a moment"),
            edited: false,
        };
        let since = |items: &[&str], id| {
            let items: Vec<Item> =
                serde_json::from_str(&format!("[{}]", items.join(","))).expect("all fields may miss");
            since_comment(&items, &comment(id))
        };
        let said = r#"{"event":"commented","id":5,"created_at":"2026-01-01T00:10:00Z"}"#;
        assert!(!since(&[&committed(9), said], 5));
        assert!(since(&[said, &committed(1)], 5), "dated back, but pushed after it");
        assert!(since(&[said, FORCED], 5));
        assert!(!since(&[said, &committed(1)], 6), "it is gone, and the commit is older");
        assert!(since(&[said, &committed(11)], 6));
    }

    #[test]
    fn a_deleted_account_is_the_ghost() {
        let got = read(&[
            r#"{"event":"labeled","id":7,"created_at":"2026-01-01T00:00:00Z","label":{"name":"ready to merge"}}"#,
        ]);
        assert_eq!(got.expect("it was labelled").by.login.as_str(), "ghost");
    }
}
