//! Where an operation's server is.

use super::document::{Document, Operation, PathItem};
use crate::describe::server::Server;
use crate::describe::shape::{List, Object, Text};
use crate::describe::url;

/// The URL that paths follow, without base still relative: the operation's own first server, else its path's, else the
/// document's.
pub(super) fn url(
    document: &Document,
    item: Option<&PathItem>,
    operation: Option<&Operation>,
    base: Option<&str>,
) -> String {
    if document.swagger.0.is_some() {
        return version_2(document, operation, base);
    }
    let own = operation.and_then(|operation| first(&operation.servers));
    let path = || item.and_then(|item| first(&item.servers));
    let server = own.or_else(path).or_else(|| first(&document.servers));
    // Without any server the URL is `/` (OpenAPI 3.1 section 4.8.1).
    let server = server.map_or_else(|| "/".to_owned(), Server::filled);
    url::resolve(base, &server).unwrap_or(server)
}

fn first(servers: &List<Object<Server>>) -> Option<&Server> {
    servers.0.iter().find_map(|server| server.0.as_ref())
}

/// Version 2.0: scheme, host and base path. Without a host, those of the base; without schemes, the base's, else https.
fn version_2(document: &Document, operation: Option<&Operation>, base: Option<&str>) -> String {
    let path = document.base_path.given().unwrap_or("/");
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let Some(host) = document.host.given() else { return url::resolve(base, &path).unwrap_or(path) };
    let own = operation.map(|operation| &operation.schemes).filter(|schemes| !schemes.0.is_empty());
    let schemes = own.unwrap_or(&document.schemes);
    let offered = |scheme: &str| schemes.0.iter().filter_map(Text::given).any(|name| name.eq_ignore_ascii_case(scheme));
    let of_base = || base.and_then(|base| base.split_once("://")).map(|(scheme, _)| scheme);
    let scheme = if offered("https") {
        "https"
    } else if offered("http") {
        "http"
    } else {
        of_base().unwrap_or("https")
    };
    format!("{scheme}://{host}{path}")
}
