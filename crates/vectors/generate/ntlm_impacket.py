"""NTLM, computed with impacket (see requirements.txt), and each third message computed again, whole, by ntlm-auth. What pyspnego's
server can be asked (NTLMv2 of one user) is accepted by it too, integrity code included.

impacket's own client offers other flags and names no version, so its primitives (hashes, responses, session keys) and its
writers of all three messages are called one by one. Where the server sends its time, its name, and nothing that a client
answers otherwise, the NTLMv2 response is impacket's in one call. What ntlm-auth leaves open is given to it: time and
randomness, the version, and the target name, which it does not send.

Both exchange a session key wherever the server names KEY_EXCH. MS-NLMP sections 3.1.5.1.2 and 3.2.5.2.2 do so only where SIGN or
SEAL is agreed too, and so does pyspnego's server, which refuses the integrity code otherwise: for such challenges the flag is
taken out of what the two see as agreed.
"""

import base64
import hashlib
import itertools
import os
import pathlib
import struct
import tempfile
import types

import spnego._ntlm
import vectorfile
from Cryptodome.Hash import MD4
from impacket import ntlm
from ntlm_auth import compute_hash, compute_response, messages
from ntlm_auth.gss_channel_bindings import GssChannelBindingsStruct
from spnego._ntlm_raw.messages import Challenge, Negotiate

UNIX_TIME = 1700000000
SERVER = bytes.fromhex("f0e1d2c3b4a59687")
CLIENT = bytes.fromhex("0011223344556677")
SESSION_KEY = bytes.fromhex("00112233445566778899aabbccddeeff")
VERSION = bytes([10, 0, 0x61, 0x4A, 0, 0, 0, 15])
FILETIME = struct.pack("<Q", (UNIX_TIME + 11644473600) * 10_000_000)
SERVER_TIME = struct.pack("<Q", 133444735991234567)
OFFERED = (ntlm.NTLMSSP_NEGOTIATE_UNICODE | ntlm.NTLM_NEGOTIATE_OEM | ntlm.NTLMSSP_REQUEST_TARGET | ntlm.NTLMSSP_NEGOTIATE_SIGN
           | ntlm.NTLMSSP_NEGOTIATE_SEAL | ntlm.NTLMSSP_NEGOTIATE_NTLM | ntlm.NTLMSSP_NEGOTIATE_ALWAYS_SIGN
           | ntlm.NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY | ntlm.NTLMSSP_NEGOTIATE_VERSION | ntlm.NTLMSSP_NEGOTIATE_128
           | ntlm.NTLMSSP_NEGOTIATE_KEY_EXCH | ntlm.NTLMSSP_NEGOTIATE_56)
AGREED = OFFERED & ~ntlm.NTLM_NEGOTIATE_OEM | ntlm.NTLMSSP_NEGOTIATE_TARGET_INFO | ntlm.NTLMSSP_TARGET_TYPE_DOMAIN

# OpenSSL 3 has no MD4.
with_md4 = types.SimpleNamespace(
    new=lambda name, data: MD4.new(data) if name == "md4" else hashlib.new(name, data), md5=hashlib.md5)
compute_hash.hashlib = compute_response.hashlib = with_md4
compute_response.os = types.SimpleNamespace(urandom=lambda count: CLIENT[:count])
compute_response.get_windows_timestamp = lambda: FILETIME
messages.get_random_export_session_key = lambda: SESSION_KEY
messages.get_version = lambda flags: VERSION


def agreed_flags(flags):
    """A key is exchanged only to sign or to seal."""
    if flags & (ntlm.NTLMSSP_NEGOTIATE_SIGN | ntlm.NTLMSSP_NEGOTIATE_SEAL):
        return flags
    return flags & ~ntlm.NTLMSSP_NEGOTIATE_KEY_EXCH


class Proof(ntlm.NTLMAuthChallengeResponse):
    """impacket's writer takes a place for the integrity code for granted."""

    has_mic = False

    @classmethod
    def checkMIC(cls, flags):
        return 16 if cls.has_mic else 0

    @staticmethod
    def checkVersion(flags):
        return 8


class ProofWithMic(Proof):
    has_mic = True


class Sent:
    """A message for ntlm-auth that somebody else wrote."""

    def __init__(self, data):
        self.data = data

    def get_data(self):
        return self.data


def opening(flags):
    message = ntlm.NTLMAuthNegotiate()
    message["flags"], message["os_version"] = flags, VERSION
    # Empty names, placed after the version: impacket leaves their places at zero.
    message["domain_offset"] = message["host_offset"] = 40
    return message.getData()


