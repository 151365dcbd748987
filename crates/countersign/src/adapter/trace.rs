//! Spans and events of a journey; without the feature `tracing`, nothing. URIs are shown without user info and query, headers and bodies
//! not at all.

#[cfg(feature = "tracing")]
pub(super) use on::Trace;

#[cfg(not(feature = "tracing"))]
pub(super) use off::Trace;

#[cfg(feature = "tracing")]
mod on {
    use countersign_core::Payload;
    use countersign_core::target::Shown;
    use http::{Request, StatusCode};
    use tracing::{Span, debug, debug_span};

    /// The span of an exchange, and of the leg that is out.
    pub(in super::super) struct Trace {
        exchange: Span,
        leg: Option<Span>,
        legs: u32,
    }

    impl Trace {
        pub(in super::super) fn start(request: &Request<Payload>) -> Self {
            let (method, uri) = (request.method(), Shown(request.uri()));
            Self { exchange: debug_span!("exchange", %method, %uri), leg: None, legs: 0 }
        }

        pub(in super::super) fn sent(&mut self, request: &Request<Payload>, own_leg: bool) {
            self.legs += 1;
            let (method, uri, number) = (request.method(), Shown(request.uri()), self.legs);
            self.leg = Some(debug_span!(parent: &self.exchange, "leg", number, %method, %uri, of_scheme = own_leg));
        }

        pub(in super::super) fn received(&mut self, status: StatusCode) {
            if let Some(leg) = self.leg.take() {
                debug!(parent: &leg, status = status.as_u16(), "reply");
            }
        }

        pub(in super::super) fn decided(&self, what: &str) {
            debug!(parent: &self.exchange, "{what}");
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use countersign_core::Payload;
    use http::{Request, StatusCode};

    pub(in super::super) struct Trace;

    impl Trace {
        pub(in super::super) const fn start(_: &Request<Payload>) -> Self {
            Self
        }

        pub(in super::super) const fn sent(&mut self, _: &Request<Payload>, _: bool) {}

        pub(in super::super) const fn received(&mut self, _: StatusCode) {}

        pub(in super::super) const fn decided(&self, _: &str) {}
    }
}
