//! A WSDL description: the HTTP scheme of a policy that a binding refers to.

use countersign_import::{Beside, Limits, Source};

const INPUT: &[u8] =
    br##"<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:wsp="http://www.w3.org/ns/ws-policy"
    xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
    xmlns:http="http://schemas.microsoft.com/ws/06/2004/policy/http">
  <wsp:Policy wsu:Id="p"><http:DigestAuthentication/></wsp:Policy>
  <binding name="b"><wsp:PolicyReference URI="#p"/></binding>
</definitions>"##;

fn main() -> countersign::Result<()> {
    let source = Source::read(INPUT, None, &Limits::default())?;
    println!("{:?}", source.import(None, &Beside::new())?.auth);
    Ok(())
}
