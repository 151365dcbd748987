"""Basic (published and computed), API keys and bearer tokens, and the errors that countersign's documentation promises.

Expected values: RFC 7617's own examples; base64 and percent-encoding by Python's standard library; for Basic also the header
that `requests` (see requirements.txt) sends for UTF-8 bytes. Cases that only say which error there must be have the source
"countersign policies": they are decided, not computed.
"""

import base64
import datetime
import urllib.parse

import botocore
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import requests
import requests.auth
import vectorfile


def strict(text):
    return urllib.parse.quote(text, safe="-._~")


def request(uri="https://example.com/", method="GET", headers=(), **more):
    return {"method": method, "uri": uri, "headers": [list(pair) for pair in headers], **more}


def vector(name, config, expect, uri="https://example.com/", headers=(), context=None, **more):
    built = {"name": name, "config": config}
    if context:
        built["context"] = context
    return built | {"request": request(uri, headers=headers, **more), "expect": expect}


def basic(username, password):
    return {"type": "basic", "username": username, "password": password}


def by_requests(username, password):
    prepared = requests.Request("GET", "https://example.com/").prepare()
    requests.auth.HTTPBasicAuth(username.encode(), password.encode())(prepared)
    return prepared.headers["Authorization"]


vectorfile.write(
    "basic-rfc7617",
    "basic",
    "RFC 7617, sections 2 and 2.1",
    [
        vector("section-2", basic("Aladdin", "open sesame"), {"headers": [["Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="]]}),
        vector("section-2.1-utf8", basic("test", "123\u00a3"), {"headers": [["Authorization", "Basic dGVzdDoxMjPCow=="]]}),
    ],
)

PAIRS = [
    ("user", "pass"), ("user", ""), ("", "pass"), ("", ""), ("user", "pa:ss:word"), ("us er", " pass "), ("jürgen", "größe"),
    ("用户", "密码"), ("user", "🔑"), ("DOMAIN\\user", "p\\q\"r"), ("user@example.com", "a=b&c=d"), ("u" * 200, "p" * 200),
    ("A\u030a", "not normalised: A\u030a"),
]
vectorfile.write(
    "basic-requests",
    "basic",
    f"requests {requests.__version__}",
    [
        vector(f"{index:02}", basic(username, password), {"headers": [["Authorization", by_requests(username, password)]]})
        for index, (username, password) in enumerate(PAIRS, 1)
    ],
)


def api_key(key, value, add_to=None):
    return {"type": "api-key", "key": key, "value": value} | ({"add_to": add_to} if add_to else {})


def in_cookie(name, value, before, after):
    return vector(name, api_key("k", value, "cookie"), {"headers": [["Cookie", after]]}, headers=[["Cookie", cookies] for cookies in before])


def in_query(name, key, value, before, after):
    text = f"{strict(key)}={strict(value)}"
    uri = f"https://example.com/{after}{text}"
    return vector(name, api_key(key, value, "query"), {"uri": uri}, f"https://example.com/{before}")


KEYS = [
    vector("header", api_key("X-API-Key", "s3cr3t"), {"headers": [["X-API-Key", "s3cr3t"]]}),
    vector("header-is-the-default-place", api_key("k", "v"), {"headers": [["k", "v"]], "uri": "https://example.com/?a=1"}, "https://example.com/?a=1"),
    vector("header-replaces-without-case", api_key("x-api-KEY", "new"), {"headers": [["X-Api-Key", "new"]]}, headers=[["X-API-KEY", "old"], ["x-api-key", "older"]]),
    vector("header-authorization", api_key("Authorization", "ApiKey abc"), {"headers": [["Authorization", "ApiKey abc"]]}),
    in_query("query", "api_key", "s3cr3t", "", "?"),
    in_query("query-goes-last", "k", "v", "p?b=2&a=1", "p?b=2&a=1&"),
    in_query("query-replaces", "k", "v", "p?k=1&a=1&k=2", "p?a=1&"),
    in_query("query-compares-decoded", "k y", "v", "p?k+y=1&k%20y=2&%6b%20y=3&a", "p?a&"),
    in_query("query-compares-with-case", "k", "v", "p?K=1", "p?K=1&"),
    in_query("query-encodes-strictly", "k[0]", "a b+c/d?e=f&g#h~ü'()*!", "", "?"),
    in_query("query-keeps-empty-pairs", "k", "v", "p?a&&=1&b=", "p?a&&=1&b=&"),
    in_query("query-keeps-bytes", "k", "v", "p?a=%7e%2F+%zz&b=ü", "p?a=%7e%2F+%zz&b=ü&"),
    in_query("query-alone-is-replaced", "k", "v", "p?k=1", "p?"),
]
vectorfile.write("api-key-requests", "api-key", "Python 3.11 urllib.parse (percent-encoding)", KEYS)

