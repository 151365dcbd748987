"""What Python's netrc reads: python3 netrc_python.py > ../tests/data/netrc.json. Pinned: Python 3.11."""

import json
import netrc
import pathlib
import sys
import tempfile

assert sys.version_info[:2] == (3, 11), sys.version

TEXTS = [
    "machine api.example.com login u password p\n",
    "machine a login u password p machine b login v password q",
    "machine a\n\tlogin u\n\tpassword p\n\nmachine b\r\n  user v\r\n  account x\r\n  password q\r\n",
    "default login anonymous password me@example.com\n",
    "machine a login u password p\ndefault login d password e",
    '# a comment\nmachine a login u password "two words"\nmachine b login "ä \\"q\\"" password p\\ q',
    "machine a login u password #hash\nmachine b login #v password q#r",
    "machine a # a comment\n login u # another one\n password p\n",
    "macdef init\ncd /tmp\nbinary\n\nmachine a login u password p\n",
    "machine a login u password p\nmacdef init\nmachine not\nlogin this\n\nmachine b login v password q\n",
    "machine a login u password p\nmachine a login v password q\n",
    "machine a password p login u\nmachine b login u\nmachine c password p",
    "machine a login \"\" password \"\"\n",
    "machine a login u password p\\\\q\\\"r\n",
    "machine a login machine password login\n",
    "machine\na\nlogin\nu\npassword\np",
]

cases = []
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, "netrc")
    for text in TEXTS:
        path.write_bytes(text.encode())
        hosts = netrc.netrc(path).hosts
        cases.append({"text": text, "hosts": {host: {"login": login, "password": password} for host, (login, _, password) in hosts.items()}})
version = ".".join(map(str, sys.version_info[:3]))
json.dump({"source": f"Python {version}, netrc", "cases": cases}, sys.stdout, indent=1, ensure_ascii=False)
print()
