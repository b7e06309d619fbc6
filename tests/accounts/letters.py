"""What lies in the outbox, as the person to whom it goes would read it."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.mail.models import OutgoingEmail


def letters_to(db: Session, address: str) -> list[OutgoingEmail]:
    """Oldest first."""
    db.expire_all()
    mailed = select(OutgoingEmail).where(OutgoingEmail.recipient == address).order_by(OutgoingEmail.id)
    return list(db.scalars(mailed))


def newest_letter_to(db: Session, address: str) -> OutgoingEmail:
    return letters_to(db, address)[-1]


def link_in(letter: OutgoingEmail) -> str:
    """The first link of the letter, a whole address."""
    found = re.search(r"https://\S+", letter.body)
    assert found, letter.body
    return found[0]


def token_in(letter: OutgoingEmail) -> str:
    return link_in(letter).rsplit("/", 1)[1]
