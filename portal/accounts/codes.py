"""The codes of an authenticator app (RFC 6238), and those for who has lost it. Pure."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

import pyotp
import segno

_STEP_SECONDS = 30
# Phones run fast or slow by a little, and people type slowly.
_STEPS_AROUND = (0, -1, 1)
_RECOVERY_CODES = 10
# No letter or digit that is taken for another one.
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_LENGTH = 3, 5


def new_secret() -> str:
    """160 random bits in base 32, as apps take them."""
    return pyotp.random_base32()


def in_groups(secret: str) -> str:
    """For who types it in: ABCD EFGH …"""
    return " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))


def picture_of(secret: str, *, address: str, issuer: str) -> str:
    """A QR code that an app reads the secret from, as an SVG element without inline styles."""
    uri = pyotp.TOTP(secret).provisioning_uri(name=address, issuer_name=issuer)
    return str(segno.make(uri, error="m", micro=False).svg_inline(omitsize=True, light="#fff", dark="#000"))


def code_at(secret: str, moment: datetime) -> str:
    """What the app shows at this moment."""
    return pyotp.TOTP(secret).at(moment)


def step_of(typed: str, secret: str, *, now: datetime, after: int) -> int | None:
    """The half minute whose code this is, or None: it has to be about now, and later than `after`."""
    current = int(now.timestamp()) // _STEP_SECONDS
    digits = "".join(typed.split())
    for step in (current + around for around in _STEPS_AROUND):
        shown = pyotp.TOTP(secret).at(step * _STEP_SECONDS)
        if hmac.compare_digest(shown.encode(), digits.encode()) and step > after:
            return step
    return None


def new_recovery_codes() -> Sequence[str]:
    """Ten of them, with 74 random bits each: xxxxx-xxxxx-xxxxx."""
    return ["-".join(_group() for _ in range(_GROUPS)) for _ in range(_RECOVERY_CODES)]


def recovery_hash(typed: str, *, whose: str) -> str:
    """What the tables keep of a recovery code, however it was typed; `whose` is its owner's reference."""
    plain = "".join(sign for sign in typed.casefold() if sign.isalnum())
    return hashlib.sha256(f"{whose}:{plain}".encode()).hexdigest()


def _group() -> str:
    return "".join(secrets.choice(_SIGNS) for _ in range(_GROUP_LENGTH))
