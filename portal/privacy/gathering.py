"""All that is kept of a client, gathered from the features that own it, as plain data for a copy."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import AddressChange, Client, Invitation, KnownBrowser, SignedInPlace
from portal.accounts.queries import name_of, passkey_row, passkeys_of, ways_in, zone_of
from portal.errors import NotFound
from portal.intake.lamp_queries import lamps_of
from portal.intake.models import Intake
from portal.intake.queries import (
    AlreadySent,
    Earlier,
    NotBegun,
    answering_of,
    earlier_answers,
    parts_in,
)
from portal.intake.sent import copy_place
from portal.intake.sent_copy import Row, rows_of, thawed
from portal.journal.lines import FOR_THE_DESK_ALONE
from portal.journal.models import JournalLine
from portal.mail.models import OutgoingEmail
from portal.privacy.exchanged import Plain, exchanged
from portal.privacy.exchanged import iso as _iso
from portal.reading.models import Reading, ReadingMark
from portal.scheduling.models import Consultation, ConsultationEvent
from portal.scheduling.words import note_of, offer_of, refusal_taken_back, reply_of, words_of
from portal.vault.keyring import CannotBeOpened
from portal.vault.words import CANNOT_BE_OPENED, shown, unseal
from portal.waiting.models import EarlierWish


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Whose copy it is: a client's own holds all; a therapist's what a therapist sees (W6, W7)."""

    for_therapist: bool


def all_of(db: Session, client: Client, scope: Scope) -> Plain:
    """As plain data: texts, numbers, lists, and moments in ISO 8601. The client's therapist is loaded."""
    shared = {
        "account": _account(db, client),
        "readings": list(_readings(db, client)),
        "answers": list(_answers(db, client, scope)),
        "to_look_at": list(_lamps(db, client, scope)),
        "times": list(_times(db, client)),
    } | exchanged(db, client, for_therapist=scope.for_therapist)
    if scope.for_therapist:
        return shared
    return shared | {
        "not_sent": _not_sent(db, client),
        "wishes": [_iso(each.wished_at) for each in _own(db, EarlierWish, client)],
        "ways_in": _ways_in(db, client),
        "signed_in": [
            {
                "browser": each.device,
                "own_device": each.is_own,
                "since": _iso(each.signed_in_at),
                "last_used": _iso(each.last_used_at),
            }
            for each in _own(db, SignedInPlace, client)
        ],
        "browsers_known": [_iso(each.seen_at) for each in _own(db, KnownBrowser, client)],
        "address_changes": [
            {
                "from": each.old_email,
                "to": each.new_email,
                "asked_at": _iso(each.asked_at),
                "changed_at": _iso(each.changed_at),
                "stopped_at": _iso(each.stopped_at),
            }
            for each in _own(db, AddressChange, client)
        ],
        "invitations": [
            {"to": each.email, "mailed_at": _iso(each.mailed_at), "joined_at": _iso(each.joined_at)}
            for each in _own(db, Invitation, client)
        ],
        "letters": list(_letters(db, client)),
        "record": list(_record(db, client)),
    }


def _own(db: Session, table: Any, client: Client) -> Iterator[Any]:
    yield from db.scalars(select(table).where(table.client_id == client.id))


def _account(db: Session, client: Client) -> Plain:
    return {
        "reference": client.reference,
        "email": client.email,
        "name": name_of(db, client) if client.sealed_name else None,
        "time_zone": str(zone_of(client)),
        "joined_at": _iso(client.joined_at),
        "address_confirmed_at": _iso(client.proved_at),
        "reminders_minutes_before": [int(each) for each in client.reminders.split(",") if each],
        "therapist": client.therapist.name if client.therapist else None,
    }


def _ways_in(db: Session, client: Client) -> Plain:
    """By what they can sign in; nothing with which anybody could."""
    ways = ways_in(db, client)
    return {
        "password": ways.has_password,
        "passkeys": [
            {
                "name": shown(db, client.data_key, each.sealed_name, of=passkey_row(each.reference)),
                "added_at": _iso(each.added_at),
                "last_used": _iso(each.last_used_at),
            }
            for each in passkeys_of(db, client)
        ],
        "authenticator_app": ways.has_app,
        "recovery_codes_left": ways.recovery_codes,
    }


def _readings(db: Session, client: Client) -> Iterator[Plain]:
    found = db.execute(
        select(Reading.title, ReadingMark.said_at)
        .join(ReadingMark, ReadingMark.reading_id == Reading.id)
        .where(ReadingMark.client_id == client.id)
        .order_by(ReadingMark.said_at)
    )
    for title, said_at in found:
        yield {"title": title, "said_read_at": _iso(said_at)}


