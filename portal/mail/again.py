"""A message that could not be delivered is sent again, or set aside."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from portal.jobs.models import Job
from portal.mail.models import OutgoingEmail
from portal.mail.outbox import DELIVERY


def send_again(db: Session, reference: str, *, now: datetime) -> None:
    """Have the message tried now, as if it never had been; one that is delivered by now stays delivered."""
    db.execute(
        update(Job)
        .where(Job.kind == DELIVERY, Job.subject == reference, Job.done_at.is_(None))
        .values(due_at=now, attempts=0, gave_up_at=None, last_error=None)
        .execution_options(synchronize_session=False)
    )


def set_aside(db: Session, reference: str) -> None:
    """Forget the message: nobody gets it any more. One that is delivered by now is only remembered so."""
    unsent = OutgoingEmail.reference == reference, OutgoingEmail.sent_at.is_(None)
    db.execute(delete(OutgoingEmail).where(*unsent).execution_options(synchronize_session=False))
    db.execute(
        delete(Job)
        .where(Job.kind == DELIVERY, Job.subject == reference, Job.done_at.is_(None))
        .execution_options(synchronize_session=False)
    )
