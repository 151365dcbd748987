//! An Insomnia export: a request that inherits from its folder.

use countersign_import::{Beside, Limits, Source};

const INPUT: &[u8] = br#"
type: collection.insomnia.rest/5.0
collection:
  - name: Orders
    authentication: { type: bearer, token: "{{ _.token }}" }
    children: [{ name: List, method: GET, url: https://h/orders }]
environments: { data: {}, subEnvironments: [{ name: live, data: { token: t0k3n } }] }
"#;

fn main() -> countersign::Result<()> {
    let source = Source::read(INPUT, None, &Limits::default())?;
    let imported = source.import(Some("Orders/List"), &Beside::new().environment_name("live"))?;
    println!("{:?} for {:?}", imported.auth, imported.request);
    Ok(())
}
