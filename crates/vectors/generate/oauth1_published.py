"""OAuth 1.0a as published, and, in a file whose source says so, what countersign decides where specifications leave room. No value
here is computed by countersign.
"""

import vectorfile

FORM = ["Content-Type", "application/x-www-form-urlencoded"]
PHOTOS = {"consumer_key": "dpf43f3p2l4k3l03", "consumer_secret": "kd94hf93k423kf44"}
TOKEN = {"token": "nnch734d00sl2jdk", "token_secret": "pfkkdhi9sl3r4s00"}


def vector(name, config, expect, uri="https://example.com/", method="GET", headers=(), time=1318622958, nonce="n", body=None, comment=None):
    request = {"method": method, "uri": uri}
    if headers:
        request["headers"] = list(headers)
    if body is not None:
        request["body"] = body
    built = {"name": name, "comment": comment, "config": {"type": "oauth1", **config}}
    built |= {"context": {"unix_time": time, "nonce": nonce}, "request": request, "expect": expect}
    return {key: value for key, value in built.items() if value is not None}


def signed(signature, absent=(), **params):
    params = {f"oauth_{key}" if key != "realm" else key: value for key, value in params.items()}
    expect = {"scheme": "OAuth", "params": {**params, "oauth_signature": signature}}
    if absent:
        expect["absent"] = list(absent)
    return expect


RFC = PHOTOS | {"version": "", "realm": "Photos"}
vectorfile.write(
    "oauth1-rfc5849",
    "oauth1",
    "RFC 5849 sections 1.2 and 3.4.1.1, errata 2550 and 4603",
    [
        vector(
            "1.2-temporary-credentials", RFC | {"callback": "http://printer.example.com/ready"},
            {"auth_params": signed("74KNZJeDHnMBp0EMJ9ZHt%2FXKycU%3D", ["oauth_version", "oauth_token"], realm="Photos", callback="http%3A%2F%2Fprinter.example.com%2Fready")},
            "https://photos.example.net/initiate", "POST", time=137131200, nonce="wIjqoS",
        ),
        vector(
            "1.2-token-credentials", RFC | {"token": "hh5s93j4hdidpola", "token_secret": "hdhd0244k9j7ao03", "verifier": "hfdp7dh39dks9884"},
            {"auth_params": signed("gKgrFCywp7rO0OXSjdot%2FIHF7IU%3D", ["oauth_version", "oauth_callback"], verifier="hfdp7dh39dks9884")},
            "https://photos.example.net/token", "POST", time=137131201, nonce="walatlh",
        ),
        vector(
            "1.2-resource", RFC | TOKEN, {"auth_params": signed("MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D", ["oauth_version"], token="nnch734d00sl2jdk")},
            "http://photos.example.net/photos?file=vacation.jpg&size=original", time=137131202, nonce="chapoH",
        ),
        vector(
            "3.4.1.1-base-string",
            {"consumer_key": "9djdj82h48djs9d2", "consumer_secret": "j49sk3j29djd", "token": "kkk9d7dh3k39sjv7", "token_secret": "dh893hdasih9", "version": "", "realm": "Example"},
            {
                "string_to_sign": "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26"
                "oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26"
                "oauth_token%3Dkkk9d7dh3k39sjv7",
                "auth_params": signed("r6%2FTJjbCOr97%2F%2BUU0NsvSne7s5g%3D", realm="Example"),
            },
            "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", "POST", [FORM], 137131201, "7d8f3e4a", "c2&a3=2+q",
            "The signature is erratum 4603's; the text of the RFC has one of an earlier draft.",
        ),
    ],
)  # fmt: skip

