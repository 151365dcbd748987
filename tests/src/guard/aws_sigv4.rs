use countersign::aws_sigv4::verify::Verifier;
use countersign::{Context, ErrorKind, Payload, Secret};
use http::{Request, Response};

use super::{Guard, PASSWORD, Tally, USER, reply};
use crate::stand_in::Place;

/// AWS's Signature Version 4, for any service: the user is the access key's id, the password its secret.
#[derive(Debug, Default)]
pub struct AwsSigv4 {
    verifier: Verifier,
    tally: Tally,
}

impl Guard for AwsSigv4 {
    fn answer(&self, _: Place, request: &Request<Vec<u8>>) -> Option<Response<Vec<u8>>> {
        Tally::add(&self.tally.requests);
        let (parts, body) = request.clone().into_parts();
        let verified = self.verifier.read(&parts).and_then(|claim| {
            let secret = (claim.id() == USER).then(|| Secret::from(PASSWORD));
            self.verifier.verify(claim, secret.as_ref(), &Payload::from(body), &Context::now())
        });
        match verified {
            Ok(_) => {
                Tally::add(&self.tally.let_in);
                None
            }
            Err(refusal) => {
                if refusal.error.kind() != ErrorKind::NoCredentials {
                    Tally::add(&self.tally.refused);
                }
                Some(reply(403, refusal.error.to_string()))
            }
        }
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}
