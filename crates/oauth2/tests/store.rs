//! Sessions that share a token store, as processes do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that panics is a test that fails")]

mod talk;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use countersign_oauth2::{
    Answer, Config, Error, ErrorKind, Grant, Leasing, MemoryTokenStore, Password, Session, Step, Token, TokenKey,
    TokenStore,
};
use talk::{GONE, NOW, ONE, ROTATED, TWO, answer, at, client_credentials, converse, person, sends, talk, token};

fn open(grant: impl Into<Grant>, store: &Arc<impl TokenStore + 'static>) -> Arc<Session> {
    Arc::new(Session::new(&Config::of(grant)).unwrap().with_store(Arc::clone(store) as _))
}

/// Two sessions of one person, who has logged in by the first.
fn two(store: &Arc<impl TokenStore + 'static>) -> (Arc<Session>, Arc<Session>) {
    let (one, other) = (open(person(), store), open(person(), store));
    one.keep(token(ONE), &at(NOW)).block().unwrap();
    assert_eq!(talk(&other, NOW, &[(200, "")]).0, ["Bearer one"]);
    (one, other)
}

#[test]
fn an_old_refresh_token_is_never_sent() {
    let store = Arc::new(MemoryTokenStore::default());
    let (one, other) = two(&store);
    assert_eq!(talk(&one, NOW + 50, &[(200, ROTATED), (200, "")]).0[1], "Bearer two");
    assert_eq!(talk(&other, NOW + 50, &[(200, "")]).0, ["Bearer two"], "it asks the store before it refreshes");
    let key = TokenKey::of(&person());
    assert_eq!(store.load(&key).block().unwrap().unwrap().refresh_token, Some("r2".into()));
}

#[test]
fn one_process_refreshes_while_the_others_go_on_or_wait() {
    let store = Arc::new(MemoryTokenStore::default());
    let (one, other) = two(&store);
    let (mut refreshing, step) = talk::start(&one, NOW + 50).unwrap();
    assert_eq!(sends(Ok(step)), "grant_type=refresh_token&refresh_token=r1");
    // Good for ten seconds more.
    assert_eq!(talk(&other, NOW + 50, &[(200, "")]).0, ["Bearer one"]);
    let (mut waiting, step) = talk::start(&other, NOW + 60).unwrap();
    let Step::Wait(mut wait) = step else { panic!("{step:?}") };
    assert!(!wait.block_timeout(Duration::from_millis(1)));
    assert_eq!(sends(answer(&mut refreshing, (200, ROTATED), NOW + 60)), "Bearer two");
    wait.block();
    assert_eq!(sends(waiting.resume(&at(NOW + 60))), "Bearer two");
}

#[test]
fn who_gives_up_half_way_lets_another_process_in() {
    let store = Arc::new(MemoryTokenStore::default());
    let (one, other) = two(&store);
    let (refreshing, _) = talk::start(&one, NOW + 60).unwrap();
    let (mut waiting, step) = talk::start(&other, NOW + 60).unwrap();
    let Step::Wait(wait) = step else { panic!("{step:?}") };
    drop(refreshing);
    wait.block();
    assert_eq!(sends(waiting.resume(&at(NOW + 60))), "grant_type=refresh_token&refresh_token=r1");
}

#[test]
fn what_the_store_has_counts_after_invalid_grant() {
    let store = Arc::new(MemoryTokenStore::default());
    let (one, other) = two(&store);
    let (mut refreshing, _) = talk::start(&other, NOW + 60).unwrap();
    // A process without a lease, or one whose lease is over, was faster.
    let rotated = token(&ROTATED.replace("60", "90"));
    assert!(store.replace(&TokenKey::of(&person()), Some(&token(ONE)), Some(&rotated)).block().unwrap());
    assert_eq!(sends(answer(&mut refreshing, (400, GONE), NOW + 60)), "Bearer two");
    drop((one, refreshing));
    // It has expired meanwhile: its refresh token is tried, once.
    let (_, other) = two(&store);
    let (mut refreshing, _) = talk::start(&other, NOW + 60).unwrap();
    assert!(store.replace(&TokenKey::of(&person()), Some(&token(ONE)), Some(&rotated)).block().unwrap());
    let sent = sends(answer(&mut refreshing, (400, GONE), NOW + 100));
    assert_eq!(sent, "grant_type=refresh_token&refresh_token=r2");
    assert_eq!(answer(&mut refreshing, (400, GONE), NOW + 100).unwrap_err().kind(), ErrorKind::NeedsAuthorization);
}

