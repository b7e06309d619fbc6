"""Offering times that were let go to whoever waits for something earlier: one person at a time, in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from portal.accounts.models import Client
from portal.database import new_reference
from portal.diary.kinds import Kind
from portal.diary.queries import Rules, rules_of
from portal.jobs.queue import Due, enqueue_all
from portal.scheduling import emails
from portal.scheduling.holding import EXPIRY, store_and_hold
from portal.scheduling.lifecycle import IS_OPEN, Party, Status, offer_answered_by
from portal.scheduling.models import Consultation
from portal.scheduling.offers import offer_to
from portal.scheduling.queries import (
    Held,
    consultation_to_change,
    consultations_of,
    event_with_id,
    offered_before,
    wishes_for_earlier,
)
from portal.scheduling.slots import minute_of, moment_of

_Window = tuple[datetime, datetime]


class _Earlier(NamedTuple):
    """A time that somebody can be offered, instead of which, and by when they answer."""

    instead_of: Held
    kind: Kind
    starts_at: datetime
    answer_by: datetime


def offer_freed_times(db: Session, line: int, *, now: datetime) -> None:
    """Offer each of the times that were let go in this line of a history to one who waits for an earlier one.

    Whoever has wished longest comes first; who was offered that time before, who has something open, or for
    whom it would not be earlier or too soon, is passed over. When they say no, or nothing, it is let go
    again, and the next one comes. Raises NotFound.
    """
    event = event_with_id(db, line)
    therapist_id = db.get_one(Consultation, event.consultation_id).therapist_id
    rules = rules_of(db, therapist_id, to_change=True)
    waiting = list(wishes_for_earlier(db, therapist_id))
    for window in sorted(event.times_before):
        for client in waiting:
            earlier = _earlier_for(db, client, rules, window, now)
            if earlier:
                _offer(db, client, therapist_id, earlier, now)
                waiting.remove(client)
                break


def _earlier_for(
    db: Session, client: Client, rules: Rules, window: _Window, now: datetime
) -> _Earlier | None:
    own = consultations_of(db, client, since=now)
    mine = next((held for held in own if held.status is Status.CONFIRMED), None)
    if mine is None or client.therapist is None or any(held.status in IS_OPEN for held in own):
        return None
    kind, (begins, ends) = rules.kind_with_id(mine.kind_id), window
    offer = offer_to(
        db,
        client,
        client.therapist,
        now=now,
        since=minute_of(begins) - kind.length + 1,
        until=minute_of(ends),
        instead_of=mine.reference,
        rules=rules,
    )
    return _first_of(offer.starts, mine, kind, offered_before(db, client), now)


def _first_of(
    starts: Sequence[int], mine: Held, kind: Kind, before: frozenset[datetime], now: datetime
) -> _Earlier | None:
    for start in map(moment_of, starts):
        due = offer_answered_by(now, starts_at=start)
        if start < mine.starts_at and start not in before and due:
            return _Earlier(mine, kind, start, due)
    return None


def _offer(db: Session, client: Client, therapist_id: int, earlier: _Earlier, now: datetime) -> None:
    reference = new_reference()
    offered = store_and_hold(
        db,
        earlier.kind,
        [earlier.starts_at],
        reference=reference,
        client_id=client.id,
        therapist_id=therapist_id,
        replaces_id=earlier.instead_of.id,
        begun_by=Party.PORTAL,
        status=Status.PROPOSED,
        asked_at=now,
        answer_by=earlier.answer_by,
        sealed_words=None,
    )
    enqueue_all(db, [Due(EXPIRY, reference, earlier.answer_by)])
    emails.tell_of_earlier_time(db, consultation_to_change(db, offered), now=now)
