//! What every store must do, played against the one in memory and the one in SQLite; then what only a file can do:
//! come back after a crash, refuse a newer version, say no while another process holds the lock.

use greenline::adapter::store::{DELIVERIES_KNOWN_MS, JOURNAL_ROWS, MemoryStore, SqliteStore};
use greenline::command::{About, Command, Request, Wish};
use greenline::ids::{InstallationId, Moment, PrNumber, QueueId, RepoId};
use greenline::port::Trouble;
use greenline::port::store::{Delivery, Epoch, Hint, Received, Store, Turn, Written};
use sqlx::Connection;
use std::sync::Arc;

const REPO: QueueId = QueueId { repo: RepoId::new(7), branch: None };
const OTHER: QueueId = QueueId { repo: RepoId::new(u64::MAX), branch: None };

/// Runs one case against each adapter.
macro_rules! contract {
    ($($case:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test]
            async fn $case() {
                super::$case(std::sync::Arc::new(super::MemoryStore::default())).await;
            })*
        }
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let dir = tempfile::tempdir().expect("a directory");
                let store = super::SqliteStore::open(&dir.path().join("store.db")).await.expect("opens");
                super::$case(std::sync::Arc::new(store)).await;
            })*
        }
    };
}

contract!(
    a_delivery_waits_until_its_turn_takes_it_in,
    the_same_delivery_is_one_row,
    one_id_with_two_bodies_is_kept_as_a_conflict,
    an_event_we_do_not_use_is_remembered_but_does_not_wait,
    an_unreadable_body_is_counted,
    rows_of_the_service_are_apart,
    two_hundred_at_once_are_each_answered,
    a_caller_that_goes_away_harms_nobody,
    a_turn_is_written_whole_or_not_at_all,
    a_newer_claim_fences_the_older,
    of_many_writers_of_a_version_one_wins,
    the_journal_keeps_the_newest_rows,
    old_deliveries_are_forgotten_but_not_while_they_wait,
    every_kind_of_hint_comes_back,
    a_request_under_a_used_key_is_refused_and_leaves_nothing,
    each_queue_of_a_repository_takes_in_its_own_rows,
    nothing_is_kept_for_a_queue_that_retired,
);

fn delivery(id: &str, body: u8) -> Delivery {
    Delivery {
        id: id.parse().expect("a delivery id"),
        event: "pull_request".into(),
        repo: Some((REPO.repo, "octo/hello".parse().expect("a name"))),
        installation: Some(InstallationId::new(3)),
        hint: Some(Hint::Pull(PrNumber::new(u64::from(body)))),
        digest: [body; 32],
        unread: None,
        received_at: Moment::from_ms(1_000),
    }
}

fn turn(epoch: Epoch, version: u64, consumed: Vec<u64>) -> Turn {
    let events = vec![format!("{{\"version\":{version}}}")];
    let state = version.to_be_bytes().to_vec();
    Turn { queue: REPO, epoch, version, events, state, consumed, at: Moment::from_ms(2_000) }
}

async fn each_queue_of_a_repository_takes_in_its_own_rows(store: Arc<impl Store>) {
    let branch = QueueId { repo: REPO.repo, branch: Some("release/1".parse().expect("a branch")) };
    let epoch = store.claim(&branch).await.expect("claims");
    assert_eq!(store.receive(delivery("a", 1)).await, Ok(Received::New));
    assert_eq!(store.receive(delivery("a", 1)).await, Ok(Received::Again));
    assert_eq!((store.waiting().await, store.depth().await), (Ok(vec![REPO, branch.clone()]), Ok(2)));
    let rows = store.inbox(Some(&branch), 10).await.expect("rows");
    let theirs = store.inbox(Some(&REPO), 10).await.expect("rows");
    assert_eq!((rows.len(), theirs.len(), &rows[0].hint), (1, 1, &theirs[0].hint));
    let written = Turn { queue: branch.clone(), ..turn(epoch, 0, vec![rows[0].seq, theirs[0].seq]) };
    assert_eq!(store.write(written).await, Ok(Written::Yes));
    assert_eq!(store.waiting().await, Ok(vec![REPO]), "nobody takes another's row");
    assert_eq!(store.load(&REPO).await, Ok(None));
    assert_eq!(store.load(&branch).await.expect("loads").map(|loaded| loaded.version), Some(1));
    let journals = (store.journal(&branch, 10).await, store.journal(&REPO, 10).await);
    assert_eq!((journals.0.expect("rows").len(), journals.1.expect("rows").len()), (1, 0));
}

