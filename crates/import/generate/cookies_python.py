"""Which cookies Python's http.cookiejar sends: python3 cookies_python.py > ../tests/data/cookies.json. Pinned: Python 3.11.

Its policy is made as strict as RFC 6265: a cookie of one host goes to no host below it.
"""

import email.message
import http.cookiejar
import json
import pathlib
import sys
import tempfile
import time
import urllib.request

assert sys.version_info[:2] == (3, 11), sys.version

NOW = 1_700_000_000
time.time = lambda: NOW
MAGIC = "# Netscape HTTP Cookie File\n"
LATER, BEFORE = str(NOW + 1000), str(NOW - 1)


def line(domain, below, path, secure, expires, name, value):
    return "\t".join([domain, below, path, secure, expires, name, value]) + "\n"


FILES = {
    "one host": line("h.example.com", "FALSE", "/", "FALSE", LATER, "a", "1"),
    "hosts below": line(".example.com", "TRUE", "/", "FALSE", LATER, "a", "1"),
    "secure": line("h.example.com", "FALSE", "/", "TRUE", LATER, "a", "1"),
    "expired": line("h.example.com", "FALSE", "/", "FALSE", BEFORE, "a", "1"),
    "HttpOnly and comments": "# c\n\n#HttpOnly_" + line(".example.com", "TRUE", "/", "FALSE", LATER, "a", "1=2"),
    "paths": line("h.example.com", "FALSE", "/a", "FALSE", LATER, "short", "1") + line("h.example.com", "FALSE", "/a/b", "FALSE", LATER, "long", "2"),
    "another host": line("other.example.com", "FALSE", "/", "FALSE", LATER, "a", "1"),
    "the last counts": line("h.example.com", "FALSE", "/", "FALSE", LATER, "a", "1") + line("h.example.com", "FALSE", "/", "FALSE", LATER, "a", "2"),
}
# What a URL's response sets, one after another.
SETS = {
    "plain": [("http://h.example.com/a/b", ["a=1"])],
    "attributes": [("https://h.example.com/a/b", ["a=1; Path=/; Secure", "b=2; Domain=example.com; Path=/a", "c=3; path=/x"])],
    "another's domain": [("http://h.example.com/", ["a=1; Domain=other.com", "b=2; Domain=x.h.example.com", "c=3; Domain=com", "d=4; Domain=.EXAMPLE.com"])],
    "max-age": [("http://h.example.com/", ["a=1; Max-Age=10", "b=2; Max-Age=0", "c=3; Max-Age=-1", "d=4; Max-Age=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT"])],
    "expires": [("http://h.example.com/", ["a=1; Expires=Wed, 15 Nov 2023 00:00:00 GMT", "b=2; Expires=Sun, 06-Nov-94 08:49:37 GMT", "c=3; Expires=never"])],
    "replaced and ended": [("http://h.example.com/", ["a=1", "b=2", "c=3"]), ("http://h.example.com/", ["b=9", "a=; Max-Age=0"])],
    "odd values": [("http://h.example.com/", ["a=b=c", "b=\"q\"", "c=", " d = e "])],
}
URLS = [
    "http://h.example.com/", "https://h.example.com/", "http://h.example.com/a", "https://h.example.com/a/b/c", "http://h.example.com/ab",
    "http://example.com/", "http://x.h.example.com/", "http://xh.example.com/", "http://H.EXAMPLE.COM/a/b", "http://other.com/",
]


class Response:
    def __init__(self, headers):
        self.message = email.message.Message()
        for header in headers:
            self.message["Set-Cookie"] = header

    def info(self):
        return self.message


def sent(jar):
    headers = {}
    for url in URLS:
        request = urllib.request.Request(url)
        jar.add_cookie_header(request)
        headers[url] = request.get_header("Cookie")
    return headers


policy = http.cookiejar.DefaultCookiePolicy(strict_ns_domain=http.cookiejar.DefaultCookiePolicy.DomainStrictNonDomain)
cases = []
with tempfile.TemporaryDirectory() as folder:
    for name, text in FILES.items():
        path = pathlib.Path(folder, "cookies")
        path.write_text(MAGIC + text)
        jar = http.cookiejar.MozillaCookieJar(policy=policy)
        jar.load(path, ignore_discard=True, ignore_expires=True)
        cases.append({"name": name, "file": MAGIC + text, "sent": sent(jar)})
for name, replies in SETS.items():
    jar = http.cookiejar.CookieJar(policy=policy)
    for url, headers in replies:
        jar.extract_cookies(Response(headers), urllib.request.Request(url))
    cases.append({"name": name, "replies": replies, "sent": sent(jar)})
version = ".".join(map(str, sys.version_info[:3]))
json.dump({"source": f"Python {version}, http.cookiejar", "unix_time": NOW, "cases": cases}, sys.stdout, indent=1)
print()
