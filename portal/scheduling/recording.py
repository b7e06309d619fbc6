"""A line in the journal for each thing that happens to a consultation, whichever service has it happen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, event, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, object_session

from portal.accounts.models import Client, Therapist
from portal.accounts.whereabouts import has_moved
from portal.journal.lines import By, Hand, What
from portal.journal.noting import note
from portal.journal.queries import is_noted_since
from portal.scheduling.lifecycle import Move, Party, Status
from portal.scheduling.models import Consultation, ConsultationEvent
from portal.statements import rows

_BY_MOVE: Mapping[Move, What] = {
    Move.ASK: What.TIME_ASKED,
    Move.CONFIRM: What.TIME_CONFIRMED,
    Move.PROPOSE: What.TIMES_OFFERED,
    Move.ACCEPT: What.OFFER_ACCEPTED,
    Move.DECLINE: What.TIME_DECLINED,
    Move.CANCEL: What.TIME_CANCELLED,
    Move.REPLACE: What.TIME_REPLACED,
    Move.EXPIRE: What.TIME_EXPIRED,
    Move.MEET: What.SAID_MET,
    Move.MISS: What.SAID_NOT_MET,
    Move.UNDO: What.MOVE_UNDONE,
}
_WHOSE = (
    select(Consultation.reference, Client.reference, Therapist.reference)
    .join(Client, Client.id == Consultation.client_id)
    .join(Therapist, Therapist.id == Consultation.therapist_id)
    .where(Consultation.id == bindparam("id"))
)
_WHO = select(
    select(Client.reference).where(Client.id == bindparam("client_id")).scalar_subquery(),
    select(Therapist.reference).where(Therapist.id == bindparam("therapist_id")).scalar_subquery(),
)


def note_beginning(db: Session, columns: Mapping[str, Any]) -> None:
    """A consultation begins with these columns: the journal is told, and where its client stands.

    What a client asks for is noted a moment later, by the worker: who presses that button waits for little.
    """
    party = columns.get("begun_by", Party.CLIENT)
    if party is Party.CLIENT:
        return
    has_moved(db, columns["client_id"])
    what = What.TIME_PLACED if columns["status"] is Status.CONFIRMED else What.TIMES_OFFERED
    asked = {name: columns[name] for name in ("client_id", "therapist_id")}
    ((client, therapist),) = rows(db, _WHO, asked)
    note(db, what, by=_hand(party, client, therapist), about=client, subject=columns["reference"])


def note_asking(db: Session, consultation: Consultation) -> None:
    """Its client, who is loaded with it, has asked for it: said once, however often this is called."""
    has_moved(db, consultation.client_id)
    client, subject = consultation.client.reference, consultation.reference
    since = consultation.asked_at - timedelta(days=1)
    if not is_noted_since(db, What.TIME_ASKED, person=client, about=client, subject=subject, since=since):
        note(db, What.TIME_ASKED, by=consultation.client, about=client, subject=subject)


def _hand(party: Party, client: str, therapist: str) -> By:
    person = {Party.CLIENT: client, Party.THERAPIST: therapist, Party.PORTAL: None}[party]
    return By(Hand(party.value), person)


@event.listens_for(ConsultationEvent, "after_insert")
def _note_a_move(_mapper: object, connection: Connection, line: ConsultationEvent) -> None:
    """Every move is a line of a history, so none is made on any path without one here."""
    db = object_session(line)
    assert db is not None
    reference, client, therapist = connection.execute(_WHOSE, {"id": line.consultation_id}).one()
    note(db, _BY_MOVE[line.move], by=_hand(line.party, client, therapist), about=client, subject=reference)
