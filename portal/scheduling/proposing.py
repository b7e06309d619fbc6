"""Offering a client other times, all of them held, and taking the offer back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.database import new_reference
from portal.diary.clocks import minute_of, moment_of
from portal.diary.kinds import Kind
from portal.diary.queries import Rules, rules_of
from portal.errors import Refused
from portal.jobs.queue import enqueue
from portal.scheduling import emails
from portal.scheduling.calendar_file import entry_of, file_of
from portal.scheduling.holding import EXPIRY, as_it_stands, hold, store_and_hold
from portal.scheduling.lifecycle import (
    IS_OPEN,
    LAST_ANSWER_BEFORE,
    Move,
    MoveNotAllowed,
    Party,
    Status,
    chosen_by,
)
from portal.scheduling.models import Consultation
from portal.scheduling.objections import Objection, refuse_unless_free
from portal.scheduling.offers import starts_on_offer, taken_between
from portal.scheduling.queries import consultation_to_change, open_beside
from portal.scheduling.words import offer_row
from portal.vault.words import seal

MOST_ALTERNATIVES = 3
_WEEK = timedelta(days=7)


class AnswerFirst(Refused):
    """Something of this client's waits already, for one of the two to answer it. Says which."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


class TooSoonToChoose(Refused):
    """One of the times is so near that the client could not answer before it."""


class TimesOverlap(Refused):
    """Two of the times that are to be offered overlap one another."""


class NothingFree(Refused):
    """The diary holds no free time that could be offered."""


def propose_times(
    db: Session,
    consultation: Consultation,
    *,
    starts: Sequence[datetime],
    now: datetime,
    promised: datetime,
    words: str | None = None,
    despite: Collection[Objection] = (),
    version: int | None = None,
) -> str:
    """Offer the client up to three times instead, all of them held: the reference of the proposal.

    A request becomes the proposal itself. Beside a confirmed consultation the proposal stands until the
    client takes one of its times (T5); after one that is over, declined or cancelled it is a new beginning.
    `promised` is by when the practice would answer a request of now; the client has as long, and two days at
    least (`chosen_by`). `despite` names the rules of which the therapist has been told that the times break
    them. Raises AgainstTheRules, TimeTaken, OffTheSteps, TimesOverlap, TooSoonToChoose, AnswerFirst,
    MoveNotAllowed, Overtaken.
    """
    consultation = as_it_stands(db, consultation, version=version)
    rules = rules_of(db, consultation.therapist_id)
    kind = kind_of_another(rules, consultation, now=now)
    asked = sorted(dict.fromkeys(starts))[:MOST_ALTERNATIVES]
    due = _due(asked, kind, promised, now)
    if consultation.status is Status.REQUESTED:
        _give_up_what_was_asked_for(db, consultation, now)
    else:
        _refuse_beside_another(db, consultation)
    refuse_unless_free(db, rules, kind, asked, therapist_id=consultation.therapist_id, despite=despite)
    said: dict[str, Any] = {"answer_by": due, "kept_outside_hours": Objection.OUTSIDE_HOURS in despite}
    if consultation.status is Status.PROPOSED:
        proposal_id = _turn_into_a_proposal(db, consultation, kind, asked, **said)
    else:
        proposal_id = _begin(db, consultation, kind, asked, now, **said)
    return _tell(db, proposal_id, words, now)


def propose_to_follow(db: Session, consultation: Consultation, *, now: datetime, promised: datetime) -> str:
    """Offer the same weekday and clock time of the next week, and two times near it: the new reference.

    Where that very time is not on offer, those nearest to it are offered. Raises NothingFree, and as
    `propose_times` does.
    """
    rules = rules_of(db, consultation.therapist_id, to_change=True)
    kind = kind_of_another(rules, consultation, now=now)
    wanted = minute_of(_same_time_later(consultation.starts_at, ZoneInfo(rules.time_zone), now))
    free = free_starts(db, rules, kind, consultation.therapist_id, now=now)
    chosen: list[int] = []
    for start in sorted(free, key=lambda start: abs(start - wanted)):
        if all(abs(start - other) >= kind.length for other in chosen):
            chosen.append(start)
    if not chosen:
        raise NothingFree
    starts = [moment_of(start) for start in chosen[:MOST_ALTERNATIVES]]
    return propose_times(db, consultation, starts=starts, now=now, promised=promised)


def withdraw_proposal(
    db: Session, consultation: Consultation, *, now: datetime, version: int | None = None
) -> None:
    """Free the times that were offered, and say so. What the proposal was to replace stays.

    Raises MoveNotAllowed for anything but a proposal, and Overtaken.
    """
    consultation = as_it_stands(db, consultation, version=version)
    if consultation.status is not Status.PROPOSED:
        raise MoveNotAllowed
    had_entry = consultation.has_entry
    consultation.make(Move.CANCEL, by=Party.THERAPIST, at=now)
    calendar = file_of(consultation, changed_at=now) if had_entry else None
    emails.tell_of_offer_withdrawn(db, consultation, calendar=calendar, now=now)


