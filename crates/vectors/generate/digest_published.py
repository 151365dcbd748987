"""Digest as published: the examples of RFC 2617 section 3.5 and RFC 7616 section 3.9, and, in a file whose source says so, what
countersign decides where specifications leave room. No value here is computed by countersign.
"""

import vectorfile

TIME = 1440938160


def vector(name, user, password, cnonce, uri, rounds, expect, comment=None, method="GET", **config):
    new = {
        "name": name,
        "config": {"type": "digest", "username": user, "password": password, **config},
        "context": {"unix_time": TIME, "nonce": cnonce},
        "request": {"method": method, "uri": uri},
        "responses": [{"status": 401, "headers": [["WWW-Authenticate", text] for text in texts]} for texts in rounds],
        "expect": expect,
    }
    if not rounds:
        del new["responses"]
    if comment:
        new["comment"] = comment
    return new


def params(absent=(), **values):
    expect = {"scheme": "Digest", "params": values}
    if absent:
        expect["absent"] = list(absent)
    return {"auth_params": expect}


NONCE_2617 = "dcd98b7102dd2f0e8b11d0f600bfb0c093"
RFC_2617 = f'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="{NONCE_2617}", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
CNONCE_7616 = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
REST_7616 = 'qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
MD5_7616 = f'Digest realm="http-auth@example.org", algorithm=MD5, {REST_7616}'
SHA_7616 = f'Digest realm="http-auth@example.org", algorithm=SHA-256, {REST_7616}'
MUFASA = ("Mufasa", "Circle of Life")
JASON = 'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8'
HOST_7616 = "http://www.example.org/dir/index.html"
SHA_ANSWER = params(
    username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm="SHA-256", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    nc="00000001", cnonce=CNONCE_7616, qop="auth", response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
    opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
)  # fmt: skip
JASON_RESPONSE = "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"

vectorfile.write(
    "digest-rfc2617",
    "digest",
    "RFC 2617 section 3.5",
    [
        vector(
            "example", "Mufasa", "Circle Of Life", "0a4f113b", "http://www.nowhere.org/dir/index.html", [[RFC_2617]],
            params(
                ["algorithm"], username="Mufasa", realm="testrealm@host.com", nonce=NONCE_2617, uri="/dir/index.html", qop="auth", nc="00000001",
                cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41",
            ),
        ),
    ],
)  # fmt: skip

vectorfile.write(
    "digest-rfc7616",
    "digest",
    "RFC 7616 section 3.9, with erratum 4897",
    [
        vector(
            "md5", *MUFASA, CNONCE_7616, HOST_7616, [[MD5_7616]],
            params(response="8ca523f5e9506fed4657c9700eebdbec", algorithm="MD5", nc="00000001", qop="auth", cnonce=CNONCE_7616),
        ),
        vector("sha-256", *MUFASA, CNONCE_7616, HOST_7616, [[SHA_7616]], SHA_ANSWER),
        vector("both-offered", *MUFASA, CNONCE_7616, HOST_7616, [[SHA_7616, MD5_7616]], SHA_ANSWER),
        vector(
            "sha-512-256-userhash", "J\u00e4s\u00f8n Doe", "Secret, or not?", "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v", "http://api.example.org/doe.json",
            [[JASON + ", userhash=true"]],
            params(
                ["username*"], username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b", userhash="true", response=JASON_RESPONSE, algorithm="SHA-512-256",
            ),
            comment="the RFC prints a user hash and a response of another hash; erratum 4897 has these",
        ),
        vector(
            "sha-512-256-username-ext", "J\u00e4s\u00f8n Doe", "Secret, or not?", "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v", "http://api.example.org/doe.json",
            [[JASON]], params(["username", "userhash"], **{"username*": "UTF-8''J%C3%A4s%C3%B8n%20Doe", "response": JASON_RESPONSE}),
            comment="section 3.4: the response does not depend on how the name is sent",
        ),
    ],
)  # fmt: skip