async fn nothing_is_kept_for_a_queue_that_retired(store: Arc<impl Store>) {
    let branch = QueueId { repo: REPO.repo, branch: Some("release/1".parse().expect("a branch")) };
    store.claim(&branch).await.expect("claims");
    assert_eq!(store.receive(delivery("a", 1)).await, Ok(Received::New));
    store.claim(&REPO).await.expect("claims");
    assert_eq!(store.claimed(REPO.repo).await, Ok(vec![branch.clone()]), "beside the default branch's");
    assert_eq!(store.retire(&branch).await, Ok(()));
    assert_eq!(store.claimed(REPO.repo).await, Ok(vec![]));
    assert_eq!(store.receive(delivery("b", 2)).await, Ok(Received::New));
    let rows = async |queue: &QueueId| store.inbox(Some(queue), 10).await.expect("rows").len();
    assert_eq!(
        (rows(&branch).await, rows(&REPO).await),
        (1, 2),
        "what was there stays, and the default branch is served"
    );
    store.claim(&branch).await.expect("claims");
    assert_eq!(store.receive(delivery("c", 3)).await, Ok(Received::New));
    assert_eq!((rows(&branch).await, rows(&REPO).await), (2, 3));
    assert_eq!(store.retire(&OTHER).await, Ok(()), "never claimed, it is nobody's anyway");
    assert_eq!(store.load(&OTHER).await, Ok(None));
}

async fn a_delivery_waits_until_its_turn_takes_it_in(store: Arc<impl Store>) {
    assert_eq!(store.receive(delivery("a", 1)).await, Ok(Received::New));
    assert_eq!(store.receive(delivery("b", 2)).await, Ok(Received::New));
    let rows = store.inbox(Some(&REPO), 10).await.expect("rows");
    assert_eq!(rows.iter().map(|r| r.hint.clone()).collect::<Vec<_>>(), [1, 2].map(|n| Hint::Pull(PrNumber::new(n))));
    assert_eq!(rows[0].name.as_ref().map(ToString::to_string).as_deref(), Some("octo/hello"));
    assert_eq!(rows[0].installation, Some(InstallationId::new(3)));
    assert_eq!(rows[0].received_at, Moment::from_ms(1_000));
    assert_eq!(store.inbox(Some(&REPO), 1).await.expect("rows").len(), 1);
    assert_eq!((store.waiting().await, store.depth().await), (Ok(vec![REPO]), Ok(2)));

    let epoch = store.claim(&REPO).await.expect("claims");
    assert_eq!(store.write(turn(epoch, 0, vec![rows[0].seq])).await, Ok(Written::Yes));
    assert_eq!(store.inbox(Some(&REPO), 10).await.expect("rows"), rows[1..]);
    assert_eq!(store.receive(delivery("a", 1)).await, Ok(Received::Again), "known after it was used");
}

async fn the_same_delivery_is_one_row(store: Arc<impl Store>) {
    assert_eq!(store.receive(delivery("a", 1)).await, Ok(Received::New));
    assert_eq!(store.receive(delivery("a", 1)).await, Ok(Received::Again));
    assert_eq!(store.depth().await, Ok(1));
}

async fn one_id_with_two_bodies_is_kept_as_a_conflict(store: Arc<impl Store>) {
    assert_eq!(store.receive(delivery("a", 1)).await, Ok(Received::New));
    assert_eq!(store.receive(delivery("a", 2)).await, Ok(Received::Conflict));
    assert_eq!(store.receive(delivery("a", 2)).await, Ok(Received::Again), "a conflict, too, is kept once");
    assert_eq!(store.receive(delivery("a", 1)).await, Ok(Received::Again));
    let rows = store.inbox(Some(&REPO), 10).await.expect("rows");
    assert_eq!(rows.iter().map(|r| &r.hint).collect::<Vec<_>>(), [&Hint::Pull(PrNumber::new(1)), &Hint::Unreadable]);
    assert_eq!(store.unread_deliveries().await, Ok(1));
}

async fn an_event_we_do_not_use_is_remembered_but_does_not_wait(store: Arc<impl Store>) {
    let star = Delivery { hint: None, event: "star".into(), ..delivery("a", 1) };
    assert_eq!(store.receive(star.clone()).await, Ok(Received::New));
    assert_eq!(store.receive(star).await, Ok(Received::Again));
    assert_eq!((store.waiting().await, store.depth().await), (Ok(vec![]), Ok(0)));
}

