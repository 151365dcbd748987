"""OAuth 2 with a token at hand: RFC 6750's examples, and, in a file whose source says so, what countersign decides."""

import vectorfile


def vector(name, config, expect, uri="https://server.example.com/resource", headers=(), comment=None):
    request = {"method": "GET", "uri": uri}
    if headers:
        request["headers"] = [list(header) for header in headers]
    built = {"name": name, "config": {"type": "oauth2", **config}, "request": request, "expect": expect}
    return {"name": name, "comment": comment} | built if comment else built


TOKEN = {"access_token": "mF_9.B5f-4.1JqM"}
vectorfile.write(
    "oauth2-rfc6750",
    "oauth2",
    "RFC 6750 sections 2.1 and 2.3",
    [
        vector("section-2.1-header", TOKEN, {"headers": [["Authorization", "Bearer mF_9.B5f-4.1JqM"]], "uri": "https://server.example.com/resource"}),
        vector("section-2.3-query", TOKEN | {"add_to": "query"}, {"uri": "https://server.example.com/resource?access_token=mF_9.B5f-4.1JqM"}),
        vector(
            "section-2.3-query-with-others", TOKEN | {"add_to": "query"},
            {"uri": "https://server.example.com/resource?p=q&access_token=mF_9.B5f-4.1JqM"}, "https://server.example.com/resource?p=q",
        ),
    ],
)  # fmt: skip


def refused(name, error, **config):
    return vector(name, config, {"error": error})


GRANT = {"grant_type": "client_credentials", "access_token_url": "https://as.example/token", "client_id": "i", "client_secret": "s"}
vectorfile.write(
    "oauth2-policies",
    "oauth2",
    "countersign policies",
    [
        vector("own-prefix", TOKEN | {"header_prefix": " token "}, {"headers": [["Authorization", "token mF_9.B5f-4.1JqM"]]}),
        vector("blank-prefix", TOKEN | {"header_prefix": " "}, {"headers": [["Authorization", "mF_9.B5f-4.1JqM"]]}),
        vector("stale-query", TOKEN, {"uri": "https://h/?a=1", "headers": [["Authorization", "Bearer mF_9.B5f-4.1JqM"]]}, "https://h/?access_token=old&a=1"),
        vector("stale-header", TOKEN | {"add_to": "query"}, {"uri": "https://h/?access_token=mF_9.B5f-4.1JqM", "absent_headers": ["Authorization"]}, "https://h/", [("Authorization", "Bearer old")]),
        vector("query-encoded", {"access_token": "a/b+c=", "add_to": "query"}, {"uri": "https://h/?access_token=a%2Fb%2Bc%3D"}, "https://h/"),
        vector("token-beside-grant", TOKEN | {"grant": GRANT}, {"headers": [["Authorization", "Bearer mF_9.B5f-4.1JqM"]]}),
        refused("nothing", "invalid-config"),
        refused("empty-token", "invalid-config", access_token=""),
        refused("token-line-end", "invalid-config", access_token="a\r\nb"),
        refused("plain-http", "invalid-config", grant=GRANT | {"access_token_url": "http://as.example/token"}),
        refused("no-token-endpoint", "invalid-config", grant=GRANT | {"access_token_url": ""}),
        refused("unknown-field", "invalid-config", grant=GRANT | {"clientid": "i"}),
        refused("unknown-grant", "invalid-config", grant=GRANT | {"grant_type": "magic"}),
    ],
)