def kind_of_another(rules: Rules, consultation: Consultation, *, now: datetime) -> Kind:
    """The kind in which other times are offered: the same; once the two have met, one for people who have."""
    over = consultation.status is Status.CONFIRMED and consultation.ends_at <= now
    if over or consultation.status is Status.MET:
        return rules.usual(has_met=True)
    return rules.kind_with_id(consultation.kind_id)


def free_starts(
    db: Session,
    rules: Rules,
    kind: Kind,
    therapist_id: int,
    *,
    now: datetime,
    moving: Collection[int] = (),
) -> Sequence[int]:
    """What a therapist can offer by their own rules and leave time to choose, in minutes, ascending.

    `moving` are the ids of consultations that would give up what they hold. One query.
    """
    since = minute_of(now + LAST_ANSWER_BEFORE) + 1
    until = minute_of(now) + kind.horizon
    taken = taken_between(db, therapist_id, since, until, moving=moving)
    # What gives up its time keeps nothing from the others.
    busy = [each.busy for each in taken if not each.busy.moving]
    return starts_on_offer(rules, kind, busy, now=now, since=since, until=until)


def _due(asked: Sequence[datetime], kind: Kind, promised: datetime, now: datetime) -> datetime:
    if any(later - sooner < kind.duration for sooner, later in zip(asked, asked[1:], strict=False)):
        raise TimesOverlap
    due = chosen_by(promised, now=now, starts_at=asked[0])
    if due <= now:
        raise TooSoonToChoose
    return due


def _give_up_what_was_asked_for(db: Session, consultation: Consultation, now: datetime) -> None:
    """Free for the alternatives, which are taken by plain statements that flush nothing."""
    consultation.make(Move.PROPOSE, by=Party.THERAPIST, at=now)
    consultation.windows.clear()
    db.flush()


def _refuse_beside_another(db: Session, consultation: Consultation) -> None:
    """One thing at a time: what waits already is answered first."""
    if consultation.status in IS_OPEN:
        raise MoveNotAllowed
    waiting = open_beside(db, consultation)
    if waiting is not None:
        raise AnswerFirst(waiting)


def _turn_into_a_proposal(
    db: Session,
    consultation: Consultation,
    kind: Kind,
    starts: Sequence[datetime],
    *,
    answer_by: datetime,
    kept_outside_hours: bool,
) -> int:
    """The request goes on as a proposal, with other times: its id."""
    consultation.starts_at, consultation.ends_at = starts[0], starts[0] + kind.duration
    consultation.answer_by = answer_by
    consultation.kept_outside_hours = kept_outside_hours
    hold(db, kind, starts, consultation_id=consultation.id, therapist_id=consultation.therapist_id)
    return consultation.id


def _begin(
    db: Session,
    consultation: Consultation,
    kind: Kind,
    starts: Sequence[datetime],
    now: datetime,
    **said: Any,
) -> int:
    """A proposal beside what the client has, or after it: its id."""
    stays = consultation.status is Status.CONFIRMED and now < consultation.starts_at
    return store_and_hold(
        db,
        kind,
        starts,
        reference=new_reference(),
        client_id=consultation.client_id,
        therapist_id=consultation.therapist_id,
        replaces_id=consultation.id if stays else None,
        begun_by=Party.THERAPIST,
        status=Status.PROPOSED,
        asked_at=now,
        sealed_words=None,
        **said,
    )


def _tell(db: Session, proposal_id: int, words: str | None, now: datetime) -> str:
    """The words go with it, its answer-by time is kept, and the client hears of it: its reference."""
    # Of windows taken by plain statements the session knows nothing yet.
    db.flush()
    proposal = consultation_to_change(db, proposal_id)
    if words:
        row = offer_row(proposal.reference)
        proposal.sealed_offer = seal(db, proposal.client.data_key, words, of=row)
    enqueue(db, EXPIRY, subject=proposal.reference, due_at=proposal.answer_by)
    emails.tell_of_proposal(db, proposal, calendar=entry_of(proposal, changed_at=now), now=now)
    return proposal.reference


def _same_time_later(starts_at: datetime, zone: ZoneInfo, now: datetime) -> datetime:
    """The same weekday and clock time, a week later, or as many weeks as it takes to be ahead."""
    local = starts_at.astimezone(zone)
    while local <= now + LAST_ANSWER_BEFORE:
        # On the wall clock: the clocks may change between the two.
        local += _WEEK
    return local
