//! Inputs with a fault somewhere: nothing panics, no item that is listed is unknown, and without a fault no secret shows. `fuzz/` looks further.

use countersign::ErrorKind;
use countersign_import::{Beside, Kind, Limits, Source};
use proptest::prelude::*;

/// One input of every kind that can be read as a source, and what lies beside it.
const INPUTS: &[(Kind, &str, &str)] = &[
    (
        Kind::Postman,
        r#"{"auth":{"type":"hawk","hawk":[{"key":"authId","value":"{{i}}"},{"key":"authKey","value":"hunter2"},{"key":"timestamp","value":"7"}]},"variable":[{"key":"i","value":"{{j}}"}],"item":[{"name":"a","item":[{"name":"b","request":{"method":"POST","url":{"raw":"https://u:p@h/:x?y=1","host":["h"],"path":[":x"]},"header":"A: b","body":{"mode":"raw","raw":"x"}}}]}]}"#,
        r#"{"values":[{"key":"j","value":"k"}]}"#,
    ),
    (
        Kind::OpenApi,
        r##"{"openapi":"3.1.0","servers":[{"url":"https://{a}/v1","variables":{"a":{"default":"h"}}}],"components":{"securitySchemes":{"o":{"type":"oauth2","flows":{"clientCredentials":{"tokenUrl":"/t"}}},"r":{"$ref":"#/components/securitySchemes/o"}}},"security":[{"o":["s"]},{}],"paths":{"/a/{b}":{"$ref":"#/paths/~1c"},"/c":{"get":{"operationId":"x","security":[{"r":[]}]}}}}"##,
        "",
    ),
    (
        Kind::Swagger1,
        r#"{"swaggerVersion":"1.2","authorizations":{"k":{"type":"apiKey","passAs":"header","keyname":"X"}},"basePath":"https://h","apis":[{"path":"/a","operations":[{"method":"GET","nickname":"n","authorizations":{"k":[]}}]}]}"#,
        "",
    ),
    (
        Kind::Raml,
        "#%RAML 1.0\ntitle: t\nbaseUri: https://h/{v}\nsecuritySchemes:\n  o:\n    type: OAuth 2.0\n    settings: {accessTokenUri: https://a/t, authorizationGrants: [client_credentials]}\n/a:\n  /b:\n    get: {securedBy: [o, null]}\n",
        "",
    ),
    (
        Kind::AsyncApi,
        r#"{"asyncapi":"2.6.0","servers":{"s":{"url":"https://h","protocol":"https","security":[{"b":[]}]}},"components":{"securitySchemes":{"b":{"type":"http","scheme":"basic"}}}}"#,
        "",
    ),
    (
        Kind::Wsdl,
        r##"<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:wsp="http://www.w3.org/ns/ws-policy" xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" xmlns:http="http://schemas.microsoft.com/ws/06/2004/policy/http"><wsp:Policy wsu:Id="p"><http:BasicAuthentication/></wsp:Policy><binding name="b"><wsp:PolicyReference URI="#p"/></binding></definitions>"##,
        "",
    ),
    (
        Kind::GraphQl,
        r#"{"schema":[{"https://h/g":{"headers":{"Authorization":"Bearer ${T}","X-Key":"hunter2"}}}]}"#,
        "",
    ),
    (
        Kind::Curl,
        "curl -sXPOST 'https://u:p@h/?a=1' -u \"$U:hunter2\" --digest -H 'A: b' -d $'x\\n' --next i --aws-sigv4 aws:amz:r:s",
        "",
    ),
    (
        Kind::HttPie,
        "http -A digest -a u:hunter2 PUT :3000/x a=1 'b[c][]:=2' q==3 X-A:b 'X-E;'\nhttps h.example --raw x",
        "",
    ),
    (
        Kind::Http,
        "@a = {{b}}\n### n\n# @name x\n< {% s %}\nPOST https://{{a}}/p\n  ?q=1 HTTP/1.1\nAuthorization: Basic u hunter2\nA: {{c}}\n\nbody\n> {% t %}\n###\ncurl -u u:hunter2 h\n",
        r#"{"dev":{"b":"h","c":1,"Security":{"Auth":{"i":{"Type":"OAuth2"}}}}}"#,
    ),
    (
        Kind::Har,
        r#"{"log":{"entries":[{"request":{"method":"POST","url":"https://h/?a#b","headers":[{"name":"Authorization","value":"Digest username=\"u\", realm=\"r\""}],"postData":{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"a","value":"b"}]}},"response":{"status":401,"headers":[{"name":"WWW-Authenticate","value":"Basic realm=\"r\", Negotiate"}]}}]}}"#,
        "",
    ),
    (
        Kind::Insomnia,
        r#"{"__export_format":4,"resources":[{"_id":"f","_type":"request_group","name":"f","authentication":{"type":"bearer","token":"{{ _.t }}hunter2"},"environment":{"t":{"u":1}}},{"_id":"r","_type":"request","parentId":"f","name":"r","url":"h/:a","pathParameters":[{"name":"a","value":"{% uuid %}"}],"parameters":[{"name":"b","value":"c"}],"body":{"mimeType":"text/plain","text":"x"}},{"_id":"e","_type":"environment","data":{"x":"{{y}}"}}]}"#,
        r#"{"t":"u"}"#,
    ),
    (
        Kind::Bruno,
        "meta {\n  name: n\n}\nput {\n  url: https://{{h}}/:a?b=1\n  auth: oauth1\n  body: json\n}\nauth:oauth1 {\n  consumer_key: k\n  consumer_secret: hunter2\n  private_key: '''\n    x\n  '''\n}\nparams:path {\n  a: 1\n}\nbody:json {\n  {}\n}\nvars:secret [\n  s\n]\n",
        "auth {\n  mode: basic\n}\nauth:basic {\n  username: u\n  password: hunter2\n}\nvars {\n  h: i\n}\n",
    ),
    (
        Kind::Netrc,
        "# c\nmachine h login u password \"hunter2 \\\" x\"\nmacdef m\na\n\ndefault login a password hunter2\n",
        "",
    ),
    (
        Kind::Aws,
        "[default]\naws_access_key_id = AK\naws_secret_access_key = hunter2\n[work]\nrole_arn = x\ns3 =\n  a = b\n",
        "[profile work]\nregion = r\n",
    ),
];