def refused(name, challenges, kind, **config):
    return vector(name, *MUFASA, "c", HOST_7616, [challenges], {"error": kind}, **config)


# H(A1) of these texts by the RFCs, so that the same response is reached from a preset challenge.
PRESET = {"realm": "testrealm@host.com", "nonce": NONCE_2617, "qop": "auth"}
ANSWER_2617 = "6629fae49393a05397450978507c4ef1"
vectorfile.write(
    "digest-policies",
    "digest",
    "countersign policies (docs); responses of RFC 2617 and RFC 7616",
    [
        vector(
            "preset-signs-at-once", "Mufasa", "Circle Of Life", "0a4f113b", "http://www.nowhere.org/dir/index.html", [],
            params(["opaque"], response=ANSWER_2617, algorithm="MD5", nc="00000001", cnonce="0a4f113b", qop="auth"), **PRESET,
        ),
        vector(
            "preset-client-nonce-and-opaque", "Mufasa", "Circle Of Life", "unused", "http://www.nowhere.org/dir/index.html", [],
            params(response=ANSWER_2617, cnonce="0a4f113b", opaque="o", nc="00000001"), **PRESET, client_nonce="0a4f113b", opaque="o", nonce_count=1, algorithm="md5",
        ),
        vector(
            "preset-refused-takes-the-challenge", *MUFASA, CNONCE_7616, HOST_7616, [[SHA_7616]], SHA_ANSWER, realm="old", nonce="old", qop="auth",
        ),
        vector(
            "configured-algorithm-picks-its-challenge", *MUFASA, CNONCE_7616, HOST_7616, [[SHA_7616.replace("7ypf", "8ypf"), MD5_7616]],
            params(response="8ca523f5e9506fed4657c9700eebdbec", algorithm="MD5"), algorithm="MD5",
        ),
        vector(
            "weakest-first-strongest-wins", *MUFASA, CNONCE_7616, HOST_7616, [[MD5_7616, SHA_7616]], SHA_ANSWER,
        ),
        vector(
            "an-unknown-algorithm-beside", *MUFASA, CNONCE_7616, HOST_7616, [[SHA_7616.replace("SHA-256", "SHA-999"), SHA_7616]], SHA_ANSWER,
        ),
        vector(
            "a-broken-value-beside", *MUFASA, CNONCE_7616, HOST_7616, [['Basic realm="open', SHA_7616]], SHA_ANSWER,
        ),
        refused("no-digest-challenge", ["Basic realm=x"], "no-challenge"),
        refused("no-challenge-at-all", [], "no-challenge"),
        refused("empty-value", [""], "no-challenge"),
        refused("no-nonce", ['Digest realm="r", qop="auth"'], "invalid-challenge"),
        refused("no-realm", ['Digest nonce="n", qop="auth"'], "invalid-challenge"),
        refused("sess-without-qop", ['Digest realm="r", nonce="n", algorithm=MD5-sess'], "invalid-challenge"),
        refused("open-quote", ['Digest realm="r, nonce=n'], "invalid-challenge"),
        refused("unknown-algorithm", ['Digest realm="r", nonce="n", algorithm=SHA-512'], "unsupported-algorithm"),
        refused("unknown-qop", ['Digest realm="r", nonce="n", qop="auth-conf"'], "unsupported-qop"),
        refused("configured-algorithm-not-offered", [SHA_7616], "unsupported-algorithm", algorithm="MD5"),
        refused("configured-qop-not-offered", ['Digest realm="r", nonce="n", qop="auth"'], "unsupported-qop", qop="auth-int"),
        refused("configured-algorithm-unknown", [SHA_7616], "unsupported-algorithm", algorithm="SHA-1"),
        refused("configured-qop-unknown", [SHA_7616], "unsupported-qop", qop="auth-conf"),
    ],
)  # fmt: skip
