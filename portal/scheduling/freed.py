"""Offering what has opened to whoever waits for something earlier: each time to one person, in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from portal.accounts.models import Client
from portal.database import new_reference
from portal.diary.clocks import minute_of, moment_of
from portal.diary.kinds import Kind
from portal.diary.queries import Rules, rules_of
from portal.jobs.queue import Due, enqueue_all
from portal.scheduling import emails
from portal.scheduling.holding import EXPIRY, store_and_hold
from portal.scheduling.lifecycle import IS_OPEN, Party, Status, offer_answered_by
from portal.scheduling.offers import offer_to
from portal.scheduling.queries import Held, consultation_to_change, consultations_of, offered_before
from portal.waiting.queries import who_waits
from portal.waiting.services import Opened, take_opened


class _Earlier(NamedTuple):
    """A time that somebody can be offered, instead of which, and by when they answer."""

    instead_of: Held
    kind: Kind
    starts_at: datetime
    answer_by: datetime


def offer_freed_times(db: Session, therapist_id: int, *, now: datetime) -> None:
    """Offer what has opened of this therapist's time, each time to one who waits for an earlier one.

    Whoever has wished longest comes first; who was offered that time before, who has something open, or for
    whom it would not be earlier or too soon, is passed over. When they say no, or nothing, it is let go
    again, and the next one comes. What is open no more, by whatever means, is offered to nobody. Raises
    NotFound.
    """
    rules = rules_of(db, therapist_id, to_change=True)
    opened = take_opened(db, therapist_id, now=now)
    for client in who_waits(db, therapist_id) if opened else ():
        earlier = _earlier_for(db, client, rules, opened, now)
        if earlier:
            _offer(db, client, therapist_id, earlier, now)


def _earlier_for(
    db: Session, client: Client, rules: Rules, opened: Sequence[Opened], now: datetime
) -> _Earlier | None:
    own = consultations_of(db, client, since=now)
    mine = next((held for held in own if held.status is Status.CONFIRMED), None)
    if mine is None or client.therapist is None or any(held.status in IS_OPEN for held in own):
        return None
    kind = rules.kind_with_id(mine.kind_id)
    stretches = [(each.starts_at, each.ends_at) for each in opened if _is_for(each, kind)]
    if not stretches:
        return None
    offer = offer_to(
        db,
        client,
        client.therapist,
        now=now,
        since=minute_of(min(begins for begins, _ in stretches)) - kind.length + 1,
        until=minute_of(max(ends for _, ends in stretches)),
        instead_of=mine.reference,
        rules=rules,
        # The client alone has to answer.
        to_be_answered=False,
    )
    before = offered_before(db, client)
    for start in map(moment_of, offer.starts):
        due = offer_answered_by(now, starts_at=start)
        if start < mine.starts_at and start not in before and due and _meets(start, kind, stretches):
            return _Earlier(mine, kind, start, due)
    return None


def _is_for(opened: Opened, kind: Kind) -> bool:
    return opened.kinds is None or kind.id in opened.kinds


def _meets(start: datetime, kind: Kind, stretches: Sequence[tuple[datetime, datetime]]) -> bool:
    """Whether it takes any of what has opened: what could be asked for all the time is nothing new."""
    return any(begins < start + kind.duration and start < ends for begins, ends in stretches)


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
