"""What is stored of the practice beside its facts."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from portal.practice.models import ONLY_ROW, Practice


class MailProof(NamedTuple):
    """When the last test mail went out, whether its code is awaited, and when and how one arrived last."""

    sent_at: datetime | None
    is_awaited: bool
    proved_at: datetime | None
    proved_as: str | None


def mail_proof(db: Session) -> MailProof:
    row = db.get(Practice, ONLY_ROW, populate_existing=True)
    if row is None:
        return MailProof(None, False, None, None)
    return MailProof(row.mail_code_at, row.mail_code_hash is not None, row.mail_proved_at, row.mail_proved_as)