#[test]
fn a_login_is_everyones_and_wins_over_an_older_family() {
    let store = Arc::new(MemoryTokenStore::default());
    let (one, other) = two(&store);
    let (mut refreshing, _) = talk::start(&other, NOW + 60).unwrap();
    let bob = r#"{"access_token":"bob","expires_in":600,"refresh_token":"b1"}"#;
    one.keep(token(bob), &at(NOW + 60)).block().unwrap();
    assert_eq!(talk(&one, NOW + 60, &[(200, "")]).0, ["Bearer bob"]);
    // The older family's refresh comes too late.
    assert_eq!(sends(answer(&mut refreshing, (200, ROTATED), NOW + 60)), "Bearer bob");
    assert_eq!(talk(&other, NOW + 60, &[(200, "")]).0, ["Bearer bob"]);
    assert_eq!(store.load(&TokenKey::of(&person())).block().unwrap().unwrap().access_token, "bob".into());
}

#[test]
fn a_logout_holds_in_every_process() {
    let store = Arc::new(MemoryTokenStore::default());
    let (one, other) = two(&store);
    let (mut refreshing, _) = talk::start(&other, NOW + 60).unwrap();
    assert!(one.forget().block().unwrap().is_some());
    let why = answer(&mut refreshing, (200, ROTATED), NOW + 60).unwrap_err();
    assert_eq!(why.kind(), ErrorKind::NeedsAuthorization);
    assert!(store.list().block().unwrap().is_empty());
    assert_eq!(talk(&other, NOW + 60, &[]).1.unwrap_err().kind(), ErrorKind::NeedsAuthorization);
}

#[test]
fn identities_do_not_cross() {
    let store = Arc::new(MemoryTokenStore::default());
    let password = |user: &str, password: &str| Password::new("https://as/token", "i", user, password);
    assert_eq!(talk(&open(password("alice", "right"), &store), NOW, &[(200, ONE), (200, "")]).0.len(), 2);
    let wrong = talk(&open(password("alice", "wrong"), &store), NOW, &[(400, GONE)]);
    assert!(wrong.0.len() == 1 && wrong.1.is_err());
    assert_eq!(talk(&open(client_credentials(), &store), NOW, &[(200, TWO), (200, "")]).0[1], "Bearer two");
}

#[test]
fn tokens_of_the_first_version_are_moved() {
    let store = Arc::new(MemoryTokenStore::default());
    let json = r#"{"name":"","access_token_url":"https://as/token","client_id":"app","username":"","scope":"","resource":"","audience":""}"#;
    let old: TokenKey = serde_json::from_str(json).unwrap();
    assert!(store.replace(&old, None, Some(&token(ONE))).block().unwrap());
    assert_eq!(talk(&open(person(), &store), NOW, &[(200, "")]).0, ["Bearer one"]);
    assert_eq!(store.list().block().unwrap(), [TokenKey::of(&person())]);
}

/// A memory store that fails when it is told to, and answers later when it is told to.
#[derive(Debug, Default)]
struct Moody {
    store: MemoryTokenStore,
    is_away: AtomicBool,
    is_full: AtomicBool,
    is_slow: AtomicBool,
    asked: AtomicUsize,
}

impl Moody {
    fn answer<'a, T: Send + 'a>(&'a self, fails: &AtomicBool, answer: impl FnOnce() -> Answer<'a, T>) -> Answer<'a, T> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if fails.load(Ordering::SeqCst) || self.is_away.load(Ordering::SeqCst) {
            return Answer::ready(Err(Error::new(ErrorKind::StoreFailed, "the store is away")));
        }
        if !self.is_slow.load(Ordering::SeqCst) {
            return answer();
        }
        let mut answer = Some(answer());
        let mut polled = false;
        Answer::new(async move {
            std::future::poll_fn(|cx| {
                if std::mem::replace(&mut polled, true) {
                    return std::task::Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                std::task::Poll::Pending
            })
            .await;
            answer.take().expect("polled once to its end").await
        })
    }
}

impl TokenStore for Moody {
    fn load<'a>(&'a self, key: &'a TokenKey) -> Answer<'a, Option<Token>> {
        self.answer(&AtomicBool::new(false), || self.store.load(key))
    }

