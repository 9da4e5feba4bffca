"""Passwords as salted scrypt hashes: `scrypt$N$r$p$salt$hash`, the last two in base64. The only form that is stored."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass

N, R, P = 2**15, 8, 1  # 32 MiB and about 0.1 s of a core a login
LEAST_N, MOST_N = 2**14, 2**17  # cheaper is too easily guessed; dearer would let a login exhaust the function
LENGTH = 32  # bytes of the hash
MEMORY = 160 * 2**20  # what scrypt may take: 128·N·r bytes and a bit, at most


class NotAHash(ValueError):
    """What is stored, or handed in to be stored, is not a hash that we would verify against."""


@dataclass(frozen=True, slots=True)
class _Hash:
    n: int
    r: int
    p: int
    salt: bytes
    digest: bytes

    def of(self, password: str) -> bytes:
        return hashlib.scrypt(password.encode(), salt=self.salt, n=self.n, r=self.r, p=self.p, maxmem=MEMORY,
                              dklen=len(self.digest))

    def __str__(self) -> str:
        return f"scrypt${self.n}${self.r}${self.p}${b64encode(self.salt).decode()}${b64encode(self.digest).decode()}"


NOBODYS = str(_Hash(N, R, P, bytes(16), bytes(LENGTH)))
"""Verified against when there is nobody, so that an unknown user costs what a wrong password costs. Nothing hashes to it."""


def hashed(password: str, salt: bytes) -> str:
    """The stored form. `salt`: 16 fresh random bytes, from outside (the domain has no dice)."""
    blank = _Hash(N, R, P, salt, bytes(LENGTH))
    return str(_Hash(N, R, P, salt, blank.of(password)))


def verified(password: str, stored: str) -> bool:
    """Whether it is this password; takes as long when it is not. Raises NotAHash."""
    hash = parse(stored)
    return hmac.compare_digest(hash.of(password), hash.digest)


def parse(stored: str) -> _Hash:
    """Raises NotAHash with what was expected; never quotes what was read."""
    try:
        name, n, r, p, salt, digest = stored.strip().split("$")
        hash = _Hash(int(n), int(r), int(p), b64decode(salt, validate=True), b64decode(digest, validate=True))
    except (ValueError, NotBase64):
        raise NotAHash("expected scrypt$N$r$p$salt$hash, salt and hash in base64") from None
    power = hash.n > 0 and hash.n & (hash.n - 1) == 0
    if name != "scrypt" or not power or not LEAST_N <= hash.n <= MOST_N or (hash.r, hash.p) not in _FACTORS:
        raise NotAHash(f"expected scrypt with N a power of 2 from {LEAST_N} to {MOST_N}, r 8 and p 1 to 5")
    if len(hash.salt) < 8 or not 16 <= len(hash.digest) <= 64:
        raise NotAHash("expected a salt of at least 8 bytes and a hash of 16 to 64")
    return hash


_FACTORS = [(8, p) for p in range(1, 6)]
