"""Certificates of every usual signature, made by the openssl program, with their tls-server-end-point channel bindings (RFC 5929
section 4.1) as Python's cryptography (see requirements.txt) tells their hash and computes it. Writes the test data of
countersign-ntlm; each run makes new keys.
"""

import base64
import json
import pathlib
import subprocess
import tempfile

import cryptography
from cryptography import x509
from cryptography.hazmat.primitives import hashes

OUT = pathlib.Path(__file__).resolve().parents[2] / "ntlm" / "tests" / "data" / "certificates.json"

RSA = ["-newkey", "rsa:2048"]
PSS = RSA + ["-sigopt", "rsa_padding_mode:pss"]
P256 = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
KINDS = (
    [(f"rsa-{name}", RSA, name) for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")]
    + [(f"rsa-pss-{name}", PSS, name) for name in ("sha1", "sha224", "sha256", "sha384", "sha512")]
    + [(f"ecdsa-{name}", P256, name) for name in ("sha1", "sha224", "sha256", "sha384", "sha512")]
    + [(f"dsa-{name}", None, name) for name in ("sha1", "sha224", "sha256")]
    + [("ed25519", ["-newkey", "ed25519"], None), ("ed448", ["-newkey", "ed448"], None)]
)


def run(*arguments):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout


def made(directory, key, digest):
    path = directory / "key.pem"
    if key is None:
        run("genpkey", "-genparam", "-algorithm", "DSA", "-pkeyopt", "dsa_paramgen_bits:2048", "-out", directory / "dsa.pem")
        key = ["-newkey", f"dsa:{directory / 'dsa.pem'}"]
    hashed = [f"-{digest}"] if digest else []
    return run("req", "-x509", *key, *hashed, "-nodes", "-keyout", path, "-subj", "/CN=server.example", "-days", "3650", "-outform", "DER")


def bindings(der):
    """The certificate's own hash; SHA-256 in place of MD5 and SHA-1, and where the signature has none that is a matter of choice."""
    own = x509.load_der_x509_certificate(der).signature_hash_algorithm
    if own is None or isinstance(own, (hashes.MD5, hashes.SHA1)):
        own = hashes.SHA256()
    digest = hashes.Hash(own)
    digest.update(der)
    return digest.finalize().hex()


certificates = []
with tempfile.TemporaryDirectory() as directory:
    for name, key, digest in KINDS:
        der = made(pathlib.Path(directory), key, digest)
        if digest:
            assert x509.load_der_x509_certificate(der).signature_hash_algorithm.name == digest, name
        certificates.append({"name": name, "certificate": base64.b64encode(der).decode(), "tls_server_end_point": bindings(der)})
source = f"{' '.join(run('version').decode().split()[:2])}, hashed by cryptography {cryptography.__version__}"
OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text(json.dumps({"source": source, "certificates": certificates}, indent=1) + "\n")
print(f"{OUT.name}: {len(certificates)} certificates")
