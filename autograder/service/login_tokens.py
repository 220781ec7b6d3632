"""Tokens, and what follows from secrets: digests of tokens, seeds of attempts."""

from __future__ import annotations

import hashlib
import hmac
import secrets

TOKEN_BYTES = 16


def new_token() -> str:
    """Return a token of 128 random bits that can be typed: letters and digits in groups of four."""
    text = secrets.token_hex(TOKEN_BYTES)
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def token_digest(token: str) -> str:
    """Return what the store keeps of a token.

    How it was typed, hyphens and capitals, makes no difference.
    """
    plain = "".join(one for one in token.casefold() if one.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()


def content_digest(content: bytes) -> str:
    """Return the digest of a notebook's bytes, which a receipt shows."""
    return hashlib.sha256(content).hexdigest()


def attempt_seed(secret: str, assignment: str, student: str, digest: str) -> int:
    """Return the seed of an attempt, from 0 to 2^32 - 1: the same for the same notebook of the
    same student.
    """
    said = "\0".join((assignment, student, digest))
    return int.from_bytes(hmac.digest(secret.encode(), said.encode(), "sha256")[:4], "big")
