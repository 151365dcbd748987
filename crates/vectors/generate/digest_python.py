"""Digest over many inputs, computed by httpx; each response is checked against requests or aiohttp (see requirements.txt).

None of the three knows SHA-512-256: hashlib's `sha512_256` is added to the tables of httpx and aiohttp. What countersign decides
otherwise is left out of the comparison: httpx and aiohttp always send `algorithm`, countersign only where the server did; aiohttp
prefers `auth-int`, so it writes a file of its own, whose responses are checked against the server side of httpbin.
"""

import asyncio
import hashlib
import itertools
import urllib.parse

import aiohttp
import aiohttp.client_middleware_digest_auth as aio
import httpbin.helpers
import httpx
import requests.auth
import requests.utils
import vectorfile
import yarl

CNONCE = "0a4f113b0a4f113b"
TRUNCATED = lambda data: hashlib.new("sha512_256", data)
for name in "SHA-512-256", "SHA-512-256-SESS":
    httpx.DigestAuth._ALGORITHM_TO_HASH_FUNCTION[name] = TRUNCATED
    aio.DigestFunctions[name] = TRUNCATED
httpx.DigestAuth._get_client_nonce = lambda self, count, nonce: CNONCE.encode()


class FixedNonce:
    """hashlib for requests and aiohttp, whose only use of SHA-1 is the client nonce."""

    def __getattr__(self, name):
        return getattr(hashlib, name)

    def sha1(self, _):
        class Hash:
            hexdigest = staticmethod(lambda: CNONCE)

        return Hash


requests.auth.hashlib = FixedNonce()
aio.hashlib = FixedNonce()

