//! `--repeat`: what sessions, tokens and connections that are kept save.

use std::collections::BTreeMap;
use std::io::{Write, sink};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use countersign::Payload;
use http::Request;

use super::conversation::Conversation;
use super::legs::Legs;
use super::response::class;
use crate::failure::Failure;

#[derive(Default)]
struct Tally {
    /// How often each status came.
    statuses: BTreeMap<u16, u32>,
    /// How many requests each took.
    legs: Vec<usize>,
    times: Vec<Duration>,
    worst: u8,
}

/// Sends the request again and again. The first failure to get a response ends it.
pub(super) fn repeat(
    times: u32,
    conversation: &Conversation,
    request: &Request<Payload>,
    legs: &Legs,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    let mut tally = Tally::default();
    let mut done = Ok(());
    for number in 1..=times {
        done = tally.add(number, conversation, request, legs, out);
        if done.is_err() {
            break;
        }
    }
    writeln!(out, "{}", tally.summary())?;
    done.map(|()| ExitCode::from(tally.worst))
}

impl Tally {
    fn add(
        &mut self,
        number: u32,
        conversation: &Conversation,
        request: &Request<Payload>,
        legs: &Legs,
        out: &mut impl Write,
    ) -> Result<(), Failure> {
        let (before, began) = (legs.count(), Instant::now());
        let response = conversation.send(request)?;
        let status = response.status();
        // To its end, so that the connection serves the next.
        std::io::copy(&mut response.into_body().into_reader(), &mut sink())
            .map_err(|why| Failure::Sending(format!("the response was cut off: {why}")))?;
        let (legs, time) = (legs.count() - before, began.elapsed());
        writeln!(out, "{number}\t{}\t{}\t{}", status.as_u16(), counted(legs), milliseconds(time))?;
        *self.statuses.entry(status.as_u16()).or_default() += 1;
        self.legs.push(legs);
        self.times.push(time);
        self.worst = self.worst.max(class(status));
        Ok(())
    }

    /// `5 sent: 5 with 200; 6 legs, 2 for the first and at most 1 for the rest; 12.1 ms for the first, 0.4 ms for the rest (median)`
    fn summary(&self) -> String {
        let statuses: Vec<String> =
            self.statuses.iter().map(|(status, count)| format!("{count} with {status}")).collect();
        let mut text = format!("{} sent", self.legs.len());
        let (Some((first, rest)), Some((first_time, rest_times))) = (self.legs.split_first(), self.times.split_first())
        else {
            return text;
        };
        text.push_str(&format!(": {}; {}", statuses.join(", "), counted(self.legs.iter().sum())));
        let mut times = rest_times.to_vec();
        times.sort_unstable();
        let (Some(most), Some(median)) = (rest.iter().max(), times.get(times.len() / 2)) else {
            return format!("{text}; {}", milliseconds(*first_time));
        };
        format!(
            "{text}, {first} for the first and at most {most} for each of the rest; {} for the first, {} for the rest (median)",
            milliseconds(*first_time),
            milliseconds(*median)
        )
    }
}

fn counted(legs: usize) -> String {
    format!("{legs} {}", if legs == 1 { "leg" } else { "legs" })
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
