"""The servers that the deployed template declares, and what of each its clients notice (aws-reference.md §1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Protocol(StrEnum):
    """As Transfer Family writes them: in the template, in the identity function's event, in its own events."""

    SFTP = "SFTP"
    FTPS = "FTPS"
    FTP = "FTP"


class Resumption(StrEnum):
    """Whether an FTPS data connection resumes the TLS session of the control connection."""

    DISABLED = "DISABLED"
    ENABLED = "ENABLED"
    ENFORCED = "ENFORCED"


class Methods(StrEnum):
    """How an SFTP client proves himself."""

    PASSWORD = "PASSWORD"
    PUBLIC_KEY = "PUBLIC_KEY"
    EITHER = "PUBLIC_KEY_OR_PASSWORD"


class NotDeployable(ValueError):
    """AWS would refuse this server, or the twin does not know what it asks for."""


@dataclass(frozen=True, slots=True)
class Server:
    """One `AWS::Transfer::Server`. Defaults are AWS's own, also where they are unkind."""

    id: str
    protocols: tuple[Protocol, ...] = (Protocol.SFTP,)
    resumption: Resumption = Resumption.ENFORCED
    ignores_setstat: bool = False
    methods: Methods = Methods.EITHER
    banner: str = ""
    welcome: str = ""

    @classmethod
    def of(cls, id: str, properties: Mapping[str, Any]) -> Server:
        """From the template's properties, references resolved. Raises NotDeployable with what is wrong."""
        for fault in _faults(properties):
            raise NotDeployable(f"{id}: {fault}")
        try:
            protocols = tuple(Protocol(name) for name in properties.get("Protocols", ["SFTP"]))
            details = properties.get("ProtocolDetails", {})
            return cls(
                id, protocols,
                Resumption(details.get("TlsSessionResumptionMode", "ENFORCED")),
                details.get("SetStatOption", "DEFAULT") == "ENABLE_NO_OP",
                Methods(properties.get("IdentityProviderDetails", {}).get("SftpAuthenticationMethods", Methods.EITHER)),
                properties.get("PreAuthenticationLoginBanner", ""), properties.get("PostAuthenticationLoginBanner", ""))
        except ValueError as error:
            raise NotDeployable(f"{id}: {error} (the twin speaks SFTP, FTPS and FTP)") from None


def _faults(properties: Mapping[str, Any]) -> list[str]:
    ftp, ftps = (protocol in properties.get("Protocols", []) for protocol in ("FTP", "FTPS"))
    vpc = properties.get("EndpointType", "PUBLIC") == "VPC"
    addresses = properties.get("EndpointDetails", {}).get("AddressAllocationIds")
    told = {
        "FTPS and FTP need EndpointType VPC": (ftp or ftps) and not vpc,
        "FTP excludes AddressAllocationIds: plain FTP is for inside the VPC": ftp and bool(addresses),
        "FTPS needs a Certificate": ftps and not properties.get("Certificate"),
        "the twin asks an identity function only (IdentityProviderType AWS_LAMBDA)":
            properties.get("IdentityProviderType") != "AWS_LAMBDA",
        "the twin keeps files in S3 only (Domain S3)": properties.get("Domain", "S3") != "S3",
        "the twin does not know PUBLIC_KEY_AND_PASSWORD":  # paramiko does not tell whether the key was proven
            properties.get("IdentityProviderDetails", {}).get("SftpAuthenticationMethods") == "PUBLIC_KEY_AND_PASSWORD",
    }
    return [fault for fault, holds in told.items() if holds]