vectorfile.write(
    "oauth1-core",
    "oauth1",
    "OAuth Core 1.0 Revision A, appendix A.5",
    [
        vector(
            "appendix-a.5", PHOTOS | TOKEN | {"realm": "http://photos.example.net/"},
            {
                "string_to_sign": "GET&http%3A%2F%2Fphotos.example.net%2Fphotos&file%3Dvacation.jpg%26oauth_consumer_key%3Ddpf43f3p2l4k3l03%26"
                "oauth_nonce%3Dkllo9940pd9333jh%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1191242096%26oauth_token%3Dnnch734d00sl2jdk%26"
                "oauth_version%3D1.0%26size%3Doriginal",
                "auth_params": signed("tR3%2BTy81lMeYAr%2FFid0kMTYa%2FWM%3D", realm="http://photos.example.net/", version="1.0"),
            },
            "http://photos.example.net/photos?file=vacation.jpg&size=original", time=1191242096, nonce="kllo9940pd9333jh",
        ),
        vector(
            "appendix-a.4-plaintext", PHOTOS | TOKEN | {"signature_method": "PLAINTEXT"},
            {"auth_params": signed("kd94hf93k423kf44%26pfkkdhi9sl3r4s00", signature_method="PLAINTEXT")},
            "https://photos.example.net/request_token", time=1191242090, nonce="hsu94j3884jdopsl",
            comment="Both secrets as A.4 sends them; the appendix has no token secret yet, so this one is of A.5.",
        ),
    ],
)  # fmt: skip

vectorfile.write(
    "oauth1-twitter",
    "oauth1",
    "Twitter developer documentation, \"Creating a signature\"",
    [
        vector(
            "status-update",
            {
                "consumer_key": "xvz1evFS4wEEPTGEFPHBog", "consumer_secret": "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
                "token": "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb", "token_secret": "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
            },
            {"auth_params": signed("hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D", version="1.0")},
            "https://api.twitter.com/1.1/statuses/update.json?include_entities=true", "POST", [FORM], 1318622958, "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
            "status=Hello%20Ladies%20%2b%20Gentlemen%2c%20a%20signed%20OAuth%20request%21",
        ),
    ],
)  # fmt: skip

WIKI_KEY = """-----BEGIN PRIVATE KEY-----
MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBALRiMLAh9iimur8V
A7qVvdqxevEuUkW4K+2KdMXmnQbG9Aa7k7eBjK1S+0LYmVjPKlJGNXHDGuy5Fw/d
7rjVJ0BLB+ubPK8iA/Tw3hLQgXMRRGRXXCn8ikfuQfjUS1uZSatdLB81mydBETlJ
hI6GH4twrbDJCR2Bwy/XWXgqgGRzAgMBAAECgYBYWVtleUzavkbrPjy0T5FMou8H
X9u2AC2ry8vD/l7cqedtwMPp9k7TubgNFo+NGvKsl2ynyprOZR1xjQ7WgrgVB+mm
uScOM/5HVceFuGRDhYTCObE+y1kxRloNYXnx3ei1zbeYLPCHdhxRYW7T0qcynNmw
rn05/KO2RLjgQNalsQJBANeA3Q4Nugqy4QBUCEC09SqylT2K9FrrItqL2QKc9v0Z
zO2uwllCbg0dwpVuYPYXYvikNHHg+aCWF+VXsb9rpPsCQQDWR9TT4ORdzoj+Nccn
qkMsDmzt0EfNaAOwHOmVJ2RVBspPcxt5iN4HI7HNeG6U5YsFBb+/GZbgfBT3kpNG
WPTpAkBI+gFhjfJvRw38n3g/+UeAkwMI2TJQS4n8+hid0uus3/zOjDySH3XHCUno
cn1xOJAyZODBo47E+67R4jV1/gzbAkEAklJaspRPXP877NssM5nAZMU0/O/NGCZ+
3jPgDUno6WbJn5cqm8MqWhW1xGkImgRk+fkDBquiq4gPiT898jusgQJAd5Zrr6Q8
AO/0isr/3aa6O6NLQxISLKcPDk2NOccAfS/xOtfOz4sJYM3+Bs4Io9+dZGSDCA54
Lw03eHTNQghS0A==
-----END PRIVATE KEY-----
"""
vectorfile.write(
    "oauth1-wiki",
    "oauth1",
    "OAuth wiki, test cases, RSA-SHA1",
    [
        vector(
            "rsa-sha1", {"consumer_key": "dpf43f3p2l4k3l03", "signature_method": "RSA-SHA1", "private_key": WIKI_KEY},
            {
                "auth_params": signed(
                    "jvTp%2FwX1TYtByB1m%2BPbyo0lnCOLIsyGCH7wke8AUs3BpnwZJtAuEJkvQL2%2F9n4s5wUmUl4aCI4BwpraNx4RtEXMe5qg5T1LVTGliMRpKasKsW%2F%2Fe"
                    "%2BRinhejgCuzoH26dyF8iY2ZZ%2F5D1ilgeijhV%2FvBka5twt399mXwaYdCwFYE%3D"
                ),
            },
            "http://photos.example.net/photos?file=vacaction.jpg&size=original", time=1196666512, nonce="13917289812797014437",
        ),
    ],
)  # fmt: skip