fn besides(file: &str) -> Vec<Beside> {
    let adds = [Beside::environment, Beside::globals, Beside::parent, Beside::config, Beside::private_environment];
    let with_file = adds.into_iter().filter_map(|add| add(Beside::new(), file.as_bytes()).ok());
    std::iter::once(Beside::new().base_url("https://base/")).chain(with_file.filter(|_| !file.is_empty())).collect()
}

fn read(kind: Kind, input: &[u8], file: &str, is_whole: bool) {
    let Ok(source) = Source::read(input, Some(kind), &Limits::default()) else { return };
    for beside in besides(file) {
        let _ = source.import(None, &beside);
        for index in 0..source.items().len() {
            match source.import(Some(&format!("#{index}")), &beside) {
                // With a fault a secret may stand where a URL or a name does.
                Ok(imported) => assert!(!is_whole || !format!("{imported:?}").contains("hunter2"), "{kind} #{index}"),
                Err(why) => assert_ne!(why.kind(), ErrorKind::UnknownItem, "{kind} #{index}"),
            }
        }
        for scheme in source.schemes() {
            let _ = source.import(Some(&format!("scheme:{scheme}")), &beside);
        }
    }
}

/// Without a fault each of them is read, and shown to be of its kind.
#[test]
fn the_inputs_are_of_their_kinds() {
    for (kind, input, file) in INPUTS {
        assert_eq!(Kind::recognise(input), Some(*kind));
        let source = Source::read(input.as_bytes(), None, &Limits::default());
        assert!(source.is_ok(), "{kind}: {source:?}");
        read(*kind, input.as_bytes(), file, true);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_fault_anywhere_is_an_error_or_nothing(
        which in 0..INPUTS.len(),
        faults in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..4, any::<u8>()), 1..4),
    ) {
        let (kind, input, file) = INPUTS[which];
        let mut bytes = input.as_bytes().to_vec();
        for (at, how, byte) in faults {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => bytes.truncate(at.max(1)),
                // A piece of it again.
                _ => bytes.extend_from_within(at..(at + usize::from(byte)).min(bytes.len())),
            }
        }
        read(kind, &bytes, file, false);
    }
}
