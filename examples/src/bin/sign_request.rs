//! Sign a request; send it with whatever you like.

use countersign::{AuthConfig, Authenticator, Context};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let auth = Authenticator::new(&AuthConfig::basic("Aladdin", "open sesame"))?;
    let request = http::Request::post("https://api.example.com/items").body("{}")?;
    let request = auth.sign_request(request, &Context::now())?;
    println!("{} {}", request.method(), request.uri());
    for name in request.headers().keys() {
        println!("{name}: …");
    }
    Ok(())
}
