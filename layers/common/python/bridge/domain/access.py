"""Who may log in from where, and what he then sees and may do: the answer that Transfer Family wants (aws-reference.md §2)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from bridge.configuration import Partner
from bridge.domain.folder import INBOX, OWN

LONGEST_POLICY = 2_048  # characters; a longer one shows only as a failed login

Answer = dict[str, str | list[str]]
REFUSED: Answer = {}
"""The same for an unknown user, a wrong password, a protocol or an address that is not allowed: nothing is told."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where partners' trees lie, and as whom they are entered. `role` and `key` are ARNs."""

    bucket: str
    role: str
    key: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a partner proves himself by: hash as `domain.password` writes it; keys as OpenSSH lines."""

    password: str | None = field(default=None, repr=False)
    keys: tuple[str, ...] = ()


def admitted(partner: Partner, protocol: str, address: str) -> bool:
    """Whether this partner may come over this protocol from this address (there is no answer field for either)."""
    if protocol.lower() not in [allowed.value for allowed in partner.protocols]:
        return False
    if not partner.allow:
        return True
    source = _address(address)
    return source is not None and any(source in ip_network(network) for network in partner.allow)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def directories(name: str, partner: Partner, bucket: str) -> dict[str, str]:
    """Logical path → `/bucket/prefix`, without a slash at the end: a partner's own folders, his old paths laid over them."""
    laid = {f"/{folder}": folder for folder in OWN} | dict(partner.paths)
    return {path: f"/{bucket}/{name}/{folder}" for path, folder in laid.items()}


def policy(name: str, place: Place) -> str:
    """What his session may do of what the role may: read his own tree, write and delete files in his inbox.

    Folder objects (keys that end in `/`) he can neither make nor take away: feeds and channels say which there are.
    """
    bucket = f"arn:{place.role.split(':')[1]}:s3:::{place.bucket}"
    tree = f"{bucket}/{name}"
    statements = [
        _allow("s3:GetBucketLocation", bucket),
        _allow("s3:ListBucket", bucket) | {"Condition": {"StringLike": {"s3:prefix": f"{name}/*"}}},
        _allow(["s3:GetObject", "s3:GetObjectVersion"], f"{tree}/*"),
        _allow(["s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"], f"{tree}/{INBOX}/*"),
        _allow(["s3:PutObject", "s3:DeleteObject"], f"{tree}/*/") | {"Effect": "Deny"},
        _allow(["kms:Decrypt", "kms:GenerateDataKey"], place.key),
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _allow(action: str | list[str], resource: str) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def answer(name: str, partner: Partner, place: Place, keys: tuple[str, ...] = ()) -> Answer:
    """Let him in. `keys` only when he comes with one: Transfer then does the proof; beside a password they must not stand."""
    mappings = [{"Entry": entry, "Target": target} for entry, target in directories(name, partner, place.bucket).items()]
    told: Answer = {
        "Role": place.role,
        "Policy": policy(name, place),
        "HomeDirectoryType": "LOGICAL",
        "HomeDirectoryDetails": json.dumps(mappings, separators=(",", ":"), ensure_ascii=False),  # a string, not a list
    }
    return told | {"PublicKeys": list(keys)} if keys else told