def _answers(db: Session, client: Client, scope: Scope) -> Iterator[Plain]:
    sent = select(Intake).where(Intake.client_id == client.id, Intake.sent_at.is_not(None))
    references: dict[int | None, str] = {}
    for intake in db.scalars(sent.order_by(Intake.sent_at, Intake.id)):
        said: Plain = {
            "reference": intake.reference,
            "sent_at": _iso(intake.sent_at),
            "amends": references.get(intake.amends_id),
            "read_at": _iso(intake.read_at),
            "asked_for_more": intake.says_more,
            "passed_parts": sorted(parts_in(intake.passed_parts)),
        }
        references[intake.id] = intake.reference
        try:
            copy = thawed(unseal(db, client.data_key, intake.sealed_copy or b"", of=copy_place(intake)))
        except CannotBeOpened:
            yield said | {"rows": [{"question": "What was sent", "answer": [CANNOT_BE_OPENED]}]}
            continue
        if scope.for_therapist:
            said["scores"] = [asdict(score) | {"in_words": score.line} for score in copy.scores]
        yield said | {
            "rows": [_row(each) for each in copy.rows],
            "left_out": copy.left_out,
            "said_before": [asdict(each) for each in _said_before(db, client, intake)],
        }


def _said_before(db: Session, client: Client, intake: Intake) -> list[Earlier]:
    """To questions of older versions, which is not what was sent."""
    with contextlib.suppress(CannotBeOpened):
        return earlier_answers(db, client, intake)
    return []


def _not_sent(db: Session, client: Client) -> list[Plain]:
    with contextlib.suppress(NotBegun, AlreadySent, CannotBeOpened):
        return [_row(each) for each in rows_of(answering_of(db, client).path)]
    return []


def _row(row: Row) -> Plain:
    plain = {"section": row.section, "question": row.text, "answer": row.shown, "state": row.state}
    return plain if row.was is None else plain | {"before": row.was}


def _lamps(db: Session, client: Client, scope: Scope) -> Iterator[Plain]:
    for each in lamps_of(db, client):
        lamp: Plain = {
            "question": each.lamp.question,
            "noticed_at": _iso(each.lamp.lit_at),
            "seen_by_the_practice_at": _iso(each.lamp.seen_at),
        }
        # What the practice did about it, and with which words, is the practice's own.
        if scope.for_therapist:
            lamp["history"] = [
                {"what": line.move.value, "whom": line.name, "at": _iso(line.at), "note": line.note}
                for line in each.lines
            ]
        yield lamp


def _times(db: Session, client: Client) -> Iterator[Plain]:
    for each in consultations(db, client):
        history = select(ConsultationEvent).where(ConsultationEvent.consultation_id == each.id)
        yield {
            "reference": each.reference,
            "status": each.status.value,
            "kind": each.kind.name if each.kind else None,
            "with": each.therapist.name,
            "starts_at": _iso(each.starts_at),
            "ends_at": _iso(each.ends_at),
            "asked_at": _iso(each.asked_at),
            "confirmed_at": _iso(each.settled_at),
            "what_you_wrote_with_it": words_of(db, each),
            "what_was_written_with_other_times": offer_of(db, each),
            "what_was_answered": reply_of(db, each),
            "what_you_wrote_later": note_of(db, each) or refusal_taken_back(db, each),
            "history": [
                {"what": line.move.value, "by": line.party.value, "at": _iso(line.happened_at)}
                for line in db.scalars(history.order_by(ConsultationEvent.id))
            ],
        }


def consultations(db: Session, client: Client) -> list[Consultation]:
    """All of the client's, in the order of their asking, with all that a copy tells of them."""
    return list(
        db.scalars(
            select(Consultation)
            .where(Consultation.client_id == client.id)
            .order_by(Consultation.asked_at, Consultation.id)
            .options(
                joinedload(Consultation.client).joinedload(Client.data_key),
                joinedload(Consultation.therapist),
                joinedload(Consultation.kind),
            )
        )
    )


def _letters(db: Session, client: Client) -> Iterator[Plain]:
    letters = select(OutgoingEmail).where(OutgoingEmail.recipient == client.email)
    for each in db.scalars(letters.order_by(OutgoingEmail.id)):
        yield {"subject": each.subject, "written_at": _iso(each.written_at), "sent_at": _iso(each.sent_at)}


def _record(db: Session, client: Client) -> Iterator[Plain]:
    about = JournalLine.about == client.reference
    lines = select(JournalLine).where(about, JournalLine.what.not_in(FOR_THE_DESK_ALONE))
    for line in db.scalars(lines.order_by(JournalLine.number)):
        yield {
            "number": line.number,
            "at": _iso(line.at),
            "what": line.what,
            "hand": line.hand.value,
            "person": line.person,
            "about": line.about,
            "subject": line.subject,
        }


def client_to_copy(db: Session, reference: str) -> Client:
    """With key and therapist. Raises NotFound, for an erased one too."""
    client = db.scalar(
        select(Client)
        .where(Client.reference == reference, Client.erased_at.is_(None))
        .options(joinedload(Client.data_key), joinedload(Client.therapist))
    )
    if client is None:
        raise NotFound
    return client
