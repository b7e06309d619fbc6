"""What scheduling does when it is due."""

from __future__ import annotations

import contextlib

from portal import clock
from portal.database import transaction
from portal.errors import NotFound
from portal.scheduling.lifecycle import MoveNotAllowed
from portal.scheduling.queries import consultation_called
from portal.scheduling.services import AnswerNotDue, expire_request


def expire(reference: str) -> None:
    """Let the request of this reference expire, if it is still one and its time to be answered has passed.

    Decided from what is so now (T8): a request that was answered, or that is gone, is none of its business.
    So it does no harm to be run twice, or by two workers at once.
    """
    with transaction() as db, contextlib.suppress(MoveNotAllowed, AnswerNotDue, NotFound):
        expire_request(db, consultation_called(db, reference), now=clock.now())
