//! Many requests at once: none refused, no nonce count twice, one token, memory flat.

use countersign::Authenticator;
use http::HeaderMap;

use crate::Plan;
use crate::client::{Figures, Kind, Until};
use crate::server::{Scheme, Server};

/// How much memory may grow between a quarter of the way and the end: a tenth, and 2 MiB, in KiB.
fn most_after(quarter: u64) -> u64 {
    quarter + quarter / 10 + 2048
}

pub(crate) fn run(plan: &Plan, failures: &mut Vec<String>) {
    println!("{} requests, {} in flight", plan.requests, plan.in_flight);
    println!(
        "{:<20}{:<11}{:>8}{:>9}{:>6}{:>10}{:>8}{:>10}{:>15}",
        "adapter", "scheme", "let in", "refused", "lost", "repeated", "tokens", "legs", "resident KiB"
    );
    for &kind in &plan.kinds {
        let bare = one(kind, Scheme::None, plan, failures);
        for scheme in Scheme::ALL {
            one(kind, scheme, plan, failures);
        }
        println!("{:<20}bare: {:.0} requests a second", kind.name(), plan.requests as f64 / bare.seconds);
    }
}

fn one(kind: Kind, scheme: Scheme, plan: &Plan, failures: &mut Vec<String>) -> Figures {
    let server = Server::start(scheme, false);
    let auth = Authenticator::new(&scheme.config(&server)).expect("a good config");
    let client = match scheme {
        Scheme::None => kind.bare(server.uri("/"), HeaderMap::new(), plan.in_flight),
        _ => kind.client(&auth, server.uri("/"), plan.in_flight),
    };
    let figures = client.run(Until::Count(plan.requests), plan.in_flight);
    let tally = server.tally();
    let count = |name: &str| tally[name].as_u64().unwrap_or_default();
    let name = format!("{} {}", kind.name(), scheme.name());
    let memory = figures.resident.map_or("unknown".into(), |(quarter, end)| format!("{quarter} {end}"));
    println!(
        "{:<20}{:<11}{:>8}{:>9}{:>6}{:>10}{:>8}{:>10}{memory:>15}",
        kind.name(),
        scheme.name(),
        figures.good(),
        figures.bad(),
        figures.lost(),
        count("repeated"),
        count("tokens"),
        count("requests"),
    );
    if scheme == Scheme::None {
        return figures;
    }
    let mut fail = |is_so: bool, why: String| {
        if is_so {
            failures.push(format!("{name}: {why}"));
        }
    };
    fail(figures.bad() > 0 || count("refused") > 0, format!("refused: {:?}, the server {tally}", figures.statuses));
    fail(figures.lost() > 0, format!("lost: {:?}", figures.lost));
    fail(count("let_in") != plan.requests as u64, format!("the server let {} in", count("let_in")));
    fail(count("repeated") > 0, format!("{} nonce counts came twice", count("repeated")));
    fail(scheme == Scheme::Oauth2 && count("tokens") != 1, format!("{} tokens were fetched", count("tokens")));
    // NTLM: two legs more for each connection that is made, and no more of those than requests in flight. Digest: one for each request
    // that began before there was a nonce.
    let most_legs = plan.requests + 2 * plan.in_flight + 1;
    fail(count("requests") > most_legs as u64, format!("{} legs", count("requests")));
    if let Some((quarter, end)) = figures.resident {
        fail(end > most_after(quarter), format!("memory grew from {quarter} to {end} KiB"));
    }
    figures
}
