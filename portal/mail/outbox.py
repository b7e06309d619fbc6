"""Putting a message in the outbox."""

from __future__ import annotations

from datetime import datetime

from flask import render_template
from sqlalchemy.orm import Session

from portal.database import new_reference
from portal.jobs.queue import enqueue
from portal.mail.message import address, one_line
from portal.mail.models import OutgoingEmail

DELIVERY = "deliver-email"


def post(
    db: Session,
    message: str,
    *,
    to: str,
    now: datetime,
    calendar: tuple[str, str] | None = None,
    **context: object,
) -> OutgoingEmail:
    """Render templates/email/<message>/ and keep it until the change around it is committed.

    `calendar` is the text of a calendar file and its METHOD. Raises UnfitForAHeader if `to` is not one
    address, or the subject is more than one line.
    """
    address(to)
    text, method = calendar or (None, None)
    email = OutgoingEmail(
        reference=new_reference(),
        recipient=to,
        subject=one_line(render_template(f"email/{message}/subject.txt", **context).strip()),
        body=render_template(f"email/{message}/body.txt", **context),
        calendar=text,
        calendar_method=method,
        written_at=now,
    )
    db.add(email)
    enqueue(db, DELIVERY, subject=email.reference, due_at=now)
    return email