def challenge(flags, pairs):
    """`pairs` is None, or a list of id and value."""
    message = ntlm.NTLMAuthChallenge()
    message["flags"], message["challenge"], message["Version"] = flags, SERVER, bytes([6, 3, 0x80, 0x25, 0, 0, 0, 15])
    message["domain_name"] = "DOMAIN".encode("utf-16-le" if flags & ntlm.NTLMSSP_NEGOTIATE_UNICODE else "ascii")
    message["domain_offset"] = 56
    info = ntlm.AV_PAIRS()
    for number, value in pairs or []:
        info[number] = value
    message["TargetInfoFields"] = b"" if pairs is None else info.getData()
    message["TargetInfoFields_offset"] = 56 + len(message["domain_name"])
    return message.getData()


def by_impacket(first, second, user, domain, workstation, password, nt_hash, spn, version, bindings):
    nt_hash = nt_hash or ""
    asked = ntlm.NTLMAuthChallenge(second)
    flags = agreed_flags(asked["flags"])
    info = ntlm.AV_PAIRS(asked["TargetInfoFields"] or bytes(4))
    timed = version == 2 and ntlm.NTLMSSP_AV_TIME in info
    if version != 2:
        nt, lm, base = ntlm.computeResponseNTLMv1(flags, SERVER, CLIENT, b"", domain, user, password, nthash=nt_hash)
        exchange = ntlm.KXKEY(flags, base, lm, SERVER, password, "", "", False)
        if not flags & ntlm.NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY:
            lm = nt  # what is sent in place of the LM hash's response (MS-NLMP section 3.3.1, NoLMResponseNTLMv1)
    else:
        for number in (ntlm.NTLMSSP_AV_FLAGS, ntlm.NTLMSSP_AV_CHANNEL_BINDINGS, ntlm.NTLMSSP_AV_TARGET_NAME):
            if number in info:
                del info[number]
        if timed:
            info[ntlm.NTLMSSP_AV_FLAGS] = struct.pack("<I", 2)
        if bindings:
            info[ntlm.NTLMSSP_AV_CHANNEL_BINDINGS] = bindings
        service, host = spn.split("/", 1)
        if timed and info[ntlm.NTLMSSP_AV_DNS_HOSTNAME] and info[ntlm.NTLMSSP_AV_DNS_HOSTNAME][1] == host.encode("utf-16-le"):
            nt, lm, exchange = ntlm.computeResponseNTLMv2(flags, SERVER, CLIENT, info.getData(), domain, user, password, "", nt_hash,
                                                          channel_binding_value=bindings or b"", service=service)
        else:
            info[ntlm.NTLMSSP_AV_TARGET_NAME] = spn.encode("utf-16-le")
            key = ntlm.NTOWFv2(user, password, domain, nt_hash)
            time = info[ntlm.NTLMSSP_AV_TIME][1] if timed else FILETIME
            temp = b"\x01\x01" + bytes(6) + time + CLIENT + bytes(4) + info.getData() + bytes(4)
            proof = ntlm.hmac_md5(key, SERVER + temp)
            nt, lm, exchange = proof + temp, ntlm.hmac_md5(key, SERVER + CLIENT) + CLIENT, ntlm.hmac_md5(key, proof)
        if not nt.endswith(bytes(8)):
            nt, exchange = with_padding(nt, ntlm.NTOWFv2(user, password, domain, nt_hash))
        if timed:
            lm = bytes(24)
    agreed = flags & (OFFERED | ntlm.NTLMSSP_NEGOTIATE_TARGET_INFO)
    if version == 1:
        agreed &= ~ntlm.NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY
    encoding = "utf-16-le" if flags & ntlm.NTLMSSP_NEGOTIATE_UNICODE else "ascii"
    if flags & ntlm.NTLMSSP_NEGOTIATE_UNICODE:
        agreed &= ~ntlm.NTLM_NEGOTIATE_OEM
    message = (ProofWithMic if timed else Proof)("u", "p", SERVER)
    message["flags"], message["Version"] = agreed, VERSION
    message["user_name"], message["domain_name"], message["host_name"] = (name.encode(encoding) for name in (user, domain, workstation))
    message["lanman"], message["ntlm"] = lm, nt
    exported = exchange
    if flags & ntlm.NTLMSSP_NEGOTIATE_KEY_EXCH:
        exported, message["session_key"] = SESSION_KEY, ntlm.generateEncryptedSessionKey(exchange, SESSION_KEY)
    if timed:
        message["MIC"] = bytes(16)
        message["MIC"] = ntlm.hmac_md5(exported, first + second + message.getData())
    return message.getData(), agreed


def with_padding(nt, key):
    """Four zero bytes end the response (MS-NLMP section 3.3.2); impacket ends it with the list's end mark."""
    temp = nt[16:] + bytes(4)
    proof = ntlm.hmac_md5(key, SERVER + temp)
    return proof + temp, ntlm.hmac_md5(key, proof)


