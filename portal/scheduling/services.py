"""What a client can do about a consultation. Each of these does one whole thing.

Each begins by locking the therapist's row, so that whatever takes or frees a therapist's time happens one
after the other, on every path: whoever waits then sees what became of it, and nobody waits in a circle.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.accounts.models import Client, Therapist
from portal.accounts.queries import take_turns
from portal.database import new_reference
from portal.diary.clocks import minute_of, moment_of
from portal.diary.queries import rules_of
from portal.errors import Refused
from portal.jobs.queue import Due, enqueue_all
from portal.journal.lines import What
from portal.journal.noting import note
from portal.scheduling import emails
from portal.scheduling.calendar_file import entry_of, file_of
from portal.scheduling.holding import (
    LAPSE,
    TELLING,
    SlotNotOffered,
    as_it_stands,
    await_answer,
    refuse_if_begun,
    store_and_hold,
)
from portal.scheduling.lifecycle import (
    MOST_TIMES,
    Move,
    MoveNotAllowed,
    Party,
    Status,
    TooLateToChange,
    answered_by,
    kept_until,
)
from portal.scheduling.models import Consultation
from portal.scheduling.offers import Offer, asked_until, offer_to
from portal.scheduling.queries import Held, consultation_of, consultation_to_change, has_sent_answers
from portal.scheduling.recording import note_asking
from portal.scheduling.words import note_row, note_to_add_to, words_row
from portal.vault.words import seal

# So often one client asks within a day; nobody can fill a calendar, or a therapist's day, with requests.
_MOST_A_DAY = 8
_MOST_IN_A_NOTE = 12_000


class AlreadyAsked(Refused):
    """The client has an open request already, or holds one of these very times. Says which."""

    def __init__(self, standing: Held) -> None:
        super().__init__(standing.reference)
        self.reference, self.starts_at = standing.reference, standing.starts_at
        self.times = frozenset(starts_at for starts_at, _ in standing.times)


class AskedTooOften(Refused):
    """The client has asked as often within a day as anybody may."""


class NoRoomForMore(Refused):
    """As much as can be kept with one consultation has been written already."""


def request_consultation(
    db: Session,
    *,
    client: Client,
    therapist: Therapist,
    starts: Sequence[datetime],
    now: datetime,
    answer_by: datetime,
    words: str | None = None,
    instead_of: str | None = None,
    kind: str | None = None,
    zone: str | None = None,
) -> str:
    """Ask for a time, or for one of up to three, in order of preference: the reference of the request.

    All of them are held until the therapist has answered, or until `answer_by` has passed (T4). Where the
    therapist wants the questionnaire first and it is not sent, they are kept meanwhile, and asked for when it
    is. `instead_of` names one of the client's own: it stays theirs until the new one is confirmed (T5). If
    another time was asked for instead of it already, that request is withdrawn, whichever of the two is
    named. If it no longer holds its time, this is a request like any other. `kind` names one of the
    therapist's kinds, and `zone` the IANA zone in which the client read the times. Raises SlotNotOffered,
    AlreadyAsked, AskedTooOften, TooLateToChange, and NotFound for a consultation of somebody else's or a kind
    that is not offered.
    """
    asked = list(dict.fromkeys(starts))[:MOST_TIMES]
    offer = _offered(db, client, therapist, asked, now=now, kind=kind, instead_of=instead_of)
    rules = offer.rules
    kept, pending = _what_gives_way(db, client, offer, instead_of)
    _refuse_what_cannot_be_asked(offer, kept, pending, asked, now)
    if pending:
        _withdraw(db, pending, now)
    if zone and zone != client.time_zone:
        client.time_zone = zone
    reference, due = new_reference(), answered_by(answer_by, starts_at=min(asked))
    answers_first = rules.answers_first and not has_sent_answers(db, client)
    if answers_first:
        due = kept_until(asked_at=now, last_seen_at=now, asked_until=asked_until(min(asked)))
    store_and_hold(
        db,
        offer.kind,
        asked,
        reference=reference,
        client_id=client.id,
        therapist_id=therapist.id,
        replaces_id=kept.id if kept else None,
        status=Status.KEPT if answers_first else Status.REQUESTED,
        asked_at=now,
        answer_by=due,
        sealed_words=seal(db, client.data_key, words, of=words_row(reference)) if words else None,
    )
    if answers_first:
        enqueue_all(db, [Due(LAPSE, reference, due), Due(TELLING, reference, now)])
    else:
        await_answer(db, reference, answer_by=due, zone=ZoneInfo(rules.time_zone), now=now)
    return reference


def _offered(
    db: Session,
    client: Client,
    therapist: Therapist,
    asked: Sequence[datetime],
    *,
    now: datetime,
    **which: Any,
) -> Offer:
    """What is on offer where these times lie, judged behind the lock by the diary as it is now."""
    take_turns(db, therapist.id)
    minutes = list(map(minute_of, asked))
    around = {"now": now, "since": min(minutes), "until": max(minutes) + 1, **which}
    offer = offer_to(db, client, therapist, **around)
    if offer.diary_state != therapist.diary_state:
        # It was changed since the therapist was read.
        offer = offer_to(db, client, therapist, rules=rules_of(db, therapist.id), **around)
    return offer


def tell_of_request(db: Session, consultation: Consultation, *, now: datetime) -> None:
    """Tell both of a request; decided when it is told, so of one that waits no more nobody hears."""
    consultation = consultation_to_change(db, consultation.id)
    note_asking(db, consultation)
    if consultation.status is Status.REQUESTED:
        calendar = entry_of(consultation, changed_at=consultation.asked_at)
        emails.tell_of_request(db, consultation, calendar=calendar, now=now)


def cancel_consultation(db: Session, consultation: Consultation, *, by: Party, now: datetime) -> None:
    """Free the time. A request to replace it stays, and is a request like any other from then on.

    Raises MoveNotAllowed, Begun, and TooLateToChange for a client who has waited longer than its kind allows.
    """
    consultation = as_it_stands(db, consultation)
    refuse_if_begun(consultation, now)
    was = consultation.status
    if by is Party.CLIENT and was is Status.CONFIRMED and now >= consultation.changes_until:
        raise TooLateToChange
    had_entry = consultation.has_entry
    consultation.make(Move.CANCEL, by=by, at=now)
    # What was only kept, nobody has heard of.
    if was is not Status.KEPT:
        calendar = file_of(consultation, changed_at=now) if had_entry else None
        emails.tell_of_cancellation(db, consultation, by=by, was=was, calendar=calendar, now=now)


def write_note(db: Session, consultation: Consultation, words: str, *, now: datetime) -> None:
    """Let the client say something about a confirmed time that they can no longer change by themselves.

    It is added to what they wrote before, and the therapist is told that there is something to read. Raises
    MoveNotAllowed, Begun, NoRoomForMore.
    """
    consultation = as_it_stands(db, consultation)
    refuse_if_begun(consultation, now)
    if consultation.status is not Status.CONFIRMED:
        raise MoveNotAllowed
    together = "\n\n".join(filter(None, (note_to_add_to(db, consultation), words)))
    if len(together) > _MOST_IN_A_NOTE:
        raise NoRoomForMore
    row = note_row(consultation.reference)
    consultation.sealed_note = seal(db, consultation.client.data_key, together, of=row)
    consultation.note_read_at = None
    emails.tell_of_note(db, consultation, now=now)
    client = consultation.client
    note(db, What.NOTE_WRITTEN, by=client, about=client.reference, subject=consultation.reference)


def _what_gives_way(
    db: Session, client: Client, offer: Offer, instead_of: str | None
) -> tuple[Held | None, Held | None]:
    """What stays until the new time is confirmed, and the open request that is withdrawn for it."""
    named = offer.named(instead_of)
    if instead_of and named is None:
        # Another's is not found; the client's own may be over.
        consultation_of(db, client, instead_of)
    kept = offer.kept_beside(named)
    return kept, offer.asked_instead_of(kept)


def _refuse_what_cannot_be_asked(
    offer: Offer, kept: Held | None, pending: Held | None, asked: Sequence[datetime], now: datetime
) -> None:
    """Raises as `request_consultation` does, the most telling refusal first."""
    _refuse_a_second(offer, kept, pending, asked)
    if kept and not offer.may_be_changed(kept, now=now):
        raise TooLateToChange
    if offer.asked_lately >= _MOST_A_DAY:
        raise AskedTooOften
    _refuse_what_is_not_offered(offer, asked)


def _refuse_a_second(
    offer: Offer, kept: Held | None, pending: Held | None, asked: Sequence[datetime]
) -> None:
    """As many open requests as the therapist allows, beside those that give way; and no time twice."""
    for held in offer.own:
        if any(starts_at in asked for starts_at, _ in held.times):
            raise AlreadyAsked(held)
    waiting = [held for held in offer.open_requests() if held not in (kept, pending)]
    if len(waiting) >= offer.rules.most_open_requests:
        raise AlreadyAsked(waiting[-1])


def _refuse_what_is_not_offered(offer: Offer, asked: Sequence[datetime]) -> None:
    """Each has to be on offer, and they must not overlap one another."""
    on_offer = set(map(moment_of, offer.starts))
    for place, starts_at in enumerate(asked):
        overlaps = any(abs(starts_at - other) < offer.kind.duration for other in asked[:place])
        if starts_at not in on_offer or overlaps:
            raise SlotNotOffered(starts_at)


def _withdraw(db: Session, held: Held, now: datetime) -> None:
    """Another time is asked for instead of this open one: it goes, and who waits for it is told."""
    pending = consultation_to_change(db, held.id)
    was, offered = pending.status, pending.status is Status.PROPOSED
    pending.make(Move.DECLINE if offered else Move.CANCEL, by=Party.CLIENT, at=now)
    if offered:
        emails.tell_of_none_taken(db, pending, now=now)
    elif was is not Status.KEPT:
        emails.tell_of_cancellation(db, pending, by=Party.CLIENT, was=was, calendar=None, now=now)
    # Its times are free before others are taken by plain statements, which flush nothing.
    db.flush()
