"""How far a message has come on its way."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from portal.jobs.models import IN_TROUBLE, Job
from portal.mail.models import OutgoingEmail
from portal.mail.outbox import DELIVERY


class Delivery(NamedTuple):
    """One message, without its words, and what became of it."""

    reference: str
    recipient: str
    subject: str
    written_at: datetime
    sent_at: datetime | None
    attempts: int | None
    gave_up_at: datetime | None
    # The name of what happened at the last attempt.
    last_error: str | None


_DELIVERIES = (
    OutgoingEmail.reference,
    OutgoingEmail.recipient,
    OutgoingEmail.subject,
    OutgoingEmail.written_at,
    OutgoingEmail.sent_at,
    Job.attempts,
    Job.gave_up_at,
    Job.last_error,
)
_ITS_JOB = and_(Job.kind == DELIVERY, Job.subject == OutgoingEmail.reference)


def delivery_of(db: Session, *, to: str, written_at: datetime) -> Delivery | None:
    """The message that went to this address at that moment."""
    row = db.execute(
        select(*_DELIVERIES)
        .outerjoin(Job, _ITS_JOB)
        .where(OutgoingEmail.recipient == to, OutgoingEmail.written_at == written_at)
        .limit(1)
    ).first()
    return Delivery(*row) if row else None


def undelivered() -> Select[*tuple[Any, ...]]:
    """Of every message that was given up, or has been tried for some minutes, the columns of a Delivery."""
    return (
        select(*_DELIVERIES)
        .join(Job, _ITS_JOB)
        .where(Job.kind == DELIVERY, IN_TROUBLE, OutgoingEmail.sent_at.is_(None))
        .order_by(OutgoingEmail.written_at.desc())
    )
