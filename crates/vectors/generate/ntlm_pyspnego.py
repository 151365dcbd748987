"""NTLM, computed with pyspnego (see requirements.txt): its primitives for hashes, responses, session keys and integrity codes,
its readers for what is sent.

pyspnego's own client lays its messages out in another order and names another version, which is legal, and its opening, which
the integrity code covers, offers other flags. So the messages are put together here, as MS-NLMP section 4.2.4 has them, from
values that pyspnego computed; the first message is written down as the bytes that it must be. `self_check` reads each third
message back with pyspnego's own server code.
"""

import base64
import struct

import spnego
import spnego._version
import vectorfile
from spnego._ntlm_raw import crypto
from spnego._ntlm_raw.messages import AvFlags, AvId, Authenticate, Challenge, FileTime, NegotiateFlags as F, TargetInfo

UNIX_TIME = 1440938160
CLIENT = bytes.fromhex("aabbccddeeff0011")
SESSION_KEY = bytes.fromhex("55" * 8 + "66" * 8)
SERVER = bytes.fromhex("0123456789abcdef")
VERSION = bytes([10, 0, 0x61, 0x4A, 0, 0, 0, 15])
OFFERED = (F.unicode | F.oem | F.request_target | F.sign | F.seal | F.ntlm | F.always_sign | F.extended_session_security | F.version
           | F.key_128 | F.key_exch | F.key_56)
AGREED = (F.unicode | F.request_target | F.sign | F.ntlm | F.always_sign | F.target_type_server | F.extended_session_security
          | F.target_info | F.version | F.key_128 | F.key_exch | F.key_56)


def opening(offered=OFFERED):
    empty = struct.pack("<HHI", 0, 0, 40)
    return b"NTLMSSP\0" + struct.pack("<II", 1, offered) + empty + empty + VERSION


def target_info(timed, **more):
    info = TargetInfo()
    info[AvId.nb_domain_name] = "Domain"
    info[AvId.nb_computer_name] = "Server"
    if timed:
        info[AvId.timestamp] = FileTime.unpack(struct.pack("<Q", 130853817600000000))
    for key, value in more.items():
        info[AvId[key]] = value
    return info


def av(info, spn, mic, bindings):
    """The pairs in the order of the server's, then flags, bindings and target name, as MS-NLMP section 3.1.5.1.2 adds them."""
    raw, out = info.pack(), b""
    pairs = []
    while raw:
        number, length = struct.unpack("<HH", raw[:4])
        if number == 0:
            break
        pairs.append((number, raw[4 : 4 + length]))
        raw = raw[4 + length :]
    kept = [(number, value) for number, value in pairs if number not in (6, 9, 10)]
    flags = dict(pairs).get(6)
    if mic or flags:
        kept.append((6, struct.pack("<I", (struct.unpack("<I", flags)[0] if flags else 0) | (AvFlags.mic if mic else 0))))
    if bindings:
        kept.append((10, bindings))
    kept.append((9, spn.encode("utf-16-le")))
    for number, value in kept + [(0, b"")]:
        out += struct.pack("<HH", number, len(value)) + value
    return out


def proof(first, second, user, domain, workstation, password, spn, version=2, bindings=None, nt_hash=None):
    challenge = Challenge.unpack(second)
    flags = challenge.flags & (OFFERED | F.target_info)
    if version == 1:
        flags &= ~F.extended_session_security
    if flags & F.unicode:
        flags &= ~F.oem
    encoding = "utf-16-le" if flags & F.unicode else "ascii"
    hashed = nt_hash or crypto.ntowfv1(password)
    mic = False
    if version == 2:
        info = challenge.target_info or TargetInfo()
        mic = AvId.timestamp in info
        time = info[AvId.timestamp].pack() if mic else struct.pack("<Q", (UNIX_TIME + 11644473600) * 10_000_000)
        temp = b"\x01\x01" + bytes(6) + time + CLIENT + bytes(4) + av(info, spn, mic, bindings) + bytes(4)
        key = crypto.ntowfv2(user, hashed, domain)
        nt_proof = crypto.hmac_md5(key, SERVER + temp)
        nt = nt_proof + temp
        lm = bytes(24) if mic else crypto.hmac_md5(key, SERVER + CLIENT) + CLIENT
        exchange = crypto.hmac_md5(key, nt_proof)
    else:
        nt, lm, exchange = crypto.compute_response_v1(challenge.flags, hashed, bytes(16), SERVER, CLIENT)
    session = b""
    exported = exchange
    if challenge.flags & F.key_exch:
        exported, session = SESSION_KEY, crypto.rc4k(exchange, SESSION_KEY)
    payload = [part.encode(encoding) for part in (domain, user, workstation)] + [lm, nt, session]
    header = 88 if mic else 72
    at = [header + sum(map(len, payload[:index])) for index in range(6)]
    fields = b"".join(struct.pack("<HHI", len(payload[i]), len(payload[i]), at[i]) for i in (3, 4, 0, 1, 2, 5))
    head = b"NTLMSSP\0" + struct.pack("<I", 3) + fields + struct.pack("<I", flags) + VERSION
    message = head + bytes(16 if mic else 0) + b"".join(payload)
    if mic:
        code = crypto.hmac_md5(exported, first + second + message)
        message = head + code + b"".join(payload)
    self_check(message, user, domain, nt, mic)
    return message


