//! A presigned S3 URL: whoever has it may fetch the object for an hour, without a key.

use countersign::aws_sigv4::{AddTo, Config};
use countersign::{AuthConfig, Authenticator, Context};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut config = Config::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    config.add_to = AddTo::Query;
    config.expires_in = 3600;

    let auth = Authenticator::new(&AuthConfig::AwsSigv4(config))?;
    let request =
        http::Request::get("https://examplebucket.s3.eu-west-1.amazonaws.com/report 2026.pdf".replace(' ', "%20"));
    let request = auth.sign_request(request.body(())?, &Context::now())?;
    println!("{}", request.uri());
    Ok(())
}
