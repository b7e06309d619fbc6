"""Proving that mail arrives: a test mail is sent, and the code that it bears comes back."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from portal.errors import Refused
from portal.mail.outbox import post
from portal.practice.models import Practice
from portal.practice.services import practice_row

# Nothing that is taken for something else, on a screen or aloud.
_SIGNS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_LENGTH, _MOST_TRIES = 6, 5
_A_WHILE, _GOOD_FOR = timedelta(minutes=1), timedelta(days=2)


class SentJustNow(Refused):
    """A test mail is on its way already."""


class NoCodeAwaited(Refused):
    """No test mail was sent, or it is too old, or too many other codes were typed: another one is needed."""


def way_of_mail(sender: str, url: str | None) -> str:
    """From which address and by which server mail goes, in one line and without a password."""
    server = urlsplit(url).hostname if url else "the development mailbox"
    return f"{sender}, by {server}"


def send_test_mail(db: Session, *, to: str, now: datetime) -> None:
    """Raises SentJustNow."""
    practice = practice_row(db)
    if practice.mail_code_at is not None and now - practice.mail_code_at < _A_WHILE:
        raise SentJustNow
    code = "".join(secrets.choice(_SIGNS) for _ in range(_LENGTH))
    practice.mail_code_hash, practice.mail_code_at, practice.mail_code_tries = _hash(code), now, 0
    post(db, "mail-test", to=to, now=now, code=code)


def take_code(db: Session, typed: str, *, way: str, now: datetime) -> bool:
    """Whether this is what the last test mail says; if so, it has arrived by this way. Raises NoCodeAwaited.

    A wrong one is counted, so it is for the caller to keep the change either way.
    """
    practice = practice_row(db)
    if not _is_awaited(practice, now):
        raise NoCodeAwaited
    if not hmac.compare_digest(practice.mail_code_hash or "", _hash(typed)):
        practice.mail_code_tries += 1
        return False
    practice.mail_code_hash, practice.mail_proved_at, practice.mail_proved_as = None, now, way
    return True


def _is_awaited(practice: Practice, now: datetime) -> bool:
    if practice.mail_code_hash is None or practice.mail_code_at is None:
        return False
    return practice.mail_code_tries < _MOST_TRIES and now - practice.mail_code_at < _GOOD_FOR


def _hash(code: str) -> str:
    return hashlib.sha256("".join(code.upper().split()).encode()).hexdigest()
