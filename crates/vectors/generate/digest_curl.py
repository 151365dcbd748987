"""Digest by the curl program, against a server of this script that refuses once: user names and realms that need escapes,
hashed user names, several challenges, a stale nonce, and a proxy. The client nonces are those that curl drew.

curl 7.88 answers SHA-512-256 with plain SHA-256, so that algorithm is not here.
"""

import socket
import subprocess
import threading

import vectorfile

VERSION = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
URI = "http://www.example.org/dir/index.html?a=%20b"
MD5 = 'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPE", opaque="FQhe/qaU925k"'
SHA = 'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="oM4URrv/xwf94Bc", opaque="zjCrkzDg8Ohwp"'


def unescape(text):
    out, rest = "", iter(text)
    for character in rest:
        out += next(rest) if character == "\\" else character
    return out


def parse(value):
    """A header's parameters, unescaped: curl quotes with `"` and escapes with a backslash."""
    assert value.startswith("Digest ")
    params, rest = {}, value[7:]
    while rest:
        name, _, rest = rest.partition("=")
        if rest.startswith('"'):
            end = 1
            while rest[end] != '"':
                end += 2 if rest[end] == "\\" else 1
            params[name.strip()], rest = unescape(rest[1:end]), rest[end + 1 :]
        else:
            text, _, rest = rest.partition(",")
            params[name.strip()] = text.strip()
            continue
        rest = rest.lstrip(", ")
    return params


def serve(listener, status, rounds, seen):
    for challenges in [*rounds, None]:
        connection, _ = listener.accept()
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(65536)
        seen.append(head.decode("utf-8", "surrogateescape"))
        if challenges is None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        else:
            name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
            lines = "".join(f"{name}: {challenge}\r\n" for challenge in challenges)
            reply = f"HTTP/1.1 {status} No\r\n{lines}Content-Length: 0\r\nConnection: close\r\n\r\n"
            connection.sendall(reply.encode())
        connection.close()


def run(user, password, rounds, status=401, method="GET"):
    listener = socket.create_server(("127.0.0.1", 0))
    port, seen = listener.getsockname()[1], []
    thread = threading.Thread(target=serve, args=(listener, status, rounds, seen), daemon=True)
    thread.start()
    if status == 407:
        how = ["--proxy-digest", "--proxy-user", f"{user}:{password}", "--proxy", f"http://127.0.0.1:{port}"]
    else:
        how = ["--digest", "--user", f"{user}:{password}", "--connect-to", f"::127.0.0.1:{port}"]
    subprocess.run(["curl", "-s", "-X", method, *how, URI], check=True, timeout=20)
    thread.join(timeout=5)
    listener.close()
    name = "authorization: " if status == 401 else "proxy-authorization: "
    lines = [line for line in seen[-1].split("\r\n") if line.lower().startswith(name)]
    assert len(seen) == len(rounds) + 1 and len(lines) == 1, seen
    return lines[0].split(": ", 1)[1]


vectors = []


def case(name, user, password, rounds, status=401, method="GET", comment=None):
    value = run(user, password, rounds, status, method)
    params = parse(value)
    header = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
    new = {
        "name": name,
        "config": {"type": "digest", "username": user, "password": password},
        "context": {"unix_time": 1440938160, "nonce": params.get("cnonce", "")},
        "request": {"method": method, "uri": URI},
        "responses": [{"status": status, "headers": [[header, text] for text in challenges]} for challenges in rounds],
    }
    if status == 401:
        absent = [name for name in ("algorithm", "opaque", "qop", "nc", "cnonce", "userhash") if name not in params]
        new["expect"] = {"auth_params": {"scheme": "Digest", "params": params, "absent": absent}}
    else:
        # `auth_params` is of Authorization; here the whole value must match, and the order is countersign's to choose.
        ours = ["username", "realm", "nonce", "uri", "response", "nc", "qop", "cnonce", "algorithm", "opaque"]
        plain = ("nc", "qop", "algorithm")
        text = ", ".join(f"{key}={params[key]}" if key in plain else f'{key}="{params[key]}"' for key in ours if key in params)
        new["expect"] = {"headers": [["Proxy-Authorization", "Digest " + text]], "absent_headers": ["Authorization"]}
    if comment:
        new["comment"] = comment
    vectors.append(new)


MUFASA = ("Mufasa", "Circle of Life")
case("md5", *MUFASA, [[MD5]])
case("sha-256", *MUFASA, [[SHA]])
case("sha-256-post", *MUFASA, [[SHA]], method="POST")
case("strongest-first", *MUFASA, [[SHA, MD5]])
case("basic-beside", *MUFASA, [['Basic realm="x"', MD5]])
case("negotiate-beside", *MUFASA, [["Negotiate", "Basic realm=x", SHA]])
case("unknown-scheme-beside", *MUFASA, [['Unknown a=b, c="d, e"', MD5]])
case("unknown-parameters", *MUFASA, [[MD5 + ', new="a, b", other=c']])
case("stale", *MUFASA, [[MD5], [MD5.replace("7ypf", "8ypf") + ", stale=true"]])
case("stale-in-quotes", *MUFASA, [[SHA], [SHA.replace("oM4U", "pM4U") + ', stale="TRUE"']])
case("userhash-sha-256", *MUFASA, [[SHA + ", userhash=true"]])
case("userhash-md5", *MUFASA, [[MD5 + ", userhash=true"]])
case("userhash-false", *MUFASA, [[SHA + ", userhash=false"]])
case("userhash-beyond-ascii", "J\u00e4s\u00f8n Doe", "Secret, or not?", [[SHA + ", charset=UTF-8, userhash=true"]])
case("escapes-in-user", 'a"b\\c', "p", [[MD5]])
case("escapes-in-password", "user", 'a"b\\c:d', [[SHA]])
case("escapes-in-realm", *MUFASA, [[r'Digest realm="a \"b\" \\ c", qop="auth", nonce="n"']], comment="the realm is hashed unescaped")
case("no-qop", *MUFASA, [['Digest realm="r", nonce="n"']])
case("no-qop-opaque", *MUFASA, [['Digest realm="r", nonce="n", opaque="o", algorithm=MD5']])
case("no-algorithm", *MUFASA, [['Digest realm="r", nonce="n", qop="auth"']])
case("unquoted-qop", *MUFASA, [['Digest realm="r", nonce="n", qop=auth']])
case("no-blanks", *MUFASA, [['Digest realm="r",nonce="n",qop="auth",opaque="o",algorithm="MD5"']])
case("realm-last", *MUFASA, [['Digest qop="auth", nonce="n", stale=FALSE, realm="r"']])
case("domain", *MUFASA, [['Digest realm="r", domain="/ /other http://www.example.org/", nonce="n", qop="auth"']])
case("md5-sess", *MUFASA, [['Digest realm="r", nonce="n", qop="auth", algorithm=MD5-sess']])
case("sha-256-sess", *MUFASA, [['Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256-sess']])
case("proxy-md5", *MUFASA, [[MD5]], status=407)
case("proxy-sha-256", *MUFASA, [[SHA]], status=407)
case("proxy-stale", *MUFASA, [[MD5], [MD5.replace("7ypf", "8ypf") + ", stale=true"]], status=407)

vectorfile.write("digest-curl", "digest", f"curl {VERSION}", vectors)