def self_check(message, user, domain, nt, mic):
    read = Authenticate.unpack(message)
    assert (read.user_name or "", read.domain_name or "") == (user, domain), (read.user_name, read.domain_name)
    assert read.nt_challenge_response == nt
    assert bool(mic) == (read.mic is not None), "the reader of pyspnego sees where the integrity code is"


def b64(data):
    return base64.b64encode(data).decode()


def wrapped(token):
    def element(tag, content):
        length = len(content)
        digits = bytes([length]) if length < 128 else (lambda d: bytes([0x80 | len(d)]) + d)(length.to_bytes((length.bit_length() + 7) // 8, "big"))
        return bytes([tag]) + digits + content

    return element(0xA1, element(0x30, element(0xA2, element(0x04, token))))


def server_wrapped(token):
    from spnego._spnego import NegState, NegTokenResp

    return NegTokenResp(neg_state=NegState.accept_incomplete, supported_mech="1.3.6.1.4.1.311.2.2.10", response_token=token).pack()


vectors = []


def add(name, username, password, *, user=None, domain="", config=None, flags=AGREED, info=None, mechanism="NTLM", proxy=False,
        spnego_wrapped=False, uri="http://server.example:8080/path?x=1", headers=(), spn="HTTP/server.example", version=2, bindings=None,
        nt_hash=None, workstation="", method="GET", body=None, bare_first=False):
    config = {"type": "ntlm", "username": username, "password": password} | (config or {})
    first = opening(OFFERED & ~F.extended_session_security if version == 1 else OFFERED)
    info = target_info(False) if info is None else info
    second = Challenge(flags, SERVER, target_name="Server", target_info=info if flags & F.target_info else None,
                       version=spnego._ntlm_raw.messages.Version(6, 1, 7601)).pack()
    third = proof(first, second, user if user is not None else username, domain, workstation, password, spn, version, bindings, nt_hash)
    status, asks, tells = (407, "Proxy-Authenticate", "Proxy-Authorization") if proxy else (401, "WWW-Authenticate", "Authorization")
    sent = b64(server_wrapped(second)) if spnego_wrapped else b64(second)
    responses = [{"status": status, "headers": [[asks, f"{mechanism} {sent}"]]}]
    if bare_first or proxy or mechanism != "NTLM":
        responses.insert(0, {"status": status, "headers": [[asks, mechanism]]})
    request = {"method": method, "uri": uri, "headers": [list(pair) for pair in headers]}
    expect = {"headers": [[tells, f"{mechanism} {b64(wrapped(third) if spnego_wrapped else third)}"]]}
    if body is not None:
        request["body"] = expect["body"] = body
    vectors.append({"name": name, "config": config, "context": {"unix_time": UNIX_TIME, "nonce": CLIENT.hex(), "session_key": SESSION_KEY.hex()},
                    "request": request, "responses": responses, "expect": expect})


add("v2", "User", "Password", config={"domain": "Domain"}, domain="Domain")
add("v2-workstation", "User", "Password", config={"domain": "Domain", "workstation": "COMPUTER"}, domain="Domain", workstation="COMPUTER")
add("v2-server-time", "User", "Password", config={"domain": "Domain"}, domain="Domain", info=target_info(True))
add("v2-server-flags", "User", "Password", info=target_info(True, flags=AvFlags.constrained))
add("v2-more-pairs", "User", "Password", info=target_info(True, dns_computer_name="server.example", dns_domain_name="example", dns_tree_name="example"))
add("v2-domain-in-name", "DOMAIN\\User", "Password", user="User", domain="DOMAIN")
add("v2-principal-name", "user@example.com", "Password")
add("v2-both", "A\\User", "Password", config={"domain": "B"}, user="A\\User", domain="B")
add("v2-unicode", "Jürgen", "größe€", config={"domain": "Straße"}, domain="Straße", info=target_info(True))
add("v2-greek", "αβγώ", "пароль🔑", config={"domain": "Домен"}, domain="Домен")
add("v2-empty-password", "User", "")
add("v2-oem", "User", "Password", flags=AGREED & ~F.unicode | F.oem)
add("v2-without-key-exchange", "User", "Password", flags=AGREED & ~F.key_exch)
add("v2-without-key-exchange-server-time", "User", "Password", flags=AGREED & ~F.key_exch, info=target_info(True))
add("v2-without-session-security", "User", "Password", flags=AGREED & ~F.extended_session_security)
add("v2-without-target-info", "User", "Password", flags=AGREED & ~F.target_info)
add("v2-host-header", "User", "Password", headers=[["Host", "other.example:81"]], spn="HTTP/other.example")
add("v2-ipv6", "User", "Password", uri="http://[::1]:8080/", spn="HTTP/[::1]")
add("v2-negotiate", "User", "Password", mechanism="Negotiate")
add("v2-spnego", "User", "Password", mechanism="Negotiate", spnego_wrapped=True, info=target_info(True))
add("v2-spnego-long", "User" * 20, "Password", mechanism="Negotiate", spnego_wrapped=True)
add("v2-proxy", "User", "Password", proxy=True)
add("v2-asked-first", "User", "Password", bare_first=True)
add("v2-body", "User", "Password", method="POST", body="a=1&b=2", headers=[["Content-Type", "application/x-www-form-urlencoded"]])
add("v2-nt-hash", "User", "", config={"nt_hash": "a4f49c406510bdcab6824ee7c30fd852"}, nt_hash=bytes.fromhex("a4f49c406510bdcab6824ee7c30fd852"))
add("v2-target-name", "User", "Password", config={"target_name": "HTTP/alias"}, spn="HTTP/alias")
certificate = bytes(range(32))
hashed = crypto.md5(spnego.channel_bindings.GssChannelBindings(application_data=b"tls-server-end-point:" + certificate).pack())
add("v2-channel-bindings", "User", "Password", config={"tls_server_end_point": certificate.hex()}, bindings=hashed, info=target_info(True))
add("v1", "User", "Password", config={"version": "ntlmv1"}, version=1, flags=AGREED & ~F.extended_session_security)
add("v1-session", "User", "Password", config={"version": "ntlmv1-session"}, version=1.5)
add("v1-session-domain", "D\\Usér", "Password", user="Usér", domain="D", config={"version": "ntlmv1-session"}, version=1.5)
vectorfile.write("ntlm-pyspnego", "ntlm", f"pyspnego {spnego._version.__version__ if hasattr(spnego._version, '__version__') else '0.12.4'}", vectors)


def refused(name, error, responses, config=None):
    request = {"method": "GET", "uri": "http://server.example/"}
    return {"name": name, "config": {"type": "ntlm", "username": "User", "password": "p"} | (config or {}),
            "context": {"unix_time": UNIX_TIME, "nonce": CLIENT.hex(), "session_key": SESSION_KEY.hex()}, "request": request,
            **({"responses": responses} if responses else {}), "expect": {"error": error}}


def asked(value):
    return [{"status": 401, "headers": [["WWW-Authenticate", value]]}]


good = Challenge(AGREED, SERVER, target_name="S", target_info=target_info(False)).pack()
vectorfile.write(
    "ntlm-policies",
    "ntlm",
    "countersign policies, version 1",
    [
        refused("no-user", "invalid-config", [], {"username": ""}),
        refused("unknown-field", "invalid-config", [], {"user": "x"}),
        refused("needs-exchange", "needs-exchange", []),
        refused("no-ntlm", "no-challenge", asked('Basic realm="x"')),
        refused("not-base64", "invalid-challenge", asked("NTLM a.b")),
        refused("not-ntlm", "invalid-challenge", asked("NTLM " + b64(b"NTLMSSQ\0" + good[8:]))),
        refused("type-3", "invalid-challenge", asked("NTLM " + b64(good[:8] + b"\3" + good[9:]))),
        refused("cut-short", "invalid-challenge", asked("NTLM " + b64(good[:30]))),
        refused("points-outside", "invalid-challenge", asked("NTLM " + b64(good[:44] + b"\xff\xff\0\0" + good[48:]))),
        refused("cut-target-info", "invalid-challenge", asked("NTLM " + b64(good[:40] + b"\x05\0\x05\0" + good[44:]))),
        refused("asked-twice", "invalid-challenge", asked("NTLM") * 2),
    ],
)
