"""SSH public keys as partners send them: one OpenSSH line, checked before it is stored."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64

KINDS = {"ssh-ed25519": 2, "ecdsa-sha2-nistp256": 3, "ecdsa-sha2-nistp384": 3, "ecdsa-sha2-nistp521": 3, "ssh-rsa": 3}
"""Each with the number of fields of its blob (RFC 4253 §6.6): a line that was cut off while copied has fewer."""


def public_key(line: str) -> str:
    """`kind base64 comment`, blanks put right. Raises ValueError with what was expected."""
    words = line.split()
    if "\n" in line.strip() or "PRIVATE KEY" in line:
        raise ValueError("expected one line of a public key (the file that ends in .pub)")
    if len(words) < 2 or words[0] not in KINDS:
        raise ValueError(f"expected a line that begins with one of {', '.join(KINDS)}")
    fields = _fields(words[1])
    if len(fields) != KINDS[words[0]] or fields[0] != words[0].encode():
        raise ValueError(f"expected a whole {words[0]} key after its name")
    return " ".join(words)


def _fields(text: str) -> list[bytes]:
    """Of the blob, each told with its length; none when they do not end where it ends."""
    try:
        blob = b64decode(text, validate=True)
    except (ValueError, NotBase64):
        return []
    fields = []
    while blob:
        length = int.from_bytes(blob[:4])
        field, blob = blob[4:4 + length], blob[4 + length:]
        if len(field) != length:
            return []
        fields.append(field)
    return fields