    fn replace<'a>(
        &'a self,
        key: &'a TokenKey,
        expected: Option<&'a Token>,
        new: Option<&'a Token>,
    ) -> Answer<'a, bool> {
        self.answer(&self.is_full, || self.store.replace(key, expected, new))
    }

    fn lease<'a>(&'a self, key: &'a TokenKey, time: Duration) -> Answer<'a, Leasing> {
        self.answer(&AtomicBool::new(false), || self.store.lease(key, time))
    }

    fn list(&self) -> Answer<'_, Vec<TokenKey>> {
        self.store.list()
    }
}

#[test]
fn a_token_that_cannot_be_written_is_kept_reported_once_and_written_later() {
    let store = Arc::new(Moody::default());
    let heard = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&heard);
    let session = Session::new(&Config::of(person())).unwrap().with_store(Arc::clone(&store) as _);
    let session = Arc::new(session.with_store_watch(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
    }));
    session.keep(token(ONE), &at(NOW)).block().unwrap();
    store.is_full.store(true, Ordering::SeqCst);
    // The server has rotated: the new token must not be lost.
    assert_eq!(talk(&session, NOW + 60, &[(200, ROTATED), (200, "")]).0[1], "Bearer two");
    assert_eq!(talk(&session, NOW + 60, &[(200, "")]).0, ["Bearer two"]);
    assert_eq!(talk(&session, NOW + 61, &[(200, "")]).0, ["Bearer two"], "tried again, in vain");
    assert_eq!(heard.load(Ordering::SeqCst), 1);
    store.is_full.store(false, Ordering::SeqCst);
    assert_eq!(talk(&session, NOW + 70, &[(200, "")]).0, ["Bearer two"]);
    assert_eq!(store.load(&TokenKey::of(&person())).block().unwrap().unwrap().refresh_token, Some("r2".into()));
}

#[test]
fn while_the_store_is_away_a_good_token_is_used_and_no_refresh_token_sent() {
    let store = Arc::new(Moody::default());
    let (one, _) = two(&store);
    store.is_away.store(true, Ordering::SeqCst);
    assert_eq!(talk(&one, NOW + 50, &[(200, "")]).0, ["Bearer one"]);
    assert_eq!(talk(&one, NOW + 60, &[]).1.unwrap_err().kind(), ErrorKind::StoreFailed);
    // Where nothing can be lost, a token is fetched all the same.
    let service = open(client_credentials(), &store);
    assert_eq!(talk(&service, NOW, &[(200, TWO), (200, "")]).0[1], "Bearer two");
    store.is_away.store(false, Ordering::SeqCst);
    assert_eq!(talk(&one, NOW + 60, &[(200, ROTATED), (200, "")]).0[1], "Bearer two");
}

#[test]
fn a_store_that_answers_later_is_waited_for() {
    let store = Arc::new(Moody::default());
    store.is_slow.store(true, Ordering::SeqCst);
    let session = open(client_credentials(), &store);
    let (mut exchange, step) = talk::start(&session, NOW).unwrap();
    let Step::Wait(wait) = step else { panic!("{step:?}") };
    wait.block();
    assert_eq!(sends(exchange.resume(&at(NOW))), "grant_type=client_credentials");
    let Ok(Step::Wait(wait)) = answer(&mut exchange, (200, ONE), NOW) else { panic!() };
    wait.block();
    assert_eq!(sends(exchange.resume(&at(NOW))), "Bearer one");
    assert_eq!(store.store.list().block().unwrap().len(), 1);
    // A token that is at hand and fresh costs the store nothing.
    let asked = store.asked.load(Ordering::SeqCst);
    assert_eq!(talk(&session, NOW + 1, &[(200, "")]).0, ["Bearer one"]);
    assert_eq!(store.asked.load(Ordering::SeqCst), asked);
    // A wait that was given up: the exchange begins again.
    let another = open(client_credentials(), &store);
    let (mut exchange, step) = talk::start(&another, NOW).unwrap();
    drop(step);
    assert!(matches!(exchange.resume(&at(NOW)), Ok(Step::Wait(_))));
}

#[test]
fn a_refresh_that_is_asked_for_keeps_the_old_token_if_it_fails() {
    let store = Arc::new(MemoryTokenStore::default());
    let (one, _) = two(&store);
    assert!(converse(one.refresh(), NOW, &[(503, "")]).1.is_err());
    assert_eq!(talk(&one, NOW + 1, &[(200, "")]).0, ["Bearer one"]);
}
