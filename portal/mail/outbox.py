"""Putting a message in the outbox."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.database import new_reference
from portal.jobs.queue import enqueue
from portal.mail.letter import letter
from portal.mail.message import address
from portal.mail.models import OutgoingEmail

DELIVERY = "deliver-email"
# As long as somebody may ask whether a message went out.
_REMEMBERED = timedelta(days=30)


def post(
    db: Session,
    message: str,
    *,
    to: str,
    now: datetime,
    calendar: tuple[str, str] | None = None,
    **context: object,
) -> str:
    """Render templates/email/<message>/ and keep it until the change around it is committed: its reference.

    `calendar` is the text of a calendar file and its METHOD. Raises UnfitForAHeader if `to` is not one
    address, or the subject is more than one line.
    """
    address(to)
    text, method = calendar or (None, None)
    # What every template knows is gathered once for both.
    current_app.update_template_context(context)
    subject, body = letter(message, context)
    email = OutgoingEmail(
        reference=new_reference(),
        recipient=to,
        subject=subject,
        body=body,
        calendar=text,
        calendar_method=method,
        written_at=now,
    )
    db.add(email)
    enqueue(db, DELIVERY, subject=email.reference, due_at=now)
    return email.reference


def forget_sent(db: Session, *, now: datetime) -> None:
    """That a message went to somebody's address is forgotten after a month."""
    db.execute(
        delete(OutgoingEmail)
        .where(OutgoingEmail.sent_at < now - _REMEMBERED)
        .execution_options(synchronize_session=False)
    )
