"""The certificate that the twin's servers show: made anew for each start, trusted by nobody but the twin."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files in PEM: the certificate (which is its own authority), its key, and the public authorities plus it."""

    certificate: Path
    key: Path
    authorities: Path


def make_certificate(folder: Path) -> Certificate:
    """A certificate for `localhost` and 127.0.0.1, good for a month; the key is readable by the owner alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    made = _sign(key)
    certificate, key_file, authorities = folder / "twin.pem", folder / "twin.key", folder / "authorities.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.touch(mode=0o600)
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption()))
    authorities.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + certificate.read_bytes())
    return Certificate(certificate, key_file, authorities)


def _sign(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost"),
                      x509.NameAttribute(NameOID.ORGANIZATION_NAME, "FTP-Plytix bridge, twin")])
    hosts = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=30))
        .add_extension(hosts, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