def by_ntlm_auth(first, second, flags, user, domain, workstation, password, nt_hash, spn, version, certificate):
    asked = messages.ChallengeMessage(second)
    asked.negotiate_flags = agreed_flags(asked.negotiate_flags)
    original = compute_response.ComputeResponse._get_NTLMv2_response

    def with_target_name(user, password, domain, server, client, time, info):
        info[9] = spn.encode("utf-16-le")
        return original(user, password, domain, server, client, time, info)

    bindings = None
    if certificate:
        bindings = GssChannelBindingsStruct()
        bindings[bindings.APPLICATION_DATA] = b"tls-server-end-point:" + certificate
    secret = "0" * 32 + ":" + nt_hash.hex() if nt_hash else password
    compute_response.ComputeResponse._get_NTLMv2_response = staticmethod(with_target_name)
    try:
        message = messages.AuthenticateMessage(user, secret, domain, workstation, asked, 3 if version == 2 else 2, cbt_data=bindings)
    finally:
        compute_response.ComputeResponse._get_NTLMv2_response = staticmethod(original)
    message.negotiate_flags = struct.pack("<I", flags)  # it answers with whatever the server sent
    message.add_mic(Sent(first), Sent(second))
    return message.get_data()


def accepted_by_pyspnego(first, second, third):
    """Raises unless pyspnego's server takes the messages."""
    with tempfile.TemporaryDirectory() as directory:
        users = pathlib.Path(directory, "users")
        users.write_text(":User:Password\n")
        os.environ["NTLM_USER_FILE"] = str(users)
        server = spnego._ntlm.NTLMProxy(usage="accept", protocol="ntlm")
        server._temp_negotiate, server._temp_challenge = Negotiate.unpack(first), Challenge.unpack(second)
        server._step_accept_authenticate(third, None)
    assert server.complete


vectors = []


def add(name, username, password, *, user=None, domain="", config=None, flags=AGREED, pairs=(), spn="HTTP/server.example", version=2,
        certificate=None, nt_hash=b"", workstation="", uri="http://server.example/", proxy=False, mechanism="NTLM"):
    config = {"type": "ntlm", "username": username, "password": password} | (config or {})
    if certificate:
        config["tls_server_end_point"] = certificate.hex()
    user = username if user is None else user
    first = opening(OFFERED & ~ntlm.NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY if version == 1 else OFFERED)
    second = challenge(flags, list(pairs) if flags & ntlm.NTLMSSP_NEGOTIATE_TARGET_INFO else None)
    bindings = None
    if certificate:
        data = b"tls-server-end-point:" + certificate
        bindings = hashlib.md5(bytes(16) + struct.pack("<I", len(data)) + data).digest()
    third, agreed = by_impacket(first, second, user, domain, workstation, password, nt_hash, spn, version, bindings)
    other = by_ntlm_auth(first, second, agreed, user, domain, workstation, password, nt_hash, spn, version, certificate)
    assert third == other, f"{name}: impacket and ntlm-auth differ\n{third.hex()}\n{other.hex()}"
    if (user, password, domain, version) == ("User", "Password", "", 2) and not nt_hash:
        accepted_by_pyspnego(first, second, third)
    status, asks, tells = (407, "Proxy-Authenticate", "Proxy-Authorization") if proxy else (401, "WWW-Authenticate", "Authorization")
    b64 = lambda message: base64.b64encode(message).decode()
    responses = [{"status": status, "headers": [[asks, f"{mechanism} {b64(second)}"]]}]
    if proxy or mechanism != "NTLM":
        responses.insert(0, {"status": status, "headers": [[asks, mechanism]]})
    vectors.append({"name": name, "config": config,
                    "context": {"unix_time": UNIX_TIME, "nonce": CLIENT.hex(), "session_key": SESSION_KEY.hex()},
                    "request": {"method": "GET", "uri": uri, "headers": []}, "responses": responses,
                    "expect": {"headers": [[tells, f"{mechanism} {b64(third)}"]]}})


def names(*given):
    return [(number, text.encode("utf-16-le")) for number, text in given]


