"""Telling those who had agreed to an earlier version that there is something to read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.consent import emails
from portal.consent.lifecycle import TextStatus
from portal.consent.models import ConsentVersion
from portal.consent.queries import clients_to_tell
from portal.jobs.queue import enqueue

# Tell of the version of this reference.
TELLING = "tell-of-text"
_AT_ONCE = 100


def tell_of_text(db: Session, reference: str, *, now: datetime) -> None:
    """Tell the next hundred of those who agree to an earlier version, each once, and come back for more.

    Whoever reads something newer meanwhile is not told of this one: it is no longer asked about.
    """
    version = db.scalar(
        select(ConsentVersion)
        .where(ConsentVersion.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if version is None or version.status is not TextStatus.PUBLISHED:
        return
    clients = clients_to_tell(db, version, most=_AT_ONCE)
    for client in clients:
        emails.tell_of_text(db, client, now=now)
    if clients:
        version.told_up_to = clients[-1].id
        enqueue(db, TELLING, subject=reference, due_at=now)