async fn an_unreadable_body_is_counted(store: Arc<impl Store>) {
    let broken = Delivery { hint: Some(Hint::Unreadable), unread: Some(b"{".to_vec()), ..delivery("a", 1) };
    assert_eq!(store.receive(broken).await, Ok(Received::New));
    assert_eq!((store.unread_deliveries().await, store.depth().await), (Ok(1), Ok(1)));
}

async fn rows_of_the_service_are_apart(store: Arc<impl Store>) {
    let installed = Delivery { repo: None, hint: Some(Hint::Installations), ..delivery("a", 1) };
    assert_eq!(store.receive(installed).await, Ok(Received::New));
    let elsewhere = Delivery { repo: Some((OTHER.repo, "octo/other".parse().expect("a name"))), ..delivery("b", 2) };
    assert_eq!(store.receive(elsewhere).await, Ok(Received::New));
    let ours = store.inbox(None, 10).await.expect("rows");
    let theirs = store.inbox(Some(&OTHER), 10).await.expect("rows");
    assert_eq!((ours.len(), theirs.len(), store.waiting().await), (1, 1, Ok(vec![OTHER])));

    let epoch = store.claim(&REPO).await.expect("claims");
    assert_eq!(store.write(turn(epoch, 0, vec![ours[0].seq, theirs[0].seq])).await, Ok(Written::Yes));
    assert_eq!(store.depth().await, Ok(2), "a turn takes in only rows of its own repository");
    assert_eq!(store.consume(&[ours[0].seq, theirs[0].seq]).await, Ok(()));
    assert_eq!(store.depth().await, Ok(0));
}

async fn two_hundred_at_once_are_each_answered(store: Arc<impl Store>) {
    let callers: Vec<_> = (0..200_u8)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.receive(delivery(&format!("d-{}", n % 100), n % 100)).await })
        })
        .collect();
    let mut new = 0;
    for caller in callers {
        new += usize::from(caller.await.expect("no panic") == Ok(Received::New));
    }
    assert_eq!((new, store.depth().await), (100, Ok(100)));
    let rows = store.inbox(Some(&REPO), 1_000).await.expect("rows");
    assert!(rows.is_sorted_by(|a, b| a.seq < b.seq));
}

async fn a_caller_that_goes_away_harms_nobody(store: Arc<impl Store>) {
    for n in 0..200_u8 {
        let call = {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.receive(delivery(&format!("d-{n}"), n)).await })
        };
        for _ in 0..n % 4 {
            tokio::task::yield_now().await;
        }
        call.abort();
    }
    for n in 0..200_u8 {
        let answer = store.receive(delivery(&format!("d-{n}"), n)).await;
        assert!(matches!(answer, Ok(Received::New | Received::Again)), "{answer:?}");
    }
    assert_eq!(store.depth().await, Ok(200));
}

async fn a_turn_is_written_whole_or_not_at_all(store: Arc<impl Store>) {
    assert_eq!(store.write(turn(Epoch(1), 0, vec![])).await, Ok(Written::Fenced), "nobody has claimed it");
    let epoch = store.claim(&REPO).await.expect("claims");
    assert_eq!(store.load(&REPO).await, Ok(None), "claimed, never written");
    assert_eq!(store.receive(delivery("a", 1)).await, Ok(Received::New));
    let seq = store.inbox(Some(&REPO), 1).await.expect("rows")[0].seq;
    assert_eq!(store.write(turn(epoch, 1, vec![seq])).await, Ok(Written::Fenced), "not the version that is there");
    assert_eq!((store.depth().await, store.load(&REPO).await), (Ok(1), Ok(None)));
    assert_eq!(store.journal(&REPO, 9).await, Ok(vec![]));

    assert_eq!(store.write(turn(epoch, 0, vec![seq])).await, Ok(Written::Yes));
    assert_eq!(store.write(turn(epoch, 1, vec![])).await, Ok(Written::Yes));
    let loaded = store.load(&REPO).await.expect("loads").expect("a state");
    assert_eq!((loaded.version, loaded.state), (2, 1_u64.to_be_bytes().to_vec()));
    let lines: Vec<_> = store.journal(&REPO, 9).await.expect("rows").into_iter().map(|row| row.event).collect();
    assert_eq!((lines, store.depth().await), (vec!["{\"version\":1}".into(), "{\"version\":0}".into()], Ok(0)));
}

