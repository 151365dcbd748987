//! A long time under a rough server: nothing comes back unauthenticated, and no more is lost than by the bare client.

use countersign::{Authenticator, Context, Reply, Step};
use http::{HeaderMap, Request};

use crate::Plan;
use crate::client::{Figures, Kind, Until};
use crate::server::{Scheme, Server};

/// How many requests each client has in flight.
const IN_FLIGHT: usize = 4;

struct Ran {
    figures: Figures,
    /// Connections that the server closed.
    closed: u64,
    tokens: u64,
}

pub(crate) fn run(plan: &Plan, failures: &mut Vec<String>) {
    println!(
        "\n{} s of soak; {IN_FLIGHT} in flight for each scheme, and for the bare client beside it",
        plan.soak.as_secs()
    );
    println!(
        "{:<20}{:<11}{:>8}{:>9}{:>8}{:>12}{:>20}",
        "adapter", "scheme", "let in", "refused", "tokens", "lost/closed", "bare: lost/closed"
    );
    for &kind in &plan.kinds {
        let ran: Vec<(Scheme, Ran, Ran)> = std::thread::scope(|scope| {
            let run = |scheme, is_bare| scope.spawn(move || one(kind, scheme, is_bare, plan));
            let running = Scheme::ALL.map(|scheme| (scheme, run(scheme, false), run(scheme, true)));
            let ended =
                running.map(|(scheme, with, bare)| (scheme, with.join().expect("runs"), bare.join().expect("runs")));
            ended.into()
        });
        for (scheme, with, bare) in &ran {
            let share = |ran: &Ran| format!("{}/{}", ran.figures.lost(), ran.closed);
            println!(
                "{:<20}{:<11}{:>8}{:>9}{:>8}{:>12}{:>20}",
                kind.name(),
                scheme.name(),
                with.figures.good(),
                with.figures.bad(),
                with.tokens,
                share(with),
                share(bare)
            );
            failures
                .extend(judge(with, bare).map(|why| format!("{} {} in the soak: {why}", kind.name(), scheme.name())));
        }
    }
}

fn one(kind: Kind, scheme: Scheme, is_bare: bool, plan: &Plan) -> Ran {
    let server = Server::start(scheme, true);
    let auth = Authenticator::new(&scheme.config(&server)).expect("a good config");
    let client = match is_bare {
        true => kind.bare(server.uri("/"), credentials(&auth, &server), IN_FLIGHT),
        false => kind.client(&auth, server.uri("/"), IN_FLIGHT),
    };
    let figures = client.run(Until::After(plan.soak), IN_FLIGHT);
    let tally = server.tally();
    let count = |name: &str| tally[name].as_u64().unwrap_or_default();
    Ran { figures, closed: count("closed"), tokens: count("tokens") }
}

/// The headers of a request that is let in. The bare client sends them again and again, so that the server has the same to do for it: when
/// its close arrives depends on that. What it answers does not matter.
fn credentials(auth: &Authenticator, server: &Server) -> HeaderMap {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let (mut headers, now) = (HeaderMap::new(), Context::now());
    let request = Request::get(server.uri("/")).body(()).expect("a URL");
    let (mut exchange, mut step) = auth.start(request, &now).expect("it can be signed");
    while let Step::Send(request) = step {
        headers = request.headers().clone();
        let request = request.map(|payload| payload.bytes().cloned().unwrap_or_default().to_vec());
        let mut response = agent.run(request).expect("a response");
        let body = response.body_mut().read_to_vec().expect("a body");
        step = exchange.on_response(Reply::new(response.status(), response.headers(), &body), &now).expect("let in");
    }
    headers
}

/// What is wrong, if anything. A close that crosses the next request loses it, with any client: how often is measured on the bare one, in
/// closes, and allowed with three standard deviations. Where few were closed, a tenth is allowed.
fn judge(with: &Ran, bare: &Ran) -> Option<String> {
    if with.figures.bad() > 0 {
        return Some(format!("not let in: {:?}", with.figures.statuses));
    }
    let share = (bare.figures.lost() as f64 + 1.0) / (bare.closed as f64 + 1.0);
    let expected = share * with.closed as f64;
    let most = (expected + 3.0 * expected.sqrt()).max(2.0).max(if bare.closed < 100 {
        with.closed as f64 / 10.0
    } else {
        0.0
    });
    let lost = with.figures.lost() as f64;
    (lost > most)
        .then(|| format!("{lost} lost, the bare client would have lost {expected:.1}: {:?}", with.figures.lost))
}