INFOS = {
    "names": names((2, "DOMAIN"), (1, "SERVER")),
    "all-names": names((2, "DOMAIN"), (1, "SERVER"), (4, "example"), (3, "server.example"), (5, "example")),
    "time": names((2, "DOMAIN"), (1, "SERVER"), (4, "example"), (3, "server.example")) + [(7, SERVER_TIME)],
    "time-first": [(7, SERVER_TIME)] + names((1, "SERVER"), (2, "DOMAIN")),
    "time-and-single-host": names((3, "server.example")) + [(7, SERVER_TIME), (8, bytes(48))],
    "nothing": [],
}
USERS = {
    "plain": ("User", "Password", {}, None, ""),
    "domain": ("User", "Password", {"domain": "Domain"}, None, "Domain"),
    "backslash": ("CORP\\j.doe", "p\\w:d \"'", {}, "j.doe", "CORP"),
    "principal": ("j.doe@corp.example", "long " * 40, {}, None, ""),
    "accents": ("Žofie Ångström", "přílišžluťoučký", {"domain": "Ærø"}, None, "Ærø"),
    "cyrillic": ("Ёлка", "пароль", {}, None, ""),
    "supplementary": ("𐐨user", "🔑🔑", {"domain": "d"}, None, "d"),
}
for (info, pairs), (who, (username, password, config, user, domain)) in itertools.product(INFOS.items(), USERS.items()):
    if who == "supplementary":
        config = config | {"workstation": "WORK-1"}
    add(f"v2-{info}-{who}", username, password, user=user, domain=domain, config=config, pairs=pairs, workstation=config.get("workstation", ""))

FLAGS = {
    "no-key-exchange": AGREED & ~ntlm.NTLMSSP_NEGOTIATE_KEY_EXCH,
    "no-session-security": AGREED & ~ntlm.NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY,
    "oem": AGREED & ~ntlm.NTLMSSP_NEGOTIATE_UNICODE | ntlm.NTLM_NEGOTIATE_OEM,
    "unicode-and-oem": AGREED | ntlm.NTLM_NEGOTIATE_OEM,
    "no-sealing": AGREED & ~ntlm.NTLMSSP_NEGOTIATE_SEAL & ~ntlm.NTLMSSP_NEGOTIATE_SIGN,
    "no-56": AGREED & ~ntlm.NTLMSSP_NEGOTIATE_56,
    "no-128": AGREED & ~ntlm.NTLMSSP_NEGOTIATE_128,
}
for (name, flags), info in itertools.product(FLAGS.items(), ["names", "time"]):
    add(f"v2-{name}-{info}", "User", "Password", config={"workstation": "WORK-1"}, workstation="WORK-1", flags=flags, pairs=INFOS[info])
add("v2-no-target-info", "User", "Password", flags=AGREED & ~ntlm.NTLMSSP_NEGOTIATE_TARGET_INFO)
for size in (20, 32, 48, 64):
    add(f"v2-channel-bindings-{size}", "User", "Password", pairs=INFOS["time"], certificate=bytes(range(size)))
add("v2-channel-bindings-no-time", "User", "Password", pairs=INFOS["names"], certificate=bytes(range(32)))
HASH = ntlm.compute_nthash("größe")
add("v2-nt-hash", "User", "", config={"nt_hash": HASH.hex()}, nt_hash=HASH, pairs=INFOS["time"])
add("v2-nt-hash-upper-case", "User", "other", config={"nt_hash": HASH.hex().upper(), "domain": "D"}, domain="D", nt_hash=HASH, pairs=INFOS["names"])
add("v2-target-name", "User", "Password", config={"target_name": "host/other.example"}, spn="host/other.example", pairs=INFOS["time"])
add("v2-port-and-path", "User", "Password", uri="http://SERVER.example:8080/a?b=c", spn="HTTP/SERVER.example", pairs=INFOS["names"])
add("v2-proxy", "User", "Password", proxy=True, pairs=INFOS["time"])
add("v2-negotiate", "User", "Password", mechanism="Negotiate", pairs=INFOS["time"])

PLAIN = AGREED & ~ntlm.NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY
for who in ("plain", "domain", "backslash", "accents"):
    username, password, config, user, domain = USERS[who]
    for name, version, flags in ("ntlmv1", 1, PLAIN), ("ntlmv1-session", 1.5, AGREED):
        for suffix, flags in ("", flags), ("-no-key-exchange", flags & ~ntlm.NTLMSSP_NEGOTIATE_KEY_EXCH):
            add(f"{name}-{who}{suffix}", username, password, user=user, domain=domain, config=config | {"version": name}, version=version,
                flags=flags, pairs=INFOS["names"])
add("ntlmv1-nt-hash", "User", "", config={"version": "ntlmv1", "nt_hash": HASH.hex()}, nt_hash=HASH, version=1, flags=PLAIN)
add("ntlmv1-session-nt-hash", "User", "", config={"version": "ntlmv1-session", "nt_hash": HASH.hex()}, nt_hash=HASH, version=1.5)
vectorfile.write("ntlm-impacket", "ntlm", "impacket 0.13.1, checked against ntlm-auth 1.5.0 and pyspnego 0.12.4", vectors)
