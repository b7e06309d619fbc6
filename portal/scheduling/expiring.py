"""What the portal does by itself when a time has passed: it lets go, tells, and reminds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.diary.clocks import minute_of, moment_of
from portal.errors import Refused
from portal.jobs.queue import Due, enqueue_all
from portal.practice.facts import current_practice
from portal.scheduling import emails
from portal.scheduling.calendar_file import file_of
from portal.scheduling.holding import LAPSE, as_it_stands, await_answer
from portal.scheduling.lifecycle import Move, MoveNotAllowed, Party, Status, answered_by, kept_until
from portal.scheduling.models import Consultation, ReminderSent
from portal.scheduling.offers import asked_until, offer_to
from portal.scheduling.queries import (
    consultation_to_change,
    has_sent_answers,
    last_seen,
    reminders_of,
    reminders_sent,
)
from portal.scheduling.slots import nearest

_MOST_NEAREST = 3


class AnswerNotDue(Refused):
    """Whoever is to answer still has time to."""


def expire(db: Session, consultation: Consultation, *, now: datetime) -> None:
    """Free the times of what nobody answered, and say so, with the nearest free ones (T4).

    A request that the therapist left unanswered ends with an apology; an offer that the client left, without
    a word of blame. Raises MoveNotAllowed if it has been answered meanwhile, AnswerNotDue before its time.
    """
    consultation = as_it_stands(db, consultation)
    was, had_entry = consultation.status, consultation.has_entry
    if was is Status.KEPT:
        raise MoveNotAllowed
    if consultation.holds_its_time and was is not Status.CONFIRMED and now < consultation.answer_by:
        raise AnswerNotDue
    consultation.make(Move.EXPIRE, by=Party.PORTAL, at=now)
    calendar = file_of(consultation, changed_at=now) if had_entry else None
    free = _nearest(db, consultation, now)
    emails.tell_of_expiry(db, consultation, was=was, nearest=free, calendar=calendar, now=now)


def lapse(db: Session, consultation: Consultation, *, now: datetime) -> None:
    """Let go of a time that was kept for somebody who answers no more; look again later while they do.

    Where the answers are sent it is asked for: it was kept at that very moment, or brought back later. Raises
    MoveNotAllowed if it is kept no longer.
    """
    consultation = as_it_stands(db, consultation)
    if consultation.status is not Status.KEPT:
        raise MoveNotAllowed
    if has_sent_answers(db, consultation.client):
        ask_for_kept(db, consultation, now=now)
        return
    seen = last_seen(db, consultation.client) or consultation.asked_at
    until = kept_until(
        asked_at=consultation.asked_at,
        last_seen_at=max(seen, consultation.asked_at),
        asked_until=asked_until(min(window.starts_at for window in consultation.windows)),
    )
    if now < until:
        consultation.answer_by = until
        enqueue_all(db, [Due(LAPSE, consultation.reference, until)])
        return
    consultation.make(Move.EXPIRE, by=Party.PORTAL, at=now)
    emails.tell_of_lapse(db, consultation, nearest=_nearest(db, consultation, now), now=now)


def ask_for_kept(db: Session, consultation: Consultation, *, now: datetime) -> None:
    """The answers are sent: what was kept meanwhile is asked for, and answered as if asked now.

    Raises MoveNotAllowed if it is kept no longer.
    """
    consultation = as_it_stands(db, consultation)
    consultation.make(Move.ASK, by=Party.PORTAL, at=now)
    first = min(window.starts_at for window in consultation.windows)
    due = answered_by(current_practice().answering.answer_by(now), starts_at=first)
    consultation.asked_at, consultation.answer_by = now, due
    zone = ZoneInfo(consultation.therapist.time_zone)
    await_answer(db, consultation.reference, answer_by=due, zone=zone, now=now)


def remind_of_consultation(db: Session, consultation: Consultation, *, now: datetime) -> None:
    """Remind its client, if it is so now that they want it: decided from what is so when it is sent (T8).

    It is confirmed and still to come, a reminder that they chose is due, and was not sent. However many are
    due at once, one is sent.
    """
    consultation = consultation_to_change(db, consultation.id)
    if consultation.status is not Status.CONFIRMED or consultation.starts_at <= now:
        return
    sent = set(reminders_sent(db, consultation))
    due = [ahead for ahead in reminders_of(consultation.client) if consultation.starts_at - ahead <= now]
    new = [ahead for ahead in due if ahead not in sent]
    if not new:
        return
    for ahead in new:
        minutes = int(ahead.total_seconds() // 60)
        db.add(ReminderSent(consultation_id=consultation.id, minutes=minutes, sent_at=now))
    emails.remind_of_consultation(db, consultation, now=now)


def remind_to_answer(db: Session, consultation: Consultation, *, now: datetime) -> None:
    """Remind the therapist of a request that still waits; of one that was answered, nobody hears."""
    consultation = consultation_to_change(db, consultation.id)
    if consultation.status is Status.REQUESTED and now < consultation.answer_by:
        emails.remind_to_answer(db, consultation, now=now)


def _nearest(db: Session, consultation: Consultation, now: datetime) -> Sequence[datetime]:
    """The free times around the one that was let go, which is free again too."""
    db.flush()
    offer = offer_to(db, consultation.client, consultation.therapist, now=now)
    return [
        moment_of(start)
        for start in nearest(offer.starts, minute_of(consultation.starts_at), most=_MOST_NEAREST)
    ]
