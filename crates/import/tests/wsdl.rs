//! WSDL: what the policies that a binding refers to ask of HTTP.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics is a test that fails"
)]

use countersign::{AuthConfig, ErrorKind};
use countersign_import::{Beside, Imported, Kind, Limits, Source};

/// A description whose only port's binding refers to a policy with this in it.
fn described(policy: &str) -> String {
    format!(
        r##"<?xml version="1.0"?>
<wsdl:definitions name="S" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:wsp="http://www.w3.org/ns/ws-policy"
    xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
    xmlns:sp="http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702"
    xmlns:old="http://schemas.xmlsoap.org/ws/2005/07/securitypolicy"
    xmlns:http="http://schemas.microsoft.com/ws/06/2004/policy/http" xmlns:tns="urn:s">
  <wsp:Policy wsu:Id="P">{policy}</wsp:Policy>
  <wsdl:binding name="B" type="tns:T"><wsp:PolicyReference URI="#P"/></wsdl:binding>
  <wsdl:service name="S"><wsdl:port name="Port" binding="tns:B"><soap:address location="https://h/s"/></wsdl:port></wsdl:service>
</wsdl:definitions>"##
    )
}

/// As WS-SecurityPolicy 1.2 nests it.
fn https(inside: &str) -> String {
    format!(
        "<sp:TransportBinding><wsp:Policy><sp:TransportToken><wsp:Policy><sp:HttpsToken><wsp:Policy>{inside}\
         </wsp:Policy></sp:HttpsToken></wsp:Policy></sp:TransportToken></wsp:Policy></sp:TransportBinding>"
    )
}

fn import(text: &str) -> countersign::Result<Imported> {
    let source = Source::read(text.as_bytes(), None, &Limits::default())?;
    assert_eq!(source.kind(), Kind::Wsdl);
    source.import(Some("S/Port"), &Beside::new())
}

fn kinds(policy: &str) -> Vec<String> {
    let imported = import(&described(policy)).unwrap_or_else(|why| panic!("{policy}: {why}"));
    let kind = |config: &AuthConfig| serde_json::to_value(config).unwrap()["type"].as_str().unwrap().to_owned();
    imported.alternatives.iter().map(kind).collect()
}

#[test]
fn http_schemes_of_both_vocabularies_are_read() {
    assert_eq!(kinds(&https("<sp:HttpBasicAuthentication/>")), ["basic"]);
    assert_eq!(kinds(&https("<sp:HttpDigestAuthentication/>")), ["digest"]);
    assert_eq!(kinds(&https("<sp:RequireClientCertificate/>")), ["none"]);
    assert_eq!(kinds("<old:HttpsToken RequireClientCertificate='true'/>"), ["none"]);
    assert_eq!(kinds("<wsp:ExactlyOne><wsp:All><http:NtlmAuthentication/></wsp:All></wsp:ExactlyOne>"), ["ntlm"]);
    assert_eq!(kinds("<http:BasicAuthentication/>"), ["basic"]);
    assert_eq!(kinds("<http:DigestAuthentication/>"), ["digest"]);
    let imported = import(&described("<http:BasicAuthentication/>")).unwrap();
    assert_eq!(imported.variables, ["BASIC_PASSWORD", "BASIC_USERNAME"]);
    let request = imported.request.unwrap();
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "https://h/s"));
}

#[test]
fn alternatives_and_what_applies_together_are_told_apart() {
    let both =
        "<wsp:ExactlyOne><http:DigestAuthentication/><wsp:All><http:BasicAuthentication/></wsp:All></wsp:ExactlyOne>";
    assert_eq!(kinds(both), ["digest", "basic"]);
    assert_eq!(kinds("<http:BasicAuthentication wsp:Optional='true'/>"), ["basic", "none"]);
    // The certificate is left to the client, and the same said twice is said once.
    let certificate = https("<sp:RequireClientCertificate/><sp:HttpBasicAuthentication/>");
    assert_eq!(kinds(&format!("{certificate}<http:BasicAuthentication/>")), ["basic"]);
    let error = import(&described("<http:BasicAuthentication/><http:DigestAuthentication/>")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidImport);
}

