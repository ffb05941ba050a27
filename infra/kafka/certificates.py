"""The broker's own certificate authority, made at the first start; nobody else's certificate is trusted.

In the secrets folder (0700): `ca.pem` for every client; `ca.key` and `broker.pem` (key and certificate together, as
Kafka reads PEM), both 0600. The certificate names localhost and 127.0.0.1 and is renewed at a start when it has less
than 30 days left. The CA signs brokers' certificates and nothing else, so holding one proves to be a broker. Each node
of a cluster has its own, `broker-1.pem` and so on: another key, the same name, because it may do the same.
"""

import ipaddress
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_LIFE = timedelta(days=3650)
BROKER_LIFE = timedelta(days=397)
RENEW_BEFORE = timedelta(days=30)


def ensure(secrets: Path, now: datetime, brokers: Sequence[str] = ("broker",)) -> None:
    """Make what is missing in `secrets`, and renew what expires soon. A CA that is there is never replaced."""
    secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (secrets / "ca.pem").exists():
        _make_ca(secrets, now)
    for broker in brokers:
        if _expires(secrets / f"{broker}.pem") < now + RENEW_BEFORE:
            _make_broker(secrets, now, broker)


def write_private(file: Path, content: bytes) -> None:
    """Write `file` so that it is readable by its owner alone from its first byte on, whole or not at all."""
    part = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
        output.write(content)
    part.replace(file)


def _expires(file: Path) -> datetime:
    if not file.exists():
        return datetime.min.replace(tzinfo=UTC)
    return x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc


def _make_ca(secrets: Path, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("juki-hub CA")
    certificate = (
        _builder(name, name, key.public_key(), now, CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    write_private(secrets / "ca.key", _pem(key))
    write_private(secrets / "ca.pem", certificate.public_bytes(serialization.Encoding.PEM))


def _make_broker(secrets: Path, now: datetime, broker: str) -> None:
    authority = x509.load_pem_x509_certificate((secrets / "ca.pem").read_bytes())
    signer = serialization.load_pem_private_key((secrets / "ca.key").read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError("ca.key is not the key that was made here")
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        _builder(_name("juki-broker"), authority.subject, key.public_key(), now, BROKER_LIFE)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .sign(signer, hashes.SHA256())
    )
    write_private(secrets / f"{broker}.pem", _pem(key) + certificate.public_bytes(serialization.Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + life)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