BEARER = [("mF_9.B5f-4.1JqM", {}), ("a b", {}), ("eyJ.eyJ.sig-_~+/==", {})]
vectorfile.write(
    "bearer-rfc6750",
    "bearer",
    "RFC 6750 section 2.1 (the first; the form of the others)",
    [
        vector(f"token-{index}", {"type": "bearer", "token": token} | more, {"headers": [["Authorization", f"Bearer {token}"]]})
        for index, (token, more) in enumerate(BEARER, 1)
    ]
    + [vector("replaces", {"type": "bearer", "token": "new"}, {"headers": [["Authorization", "Bearer new"]]}, headers=[["Authorization", "Basic b2xk"]])],
)

SIGV4 = {"type": "aws-sigv4", "access_key_id": "AKIDEXAMPLE", "secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "region": "us-east-1", "service": "service"}
NOW = {"unix_time": 1440938160}


def refused(name, config, error, uri="https://example.com/", headers=(), context=None, **more):
    return vector(name, config, {"error": error}, uri, headers, context, **more)


def sigv4(name, change, error="invalid-config", uri="https://example.com/", headers=(), context=NOW, **more):
    return refused(name, SIGV4 | change, error, uri, headers, context, **more)


SOURCE = "countersign policies, version 1"
vectorfile.write(
    "basic-policies",
    "basic",
    SOURCE,
    [refused(f"refused-{index}", basic(*pair), "invalid-config") for index, pair in enumerate([("a:b", "c"), ("a\n", "b"), ("a", "b\r\n"), ("a", "\x00"), ("a\x7f", "b"), ("a", "\x85")], 1)]
    + [refused("no-username", {"type": "basic", "password": "p"}, "invalid-config"), refused("unknown-field", basic("a", "b") | {"realm": "x"}, "invalid-config")],
)
vectorfile.write(
    "api-key-policies",
    "api-key",
    SOURCE,
    [
        refused("no-key", api_key("", "v"), "invalid-config"),
        refused("no-value", api_key("k", ""), "invalid-config"),
        refused("no-header-name", api_key("a b", "v"), "invalid-config"),
        refused("line-end", api_key("k", "v\r\nx: y"), "invalid-config"),
        refused("unknown-place", api_key("k", "v", "body"), "invalid-config"),
        refused("cookie-no-name", api_key("k k", "v", "cookie"), "invalid-config"),
        refused("cookie-space", api_key("k", "a b", "cookie"), "invalid-config"),
        refused("cookie-semicolon", api_key("k", "a;b", "cookie"), "invalid-config"),
        refused("cookie-not-ascii", api_key("k", "ü", "cookie"), "invalid-config"),
        in_cookie("cookie", "v", [], "k=v"),
        in_cookie("cookie-goes-last", "v", ["a=1;b=2 ;c"], "a=1;b=2 ;c; k=v"),
        in_cookie("cookie-replaces-its-own", "v", ["a=1; k=old;b=2; k=older"], "a=1; k=v;b=2"),
        in_cookie("cookie-compares-with-case", "v", ["K=1; kk=2"], "K=1; kk=2; k=v"),
        in_cookie("cookie-keeps-quotes", '"v=w"', ['a="x y"'], 'a="x y"; k="v=w"'),
        in_cookie("cookie-one-list", "v", ["a=1", "k=old; b=2"], "a=1; k=v; b=2"),
    ],
)


def together(*of):
    return {"type": "all", "of": list(of)}


def by_botocore(headers, uri):
    """botocore signs every header that it is given, so the keys must be there before it."""
    request = botocore.awsrequest.AWSRequest("GET", uri, headers=dict(headers))
    credentials = botocore.credentials.Credentials(SIGV4["access_key_id"], SIGV4["secret_access_key"])
    now = datetime.datetime.fromtimestamp(NOW["unix_time"], datetime.timezone.utc)
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True: now.replace(tzinfo=None) if remove_tzinfo else now
    botocore.auth.SigV4Auth(credentials, SIGV4["service"], SIGV4["region"]).add_auth(request)
    return request.headers["Authorization"]


KEY, QUERY_KEY, COOKIE_KEY = api_key("X-Key", "v"), api_key("k", "v", "query"), api_key("k", "v", "cookie")
OAUTH1 = {"type": "oauth1", "consumer_key": "k", "consumer_secret": "s", "add_to": "request"}
DIGEST = {"type": "digest", "username": "u", "password": "p"}
vectorfile.write(
    "all-policies",
    "all",
    f"{SOURCE}; requests {requests.__version__} (Basic), botocore {botocore.__version__} (SigV4)",
    [
        vector(
            "every-place",
            together(basic("Aladdin", "open sesame"), COOKIE_KEY, QUERY_KEY, KEY),
            {"headers": [["Authorization", by_requests("Aladdin", "open sesame")], ["X-Key", "v"], ["Cookie", "a=1; k=v"]], "uri": "https://example.com/?k=v"},
            headers=[["Cookie", "a=1"]],
        ),
        vector(
            "what-signs-covers-the-keys",
            together(SIGV4, QUERY_KEY, KEY),
            {"headers": [["Authorization", by_botocore([("X-Key", "v")], "https://example.com/?k=v")], ["X-Key", "v"]], "uri": "https://example.com/?k=v"},
            context=NOW,
        ),
        vector("one", together(KEY), {"headers": [["X-Key", "v"]], "absent_headers": ["Authorization"]}),
        vector("with-none", together({"type": "none"}, KEY), {"headers": [["X-Key", "v"]]}),
        refused("nothing", together(), "invalid-config"),
        refused("no-list", {"type": "all"}, "invalid-config"),
        refused("one-header-twice", together(KEY, api_key("x-key", "w")), "invalid-config"),
        refused("one-parameter-twice", together(QUERY_KEY, QUERY_KEY), "invalid-config"),
        refused("one-cookie-twice", together(COOKIE_KEY, COOKIE_KEY), "invalid-config"),
        refused("authorization-twice", together(basic("a", "b"), {"type": "bearer", "token": "t"}), "invalid-config"),
        refused("authorization-as-a-key", together(basic("a", "b"), api_key("authorization", "t")), "invalid-config"),
        refused("two-that-sign", together(SIGV4, OAUTH1), "invalid-config"),
        refused("two-that-converse", together(DIGEST, {"type": "ntlm", "username": "u", "password": "p"}), "invalid-config"),
        refused("inherit-inside", together({"type": "inherit"}, KEY), "invalid-config"),
        refused("all-inside", together(together(KEY)), "invalid-config"),
        refused("invalid-inside", together(api_key("", "v")), "invalid-config"),
    ],
)
vectorfile.write(
    "bearer-policies",
    "bearer",
    SOURCE,
    [
        refused("no-token", {"type": "bearer", "token": ""}, "invalid-config"),
        refused("line-end", {"type": "bearer", "token": "a\r\nb"}, "invalid-config"),
        refused("missing-token", {"type": "bearer"}, "invalid-config"),
        refused("inherit-without-parent", {"type": "inherit"}, "invalid-config"),
        vector("none", {"type": "none"}, {"absent_headers": ["Authorization"], "uri": "https://example.com/"}),
    ],
)
vectorfile.write(
    "aws-sigv4-policies",
    "aws-sigv4",
    SOURCE,
    [
        sigv4("empty-key", {"access_key_id": ""}),
        sigv4("empty-secret", {"secret_access_key": ""}),
        sigv4("expiry-zero", {"add_to": "query", "expires_in": 0}),
        sigv4("expiry-over-a-week", {"add_to": "query", "expires_in": 604801}),
        sigv4("region-with-slash", {"region": "us-east-1/s3"}),
        sigv4("service-with-line-end", {"service": "s3\n"}),
        sigv4("unknown-field", {"regoin": "us-east-1"}),
        sigv4("no-host", {}, "invalid-request", "/path"),
        sigv4("malformed-hash", {}, "invalid-request", headers=[["X-Amz-Content-Sha256", "abc"]]),
        sigv4("year-10000", {}, "invalid-request", context={"unix_time": 253402300800}),
    ],
)
