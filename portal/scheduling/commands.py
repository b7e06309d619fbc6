"""What scheduling does when it is due.

Each is decided from what is so now (T8): what was answered, moved or is gone is none of its business. So it
does no harm to be run twice, or by two workers at once.
"""

from __future__ import annotations

import contextlib

from portal import clock
from portal.database import transaction
from portal.errors import NotFound
from portal.scheduling import expiring, freed, services
from portal.scheduling.lifecycle import MoveNotAllowed
from portal.scheduling.queries import consultation_called, kept_for


def expire(reference: str) -> None:
    """Let go of what nobody has answered, if the time for an answer has passed."""
    with transaction() as db, contextlib.suppress(MoveNotAllowed, expiring.AnswerNotDue, NotFound):
        expiring.expire(db, consultation_called(db, reference), now=clock.now())


def tell_of_request(reference: str) -> None:
    """Tell both of the request of this reference; of one that is gone by now, nobody."""
    with transaction() as db, contextlib.suppress(NotFound):
        services.tell_of_request(db, consultation_called(db, reference), now=clock.now())


def remind_to_answer(reference: str) -> None:
    """Remind the therapist, if the request of this reference still waits."""
    with transaction() as db, contextlib.suppress(NotFound):
        expiring.remind_to_answer(db, consultation_called(db, reference), now=clock.now())


def remind_of_consultation(reference: str) -> None:
    """Remind the client of this consultation, if they want it and it is still to come."""
    with transaction() as db, contextlib.suppress(NotFound):
        expiring.remind_of_consultation(db, consultation_called(db, reference), now=clock.now())


def lapse(reference: str) -> None:
    """Let go of a time that was kept for somebody who no longer answers, or look again later."""
    with transaction() as db, contextlib.suppress(MoveNotAllowed, NotFound):
        expiring.lapse(db, consultation_called(db, reference), now=clock.now())


def ask_for_kept(client_reference: str) -> None:
    """The client of this reference has sent their answers: ask for what was kept meanwhile."""
    with transaction() as db:
        for kept in kept_for(db, client_reference):
            with contextlib.suppress(MoveNotAllowed):
                expiring.ask_for_kept(db, kept, now=clock.now())


def offer_freed_times(therapist_id: str) -> None:
    """Offer what has opened of this therapist's time to those who wait for an earlier one."""
    with transaction() as db, contextlib.suppress(NotFound):
        freed.offer_freed_times(db, int(therapist_id), now=clock.now())
