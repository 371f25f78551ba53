"""A certificate authority of the tests, and the receiver's certificates: the good one and all that must be refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "localhost"


def write(folder: Path) -> None:
    """Write `ca.pem` (the authority to trust) and one file with key and certificate for each kind."""
    now = dt.datetime.now(dt.UTC)
    day = dt.timedelta(days=1)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued = {
        "good": authority.issue_cert(HOST, "127.0.0.1"),
        "wrong_host": authority.issue_cert("elsewhere.example"),
        "expired": authority.issue_cert(HOST, not_before=now - 10 * day, not_after=now - day),
        "not_yet": authority.issue_cert(HOST, not_before=now + day, not_after=now + 10 * day),
        "untrusted": trustme.CA().issue_cert(HOST),
    }
    for name, certificate in issued.items():
        certificate.private_key_and_cert_chain_pem.write_to_path(folder / f"{name}.pem")
    (folder / "self_signed.pem").write_bytes(_self_signed(now))


def _self_signed(now: dt.datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)