def refused(name, error, comment=None, uri="https://example.com/", method="GET", headers=(), body=None, **config):
    return vector(name, PHOTOS | config, {"error": error}, uri, method, headers, body=body, comment=comment)


vectorfile.write(
    "oauth1-policies",
    "oauth1",
    "countersign policies",
    [
        refused("no-consumer-key", "invalid-config", consumer_key=""),
        refused("unknown-method", "unsupported-algorithm", signature_method="HMAC-MD5"),
        refused("method-of-another-case", "unsupported-algorithm", signature_method="hmac-sha1"),
        refused("no-private-key", "invalid-key", signature_method="RSA-SHA1"),
        refused("unreadable-private-key", "invalid-key", signature_method="RSA-SHA256", private_key="-----BEGIN PRIVATE KEY-----\nMIIC\n-----END PRIVATE KEY-----"),
        refused("public-key-as-private", "invalid-key", signature_method="RSA-SHA512", private_key="-----BEGIN PUBLIC KEY-----\nMIIC\n-----END PUBLIC KEY-----"),
        refused("unknown-field", "invalid-config", consumerkey="k"),
        refused("no-host", "invalid-request", uri="/path"),
        refused("realm-with-line-end", "invalid-config", realm="a\r\nb"),
        refused("raw-value-with-line-end", "invalid-config", encode_header_params=False, token="a\nb"),
        refused("compressed-form", "invalid-request", "Its pairs cannot be read.", method="POST", headers=[FORM, ["Content-Encoding", "gzip"]], body="a=1"),
        vector(
            "empty-params-but-callback", PHOTOS | {"add_empty_params_to_signature": True, "version": "", "callback": "", "verifier": ""},
            {"auth_params": {"scheme": "OAuth", "params": {"oauth_token": "", "oauth_version": ""}, "absent": ["oauth_callback", "oauth_verifier", "oauth_body_hash"]}},
        ),
        vector(
            "signed-query-again", PHOTOS | {"add_to": "request", "signature_method": "PLAINTEXT"},
            {"query": [["a", "1"], ["oauth_nonce", "n"], ["oauth_signature", "kd94hf93k423kf44%26"], ["oauth_consumer_key", "dpf43f3p2l4k3l03"]]},
            "https://example.com/?oauth_nonce=old&a=1&oauth_consumer_key=old&oauth_signature=old&oauth_token=old",
        ),
        vector(
            "bytes-survive", PHOTOS, {"string_to_sign": "GET&https%3A%2F%2Fexample.com%2F&a%3D%25FF%26b%3D%2525%26oauth_consumer_key%3Ddpf43f3p2l4k3l03%26oauth_nonce%3Dn%26"
            "oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1318622958%26oauth_version%3D1.0"}, "https://example.com/?a=%ff&b=%",
            comment="A stray % is signed as a literal, bytes that are no text as they are.",
        ),
    ],
)  # fmt: skip