ALGORITHMS = [None, "MD5", "md5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"]
USERS = [("Mufasa", "Circle of Life"), ("user@example.org", "p:a:s:s"), ("admin", ""), ("a b", "\u00fc\u00df\u20ac \U0001f511")]
REALMS = ["http-auth@example.org", "IP Camera(FN636)", "", "a, b=c; d"]
NONCES = ["7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "127.0.0.1", "MTIz/NDU2=="]
URIS = [
    "http://www.example.org/dir/index.html",
    "http://www.example.org",
    "https://www.example.org:8443/a%20b/%C3%BC?q=1&q=2&r=%2F",
    "http://www.example.org/?",
    "http://www.example.org/a//b/c?x=a,b;c=d",
]
METHODS = ["GET", "POST", "PROPFIND"]


def challenge(realm, nonce, algorithm, qop, opaque):
    text = f'Digest realm="{realm}", nonce="{nonce}"'
    if qop is not None:
        text += f', qop="{qop}"'
    if algorithm is not None:
        text += f", algorithm={algorithm}"
    if opaque is not None:
        text += f', opaque="{opaque}"'
    return text


def parse(header):
    scheme, _, rest = header.partition(" ")
    assert scheme == "Digest"
    return requests.utils.parse_dict_header(rest)


def by_httpx(user, password, method, uri, asked):
    flow = httpx.DigestAuth(user, password).auth_flow(httpx.Request(method, uri))
    first = next(flow)
    answered = flow.send(httpx.Response(401, headers=[("www-authenticate", asked)], request=first))
    return parse(answered.headers["authorization"])


def by_requests(user, password, method, uri, asked):
    auth = requests.auth.HTTPDigestAuth(user, password)
    auth.init_per_thread_state()
    auth._thread_local.chal = requests.utils.parse_dict_header(asked.removeprefix("Digest "))
    header = auth.build_digest_header(method, uri)
    return parse(header)


def by_aiohttp(user, password, method, uri, asked, body=b""):
    auth = aio.DigestAuthMiddleware(user, password)
    auth._challenge = aio.parse_header_pairs(asked.removeprefix("Digest "))
    payload = aiohttp.payload.BytesPayload(body)
    return parse(asyncio.run(auth._encode(method, yarl.URL(uri, encoded=True), payload)))


def vector(name, user, password, method, uri, asked, params, body=None, algorithm=None, qop=None):
    keep = {key: params[key] for key in ("username", "realm", "nonce", "uri", "response")}
    absent = ["userhash", "username*", "auth-param"]
    for key, there in (("algorithm", algorithm), ("qop", qop), ("nc", qop), ("cnonce", qop), ("opaque", params.get("opaque"))):
        if there:
            keep[key] = params[key]
        else:
            absent.append(key)
    request = {"method": method, "uri": uri}
    if body is not None:
        request["body"] = body
    return {
        "name": name,
        "config": {"type": "digest", "username": user, "password": password},
        "context": {"unix_time": 1440938160, "nonce": CNONCE},
        "request": request,
        "responses": [{"status": 401, "headers": [["WWW-Authenticate", asked]]}],
        "expect": {"auth_params": {"scheme": "Digest", "params": keep, "absent": absent}},
    }


def target(uri):
    parts = urllib.parse.urlsplit(uri)
    return (parts.path or "/") + ("?" + parts.query if "?" in uri else "")


httpx_vectors, aiohttp_vectors = [], []
users, realms = itertools.cycle(USERS), itertools.cycle(REALMS)
nonces, uris, methods = itertools.cycle(NONCES), itertools.cycle(URIS), itertools.cycle(METHODS)
opaques = itertools.cycle([None, "5ccc069c403ebaf9f0171e9517f40e41", "a=b, c"])
for round in range(4):
    for algorithm, qop in itertools.product(ALGORITHMS, [None, "auth", "auth,auth-int", "auth-int, auth"]):
        sess = algorithm is not None and algorithm.lower().endswith("-sess")
        if sess and qop is None:
            continue
        (user, password), realm, nonce, opaque = next(users), next(realms), next(nonces), next(opaques)
        method, uri = next(methods), next(uris)
        if round:
            next(uris), next(realms)
        # httpx and requests drop an empty query's `?`; the vectors of aiohttp have none either.
        if uri.endswith("?"):
            uri = uri[:-1]
        by_two = algorithm is None or algorithm.upper() in ("MD5", "MD5-SESS", "SHA-256")
        while not by_two and "%" in uri:
            uri = next(uris).removesuffix("?")  # aiohttp decodes it, and no server would agree
        asked = challenge(realm, nonce, algorithm, qop, opaque)
        params = by_httpx(user, password, method, uri, asked)
        assert params["uri"] == target(uri), (params, uri)
        if by_two:
            # requests splits a qop list at commas only.
            other = by_requests(user, password, method, uri, asked.replace("auth-int, auth", "auth-int,auth"))
        else:
            only_auth = challenge(realm, nonce, algorithm, qop and "auth", opaque)
            other = by_aiohttp(user, password, method, uri, only_auth)
        assert other["response"] == params["response"], (asked, other, params)
        name = f"{(algorithm or 'no-algorithm')}-{(qop or 'no-qop').replace(', ', ',')}-{round + 1}".lower()
        if algorithm == "md5":
            name = "lower-case-" + name
        httpx_vectors.append(vector(name, user, password, method, uri, asked, params, algorithm=algorithm, qop=qop))

for round, body in enumerate(["", "{}", "a=b&c=d", "\u00fc\r\n" * 50]):
    for algorithm in ALGORITHMS:
        (user, password), realm, nonce, opaque = next(users), next(realms), next(nonces), next(opaques)
        uri = next(uri for uri in uris if "%" not in uri).removesuffix("?")
        asked = challenge(realm, nonce, algorithm, "auth-int", opaque)
        params = by_aiohttp(user, password, "POST", uri, asked, body.encode())
        assert params["uri"] == target(uri), (params, uri)
        if algorithm is None or algorithm.upper() in ("MD5", "SHA-256"):
            credentials = params | {"algorithm": (algorithm or "MD5").upper()}
            seen = {"method": "POST", "uri": params["uri"], "body": body.encode()}
            assert httpbin.helpers.response(credentials, password, seen) == params["response"]
        name = f"{algorithm or 'no-algorithm'}-auth-int-{round + 1}".lower()
        if algorithm == "md5":
            name = "lower-case-" + name
        aiohttp_vectors.append(
            vector(name, user, password, "POST", uri, asked, params, body, algorithm=algorithm, qop="auth-int")
        )

vectorfile.write(
    "digest-httpx", "digest", f"httpx {httpx.__version__}, checked against requests {requests.__version__} and aiohttp {aiohttp.__version__}", httpx_vectors
)
vectorfile.write(
    "digest-aiohttp", "digest", f"aiohttp {aiohttp.__version__}, checked against httpbin 0.10.4", aiohttp_vectors
)
