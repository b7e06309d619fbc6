"""Asking for erasure and taking it back, deleting drafts, and what a practice sets about keeping."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import Client, Therapist
from portal.accounts.services import own_key
from portal.database import new_reference
from portal.errors import Refused
from portal.intake.models import Answer, Intake, Lamp
from portal.jobs.queue import enqueue
from portal.journal.lines import Hand, What
from portal.journal.noting import note
from portal.privacy import emails
from portal.privacy.models import ONLY_ROW, CopyOfAll, Erasure, RetentionRule
from portal.privacy.queries import erasure_of, key_row, last_here, last_met, note_row, retention_of
from portal.privacy.retention import (
    LISTED_FOR,
    MOST_MONTHS,
    MOST_PUT_OFF,
    Reason,
    Retention,
    erased_when_asked,
    listed_from,
    months_later,
)
from portal.vault.words import seal

# What a worker does about a client's reference, and about that of a copy of everything.
ERASE, COPY_ALL = "erase-client", "copy-all"
_AT_ONCE = 200


class ClosingAlready(Refused):
    """The account is being closed in this moment, and nothing can be taken back any more."""


class NotYoursToPutOff(Refused):
    """Their client has asked for it."""


class UnfitMonths(Refused):
    """So many months nobody can mean."""


class ReasonMissing(Refused):
    """What is owed needs a reason that clients can read; and what is put off, one for whoever looks at it."""


def ask_for_erasure(db: Session, client: Client, *, now: datetime) -> Erasure:
    """The client wants everything of theirs erased: once the days to think again are over.

    Asking twice is asking once. Raises ClosingAlready.
    """
    # Of two tabs the second waits for the first, and finds its wish.
    db.execute(select(Client.id).where(Client.id == client.id).with_for_update())
    erasure = erasure_of(db, client)
    if erasure is not None and erasure.closing_since is not None:
        raise ClosingAlready
    if erasure is not None and erasure.reason is Reason.ASKED:
        return erasure
    due_at = erased_when_asked(now, retention_of(db), last_met(db, client, now=now))
    if erasure is None:
        erasure = Erasure(client_id=client.id)
    erasure.reason, erasure.begun_at, erasure.due_at, erasure.sealed_note = Reason.ASKED, now, due_at, None
    db.add(erasure)
    emails.tell_of_wish(db, client, due_at=due_at, now=now)
    note(db, What.ERASURE_ASKED, by=client, about=client.reference)
    return erasure


def take_back_erasure(db: Session, client: Client, *, now: datetime) -> None:
    """The client thinks again; nothing happens if nothing was asked. Raises ClosingAlready."""
    db.execute(select(Client.id).where(Client.id == client.id).with_for_update())
    erasure = erasure_of(db, client)
    if erasure is None:
        return
    if erasure.closing_since is not None:
        raise ClosingAlready
    db.delete(erasure)
    emails.tell_of_second_thoughts(db, client, now=now)
    note(db, What.ERASURE_TAKEN_BACK, by=client, about=client.reference)


def delete_draft(db: Session, client: Client) -> None:
    """What the client has answered and not sent is deleted at once; nothing happens if there is nothing.

    An intake of which the therapist was told to look at something stays, without its answers.
    """
    unsent = db.scalars(
        select(Intake).where(Intake.client_id == client.id, Intake.sent_at.is_(None)).with_for_update()
    ).all()
    for intake in unsent:
        db.execute(delete(Answer).where(Answer.intake_id == intake.id))
        if db.scalar(select(Lamp.id).where(Lamp.intake_id == intake.id).limit(1)) is None:
            db.delete(intake)
    if unsent:
        note(db, What.DRAFT_DELETED, by=client, about=client.reference)


def set_retention(db: Session, retention: Retention, *, by: Therapist | Hand) -> None:
    """So long the practice keeps what it has, from now on. Raises UnfitMonths, ReasonMissing.

    Who stands on the list by the rule from before is taken off it, and listed anew by this one.
    """
    months = [retention.months_owed, 1 if retention.months_kept is None else retention.months_kept]
    if not (0 <= months[0] <= MOST_MONTHS and 1 <= months[1] <= MOST_MONTHS):
        raise UnfitMonths
    if retention.months_owed and not retention.why_owed:
        raise ReasonMissing
    rule = db.get(RetentionRule, ONLY_ROW, populate_existing=True) or RetentionRule(id=ONLY_ROW)
    rule.months_kept, rule.months_owed = retention.months_kept, retention.months_owed
    rule.why_owed = retention.why_owed
    db.add(rule)
    db.execute(
        delete(Erasure).where(
            Erasure.reason == Reason.KEPT_LONG_ENOUGH,
            Erasure.closing_since.is_(None),
            Erasure.sealed_note.is_(None),
        )
    )
    note(db, What.RETENTION_SET, by=by)


def put_off(
    db: Session, therapist: Therapist, erasure: Erasure, *, months: int, words: str, now: datetime
) -> None:
    """Keep everything of this client's so many months longer, for a reason that is kept with it, sealed.

    Only what would be erased by itself. Raises NotYoursToPutOff, ClosingAlready, UnfitMonths, ReasonMissing.
    """
    if erasure.reason is Reason.ASKED:
        raise NotYoursToPutOff
    if erasure.closing_since is not None:
        raise ClosingAlready
    if not 1 <= months <= MOST_PUT_OFF:
        raise UnfitMonths
    if not words:
        raise ReasonMissing
    client = erasure.client
    erasure.due_at = months_later(max(erasure.due_at, now), months)
    erasure.sealed_note = seal(db, client.data_key, words, of=note_row(client.reference))
    note(db, What.ERASURE_PUT_OFF, by=therapist, about=client.reference)


def list_who_is_due(db: Session, *, now: datetime) -> None:
    """Put on the list whom nobody has seen for as long as the practice keeps things, and tell them.

    Who has been here since is taken off it. Nobody is erased by itself who was not listed for so many days.
    """
    retention = retention_of(db)
    standing = {
        each.client_id: each
        for each in db.scalars(select(Erasure).where(Erasure.reason == Reason.KEPT_LONG_ENOUGH))
    }
    asked = set(db.scalars(select(Erasure.client_id).where(Erasure.reason == Reason.ASKED)))
    new = []
    for client_id, here_at, met_at in last_here(db, now=now):
        since = listed_from(retention, here_at, met_at)
        due = since is not None and since <= now
        listed = standing.get(client_id)
        if listed is not None and here_at > listed.begun_at and listed.closing_since is None:
            db.delete(listed)
        elif due and listed is None and client_id not in asked:
            new.append(client_id)
    _list(db, new[:_AT_ONCE], now)


def begin_what_is_due(db: Session, *, now: datetime) -> None:
    """Have a worker erase whose day has come."""
    due = db.scalars(
        select(Erasure)
        .where(Erasure.due_at <= now, Erasure.closing_since.is_(None))
        .order_by(Erasure.due_at)
        .limit(_AT_ONCE)
        .options(joinedload(Erasure.client))
        .with_for_update(of=Erasure, skip_locked=True)
    )
    for erasure in due:
        enqueue(db, ERASE, subject=erasure.client.reference, due_at=now)


def ask_for_copy_of_all(db: Session, therapist: Therapist, *, now: datetime) -> CopyOfAll:
    """A worker copies everything of all of this therapist's clients into a sealed file.

    Of each client who is put into it the journal has a line, then.
    """
    key, reference = own_key(db, therapist, now=now), new_reference()
    copy = CopyOfAll(
        reference=reference,
        therapist_id=therapist.id,
        asked_at=now,
        sealed_key=seal(db, key, secrets.token_hex(32), of=key_row(reference)),
    )
    db.add(copy)
    enqueue(db, COPY_ALL, subject=reference, due_at=now)
    return copy


def _list(db: Session, client_ids: list[int], now: datetime) -> None:
    clients = db.scalars(
        select(Client).where(Client.id.in_(client_ids)).options(joinedload(Client.therapist))
    )
    for client in clients:
        due_at = now + LISTED_FOR
        db.add(Erasure(client_id=client.id, reason=Reason.KEPT_LONG_ENOUGH, begun_at=now, due_at=due_at))
        emails.tell_of_being_listed(db, client, due_at=due_at, now=now)
