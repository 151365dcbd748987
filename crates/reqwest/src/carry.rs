use reqwest::{Client, Request, Response};

use crate::error::not_sent;
use crate::{Error, MaybeSend};

/// What carries one leg to the server and a reply back: a client, or what stands before one. It follows no redirect.
pub trait Carry: MaybeSend {
    /// What can go wrong.
    type Error: From<Error> + MaybeSend;

    /// Sends `leg`.
    fn carry(&mut self, leg: Request) -> impl Future<Output = Result<Response, Self::Error>> + MaybeSend;

    /// Whether time ran out.
    fn is_timeout(why: &Self::Error) -> bool;
}

impl Carry for Client {
    type Error = Error;

    async fn carry(&mut self, leg: Request) -> Result<Response, Error> {
        self.execute(leg).await.map_err(not_sent)
    }

    fn is_timeout(why: &Error) -> bool {
        matches!(why, Error::Http(why) if why.is_timeout())
    }
}
