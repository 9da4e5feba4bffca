"""What a deployment may choose, read from the CDK context: its name, its account and region, its network."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ACCOUNT, REGION = "000000000000", "us-east-1"
"""Of a synth that nobody told more: the twin's, and the cdk CLI's. Never left open: then CDK would look things up."""

Context = Callable[[str], object]


class SettingsError(Exception):
    """The context asks for something that cannot be built; the message says what to give instead."""


@dataclass(frozen=True, slots=True)
class Network:
    """Where in a VPC the endpoint stands: SFTP and FTPS on Elastic IPs, one a subnet; FTP inside only."""

    vpc: str
    subnets: tuple[str, ...]
    address_allocations: tuple[str, ...]
    certificate: str  # ACM ARN
    security_groups: tuple[str, ...] = ()  # of SFTP and FTPS; none: the VPC's default group
    internal_security_groups: tuple[str, ...] = ()  # of FTP
    passive_ip: str | None = None  # only behind a NAT


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it. Without a network the endpoint is one public SFTP server."""

    name: str
    account: str
    region: str
    network: Network | None


def settings(context: Context, environment: Mapping[str, str]) -> Settings:
    """Context first, then what the cdk CLI found out (CDK_DEFAULT_*), then the usual variables, then the twin's."""
    name = _text(context("name")) or "bridge"
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", name):
        raise SettingsError(f'name "{name}" begins the names of stacks: small letters, digits and -, 31 at most')
    account = _text(context("account")) or environment.get("CDK_DEFAULT_ACCOUNT") or ACCOUNT
    regions = [environment.get(key) for key in ("CDK_DEFAULT_REGION", "AWS_REGION", "AWS_DEFAULT_REGION")]
    region = _text(context("region")) or next(filter(None, regions), REGION)
    return Settings(name, account, region, _network(context))


def _network(context: Context) -> Network | None:
    needed = {key: _texts(context(key)) for key in ("vpc", "subnets", "addressAllocations", "certificate")}
    missing = [key for key, values in needed.items() if not values]
    if len(missing) == len(needed):
        return None
    if missing:
        raise SettingsError(f"an endpoint in a VPC also needs the context {', '.join(missing)}")
    if len(needed["subnets"]) != len(needed["addressAllocations"]):
        raise SettingsError("subnets and addressAllocations: one Elastic IP a subnet, no more and no fewer")
    return Network(
        vpc=needed["vpc"][0],
        subnets=needed["subnets"],
        address_allocations=needed["addressAllocations"],
        certificate=needed["certificate"][0],
        security_groups=_texts(context("securityGroups")),
        internal_security_groups=_texts(context("internalSecurityGroups")),
        passive_ip=_text(context("passiveIp")),
    )


def _text(value: object) -> str | None:
    return str(value).strip() or None if value is not None else None


def _texts(value: object) -> tuple[str, ...]:
    """A list in cdk.json, or with commas as `cdk -c subnets=a,b` gives it."""
    parts = value if isinstance(value, list | tuple) else str(value or "").split(",")
    return tuple(text for part in parts if (text := str(part).strip()))