#[test]
fn what_http_does_not_do_is_unsupported() {
    for policy in [
        "<http:NegotiateAuthentication/>",
        "<sp:SupportingTokens><wsp:Policy><sp:UsernameToken/></wsp:Policy></sp:SupportingTokens>",
        "<sp:SymmetricBinding><wsp:Policy><sp:ProtectionToken><wsp:Policy><sp:X509Token/></wsp:Policy></sp:ProtectionToken></wsp:Policy></sp:SymmetricBinding>",
    ] {
        assert_eq!(import(&described(policy)).unwrap_err().kind(), ErrorKind::UnsupportedScheme, "{policy}");
    }
    let mixed = "<wsp:ExactlyOne><http:NegotiateAuthentication/><http:NtlmAuthentication/></wsp:ExactlyOne>";
    assert_eq!(kinds(mixed), ["ntlm"]);
}

#[test]
fn nothing_described_is_said_so() {
    for text in [described(""), described(&https("")), described("").replace("<wsp:PolicyReference URI=\"#P\"/>", "")] {
        assert_eq!(import(&text).unwrap_err().kind(), ErrorKind::NothingDescribed, "{text}");
    }
}

#[test]
fn references_stay_in_the_document_and_end() {
    let text = described("<http:BasicAuthentication/>");
    for (uri, what) in [("https://h/p.xml#P", "another document"), ("#Q", "no policy")] {
        let error = import(&text.replace("URI=\"#P\"", &format!("URI=\"{uri}\""))).unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidImport && error.to_string().contains(what), "{error}");
    }
    let round = described("<wsp:PolicyReference URI='#P'/>");
    assert_eq!(import(&round).unwrap_err().kind(), ErrorKind::LimitExceeded);
    let deep = described(&format!("{}{}", "<wsp:All>".repeat(5000), "</wsp:All>".repeat(5000)));
    assert_eq!(import(&deep).unwrap_err().kind(), ErrorKind::LimitExceeded);
    let choice = "<wsp:ExactlyOne><http:BasicAuthentication/><http:DigestAuthentication/><sp:X509Token/><wsp:All/></wsp:ExactlyOne>";
    let names = ["UsernameToken", "SamlToken", "RelToken", "IssuedToken", "KerberosToken", "KeyValueToken"];
    let choices: String = names.iter().map(|name| format!("<sp:{name} wsp:Optional='1'/>")).collect();
    assert_eq!(import(&described(&format!("{choice}{choices}"))).unwrap_err().kind(), ErrorKind::LimitExceeded);
}

#[test]
fn version_2_has_endpoints_and_policies_in_attributes() {
    let text = r##"<description xmlns="http://www.w3.org/ns/wsdl" xmlns:wsp="http://schemas.xmlsoap.org/ws/2004/09/policy"
        xmlns:http="http://schemas.microsoft.com/ws/06/2004/policy/http">
      <wsp:Policy Name="P"><http:DigestAuthentication/></wsp:Policy>
      <binding name="B" wsp:PolicyURIs="#P"/>
      <service name="S"><endpoint name="Port" binding="B" address="https://h/2"/></service></description>"##;
    let imported = import(text).unwrap();
    assert!(matches!(imported.auth, AuthConfig::Digest(_)));
    assert_eq!(imported.request.unwrap().url, "https://h/2");
    let bindings = text.replace("service", "x");
    let source = Source::read(bindings.as_bytes(), None, &Limits::default()).unwrap();
    assert!(matches!(source.import(Some("B"), &Beside::new()).unwrap().auth, AuthConfig::Digest(_)));
}

#[test]
fn document_types_and_broken_texts_are_refused_without_a_quote() {
    for text in [
        "<!DOCTYPE definitions [<!ENTITY a 'hunter2'>]><definitions xmlns='http://schemas.xmlsoap.org/wsdl/'>&a;</definitions>",
        "<definitions xmlns='http://schemas.xmlsoap.org/wsdl/'><hunter2></definitions>",
        "<definitions hunter2='hunter2'/>",
    ] {
        let error = Source::read(text.as_bytes(), Some(Kind::Wsdl), &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidImport, "{text}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}
