//! WS-Policy (<https://www.w3.org/TR/ws-policy/>) as alternatives, of which each holds what applies together.

use std::cell::Cell;
use std::collections::HashMap;

use countersign::Result;
use roxmltree::Node;

use crate::Limits;
use crate::error::{invalid, limit, quoted};

/// The namespaces of WS-Policy 1.5, 1.2 and 1.1.
const POLICY: [&str; 3] = [
    "http://www.w3.org/ns/ws-policy",
    "http://schemas.xmlsoap.org/ws/2004/09/policy",
    "http://schemas.xmlsoap.org/ws/2002/12/policy",
];
/// WS-SecurityPolicy 1.2 and 1.3, its draft, and 1.1.
const SECURITY: [&str; 3] = [
    "http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702",
    "http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200512",
    "http://schemas.xmlsoap.org/ws/2005/07/securitypolicy",
];
/// WCF's assertions about HTTP.
const WCF_HTTP: &str = "http://schemas.microsoft.com/ws/06/2004/policy/http";
/// What identifies a policy within its document.
const UTILITY: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
/// More alternatives than this are no description of anything.
const MOST_WAYS: usize = 64;

/// Alternatives.
pub(super) type Ways = Vec<Vec<Assertion>>;

/// What a policy asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Assertion {
    Basic,
    Digest,
    Ntlm,
    Negotiate,
    Certificate,
    /// A token in the message, by the assertion's name.
    Message(String),
}

impl Assertion {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Basic => "basic",
            Self::Digest => "digest",
            Self::Ntlm => "ntlm",
            Self::Negotiate => "negotiate",
            Self::Certificate => "client certificate",
            Self::Message(name) => name,
        }
    }

    fn of(node: Node<'_, '_>) -> Option<Self> {
        let (namespace, name) = (node.tag_name().namespace()?, node.tag_name().name());
        if namespace == WCF_HTTP {
            return match name {
                "BasicAuthentication" => Some(Self::Basic),
                "DigestAuthentication" => Some(Self::Digest),
                "NtlmAuthentication" => Some(Self::Ntlm),
                "NegotiateAuthentication" => Some(Self::Negotiate),
                _ => None,
            };
        }
        if !SECURITY.contains(&namespace) {
            return None;
        }
        match name {
            "HttpBasicAuthentication" => Some(Self::Basic),
            "HttpDigestAuthentication" => Some(Self::Digest),
            "RequireClientCertificate" => Some(Self::Certificate),
            "HttpsToken" => node
                .attribute("RequireClientCertificate")
                .is_some_and(|flag| matches!(flag.trim(), "true" | "1"))
                .then_some(Self::Certificate),
            "UsernameToken"
            | "IssuedToken"
            | "X509Token"
            | "KerberosToken"
            | "SpnegoContextToken"
            | "SecurityContextToken"
            | "SecureConversationToken"
            | "SamlToken"
            | "RelToken"
            | "KeyValueToken" => Some(Self::Message(name.to_owned())),
            _ => None,
        }
    }
}

/// The policies of a document by their ids.
pub(super) struct Policies<'d, 'i> {
    by_id: HashMap<&'d str, Node<'d, 'i>>,
    limits: &'d Limits,
    /// How many elements may still be looked at: references may repeat each other.
    left: Cell<usize>,
}

impl<'d, 'i> Policies<'d, 'i> {
    pub(super) fn new(root: Node<'d, 'i>, limits: &'d Limits) -> Self {
        let policies = root.descendants().filter(|node| is_policy(*node, "Policy"));
        let id = |node: Node<'d, 'i>| {
            let xml = "http://www.w3.org/XML/1998/namespace";
            node.attribute((UTILITY, "Id")).or(node.attribute((xml, "id"))).or(node.attribute("Name"))
        };
        let by_id = policies.filter_map(|node| Some((id(node)?, node))).collect();
        Self { by_id, limits, left: Cell::new(limits.items.saturating_mul(10)) }
    }

    /// What the policies of a port and its binding ask for together.
    pub(super) fn of(&self, subjects: [Option<Node<'d, 'i>>; 2]) -> Result<Ways> {
        let mut ways = vec![Vec::new()];
        for subject in subjects.into_iter().flatten() {
            for node in subject.children() {
                if is_policy(node, "Policy") || is_policy(node, "PolicyReference") {
                    ways = cross(&ways, &self.ways(node, 0)?)?;
                }
            }
            let listed = POLICY.iter().find_map(|namespace| subject.attribute((*namespace, "PolicyURIs")));
            for uri in listed.unwrap_or_default().split_whitespace() {
                ways = cross(&ways, &self.referred(uri, 0)?)?;
            }
        }
        Ok(ways)
    }

    fn ways(&self, node: Node<'d, 'i>, depth: usize) -> Result<Ways> {
        if depth > self.limits.depth {
            return Err(limit("policy", "policies lie too deep in each other, or refer to each other in a circle"));
        }
        self.left.set(self.left.get().saturating_sub(1));
        if self.left.get() == 0 {
            return Err(limit("policy", "policies refer to each other too often"));
        }
        if is_policy(node, "PolicyReference") {
            return self.referred(node.attribute("URI").unwrap_or_default(), depth);
        }
        let below = node.children().filter(Node::is_element);
        if is_policy(node, "ExactlyOne") {
            let mut ways = Ways::new();
            for child in below {
                ways.extend(self.ways(child, depth + 1)?);
                few(&ways)?;
            }
            return Ok(ways);
        }
        let is_operator = is_policy(node, "Policy") || is_policy(node, "All");
        let mut ways = vec![Assertion::of(node).filter(|_| !is_operator).into_iter().collect()];
        for child in below.filter(|child| is_operator || is_policy(*child, "Policy")) {
            ways = cross(&ways, &self.ways(child, depth + 1)?)?;
        }
        let optional = POLICY.iter().find_map(|namespace| node.attribute((*namespace, "Optional")));
        if optional.is_some_and(|flag| matches!(flag.trim(), "true" | "1")) {
            ways.push(Vec::new());
        }
        Ok(ways)
    }

    fn referred(&self, uri: &str, depth: usize) -> Result<Ways> {
        let outside = || invalid("policy", format!("{} is in another document, which is not opened", quoted(uri)));
        let id = uri.strip_prefix('#').ok_or_else(outside)?;
        let missing = || invalid("policy", format!("no policy {} is in this document", quoted(uri)));
        self.ways(*self.by_id.get(id).ok_or_else(missing)?, depth + 1)
    }
}

fn is_policy(node: Node<'_, '_>, name: &str) -> bool {
    node.tag_name().name() == name && node.tag_name().namespace().is_some_and(|given| POLICY.contains(&given))
}

/// Each of the one with each of the other.
fn cross(ways: &Ways, others: &Ways) -> Result<Ways> {
    let mut both = Ways::new();
    for way in ways {
        for other in others {
            let mut joined = way.clone();
            joined.extend(other.iter().filter(|assertion| !way.contains(assertion)).cloned());
            if !both.contains(&joined) {
                both.push(joined);
            }
            few(&both)?;
        }
    }
    Ok(both)
}

fn few(ways: &Ways) -> Result<()> {
    if ways.len() > MOST_WAYS {
        return Err(limit("policy", format!("more than {MOST_WAYS} alternatives")));
    }
    Ok(())
}