async fn a_newer_claim_fences_the_older(store: Arc<impl Store>) {
    let old = store.claim(&REPO).await.expect("claims");
    assert_eq!(store.write(turn(old, 0, vec![])).await, Ok(Written::Yes));
    let new = store.claim(&REPO).await.expect("claims");
    assert!(store.commit(turn(old, 1, vec![]), "effects").await.expect("answers").is_none());
    let committed = store.commit(turn(new, 1, vec![]), "effects").await.expect("answers");
    assert_eq!(committed.map(greenline::port::store::Committed::into_inner), Some("effects"));
    assert_eq!(store.claim(&OTHER).await, Ok(Epoch(1)), "each repository counts for itself");
}

async fn of_many_writers_of_a_version_one_wins(store: Arc<impl Store>) {
    let epoch = store.claim(&REPO).await.expect("claims");
    let writers: Vec<_> = (0..20)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.write(turn(epoch, 0, vec![])).await })
        })
        .collect();
    let mut won = 0;
    for writer in writers {
        won += usize::from(writer.await.expect("no panic") == Ok(Written::Yes));
    }
    assert_eq!(won, 1);
}

async fn the_journal_keeps_the_newest_rows(store: Arc<impl Store>) {
    let epoch = store.claim(&REPO).await.expect("claims");
    for version in 0..5 {
        let events = (0..2_500).map(|n| format!("{{\"n\":{}}}", version * 2_500 + n)).collect();
        let turn = Turn { events, ..turn(epoch, version, vec![]) };
        assert_eq!(store.write(turn).await, Ok(Written::Yes));
    }
    let rows = store.journal(&REPO, 50_000).await.expect("rows");
    assert_eq!(rows.len() as u64, JOURNAL_ROWS);
    assert_eq!((rows[0].seq, rows[0].event.as_str()), (12_499, "{\"n\":12499}"));
    assert_eq!(store.journal(&REPO, 2).await.expect("rows"), rows[..2]);
}

async fn old_deliveries_are_forgotten_but_not_while_they_wait(store: Arc<impl Store>) {
    let day = 24 * 60 * 60 * 1000;
    let at = |id: &str, body, ms| Delivery { received_at: Moment::from_ms(ms), ..delivery(id, body) };
    assert_eq!(store.receive(at("a", 1, 0)).await, Ok(Received::New));
    assert_eq!(store.receive(at("b", 2, DELIVERIES_KNOWN_MS + day)).await, Ok(Received::New));
    assert_eq!(store.receive(at("a", 1, DELIVERIES_KNOWN_MS + day)).await, Ok(Received::Again), "it still waits");
    let waiting: Vec<u64> = store.inbox(Some(&REPO), 9).await.expect("rows").iter().map(|row| row.seq).collect();
    store.consume(&waiting).await.expect("consumes");
    assert_eq!(store.receive(at("c", 3, DELIVERIES_KNOWN_MS + 2 * day)).await, Ok(Received::New));
    assert_eq!(store.receive(at("a", 1, DELIVERIES_KNOWN_MS + 2 * day)).await, Ok(Received::New), "long forgotten");
    assert_eq!(store.receive(at("b", 2, DELIVERIES_KNOWN_MS + 2 * day)).await, Ok(Received::Again));
}

fn request(body: u8) -> Delivery {
    let request = Request {
        id: "0123456789abcdef0123456789abcdef".parse().expect("an id"),
        about: About::Pull(PrNumber::new(u64::from(body))),
        command: Command::Merge(Wish { priority: Some(3), alone: true, ..Wish::default() }),
        login: "ann".parse().expect("a login"),
        person: None,
        token: "ci".into(),
        at: Moment::from_ms(1_000),
    };
    Delivery { hint: Some(Hint::Request(request)), ..delivery("a", body) }
}

async fn a_request_under_a_used_key_is_refused_and_leaves_nothing(store: Arc<impl Store>) {
    assert_eq!(store.receive(request(1)).await, Ok(Received::New));
    for _ in 0..2 {
        assert_eq!(store.receive(request(2)).await, Ok(Received::Conflict));
    }
    assert_eq!(store.receive(request(1)).await, Ok(Received::Again));
    let rows = store.inbox(Some(&REPO), 10).await.expect("rows");
    assert_eq!((rows.len(), Some(rows[0].hint.clone())), (1, request(1).hint));
    assert_eq!(store.unread_deliveries().await, Ok(0));
}

