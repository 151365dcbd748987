//! A long time under a rough server: nothing comes back unauthenticated, and no more is lost than by the bare client beside it.

use countersign::Authenticator;

use crate::Plan;
use crate::client::{Figures, Kind, Until};
use crate::server::{Scheme, Server};

/// How many requests each client has in flight.
const IN_FLIGHT: usize = 8;

struct Ran {
    scheme: Scheme,
    figures: Figures,
    /// Connections that the server closed.
    closed: u64,
    tokens: u64,
}

pub(crate) fn run(plan: &Plan, failures: &mut Vec<String>) {
    println!("\n{} s of soak, {IN_FLIGHT} in flight for each scheme at once", plan.soak.as_secs());
    println!(
        "{:<20}{:<11}{:>8}{:>9}{:>6}{:>8}{:>8}",
        "adapter", "scheme", "let in", "refused", "lost", "closed", "tokens"
    );
    for &kind in &plan.kinds {
        let schemes = [Scheme::None].into_iter().chain(Scheme::ALL);
        let ran: Vec<Ran> = std::thread::scope(|scope| {
            let running: Vec<_> = schemes.map(|scheme| scope.spawn(move || one(kind, scheme, plan))).collect();
            running.into_iter().map(|thread| thread.join().expect("nobody panics")).collect()
        });
        let [bare, rest @ ..] = &ran[..] else { return };
        for ran in &ran {
            println!(
                "{:<20}{:<11}{:>8}{:>9}{:>6}{:>8}{:>8}",
                kind.name(),
                ran.scheme.name(),
                ran.figures.good(),
                ran.figures.bad(),
                ran.figures.lost(),
                ran.closed,
                ran.tokens
            );
        }
        failures.extend(rest.iter().filter_map(|ran| judge(kind, ran, bare)));
    }
}

fn one(kind: Kind, scheme: Scheme, plan: &Plan) -> Ran {
    let server = Server::start(scheme, true);
    let auth = (scheme != Scheme::None).then(|| Authenticator::new(&scheme.config(&server)).expect("a good config"));
    let client = kind.client(auth.as_ref(), server.uri("/"), IN_FLIGHT);
    let figures = client.run(Until::After(plan.soak), IN_FLIGHT);
    let tally = server.tally();
    let count = |name: &str| tally[name].as_u64().unwrap_or_default();
    Ran { scheme, figures, closed: count("closed"), tokens: count("tokens") }
}

/// What is wrong, if anything. A close that crosses the next request loses it, with any client: how often is measured on the bare one, in
/// closes, and allowed with three standard deviations.
fn judge(kind: Kind, ran: &Ran, bare: &Ran) -> Option<String> {
    let name = format!("{} {} in the soak", kind.name(), ran.scheme.name());
    if ran.figures.bad() > 0 {
        return Some(format!("{name}: {:?}", ran.figures.statuses));
    }
    let share = (bare.figures.lost() as f64 + 1.0) / (bare.closed as f64 + 1.0);
    let expected = share * ran.closed as f64;
    let lost = ran.figures.lost() as f64;
    (lost > expected + 3.0 * expected.sqrt() + 1.0)
        .then(|| format!("{name}: {lost} lost, the bare client would have lost {expected:.0}: {:?}", ran.figures.lost))
}
