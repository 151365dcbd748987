//! A client as generators make it of an API's description, which takes an `Authenticator` beside its reqwest client.

use countersign::{AuthConfig, Authenticator};
use countersign_examples::echo_server;

/// What a generator writes; progenitor, say, with `countersign_reqwest::Session` as its inner type, and `send_with` where it has
/// `client.execute(request)`.
mod generated {
    use countersign_reqwest::{Error, SendWith as _, Session};
    use reqwest::Response;

    /// The API.
    pub(crate) struct Client {
        base_url: String,
        client: reqwest::Client,
        session: Session,
    }

    impl Client {
        pub(crate) fn new_with_client(base_url: &str, client: reqwest::Client, session: impl Into<Session>) -> Self {
            Self { base_url: base_url.to_owned(), client, session: session.into() }
        }

        /// `GET /items`
        pub(crate) async fn list_items(&self, page: u32) -> Result<Response, Error> {
            let url = format!("{}/items?page={page}", self.base_url);
            self.client.get(url).header("accept", "application/json").send_with(&self.session).await
        }

        /// `POST /items`
        pub(crate) async fn create_item(&self, name: &str) -> Result<Response, Error> {
            let body = serde_json::json!({ "name": name }).to_string();
            let request = self.client.post(format!("{}/items", self.base_url)).body(body);
            request.header("content-type", "application/json").send_with(&self.session).await
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let auth = Authenticator::new(&AuthConfig::edgegrid("access-token", "client-token", "client-secret"))?;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let api = generated::Client::new_with_client(&format!("http://{}", echo_server()?), client, &auth);
    println!("{}", api.list_items(2).await?.text().await?);
    println!("{}", api.create_item("lion").await?.text().await?);
    Ok(())
}