async fn every_kind_of_hint_comes_back(store: Arc<impl Store>) {
    let hints = [
        Hint::Checks("757107ea0eb2509fc211221cce984b8a37570b6d".parse().expect("a sha")),
        Hint::Pushed("refs/heads/main".parse().expect("a ref")),
        Hint::Repository,
        Hint::Installations,
        Hint::Unreadable,
    ];
    for (n, hint) in hints.iter().enumerate() {
        let sent = Delivery { hint: Some(hint.clone()), ..delivery(&format!("d-{n}"), 1) };
        assert_eq!(store.receive(sent).await, Ok(Received::New));
    }
    let rows = store.inbox(Some(&REPO), 10).await.expect("rows");
    assert_eq!(rows.into_iter().map(|row| row.hint).collect::<Vec<_>>(), hints);
}

#[tokio::test]
async fn a_file_left_by_a_crash_is_opened_with_everything_that_was_answered() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("store.db");
    let crashed = SqliteStore::open(&path).await.expect("opens");
    assert_eq!(crashed.receive(delivery("a", 1)).await, Ok(Received::New));
    let old = crashed.claim(&REPO).await.expect("claims");
    assert_eq!(crashed.write(turn(old, 0, vec![])).await, Ok(Written::Yes));
    // The files as a kill would leave them: copied while open, the write-ahead log not folded in.
    let copy = dir.path().join("copy.db");
    for suffix in ["", "-wal"] {
        let name = |base: &std::path::Path| format!("{}{suffix}", base.display());
        std::fs::copy(name(&path), name(&copy)).expect("copies");
    }
    let reopened = SqliteStore::open(&copy).await.expect("opens");
    assert_eq!(reopened.receive(delivery("a", 1)).await, Ok(Received::Again));
    assert_eq!((reopened.depth().await, reopened.load(&REPO).await.map(|l| l.is_some())), (Ok(1), Ok(true)));

    let second = SqliteStore::open(&path).await.expect("a second process may open it");
    let new = second.claim(&REPO).await.expect("claims");
    assert_eq!(crashed.write(turn(old, 1, vec![])).await, Ok(Written::Fenced));
    assert_eq!(second.write(turn(new, 1, vec![])).await, Ok(Written::Yes));
}

#[tokio::test]
async fn what_was_handed_in_before_closing_is_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("store.db");
    let store = Arc::new(SqliteStore::open(&path).await.expect("opens"));
    let (answer, ()) = tokio::join!(store.receive(delivery("a", 1)), store.close());
    assert_eq!(answer, Ok(Received::New));
    assert!(matches!(store.receive(delivery("b", 1)).await, Err(Trouble::Busy { .. })));
    let reopened = SqliteStore::open(&path).await.expect("opens");
    assert_eq!(reopened.depth().await, Ok(1));
}

#[tokio::test]
async fn a_newer_or_foreign_file_is_refused_with_the_way_out() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("store.db");
    SqliteStore::open(&path).await.expect("opens").close().await;
    let mut outside = outside(&path).await;
    sqlx::raw_sql("pragma user_version = 99").execute(&mut outside).await.expect("marks");
    let Err(Trouble::Denied(why)) = SqliteStore::open(&path).await else { panic!("a newer file was opened") };
    assert!(why.contains("schema version 99") && why.contains("newer Greenline"), "{why}");

    let text = dir.path().join("text.db");
    std::fs::write(&text, "this is a text file, and longer than the header of a database file is. ".repeat(20))
        .expect("writes");
    let Err(Trouble::Denied(why)) = SqliteStore::open(&text).await else { panic!("a text file was opened") };
    assert!(why.contains("not a sound SQLite database"), "{why}");
    let Err(Trouble::Denied(why)) = SqliteStore::open(&dir.path().join("none/store.db")).await else {
        panic!("a directory appeared")
    };
    assert!(why.contains("Check that its directory exists"), "{why}");
}

#[tokio::test]
async fn a_locked_database_says_busy_and_comes_back() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("store.db");
    let store = SqliteStore::open(&path).await.expect("opens");
    let mut outside = outside(&path).await;
    sqlx::raw_sql("begin immediate").execute(&mut outside).await.expect("locks");
    let refused = store.receive(delivery("a", 1)).await;
    assert!(matches!(refused, Err(Trouble::Busy { .. })), "{refused:?}");
    assert_eq!(store.depth().await, Ok(0), "reading goes on");
    sqlx::raw_sql("rollback").execute(&mut outside).await.expect("unlocks");
    assert_eq!(store.receive(delivery("a", 1)).await, Ok(Received::New), "a refused delivery was not remembered");
}

async fn outside(path: &std::path::Path) -> sqlx::SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    sqlx::SqliteConnection::connect_with(&options).await.expect("connects")
}
