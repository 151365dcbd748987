//! A future that is dropped at any of its polls leaves nothing behind: the next request works, and who waits for its token goes on.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use crate::clients::{Options, asynchronous, runtime};
use crate::faults::{ALL, Server, Trips};
use crate::get;
use countersign_tests::stand_in::Answer;

/// Polls a future so many times, and drops it unless it is done by then.
async fn cancelled_at<F: Future + ?Sized>(mut polls: usize, mut future: Pin<Box<F>>) -> Option<F::Output> {
    poll_fn(move |cx| {
        if polls == 0 {
            return Poll::Ready(None);
        }
        polls -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            // Dropped at once where this was the last, and not when something wakes it.
            Poll::Pending if polls == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// More polls than any exchange here takes.
const MOST: usize = 500;

#[test]
fn the_next_request_works_after_a_future_dropped_at_any_poll() {
    for adapter in asynchronous() {
        for trips in ALL {
            let options = Options { connections: true, ..Options::default() };
            let mut polls = 0;
            loop {
                let (server, _) = Server::start(|_, answer| Answer::Reply(answer));
                let user = adapter.async_user(&trips.auth(&server), &options);
                let request = || get(server.uri(&trips.path()));
                let done = runtime().block_on(cancelled_at(polls, user.start(request())));
                let context = format!("{} {trips:?}, dropped at poll {polls}", adapter.name());
                for _ in 0..2 {
                    let next = runtime().block_on(user.start(request()));
                    assert_eq!(next.unwrap_or_else(|why| panic!("{context}: {why}")).body().len(), 10_000, "{context}");
                }
                if done.is_some() {
                    break;
                }
                polls += 1;
                assert!(polls < MOST, "{context}");
            }
            assert!(polls > 1, "{} {trips:?} has no await", adapter.name());
        }
    }
}

#[test]
fn who_waits_for_the_token_of_a_dropped_future_fetches_it() {
    for adapter in asynchronous() {
        for polls in 0..MOST {
            let (server, _) = Server::start(|_, answer| Answer::Reply(answer));
            let user = adapter.async_user(&Trips::OAuth2.auth(&server), &Options::default());
            let request = || get(server.uri("/OAuth2"));
            let (done, waited) = runtime()
                .block_on(async { tokio::join!(cancelled_at(polls, user.start(request())), user.start(request())) });
            let context = format!("{}, dropped at poll {polls}", adapter.name());
            assert_eq!(waited.unwrap_or_else(|why| panic!("{context}: {why}")).body().len(), 10_000, "{context}");
            if done.is_some() {
                break;
            }
        }
    }
}
