"""Random tokens, and what the tables keep of them. Pure."""

from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """256 random bits, fit for an address and a cookie. Kept nowhere but where it is handed."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """What the tables keep of a random token of 256 bits; nothing slower is needed for those."""
    return hashlib.sha256(token.encode()).hexdigest()
