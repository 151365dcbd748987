//! Services, their ports, and the bindings of these.

use std::collections::HashMap;

use countersign::{AuthConfig, Error, ErrorKind, Result};
use roxmltree::{Document, Node, ParsingOptions};

use super::policy::{Assertion, Policies, Ways};
use crate::describe::demand::{Demand, Need, configs};
use crate::describe::listing::Listing;
use crate::describe::reference::pointer;
use crate::describe::scheme::{Making, Scheme};
use crate::error::{invalid, limit, nothing_described, quoted};
use crate::reader::{Chosen, Input, Reader};
use crate::{Beside, Imported, Item, Request, user_info};

/// <https://www.w3.org/TR/2001/NOTE-wsdl-20010315>
const WSDL_1: &str = "http://schemas.xmlsoap.org/wsdl/";
/// <https://www.w3.org/TR/wsdl20/>
const WSDL_2: &str = "http://www.w3.org/ns/wsdl";

/// Reads a description.
pub(crate) fn read<'a>(input: Input<'a>) -> Result<Box<dyn Reader + 'a>> {
    // A node takes some hundred bytes, so that an input of nothing but tags would outgrow memory without a limit.
    let most = u32::try_from(input.limits.items.saturating_mul(10)).unwrap_or(u32::MAX);
    let options = ParsingOptions { allow_dtd: false, nodes_limit: most, ..ParsingOptions::default() };
    let document = Document::parse_with_options(input.text, options).map_err(|why| failure(&why))?;
    let root = document.root_element();
    if !is_wsdl(root, &["definitions", "description"]) {
        return Err(invalid("line 1", "the outermost element is neither `definitions` nor `description` of WSDL"));
    }
    let Listing { items, spots, .. } = list(root, &input)?;
    if spots.iter().all(|asked| asked.as_ref().is_ok_and(|ways| ways.iter().all(Vec::is_empty))) {
        return Err(nothing_described("no binding refers to a policy that asks for authentication"));
    }
    Ok(Box::new(Wsdl { items, asked: spots }))
}

/// What a port's policies ask for; or why that is not known.
type Asked = Result<Ways, (ErrorKind, String)>;

#[derive(Debug)]
struct Wsdl {
    items: Vec<Item>,
    /// For each item.
    asked: Vec<Asked>,
}

/// Every port of every service; without any service, every binding.
fn list<'l>(root: Node<'_, '_>, input: &'l Input<'_>) -> Result<Listing<'l, Asked>> {
    let policies = Policies::new(root, &input.limits);
    let bindings = || root.children().filter(|node| is_wsdl(*node, &["binding"]));
    let by_name: HashMap<_, _> = bindings().map(|binding| (binding.attribute("name"), binding)).collect();
    let mut listing = Listing::new(&input.limits);
    for service in root.children().filter(|node| is_wsdl(*node, &["service"])) {
        for port in service.children().filter(|node| is_wsdl(*node, &["port", "endpoint"])) {
            let binding = port.attribute("binding").map(|name| name.rsplit(':').next().unwrap_or(name));
            let binding = by_name.get(&binding).copied();
            let names = [service, port].map(|node| node.attribute("name").unwrap_or_default());
            push(&mut listing, &names, address(port), policies.of([Some(port), binding]))?;
        }
    }
    if listing.items.is_empty() {
        for binding in bindings() {
            let name = binding.attribute("name").unwrap_or_default();
            push(&mut listing, &[name], None, policies.of([Some(binding), None]))?;
        }
    }
    Ok(listing)
}

fn push(listing: &mut Listing<'_, Asked>, names: &[&str], url: Option<&str>, asked: Result<Ways>) -> Result<()> {
    let way = |way: &Vec<Assertion>| {
        let names: Vec<&str> = way.iter().map(Assertion::name).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(" + ") }
    };
    let words = asked.as_ref().ok().filter(|ways| ways.iter().any(|way| !way.is_empty()));
    let item = Item {
        path: names.iter().map(|&name| name.to_owned()).collect(),
        pointer: pointer(names.iter().copied()),
        indices: vec![listing.items.len()],
        url: url.map(user_info::without),
        auth: words.map(|ways| ways.iter().map(way).collect::<Vec<_>>().join(", ")),
        ..Item::default()
    };
    listing.push(item, asked.map_err(|why| (why.kind(), why.to_string())))
}

fn is_wsdl(node: Node<'_, '_>, names: &[&str]) -> bool {
    matches!(node.tag_name().namespace(), Some(WSDL_1 | WSDL_2)) && names.contains(&node.tag_name().name())
}

/// Version 2.0's `address`, or 1.1's `soap:address` and its like.
fn address<'d>(port: Node<'d, '_>) -> Option<&'d str> {
    let location = || port.children().find(|node| node.tag_name().name() == "address")?.attribute("location");
    port.attribute("address").or_else(location)
}

impl Reader for Wsdl {
    fn items(&self) -> &[Item] {
        &self.items
    }

    fn import(&self, chosen: Chosen<'_>, _: &Beside) -> Result<Imported> {
        let Chosen::Item(index) = chosen else { return Err(invalid("input", "only its ports can be selected")) };
        let unknown = || invalid("input", "it has no such port");
        let (item, asked) = self.items.get(index).zip(self.asked.get(index)).ok_or_else(unknown)?;
        let ways = asked.as_ref().map_err(|(kind, text)| Error::new(*kind, text.clone()))?;
        let mut making = Making::new(None);
        let demands = ways.iter().map(|way| Ok(demand(way, &item.pointer))).collect();
        let mut configs = configs(demands, &item.pointer, &mut making)?.into_iter();
        let first = configs.next().unwrap_or(AuthConfig::None);
        let request = item.url.clone().map(|url| Request { method: "POST".to_owned(), url, ..Request::default() });
        Ok(Imported::new(first, configs, request, making.notes))
    }
}

fn demand<'d>(way: &'d [Assertion], place: &str) -> Demand<'d> {
    let unsupported = |why| Scheme::Fault(ErrorKind::UnsupportedScheme, why);
    let need = |assertion: &'d Assertion| {
        let scheme = match assertion {
            Assertion::Basic => Scheme::Basic,
            Assertion::Digest => Scheme::Digest,
            Assertion::Ntlm => Scheme::Ntlm,
            Assertion::Certificate => Scheme::MutualTls,
            Assertion::Negotiate => unsupported("the HTTP scheme Negotiate is not supported".to_owned()),
            Assertion::Message(name) => {
                unsupported(format!("{} proves the sender in the message, not in HTTP", quoted(name)))
            }
        };
        Need { name: assertion.name(), variable: None, place: place.to_owned(), scheme, scopes: Vec::new() }
    };
    Demand(way.iter().map(need).collect())
}

/// A line, and what kind of fault it is: the library's text may quote the input.
fn failure(why: &roxmltree::Error) -> Error {
    let place = format!("line {}", why.pos().row);
    match why {
        roxmltree::Error::DtdDetected => invalid(place, "a document type is refused"),
        roxmltree::Error::NodesLimitReached
        | roxmltree::Error::AttributesLimitReached
        | roxmltree::Error::NamespacesLimitReached => limit(place, "too many elements, attributes or namespaces"),
        _ => invalid(place, "the description is not XML"),
    }
}
